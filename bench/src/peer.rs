//! What is measured side by side: the limits below us, the peer beside us, and ourselves.
//!
//! Each module has the processes of one case; how they are driven and counted is none of theirs.

pub mod go_plugin;
pub mod ours;
pub mod raw;
pub mod relay;
