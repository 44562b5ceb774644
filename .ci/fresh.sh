#!/usr/bin/env bash
# Runs the two commands of the README, `make demo` and `make test`, on a minimal Debian 12. Finds packages that a build or a
# test needs and `.ci/setup.sh` does not install.
#
# The system is a chroot (`.ci/chroot.sh`, which also names its variables) with a copy of this machine's Rust toolchain. The committed
# state (HEAD) is cloned into it. Needs root, debootstrap, network access to a Debian mirror and to crates.io, 12 GB of disk, and about an
# hour.
#
#   FRESH_COMMANDS  what to run in the clone (default "make demo && make test")
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. .ci/chroot.sh

# The home of root in the chroot.
readonly home=/root
readonly commands=${FRESH_COMMANDS:-make demo && make test}

# In namespaces of its own: mounts, installs, runs.
inside() {
  local root=$1
  mount_system "$root"
  # Settings for the network: proxies, and the registries of cargo and Go. No other variable of this machine is passed.
  local passed=()
  local name
  for name in $(compgen -e); do
    case $name in
      http_proxy | https_proxy | no_proxy | all_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY) ;;
      CARGO_HTTP_* | CARGO_NET_* | CARGO_REGISTRIES_* | CARGO_REGISTRY_* | CARGO_SOURCE_* | GOPROXY | GOSUMDB) ;;
      *) continue ;;
    esac
    # A file of this machine, such as CARGO_HTTP_CAINFO. The chroot has certificates of its own, with the administrator's.
    if [[ ${!name} == /* ]]; then continue; fi
    passed+=("$name=${!name}")
  done
  # `-c`, not a login shell: /etc/profile would set PATH anew.
  chroot "$root" /usr/bin/env -i HOME="$home" USER=root TERM="${TERM:-dumb}" DEBIAN_FRONTEND=noninteractive \
    PATH="$home/.cargo/bin":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${passed[@]}" \
    /bin/bash -euo pipefail -c "$2"
}

if [ "${1:-}" = --inside ]; then
  inside "$2" "$3"
  exit
fi

need_chroot_tools rustc git
if [ -n "$(git status --porcelain)" ]; then
  echo "Note: only what is committed is tested. 注意：只测试已提交的内容。"
fi

make_chroot tiezheng-fresh

# The toolchain, without the crates that were downloaded or built with it since.
toolchain=$(rustc --print sysroot)
cargo_home=${CARGO_HOME:-$HOME/.cargo}
mkdir -p "$root$home/.cargo"
cp -a --reflink=auto "$toolchain" "$root$home/toolchain"
ln -s "$home/toolchain/bin" "$root$home/.cargo/bin"
for setting in config.toml config; do
  if [ -e "$cargo_home/$setting" ]; then cp "$cargo_home/$setting" "$root$home/.cargo/"; fi
done

# Cloned inside the chroot, with its own git.
git bundle create --quiet "$root$home/tiezheng.bundle" HEAD

steps='cd
update-ca-certificates >/dev/null
git -c advice.detachedHead=false clone --quiet tiezheng.bundle tiezheng
cd tiezheng
'"$commands"
# Not exec: this shell's trap removes the chroot.
in_namespaces .ci/fresh.sh --inside "$root" "$steps"
echo "Passed on a minimal Debian 12 在最小化 Debian 12 上通过: $commands"
