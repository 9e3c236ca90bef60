//! A plugin under work: built, run by a daemon of its own, talked to, and built anew when it
//! changes. The loop stands here; it refuses to know how any of its parts does its work.

mod build;
mod chat;
mod house;
mod input;
mod lines;
mod measured;
mod news;
mod round;
mod snippet;
mod stage;
mod teller;
mod watch;
mod workshop;

pub use round::{Round, Wish};
