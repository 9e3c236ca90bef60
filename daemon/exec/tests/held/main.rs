//! The keeper against a real kernel, by every means to hold a tree that this machine gives, as the
//! user that runs the tests and, where that is root, as an unprivileged one too. It knows no
//! daemon.
#![allow(clippy::unwrap_used)] // in a test a panic is the answer

mod cgroups;
mod ends;
mod lost;
mod memory;
mod prepared;
mod scale;
mod starts;
mod support;
mod unprivileged;
