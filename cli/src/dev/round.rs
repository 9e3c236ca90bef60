//! The loop: news come in one after another, and each is told and answered. It refuses to build,
//! to load and to chat itself.

mod follow;
mod pending;
mod renew;
mod seen;
mod words;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout_at};

use pending::Pending;
use renew::Works;
use seen::Seen;

use super::chat::{Chat, Speaker};
use super::house::House;
use super::input::Input;
use super::news::{News, Renewed, Talked, WAITING};
use super::teller::Teller;
use super::workshop::Workshop;
use super::{lines, measured, snippet, watch};
use crate::admin::Admin;
use crate::arguments::Grant;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::report::{LogLine, State, TraceRecord};
use crate::screen::Screen;
use crate::trouble::{Stop, Trouble};

/// How long a first look at a plugin's memory is waited for.
const MEASURING: Duration = Duration::from_secs(5);

/// What the author wants.
#[derive(Debug)]
pub struct Wish {
    pub path: PathBuf,
    pub grant: Grant,
    pub script: Option<PathBuf>,
    pub measure: bool,
}

/// One plugin under work.
pub struct Round<'s> {
    teller: Teller<'s>,
    admin: Admin,
    chat: Chat,
    speaker: Speaker,
    input: Input,
    news: mpsc::Receiver<News>,
    tell: mpsc::Sender<News>,
    works: Works,
    seen: Seen,
    pending: Pending,
}

/// Whether the loop goes on.
enum Flow {
    On,
    Over,
}

impl<'s> Round<'s> {
    /// Works on a plugin until the author, the script or a signal ends it. Nothing that was
    /// started is left.
    ///
    /// # Errors
    /// There is no plugin, no daemon, or nothing to build with; or the daemon ended by itself.
    pub async fn run(screen: &'s Screen, wish: Wish) -> Result<Exit, Stop> {
        let workshop = Workshop::open(&wish.path)?;
        let (tell, news) = mpsc::channel(WAITING);
        follow::signals(&tell)?;
        let script = wish.script.as_deref();
        let input = Input::open(script, tell.clone()).map_err(|error| {
            let file = script.unwrap_or(&wish.path).display();
            Trouble::new(Exit::NotFound, format!("{file}: {error}"))
        })?;
        let mut house = House::start(&workshop.runtimes()).await?;
        let measure = wish.measure;
        let result = async {
            let admin = Admin::connect(&house.admin_socket(), None).await?;
            let chat = Chat::connect(&house, tell.clone()).await;
            follow::all(admin.clone(), &tell).await?;
            watch::begin(&workshop.folder, tell.clone()).map_err(|error| unwatched(&error))?;
            let mut round = Round {
                teller: Teller::new(screen, input.is_live),
                works: Works::new(workshop, house.folder().as_path(), wish.grant),
                seen: Seen::default(),
                pending: Pending::new(!input.is_live),
                speaker: Speaker { name: "you".to_owned(), channel: "town-square".to_owned() },
                admin,
                chat,
                input,
                news,
                tell,
            };
            let result = round.go(&mut house).await;
            round.works.stop().await;
            let exit = result?;
            round.last(measure).await?;
            Ok(exit)
        };
        let result = Box::pin(result).await;
        house.end().await;
        result
    }

    async fn go(&mut self, house: &mut House) -> Result<Exit, Stop> {
        self.begin(house)?;
        loop {
            if let Some(exit) = self.is_done() {
                return Ok(exit);
            }
            let ready = self.may_say();
            tokio::select! {
                biased;
                Some(news) = self.news.recv() => match self.hear(news)? {
                    Flow::On => {}
                    Flow::Over => return Ok(self.exit()),
                },
                line = self.input.lines.recv(), if ready => match line {
                    Some(line) => match self.typed(&line)? {
                        Flow::On => {}
                        Flow::Over => return Ok(self.exit()),
                    },
                    None => return Ok(self.exit()),
                },
                status = house.gone() => return Err(gone(house, &status?.to_string())),
                () = sleep_until(self.pending.until()), if self.pending.waits() => {
                    self.pending.give_up();
                }
            }
        }
    }

    fn begin(&mut self, house: &House) -> Result<(), Stop> {
        let folder = self.works.workshop.folder.display().to_string();
        let text = format!(
            "{}: a daemon and a chat of its own. :help says what you can type, :quit ends it.",
            escape::line(&folder)
        );
        let socket = house.admin_socket();
        self.teller.tell(&text, &json!({ "kind": "begin", "path": folder, "socket": socket }))?;
        self.seen.socket = socket;
        self.works.renew(&self.admin, &self.tell);
        self.prompt()?;
        self.teller.step("building")
    }

    /// A script waits until the plugin runs, and until what it said before is over.
    fn may_say(&self) -> bool {
        self.input.is_live || (self.seen.runs() && !self.works.is_busy() && !self.pending.waits())
    }

    /// Nobody will mend what is broken: nothing more is typed, and it does not run.
    fn is_done(&self) -> Option<Exit> {
        let stuck = !self.works.is_busy() && (self.works.is_broken() || self.seen.is_given_up());
        (stuck && self.input.is_over() && !self.input.is_live).then_some(Exit::Refused)
    }

    fn exit(&self) -> Exit {
        let well = !self.works.is_broken() && !self.seen.is_given_up();
        Exit::ok_if(well || self.input.is_live)
    }

    fn hear(&mut self, news: News) -> Result<Flow, Stop> {
        match news {
            News::Step(step) => self.teller.step(&step)?,
            News::Changed(files) => self.changed(&files)?,
            News::Renewed(renewed, took) => self.renewed(&renewed, took)?,
            // While it is being exchanged, that it stands still is no news.
            News::Status(plugin) if plugin.state == State::Stopped && self.works.is_busy() => {}
            News::Status(plugin) => self.seen.status(&mut self.teller, *plugin)?,
            News::Log(line) => self.log(&line)?,
            News::Trace(record) => self.traced(&record)?,
            News::Chat(heard) => self.teller.tell(&lines::heard(&heard), &heard)?,
            News::Talked(talked) => self.pending.talked(talked),
            News::Followed(interaction) => self.pending.followed(interaction),
            News::InputOver => {}
            News::Stop => return Ok(Flow::Over),
        }
        Ok(Flow::On)
    }

    fn changed(&mut self, files: &[PathBuf]) -> Result<(), Stop> {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        let text = format!("changed: {}", escape::line(&names.join(", ")));
        self.teller.tell(&text, &json!({ "kind": "changed", "files": names }))?;
        self.works.renew(&self.admin, &self.tell);
        self.teller.step("building")
    }

    fn renewed(&mut self, renewed: &Renewed, took: Duration) -> Result<(), Stop> {
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let beside = if self.seen.runs() { "; the one before runs on" } else { "" };
        self.works.ended(renewed);
        match renewed {
            Renewed::Broken(said) => {
                let said: Vec<String> = escape::lines(said).collect();
                let text = format!("{}\nit does not build{beside}", said.join("\n"));
                let document = json!({ "kind": "build", "outcome": "failed", "took_us": took_us,
                    "output": said.join("\n") });
                self.teller.tell(&text, &document)?;
            }
            Renewed::Refused(trouble) => {
                let (staged, project) = self.works.places();
                let text = lines::refused(trouble, &staged, &project);
                let document = json!({ "kind": "load", "outcome": "refused", "took_us": took_us,
                    "message": trouble.message.replace(&staged, &project),
                    "faults": trouble.faults, "hints": trouble.hints });
                self.teller.tell(&format!("{text}\nit is not loaded{beside}"), &document)?;
            }
            Renewed::Loaded(loaded) => {
                self.seen.loaded(loaded);
                let notes: String =
                    loaded.notes.iter().map(|it| format!("\nnote: {}", escape::line(it))).collect();
                let text = format!("built and loaded in {}{notes}", measure::span(took_us));
                let document = json!({ "kind": "load", "outcome": "loaded", "took_us": took_us,
                    "notes": loaded.notes });
                self.teller.tell(&text, &document)?;
            }
        }
        self.works.renew_if_changed(&self.admin, &self.tell);
        Ok(())
    }

    fn log(&mut self, line: &LogLine) -> Result<(), Stop> {
        self.seen.lines += 1;
        let document = json!({ "kind": "log", "stream": line.stream, "line": line.line,
            "generation": line.generation, "at_us": line.at_us });
        self.teller.tell(&lines::log(line), &document)
    }

    fn traced(&mut self, record: &TraceRecord) -> Result<(), Stop> {
        self.pending.traced(record);
        if record.kind == "denial" {
            let lack = snippet::lack(&record.name, self.seen.asks());
            let manifest = match &lack {
                snippet::Lack::NotAsked(lines) => lines.as_str(),
                snippet::Lack::NotGranted | snippet::Lack::OutOfScope => "",
            };
            let document = json!({ "kind": "denied", "permission": record.name,
                "why": record.answer, "manifest": manifest });
            return self.teller.tell(&lines::denied(record, &lack), &document);
        }
        match lines::call(record) {
            Some(line) => self.teller.tell(&line, &json!({ "kind": "call", "record": record })),
            None => Ok(()),
        }
    }

    /// A message, a command, or a word to this chat itself.
    fn typed(&mut self, line: &str) -> Result<Flow, Stop> {
        self.teller.typed(&words::prompt(&self.speaker), line)?;
        let flow = match line.strip_prefix(':') {
            Some(word) => words::obey(self, word)?,
            None => {
                if !line.is_empty() {
                    let (line, speaker) = (line.to_owned(), self.speaker.clone());
                    self.talk(|chat| async move { chat.say(&speaker, &line).await });
                }
                Flow::On
            }
        };
        self.prompt()?;
        Ok(flow)
    }

    fn talk<F: Future<Output = Talked> + Send + 'static>(&mut self, say: impl FnOnce(Chat) -> F) {
        self.pending.begin();
        let (saying, tell) = (say(self.chat.clone()), self.tell.clone());
        tokio::spawn(async move {
            let talked = saying.await;
            let _ = tell.send(News::Talked(talked)).await;
        });
    }

    fn prompt(&mut self) -> Result<(), Stop> {
        self.teller.ask(Some(words::prompt(&self.speaker)))
    }

    /// What is left to say: lines that came late, and how much memory it took.
    async fn last(&mut self, measure: bool) -> Result<(), Stop> {
        self.teller.ask(None)?;
        let Some(name) = self.seen.name().map(str::to_owned) else { return Ok(()) };
        for line in follow::late_lines(&mut self.admin, &name, self.seen.lines).await {
            self.log(&line)?;
        }
        if measure {
            self.await_measure().await?;
        }
        let Ok(plugin) = self.admin.status(&name).await else { return Ok(()) };
        let (peak, limit) = (plugin.peak_memory_bytes, plugin.memory_limit_bytes);
        if peak == 0 {
            return Ok(());
        }
        let fits = measured::fitting(peak);
        let written = measure && self.works.declare(fits)?;
        let what = if written { "plugin.toml says now" } else { "a limit that fits:" };
        let text = format!(
            "{name} took {} of {} at most; {what} memory = \"{}\"",
            measure::bytes(peak),
            measure::bytes(limit),
            measured::as_written(fits)
        );
        let document = json!({ "kind": "measured", "peak_bytes": peak, "limit_bytes": limit,
            "fitting": measured::as_written(fits), "written": written });
        self.teller.tell(&text, &document)
    }

    /// Memory is looked at now and then: a plugin that has just started has not been measured.
    async fn await_measure(&mut self) -> Result<(), Stop> {
        let until = Instant::now() + MEASURING;
        while !self.seen.is_measured() {
            match timeout_at(until, self.news.recv()).await {
                Ok(Some(News::Stop) | None) | Err(_) => return Ok(()),
                Ok(Some(news)) => {
                    self.hear(news)?;
                }
            }
        }
        Ok(())
    }
}

fn gone(house: &House, status: &str) -> Stop {
    let words = house.last_words();
    let message = format!("the daemon ended by itself ({status}):\n{words}");
    Trouble::new(Exit::NoDaemon, message).into()
}

fn unwatched(error: &notify::Error) -> Stop {
    Trouble::new(Exit::Refused, format!("the folder cannot be watched: {error}"))
        .hint("fs.inotify.max_user_watches and max_user_instances may be used up")
        .into()
}
