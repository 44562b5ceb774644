#!/usr/bin/env bash
# Measures Tiezheng and alternatives in turn, on the same disk, with entries of 600 bytes, and prints one Markdown table.
#
# A system that cannot be installed or does not run gets a row with the reason, and does not fail the run. README.md beside this
# explains each row. Standard output is the table alone.
set -euo pipefail

# ---- our side: the only part that knows Tiezheng --------------------------------------------------------------------
# The command is given a folder to work in and prints lines of the drivers' JSON, one a setting.
OURS=${TIEZHENG_BENCH_CMD:-benches/rivals/ours.sh}

# Compiles it before the first round, so that no compiler runs beside a measurement. Empty if nothing is to be compiled.
OURS_BUILD=${TIEZHENG_BENCH_BUILD-benches/rivals/ours.sh --build}

build_ours() { $OURS_BUILD; }
# shellcheck disable=SC2086 # The command is several words.
ours() { timeout --kill-after=30 "$limit" $OURS "$1"; }
# ---- end of our side ------------------------------------------------------------------------------------------------

rounds=${ROUNDS:-5}
# The measured interval of every load, in seconds, and the load before it.
seconds=${BENCH_SECONDS:-6}
warm=${BENCH_WARM:-1}
fsck_entries=${FSCK_ENTRIES:-1000000}
need_go=1.24
# A command is ended after this many seconds. The drivers end themselves before.
limit=$((seconds + warm + 600))

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

say() { echo "bench-rivals: $*" >&2; }

.ci/setup.sh rivals >&2 || say "not everything could be installed; the table will say what is missing"
command -v jq >/dev/null || { say "jq makes the table, and is missing (Debian: jq)"; exit 1; }

folder=$(mktemp -d "${BENCH_DIR:-${TMPDIR:-/var/tmp}}/tiezheng-rivals.XXXXXX")
lines=$folder/lines.json
running=
# A command leads its own process group, which ends with it; a driver stops the servers that it started.
finish() {
  if [ -n "$running" ]; then
    kill -- "-$running" 2>/dev/null || true
    wait "$running" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM
# PostgreSQL runs as an unprivileged user and must reach its folder inside.
chmod 711 "$folder"

not_measured() {
  jq -cn --arg system "$1" --arg setting "$2" --arg reason "$3" \
    '{system: $system, setting: $setting, not_measured: $reason}' >>"$lines"
  say "$1, $2: not measured: $3"
}

# Why a command failed, in one line: its first line that says `error`, or else its last.
reason_of() {
  local reason
  reason=$(grep -m 1 '^error' "$1" || grep -v '^[[:space:]]*$' "$1" | tail -n 1) || reason=
  reason=${reason:-it said nothing}
  echo "${reason:0:200}"
}

# measure SYSTEM LABEL COMMAND…: adds its lines to the table. The label names the row if the command prints none.
measure() {
  local system=$1 label=$2 code=0
  shift 2
  # Pending writes of one command must not slow down the next.
  sync
  say "round $round of $rounds: $system, $label"
  set -m
  ("$@") >"$folder/out" 2>"$folder/err" </dev/null &
  running=$!
  set +m
  wait "$running" || code=$?
  running=
  jq -c 'select(has("system") and has("setting"))' "$folder/out" >"$folder/good" 2>/dev/null || : >"$folder/good"
  tee -a "$lines" <"$folder/good" >&2
  # A failing driver prints a line about it; any other failure counts too, even after valid lines.
  if [ "$code" -ne 0 ] && ! grep -q '"not_measured"' "$folder/good"; then
    not_measured "$system" "$label" "it ended with $code: $(reason_of "$folder/err")"
  elif [ ! -s "$folder/good" ]; then
    not_measured "$system" "$label" "it printed no line of figures"
  fi
}

# build PROGRAM: prints the reason if it cannot. One by one, since only some need Tessera from the module proxy.
build() {
  local have
  have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || have=
  if [ -z "$have" ]; then
    echo "Go $need_go or later is needed, and there is none here"
  elif [ "$(printf '%s\n%s\n' "$need_go" "$have" | sort -V | head -n 1)" != "$need_go" ]; then
    echo "Go $need_go or later is needed, here is $have"
  elif ! (cd "$here" && go build -o "$folder/bin/" "./$1" >&2 2>"$folder/err"); then
    cat "$folder/err" >&2
    echo "it does not build: $(reason_of "$folder/err")"
  fi
}

mkdir "$folder/bin" "$folder/ours"
no_ours=
build_ours >&2 2>"$folder/err" || no_ours="it does not build: $(reason_of "$folder/err")"
declare -A no_driver
for program in disk tessera-embedded tessera-http tessera-fsck postgres-chain; do
  no_driver[$program]=$(build "$program")
done
if [ -z "${no_driver[tessera-fsck]}" ]; then
  say "filling a log of $fsck_entries entries for fsck"
  timeout 1800 "$folder/bin/tessera-fsck" -log "$folder/fsck" -entries "$fsck_entries" -limit 30m -fill 2>"$folder/err" ||
    no_driver[tessera-fsck]="its log could not be made: $(reason_of "$folder/err")"
fi

# driver SYSTEM LABEL PROGRAM OPTION…
driver() {
  local system=$1 label=$2 program=$3
  shift 3
  if [ -n "${no_driver[$program]}" ]; then
    not_measured "$system" "$label" "${no_driver[$program]}"
    return
  fi
  measure "$system" "$label" timeout --kill-after=30 "$limit" "$folder/bin/$program" "$@"
}

load=(-dir "$folder" -warm "${warm}s" -length "${seconds}s")
take() {
  case $1 in
    disk) driver disk "4 KiB append + fdatasync" disk -dir "$folder" ;;
    ours)
      if [ -n "$no_ours" ]; then not_measured tiezheng "$OURS" "$no_ours"; return; fi
      rm -rf "$folder/ours" && mkdir "$folder/ours"
      measure tiezheng "$OURS" ours "$folder/ours"
      ;;
    piped) driver tessera "in process, piped" tessera-embedded "${load[@]}" -workers 1024 -piped ;;
    closed) driver tessera "in process, closed loop" tessera-embedded "${load[@]}" -workers 1024 ;;
    http-1024) driver tessera "HTTP, 1024 connections" tessera-http "${load[@]}" -connections 1024 ;;
    http-256) driver tessera "HTTP, 256 connections" tessera-http "${load[@]}" -connections 256 ;;
    fsck-1) driver tessera "fsck, N=1" tessera-fsck -log "$folder/fsck" -entries "$fsck_entries" -n 1 ;;
    fsck-2) driver tessera "fsck, N=2" tessera-fsck -log "$folder/fsck" -entries "$fsck_entries" -n 2 ;;
    postgres) driver postgresql "hash chain" postgres-chain "${load[@]}" -clients 64 ;;
  esac
}

there=(disk ours piped closed http-1024 http-256 fsck-1 fsck-2 postgres)
back=()
for one in "${there[@]}"; do back=("$one" "${back[@]}"); done
for round in $(seq "$rounds"); do
  # In alternating order, so that no system always follows the same other one.
  if ((round % 2)); then order=("${there[@]}"); else order=("${back[@]}"); fi
  for one in "${order[@]}"; do take "$one"; done
done

processor=$(sed -n 's/^model name\s*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "$(nproc) cores (${processor:-unknown processor}), $(uname -sr), $(df -PT "$folder" | awk 'NR == 2 { print $2 }')," \
  "$(go env GOVERSION 2>/dev/null || echo "no Go"); $rounds rounds of $seconds s after $warm s of warm-up, entries of 600 bytes;" \
  "median (min–max); generator and system share the cores."
echo
jq -n -r -f "$here/table.jq" "$lines"
