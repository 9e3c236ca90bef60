//! `outboard`: what operators and authors type. It asks the daemon over the admin socket and shows
//! the answer to people or to programs; it refuses to know how a plugin is run.

mod admin;
mod arguments;
mod check_offline;
mod commands;
mod consent;
mod dev;
mod escape;
mod exit;
mod measure;
mod page;
mod project;
mod refusal;
mod report;
mod screen;
mod settle;
mod socket;
mod trouble;

use std::process::ExitCode;

use screen::Screen;

fn main() -> ExitCode {
    let arguments = arguments::parse();
    let screen = Screen::new(&arguments.global);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(arguments, &screen)),
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(stop) => screen.report(&stop).into(),
    }
}
