//! A plugin folder in the making: the `misbehave` program and a manifest that declares what a test
//! needs.
//!
//! It refuses to know how the daemon judges it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::{binaries, process};

/// Everything a plugin folder will say.
#[derive(Debug, Clone)]
pub struct Draft {
    name: String,
    version: String,
    arguments: Vec<String>,
    program: String,
    run: String,
    limits: String,
    permissions: Vec<(String, bool)>,
    dependencies: BTreeMap<String, String>,
    handlers: Vec<String>,
    sections: String,
}

impl Draft {
    /// A plugin that declares nothing and commits `sin`; see the program for their names.
    #[must_use]
    pub fn sinner(name: &str, sin: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            arguments: vec![sin.to_owned()],
            program: "./misbehave".to_owned(),
            run: String::new(),
            limits: String::new(),
            permissions: Vec::new(),
            dependencies: BTreeMap::new(),
            handlers: Vec::new(),
            sections: String::new(),
        }
    }

    /// A plugin that declares nothing and does no harm.
    #[must_use]
    pub fn bare(name: &str) -> Self {
        Self::sinner(name, "good")
    }

    /// A plugin with a command of its own name, by which a test tells it what to do.
    #[must_use]
    pub fn obedient(name: &str) -> Self {
        let args = "args = [{ name = \"what\", type = \"string\", rest = true }]";
        Self::bare(name).may("commands:own").command(name, args)
    }

    /// An obedient plugin with a say in message.before_post.
    #[must_use]
    pub fn interceptor(name: &str, keys: &str) -> Self {
        Self::obedient(name).hook("message.before_post", keys)
    }

    /// An obedient plugin that is told of message.posted and may send.
    #[must_use]
    pub fn listener(name: &str, keys: &str) -> Self {
        Self::obedient(name).may("messages:send").events(&["message.posted"], keys)
    }

    /// What it does instead of its duty.
    #[must_use]
    pub fn sin(mut self, sin: &str) -> Self {
        sin.clone_into(&mut self.arguments[0]);
        self
    }

    /// One more argument for the program.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// What `command[0]` says.
    #[must_use]
    pub fn program(mut self, program: &str) -> Self {
        program.clone_into(&mut self.program);
        self
    }

    /// The version, in the manifest and in Hello.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// A line for `[run]`.
    #[must_use]
    pub fn run(mut self, line: &str) -> Self {
        self.run.push_str(line);
        self.run.push('\n');
        self
    }

    /// A line for `[limits]`.
    #[must_use]
    pub fn limit(mut self, line: &str) -> Self {
        self.limits.push_str(line);
        self.limits.push('\n');
        self
    }

    /// A required permission, `resource:action`.
    #[must_use]
    pub fn may(self, permission: &str) -> Self {
        self.permission(permission, false)
    }

    /// An optional permission, `resource:action`.
    #[must_use]
    pub fn may_optionally(self, permission: &str) -> Self {
        self.permission(permission, true)
    }

    fn permission(mut self, permission: &str, optional: bool) -> Self {
        if self.permissions.iter().all(|(known, _)| known != permission) {
            self.permissions.push((permission.to_owned(), optional));
        }
        self
    }

    /// A dependency with its range.
    #[must_use]
    pub fn depends(mut self, name: &str, range: &str) -> Self {
        self.dependencies.insert(name.to_owned(), range.to_owned());
        self
    }

    /// A hook and its other keys, one a line, with the permission it needs.
    #[must_use]
    pub fn hook(mut self, hook: &str, keys: &str) -> Self {
        self.handlers.push(format!("hook:{hook}"));
        let permission = match hook.split('.').next() {
            Some("file") => "files:intercept",
            Some("user") => "users:intercept",
            Some("channel") => "channels:intercept",
            Some("x") => "app:intercept",
            _ => "messages:intercept",
        };
        self.section(&format!("[[hooks]]\non = \"{hook}\"\n{keys}")).may(permission)
    }

    /// A subscription and its other keys, with the permission it needs.
    #[must_use]
    pub fn events(mut self, types: &[&str], keys: &str) -> Self {
        self.handlers.extend(types.iter().map(|name| format!("event:{name}")));
        let draft = self.section(&format!("[[events]]\non = {types:?}\n{keys}"));
        types.iter().filter_map(|name| needed_for(name)).fold(draft, Self::may)
    }

    /// A command and its other keys.
    #[must_use]
    pub fn command(mut self, name: &str, keys: &str) -> Self {
        self.handlers.push(format!("command:{name}"));
        self.section(&format!(
            "[[commands]]\nname = \"{name}\"\ndescription = \"of a test\"\n{keys}"
        ))
    }

    /// A schedule and its keys.
    #[must_use]
    pub fn schedule(mut self, name: &str, keys: &str) -> Self {
        self.handlers.push(format!("schedule:{name}"));
        self.section(&format!("[[schedules]]\nname = \"{name}\"\n{keys}"))
    }

    /// A method that other plugins may call, and its other keys.
    #[must_use]
    pub fn method(mut self, name: &str, keys: &str) -> Self {
        self.handlers.push(format!("method:{name}"));
        self.section(&format!("[[methods]]\nname = \"{name}\"\n{keys}"))
    }

    /// The permission to call these plugins.
    #[must_use]
    pub fn calls(self, plugins: &[&str]) -> Self {
        self.section(&format!(
            "[[permissions]]\nresource = \"plugins\"\nactions = [\"call\"]\n\
             reason = \"a test asks\"\nplugins = {plugins:?}"
        ))
    }

    /// A route and its other keys, with the permission it needs.
    #[must_use]
    pub fn route(mut self, path: &str, keys: &str) -> Self {
        self.handlers.push(format!("http:{path}"));
        self.section(&format!("[[http]]\npath = \"{path}\"\n{keys}")).may("http:serve")
    }

    /// A handler that the program registers, whatever the manifest says of it.
    #[must_use]
    pub fn handler(mut self, handler: &str) -> Self {
        self.handlers.push(handler.to_owned());
        self
    }

    /// Something that it shows in apps, and its other keys, with the permission it needs.
    #[must_use]
    pub fn shows(self, kind: &str, id: &str, keys: &str) -> Self {
        let text = format!("[[ui]]\nkind = \"{kind}\"\nid = \"{id}\"\ntitle = \"{id}\"\n{keys}");
        self.section(&text).may("ui:contribute")
    }

    /// Any text at the manifest's end.
    #[must_use]
    pub fn section(mut self, text: &str) -> Self {
        self.sections.push_str(text);
        self.sections.push_str("\n\n");
        self
    }

    /// The plugin's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its program is told on the command line.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let own = [
            format!("--version={}", self.version),
            format!("--handlers={}", self.handlers.join(",")),
        ];
        self.arguments.iter().cloned().chain(own).collect()
    }

    /// The text of plugin.toml.
    #[must_use]
    pub fn manifest(&self) -> String {
        let Self { name, version, run, limits, sections, .. } = self;
        let mut command = vec![self.program.clone()];
        command.extend(self.arguments());
        let mut text = format!(
            "name = \"{name}\"\nversion = \"{version}\"\nprotocol = \"1\"\n\
             description = \"of a test\"\n\n[run]\ncommand = {command:?}\n{run}\n"
        );
        if !limits.is_empty() {
            write!(text, "[limits]\n{limits}\n").expect("a string takes all");
        }
        self.write_permissions(&mut text);
        self.write_dependencies(&mut text);
        text.push_str(sections);
        text
    }

    fn write_permissions(&self, text: &mut String) {
        for (permission, optional) in &self.permissions {
            let (resource, action) = permission.split_once(':').expect("resource:action");
            write!(
                text,
                "[[permissions]]\nresource = \"{resource}\"\nactions = [\"{action}\"]\n\
                 reason = \"a test asks\"\noptional = {optional}\n\n"
            )
            .expect("a string takes all");
        }
    }

    fn write_dependencies(&self, text: &mut String) {
        if !self.dependencies.is_empty() {
            text.push_str("[dependencies]\n");
        }
        for (name, range) in &self.dependencies {
            writeln!(text, "\"{name}\" = \"{range}\"").expect("a string takes all");
        }
        text.push('\n');
    }

    /// Makes the folder `parent/NAME`, or writes its manifest anew.
    ///
    /// # Errors
    /// The disk's.
    pub fn write(&self, parent: &Path) -> std::io::Result<PathBuf> {
        let folder = parent.join(&self.name);
        std::fs::create_dir_all(&folder)?;
        let program = folder.join("misbehave");
        if !program.exists() {
            std::fs::hard_link(own_copy(), program)?;
        }
        std::fs::write(folder.join("plugin.toml"), self.manifest())?;
        Ok(folder)
    }
}

/// The permission that events of a type need.
fn needed_for(name: &str) -> Option<&'static str> {
    match name.split_once('.')?.0 {
        "message" | "reaction" => Some("messages:read"),
        "user" | "member" => Some("users:read"),
        "channel" => Some("channels:read"),
        "file" => Some("files:read"),
        _ => None,
    }
}

/// A copy of the program that this test binary's folders link to: a plugin's own user may not be
/// able to look where cargo builds, and nobody may link to files that are not theirs.
fn own_copy() -> &'static Path {
    static COPY: OnceLock<PathBuf> = OnceLock::new();
    COPY.get_or_init(|| {
        let folder = std::env::temp_dir();
        sweep_copies(&folder);
        let copy = folder.join(format!("{COPY_PREFIX}{}", std::process::id()));
        binaries::install(&binaries::misbehave(), &copy).expect("the misbehave program is built");
        copy
    })
}

const COPY_PREFIX: &str = "ob-misbehave-";

/// Removes the copies of test binaries that have ended: nothing runs when one ends by itself.
fn sweep_copies(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(COPY_PREFIX)?.parse().ok());
        if owner.is_some_and(|owner: u32| !process::alive(owner)) {
            // Another test binary may sweep too, and a copy may be someone else's: either is fine.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
