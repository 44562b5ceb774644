#!/usr/bin/env bash
# Prints a Python that has the packages of requirements.txt; installs them on first use.
set -euo pipefail
cd "$(dirname "$0")"

# The name contains the hash of requirements.txt: a changed list gets a new environment.
venv=${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/web-$(sha256sum requirements.txt | cut -c1-16)
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
if [ ! -e "$venv/ready" ]; then
  python3 -m venv "$venv" >&2
  "$venv/bin/pip" install --quiet --requirement requirements.txt >&2
  touch "$venv/ready"
fi
echo "$venv/bin/python"
