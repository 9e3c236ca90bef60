//! Which files make a project, and news of their changes, told together once they are over. It
//! refuses to know what is done about a change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use notify::{EventKind, RecursiveMode, Watcher as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::news::News;

/// A change is over when nothing has happened for so long: an editor writes, renames, removes.
const QUIET: Duration = Duration::from_millis(120);

/// Folders that are made, not written.
const MADE: [&str; 5] = ["target", "dist", "node_modules", "__pycache__", "venv"];

/// How a file was when it was looked at.
type Look = (u64, Option<SystemTime>);

/// The files of a project, relative to it, with their sizes.
pub fn sources(project: &Path) -> Vec<(PathBuf, u64)> {
    looks(project).into_iter().map(|(path, (size, _))| (path, size)).collect()
}

fn looks(project: &Path) -> BTreeMap<PathBuf, Look> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![PathBuf::new()]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(project.join(&folder)) else { continue };
        for entry in entries.flatten().filter(|it| counts(&it.file_name().to_string_lossy())) {
            let relative = folder.join(entry.file_name());
            // Links are not followed: they may lead anywhere.
            match entry.metadata() {
                Ok(is) if is.is_dir() => folders.push(relative),
                Ok(is) if is.is_file() => {
                    found.insert(relative, (is.len(), is.modified().ok()));
                }
                Ok(_) | Err(_) => {}
            }
        }
    }
    found
}

/// Neither hidden, nor made by tools, nor an editor's own.
fn counts(name: &str) -> bool {
    let made = MADE.contains(&name) || name == "Cargo.lock";
    let editors = name.ends_with('~') || name.ends_with(".swp") || name.ends_with(".pyc");
    !(name.starts_with('.') || name.starts_with('#') || made || editors)
}

/// Tells of every change until nobody listens.
///
/// # Errors
/// The system does not let anybody watch.
pub fn begin(project: &Path, tell: mpsc::Sender<News>) -> notify::Result<()> {
    // One is enough to wake the task, which then looks at everything.
    let (wake, mut woken) = mpsc::channel(1);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let read_only = event.is_ok_and(|event| matches!(event.kind, EventKind::Access(_)));
        if !read_only {
            let _ = wake.try_send(());
        }
    })?;
    let project = project.to_owned();
    let mut watched = BTreeSet::new();
    let mut known = looks(&project);
    extend(&mut watcher, &mut watched, &project, &known)?;
    tokio::spawn(async move {
        while woken.recv().await.is_some() {
            while let Ok(Some(())) = timeout(QUIET, woken.recv()).await {}
            let now = looks(&project);
            // A folder that cannot be watched is still looked at when another changes.
            let _ = extend(&mut watcher, &mut watched, &project, &now);
            let changed = differing(&known, &now);
            known = now;
            if !changed.is_empty() && tell.send(News::Changed(changed)).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Watches folders that are new. Each by itself: what tools make is large and changes all the time.
fn extend(
    watcher: &mut notify::RecommendedWatcher,
    watched: &mut BTreeSet<PathBuf>,
    project: &Path,
    files: &BTreeMap<PathBuf, Look>,
) -> notify::Result<()> {
    let folders = files.keys().filter_map(|file| file.parent()).flat_map(Path::ancestors);
    let folders: BTreeSet<PathBuf> = folders.chain([Path::new("")]).map(Path::to_owned).collect();
    for folder in &folders - watched {
        watcher.watch(&project.join(&folder), RecursiveMode::NonRecursive)?;
    }
    // One that went and came again is another one.
    *watched = folders;
    Ok(())
}

fn differing(before: &BTreeMap<PathBuf, Look>, now: &BTreeMap<PathBuf, Look>) -> Vec<PathBuf> {
    let names: BTreeSet<&PathBuf> = before.keys().chain(now.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != now.get(*name));
    changed.cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_saved_file_is_told_of_and_what_tools_make_is_not() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["src", "target"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::write(dir.path().join("src/main.rs"), "1").unwrap();
        let (tell, mut told) = mpsc::channel(8);
        begin(dir.path(), tell).unwrap();
        fs::write(dir.path().join("target/made"), "x").unwrap();
        fs::write(dir.path().join("src/.main.rs.swp"), "x").unwrap();
        fs::write(dir.path().join("src/new"), "x").unwrap();
        fs::rename(dir.path().join("src/new"), dir.path().join("src/main.rs")).unwrap();
        fs::write(dir.path().join("src/main.rs"), "22").unwrap();
        let Some(News::Changed(files)) = told.recv().await else { panic!("no news") };
        assert_eq!(files, [PathBuf::from("src/main.rs")]);
    }

    #[test]
    fn a_file_that_went_is_a_change() {
        let look = |size| (size, None);
        let before = BTreeMap::from([("a".into(), look(1)), ("b".into(), look(1))]);
        let now = BTreeMap::from([("b".into(), look(2)), ("c".into(), look(1))]);
        assert_eq!(differing(&before, &now), ["a", "b", "c"].map(PathBuf::from));
    }
}
