//! The machine's tests: every pair of state and event as a table, the diagram drawn from it, the
//! main paths as stories, and random histories held against every promise.

mod diagram;
mod events;
mod history;
mod matrix;
mod promises;
mod scene;
mod states;
mod stories;
