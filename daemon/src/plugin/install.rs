//! What must be done once before the first process of a version: run by a keeper as the plugin
//! itself is, as its user, under limits of its own.
//!
//! Its lines go to the plugin's log. It refuses to decide what a failure means.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use outboard_linux::{
    Ended, Exit, Keeper, KeeperEvent, KeeperEvents, Launch, Limits, Network, PluginUser,
    signal_name,
};
use outboard_supervision::News;

use super::Mail;
use super::bring_up::{LAST_OUTPUT, Order, Program, read_output, surroundings};
use crate::config::manifest::{Install, Run, program::Runtimes};

/// What the machine waits longer than the install may take: this end kills it first.
const GRACE: Duration = Duration::from_secs(10);

/// An install as configuration resolved it.
#[derive(Debug, Clone)]
pub struct InstallPlan {
    /// What the author says.
    pub install: Install,
    /// Its executable.
    pub file: PathBuf,
    /// The manifest's hash.
    pub hash: String,
    /// The plugin's own program, which may only be there afterwards.
    pub run: Run,
    /// What the operator lets plugins run on.
    pub runtimes: Runtimes,
}

/// Why a process does not follow.
pub enum Halt {
    /// It came to nothing.
    Failed(String),
    /// Meanwhile the plugin is to be stopped.
    Unwanted,
}

impl Halt {
    /// What the machine is told.
    pub fn news(self) -> News {
        match self {
            Self::Failed(why) => News::InstallFailed(why),
            Self::Unwanted => News::SpawnFailed("stopped while it was installed".to_owned()),
        }
    }
}

impl Order {
    /// Does what must be done before the first process, unless it has been done.
    ///
    /// # Errors
    /// Why no process follows.
    pub async fn install(&self) -> Result<(), Halt> {
        let Some(plan) = self.program.install.clone() else { return Ok(()) };
        let failed = |error: &dyn std::fmt::Display| Halt::Failed(error.to_string());
        let mark = {
            let (plan, folder) = (plan.clone(), self.program.folder.clone());
            let marking = move || plan.install.mark(&folder, &plan.hash);
            let marked = tokio::task::spawn_blocking(marking).await;
            marked.map_err(|error| failed(&error))?.map_err(Halt::Failed)?
        };
        let done = self.control.installed(&self.name).await.map_err(|error| failed(&error))?;
        if done.as_ref() == Some(&mark) {
            return Ok(());
        }
        self.tell(News::Installing(plan.install.timeout + GRACE)).await;
        self.run_install(&plan).await?;
        if self.pass.unwanted.load(Ordering::Relaxed) || self.pass.until.is_cancelled() {
            return Err(Halt::Unwanted);
        }
        let kept = self.control.keep_installed(&self.name, &mark).await;
        kept.map_err(|error| failed(&error))?;
        self.tell(News::Installed).await;
        Ok(())
    }

    async fn run_install(&self, plan: &InstallPlan) -> Result<(), Halt> {
        let launch = launch(&self.program, self, plan);
        let spawned = self.spawner.spawn(launch).await;
        let (keeper, events, output) = spawned.map_err(|error| Halt::Failed(error.to_string()))?;
        self.pass.set_keeper(keeper.clone());
        if self.pass.until.is_cancelled() || self.pass.unwanted.load(Ordering::Relaxed) {
            keeper.kill();
        }
        let reading = read_output(output, &self.entrance, self.pass.generation);
        let end = until_end(&keeper, events, plan.install.timeout).await;
        let reading = async {
            for task in reading {
                // A reader that panicked has nothing more to tell.
                let _ = task.await;
            }
        };
        let _ = tokio::time::timeout(LAST_OUTPUT, reading).await;
        match end {
            Ok(()) => Ok(()),
            Err(why) => {
                let hint = self.program.user.and_then(|user| cannot_write(&self.program, user));
                let command = plan.install.run.own_name();
                Err(Halt::Failed(format!("{command}: {why}{}", hint.unwrap_or_default())))
            }
        }
    }

    async fn tell(&self, news: News) {
        let mail = Mail::News(self.pass.generation, news);
        // The task is gone when the plugin has been unloaded; nobody needs to know then.
        let _ = self.entrance.mailbox.send(mail).await;
    }
}

fn launch(program: &Program, order: &Order, plan: &InstallPlan) -> Launch {
    let run = &plan.install.run;
    let mut args = vec![run.own_name()];
    args.extend(run.args.iter().cloned());
    Launch {
        // Its group of processes is not the one that the plugin itself is given.
        plugin: format!("{}+install", order.name.as_str()),
        generation: order.pass.generation,
        program: plan.file.clone(),
        args,
        env: surroundings(program, order.name.as_str()),
        working_dir: program.folder.clone(),
        user: program.user,
        limits: Limits {
            memory_bytes: plan.install.memory.0,
            pids: plan.install.pids,
            ..program.limits
        },
        network: if plan.install.network { Network::Shared } else { Network::Nothing },
    }
}

/// Waits until it and its tree are gone; kills what takes too long.
async fn until_end(
    keeper: &Keeper,
    mut events: KeeperEvents,
    most: Duration,
) -> Result<(), String> {
    let ending = end(&mut events);
    let Ok(ended) = tokio::time::timeout(most, ending).await else {
        keeper.kill();
        // The keeper answers as soon as the kernel has let go of the tree.
        let _ = end(&mut events).await;
        return Err(format!("took longer than {} s and was killed", most.as_secs_f64()));
    };
    let ended = ended?;
    match ended.exit {
        _ if ended.oom.is_some() => Err("ran into its memory limit".to_owned()),
        Exit::Code(0) => Ok(()),
        Exit::Code(code) => Err(format!("ended with code {code}")),
        Exit::Signal(signal) => match signal_name(signal) {
            Some(name) => Err(format!("was ended by signal {signal} ({name})")),
            None => Err(format!("was ended by signal {signal}")),
        },
    }
}

async fn end(events: &mut KeeperEvents) -> Result<Ended, String> {
    loop {
        match events.next().await {
            KeeperEvent::Started { .. } => {}
            KeeperEvent::SpawnFailed { step, error } => return Err(format!("{step}: {error}")),
            KeeperEvent::Ended(ended) => return Ok(ended),
            KeeperEvent::Lost => return Err("its keeper died".to_owned()),
        }
    }
}

/// What is likely to be the cause, where the plugin's user may not write beside the manifest.
fn cannot_write(program: &Program, user: PluginUser) -> Option<String> {
    let folder = std::fs::metadata(&program.folder).ok()?;
    let mode = folder.mode();
    let may = (folder.uid() == user.uid && mode & 0o200 != 0)
        || (folder.gid() == user.gid && mode & 0o020 != 0)
        || mode & 0o002 != 0;
    let shown = program.folder.display();
    (!may).then(|| {
        format!("; its user {} cannot write to {shown}, only to OUTBOARD_DATA_DIR", user.uid)
    })
}

/// Where the plugin's own program is, now that everything is installed.
///
/// # Errors
/// Why there is none, in words.
pub async fn located(program: Arc<Program>) -> Result<Arc<Program>, String> {
    let Some(plan) = program.install.clone() else { return Ok(program) };
    let finding = move || {
        let found = plan.run.locate(&program.folder, &plan.runtimes);
        let file = found.map_err(|fault| fault.to_string())?;
        let mut located = (*program).clone();
        if let Some(own_name) = located.args.first_mut() {
            *own_name = plan.run.called(&program.folder, &file);
        }
        located.file = file;
        Ok(Arc::new(located))
    };
    let found = tokio::task::spawn_blocking(finding).await;
    found.unwrap_or_else(|error| Err(error.to_string()))
}
