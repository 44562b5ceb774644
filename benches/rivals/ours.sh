#!/usr/bin/env bash
# The rows of this program: `ours.sh FOLDER` prints the drivers' JSON lines for the sequencer in process, for a node behind HTTP
# at 1,024 and 256 connections, and for the audit of a ledger. Compiled beforehand by `ours.sh --build`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

target=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}
export CARGO_TARGET_DIR=$target
if [ "${1:-}" = --build ]; then
  cargo build --release --quiet
  cargo bench --quiet --no-run --bench sequencer --bench audit
  exit
fi

folder=$1
deposits=${OURS_DEPOSITS:-60000}
DEPOSITS=$((deposits * 3)) ROUNDS=1 BENCH_DIR=$folder cargo bench --quiet --bench sequencer

# The audited ledger is made once, beside the folder.
entries=${FSCK_ENTRIES:-1000000}
AUDIT_DEPOSITS=$entries AUDIT_LEDGER=$(dirname "$folder")/audited cargo bench --quiet --bench audit -- structure |
  jq -R -c --argjson n "$entries" 'capture("^structure +(?<rate>[0-9]+) a second") | {
    system: "tiezheng", setting: "audit of the structure, from a folder at rest", entries: $n,
    per_second: (.rate | tonumber), p50_ms: null, p99_ms: null,
    notes: "every leaf parsed and hashed, every tile, block and the checkpoint; not signatures and index rows" }'

program=$target/release/tiezheng
"$program" --json serve --test --data "$folder/ledger" --listen 127.0.0.1:0 >"$folder/started" 2>"$folder/log" &
node=$!
trap 'kill "$node" 2>/dev/null || true; wait "$node" 2>/dev/null || true; rm -rf "$folder/ledger"' EXIT
until [ -s "$folder/started" ]; do
  kill -0 "$node"
  sleep 0.05
done
address=$(jq -r .listening "$folder/started")
for connections in 1024 256; do
  "$program" --json load --server "$address" --deposits "$deposits" --connections "$connections" --no-ceilings |
    jq -c --argjson n "$deposits" --argjson c "$connections" '{
      system: "tiezheng", setting: "HTTP, \($c) connections: receipt with proofs in the answer, Ed25519 checked",
      entries: $n, per_second: .median.node.per_second, p50_ms: .median.node.p50_ms, p99_ms: .median.node.p99_ms,
      notes: "every receipt verified after the clock" }'
done
