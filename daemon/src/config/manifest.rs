//! `plugin.toml`: what a plugin says of itself before anything of it runs. A [`Manifest`] has
//! passed every rule that concerns the file alone; what an operator decides about it is `spec`'s,
//! and what its folder holds is `folder`'s.

use super::document::Document;
use super::fault::{Faults, Place, Problem};
use super::keys::{Keys, Reader, Table};
use super::name::PluginName;
use super::permission::Permission;
use super::section::Section;
use super::source::Layer;
use semver::{Version, VersionReq};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

pub mod about;
pub mod asks;
pub mod command;
pub mod event;
pub mod filter;
pub mod fix;
pub mod folder;
pub mod handlers;
pub mod hook;
pub mod install;
pub mod method;
pub mod program;
pub mod route;
pub mod schedule;
pub mod settings;
pub mod ui;
mod version;

pub use about::{About, Bot};
pub use asks::{Asks, Need};
pub use command::{
    ArgDecl, ArgKind, Audience, CommandDecl, Completion, Extent, Form, Presence, SubcommandDecl,
    Target, Venue,
};
pub use event::{EventDecl, EventType};
pub use folder::Loaded;
pub use handlers::Handlers;
pub use hook::{Hook, HookDecl, Mode, OnFailure, Phase};
pub use install::Install;
pub use method::MethodDecl;
pub use program::Run;
pub use route::{Access, RouteDecl, RoutePath};
pub use schedule::ScheduleDecl;
pub use settings::SettingsDecl;
pub use ui::UiDecls;

/// The manifest's file name, inside a plugin's folder.
pub const FILE_NAME: &str = "plugin.toml";

/// What a plugin declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// Where it was read from.
    pub file: Arc<Path>,
    /// The plugin's name.
    pub name: PluginName,
    /// The plugin's version.
    pub version: Version,
    /// What people are told of it.
    pub about: About,
    /// The program.
    pub run: Run,
    /// The keys of `[run]` and `[limits]` it sets.
    pub keys: Keys,
    /// The account it speaks as, where it says so.
    pub bot: Option<Bot>,
    /// The plugins it needs.
    pub dependencies: BTreeMap<PluginName, Dependency>,
    /// The permissions it asks for.
    pub asks: Asks,
    /// The hooks it answers, in the manifest's order.
    pub hooks: Vec<HookDecl>,
    /// The events it is told of, in the manifest's order.
    pub events: Vec<EventDecl>,
    /// The commands it owns, in the manifest's order.
    pub commands: Vec<CommandDecl>,
    /// When it wants to be told that it is time, in the manifest's order.
    pub schedules: Vec<ScheduleDecl>,
    /// What other plugins may call, in the manifest's order.
    pub methods: Vec<MethodDecl>,
    /// Addresses it answers, in the manifest's order.
    pub routes: Vec<RouteDecl>,
    /// Where its settings are declared.
    pub settings: SettingsDecl,
    /// How many more it may register while it runs.
    pub dynamic_settings: usize,
    /// What must be done before its first process.
    pub install: Option<Install>,
    /// What it shows in apps.
    pub ui: UiDecls,
}

/// A plugin that another one needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// The versions that will do.
    pub range: VersionReq,
    /// Where it is asked for.
    pub place: Place,
}

/// Sections of later daemons.
const LATER: [&str; 2] = ["locales", "sandbox"];

impl Manifest {
    /// Reads a manifest's text. `file` is only named in faults.
    ///
    /// # Errors
    /// Every fault of the file at once.
    pub fn parse(text: &str, file: &Path) -> Result<Manifest, Faults> {
        let document = Document::parse(text, file, Layer::Manifest)?;
        let manifest = read(&document.root(), document.file());
        document.finish(manifest)
    }

    /// The handlers it declares, as a plugin's code must register them.
    pub fn handlers(&self) -> Handlers {
        Handlers {
            hooks: self.hooks.iter().map(|hook| hook.hook.clone()).collect(),
            events: self.events.iter().flat_map(|event| event.types.iter().cloned()).collect(),
            commands: self.commands.iter().map(|command| command.name.clone()).collect(),
            schedules: self.schedules.iter().map(|schedule| schedule.name.clone()).collect(),
            methods: self.methods.iter().map(|method| method.name.clone()).collect(),
            routes: self.routes.iter().map(|route| route.path.to_string()).collect(),
        }
    }
}

fn read(root: &Section<'_>, file: &Arc<Path>) -> Option<Manifest> {
    let name = root.needed("name", "\"my-plugin\"").and_then(|it| it.parse(str::parse));
    let version =
        root.needed("version", "\"0.1.0\"").and_then(|it| it.parse(version::parse_version));
    version::read_protocol(root);
    version::read_min_daemon(root);
    let about = about::read(root);
    let (run, run_keys) = read_run(root);
    let limits = read_limits(root);
    let bot = about::read_bot(root);
    let dependencies = read_dependencies(root, name.as_ref());
    let asks = asks::read(root);
    let hooks = hook::read_all(root, name.as_ref());
    let events = event::read_all(root);
    let commands = command::read_all(root);
    let schedules = schedule::read_all(root);
    let methods = method::read_all(root);
    let routes = route::read_all(root);
    let (settings, dynamic_settings) = settings::read(root);
    let install = install::read_install(root);
    let ui = ui::read(root);
    check_asks(root, &asks, &hooks, &events, &commands);
    if !routes.is_empty() && !asks.permissions().contains(&Permission::HttpServe) {
        root.fault("http", asks::missing(Permission::HttpServe));
    }
    if !ui.is_empty() && !asks.permissions().contains(&Permission::UiContribute) {
        root.fault("ui", ui::missing());
    }
    root.not_supported(&LATER);
    root.close();
    let (name, version, run, file) = (name?, version?, run?, file.clone());
    let keys = run_keys.over(&limits);
    Some(Manifest {
        file,
        name,
        version,
        about,
        run,
        keys,
        bot,
        dependencies,
        asks,
        hooks,
        events,
        commands,
        schedules,
        methods,
        routes,
        settings,
        dynamic_settings,
        install,
        ui,
    })
}

fn read_run(root: &Section<'_>) -> (Option<Run>, Keys) {
    let table = root.needed("run", "{ command = [\"./my-plugin\"] }").and_then(|it| it.section());
    let Some(table) = table else { return (None, Keys::default()) };
    let run = program::read(&table);
    let keys = Keys::read(&table, Reader::Author(Table::Run));
    table.close();
    (run, keys)
}

fn read_limits(root: &Section<'_>) -> Keys {
    let Some(table) = root.section("limits") else { return Keys::default() };
    let keys = Keys::read(&table, Reader::Author(Table::Limits));
    table.close();
    keys
}

/// `[dependencies]` with ranges, or the list form, which takes any version.
fn read_dependencies(
    root: &Section<'_>,
    own: Option<&PluginName>,
) -> BTreeMap<PluginName, Dependency> {
    let Some(field) = root.field("dependencies") else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    if field.value().is_array() {
        for item in field.items().unwrap_or_default() {
            let dependency = Dependency { range: VersionReq::STAR, place: item.place() };
            let name = item.parse(|text| not_itself(text.parse()?, own));
            found.extend(name.map(|name| (name, dependency)));
        }
        return found;
    }
    for entry in field.section().iter().flat_map(Section::entries) {
        let name = entry.settle(entry.name().parse().and_then(|name| not_itself(name, own)));
        let range = entry.parse(version::parse_range);
        let dependency = range.map(|range| Dependency { range, place: entry.place() });
        found.extend(name.zip(dependency));
    }
    found
}

fn not_itself(name: PluginName, own: Option<&PluginName>) -> Result<PluginName, Problem> {
    match own == Some(&name) {
        true => Err(Problem::new("a plugin cannot depend on itself")),
        false => Ok(name),
    }
}

/// What touches messages or owns commands must be asked for, so that an operator sees it.
fn check_asks(
    root: &Section<'_>,
    asks: &Asks,
    hooks: &[HookDecl],
    events: &[EventDecl],
    commands: &[CommandDecl],
) {
    let asked: BTreeSet<Permission> = asks.permissions();
    let need = |used: bool, key: &str, permission: Permission| {
        if used && !asked.contains(&permission) {
            root.fault(key, asks::missing(permission));
        }
    };
    let to_be_asked: BTreeSet<_> = hooks.iter().map(|it| it.hook.permission()).collect();
    to_be_asked.into_iter().for_each(|permission| need(true, "hooks", permission));
    let types = events.iter().flat_map(|it| &it.types);
    let seen: BTreeSet<Permission> = types.filter_map(EventType::permission).collect();
    seen.into_iter().for_each(|permission| need(true, "events", permission));
    need(!commands.is_empty(), "commands", Permission::CommandsOwn);
    let shown = commands.iter().any(|it| matches!(it.form, Form::Menu(Target::Message, _)));
    need(shown, "commands", Permission::MessagesRead);
}

#[cfg(test)]
mod page;
#[cfg(test)]
mod tests;
