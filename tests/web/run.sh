#!/usr/bin/env bash
# Everything that needs a browser, and the verifier page: `run.sh TIEZHENG [FOLDER]`, the program, and a folder for pictures of every state.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")"

# Named after its packages, so that other versions are installed anew.
venv=${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/web-$(sha256sum requirements.txt | cut -c1-16)
if [ ! -e "$venv/ready" ]; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement requirements.txt
  touch "$venv/ready"
fi
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

node --test unit.test.mjs deposit.test.mjs cases.test.mjs
python3 served.py "$program" "$work/verifier.html"
python3 agreement.py "$program" 500
"$venv/bin/python" browser.py "$work/verifier.html" --large ${2:+--pictures "$2"}
"$venv/bin/python" deposits.py "$program" ${2:+--pictures "$2"}
"$venv/bin/python" walk.py "$program" ${2:+--pictures "$2/walk"}
"$venv/bin/python" pages.py "$program" ${2:+--pictures "$2/pages"}
"$venv/bin/python" firefox.py "$work/verifier.html"
