//! `new`: a plugin's project. JSON: `{"name", "path", "files": […], "next": […]}`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use super::Desk;
use crate::arguments::{Lang, New};
use crate::escape;
use crate::exit::Exit;
use crate::project::{self, CannotMake, Facts, Name, Sdk, first_words};
use crate::trouble::{Stop, Trouble};

/// Makes the project and says how to go on.
pub fn new(desk: &Desk<'_>, wish: New) -> Result<Exit, Stop> {
    let name: Name = wish.name.parse().map_err(|bad: project::BadName| {
        Trouble::new(Exit::Usage, bad.to_string()).hint(bad.hint)
    })?;
    let folder = wish.path.clone().unwrap_or_else(|| PathBuf::from(name.own()));
    let sdk = Sdk::find(wish.sdk.as_deref(), &places()).map_err(|none| {
        Trouble::new(Exit::NotFound, none.to_string())
            .hint("give a clone of Outboard with --sdk PATH, or leave it out for the release")
    })?;
    let (lang, kind, license) = (wish.lang, wish.kind, wish.license);
    let author = wish.author.unwrap_or_else(author);
    let year = jiff::Zoned::now().year();
    let facts = Facts { name: name.clone(), lang, kind, license, author, year, sdk };
    let files = project::files(&facts);
    project::write(&folder, &files).map_err(|error| cannot(&error))?;
    let next = next(&folder, &facts);
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let shown = folder.display().to_string();
    let document = json!({ "name": name.as_str(), "path": shown, "files": paths, "next": next });
    desk.screen.show(String::new, &document)?;
    desk.screen.say(&format!("{} is in {}:", name.as_str(), escape::line(&shown)));
    desk.screen.say(&format!("  {}", paths.join("  ")));
    if let Sdk::Released(version) = &facts.sdk {
        let hint = format!(
            "it builds with outboard-plugin {version} from the registry; for one from a clone give \
             --sdk PATH"
        );
        desk.screen.hint(&hint);
    }
    desk.screen.say("Next:");
    next.iter().for_each(|line| desk.screen.say(&format!("  {}", escape::line(line))));
    let words = first_words(kind, &name);
    desk.screen.say(&format!("and there type: {words}"));
    Ok(Exit::Ok)
}

/// Where a clone may lie around: where one works, and where this program is.
fn places() -> Vec<PathBuf> {
    let program = env::current_exe().ok();
    env::current_dir().ok().into_iter().chain(program).collect()
}

fn next(folder: &Path, facts: &Facts) -> Vec<String> {
    let ready = match facts.lang {
        Lang::Rust => "cargo test",
        Lang::Python => "python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt",
    };
    let folder = folder.display().to_string();
    let plain = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    let folder = match folder.chars().all(plain) {
        true => folder,
        false => format!("'{}'", folder.replace('\'', r"'\''")),
    };
    vec![format!("cd {folder}"), ready.to_owned(), "outboard dev .".to_owned()]
}

fn cannot(error: &CannotMake) -> Trouble {
    let trouble = Trouble::new(Exit::Refused, error.to_string());
    match error {
        CannotMake::Occupied(_) => trouble.hint("name another folder: `outboard new NAME PATH`"),
        CannotMake::Disk(..) => trouble,
    }
}

/// What git knows, else the user's name.
fn author() -> String {
    let mut git = Command::new("git");
    git.args(["config", "--get", "user.name"]).stdin(Stdio::null()).stderr(Stdio::null());
    let told = git.output().ok().filter(|it| it.status.success());
    let told = told.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    let user = || env::var("USER").ok().filter(|it| !it.is_empty());
    told.filter(|it| !it.is_empty()).or_else(user).unwrap_or_else(|| "The author".to_owned())
}
