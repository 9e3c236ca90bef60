//! `dev`: a plugin under work. JSON: one document per line, each with its `kind`.

use super::Desk;
use crate::arguments::Dev;
use crate::dev::{Round, Wish};
use crate::exit::Exit;
use crate::trouble::Stop;

/// Runs until it is told to stop, or the script is over.
pub async fn dev(desk: &Desk<'_>, wish: Dev) -> Result<Exit, Stop> {
    let Dev { path, grant, script, measure } = wish;
    Round::run(desk.screen, Wish { path, grant, script, measure }).await
}
