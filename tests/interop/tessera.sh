#!/usr/bin/env bash
# Runs Tessera's own fsck over the /log/ of a running node and of a mirror: a program that others wrote reads every tile, bundle and
# checkpoint, re-hashes everything and must find nothing; and it must refuse the log under another ledger's key.
#
# Needs a current Go (Tessera's, not Debian's), the Go module proxy, curl and jq; says so where they are missing. TIEZHENG names
# the program to check.
set -euo pipefail

version=v1.0.4
. "$(dirname "$0")/common.sh"

need curl jq
need_go 1.25 Tessera
GOBIN=$folder/bin go install "github.com/transparency-dev/tessera/cmd/fsck@$version"

start node serve --test --data "$folder/data"
node_url=$url

# Enough leaves for a full tile, a partial one beside it, and a second level.
mkdir "$folder/files"
for i in $(seq 700); do echo "record $i" >"$folder/files/$i.txt"; done
"$tiezheng" deposit --server "$url" --recursive "$folder/files" >"$folder/deposit.out"

jq -r .key "$folder/node.out" >"$folder/key"
size=$(curl -fsS "$url/log/checkpoint" | sed -n 2p)
# fsck ends with 0 whatever it finds, so what it says decides.
"$folder/bin/fsck" --storage_url="$url/log/" --public_key="$folder/key" --ui=false -N 2 2>&1 | tee "$folder/fsck.out"
grep -q "Successfully fsck'd log with size $size " "$folder/fsck.out"

start mirror witness --mirror --data "$folder/mirror" --name mirror.example --ledger "$(cat "$folder/key") $node_url"
holds_all() { curl -fsS "$url/v1/witness" | jq -e ".ledgers[0].held == $size"; }
wait_for "the mirror holds all $size leaves" holds_all
"$folder/bin/fsck" --storage_url="$url/log/" --public_key="$folder/key" --ui=false -N 2 2>&1 | tee "$folder/fsck-mirror.out"
grep -q "Successfully fsck'd log with size $size " "$folder/fsck-mirror.out"

"$tiezheng" key new --ledger "$(cut -d+ -f1 "$folder/key")" --out "$folder/other.key" >"$folder/keygen.out"
grep -o '[^ ]*+[0-9a-f]\{8\}+[A-Za-z0-9+/=]*' "$folder/keygen.out" | grep -v PRIVATE | head -n 1 >"$folder/other"
"$folder/bin/fsck" --storage_url="$node_url/log/" --public_key="$folder/other" --ui=false >"$folder/refused" 2>&1 || true
grep -q 'no verifiable signatures' "$folder/refused" || fail "fsck accepted the log under another key"
echo "interop: Tessera's fsck $version read all $size leaves of $node_url/log/ and of the mirror's $url/log/ and found nothing; under another key it refused."
