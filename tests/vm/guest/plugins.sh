# Sourced by job, in the guest: the plugins that the checks need.
# shellcheck shell=bash

plugins=/opt/plugins

# make_plugin NAME SIN [RESTART]: the misbehave plugin under this name, which commits this sin once ready,
# with children that left its session and its parent, as a daemon of its own would have.
make_plugin() {
    local folder=$plugins/$1
    mkdir -p "$folder"
    install -m 755 /payload/bin/misbehave "$folder/misbehave"
    cat >"$folder/start" <<'START'
#!/bin/sh
setsid sleep 100000 &
(setsid sleep 100000 &)
exec ./misbehave "$@"
START
    chmod 755 "$folder/start"
    cat >"$folder/plugin.toml" <<MANIFEST
name = "$1"
version = "1.0.0"
protocol = "1"
description = "of the checks in the virtual machine"

[run]
command = ["./start", "$2", "--version=1.0.0", "--handlers="]
restart = "${3:-on-failure}"
start_timeout = "60s"

[limits]
memory = "50MiB"
pids = 64
MANIFEST
}
