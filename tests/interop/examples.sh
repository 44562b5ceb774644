#!/usr/bin/env bash
# Runs the examples of every operation on the page /docs of a running node as a user pastes them: with curl, python3, node and java. Each
# must compile, reach the node, and get an answer that the operation documents.
#
# Needs curl, python3, node and a JDK 11 or later; says so where one is missing. TIEZHENG names the program to check.
set -euo pipefail

. "$(dirname "$0")/common.sh"

need curl python3 node java javac
PYTHONDONTWRITEBYTECODE=1 python3 "$here/examples/run.py" "$tiezheng" "$folder"
