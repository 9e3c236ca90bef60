//! What a change does to what is there: the rules every shelf goes by. Pure; it keeps nothing.

use super::port::{Change, Content, Expect, Key, Micros, Refusal, Written};

/// What a key holds, as far as a change must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its revision.
    pub revision: u64,
    /// Its number, where it is a counter.
    pub counter: Option<i64>,
    /// When it goes away.
    pub expires: Option<Micros>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// The key holds this.
    Put(Content, Option<Micros>),
    /// The key is gone.
    Remove,
    /// Nothing is there to do.
    Nothing,
}

/// Decides about the change at a place of its batch, given what is there that has not expired, and
/// the revision that comes next.
///
/// # Errors
/// What stands in its way.
pub fn decide(
    change: &Change,
    at: usize,
    found: Option<Found>,
    next: u64,
) -> Result<(Act, Written), Refusal> {
    let written = |revision, counter| Written { revision, existed: found.is_some(), counter };
    match change {
        Change::Set { key, content, expires, expect } => {
            check(key, at, *expect, found)?;
            let counter = match content {
                Content::Counter(number) => Some(*number),
                Content::Plain(_) | Content::Sealed(_) => None,
            };
            Ok((Act::Put(content.clone(), *expires), written(next, counter)))
        }
        Change::Delete { key, expect } => {
            check(key, at, *expect, found)?;
            Ok(match found {
                Some(_) => (Act::Remove, written(next, None)),
                None => (Act::Nothing, written(0, None)),
            })
        }
        Change::Add { key, by, expires } => {
            let (before, expires) = match found {
                None => (0, *expires),
                Some(Found { counter: Some(number), expires, .. }) => (number, expires),
                Some(Found { counter: None, .. }) => {
                    return Err(Refusal::NotACounter { key: key.clone() });
                }
            };
            let overflow = || Refusal::Overflow { key: key.clone() };
            let number = before.checked_add(*by).ok_or_else(overflow)?;
            Ok((Act::Put(Content::Counter(number), expires), written(next, Some(number))))
        }
    }
}

fn check(key: &Key, at: usize, expect: Expect, found: Option<Found>) -> Result<(), Refusal> {
    let found = found.map(|it| it.revision);
    let as_expected = match expect {
        Expect::Anything => true,
        Expect::Absent => found.is_none(),
        Expect::Revision(revision) => found == Some(revision),
    };
    if as_expected { Ok(()) } else { Err(Refusal::Conflict { key: key.clone(), at, found }) }
}
