#!/usr/bin/env bash
# Grows one ledger step by step and measures a node on it at each size: deposits, look-ups, receipts, memory, starts.
#
# SIZES (default 100000 1000000 5000000 20000000) deposits; ROUNDS (3) of DEPOSITS (60000) at each; BENCH_DIR for the ledger
# (default /var/tmp), some 400 bytes a deposit, and as much again while it grows. Prints one Markdown table.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sizes=${SIZES:-100000 1000000 5000000 20000000}
rounds=${ROUNDS:-3}
deposits=${DEPOSITS:-60000}
target=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}
export CARGO_TARGET_DIR=$target
program=$target/release/tiezheng
folder=$(mktemp -d "${BENCH_DIR:-/var/tmp}/tiezheng-growth.XXXXXX")
node=
finish() {
  [ -z "$node" ] || kill -9 "$node" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

cargo build --release --quiet
cargo bench --bench growth --no-run --quiet

now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }

# Starts a node; sets `node`, `address` and `took`, the seconds until it listens.
start() {
  local begun
  rm -f "$folder/started"
  begun=$(now)
  "$program" --json serve --data "$folder/ledger" --listen 127.0.0.1:0 --confirm-clock-gap >"$folder/started" 2>"$folder/log" &
  node=$!
  until [ -s "$folder/started" ]; do
    kill -0 "$node" || { cat "$folder/log" >&2; exit 1; }
    sleep 0.005
  done
  took=$(since "$begun")
  address=$(jq -r .listening "$folder/started")
}

stop() { # SIGNAL
  kill "-$1" "$node"
  wait "$node" 2>/dev/null || true
  node=
}

echo "| deposits | grown/s | bytes a deposit | deposits/s (of echo+verify) | p99 ms | look-up/s (of bare GET) | receipt/s (of bare GET) | RSS MiB | start clean / after SIGKILL, s |"
echo "|---|---|---|---|---|---|---|---|---|"
for size in $sizes; do
  rm -f "$folder/numbers"
  grown=$(NUMBERS="$folder/numbers" BLOCK="${BLOCK:-100}" COMPACT=1 cargo bench --quiet --bench growth -- "$folder/ledger" "$size" | tail -n 1)
  start
  clean=$took
  "$program" --json load --server "$address" --read "$folder/numbers" --deposits "$deposits" --connections 64 --echo --no-ceilings --rounds "$rounds" >"$folder/reads"
  "$program" --json load --server "$address" --deposits "$deposits" --rounds "$rounds" --echo --no-ceilings >"$folder/writes"
  rss=$(awk '/^VmRSS/ { printf "%.0f", $2 / 1024 }' "/proc/$node/status")
  stop KILL
  start
  killed=$took
  stop TERM
  jq -rn --argjson g "$grown" --slurpfile w "$folder/writes" --slurpfile r "$folder/reads" \
    --arg rss "$rss" --arg clean "$clean" --arg killed "$killed" '
    def two: . * 100 | round / 100;
    "| \($g.deposits) | \($g.grown_per_second | round) | \($g.bytes_per_deposit | round) | \($w[0].median.node.per_second | round) (\($w[0].median.ratio | two)) | \($w[0].median.node.p99_ms | two) | \($r[0].median.node.per_second | round) (\($r[0].median.ratio | two)) | \($r[1].median.node.per_second | round) (\($r[1].median.ratio | two)) | \($rss) | \($clean) / \($killed) |"'
done
