# Sourced by tests/run: everything that is not Rust. Scripts, units, Python, Go, Synapse, the VM.
# shellcheck shell=bash

part_scripts() {
    local scripts
    need shellcheck shellcheck || { skip "shellcheck" "install shellcheck" && return; }
    mapfile -t scripts < <(find . \( -name target -o -name .git -o -name .venv -o -name .cache -o -name node_modules \) \
        -prune -o -type f -exec awk 'FNR == 1 { if (/^#!.*sh$/) print FILENAME; nextfile }' {} + | sort)
    check "shellcheck" 120 shellcheck --severity=warning --external-sources "${scripts[@]}"
}

# --- units: what systemd makes of them, without a systemd that runs

part_units() {
    local stage
    need systemd-analyze systemd || { skip "units" "systemd-analyze is missing; install systemd" && return; }
    stage=$(mktemp -d "${TMPDIR:-/tmp}/units.XXXX")
    stage_units "$stage"
    check "systemd-analyze verify" 60 systemd-analyze verify --man=no --recursive-errors=yes \
        "$stage/outboard.service" "$stage/outboard.slice"
    check "exposure at most 3.5" 60 systemd-analyze security --offline=true --threshold=35 \
        "$stage/outboard.service"
    check "systemd-sysusers" 60 systemd-sysusers --root="$stage/files" "$repo/systemd/sysusers.d/outboard.conf"
    check "the users a unit names exist" 60 users_of_units "$stage/files"
    rm -rf "$stage"
}

# The units with programs that exist here: `verify` looks for them.
stage_units() { # FOLDER
    mkdir -p "$1/files/etc"
    sed 's#/usr/bin/outboardd\?#/usr/bin/true#' systemd/outboard.service >"$1/outboard.service"
    cp systemd/outboard.slice "$1"
}

users_of_units() { # ROOT
    local name
    name=$(sed -n 's/^User=//p' "$repo/systemd/outboard.service")
    grep -q "^$name:" "$1/etc/passwd" || { echo "no user $name in sysusers.d" && return 1; }
    for name in "$(sed -n 's/^Group=//p' "$repo/systemd/outboard.service")" outboard-app outboard-admin; do
        grep -q "^$name:" "$1/etc/group" || { echo "no group $name in sysusers.d" && return 1; }
    done
}

# --- Python

python_roots=(app-sdk plugin-sdk examples)
mapfile -t python_projects < <(find "${python_roots[@]}" -maxdepth 3 -name pyproject.toml | sort)

part_python() {
    local file folder
    need_python || { skip "Python" "Python 3.10 or newer with venv is missing; install python3-venv" && return; }
    while read -r folder; do
        counted pytest "pytest $folder" 600 env -C "$folder" "$venv/bin/python" -m pytest -q
    done < <(find "${python_roots[@]}" -path '*/tests/test_*.py' -printf '%h\n' | xargs -r dirname | sort -u)
    while read -r file; do
        folder=$(dirname "$file")
        ! grep -q '^\[tool.mypy\]' "$file" || check "mypy $folder" 300 env -C "$folder" "$venv/bin/python" -m mypy
        ! grep -q '^\[\(tool.ruff\|lint\)\]' "$file" || check "ruff $folder" 60 env -C "$folder" "$venv/bin/python" -m ruff check
    done < <(find "${python_roots[@]}" -maxdepth 3 \( -name pyproject.toml -o -name ruff.toml \) | sort)
}

make_venv() { # PYTHON FOLDER PROJECT...
    local pip="$2/bin/pip" project wanted=()
    "$1" -m venv "$2" && "$pip" install -q --disable-pip-version-check --upgrade pip || return
    # In one go, so that one set of versions suits all; `dev` is what a project's own tests need.
    for project in "${@:3}"; do
        wanted+=(-e "./$(dirname "$project")[dev]")
    done
    "$pip" install -q --disable-pip-version-check "${wanted[@]}"
}

# --- the rest runs itself

part_go() {
    local folder=bench/peers/go-plugin
    [[ -e $folder/go.mod ]] || { skip "go" "there is no $folder" && return; }
    command -v go >/dev/null || { skip "go" "Go is missing: the bench's peer was not built" && return; }
    check "go vet $folder" 600 env -C "$folder" go vet ./...
    check "go build $folder" 600 env -C "$folder" go build -o /dev/null ./...
}

part_synapse() {
    [[ -x tests/synapse/run ]] || { skip "synapse" "there is no tests/synapse/run" && return; }
    need_python || { skip "synapse" "Python 3.10 or newer with venv is missing; install python3-venv" && return; }
    counted synapse "a Synapse homeserver" 900 tests/synapse/run
}

part_vm() {
    local code=0
    run_logged "a real systemd" 1500 tests/vm/run || code=$?
    if ((code == 77)); then
        skip "vm" "$(grep '^vm: ' "$(log_of "a real systemd")" | tail -n 1)"
    else
        settle vm "a real systemd" 1500 "$code"
    fi
}
