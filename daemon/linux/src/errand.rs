//! A short program of the operator's: started, waited for within a time, killed with all its group
//! after it. It knows programs and spans, not what one is sent for.

use std::{
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open},
    thread::clear_ambient_capability_set,
};

use crate::watch::orphans::keepers;

/// Where an errand finds programs that it names without a path.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Why an errand was not done.
#[derive(Debug, thiserror::Error)]
pub enum ErrandError {
    /// It could not be started.
    #[error("{program} cannot be started: {cause}")]
    Start {
        /// The program.
        program: String,
        /// What the kernel said.
        cause: std::io::Error,
    },
    /// It took too long and was killed.
    #[error("{program} was killed: it took longer than {} s", .patience.as_secs())]
    Late {
        /// The program.
        program: String,
        /// How long it had.
        patience: Duration,
    },
    /// It said by its exit that it failed.
    #[error("{program} ended with {status}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
}

/// Runs a program to its end, without a shell and with no other environment than `variables`, as
/// this process's user but without its capabilities. Blocks for at most `patience`, and a moment
/// for the kill.
///
/// # Errors
/// It could not be started, failed, or took too long.
pub fn run_errand(
    program: &Path,
    args: &[String],
    variables: &[(&str, String)],
    patience: Duration,
) -> Result<(), ErrandError> {
    let run = || {
        // What a thread has not, its children do not inherit; every kernel since 4.3 can do this,
        // and where there is nothing to clear, nothing is inherited either.
        let _ = clear_ambient_capability_set();
        run_here(program, args, variables, patience)
    };
    // A thread of its own: the caller's goes on with what it has.
    std::thread::scope(|scope| {
        let errand = std::thread::Builder::new().name("outboard-errand".to_owned());
        let failed = |cause| ErrandError::Start { program: program.display().to_string(), cause };
        let running = errand.spawn_scoped(scope, run).map_err(failed)?;
        let panicked = || failed(std::io::Error::other("it failed unexpectedly"));
        running.join().unwrap_or_else(|_| Err(panicked()))
    })
}

fn run_here(
    program: &Path,
    args: &[String],
    variables: &[(&str, String)],
    patience: Duration,
) -> Result<(), ErrandError> {
    let name = || program.display().to_string();
    let mut command = Command::new(program);
    command.args(args).env_clear().env("PATH", PATH).current_dir("/");
    command.envs(variables.iter().map(|(key, value)| (key, value.replace('\0', ""))));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = {
        // No orphan of a plugin's, should this daemon and so its children be marked as those are.
        let mut known = keepers();
        let child = command.spawn();
        let child = child.map_err(|cause| ErrandError::Start { program: name(), cause })?;
        known.insert(child.id());
        child
    };
    let ended = ends_within(&child, patience);
    if !ended && let Some(group) = Pid::from_raw(i32::try_from(child.id()).unwrap_or(0)) {
        // Not reaped, so the number is still its own.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let waited = child.wait();
    keepers().remove(&child.id());
    match waited {
        _ if !ended => Err(ErrandError::Late { program: name(), patience }),
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(ErrandError::Failed { program: name(), status }),
        Err(cause) => Err(ErrandError::Start { program: name(), cause }),
    }
}

/// Whether a child has ended before the time is over.
fn ends_within(child: &Child, patience: Duration) -> bool {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let Some(Ok(pidfd)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else { return false };
    let mut ends = [PollFd::new(&pidfd, PollFlags::IN)];
    let Ok(timeout) = Timespec::try_from(patience) else { return false };
    // An interruption ends the patience early: the errand is killed, and that is told.
    poll(&mut ends, Some(&timeout)).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(line: &str, patience: Duration) -> Result<(), ErrandError> {
        let variables = [("WORD", "it's \"quoted\"\n$(reboot)".to_owned())];
        let args = ["-c".to_owned(), line.to_owned()];
        run_errand(Path::new("/bin/sh"), &args, &variables, patience)
    }

    #[test]
    fn an_errand_gets_its_words_and_nothing_of_the_daemons() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("said");
        let line = format!("printf '%s|%s' \"$WORD\" \"$HOME\" > {}", file.display());
        shell(&line, Duration::from_secs(30)).unwrap();
        assert_eq!(std::fs::read_to_string(file).unwrap(), "it's \"quoted\"\n$(reboot)|");
    }

    #[test]
    fn one_that_hangs_is_killed_with_its_children() {
        let began = Instant::now();
        let late = shell("sleep 60 & sleep 60", Duration::from_millis(100));
        assert!(matches!(late, Err(ErrandError::Late { .. })), "{late:?}");
        assert!(began.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn one_that_fails_or_is_not_there_says_so() {
        let failed = shell("exit 7", Duration::from_secs(30)).unwrap_err().to_string();
        assert!(failed.contains("exit status: 7"), "{failed}");
        let nowhere = run_errand(Path::new("/no/such"), &[], &[], Duration::from_secs(1));
        assert!(matches!(nowhere, Err(ErrandError::Start { .. })));
    }
}
