#!/usr/bin/env bash
# Everything that needs a browser, and the verifier page: `run.sh TIEZHENG [FOLDER]`, the program, and a folder for pictures of every state.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")"
python=$(./packages.sh)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

node --test unit.test.mjs deposit.test.mjs cases.test.mjs
python3 served.py "$program" "$work/verifier.html"
python3 agreement.py "$program" 500
"$python" browser.py "$work/verifier.html" --large ${2:+--pictures "$2"}
"$python" deposits.py "$program" ${2:+--pictures "$2"}
"$python" walk.py "$program" ${2:+--pictures "$2/walk"}
./sweep.sh "$program" ${2:+--pictures "$2/pages"}
"$python" firefox.py "$work/verifier.html"
