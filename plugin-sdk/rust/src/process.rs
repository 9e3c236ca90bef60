//! `Process`: one plugin process, from its first hello to its end, over as many sessions as it
//! takes.
//!
//! It decides whether to come back after a loss. It refuses to know frames.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::environment::Environment;
use crate::error::RunError;
use crate::grants::Told;
use crate::handlers::Handlers;
use crate::link::Link;
use crate::plugin::Plugin;
use crate::session::closing::say_farewell;
use crate::session::conversation::{Conversation, Ended};
use crate::session::dial::Dialer;
use crate::usage;

/// How long the daemon keeps a generation that has lost its session.
const RETURN_WITHIN: Duration = Duration::from_secs(2);

/// The wait before the second try, doubled for each further one.
const FIRST_WAIT: Duration = Duration::from_millis(10);

/// The longest wait between tries.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// How long the daemon may take over what was noted last.
const LAST_NOTES: Duration = Duration::from_millis(100);

/// What a SIGTERM leaves: the daemon kills 2 s after it.
pub(crate) const SIGTERM_BUDGET: Duration = Duration::from_millis(1_500);

/// One process of a plugin.
pub(crate) struct Process {
    pub(crate) handlers: Rc<Handlers>,
    pub(crate) environment: Environment,
    pub(crate) link: Arc<Link>,
    pub(crate) dialer: Dialer,
    /// Whether the start handler has run: a resumed session does not run it again.
    pub(crate) is_started: Cell<bool>,
    /// Of its grants, over all sessions.
    pub(crate) told: Rc<Told>,
}

impl Process {
    pub(crate) fn new(plugin: Plugin) -> Result<Self, RunError> {
        if let Some(doubled) = plugin.handlers.doubled() {
            return Err(RunError::RegisteredTwice(doubled));
        }
        let environment = match &plugin.environment {
            Some(environment) => environment.clone(),
            None => Environment::read()?,
        };
        let token = environment.token()?;
        let dialer = Dialer::new(environment.socket.clone(), token.clone(), &plugin);
        let link = Link::wire(dialer.channel(), token);
        Ok(Self {
            handlers: Rc::new(plugin.handlers),
            environment,
            link: Arc::new(link),
            dialer,
            is_started: Cell::new(false),
            told: Rc::default(),
        })
    }

    /// Holds sessions until the process is told to end.
    pub(crate) async fn serve(&self) -> Result<(), RunError> {
        let mut sigterm = signal(SignalKind::terminate())?;
        let _telling = Telling(tokio::spawn(usage::carry(Arc::clone(&self.link))));
        let served = self.serve_until(&mut sigterm).await;
        // What was noted last; a daemon that does not answer holds up no end.
        let _ = tokio::time::timeout(LAST_NOTES, usage::tell(&self.link)).await;
        served
    }

    async fn serve_until(&self, sigterm: &mut Signal) -> Result<(), RunError> {
        let mut returning = Returning::from_now();
        loop {
            let ended = Conversation::hold(self, returning.until, sigterm).await;
            self.link.end();
            let cause = match ended {
                Ended::Told => return Ok(()),
                Ended::StartFailed(error) => return Err(RunError::StartFailed(error)),
                Ended::Refused(reason, message) => {
                    return Err(RunError::Refused { reason, message });
                }
                Ended::Lost { was_welcome: true, cause } => {
                    returning = Returning::from_now();
                    cause
                }
                Ended::Lost { was_welcome: false, cause } => cause,
            };
            if !returning.wait(sigterm).await {
                say_farewell(&self.handlers, SIGTERM_BUDGET).await;
                return Ok(());
            }
            if Instant::now() >= returning.until {
                let socket = self.environment.socket.display().to_string();
                return Err(RunError::Lost { socket, cause });
            }
        }
    }
}

/// The task that tells what was noted; it ends with the process.
struct Telling(tokio::task::JoinHandle<()>);

impl Drop for Telling {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The tries to come back after a loss.
struct Returning {
    until: Instant,
    next_wait: Duration,
}

impl Returning {
    fn from_now() -> Self {
        Self { until: Instant::now() + RETURN_WITHIN, next_wait: FIRST_WAIT }
    }

    /// Waits for the next try; false if a SIGTERM came instead.
    async fn wait(&mut self, sigterm: &mut Signal) -> bool {
        let wait = self.next_wait;
        self.next_wait = (wait * 2).min(LONGEST_WAIT);
        tokio::select! {
            biased;
            _ = sigterm.recv() => false,
            () = tokio::time::sleep(wait) => true,
        }
    }
}
