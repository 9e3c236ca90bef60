//! The keeper: a small process that starts one plugin under its limits, reaps it and kills its
//! whole tree. It decides nothing: the daemon tells it what to do, and when the daemon is gone it
//! clears up.
#![allow(unsafe_code)] // fork, signal dispositions, closing a range; every block argues its case

mod child;
mod end;
mod hold;
mod namespace;
mod network;
mod setup;

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(line) = setup::line_to_the_daemon() else {
        eprintln!("outboard-exec holds one plugin for outboardd; it is not started by hand");
        return ExitCode::from(2);
    };
    match hold::hold_one_plugin(line) {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads our output: the daemon notices the closed line and kills the tree.
        Err(_) => ExitCode::FAILURE,
    }
}
