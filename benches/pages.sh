#!/usr/bin/env bash
# Measures the cost of the pages, and prints one Markdown table:
#
# - the rate of record pages (`/d/{number}`) beside that of look-ups of the same deposits: ROUNDS (5) rounds over 64 connections of
#   DEPOSITS (20000) deposits, each asked before;
# - the node's CPU time per deposit with LISTENERS (1000) listeners to `/chain/events` and without, in turn, ROUNDS rounds of
#   SECONDS_AT_RATE (20) seconds at 25 % of its capacity.
#
# CAPACITY_DEPOSITS (60000) a round to find the capacity. PROGRAM and NO_BUILD=1 measure another program. BENCH_DIR (/var/tmp) for the ledger. Needs jq.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deposits=${DEPOSITS:-20000}
rounds=${ROUNDS:-5}
listeners=${LISTENERS:-1000}
capacity_deposits=${CAPACITY_DEPOSITS:-60000}
seconds_at_rate=${SECONDS_AT_RATE:-20}
target=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}
export CARGO_TARGET_DIR=$target
program=${PROGRAM:-$target/release/tiezheng}
command -v jq >/dev/null || { echo "pages.sh: jq is missing" >&2; exit 1; }

folder=$(mktemp -d "${BENCH_DIR:-/var/tmp}/tiezheng-pages.XXXXXX")
# The user's own configuration is neither read nor written.
export TIEZHENG_CONFIG=$folder/config
node=
finish() {
  [ -z "$node" ] || kill -9 "$node" 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

[ -n "${NO_BUILD:-}" ] || cargo build --release --quiet
say() { echo "pages.sh: $*" >&2; }
median() { sort -g | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
# CPU seconds of the node so far.
cpu() { awk -v ticks="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / ticks }' "/proc/$node/stat"; }

"$program" --json serve --test --data "$folder/ledger" --listen 127.0.0.1:0 >"$folder/started" 2>"$folder/log" </dev/null &
node=$!
until [ -s "$folder/started" ] && jq -e . "$folder/started" >/dev/null 2>&1; do
  kill -0 "$node" 2>/dev/null || { cat "$folder/log" >&2; exit 1; }
  sleep 0.02
done
address=$(jq -r .listening "$folder/started")
load() { "$program" --json load --server "$address" --no-ceilings "$@"; }

say "pages"
load --deposits "$deposits" --keep-numbers "$folder/numbers" >/dev/null
load --read "$folder/numbers" --connections 64 >/dev/null
load --read "$folder/numbers" --pages --connections 64 --rounds "$rounds" >"$folder/reads"

say "capacity"
capacity=$(load --deposits "$capacity_deposits" --rounds 3 | jq .median.node.per_second)
rate=$(awk -v c="$capacity" 'BEGIN { printf "%d", c / 4 }')
for round in $(seq "$rounds"); do
  for kind in $([ $((round % 2)) = 1 ] && echo without with || echo with without); do
    say "$rate a second, round $round of $rounds: $kind listeners"
    options=()
    [ "$kind" = without ] || options=(--listeners "$listeners")
    before=$(cpu)
    load --deposits "$((rate * seconds_at_rate))" --rate "$rate" "${options[@]}" >"$folder/one"
    awk -v a="$before" -v b="$(cpu)" -v n="$((rate * seconds_at_rate))" 'BEGIN { print (b - a) / n * 1e6 }' >>"$folder/$kind"
    [ "$kind" = without ] || jq -r '.listeners | "\(.events) \(.shortest_ms // 0)"' "$folder/one" >>"$folder/heard"
  done
done

a=$(median <"$folder/without") b=$(median <"$folder/with")
shortest=$(awk '$2 > 0 { print $2 }' "$folder/heard" | sort -g | head -n 1)
events=$(awk '{ print $1 }' "$folder/heard" | median)
echo "| what | figure | beside it | ratio | target |"
echo "|---|---|---|---|---|"
jq -rs '.[0].median.node.per_second as $l | .[1].median.node.per_second as $p |
  "| record pages, 64 connections | \($p | round)/s | look-ups \($l | round)/s | \($p / $l * 100 | round / 100) | ≥ 0.30 |"' "$folder/reads"
awk -v a="$a" -v b="$b" -v r="$rate" -v l="$listeners" \
  'BEGIN { printf "| CPU of the node per deposit at %d/s (25 %%), %d listeners | %.1f µs | without %.1f µs | %.3f | ≤ 1.05 |\n", r, l, b, a, b / a }'
printf '| events that they got in %s s | %.0f | shortest time between two %.0f ms | | ≥ 1,000 ms |\n' "$seconds_at_rate" "$events" "${shortest:-0}"
