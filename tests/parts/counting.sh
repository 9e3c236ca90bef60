# Sourced by tests/run: counts what passed, failed and was skipped, and says how each part went.
# shellcheck shell=bash

passed=0 failed=0 skipped=0
part='' part_started=0 part_passed=0 part_failed=0 part_skipped=0
watcher='' running='' took=0

# shellcheck disable=SC2317 # called by the trap
interrupted() {
    [[ -z $running ]] || kill "$running" 2>/dev/null
    [[ -z $watcher ]] || kill "$watcher" 2>/dev/null
    wait
    echo "interrupted"
    exit 130
}
trap interrupted INT TERM

begin() { # PART
    part=$1 part_started=$SECONDS part_passed=$passed part_failed=$failed part_skipped=$skipped
    echo "== $part"
}

finish() {
    local result="$((passed - part_passed)) passed, $((failed - part_failed)) failed"
    ((skipped == part_skipped)) || result+=", $((skipped - part_skipped)) skipped"
    printf '== %-12s %-44s %5d s\n' "$part" "$result" $((SECONDS - part_started))
}

# The last line, alone on it.
closing() {
    printf '\nall parts took %d s\n' "$SECONDS"
    local line="$passed passed, $failed failed"
    ((skipped == 0)) || line+=", $skipped skipped"
    echo "$line"
    ((failed == 0))
}

skip() { # WHAT WHY
    skipped=$((skipped + 1))
    echo "  SKIPPED  $1: $2"
}

# One command that is one check. Its output is kept, and shown where it fails.
check() { # NAME SECONDS COMMAND...
    local name=$1 limit=$2 code=0
    shift 2
    run_logged "$name" "$limit" "$@" || code=$?
    if ((code == 0)); then
        passed=$((passed + 1))
        echo "  ok       $name"
    else
        failed=$((failed + 1))
        echo "  FAILED   $name ($(ending "$code" "$limit"))"
        show "$name"
    fi
    return "$code"
}

# One command that prints its own counts in the way of PATTERN: see count_in.
counted() { # PATTERN NAME SECONDS COMMAND...
    local pattern=$1 name=$2 limit=$3 code=0
    shift 3
    run_logged "$name" "$limit" "$@" || code=$?
    settle "$pattern" "$name" "$limit" "$code"
}

# Counts what a command left in its log, now that it has ended with CODE.
settle() { # PATTERN NAME SECONDS CODE
    local before=$failed passed_before=$passed skipped_before=$skipped word="ok      " note=''
    count_in "$1" "$(log_of "$2")"
    # A suite that died or was ended has failed, whatever it had counted till then.
    (($4 == 0 || failed > before)) || failed=$((failed + 1))
    # A program with no tests in it is nothing to tell of.
    (($4 != 0 || passed + skipped > passed_before + skipped_before)) || return 0
    ((skipped == skipped_before)) || note+=", $((skipped - skipped_before)) skipped"
    (($4 == 0)) || note+="  ($(ending "$4" "$3"))"
    ((failed == before)) || word="FAILED  "
    printf '  %s %-56s %4d passed %4d s%s\n' "$word" "$2" $((passed - passed_before)) "$took" "$note"
    sed -nE 's/^test (.*) \.\.\. ignored(, )?/  SKIPPED  \1: /p' "$(log_of "$2")"
    ((failed == before)) || show "$2"
    return "$4"
}

# Adds up the counts in a file: `suite` reads the last result of a Rust test program (a failed test may have
# shown another's before), `suites` the results of several, `pytest` its last line, any other NAME a line
# `NAME: N checks passed, M failed[, K skipped]`.
count_in() { # PATTERN FILE
    local lines p f s
    case $1 in
    suite) lines=$(rust_results "$2" | tail -n 1) ;;
    suites) lines=$(rust_results "$2") ;;
    pytest) lines=$(tail -n 1 "$2" | awk '{ for (i = 2; i <= NF; i++) {
            if ($i ~ /^passed/) p = $(i-1); if ($i ~ /^(failed|error)/) f += $(i-1); if ($i ~ /^skipped/) s = $(i-1) }
            gsub(/[^0-9]/, "", p); print p + 0, f + 0, s + 0 }') ;;
    *) lines=$(sed -nE "s/^$1: ([0-9]+) checks? passed, ([0-9]+) failed(, ([0-9]+) skipped)?.*/\1 \2 \4/p" "$2") ;;
    esac
    while read -r p f s; do
        passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
    done <<<"$lines"
}

rust_results() { # FILE
    sed -nE 's/^test result: [^.]*\. ([0-9]+) passed; ([0-9]+) failed; ([0-9]+) ignored.*/\1 \2 \3/p' "$1"
}

log_of() { # NAME
    echo "$logs/$part-${1//[^A-Za-z0-9._-]/_}.log"
}

# Runs a command within its time, its output in the log; says every half minute that it still runs.
run_logged() { # NAME SECONDS COMMAND...
    local name=$1 limit=$2 log code=0 started=$SECONDS
    shift 2
    log=$(log_of "$name")
    : >"$log"
    watch_over "$name" "$log" &
    watcher=$!
    # A function of ours reaches the far side of `timeout` by way of a shell.
    if declare -F "$1" >/dev/null; then
        # shellcheck disable=SC2163
        export -f "$1" && set -- "$BASH" -c '"$@"' bash "$@"
    fi
    # In the background, because bash hears ^C only between the commands it waits for in the foreground.
    timeout --kill-after=10 "$limit" "$@" >"$log" 2>&1 </dev/null &
    running=$!
    wait "$running" || code=$?
    running='' took=$((SECONDS - started))
    kill "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
    watcher=''
    return "$code"
}

watch_over() { # NAME LOG
    local since=$SECONDS pause
    trap 'kill "$pause" 2>/dev/null; exit' TERM
    while :; do
        sleep 30 &
        pause=$!
        wait "$pause"
        printf '  …        %s, %d s: %.70s\n' "$1" $((SECONDS - since)) "$(tail -n 1 "$2" | tr -d '\r\033')"
    done
}

ending() { # CODE SECONDS
    if (($1 == 124 || $1 == 137)); then echo "ended after $2 s"; else echo "exit code $1"; fi
}

show() { # NAME
    local log
    log=$(log_of "$1")
    echo "  ---- the end of ${log#"$repo"/}"
    # Rust's test programs list what failed after the word `failures:`; everything else ends with it.
    if grep -q '^failures:' "$log"; then
        sed -n '/^failures:/,$p' "$log" | head -n 150
    else
        tail -n 60 "$log"
    fi | sed 's/^/  | /'
    echo "  ----"
}
