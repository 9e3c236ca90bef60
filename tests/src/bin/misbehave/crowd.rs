//! Children, and children of children, that would like to outlive the plugin.
//!
//! It refuses to know how they are found and killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use nix::sys::signal::SigSet;

/// Starts children of every stubborn kind, waits until they are in place, and says their pids.
pub fn fork(kinds: &str) -> String {
    let kinds = if kinds.is_empty() { "child grandchild session" } else { kinds };
    let pids = kinds.split_whitespace().map(|kind| match start(kind) {
        Ok(child) => pid_of(child),
        Err(error) => error.to_string(),
    });
    pids.collect::<Vec<_>>().join(" ")
}

/// Starts children until the kernel refuses: `N children, then WHY`.
pub fn fork_many() -> String {
    let mut children = Vec::new();
    loop {
        match start("child") {
            Ok(child) => children.push(child),
            Err(error) => return format!("{} children, then {error}", children.len()),
        }
        if children.len() == 1000 {
            return "1000 children, and no end".to_owned();
        }
    }
}

fn start(kind: &str) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg(format!("child:{kind}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

/// Each says its pid once it is where it wants to be.
fn pid_of(child: Child) -> String {
    let Some(stdout) = child.stdout else { return "no pipe".to_owned() };
    let mut line = String::new();
    match BufReader::new(stdout).read_line(&mut line) {
        Ok(_) => line.trim().to_owned(),
        Err(error) => error.to_string(),
    }
}

/// What a child does.
pub fn play(part: &str) -> ExitCode {
    // Nothing that can be blocked shall end it.
    let blocked = SigSet::all().thread_block();
    let alone = match part {
        "session" => nix::unistd::setsid().map(drop),
        "eater" => {
            // Written to, for memory that nobody writes to is not there.
            std::mem::forget(std::hint::black_box(vec![0xa5_u8; 20 << 20]));
            Ok(())
        }
        // Its parent ends at once; whoever adopts orphans gets it.
        "grandchild" => return orphan_one(),
        _ => Ok(()),
    };
    // Whoever set a signal for the death of the parent has set it in vain.
    let fearless = nix::sys::prctl::set_pdeathsig(None);
    if blocked.and(alone).and(fearless).is_err() {
        return ExitCode::from(71);
    }
    println!("{}", std::process::id());
    loop {
        std::thread::park();
    }
}

fn orphan_one() -> ExitCode {
    let Ok(program) = std::env::current_exe() else { return ExitCode::from(72) };
    let mut command = Command::new(program);
    match command.arg("child:session").spawn() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(73),
    }
}
