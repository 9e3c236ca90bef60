#!/usr/bin/env bash
# Builds what the demo needs and nothing else, then plays it: in the browser, or by itself with --script.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v cargo >/dev/null; then
    echo "demo: cargo is missing: install Rust 1.90 or newer from https://rustup.rs" >&2
    exit 2
fi

echo "demo: building the daemon, the plugins and the chat (the first time takes a few minutes)"
cargo build --locked \
    -p outboardd -p outboard-exec -p outboard \
    -p outboard-example-moderator -p outboard-example-welcome \
    -p outboard-example-dice -p outboard-example-poll -p outboard-example-oracle -p outboard-example-troublemaker \
    -p outboard-example-chat
exec cargo run --locked --quiet -p outboard-example-chat --bin outboard-demo -- "$@"
