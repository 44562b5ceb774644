#!/usr/bin/env bash
# Splits the program that `make build` made: `dist/tiezheng` without symbols and debug information, and `dist/tiezheng.debug`
# with both. Nothing is compiled. A debugger, perf and the program's own backtraces find the second file beside the first.
set -euo pipefail

: "${CARGO_TARGET_DIR:?is set by make}"
built=$CARGO_TARGET_DIR/release/tiezheng
dist=$CARGO_TARGET_DIR/dist

mkdir -p "$dist"
cd "$dist"
rm -f tiezheng tiezheng.debug
objcopy --only-keep-debug --compress-debug-sections=zlib "$built" tiezheng.debug
chmod a-x tiezheng.debug
objcopy --strip-all --add-gnu-debuglink=tiezheng.debug "$built" tiezheng
stat --format '%n %s' "$built" "$dist/tiezheng" "$dist/tiezheng.debug" |
  awk '{ printf "%s (%.1f MB)\n", $1, $2 / 1e6 }'
