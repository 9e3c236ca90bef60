# Sourced by job, in the guest: how a check is made and how something is waited for.
# shellcheck shell=bash

# Emulated machines are slow by a factor of twenty, and some of twice that: patience costs nothing here,
# because every wait ends as soon as what it waits for is true.
patience=60

ok() { echo "ok  $*"; }

bad() {
    echo "FAILED  $*"
    failed=yes
}

# check SENTENCE COMMAND...: the sentence is true when the command succeeds.
check() {
    local sentence=$1
    shift
    if "$@"; then ok "$sentence"; else bad "$sentence"; fi
}

# Waits until the command succeeds; not longer than `patience`.
until_true() { # COMMAND...
    local deadline=$((SECONDS + patience))
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

equals() { # GOT WANTED
    [[ $1 == "$2" ]] || {
        echo "    got \`$1\`, wanted \`$2\`"
        return 1
    }
}

outboard() { command outboard --socket /run/outboard/admin.sock "$@"; }

# One field of a plugin's status, as jq prints it.
status() { # NAME JQ
    outboard --output json status "$1" 2>/dev/null | jq -r "$2"
}

in_state() { # NAME STATE
    [[ $(status "$1" .state) == "$2" ]]
}

# The field of the newest end record.
last_end() { # NAME FIELD
    status "$1" ".ends[0].$2"
}

unit() { # PROPERTY
    systemctl show --value -p "$1" outboard.service
}

daemon_pid() { unit MainPID; }

none_alive() { # PID...
    local pid
    for pid; do
        # A zombie is dead; its parent, which is gone, was to reap it.
        [[ ! -d /proc/$pid ]] || grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null || return 1
    done
}

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Waits for the daemon to end and then, one second at most, for everything it had started.
gone_within_a_second_of() { # DAEMON-PID PID...
    local daemon=$1 since deadline=$((SECONDS + patience))
    shift
    until none_alive "$daemon"; do
        ((SECONDS < deadline)) || { echo "    the daemon (pid $daemon) has not ended" && return 1; }
        sleep 0.02
    done
    since=$(milliseconds)
    until none_alive "$@"; do
        (($(milliseconds) - since <= 1000)) || {
            echo "    alive a second later:" && ps -o pid,ppid,user,stat,args -p "$(IFS=, && echo "$*")"
            return 1
        }
        sleep 0.02
    done
    echo "    the last was gone after $(($(milliseconds) - since)) ms"
}

# What there is to see when something failed.
tell_all() {
    echo "---- systemctl status"
    systemctl --no-pager --full status outboard.service
    echo "---- journal"
    journalctl --no-pager -u outboard.service -n 120 -o short-monotonic
    echo "---- plugins"
    outboard list
    echo "---- processes"
    systemd-cgls --no-pager -u outboard.service
}
