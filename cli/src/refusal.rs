//! A gRPC status as trouble an operator understands: the one place where the CLI knows codes.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use outboard_proto::common::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::exit::Exit;
use crate::measure;
use crate::report::Fault;
use crate::socket::{ADMIN_GROUP, start_it};
use crate::trouble::Trouble;

/// What the daemon, or the way to it, said.
pub fn trouble(status: &Status) -> Trouble {
    // A status that came over the wire has no cause on this side.
    match status.source() {
        Some(cause) => start_it(Trouble::new(Exit::NoDaemon, lost(cause))),
        None => refused(status),
    }
}

/// The connection broke, told from the innermost cause: the outer ones say only "transport".
fn lost(cause: &dyn Error) -> String {
    let mut innermost = cause;
    while let Some(deeper) = innermost.source() {
        innermost = deeper;
    }
    format!("the daemon went away: {innermost}")
}

fn refused(status: &Status) -> Trouble {
    let details = status.get_error_details();
    let reason = details.error_info().map(|info| info.reason.clone()).unwrap_or_default();
    let known = Reason::from_str_name(&format!("REASON_{reason}"));
    let faults = faults(&details);
    let mut trouble = Trouble::new(exit(status.code(), known), message(status, known, &faults));
    trouble.reason = reason;
    trouble.faults = faults;
    trouble.hints = hints(&trouble, known, &details);
    trouble
}

/// No answer came in time.
pub fn late(waited: Duration) -> Trouble {
    let message = format!("the daemon took the call but did not answer within {waited:?}");
    Trouble::new(Exit::Timeout, message)
        .hint("wait longer with --timeout SECONDS")
        .hint("`systemctl status outboard` says whether it is alive")
}

/// What was typed has no file and no lines, though the daemon reads it as a file called `cli`.
fn without_command_line(fault: Fault) -> Fault {
    match fault.file.as_str() {
        "cli" => Fault { file: String::new(), line: 0, ..fault },
        _ => fault,
    }
}

/// The daemon's words. Where they only list the faults, how many there are: the list follows.
fn message(status: &Status, reason: Option<Reason>, faults: &[Fault]) -> String {
    let what = match reason {
        Some(Reason::BadManifest) => "in the manifest",
        Some(Reason::BadConfig) => "in the configuration",
        _ => "in how plugins fit together",
    };
    if !faults.is_empty() && faults.iter().all(|fault| fault.file.is_empty()) {
        return "refused; nothing was changed".to_owned();
    }
    match (status.message(), faults.len()) {
        (_, count @ 1..) => format!("{} {what}", measure::plural(count, "mistake")),
        ("", 0) => format!("the daemon refused without a word ({:?})", status.code()),
        (words, 0) => words.to_owned(),
    }
}

fn exit(code: Code, reason: Option<Reason>) -> Exit {
    match (code, reason) {
        (_, Some(Reason::UnknownPlugin)) | (Code::NotFound, _) => Exit::NotFound,
        (_, Some(Reason::NeedsGrants | Reason::PermissionDenied | Reason::NotAllowed))
        | (Code::PermissionDenied | Code::Unauthenticated, _) => Exit::NotAllowed,
        (_, Some(Reason::Deadline)) | (Code::DeadlineExceeded, _) => Exit::Timeout,
        _ => Exit::Refused,
    }
}

fn hints(trouble: &Trouble, reason: Option<Reason>, details: &ErrorDetails) -> Vec<String> {
    let listed = !trouble.faults.is_empty();
    let mut hints: Vec<String> = own_hints(details);
    let usual = match (reason, trouble.exit) {
        (Some(Reason::UnknownPlugin), _) => "`outboard list` shows what is loaded",
        (Some(Reason::UnknownDeadLetter), _) => "`outboard dead-letters list` shows what there is",
        (Some(Reason::UnknownHeld), _) => "`outboard held list` shows what there is",
        (Some(Reason::HeldDecided | Reason::HoldExpired | Reason::MessageDeleted), _) => {
            "`outboard held show ID` says who decided"
        }
        (Some(Reason::AppRefused), _) => "`outboard held show ID` keeps what the chat server said",
        (Some(Reason::NeedsGrants | Reason::PermissionDenied), _) => {
            "`outboard load PATH --grant asked` grants all that is asked, `--grant LIST` a part of \
             it; for good: grants = [...] under [plugins.\"NAME\"] in conf.d"
        }
        (Some(Reason::NotAllowed), _) | (None, Exit::NotAllowed) => ADMIN_GROUP,
        (Some(Reason::BadManifest), _) if !listed => "`outboard check PATH` lists every mistake",
        (Some(Reason::BadConfig), _) if !listed => "`outboard diff` lists every mistake",
        (Some(Reason::CommandTaken | Reason::Dependency), _) => {
            "`outboard list` shows what is loaded"
        }
        (Some(Reason::NotDebugged), _) => "`outboard list` shows what is being debugged",
        (Some(Reason::DebugSocket), _) => {
            "the daemon gives the socket to the user who asks: ask as the daemon's own user, or \
             run it as root or with CAP_CHOWN"
        }
        (Some(Reason::NoStorage), _) => "`outboard list` shows what is loaded",
        (Some(Reason::NoSuchKey), _) => "`outboard storage NAME ls` shows what there is",
        (Some(Reason::StorageFull), _) => "`outboard set NAME storage SIZE` makes room",
        (Some(Reason::DiskFull), _) => "make room there, then try again",
        (Some(Reason::AlreadyLoaded), _) => "`outboard unload NAME` makes room; data stays",
        (Some(Reason::PluginUnavailable), _) => "`outboard status NAME` says what it lacks",
        (Some(Reason::Stopping), _) => "the daemon is stopping; try again when it is back",
        _ => return hints,
    };
    if hints.is_empty() {
        hints.push(usual.to_owned());
    }
    hints
}

/// What the daemon itself advises.
fn own_hints(details: &ErrorDetails) -> Vec<String> {
    let metadata = details.error_info().map(|info| &info.metadata);
    let said = metadata.and_then(|entries| entries.get("hint")).cloned();
    let links = details.help().into_iter().flat_map(|help| &help.links);
    let links = links.map(|link| format!("{} {}", link.description, link.url).trim().to_owned());
    let retry = details.retry_info().and_then(|info| info.retry_delay);
    let retry = retry.map(|after| format!("trying again may help in {after:?}"));
    said.into_iter().chain(links).chain(retry).collect()
}

/// Mistakes in files. Each travels as an entry `fault.N` of the error's metadata.
fn faults(details: &ErrorDetails) -> Vec<Fault> {
    let metadata = details.error_info().into_iter().flat_map(|info| &info.metadata);
    let numbered = metadata.filter_map(|(key, written)| {
        let number: u32 = key.strip_prefix("fault.")?.parse().ok()?;
        Some((number, without_command_line(Fault::read(written))))
    });
    let in_order: BTreeMap<u32, Fault> = numbered.collect();
    in_order.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn said(code: Code, reason: &str) -> Trouble {
        let details = ErrorDetails::with_error_info(reason, "outboard", HashMap::new());
        trouble(&Status::with_error_details(code, "words", details))
    }

    #[test]
    fn each_kind_of_refusal_has_its_exit_code() {
        assert_eq!(said(Code::NotFound, "UNKNOWN_PLUGIN").exit, Exit::NotFound);
        assert_eq!(said(Code::FailedPrecondition, "NEEDS_GRANTS").exit, Exit::NotAllowed);
        assert_eq!(said(Code::PermissionDenied, "NOT_ALLOWED").exit, Exit::NotAllowed);
        assert_eq!(said(Code::InvalidArgument, "BAD_MANIFEST").exit, Exit::Refused);
        assert_eq!(said(Code::Unavailable, "STOPPING").exit, Exit::Refused);
        let broken = Status::from_error(Box::new(std::io::Error::other("pipe")));
        assert_eq!(trouble(&broken).exit, Exit::NoDaemon);
        assert_eq!(trouble(&Status::deadline_exceeded("late")).exit, Exit::Timeout);
    }

    #[test]
    fn the_daemons_own_hint_comes_instead_of_the_usual_one() {
        let metadata = HashMap::from([("hint".to_owned(), "raise the ceiling".to_owned())]);
        let details = ErrorDetails::with_error_info("BAD_MANIFEST", "outboard", metadata);
        let told = trouble(&Status::with_error_details(Code::InvalidArgument, "w", details));
        assert_eq!(told.hints, ["raise the ceiling"]);
    }

    #[test]
    fn faults_come_out_of_the_metadata_in_order() {
        let fault =
            |number: u32| (format!("fault.{number}"), format!("/p/plugin.toml:{number}: k: m"));
        let metadata: HashMap<String, String> = [10, 2, 0].map(fault).into();
        let details = ErrorDetails::with_error_info("BAD_MANIFEST", "outboard", metadata);
        let told = trouble(&Status::with_error_details(Code::InvalidArgument, "w", details));
        assert_eq!(told.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [0, 2, 10]);
        assert_eq!(told.message, "3 mistakes in the manifest");
    }
}
