//! What to write into a manifest so that a plugin may do what it was just refused. It refuses to
//! know whether it should.

use crate::report::Grant;

/// Why a permission is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The manifest does not ask for it: these lines would.
    NotAsked(String),
    /// It asks, and it was not granted.
    NotGranted,
    /// It is granted, and does not reach so far.
    OutOfScope,
}

/// What is lacking where `permission` was refused to a plugin with these asks.
pub fn lack(permission: &str, asks: &[Grant]) -> Lack {
    match asks.iter().find(|ask| ask.permission == permission) {
        Some(ask) if ask.granted => Lack::OutOfScope,
        Some(_) => Lack::NotGranted,
        None => Lack::NotAsked(lines(permission)),
    }
}

fn lines(permission: &str) -> String {
    let (resource, action) = permission.split_once(':').unwrap_or((permission, ""));
    let more = match permission {
        "plugins:call" => "plugins = [\"the-plugin-it-calls\"]\n",
        _ => "",
    };
    let what = format!("resource = \"{resource}\"\nactions = [\"{action}\"]\n{more}");
    format!("[[permissions]]\n{what}reason = \"why people should allow it\"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_asked_for_is_shown_as_it_is_written() {
        let Lack::NotAsked(lines) = lack("messages:send", &[]) else { panic!("it asks") };
        assert!(
            lines.starts_with("[[permissions]]\nresource = \"messages\"\nactions = [\"send\"]\n")
        );
        assert!(lines.parse::<toml_edit::DocumentMut>().is_ok());
    }

    #[test]
    fn what_is_asked_for_needs_no_lines() {
        let ask = Grant {
            permission: "messages:send".to_owned(),
            granted: false,
            optional: true,
            reason: String::new(),
        };
        assert_eq!(lack("messages:send", std::slice::from_ref(&ask)), Lack::NotGranted);
        let granted = Grant { granted: true, ..ask };
        assert_eq!(lack("messages:send", &[granted]), Lack::OutOfScope);
    }
}
