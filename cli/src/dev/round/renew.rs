//! Building and loading anew, one after the other: what changes meanwhile is built when the one
//! under way is over. It refuses to tell anybody anything but its end.

use std::path::Path;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::admin::{Act, Admin};
use crate::arguments::Grant;
use crate::commands::load_request;
use crate::dev::build::{Built, build};
use crate::dev::measured;
use crate::dev::news::{News, Renewed};
use crate::dev::stage::Stage;
use crate::dev::workshop::Workshop;
use crate::exit::Exit;
use crate::measure::plural;
use crate::trouble::{Stop, Trouble};

/// The project, and what is being made of it.
pub struct Works {
    pub workshop: Workshop,
    stage: Stage,
    grant: Grant,
    under_way: Option<JoinHandle<()>>,
    changed_meanwhile: bool,
    broken: bool,
    /// The name it was loaded by.
    name: Option<String>,
}

impl Works {
    /// Nothing is made yet; copies go below `folder`.
    pub fn new(workshop: Workshop, folder: &Path, grant: Grant) -> Self {
        let stage = Stage::below(folder);
        let (under_way, changed_meanwhile, broken) = (None, false, false);
        Self { workshop, stage, grant, under_way, changed_meanwhile, broken, name: None }
    }

    /// Whether something is being made.
    pub fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Whether the sources, as they were last seen, are not what is loaded.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// The copy's folder as the daemon names it, and what it is a copy of.
    pub fn places(&self) -> (String, String) {
        (self.stage.next().display().to_string(), self.workshop.folder.display().to_string())
    }

    /// Builds and loads, at once or after what is under way.
    pub fn renew(&mut self, admin: &Admin, tell: &mpsc::Sender<News>) {
        if self.is_busy() {
            self.changed_meanwhile = true;
            return;
        }
        let job = Job {
            workshop: self.workshop.clone(),
            stage: self.stage.clone(),
            grant: self.grant.clone(),
            before: self.name.clone(),
            admin: admin.clone(),
            tell: tell.clone(),
        };
        self.under_way = Some(tokio::spawn(job.run()));
    }

    /// What was under way is over.
    pub fn ended(&mut self, renewed: &Renewed) {
        self.under_way = None;
        self.broken = !matches!(renewed, Renewed::Loaded(_));
        if let Renewed::Loaded(loaded) = renewed {
            self.name = loaded.status.as_ref().map(|plugin| plugin.name.clone());
        }
    }

    /// Begins again if something changed meanwhile.
    pub fn renew_if_changed(&mut self, admin: &Admin, tell: &mpsc::Sender<News>) {
        if std::mem::take(&mut self.changed_meanwhile) {
            self.renew(admin, tell);
        }
    }

    /// Writes a memory limit into the project's manifest; whether it stands there now.
    ///
    /// # Errors
    /// The disk's.
    pub fn declare(&self, limit: u64) -> Result<bool, Stop> {
        let Ok(manifest) = measured::declare(&self.workshop.manifest(), limit) else {
            return Ok(false);
        };
        std::fs::write(self.workshop.folder.join("plugin.toml"), manifest)?;
        Ok(true)
    }

    /// Ends what is under way, and all it has started.
    pub async fn stop(&mut self) {
        if let Some(job) = self.under_way.take() {
            job.abort();
            // It ends by being dropped: that is no news.
            let _ = job.await;
        }
    }
}

/// One build and load.
struct Job {
    workshop: Workshop,
    stage: Stage,
    grant: Grant,
    /// The name it is loaded by now.
    before: Option<String>,
    admin: Admin,
    tell: mpsc::Sender<News>,
}

impl Job {
    async fn run(mut self) {
        let began = Instant::now();
        let renewed = match build(&self.workshop, &self.tell).await {
            Err(said) => Renewed::Broken(said),
            Ok(built) => match self.load(built).await {
                Ok(renewed) => renewed,
                Err(Stop::Trouble(trouble)) => Renewed::Refused(trouble),
                Err(Stop::PipeClosed) => Renewed::Broken("interrupted".to_owned()),
            },
        };
        let _ = self.tell.send(News::Renewed(renewed, began.elapsed())).await;
    }

    async fn load(&mut self, built: Built) -> Result<Renewed, Stop> {
        let (stage, project) = (self.stage.clone(), self.workshop.folder.clone());
        let set = tokio::task::spawn_blocking(move || stage.set(&project, &built)).await;
        set.map_err(std::io::Error::other)??;
        let next = self.stage.next().display().to_string();
        let checked = self.admin.check(next, false).await?;
        if !checked.faults.is_empty() {
            let count = plural(checked.faults.len(), "mistake");
            let trouble = Trouble::new(Exit::Refused, format!("{count} in plugin.toml"));
            return Err(Trouble { faults: checked.faults, ..trouble }.into());
        }
        self.unload_if_renamed().await?;
        self.stage.exchange()?;
        let path = self.stage.loaded().display().to_string();
        match self.admin.load(load_request(path, self.grant.clone())).await {
            Ok(loaded) => Ok(Renewed::Loaded(Box::new(loaded))),
            Err(stop) => {
                self.stage.take_back()?;
                Err(stop)
            }
        }
    }

    /// Under its old name it would own its commands still.
    async fn unload_if_renamed(&mut self) -> Result<(), Stop> {
        match &self.before {
            Some(before) if self.workshop.name().as_ref() != Some(before) => {
                self.admin.act(Act::Unload, before).await.map(drop)
            }
            Some(_) | None => Ok(()),
        }
    }
}
