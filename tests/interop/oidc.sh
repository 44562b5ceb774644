#!/usr/bin/env bash
# Logs in at a running node with oidc-provider (npm), a certified OpenID Connect provider that others wrote: with ID tokens signed by
# RS256, ES256 and EdDSA; a login that is linked to no account, a linked one, and an answer that is used twice.
#
# Needs node, npm and its registry, curl and jq; says so where one is missing. TIEZHENG names the program to check.
set -euo pipefail

version=9.13.3
. "$(dirname "$0")/common.sh"

need node npm curl jq
mkdir "$folder/npm"
(cd "$folder/npm" && npm init -y >/dev/null && npm install --silent --no-audit --no-fund --ignore-scripts "oidc-provider@$version") \
    || fail "oidc-provider $version cannot be installed. Nothing was checked."

# A port that is free now. The provider and the node name each other's before they start.
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

court=粤0192
begin=/login/oidc/$(printf %s "$court" | jq -sRr @uri)
printf 'a secret of at least thirty-two characters\n' >"$folder/secret"

# browser ADDRESS [OPTION…]: one request of a browser with cookies; the status, and the address it is sent to. Both servers are on one
# host, so the node's cookies, which are `Secure`, are kept by hand, and the provider's by curl.
browser() {
    local address=$1 cookies=(-b "$folder/jar" -c "$folder/jar") own
    shift
    if [[ $address == "$url/"* ]]; then cookies=(-H "Cookie: $(cat "$folder/own" 2>/dev/null || true)"); fi
    curl -s -o "$folder/page" -D "$folder/head" "${cookies[@]}" -w '%{http_code} %{redirect_url}' "$@" "$address"
    if [[ $address == "$url/"* ]]; then
        own=$(sed -n 's/\r$//; s/^set-cookie: \(__Host-[^;]*\);.*/\1/Ip' "$folder/head" | grep -v '=$' | paste -sd ';' || true)
        if [ -n "$own" ]; then echo "$own" >"$folder/own"; fi
    fi
}

# sign_in NAME: from the button of the login page to the provider's answer; prints status and address of the node's answer to it.
sign_in() {
    local answer
    rm -f "$folder/jar" "$folder/own"
    answer=$(browser "$url$begin?next=/account")
    [[ $answer == "303 $issuer/auth?"* ]] || fail "the node sends the browser elsewhere: $answer"
    answer=$(browser "${answer#* }")
    [[ $answer == "303 $issuer/interaction/"* ]] || fail "the provider does not accept the request: $answer: $(cat "$folder/page")"
    for prompt in login consent; do
        answer=$(browser "${answer#* }" --data-urlencode "prompt=$prompt" --data-urlencode "login=$1" --data-urlencode password=x)
        answer=$(browser "${answer#* }")
    done
    [[ $answer == "303 $url$begin/callback?"* ]] || fail "the provider does not send the browser back: $answer: $(cat "$folder/page")"
    echo "${answer#* }" >"$folder/callback"
    cp "$folder/own" "$folder/begun"
    browser "${answer#* }"
}

check() {
    local algorithm=$1 node provider
    rm -rf "$folder/data" "$folder/operator.token"
    local port
    port=$(free_port)
    url=http://127.0.0.1:$port
    local provider_port
    provider_port=$(free_port)
    issuer=http://127.0.0.1:$provider_port
    (cd "$folder/npm" && exec node "$here/oidc/provider.mjs" "$provider_port" "$url$begin/callback" "$algorithm") \
        >"$folder/provider.out" 2>"$folder/provider.err" &
    provider=$!
    processes+=("$provider")
    wait_for "the provider starts" grep -q listening "$folder/provider.out"
    cat >"$folder/tiezheng.toml" <<EOF
[operator]
token = "$folder/operator.token"
[oidc."$court"]
issuer = "$issuer"
client_id = "tiezheng"
client_secret_file = "$folder/secret"
label = "法院统一身份认证"
redirect_uri = "$url$begin/callback"
EOF
    "$tiezheng" --json serve --config "$folder/tiezheng.toml" --test --data "$folder/data" --listen "127.0.0.1:$port" \
        >"$folder/serve.out" 2>"$folder/serve.err" &
    node=$!
    processes+=("$node")
    wait_for "the node starts" jq -e .listening "$folder/serve.out"

    local answer
    answer=$(sign_in zhang.san)
    [[ $answer == "403 " ]] || fail "$algorithm: an unlinked login is answered $answer: $(cat "$folder/page")"

    # A clerk with a login name, linked to the subject by the command line.
    export TIEZHENG_TOKEN
    TIEZHENG_TOKEN=$(cat "$folder/operator.token")
    local account token
    account=$("$tiezheng" --json case account open --name 书记员 --server "$url" | jq -r .account)
    "$tiezheng" --json case account grant "$account" clerk --court "$court" --server "$url" >/dev/null
    token=$("$tiezheng" --json case account token "$account" --scope court --scope manage --server "$url" | jq -r .token)
    curl -fsS -H "Origin: $url" --data-urlencode "token=$token" --data-urlencode login=clerk \
        --data-urlencode 'new-password=a long sentence of mine' --data-urlencode 'new-password-again=a long sentence of mine' "$url/activate"
    "$tiezheng" --json case account link-login "$account" zhang.san --court "$court" --server "$url" >/dev/null

    answer=$(sign_in zhang.san)
    [[ $answer == "303 $url/account" ]] || fail "$algorithm: the linked login is answered $answer: $(cat "$folder/page")"
    browser "$url/account" >/dev/null
    grep -q "$account" "$folder/page" || fail "$algorithm: the session is not of the account"
    cp "$folder/begun" "$folder/own"
    answer=$(browser "$(cat "$folder/callback")")
    [[ $answer == "400 " ]] || fail "$algorithm: an answer of the provider counts twice: $answer"
    answer=$(sign_in li.si)
    [[ $answer == "403 " ]] || fail "$algorithm: another person's login opens an account: $answer"
    kill "$node" "$provider"
    wait "$node" "$provider" 2>/dev/null || true
}

for algorithm in RS256 ES256 EdDSA; do
    check "$algorithm"
done
echo "interop: oidc-provider $version logged a clerk in with RS256, ES256 and EdDSA; unlinked logins and a used answer opened nothing."
