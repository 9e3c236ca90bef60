//! cgroup v2 as the daemon uses it: one tree of its own, one leaf per generation of a plugin. It
//! knows no v1, no D-Bus and no policy, and never mounts anything.
//!
//! ```text
//! HOME/                  the daemon's delegated cgroup, or outboard-INSTANCE below a shared one
//!   daemon/              the daemon and its keepers
//!   plugins/             memory.max: all plugins together
//!     NAME.GENERATION/   one leaf
//! ```

mod detect;
mod hierarchy;
mod leaf;

pub use detect::{Place, Placed, place_of_this_process};
pub use hierarchy::{
    CgroupError, Controllers, Hierarchy, can_hold_leaves, kills_at_once, offered_by, pass_on,
    sweep_unclaimed_beside,
};
pub use leaf::Leaf;
