#!/usr/bin/env bash
# Runs Tessera's own fsck over the /log/ of a running node and of a mirror: a program that others wrote reads every tile, bundle and
# checkpoint, re-hashes everything and must find nothing; and it must refuse the log under another ledger's key.
#
# Needs a current Go (Tessera's, not Debian's) and the Go module proxy; says so where they are missing. TIEZHENG names
# the program to check.
set -euo pipefail

version=v1.0.4
need=1.25
tiezheng=${TIEZHENG:-${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}/release/tiezheng}

have=$(go env GOVERSION 2>/dev/null | sed 's/^go//') || have=
if [ -z "$have" ] || [ "$(printf '%s\n%s\n' "$need" "$have" | sort -V | head -n 1)" != "$need" ]; then
    echo "interop: Tessera needs Go $need or later, here is '${have:-none}'. Nothing was checked." >&2
    exit 1
fi

folder=$(mktemp -d)
node=
mirror=
trap '[ -z "$node" ] || kill "$node" 2>/dev/null || true; [ -z "$mirror" ] || kill "$mirror" 2>/dev/null || true; rm -rf "$folder"' EXIT

GOBIN=$folder/bin go install "github.com/transparency-dev/tessera/cmd/fsck@$version"

export TIEZHENG_CONFIG=$folder/config
mkfifo "$folder/serve.out"
"$tiezheng" serve --test --data "$folder/data" --listen 127.0.0.1:0 >"$folder/serve.out" 2>"$folder/serve.err" &
node=$!
# Open to the end: what the node prints later must go somewhere.
exec 3<"$folder/serve.out"
url=$(grep -o -m 1 'http://127.0.0.1:[0-9]*' <&3 | head -n 1) || true
[ -n "${url:-}" ] || { cat "$folder/serve.err" >&2; exit 1; }

# Enough leaves for a full tile, a partial one beside it, and a second level.
mkdir "$folder/files"
for i in $(seq 700); do echo "record $i" >"$folder/files/$i.txt"; done
"$tiezheng" deposit --server "$url" --recursive "$folder/files" >"$folder/deposit.out"

curl -fsS "$url/v1/ledger" | python3 -c 'import json, sys; print(json.load(sys.stdin)["key"])' >"$folder/key"
size=$(curl -fsS "$url/log/checkpoint" | sed -n 2p)
# fsck ends with 0 whatever it finds, so what it says decides.
"$folder/bin/fsck" --storage_url="$url/log/" --public_key="$folder/key" --ui=false -N 2 2>&1 | tee "$folder/fsck.out"
grep -q "Successfully fsck'd log with size $size " "$folder/fsck.out"

"$tiezheng" --json witness --mirror --data "$folder/mirror" --listen 127.0.0.1:0 --name mirror.example --ledger "$(cat "$folder/key") $url" \
    >"$folder/mirror.out" 2>"$folder/mirror.err" &
mirror=$!
held=0
for _ in $(seq 600); do
    at=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["listening"])' <"$folder/mirror.out" 2>/dev/null) || true
    [ -z "$at" ] || held=$(curl -fsS "$at/v1/witness" | python3 -c 'import json, sys; print(json.load(sys.stdin)["ledgers"][0].get("held", 0))')
    [ "$held" != "$size" ] || break
    sleep 0.1
done
[ "$held" = "$size" ] || { cat "$folder/mirror.err" >&2; echo "interop: the mirror holds $held of $size leaves" >&2; exit 1; }
"$folder/bin/fsck" --storage_url="$at/log/" --public_key="$folder/key" --ui=false -N 2 2>&1 | tee "$folder/fsck-mirror.out"
grep -q "Successfully fsck'd log with size $size " "$folder/fsck-mirror.out"

"$tiezheng" key new --ledger "$(cut -d+ -f1 "$folder/key")" --out "$folder/other.key" >"$folder/keygen.out"
grep -o '[^ ]*+[0-9a-f]\{8\}+[A-Za-z0-9+/=]*' "$folder/keygen.out" | grep -v PRIVATE | head -n 1 >"$folder/other"
"$folder/bin/fsck" --storage_url="$url/log/" --public_key="$folder/other" --ui=false >"$folder/refused" 2>&1 || true
if ! grep -q 'no verifiable signatures' "$folder/refused"; then
    echo "interop: fsck accepted the log under another key" >&2
    exit 1
fi
echo "interop: Tessera's fsck $version read all $size leaves of $url/log/ and of the mirror's $at/log/ and found nothing; under another key it refused."
