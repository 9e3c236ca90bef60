//! How often a plugin was refused what it was not granted: told once, then counted until that is
//! told, so that one which keeps asking fills no log. It refuses to know when that is.

use std::collections::BTreeMap;

/// The refusals of one plugin, by RPC. As many as the table has rows.
#[derive(Debug, Default)]
pub struct Refusals {
    /// What came after the first.
    more: BTreeMap<&'static str, u64>,
}

/// What is to be done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// It is the first: it is told now, and the others when the count is closed.
    Now,
    /// It is told with others.
    Counted,
}

impl Refusals {
    /// One more.
    pub fn refused(&mut self, rpc: &'static str) -> Telling {
        match self.more.get_mut(rpc) {
            Some(more) => {
                *more += 1;
                Telling::Counted
            }
            None => {
                self.more.insert(rpc, 0);
                Telling::Now
            }
        }
    }

    /// The time is over: how many came after the first.
    pub fn close(&mut self, rpc: &'static str) -> u64 {
        self.more.remove(rpc).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_one_rpc_are_told_twice_whatever_their_number() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.refused("a"), Telling::Now);
        for _ in 0..59 {
            assert_eq!(refusals.refused("a"), Telling::Counted);
        }
        assert_eq!(refusals.refused("b"), Telling::Now);
        assert_eq!(refusals.close("a"), 59);
        assert_eq!(refusals.close("b"), 0);
        assert_eq!(refusals.refused("a"), Telling::Now);
    }
}
