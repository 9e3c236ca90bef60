//! The keeper's loop: one plugin from fork to the last process of its tree. It knows no policy; it
//! does what it is ordered and reports what the kernel says.
//!
//! ```text
//! Launch ──fork──▶ launching ──execve──▶ running ──main ends──▶ ending ──nobody left──▶ Ended
//!                      └──step failed─────────────────────────▶ ending ──────────────▶ SpawnFailed
//! end of file on the line: the daemon is gone ────────────────▶ ending ──────────────▶ exit
//! ```

use std::{
    fs::File,
    io::{self, Read},
    os::fd::{AsFd, OwnedFd},
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        resource::{UsageWho, getrusage},
        signal::{Signal, kill},
        signalfd::SignalFd,
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use outboard_linux::keeper::{Account, Begins, Exit, Line, LineError, Order, Plan, Report};

use crate::{
    child::Failure,
    end::TreeEnd,
    namespace::{self, Fork},
    setup,
};

/// Between two rounds of killing: whoever was forked during one is found by the next.
const ROUND_MS: u16 = 5;

/// How long a keeper stays for the daemon to hear how its plugin ended.
const HEARD_WITHIN_MS: u16 = 1000;

/// Starts what the first order says and holds it until nothing of it is left.
///
/// # Errors
/// When the line or the kernel fails; the daemon then finds the line closed and clears up.
pub fn hold_one_plugin(line: Line) -> Result<(), LineError> {
    let ends = setup::arrange()?;
    let Some(Order::Launch(plan)) = line.receive()? else { return Ok(()) };
    let fork = match namespace::fork_plugin(&plan) {
        Ok(fork) => fork,
        Err(failure) => return line.send(&failed(failure)),
    };
    setup::let_go_of_the_output()?;
    Hold::new(line, ends, *plan, fork).run()
}

struct Hold {
    line: Line,
    ends: SignalFd,
    plan: Plan,
    first: Pid,
    main: Pid,
    since: Instant,
    launching: Option<OwnedFd>,
    exit_of_main: Option<OwnedFd>,
    failure: Option<Failure>,
    ended: Option<(Exit, Duration)>,
    daemon: Daemon,
    tree_end: Option<TreeEnd>,
}

#[derive(PartialEq, Eq)]
enum Daemon {
    There,
    Gone,
}

#[derive(PartialEq, Eq)]
enum Tree {
    Left,
    Empty,
}

impl Hold {
    fn new(line: Line, ends: SignalFd, plan: Plan, fork: Fork) -> Hold {
        Hold {
            line,
            ends,
            plan,
            first: fork.pid,
            main: fork.pid,
            since: Instant::now(),
            launching: Some(fork.launching),
            exit_of_main: fork.exit_of_main,
            failure: None,
            ended: None,
            daemon: Daemon::There,
            tree_end: None,
        }
    }

    fn run(mut self) -> Result<(), LineError> {
        if self.plan.begins == Begins::WhenTold && self.exit_of_main.is_none() {
            self.report(&Report::Waiting { pid: self.main.as_raw().cast_unsigned() });
        }
        loop {
            self.wait()?;
            self.obey();
            if self.reap()? == Tree::Empty {
                break;
            }
            self.clear_what_is_left();
        }
        self.report_the_end()
    }

    /// Sleeps until something happens, and learns whether the program started.
    fn wait(&mut self) -> io::Result<()> {
        let timeout = match self.tree_end {
            Some(_) => PollTimeout::from(ROUND_MS),
            None => PollTimeout::NONE,
        };
        let mut fds = Vec::with_capacity(3);
        fds.push(PollFd::new(self.ends.as_fd(), PollFlags::POLLIN));
        if self.daemon == Daemon::There {
            fds.push(PollFd::new(self.line.as_fd(), PollFlags::POLLIN));
        }
        if let Some(launching) = &self.launching {
            fds.push(PollFd::new(launching.as_fd(), PollFlags::POLLIN));
        }
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        let settled = self.launching.is_some() && fds.last().is_some_and(is_ready);
        if settled {
            self.settle_launch();
        }
        while let Ok(Some(_)) = self.ends.read_signal() {}
        Ok(())
    }

    /// The launch pipe has something to say: a failed step, or its end of file, which is execve's.
    fn settle_launch(&mut self) {
        let Some(pipe) = self.launching.take() else { return };
        let mut said = Vec::new();
        let _ = File::from(pipe).read_to_end(&mut said);
        match (self.plan.begins, said.as_slice()) {
            (Begins::AtOnce, []) => self.note_start(),
            (Begins::WhenTold, [Failure::AFTER_THE_WORD]) => {
                // Its life counts from here, not from when it was prepared.
                self.since = Instant::now();
                self.note_start();
            }
            (Begins::WhenTold, []) => self.fail(Failure::unwanted()),
            (_, [Failure::AFTER_THE_WORD, why @ ..] | why) => self.fail(Failure::decode(why)),
        }
    }

    fn note_start(&mut self) {
        self.main = namespace::main_process(self.first, self.exit_of_main.is_some());
        self.report(&Report::Started { pid: self.main.as_raw().cast_unsigned() });
    }

    fn fail(&mut self, failure: Failure) {
        self.failure = Some(failure);
        self.begin_the_end();
    }

    fn obey(&mut self) {
        while self.daemon == Daemon::There {
            match self.line.try_receive() {
                Ok(Some(Order::Terminate)) => self.terminate(),
                Ok(Some(Order::Kill)) => self.begin_the_end(),
                // One keeper holds one plugin; there is nothing sensible to do with a second.
                Ok(Some(Order::Launch(_))) => {}
                Err(LineError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => return,
                Ok(None) | Err(_) => {
                    self.daemon = Daemon::Gone;
                    self.begin_the_end();
                }
            }
        }
    }

    fn terminate(&self) {
        // Not yet reaped, so the number is still this process's.
        if self.ended.is_none() {
            let _ = kill(self.main, Signal::SIGTERM);
        }
    }

    fn begin_the_end(&mut self) {
        if self.tree_end.is_none() {
            self.tree_end = Some(TreeEnd::new());
        }
    }

    fn clear_what_is_left(&mut self) {
        if let Some(end) = &mut self.tree_end {
            end.round(&self.plan);
        }
    }

    fn reap(&mut self) -> io::Result<Tree> {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => self.note_end(pid, Exit::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) => {
                    self.note_end(pid, Exit::Signal(signal as i32));
                }
                Ok(WaitStatus::StillAlive) => return Ok(Tree::Left),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => return Ok(Tree::Empty),
                Err(errno) => return Err(errno.into()),
            }
        }
    }

    fn note_end(&mut self, pid: Pid, exit: Exit) {
        if pid != self.first {
            return;
        }
        // Its end may overtake what the launch pipe has to say.
        self.settle_launch();
        let exit = self.exit_of_main.take().map_or(exit, |pipe| namespace::exit_of(pipe, exit));
        self.ended = Some((exit, self.since.elapsed()));
        self.begin_the_end();
    }

    fn report_the_end(mut self) -> Result<(), LineError> {
        if self.daemon == Daemon::Gone {
            TreeEnd::remove_leaf(&self.plan);
            return Ok(());
        }
        let report = match (self.failure.take(), self.ended) {
            (Some(failure), _) => failed(failure),
            (None, Some((exit, uptime))) => Report::Ended(account(exit, uptime)?),
            // Every child is reaped and the first was one of them.
            (None, None) => return Err(io::Error::from_raw_os_error(Errno::ECHILD as i32).into()),
        };
        self.line.send(&report)?;
        // Its end takes the processor on which the daemon was just woken, and may take its time.
        let mut line = [PollFd::new(self.line.as_fd(), PollFlags::empty())];
        let _ = poll(&mut line, PollTimeout::from(HEARD_WITHIN_MS));
        Ok(())
    }

    fn report(&mut self, report: &Report) {
        if self.line.send(report).is_err() {
            self.daemon = Daemon::Gone;
            self.begin_the_end();
        }
    }
}

fn is_ready(fd: &PollFd<'_>) -> bool {
    fd.revents().is_some_and(|events| !events.is_empty())
}

fn failed(failure: Failure) -> Report {
    Report::SpawnFailed { step: failure.step, error: failure.error }
}

fn account(exit: Exit, uptime: Duration) -> io::Result<Account> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cpu_us = micros(used.user_time()) + micros(used.system_time());
    let max_resident_bytes = used.max_rss().unsigned_abs() * 1024;
    let uptime_us = u64::try_from(uptime.as_micros()).unwrap_or(u64::MAX);
    Ok(Account { exit, cpu_us, uptime_us, max_resident_bytes })
}

fn micros(time: nix::sys::time::TimeVal) -> u64 {
    use nix::sys::time::TimeValLike;
    time.num_microseconds().unsigned_abs()
}
