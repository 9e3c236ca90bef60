//! What people write: manifests of plugins and the operator's files, read once at the edge into
//! types that cannot be wrong. It starts nothing and talks to nobody.

pub mod amount;
pub mod dependencies;
pub mod document;
pub mod fault;
pub mod granted;
pub mod keys;
pub mod manifest;
pub mod name;
pub mod nearest;
pub mod operator;
pub mod overrides;
pub mod paths;
pub mod pattern;
pub mod permission;
pub mod pushed;
pub mod scope;
pub mod section;
pub mod source;
pub mod spec;

pub use amount::Bytes;
pub use dependencies::{Order, check_dependencies};
pub use fault::{Fault, Faults, Place, Problem};
pub use keys::{KeyValues, Keys};
pub use manifest::Manifest;
pub use name::{CommandName, EnvName, PluginName};
pub use operator::OperatorConfig;
pub use overrides::CliOverrides;
pub use paths::{PathFlags, Paths};
pub use permission::{Grants, Permission};
pub use source::{Source, Sourced};
pub use spec::Spec;
