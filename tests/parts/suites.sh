# Sourced by tests/run: Rust's checks and suites. Test programs are built once and then run as they are, by
# each user in turn, so that an unprivileged one needs neither cargo nor the right to write here.
# shellcheck shell=bash

# Seconds that one test program may take.
suite_limit=900
whole_daemon='/(functional|limits)-[0-9a-f]+$'
built=''

part_fmt() { check "cargo fmt" 120 cargo fmt --all -- --check -l; }

part_clippy() {
    check "cargo clippy" 1200 cargo clippy --locked --workspace --all-targets -- -D warnings
}

part_deny() {
    if cargo deny --version >/dev/null 2>&1; then
        check "cargo deny" 300 cargo deny --locked check bans licenses sources
    else
        skip "cargo deny" "it is not installed; \`cargo install cargo-deny\` brings it"
    fi
}

part_doc() { counted suites "documented examples" 1200 cargo test --locked --workspace --doc; }

part_unit() { for_each_user -vE "$whole_daemon"; }

part_functional() { for_each_user -E "$whole_daemon"; }

# Spans as a collector sees them. It takes a daemon of another build, so the usual one is put back. All of the
# workspace is named, so that what the other parts have built is used again where it can be.
part_otel() {
    local of=(--locked --workspace) with=(--features "outboardd/otel,outboard-tests/otel")
    local programs=(--bin outboardd --bin outboard-exec --bin outboard --bin misbehave)
    check "a daemon that exports spans" 900 cargo build "${of[@]}" "${with[@]}" "${programs[@]}" || return
    OUTBOARD_PREBUILT=1 counted suites "spans at a collector" 300 \
        cargo test "${of[@]}" "${with[@]}" --test otel
    check "the usual daemon again" 600 cargo build "${of[@]}" "${programs[@]}"
}

# Runs the test programs that grep picks with these arguments.
for_each_user() { # GREP-ARGUMENT...
    build_suites || return
    if ((EUID != 0)); then
        run_suites "as $(id -un)" env -- "$@"
        skip "the same as root" "this is not root, so nothing was tried with a user per plugin"
        return
    fi
    if tests/parts/as-nobody test -r Cargo.toml -a -x "$(cut -f2 "$logs/programs" | head -n 1)"; then
        run_suites "as nobody" tests/parts/as-nobody env -- "$@"
    else
        skip "the same as nobody" "no unprivileged user can be let into $repo"
    fi
    run_suites "as root" env -- "$@"
}

# Builds every program and test program; `programs` then lists the latter after their crates' folders.
build_suites() {
    [[ -z $built ]] || return 0
    check "building everything" 1500 build_programs || return
    sed -nE '/"kind":\["bench"\]/d
        /"profile":\{[^}]*"test":true\}/s/.*"manifest_path":"([^"]+)\/Cargo\.toml".*"executable":"([^"]+)".*/\1\t\2/p' \
        "$logs/messages" | sort -u >"$logs/programs"
    built=yes
}

build_programs() {
    cargo build --locked --workspace --bins --tests --examples \
        --message-format=json-render-diagnostics >"$logs/messages"
}

run_suites() { # AS-WHOM RUNNER... -- GREP-ARGUMENT...
    local whom=$1 runner=() private folder program
    shift
    while [[ $1 != -- ]]; do runner+=("$1") && shift; done
    shift
    # Not mktemp's own mode: plugins and tests under other users have their folders here too.
    private=$(mktemp -d "${TMPDIR:-/tmp}/ob.XXXX")
    chmod 1777 "$private"
    while IFS=$'\t' read -r folder program <&3; do
        counted suite "$(suite_name "$folder" "$program") $whom" "$suite_limit" "${runner[@]}" -C "$folder" \
            "TMPDIR=$private" "HOME=$private" "CARGO_MANIFEST_DIR=$folder" "INSTA_WORKSPACE_ROOT=$repo" \
            INSTA_UPDATE=no OUTBOARD_PREBUILT=1 "OUTBOARD_TEST_PYTHON=$repo/.venv/bin/python" "$program"
    done 3< <(grep "$@" "$logs/programs")
    rm -rf "$private"
}

# `daemon/linux: spawning` for …/daemon/linux and …/deps/spawning-0123abcd.
suite_name() { # FOLDER PROGRAM
    local program=${2##*/}
    echo "${1#"$repo"/}: ${program%-*}"
}
