# Sourced by tests/run: what the parts need, installed where that is allowed and named where it is not.
# shellcheck shell=bash

need_rust() {
    local missing=() component
    command -v cargo >/dev/null || {
        echo "tests/run: there is no Rust here. Install it from https://rustup.rs (1.90 or newer)." >&2
        return 1
    }
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null 2>&1 || missing+=("${component/fmt/rustfmt}")
    done
    if ((${#missing[@]})); then
        echo "installing for cargo: ${missing[*]}"
        rustup component add "${missing[@]}" || {
            echo "tests/run: cargo lacks ${missing[*]}, and rustup could not add them." >&2
            return 1
        }
    fi
    need cc build-essential || {
        echo "tests/run: SQLite is built from source: install a C compiler (build-essential)." >&2
        return 1
    }
}

# Succeeds once COMMAND is there; as root on Debian or Ubuntu it installs PACKAGE for that.
need() { # COMMAND PACKAGE...
    local command=$1
    shift
    command -v "$command" >/dev/null || { install_packages "$@" && command -v "$command" >/dev/null; }
}

install_packages() { # PACKAGE...
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then return 1; fi
    echo "  installing $*"
    run_logged "apt-get $1" 600 sh -c 'export DEBIAN_FRONTEND=noninteractive
        apt-get -q update && apt-get -qy -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"' \
        sh "$@" || {
        show "apt-get $1"
        return 1
    }
}

# The Python environment of the tests in .venv, made anew when what it should hold has changed. Made from
# the system's Python where that will do, so that plugins under other users can run it too.
need_python() {
    local python=/usr/bin/python3 wanted
    usable_python $python || install_packages python3 python3-venv
    usable_python $python || python=python3
    usable_python $python || return 1
    venv=$repo/.venv
    wanted=$({ $python --version && cat "${python_projects[@]}"; } | sha256sum)
    [[ $(cat "$venv/outboard-holds" 2>/dev/null) == "$wanted" ]] && return
    rm -rf "$venv"
    check "a Python environment in .venv" 900 make_venv "$python" "$venv" "${python_projects[@]}" || return
    echo "$wanted" >"$venv/outboard-holds"
}

usable_python() { # PYTHON
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}
