//! Builds what is measured, in release: the daemon with its keeper, and the Go peer.
//!
//! What the compilers say goes to standard error. It refuses to run anything it has built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");

/// The daemon, freshly built, its keeper beside it.
pub fn daemon() -> anyhow::Result<PathBuf> {
    if cfg!(debug_assertions) {
        eprintln!("this bench is a debug build: its own ends are slow, the figures mean nothing");
    }
    let target = target()?;
    let program = target.join("release/outboardd");
    // Where it is not the source's state that is asked about, as when a profile is taken.
    if std::env::var_os("OUTBOARD_PREBUILT").is_some() && program.exists() {
        return Ok(program);
    }
    eprintln!("building the daemon in release");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--locked", "-p", "outboardd", "-p", "outboard-exec"]);
    build.arg("--manifest-path").arg(Path::new(PACKAGE).join("../Cargo.toml"));
    build.arg("--target-dir").arg(&target);
    run(&mut build)?;
    Ok(program)
}

/// The Go peer; nothing, and a word on standard error, where it cannot be built.
pub fn go_peer() -> Option<PathBuf> {
    eprintln!("building the go-plugin peer");
    let built = target().and_then(|target| {
        let program = target.join("bench/go-plugin");
        let mut build = Command::new("go");
        build.args(["build", "-trimpath", "-o"]).arg(&program).arg(".");
        run(build.current_dir(Path::new(PACKAGE).join("peers/go-plugin")))?;
        Ok(program)
    });
    built.inspect_err(|why| eprintln!("no go-plugin peer: {why:#}")).ok()
}

/// The folder that cargo builds this program in.
fn target() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).context("cargo puts programs into TARGET/PROFILE")?;
    Ok(target.to_owned())
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    // Standard output is the report's alone.
    command.stdin(Stdio::null()).stdout(std::io::stderr());
    let program = command.get_program().display().to_string();
    let status = command.status().with_context(|| format!("running {program}"))?;
    anyhow::ensure!(status.success(), "{program} ended with {status}");
    Ok(())
}
