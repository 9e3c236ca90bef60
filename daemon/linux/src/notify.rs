//! What the service manager hears from the daemon, where there is one: without NOTIFY_SOCKET every
//! call does nothing. It knows no state of its own.

use std::{io, time::Duration};

use sd_notify::NotifyState;

/// The daemon serves.
///
/// # Errors
/// When the service manager's socket refuses; so for all calls here.
pub fn ready(status: &str) -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)])
}

/// One line about the daemon, such as `3 plugins: 2 running, 1 failed`.
///
/// # Errors
/// As [`ready`].
pub fn status(text: &str) -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Status(text)])
}

/// A reload begins; [`ready`] ends it. Carries the monotonic time that `Type=notify-reload` asks
/// for.
///
/// # Errors
/// As [`ready`].
pub fn reloading() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Reloading, NotifyState::monotonic_usec_now()?])
}

/// The daemon begins to stop.
///
/// # Errors
/// As [`ready`].
pub fn stopping(status: &str) -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Stopping, NotifyState::Status(status)])
}

/// The data plane is alive.
///
/// # Errors
/// As [`ready`].
pub fn watchdog() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Watchdog])
}

/// How often [`watchdog`] is due: half of what the unit's `WatchdogSec=` allows; `None` without
/// one.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|allowed| allowed / 2)
}
