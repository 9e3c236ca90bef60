//! Names of signals, for people. It sends none.

use nix::sys::signal::Signal;

/// The name of a signal, such as `SIGKILL`; `None` for a real-time or unknown one.
pub fn signal_name(number: i32) -> Option<&'static str> {
    Signal::try_from(number).ok().map(Signal::as_str)
}
