#!/usr/bin/env bash
# Every page in Chromium: `sweep.sh TIEZHENG [options of pages.py]`. One process opens the pages without a case, one those of a case, each with
# a node of its own, which uses two processors.
set -euo pipefail
program=$(realpath "$1")
shift
cd "$(dirname "$0")"
python=$(./packages.sh)

"$python" pages.py "$program" "$@" --without-a-case &
without=$!
trap 'kill "$without" 2>/dev/null || true' EXIT
"$python" pages.py "$program" "$@" --of-a-case && of_a_case=0 || of_a_case=$?
wait "$without"
exit "$of_a_case"
