//! Everything once more as a user without rights.

use std::process::Command;

use crate::support::is_root;

const NOBODY: &str = "65534";

#[test]
fn everything_holds_for_an_unprivileged_daemon_too() {
    if !is_root() {
        return;
    }
    let again = Command::new("setpriv")
        .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--skip", "unprivileged"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success(), "{said}\n{}", String::from_utf8_lossy(&again.stderr));
}
