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

/// The two files that make the kind.
struct Core {
    manifest: &'static str,
    code: &'static str,
}

macro_rules! core {
    ($folder:literal, $code:literal) => {
        Core {
            manifest: include_str!(concat!("../../templates/", $folder, "/plugin.toml.in")),
            code: include_str!(concat!("../../templates/", $folder, "/", $code, ".in")),
        }
    };
}

fn rust(kind: Kind) -> Core {
    match kind {
        Kind::Bot => core!("rust/bot", "main.rs"),
        Kind::Moderator => core!("rust/moderator", "main.rs"),
        Kind::Command => core!("rust/command", "main.rs"),
        Kind::Example => core!("rust/example", "main.rs"),
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
    };
    let license = match facts.license {
        License::Mit => Some(texts.render(include_str!("../../templates/licenses/mit.in"))),
        License::Apache2 => Some(include_str!("../../../LICENSE").to_owned()),
        License::None => None,
    };
    files.extend(license.map(|text| ("LICENSE".to_owned(), text)));
    files.extend(facts.sdk.lock().map(|text| ("Cargo.lock".to_owned(), text)));
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
            ("memory", memory(facts.lang).to_owned()),
            ("sdk", facts.sdk.in_cargo_toml()),
        ];
        Texts { values }
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

/// What a fresh plugin may use: more than four times what it was measured to take.
fn memory(lang: Lang) -> &'static str {
    match lang {
        Lang::Rust => "16MiB",
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
    fn every_kind_renders_and_is_toml_where_it_says_so() {
        for &kind in Kind::value_variants() {
            for &license in License::value_variants() {
                for (path, text) in files(&facts(kind, license)) {
                    assert!(!text.contains("{{") || path.ends_with(".rs"), "{path}: {text}");
                    if path.ends_with(".toml") {
                        text.parse::<toml_edit::DocumentMut>().unwrap();
                    }
                }
            }
        }
    }

    #[test]
    fn the_publisher_stands_in_the_name_alone() {
        let files = files(&facts(Kind::Command, License::Mit));
        let manifest = &files[0].1;
        assert!(manifest.contains("name = \"acme.parrot\"") && manifest.contains("[\"./parrot\"]"));
        assert!(manifest.contains("authors = [\"Ada x\"]"), "{manifest}");
    }
}
