#!/usr/bin/env bash
# Lets litewitness (filippo.io/torchwood), a witness that others wrote, cosign a running node's checkpoints: the node's requests are
# understood, its proofs of consistency hold, and the cosignatures count in receipts and for a verifier with a policy.
#
# Needs a current Go, the Go module proxy, ssh-agent, sqlite3, curl and jq; says so where one is missing. TIEZHENG names the program
# to check.
set -euo pipefail

# The last version that builds with Go 1.25; a tagged one needs 1.27.
version=v0.9.1-0.20260706112420-c22a68158d96
. "$(dirname "$0")/common.sh"

need ssh-agent ssh-keygen ssh-add sqlite3 curl jq
need_go 1.25 litewitness
GOBIN=$folder/bin go install "filippo.io/torchwood/cmd/litewitness@$version" || fail "litewitness $version does not build. Nothing was checked."

start node serve --test --data "$folder/data"
key=$(jq -r .key "$folder/node.out")
kill "$started" && wait "$started" || true

ssh-keygen -q -t ed25519 -N '' -C witness -f "$folder/key"
eval "$(ssh-agent -a "$folder/s" 2>/dev/null)" >/dev/null
processes+=("$SSH_AGENT_PID")
SSH_AUTH_SOCK=$folder/s ssh-add -q "$folder/key"
port=$((20000 + RANDOM % 20000))
"$folder/bin/litewitness" -db "$folder/w.db" -name example.com/witness -key "$(ssh-keygen -lf "$folder/key.pub" | cut -d ' ' -f 2)" \
    -ssh-agent "$folder/s" -listen "127.0.0.1:$port" 2>"$folder/witness.err" >&2 &
processes+=("$!")
wait_for "litewitness starts" grep -o 'example.com/witness+[^ "]*' "$folder/witness.err"
witness=$(grep -o -m 1 'example.com/witness+[0-9a-f]*+[A-Za-z0-9+/=]*' "$folder/witness.err" | head -n 1)
origin=${key%%+*}
# The hash is that of the empty tree.
sqlite3 "$folder/w.db" "INSERT INTO log(origin,tree_size,tree_hash) VALUES('$origin',0,'47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
    INSERT INTO key(origin,key) VALUES('$origin','$key');"

printf 'log %s\nwitness lite %s http://127.0.0.1:%s\nquorum lite\n' "$key" "$witness" "$port" >"$folder/policy"
start node serve --data "$folder/data" --policy "$folder/policy"
for round in $(seq 5); do
    echo "record $round" >"$folder/$round.txt"
    "$tiezheng" deposit --server "$url" "$folder/$round.txt" >/dev/null
    # Each round a new checkpoint, with a proof of consistency from the last one.
    is_cosigned() { curl -fsS "$url/v1/ledger/witnesses" | jq -e '.witnessed_size == .size and .items[0].state == "cosigning"'; }
    wait_for "litewitness cosigns checkpoint $round" is_cosigned
done
size=$(curl -fsS "$url/log/checkpoint" | sed -n 2p)
[ "$(sqlite3 "$folder/w.db" "SELECT tree_size FROM log WHERE origin = '$origin'")" = "$size" ] || fail "litewitness has another size than $size"

# A verifier with a policy of its own counts the cosignature.
"$tiezheng" receipt "$folder/1.txt" --refresh --server "$url" --policy "$folder/policy" >/dev/null
report=$("$tiezheng" --json verify "$folder/1.txt" --server "$url" --policy "$folder/policy")
jq -e '.witnesses | .quorum_reached and .signed == 1' <<<"$report" >/dev/null || fail "the report does not count the cosignature: $report"
echo "interop: litewitness $version cosigned the checkpoints of $size leaves in five steps, and a receipt with its cosignature reached the quorum."
