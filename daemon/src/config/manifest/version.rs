//! Versions in a manifest: the plugin's own, the ranges it needs, the protocol and daemon it was
//! written for.

use crate::config::fault::Problem;
use crate::config::section::Section;
use semver::{Version, VersionReq};

/// The protocol this daemon speaks.
const PROTOCOL: &str = "1";

/// Reads a full version; a short one gets the long form as a hint.
pub fn parse_version(text: &str) -> Result<Version, Problem> {
    Version::parse(text).map_err(|error| {
        let problem = Problem::new(format!("{text:?} is not a version: {error}"));
        let completed = match text.split('.').count() {
            1 => format!("{text}.0.0"),
            2 => format!("{text}.0"),
            _ => text.trim_start_matches(['v', 'V']).to_owned(),
        };
        match Version::parse(&completed) {
            Ok(version) => problem.hint(format!("\"{version}\"")),
            Err(_) => problem.hint("three numbers with dots, such as \"1.2.0\""),
        }
    })
}

/// Reads a range such as `^1.2`.
pub fn parse_range(text: &str) -> Result<VersionReq, Problem> {
    let refused = |error| Problem::new(format!("{text:?} is not a range of versions: {error}"));
    VersionReq::parse(text).map_err(|error| refused(error).hint("\"^1.2\", \">=1.2, <3\" or \"*\""))
}

/// Notes a fault where the plugin speaks another protocol.
pub fn read_protocol(root: &Section<'_>) {
    let Some(field) = root.field("protocol") else { return };
    field.parse(|text| match text {
        PROTOCOL => Ok(()),
        other => Err(Problem::new(format!("this daemon speaks protocol {PROTOCOL}, not {other}"))),
    });
}

/// Notes a fault where the plugin wants a newer daemon.
pub fn read_min_daemon(root: &Section<'_>) {
    let Some(field) = root.field("min_daemon") else { return };
    field.parse(|text| {
        let wanted = parse_version(text)?;
        let own = env!("CARGO_PKG_VERSION");
        let newer = Version::parse(own).is_ok_and(|own| release(&wanted) > release(&own));
        match newer {
            true => Err(Problem::new(format!("needs outboardd {wanted}, this is {own}"))),
            false => Ok(()),
        }
    });
}

/// A version without its pre-release part: what a daemon on the way to 0.1.0 understands, 0.1.0
/// understands, while semver orders the one below the other.
fn release(version: &Version) -> (u64, u64, u64) {
    (version.major, version.minor, version.patch)
}
