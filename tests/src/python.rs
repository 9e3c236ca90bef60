//! Plugins in Python: the interpreter that can run them, and their files.
//!
//! It refuses to make an environment; `tests/run python` does.

use std::path::{Path, PathBuf};

/// The interpreter that has grpcio, if a plugin's user can run it too.
#[must_use]
pub fn interpreter() -> Option<PathBuf> {
    let named = std::env::var_os("OUTBOARD_TEST_PYTHON").map(PathBuf::from);
    // A link to the interpreter that made the environment: the daemon wants the file by its name.
    let python = named.unwrap_or_else(|| root().join(".venv/bin/python"));
    let runs = std::process::Command::new(&python).args(["-c", "import grpc"]).status();
    runs.is_ok_and(|status| status.success()).then_some(python)
}

/// The line of outboard.toml that names an interpreter.
#[must_use]
pub fn runtime(python: &Path) -> String {
    format!("[runtimes]\npython3 = {:?}\n", python.display().to_string())
}

/// Copies a folder of this repository, such as `examples/greeter-python`, to where it is to be run.
///
/// # Errors
/// It cannot be read, or not be written there.
pub fn copy(from: &str, to: &Path) -> std::io::Result<()> {
    copy_all(&root().join(from), to)
}

/// Puts the SDK beside a plugin: its user may not be able to read this repository.
///
/// # Errors
/// It cannot be read, or not be written there.
pub fn copy_sdk(to: &Path) -> std::io::Result<()> {
    copy("plugin-sdk/python/src/outboard_plugin", &to.join("outboard_plugin"))
}

/// Where the SDK lies in this repository, for PYTHONPATH.
#[must_use]
pub fn sdk() -> PathBuf {
    root().join("plugin-sdk/python/src")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn copy_all(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}
