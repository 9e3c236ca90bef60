//! What the daemon holds plugins to: memory, processes, users, what they are born with.
//!
//! The limits must hold by whatever means this machine gives; these tests refuse to know which
//! means that is, but for the words in which status tells it.

mod environment;
mod memory;
mod tree;
mod users;

/// Back-off during which a test can look around.
const SLOW: &str = "[defaults]\nbackoff_first = \"30m\"\nbackoff_max = \"1h\"\n";
