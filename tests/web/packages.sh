#!/usr/bin/env bash
# Installs the packages of requirements.txt, if they are not there, and prints the Python that has them.
set -euo pipefail
cd "$(dirname "$0")"

# Named after its packages, so that other versions are installed anew.
venv=${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/web-$(sha256sum requirements.txt | cut -c1-16)
if [ ! -e "$venv/ready" ]; then
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --requirement requirements.txt >&2
  touch "$venv/ready"
fi
echo "$venv/bin/python"
