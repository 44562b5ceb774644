#!/usr/bin/env bash
# Runs the two commands of the README, `make demo` and `make test`, on a minimal Debian 12. Finds packages that a build or a
# test needs and `.ci/setup.sh` does not install.
#
# The system is a chroot: debootstrap's `minbase` with git, make and ca-certificates, and a copy of this machine's Rust
# toolchain. The committed state (HEAD) is cloned into it. Needs root, debootstrap, network access to a Debian mirror and
# to crates.io, 12 GB of disk, and about an hour.
#
#   FRESH_DIR       where the chroot is made (default /var/tmp)
#   FRESH_KEEP=1    keep the chroot afterwards, and print where it is
#   FRESH_COMMANDS  what to run in the clone (default "make demo && make test")
#   DEBIAN_MIRROR   default http://deb.debian.org/debian
#
# The unpacked base system is cached in ~/.cache/tiezheng/fresh-bookworm.tar; delete that file to renew it.
set -euo pipefail

readonly suite=bookworm
readonly mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/fresh-$suite.tar
# The home of root in the chroot.
readonly home=/root
readonly commands=${FRESH_COMMANDS:-make demo && make test}

# Runs in namespaces of its own: mount, install, run. Mounts and processes end with the namespaces, however this script ends.
inside() {
  local root=$1
  # A bind mount of /dev, not a new one: a container may not make device nodes.
  mount --rbind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys" 2>/dev/null || true
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

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ "$(id -u)" -ne 0 ]; then
  echo "This makes a chroot: please run it as root. 需以 root 身份运行。" >&2
  exit 1
fi
for tool in debootstrap unshare rustc git tar; do
  if ! command -v "$tool" >/dev/null; then
    echo "$tool is missing: apt-get install debootstrap util-linux git, and Rust from https://rustup.rs" >&2
    exit 1
  fi
done
if [ -n "$(git status --porcelain)" ]; then
  echo "Note: only what is committed is tested. 注意：只测试已提交的内容。"
fi

work=$(mktemp -d "${FRESH_DIR:-/var/tmp}/tiezheng-fresh.XXXXXX")
finish() {
  local code=$?
  if [ -n "${FRESH_KEEP:-}" ]; then
    echo "The chroot is kept: $work/root"
  else
    # Nothing is mounted here any more, since the mounts ended with their namespace. If one is left, rm does not enter it.
    rm -rf --one-file-system -- "$work"
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
root=$work/root

if [ ! -e "$cache" ]; then
  echo "Making the base system (once): $cache"
  debootstrap --variant=minbase --include=git,make,ca-certificates "$suite" "$work/base" "$mirror"
  mkdir -p "$(dirname "$cache")"
  # Renamed when it is complete, so that an interrupted run leaves no partial archive under this name.
  tar --numeric-owner -C "$work/base" -cf "$cache.$$" .
  mv "$cache.$$" "$cache"
  rm -rf --one-file-system -- "$work/base"
fi
mkdir "$root"
tar --numeric-owner -C "$root" -xpf "$cache"

# The network settings of this machine: name servers, and the certificates that its administrator added.
cp /etc/resolv.conf /etc/hosts "$root/etc/"
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
fi
for setting in /etc/apt/apt.conf.d/*proxy*; do
  if [ -e "$setting" ]; then cp "$setting" "$root/etc/apt/apt.conf.d/"; fi
done
echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"

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
unshare --mount --pid --fork --kill-child --propagation private .ci/fresh.sh --inside "$root" "$steps" </dev/null
echo "Passed on a minimal Debian 12 在最小化 Debian 12 上通过: $commands"
