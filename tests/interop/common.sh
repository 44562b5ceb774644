# Sourced by the scripts beside it: the program to check, a folder and processes that end with the script, waiting.
# shellcheck shell=bash

tiezheng=${TIEZHENG:-${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}/release/tiezheng}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() { echo "interop: $*" >&2; exit 1; }

# need TOOL…: each is there, or nothing is checked.
need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || fail "$tool is missing. Nothing was checked."
    done
}

# need_go VERSION WHO: a Go that is at least that new; Debian's is older.
need_go() {
    local have
    have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || have=
    if [ -z "$have" ] || [ "$(printf '%s\n%s\n' "$1" "$have" | sort -V | head -n 1)" != "$1" ]; then
        fail "$2 needs Go $1 or later, here is '${have:-none}'. Nothing was checked."
    fi
}

# The path of a socket in it must be short.
folder=$(mktemp -d /tmp/interop.XXXXXX)
processes=()
finish() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    rm -rf "$folder"
}
trap finish EXIT
export TIEZHENG_CONFIG=$folder/config

# wait_for WHAT COMMAND…: until the command succeeds, for a minute at most.
wait_for() {
    local what=$1
    shift
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    cat "$folder"/*.err >&2
    fail "$what: not within a minute"
}

# Not jq alone, which takes an empty file for a success.
is_listening() { [ -s "$1" ] && jq -e .listening "$1"; }

# start NAME ARGUMENT…: starts the program as a node or a witness on a port that the system chooses. Sets `started`, its process, and
# `url`; what it prints is in the files NAME.out and NAME.err of the folder.
start() {
    local name=$1
    shift
    rm -f "$folder/$name.out"
    "$tiezheng" --json "$@" --listen 127.0.0.1:0 >"$folder/$name.out" 2>"$folder/$name.err" &
    started=$!
    processes+=("$started")
    wait_for "$name starts" is_listening "$folder/$name.out"
    url=$(jq -r .listening "$folder/$name.out")
}
