//! Waiting to the microsecond. The runtime's timer counts whole milliseconds and rounds up, which
//! is a good part of what a plugin's start takes. It knows spans, not what they are for.

use std::{io, os::fd::OwnedFd, time::Duration};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::{Interest, unix::AsyncFd};

/// Waits for `span`, on a timer of the kernel's.
///
/// # Errors
/// When there is no descriptor to have; nothing was waited for then.
pub async fn wait(span: Duration) -> io::Result<()> {
    let timer = set(span)?;
    // SAFETY: the descriptor is owned by what is registered, and does not change.
    let timer = unsafe { AsyncFd::register_with_interest(timer, Interest::READABLE) }?;
    let _fired = timer.readable().await?;
    Ok(())
}

fn set(span: Duration) -> io::Result<OwnedFd> {
    let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
    let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
    // Zero would switch it off.
    let span = span.max(Duration::from_nanos(1));
    let once = Itimerspec {
        it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
        it_value: Timespec {
            tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: span.subsec_nanos().into(),
        },
    };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once)?;
    Ok(timer)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn no_wait_ends_early() {
        for span in [Duration::ZERO, Duration::from_micros(300)] {
            let began = Instant::now();
            wait(span).await.unwrap();
            assert!(began.elapsed() >= span);
        }
    }
}
