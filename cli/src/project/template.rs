//! Which template belongs to which language and kind, and what is put into it. It refuses to write
//! anything.

use super::File;
use super::name::Name;
use super::render::render;
use super::sdk::Sdk;
use crate::arguments::{Kind, Lang, License};

/// What a project is made from.
#[derive(Debug, Clone)]
pub struct Facts {
    pub name: Name,
    pub lang: Lang,
    pub kind: Kind,
    pub license: License,
    pub author: String,
    /// Of the licence.
    pub year: i16,
    pub sdk: Sdk,
}

/// What makes the kind: its manifest and its code.
struct Core {
    manifest: &'static str,
    code: &'static str,
}

macro_rules! core {
    ($lang:literal, $kind:literal, $suffix:literal) => {
        Core {
            manifest: include_str!(concat!("../../templates/manifest/", $kind, ".toml.in")),
            code: include_str!(concat!("../../templates/", $lang, "/", $kind, $suffix, ".in")),
        }
    };
}

macro_rules! test {
    ($kind:literal) => {
        include_str!(concat!("../../templates/python/", $kind, ".test.py.in"))
    };
}

fn rust(kind: Kind) -> Core {
    match kind {
        Kind::Bot => core!("rust", "bot", ".rs"),
        Kind::Moderator => core!("rust", "moderator", ".rs"),
        Kind::Command => core!("rust", "command", ".rs"),
        Kind::Example => core!("rust", "example", ".rs"),
    }
}

/// In Python the test is a file of its own.
fn python(kind: Kind) -> (Core, &'static str) {
    match kind {
        Kind::Bot => (core!("python", "bot", ".py"), test!("bot")),
        Kind::Moderator => (core!("python", "moderator", ".py"), test!("moderator")),
        Kind::Command => (core!("python", "command", ".py"), test!("command")),
        Kind::Example => (core!("python", "example", ".py"), test!("example")),
    }
}

/// Everything of the project, in the order people read it.
pub fn files(facts: &Facts) -> Vec<File> {
    let texts = Texts::of(facts);
    let file = |path: &str, template: &str| (path.to_owned(), texts.render(template));
    let mut files = match facts.lang {
        Lang::Rust => {
            let core = rust(facts.kind);
            vec![
                file("plugin.toml", core.manifest),
                file("src/main.rs", core.code),
                file("Cargo.toml", include_str!("../../templates/rust/Cargo.toml.in")),
                file("README.md", include_str!("../../templates/rust/README.md.in")),
                file(".gitignore", include_str!("../../templates/rust/gitignore.in")),
            ]
        }
        Lang::Python => {
            let (core, test) = python(facts.kind);
            vec![
                file("plugin.toml", core.manifest),
                file("main.py", core.code),
                file("test_main.py", test),
                file(
                    "requirements.txt",
                    include_str!("../../templates/python/requirements.txt.in"),
                ),
                file("README.md", include_str!("../../templates/python/README.md.in")),
                file(".gitignore", include_str!("../../templates/python/gitignore.in")),
            ]
        }
    };
    let license = match facts.license {
        License::Mit => Some(texts.render(include_str!("../../templates/licenses/mit.in"))),
        License::Apache2 => Some(include_str!("../../../LICENSE").to_owned()),
        License::None => None,
    };
    files.extend(license.map(|text| ("LICENSE".to_owned(), text)));
    if facts.lang == Lang::Rust {
        files.extend(facts.sdk.lock().map(|text| ("Cargo.lock".to_owned(), text)));
    }
    files
}

/// What is put into the templates.
struct Texts {
    values: Vec<(&'static str, String)>,
}

impl Texts {
    fn of(facts: &Facts) -> Texts {
        let Facts { name, kind, .. } = facts;
        let (spdx, license_line) = match facts.license {
            License::Mit => ("MIT", "Licensed under the MIT License ([LICENSE](LICENSE))."),
            License::Apache2 => {
                ("Apache-2.0", "Licensed under the Apache License 2.0 ([LICENSE](LICENSE)).")
            }
            License::None => ("LicenseRef-none", "It has no licence yet: all rights reserved."),
        };
        let values = vec![
            ("name", name.as_str().to_owned()),
            ("crate", name.package()),
            ("program", name.own().to_owned()),
            ("command", name.command().to_owned()),
            ("description", description(*kind).to_owned()),
            ("usage", usage(*kind, name)),
            ("author", plain(&facts.author)),
            ("spdx", spdx.to_owned()),
            ("license_line", license_line.to_owned()),
            ("year", facts.year.to_string()),
        ];
        Texts { values: values.into_iter().chain(of_language(facts)).collect() }
    }

    fn render(&self, template: &str) -> String {
        let values: Vec<(&str, &str)> =
            self.values.iter().map(|(key, value)| (*key, value.as_str())).collect();
        render(template, &values)
    }
}

/// As it can stand in any of the files.
fn plain(author: &str) -> String {
    author.chars().filter(|it| !it.is_control() && !"\"\\{}".contains(*it)).collect()
}

/// What differs from language to language; memory is what a fresh plugin was measured to take, and
/// room.
fn of_language(facts: &Facts) -> [(&'static str, String); 6] {
    let program = facts.name.own();
    let [version_note, run, memory, measured, sdk] = match facts.lang {
        Lang::Rust => [
            " # Cargo.toml says the same".to_owned(),
            format!("command = [\"./{program}\"] # a file beside this one"),
            "16MiB".to_owned(),
            "measured: it takes less than a quarter".to_owned(),
            facts.sdk.in_cargo_toml(),
        ],
        Lang::Python => [
            String::new(),
            "command = [\"python3\", \"main.py\"] # python3 is a name in the operator's [runtimes]"
                .to_owned(),
            "96MiB".to_owned(),
            "measured: it takes a quarter while it starts".to_owned(),
            facts.sdk.in_requirements(),
        ],
    };
    [
        ("version_note", version_note),
        ("run", run),
        ("memory", memory),
        ("measured", measured),
        ("sdk", sdk),
        ("dependencies", dependencies(facts.kind).to_owned()),
    ]
}

/// What a kind leans on beside the SDK, as Cargo.toml says it.
fn dependencies(kind: Kind) -> &'static str {
    match kind {
        Kind::Bot | Kind::Moderator | Kind::Command => "",
        Kind::Example => "serde = { version = \"1\", features = [\"derive\"] }\n",
    }
}

fn description(kind: Kind) -> &'static str {
    match kind {
        Kind::Bot => "Answers whoever calls it by name",
        Kind::Moderator => "Softens words and refuses messages that are too long",
        Kind::Command => "Counts the points that people give each other",
        Kind::Example => "Answers !example",
    }
}

fn usage(kind: Kind, name: &Name) -> String {
    let (own, command) = (name.own(), name.command());
    match kind {
        Kind::Bot => format!("Say `@{own} hello`."),
        Kind::Moderator => "Say *darn*, and see what is posted.".to_owned(),
        Kind::Command => format!("Type `/{command} ada`, and ada has a point more."),
        Kind::Example => "Say `!example`.".to_owned(),
    }
}

/// What to type in the chat of `outboard dev` to see it work.
pub fn first_words(kind: Kind, name: &Name) -> String {
    match kind {
        Kind::Bot => format!("@{} hello", name.own()),
        Kind::Moderator => "oh darn".to_owned(),
        Kind::Command => format!("/{} ada", name.command()),
        Kind::Example => "!example".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    fn facts(kind: Kind, license: License) -> Facts {
        Facts {
            name: "acme.parrot".parse().unwrap(),
            lang: Lang::Rust,
            kind,
            license,
            author: "Ada \"{{x}}\"".to_owned(),
            year: 2026,
            sdk: Sdk::Released("1.0.0"),
        }
    }

    #[test]
    fn every_kind_renders_in_every_language_and_is_toml_where_it_says_so() {
        for (&kind, &lang) in Kind::value_variants().iter().flat_map(in_every_language) {
            for &license in License::value_variants() {
                for (path, text) in files(&Facts { lang, ..facts(kind, license) }) {
                    assert!(!text.contains("{{") || path.ends_with(".rs"), "{path}: {text}");
                    if path.ends_with(".toml") {
                        text.parse::<toml_edit::DocumentMut>().unwrap();
                    }
                }
            }
        }
    }

    fn in_every_language(kind: &Kind) -> impl Iterator<Item = (&Kind, &Lang)> {
        Lang::value_variants().iter().map(move |lang| (kind, lang))
    }

    #[test]
    fn the_publisher_stands_in_the_name_alone() {
        let files = files(&facts(Kind::Command, License::Mit));
        let manifest = &files[0].1;
        assert!(manifest.contains("name = \"acme.parrot\"") && manifest.contains("[\"./parrot\"]"));
        assert!(manifest.contains("authors = [\"Ada x\"]"), "{manifest}");
    }
}
