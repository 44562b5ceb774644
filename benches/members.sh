#!/usr/bin/env bash
# Measures the cost of members of other organisations: `members.sh audits`, `members.sh load`, or both without an argument. Prints
# one Markdown table each; figures beside their targets.
#
# audits  CPU time per leaf and peak memory of a local audit with signatures, without and with index rows, of an audit over HTTP, and of
#         a new mirror, which makes the index rows; and the local audit of the structure. AUDIT_DEPOSITS (1000000) deposits, a hundred a block; RUNS (3) runs, medians.
# load    ROUNDS (5) pairs of rounds in turn. Throughput of DEPOSITS (60000) deposits over 256 connections with and without three plain
#         witnesses; p99 at 25 % of that throughput for SECONDS_AT_RATE (20) seconds without mirrors, with three, and, as a control,
#         with a loop on each core that runs only when nothing else wants it (SCHED_IDLE); and how far the mirrors fall behind. All
#         processes share the cores. On a virtual machine whose host limits its CPU time, the control alone raises the p99.
#
# BENCH_DIR (/var/tmp) for the ledgers: 0.9 GB with the defaults. Needs jq, curl and GNU time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

audited=${AUDIT_DEPOSITS:-1000000}
runs=${RUNS:-3}
rounds=${ROUNDS:-5}
deposits=${DEPOSITS:-60000}
seconds_at_rate=${SECONDS_AT_RATE:-20}
target=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}
export CARGO_TARGET_DIR=$target
program=${PROGRAM:-$target/release/tiezheng}
for tool in jq curl; do
  command -v "$tool" >/dev/null || { echo "members.sh: $tool is missing" >&2; exit 1; }
done
[ -x /usr/bin/time ] || { echo "members.sh: /usr/bin/time is missing (Debian: time)" >&2; exit 1; }

folder=$(mktemp -d "${BENCH_DIR:-/var/tmp}/tiezheng-members.XXXXXX")
# The user's own configuration is neither read nor written.
export TIEZHENG_CONFIG=$folder/config
processes=()
finish() {
  for process in "${processes[@]}"; do kill -9 "$process" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

[ -n "${NO_BUILD:-}" ] || cargo build --release --quiet
say() { echo "members.sh: $*" >&2; }
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# start NAME COMMAND…: starts a program that prints a JSON document with its address; sets `process` and `document`.
start() {
  local name=$1
  shift
  rm -f "$folder/$name.out"
  "$@" >"$folder/$name.out" 2>"$folder/$name.err" </dev/null &
  process=$!
  processes+=("$process")
  until [ -s "$folder/$name.out" ] && jq -e . "$folder/$name.out" >/dev/null 2>&1; do
    kill -0 "$process" 2>/dev/null || { cat "$folder/$name.err" >&2; exit 1; }
    sleep 0.02
  done
  document=$folder/$name.out
}

stop() {
  local process
  for process in "$@"; do
    kill -TERM "$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
}

# node NAME FOLDER OPTION…: sets `process`, `url` and `key`.
node() {
  local name=$1 data=$2
  shift 2
  start "$name" "$program" --json serve --data "$data" --listen 127.0.0.1:0 "$@"
  url=$(jq -r .listening "$document")
  key=$(jq -r .key "$document")
}

# CPU seconds of a process so far, and its peak memory in MiB.
cpu_of() { awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / ticks }' "/proc/$1/stat"; }
peak_of() { awk '/^VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }

# timed LABEL COMMAND…: adds a line `LABEL CPU-seconds peak-MiB wall-seconds` to `measured`.
timed() {
  local label=$1
  shift
  /usr/bin/time -o "$folder/time" -f '%U %S %M %e' "$@" >"$folder/out" 2>"$folder/err" || { cat "$folder/out" "$folder/err" >&2; exit 1; }
  awk -v label="$label" '{ print label, $1 + $2, $3 / 1024, $4 }' "$folder/time" >>"$folder/measured"
}

audits() {
  local ledger=$folder/ledger run mirror begun size held
  say "growing a ledger of $audited deposits"
  BLOCK=100 COMPACT=1 cargo bench --quiet --bench growth -- "$ledger" "$audited" >/dev/null
  : >"$folder/measured"
  # Once for the page cache.
  "$program" --json audit "$ledger" --structure-only >/dev/null
  for run in $(seq "$runs"); do
    say "audits, run $run of $runs"
    timed structure "$program" --json audit "$ledger" --structure-only
    timed local "$program" --json audit "$ledger" --log-only
    timed whole "$program" --json audit "$ledger"
    node source "$ledger" --confirm-clock-gap
    size=$(curl -sS "$url/log/checkpoint" | sed -n 2p)
    timed remote "$program" --json audit "$url" --key "$key"
    begun=$(date +%s.%N)
    local source=$process address=$url
    start mirror "$program" --json witness --mirror --data "$folder/mirror" --listen 127.0.0.1:0 --name "mirror.example" --ledger "$key $address"
    mirror=$process
    local at
    at=$(jq -r .listening "$document")
    held=0
    until [ "$held" -ge "$size" ]; do
      sleep 0.2
      held=$(curl -sS "$at/v1/witness" | jq '.ledgers[0].held // 0')
    done
    echo "mirror $(cpu_of "$mirror") $(peak_of "$mirror") $(awk -v a="$begun" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')" >>"$folder/measured"
    stop "$mirror" "$source"
    rm -rf "$folder/mirror"
  done
  echo "| $audited deposits, $size leaves; medians of $runs runs | CPU µs a leaf | of the local audit | leaves/s | peak MiB | target |"
  echo "|---|---|---|---|---|---|"
  local base label cpu peak wall
  base=$(awk '$1 == "local" { print $2 }' "$folder/measured" | median)
  while read -r label title aim; do
    cpu=$(awk -v l="$label" '$1 == l { print $2 }' "$folder/measured" | median)
    peak=$(awk -v l="$label" '$1 == l { print $3 }' "$folder/measured" | median)
    wall=$(awk -v l="$label" '$1 == l { print $4 }' "$folder/measured" | median)
    awk -v t="${title//_/ }" -v c="$cpu" -v b="$base" -v n="$size" -v p="$peak" -v w="$wall" -v aim="${aim//_/ }" \
      'BEGIN { printf "| %s | %.2f | %.2f | %.0f | %.0f | %s |\n", t, c / n * 1e6, c / b, n / w, p, aim }'
  done <<'ROWS'
structure local_audit_of_the_structure –
local local_audit_with_signatures,_without_index_rows –
whole local_audit_with_signatures_and_index_rows –
remote audit_over_HTTP,_the_auditor's_process ≤_1.5
mirror new_mirror,_until_it_holds_the_ledger ≤_1.5
ROWS
}

# members KIND OPTION…: three members of the node at $address with the key $ledger_key; sets `members`, `member_urls`, and writes the policy.
members() {
  local kind=$1 n
  shift
  members=() member_urls=()
  { echo "log $ledger_key"; } >"$folder/$kind.policy"
  for n in 1 2 3; do
    start "$kind$n" "$program" --json witness --data "$folder/$kind-$n" --listen 127.0.0.1:0 --name "$kind$n.example" --ledger "$ledger_key $address" "$@"
    members+=("$process")
    member_urls+=("$(jq -r .listening "$document")")
    echo "witness $kind$n $(jq -r .key "$document") $(jq -r .listening "$document")" >>"$folder/$kind.policy"
  done
  printf 'group members 2 %s1 %s2 %s3\nquorum members\n' "$kind" "$kind" "$kind" >>"$folder/$kind.policy"
}

# one_load KIND FILE OPTION…: loads a node with members of this kind (none, plain, mirror); the result's median goes to FILE.
one_load() {
  local kind=$1 file=$2 own watcher
  shift 2
  local data=$folder/load-$kind options=()
  if [ ! -d "$data" ]; then
    node "made-$kind" "$data" --test
    stop "$process"
    echo "$key" >"$folder/key-$kind"
  fi
  # The members follow an address that the node has at each start.
  local port=$((20000 + RANDOM % 20000))
  address=http://127.0.0.1:$port
  ledger_key=$(<"$folder/key-$kind")
  members=() member_urls=()
  case $kind in
    plain) members plain ;;
    mirror) members mirror --mirror ;;
    busy)
      for _ in $(seq "$(nproc)"); do
        chrt --idle 0 sh -c 'while :; do :; done' &
        members+=("$!")
        processes+=("$!")
      done
      ;;
  esac
  case $kind in plain | mirror) options=(--policy "$folder/$kind.policy") ;; esac
  start "node-$kind" "$program" --json serve --data "$data" --listen "127.0.0.1:$port" --confirm-clock-gap "${options[@]}"
  own=$process
  : >"$folder/lag"
  if [ "$kind" = mirror ]; then
    # The number of leaves that the mirrors lack, four times a second.
    (
      while sleep 0.25; do
        for one in "${member_urls[@]}"; do
          curl -sS "$one/v1/witness" | jq '.ledgers[0] | (.published // 0) - (.held // 0)' >>"$folder/lag" 2>/dev/null || true
        done
      done
    ) &
    watcher=$!
    processes+=("$watcher")
  fi
  "$program" --json load --server "$address" --no-ceilings "$@" | jq -c .median.node >>"$file"
  if [ "$kind" = mirror ]; then
    stop "$watcher"
    sort -g "$folder/lag" | tail -n 1 >>"$folder/lags"
  fi
  stop "$own" "${members[@]}"
}

load() {
  local round capacity rate kind
  say "capacity"
  for round in $(seq "$rounds"); do
    for kind in $([ $((round % 2)) = 1 ] && echo none plain || echo plain none); do
      say "throughput, round $round of $rounds: $kind"
      one_load "$kind" "$folder/throughput-$kind" --deposits "$deposits"
    done
  done
  capacity=$(jq .per_second "$folder/throughput-none" | median)
  rate=$(awk -v c="$capacity" 'BEGIN { printf "%d", c / 4 }')
  for round in $(seq "$rounds"); do
    for kind in $([ $((round % 2)) = 1 ] && echo none busy mirror || echo mirror busy none); do
      say "$rate a second, round $round of $rounds: $kind"
      one_load "$kind" "$folder/latency-$kind" --deposits "$((rate * seconds_at_rate))" --rate "$rate"
    done
  done
  local plain p99 busy with lag
  plain=$(jq .per_second "$folder/throughput-plain" | median)
  p99=$(jq .p99_ms "$folder/latency-none" | median)
  busy=$(jq .p99_ms "$folder/latency-busy" | median)
  with=$(jq .p99_ms "$folder/latency-mirror" | median)
  lag=$(sort -g "$folder/lags" | tail -n 1)
  echo "| medians of $rounds rounds in turn | without | with | ratio | target |"
  echo "|---|---|---|---|---|"
  awk -v a="$capacity" -v b="$plain" 'BEGIN { printf "| deposits/s, three plain witnesses, quorum of 2 | %.0f | %.0f | %.3f | ≥ 0.95 |\n", a, b, b / a }'
  awk -v a="$p99" -v b="$with" -v r="$rate" 'BEGIN { printf "| p99 in ms at %d/s (25 %%), three mirrors | %.2f | %.2f | %.2f | ≤ 1.20 |\n", r, a, b, b / a }'
  awk -v a="$p99" -v b="$busy" -v r="$rate" 'BEGIN { printf "| p99 in ms at %d/s, an idle-priority loop on each core, no mirror | %.2f | %.2f | %.2f | control |\n", r, a, b, b / a }'
  awk -v l="$lag" -v r="$rate" 'BEGIN { printf "| most leaves that a mirror was behind | – | %d (%.1f s of load) | – | bounded |\n", l, l / r }'
}

case ${1:-all} in
  audits) audits ;;
  load) load ;;
  all) audits && echo && load ;;
  *) echo "members.sh [audits|load]" >&2; exit 64 ;;
esac
