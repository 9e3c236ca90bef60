//! Outboard's wire: the messages of every API, their services, and what errors look like.
//!
//! Everything that crosses a process boundary is here, with the connection it crosses on, and
//! nothing else is: it refuses to know what a daemon, a plugin or an app does with a message. The
//! bindings are generated from `outboard/*/v1/*.proto` and committed.

pub mod failure;
pub mod limits;
pub mod needs;
pub mod operations;
pub mod socket;

/// Generated code, one module per package.
#[allow(missing_docs, clippy::all, clippy::pedantic, rustdoc::all)]
mod generated {
    pub mod outboard {
        pub mod common {
            pub mod v1 {
                include!("../gen/outboard.common.v1.rs");
            }
        }
        pub mod plugin {
            pub mod v1 {
                include!("../gen/outboard.plugin.v1.rs");
            }
        }
        pub mod app {
            pub mod v1 {
                include!("../gen/outboard.app.v1.rs");
            }
        }
        pub mod admin {
            pub mod v1 {
                include!("../gen/outboard.admin.v1.rs");
            }
        }
    }
}

/// `outboard.common.v1`: messages, hooks, events, commands, reasons.
pub use generated::outboard::common::v1 as common;

/// `outboard.plugin.v1`: the plugin's session and the host API.
pub use generated::outboard::plugin::v1 as plugin;

/// `outboard.app.v1`: the chat server's session.
pub use generated::outboard::app::v1 as app;

/// `outboard.admin.v1`: the operator's calls.
pub use generated::outboard::admin::v1 as admin;

/// The encoded descriptors of all four packages, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("../gen/descriptors.bin");

/// The protocol version that this crate speaks.
pub const PROTOCOL: &str = "1";
