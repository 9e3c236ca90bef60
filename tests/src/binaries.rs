//! Where the programs under test lie: beside the test binary, built if cargo runs the tests.
//!
//! It refuses to know what the programs do.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The daemon.
pub fn daemon() -> PathBuf {
    folder().join("outboardd")
}

/// The operators' tool.
pub fn cli() -> PathBuf {
    folder().join("outboard")
}

/// The plugin that commits sins.
pub fn misbehave() -> PathBuf {
    folder().join("misbehave")
}

/// The Rust twin of the plain Python plugin.
pub fn twin() -> PathBuf {
    folder().join("twin")
}

/// The program of an example plugin, such as `dice`; and its folder in the source tree.
///
/// # Panics
/// Cargo cannot build it.
#[must_use]
pub fn example(name: &str) -> (PathBuf, PathBuf) {
    let program = folder().join(name);
    let package = format!("outboard-example-{name}");
    match std::env::var_os("CARGO") {
        Some(cargo) if !asked_for_prebuilt() => {
            build(Path::new(&cargo), folder(), &[&package]);
        }
        Some(_) | None => assert!(program.exists(), "{} is not built", program.display()),
    }
    let sources = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
    (program, Path::new(sources).join(name))
}

/// Copies a program to where it is to be run. By a process of its own: whatever another test forks
/// while this one writes would hold the copy open, and the kernel executes no file that is written.
///
/// # Errors
/// `install` cannot be run, or fails.
pub fn install(program: &Path, to: &Path) -> std::io::Result<()> {
    let status = Command::new("install").args(["-m", "755"]).arg(program).arg(to).status()?;
    let failed = || std::io::Error::other(format!("{} was not installed", program.display()));
    status.success().then_some(()).ok_or_else(failed)
}

/// The folder of this build's binaries, complete.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let test = std::env::current_exe().expect("a running program has a path");
        let folder = test.parent().expect("a program lies in a folder");
        // Cargo puts tests into PROFILE/deps, programs into PROFILE.
        let folder = folder.parent().filter(|_| folder.ends_with("deps")).unwrap_or(folder);
        if let Some(cargo) = std::env::var_os("CARGO").filter(|_| !prebuilt(folder)) {
            build(Path::new(&cargo), folder, &["outboardd", "outboard-exec", "outboard"]);
        }
        folder.to_owned()
    })
}

/// Compiled test binaries may be run by themselves, by a user without cargo; then, and where
/// OUTBOARD_PREBUILT says so, what lies there is what is tested. Otherwise a stale daemon would be
/// tested after every edit.
fn prebuilt(folder: &Path) -> bool {
    let parts = ["outboardd", "outboard-exec", "outboard"];
    asked_for_prebuilt() && parts.iter().all(|name| folder.join(name).exists())
}

fn asked_for_prebuilt() -> bool {
    std::env::var_os("OUTBOARD_PREBUILT").is_some()
}

fn build(cargo: &Path, folder: &Path, packages: &[&str]) {
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--manifest-path"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"));
    command.args(packages.iter().flat_map(|package| ["-p", *package]));
    if cfg!(feature = "otel") && packages.contains(&"outboardd") {
        command.args(["--features", "outboardd/otel"]);
    }
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo, which runs this test, can be run");
    assert!(status.success(), "building {packages:?} failed");
}
