#!/usr/bin/env bash
# Tests the Debian package on a minimal Debian 12: installation, the systemd unit, a node that runs as the unit's user, upgrade,
# removal and purge. Fails at the first expectation that does not hold.
#
#   packaging/test-deb.sh [PACKAGE.deb]    default: the newest of `make deb`
#
# The system is a chroot (`.ci/chroot.sh`, which also names its variables). systemd does not run in it, so the sandbox of the unit
# is approximated: its user, capabilities, umask and limit of open files. Where `systemd-nspawn` is installed and can boot it
# (package systemd-container), the unit is run in its real sandbox as well. Needs root, debootstrap, a Debian mirror and 1 GB of disk.
set -euo pipefail

# ---------- in the chroot ----------

readonly unit=/usr/lib/systemd/system/tiezheng.service
readonly witness_unit=/usr/lib/systemd/system/tiezheng-witness.service
readonly config=/etc/tiezheng/tiezheng.toml
readonly data=/var/lib/tiezheng
readonly admin=/var/lib/tiezheng-admin
readonly logs=/var/log/tiezheng
# The home of root in the chroot.
readonly home=/root
readonly package=$home/tiezheng.deb
readonly output=$home/output
readonly node_log=$home/node.log
# Highest exposure that `systemd-analyze security` may find, times ten.
readonly exposure=15
# Open files: LimitNOFILE= of the unit, unless this machine does not allow as many.
files=65536
# The process of the running node, and its address.
node=
url=

step() { printf '\n== %s\n' "$*"; }

fail() {
  {
    printf 'FAILED: %s\n' "$*"
    if [ -s "$output" ]; then
      echo '-- the last output:'
      tail -n 40 "$output"
    fi
    if [ -n "$node" ] && [ -s "$node_log" ]; then
      echo '-- of the node:'
      tail -n 20 "$node_log"
    fi
  } >&2
  exit 1
}

# quietly COMMAND…: keeps its output for the next checks; it must succeed.
quietly() {
  "$@" >"$output" 2>&1 || fail "exit code $?: $*"
}

# printed TEXT…: each text is in the last output.
printed() {
  local text
  for text; do
    grep -qF -- "$text" "$output" || fail "not printed: $text"
  done
}

# is PATH OWNER:GROUP MODE
is() {
  local found
  found=$(stat -c '%U:%G %a' "$1") || fail "$1 is missing"
  [ "$found" = "$2 $3" ] || fail "$1 is $found, not $2 $3"
}

# gone PATH…
gone() {
  local path
  for path; do
    if [ -e "$path" ] || [ -L "$path" ]; then fail "$path is still there"; fi
  done
}

# equal WHAT FOUND WANTED
equal() { [ "$2" = "$3" ] || fail "$1: found '$2', not '$3'"; }

no_user() { if getent "$1" tiezheng >/dev/null; then fail "$1 tiezheng is still there"; fi; }

# Names, owners left out, and contents of all files of the ledger.
fingerprint() { (cd "$data" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum); }

# become_node COMMAND…: replaces this shell by the command, with user, capabilities, umask and limits of the unit.
become_node() {
  umask 0077
  ulimit -n "$files"
  ulimit -c 0
  cd "$data"
  exec setpriv --reuid=tiezheng --regid=tiezheng --clear-groups --no-new-privs \
    --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service --bounding-set=-all,+net_bind_service \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin HOME="$data" USER=tiezheng LANG=C.UTF-8 "$@"
}

as_node() { (become_node "$@"); }

# The configuration for a test ledger: a free port, a port below 1024, and a socket.
configure() {
  sed -i -e 's/^#test = .*/test = true/' \
    -e 's|^#listen = .*|listen = ["127.0.0.1:0", "127.0.77.54:653", "unix:/run/tiezheng/http.sock"]|' \
    -e 's|^#token = .*|token = "/var/lib/tiezheng-admin/operator.token"|' "$config"
  quietly tiezheng config check "$config"
  grep -q '^test = true' "$config" || fail "$config has no line for test"
}

start_node() {
  local command
  # Words without quotes or variables.
  read -ra command < <(sed -n 's/^ExecStart=//p' "$unit")
  equal 'ExecStart' "${command[*]}" "/usr/bin/tiezheng serve --config $config"
  install -d -o tiezheng -g tiezheng -m 0750 /run/tiezheng
  : >"$node_log"
  become_node "${command[@]}" >"$node_log" 2>&1 &
  node=$!
  local tries=0
  until grep -q '^listening on http://127.0.0.1:' "$node_log"; do
    kill -0 "$node" 2>/dev/null || fail 'the node ended before it listened'
    tries=$((tries + 1))
    [ "$tries" -le 600 ] || fail 'the node does not listen after a minute'
    sleep 0.1
  done
  url=$(sed -n 's|^listening on \(http://127\.0\.0\.1:[0-9]*\).*|\1|p' "$node_log" | head -n 1)
}

stop_node() {
  local code=0
  kill -TERM "$node"
  wait "$node" || code=$?
  node=
  equal 'exit code of the node after SIGTERM' "$code" 0
}

# status FIELD: of the node's process.
status() { sed -n "s/^$1:[[:space:]]*//p" "/proc/$node/status"; }

client() { (cd "$home" && HOME=$home LANG=C.UTF-8 tiezheng "$@"); }

# get PATH: from the node, without an HTTP client.
get() {
  local address=${url#http://}
  exec 3<>"/dev/tcp/${address%:*}/${address#*:}"
  printf 'GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" "$address" >&3
  cat <&3
  exec 3<&- 3>&-
}

# Every metric that alerts and dashboard use is there. Left out: what appears with TLS or with the first event only.
check_metrics() {
  local metric missing tries
  local late='tiezheng_tls_.*|tiezheng_log_lines_dropped_total|tiezheng_append_seconds'
  for tries in {1..20}; do
    get /metrics >$home/metrics
    missing=
    while read -r metric; do
      grep -qE "^${metric}(\{| )" $home/metrics || missing="$missing $metric"
    done < <(grep -ohE '(tiezheng_[a-z_]+|process_start_time_seconds)' /usr/share/tiezheng/* | sort -u | grep -vxE "$late")
    if [ -z "$missing" ]; then return 0; fi
    sleep 0.5
  done
  fail "/metrics lacks after $tries tries:$missing"
}

# field URL PATH NAME: a field of a JSON answer, without a JSON parser. The first of that name; a text without quotes in it, or a number.
field() {
  local url=$1
  get "$2" | tr -d '\r\n' | sed -n "s/.*\"$3\":\"\{0,1\}\([^\",}]*\).*/\1/p" | head -n 1
}

# The user of the witness's unit, as docs/member.md has an administrator make it.
add_witness_user() {
  quietly adduser --system --group --home /var/lib/tiezheng-witness --no-create-home tiezheng-witness
}

# A member's node follows the running node: the command of the unit, as its user, without systemd.
check_witness() {
  local folder=/var/lib/tiezheng-witness log=$home/witness.log witness code=0 tries=0 key size held=0 at
  equal 'ExecStart of the witness' "$(sed -n 's/^ExecStart=//p' "$witness_unit")" \
    "/usr/bin/tiezheng witness --mirror --data $folder \$WITNESS_OPTIONS --organisation \${WITNESS_ORGANISATION} --ledger \${WITNESS_LEDGER}"
  add_witness_user
  install -d -o tiezheng-witness -g tiezheng-witness -m 0700 "$folder"
  key=$(field "$url" /v1/ledger key)
  size=$(get /log/checkpoint | tr -d '\r' | sed -n '/^$/,$p' | sed -n 3p)
  (
    umask 0077
    cd "$folder"
    exec setpriv --reuid=tiezheng-witness --regid=tiezheng-witness --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
      env -i PATH=/usr/bin HOME="$folder" LANG=C.UTF-8 /usr/bin/tiezheng witness --mirror --data "$folder" --listen 127.0.0.1:0 \
      --name witness.example.org --kind notary --organisation 'Example Notary Office' --ledger "$key $url"
  ) >"$log" 2>&1 &
  witness=$!
  until [ "$held" = "$size" ]; do
    kill -0 "$witness" 2>/dev/null || { cat "$log" >"$output"; fail 'the witness ended'; }
    tries=$((tries + 1))
    [ "$tries" -le 600 ] || { cat "$log" >"$output"; fail "the mirror holds $held of $size leaves after a minute"; }
    sleep 0.1
    at=$(sed -n 's|^listening on \(http://127\.0\.0\.1:[0-9]*\).*|\1|p' "$log" | head -n 1)
    if [ -n "$at" ]; then held=$(field "$at" /v1/witness held); fi
  done
  is "$folder/witness.key" tiezheng-witness:tiezheng-witness 600
  kill -TERM "$witness"
  wait "$witness" || code=$?
  equal 'exit code of the witness after SIGTERM' "$code" 0
  equal 'files of the witness that others can read' "$(find "$folder" -perm /077 | head -n 5)" ''
  rm -rf "$folder"
  quietly deluser --system tiezheng-witness
}

checks() {
  local before id each code=0
  if ! (ulimit -n "$files") 2>/dev/null; then
    files=$(ulimit -Hn)
    echo "Note: this machine allows $files open files, not those of the unit."
  fi
  trap 'if [ -n "$node" ]; then kill -KILL "$node" 2>/dev/null || true; fi' EXIT
  export LC_ALL=C.UTF-8
  update-ca-certificates >/dev/null 2>&1
  quietly apt-get update -qq

  step 'Installation without systemd'
  quietly apt-get install -y --no-install-recommends "$package"
  printed 'systemctl enable --now tiezheng' 'nothing was started' '未启动任何服务' 'deposits.policy'
  id=$(id -u tiezheng)
  [ "$id" -lt 1000 ] || fail "tiezheng is no system user: $id"
  equal 'groups' "$(id -nG tiezheng)" tiezheng
  equal 'shell' "$(getent passwd tiezheng | cut -d: -f7)" /usr/sbin/nologin
  is /usr/bin/tiezheng root:root 755
  is "$unit" root:root 644
  is "$witness_unit" root:root 644
  is /etc/tiezheng root:tiezheng 750
  is "$config" root:tiezheng 640
  is "$data" tiezheng:tiezheng 700
  is "$admin" tiezheng:tiezheng 700
  is "$logs" tiezheng:tiezheng 750
  is /usr/share/tiezheng/prometheus-alerts.yml root:root 644
  is /usr/share/tiezheng/grafana-dashboard.json root:root 644
  is /usr/share/doc/tiezheng/docs/operating.zh-CN.md root:root 644
  is /usr/share/doc/tiezheng/copyright root:root 644
  equal 'conffiles' "$(dpkg-query -W -f='${Conffiles}' tiezheng | awk '{ print $1 }' | xargs)" "$config"
  gone /etc/systemd/system/multi-user.target.wants/tiezheng.service

  step 'The configuration file'
  quietly tiezheng config check "$config"
  quietly diff <(tiezheng config sample | sed 's/^#data = /data = /') <(grep -v '^# 软件包仅启用' "$config")
  # A live ledger without a policy: refused as wrong usage, and nothing is made.
  as_node env TIEZHENG_NODE_NETWORK_LISTEN=127.0.0.1:0 /usr/bin/tiezheng serve --config "$config" >"$output" 2>&1 || code=$?
  equal 'exit code without a deposit policy' "$code" 64
  equal 'content of the data folder' "$(ls -A "$data")" ''

  step 'The systemd units'
  quietly apt-get install -y --no-install-recommends systemd systemd-sysv
  for each in "$unit" "$witness_unit"; do
    quietly systemd-analyze verify --man=no "$each"
    [ ! -s "$output" ] || fail "systemd-analyze verify has something to say about $each"
    quietly systemd-analyze security --offline=true --no-pager --threshold="$exposure" "$each"
    tail -n 1 "$output"
  done

  step 'A node on a test ledger, as the user of the unit'
  configure
  start_node
  equal 'user' "$(status Uid | cut -f1)" "$id"
  equal 'capabilities' "$(status CapEff) $(status CapBnd)" '0000000000000400 0000000000000400'
  equal 'no new privileges' "$(status NoNewPrivs)" 1
  grep -qx 'listening on http://127.0.77.54:653' "$node_log" || fail 'the node does not listen on a port below 1024'
  is /run/tiezheng/http.sock tiezheng:tiezheng 660
  is "$admin/operator.token" tiezheng:tiezheng 600
  echo 'We agree on 100.' >$home/contract.txt
  quietly client deposit contract.txt --server "$url"
  printed 'deposited  T'
  quietly client verify contract.txt --server "$url"
  printed 'Conclusion: Verified'
  check_metrics
  check_witness
  kill -HUP "$node"
  quietly client deposit contract.txt --server "$url"
  printed 'already on the chain  T'
  stop_node
  equal 'files that others can read' "$(find "$data" "$admin" -perm /077 | head -n 5)" ''
  quietly as_node /usr/bin/tiezheng audit "$data"

  step 'Upgrade: the changed configuration and the ledger stay'
  before=$(fingerprint)
  echo '# changed by the administrator' >>"$config"
  chmod 0600 "$config"
  chown tiezheng:tiezheng "$config"
  quietly dpkg --force-confdef --install "$package"
  if grep -qF 'enable --now' "$output"; then fail 'an upgrade prints the steps of an installation'; fi
  grep -qx '# changed by the administrator' "$config" || fail "$config has lost a line"
  is "$config" tiezheng:tiezheng 600
  equal 'the ledger after the upgrade' "$(fingerprint)" "$before"
  start_node
  quietly client deposit contract.txt --server "$url"
  printed 'already on the chain  T'
  stop_node

  step 'Without the helpers of Debian for systemd'
  mkdir $home/aside
  mv /usr/bin/deb-systemd-helper /usr/bin/deb-systemd-invoke $home/aside/
  quietly dpkg --install "$package"
  quietly dpkg --remove tiezheng
  quietly dpkg --install "$package"
  mv $home/aside/* /usr/bin/

  step 'Removal: configuration, ledger, logs and user stay'
  before=$(fingerprint)
  echo 'a line' >"$logs/tiezheng.2026-01-01.log"
  quietly systemctl enable tiezheng.service
  quietly apt-get remove -y tiezheng
  gone /usr/bin/tiezheng "$unit" /usr/share/tiezheng
  getent passwd tiezheng >/dev/null || fail 'the user is gone'
  grep -qx '# changed by the administrator' "$config" || fail "$config has lost a line"
  [ -s "$logs/tiezheng.2026-01-01.log" ] || fail 'the log is gone'
  equal 'the ledger after the removal' "$(fingerprint)" "$before"

  step 'Purge: the ledger stays'
  quietly apt-get purge -y tiezheng
  printed "$data was kept" "已保留 $data" "$admin was kept"
  gone /etc/tiezheng /etc/systemd/system/multi-user.target.wants/tiezheng.service
  # The logs of a kept ledger are kept.
  [ -s "$logs/tiezheng.2026-01-01.log" ] || fail 'the log of a kept ledger is gone'
  no_user passwd
  no_user group
  is "$data" root:root 700
  is "$admin" root:root 700
  equal 'files of the removed user' "$(find "$data" "$admin" ! -user root | head -n 5)" ''
  equal 'the ledger after the purge' "$(fingerprint)" "$before"

  step 'A later installation gives the ledger back to the node'
  quietly apt-get install -y --no-install-recommends "$package"
  is "$data" tiezheng:tiezheng 700
  equal 'files of others' "$(find "$data" "$admin" ! -user tiezheng | head -n 5)" ''
  configure
  start_node
  quietly client deposit contract.txt --server "$url"
  printed 'already on the chain  T'
  stop_node

  step 'Purge without a ledger'
  find "$data" "$admin" -mindepth 1 -delete
  quietly apt-get purge -y tiezheng
  gone "$data" "$admin" /etc/tiezheng "$logs"
  no_user passwd
}

# ---------- in the same system, booted with systemd ----------

# property NAME: of the unit.
property() { systemctl show --property "$1" --value tiezheng.service; }

# Waits until the unit is in this state.
state() {
  local tries
  for tries in {1..300}; do
    if [ "$(property ActiveState)" = "$1" ]; then return 0; fi
    sleep 0.1
  done
  fail "the unit is $(property ActiveState), not $1, after $tries tries"
}

# Waits until the node listens. Its output is in the journal.
listening() {
  local tries
  state active
  node=$(property MainPID)
  for tries in {1..300}; do
    journalctl --quiet --output cat "_PID=$node" >"$node_log"
    url=$(sed -n 's|^listening on \(http://127\.0\.0\.1:[0-9]*\).*|\1|p' "$node_log" | head -n 1)
    if [ -n "$url" ]; then return 0; fi
    sleep 0.1
  done
  fail "the node does not listen after $tries tries"
}

booted() {
  local before
  export LC_ALL=C.UTF-8

  step 'With systemd: installation starts nothing'
  quietly dpkg --install "$package"
  equal 'state' "$(property ActiveState)" inactive
  # A live ledger without a policy: exit code 64, and no further start. A program that ends at once may or may not have started.
  systemctl start tiezheng.service >"$output" 2>&1 || true
  state failed
  equal 'exit code and restarts' "$(property ExecMainStatus) $(property NRestarts)" '64 0'

  step 'With systemd: the unit in its sandbox'
  configure
  quietly systemctl enable --now tiezheng.service
  listening
  equal 'capabilities' "$(status CapEff) $(status CapBnd)" '0000000000000400 0000000000000400'
  equal 'system call filter' "$(status Seccomp)" 2
  equal 'umask' "$(status Umask)" 0077
  grep -q '^Max core file size *0 ' "/proc/$node/limits" || fail 'the node may write core files'
  is /run/tiezheng tiezheng:tiezheng 750
  is /run/tiezheng/http.sock tiezheng:tiezheng 660
  is "$data" tiezheng:tiezheng 700
  is "$admin/operator.token" tiezheng:tiezheng 600
  is /etc/tiezheng root:tiezheng 750
  # What an earlier ledger left to the client.
  rm -rf $home/contract.txt* $home/.config/tiezheng
  echo 'We agree on 100.' >$home/contract.txt
  quietly client deposit contract.txt --server "$url"
  printed 'deposited  T'
  quietly client verify contract.txt --server "$url"
  printed 'Conclusion: Verified'
  step 'With systemd: a member beside it, in the sandbox of its unit'
  add_witness_user
  printf 'WITNESS_OPTIONS=--listen 127.0.0.1:7655 --name witness.example.org --kind notary\nWITNESS_ORGANISATION=Example Notary Office\nWITNESS_LEDGER=%s %s\n' \
    "$(field "$url" /v1/ledger key)" "$url" >/etc/tiezheng/witness.env
  quietly systemctl daemon-reload
  quietly systemctl enable --now tiezheng-witness.service
  local tries=0
  until [ "$(field http://127.0.0.1:7655 /v1/witness held)" = "$(field http://127.0.0.1:7655 /v1/witness published)" ]; do
    tries=$((tries + 1))
    [ "$tries" -le 600 ] || fail 'the mirror does not hold the ledger after a minute'
    sleep 0.1
  done 2>/dev/null
  is /var/lib/tiezheng-witness tiezheng-witness:tiezheng-witness 700
  equal 'state of the witness' "$(systemctl is-active tiezheng-witness.service)" active
  quietly systemctl disable --now tiezheng-witness.service
  equal 'result of the witness' "$(systemctl show --property Result --value tiezheng-witness.service)" success
  rm -rf /etc/tiezheng/witness.env /var/lib/tiezheng-witness

  quietly systemctl reload tiezheng.service
  quietly client deposit contract.txt --server "$url"
  printed 'already on the chain  T'
  equal 'process after the reload' "$(property MainPID)" "$node"

  step 'With systemd: an upgrade restarts a node that runs, unless the configuration is wrong'
  before=$node
  quietly dpkg --install "$package"
  listening
  [ "$node" != "$before" ] || fail 'the node was not restarted'
  before=$node
  cp -p "$config" $home/kept.toml
  printf '\n[nonsense]\nbad = 1\n' >>"$config"
  quietly dpkg --install "$package"
  printed 'The node goes on with the earlier version' '节点仍以原版本运行'
  equal 'process with a wrong configuration' "$(property MainPID)" "$before"
  cp -p $home/kept.toml "$config"

  step 'With systemd: stop, and removal'
  quietly systemctl stop tiezheng.service
  equal 'result and exit code' "$(property Result) $(property ExecMainStatus)" 'success 0'
  quietly dpkg --install "$package"
  equal 'state of a stopped node after an upgrade' "$(property ActiveState)" inactive
  quietly systemctl start tiezheng.service
  listening
  quietly dpkg --remove tiezheng
  if [ -d "/proc/$node" ]; then fail 'the node runs after the removal'; fi
  node=
  quietly dpkg --purge tiezheng
  printed "$data was kept"
  gone /etc/tiezheng /etc/systemd/system/multi-user.target.wants/tiezheng.service
}

# Runs `booted` as a service of the system in the folder, if it can be booted here.
boot() {
  local root=$1 code=0 flags=(--quiet --register=no --private-network)
  if ! command -v systemd-nspawn >/dev/null; then
    printf '\nNote: systemd-nspawn is missing (apt-get install systemd-container), so the unit was not run in its sandbox.\n'
    return 0
  fi
  # Without systemd on this machine nobody makes a scope for the container.
  if [ ! -d /run/systemd/system ]; then flags+=(--keep-unit); fi
  cat >"$root/etc/systemd/system/test-deb.service" <<END
[Unit]
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=oneshot
Environment=HOME=$home DEBIAN_FRONTEND=noninteractive
ExecStart=/bin/bash $home/test-deb.sh --booted
StandardOutput=append:$home/booted
StandardError=append:$home/booted
END
  mkdir -p "$root/etc/systemd/system/multi-user.target.wants"
  ln -s ../test-deb.service "$root/etc/systemd/system/multi-user.target.wants/"
  timeout 600 systemd-nspawn "${flags[@]}" --directory "$root" --boot </dev/null >"$root$home/boot" 2>&1 || code=$?
  if [ ! -e "$root$home/booted" ]; then
    printf '\nNote: this machine cannot boot a container (exit code %s), so the unit was not run in its sandbox:\n' "$code"
    tail -n 3 "$root$home/boot"
    return 0
  fi
  cat "$root$home/booted"
  # A container that was killed leaves an incomplete file.
  grep -qx passed "$root$home/booted" || return 1
}

# ---------- in namespaces of its own: mounts end with them, however this script ends ----------

inside() {
  local root=$1 name passed=()
  mount_system "$root"
  # Settings for the network only, and no file of this machine.
  for name in http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY; do
    if [ -n "${!name:-}" ]; then passed+=("$name=${!name}"); fi
  done
  chroot "$root" /usr/bin/env -i HOME=$home USER=root TERM="${TERM:-dumb}" DEBIAN_FRONTEND=noninteractive \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${passed[@]}" /bin/bash $home/test-deb.sh --checks
}

case "${1:-}" in
  --checks)
    checks
    exit
    ;;
  --booted)
    booted
    echo passed
    exit
    ;;
esac

# ---------- on this machine ----------

self=$(realpath "${BASH_SOURCE[0]}")
. "$(dirname "$self")/../.ci/chroot.sh"
if [ "${1:-}" = --inside ]; then
  inside "$2"
  exit
fi

need_chroot_tools
deb=${1:-}
if [ -z "$deb" ]; then
  built=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/target}/debian
  deb=$(find "$built" -maxdepth 1 -name 'tiezheng_*.deb' -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1 | cut -d' ' -f2-)
fi
if [ ! -f "$deb" ]; then
  echo 'There is no package: make deb, or name one. 没有软件包：请先 make deb，或指定文件。' >&2
  exit 1
fi
make_chroot tiezheng-deb
cp -- "$deb" "$root$home/tiezheng.deb"
cp -- "$self" "$root$home/test-deb.sh"
# Not exec: this shell's trap removes the chroot.
in_namespaces "$self" --inside "$root"
boot "$root"
printf '\nThe package passed on a minimal Debian 12. 软件包在最小化 Debian 12 上通过测试：%s\n' "$(basename "$deb")"
