//! Sizes and times that both ends of a wire must agree on.
//!
//! Only numbers: what happens at a limit is each end's own business.

use std::time::Duration;

/// Bytes an encoded frame may have when it is sent.
pub const FRAME_BYTES: usize = 65_536;

/// Bytes at which a reader ends the session instead of failing the call.
pub const DECODE_BYTES: usize = 128 * 1024;

/// Bytes of event and chunk frames under way before the sender waits for credit.
pub const CREDIT_BYTES: u64 = 256 * 1024;

/// Bytes of a logical payload cut into chunks.
pub const PAYLOAD_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of payloads in chunks that one session may have under way.
pub const REASSEMBLY_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of a payload in one chunk: well under a frame, so that calls soon get their turn.
pub const CHUNK_BYTES: usize = 32 * 1024;

/// HTTP/2 receive window of one stream, bytes.
pub const STREAM_WINDOW: u32 = 256 * 1024;

/// HTTP/2 receive window of one connection, bytes.
pub const CONNECTION_WINDOW: u32 = 16 * 1024 * 1024;

/// Concurrent streams of one connection.
pub const STREAMS: u32 = 32;

/// How soon after connecting a plugin or an app says hello.
pub const HELLO: Duration = Duration::from_secs(2);

/// Metadata key of the token that every RPC of a plugin carries.
pub const TOKEN_KEY: &str = "outboard-token";

/// Metadata key that names what a plugin is handling while it calls the host API.
pub const CALL_KEY: &str = "outboard-call";

/// Metadata key by which a unary app names its node: `NODE EPOCH`.
pub const NODE_KEY: &str = "outboard-node";
