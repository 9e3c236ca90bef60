//! The house rules that no lint knows: who may import whom, how long things may be, what may be
//! called where, which promises have a test. It reads files; it builds and runs nothing.
#![allow(clippy::unwrap_used)]

#[path = "tidy/bans.rs"]
mod bans;
#[path = "tidy/findings.rs"]
mod findings;
#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/mask.rs"]
mod mask;
#[path = "tidy/promises.rs"]
mod promises;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/tree.rs"]
mod tree;
