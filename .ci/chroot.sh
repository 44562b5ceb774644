# Sourced by scripts that test on a minimal Debian 12: a chroot of debootstrap's `minbase` with git, make and ca-certificates.
#
#   FRESH_DIR       where the chroot is made (default /var/tmp)
#   FRESH_KEEP=1    keep the chroot afterwards, and print where it is
#   DEBIAN_MIRROR   default http://deb.debian.org/debian
#
# The unpacked base system is cached in ~/.cache/tiezheng/fresh-bookworm.tar; delete that file to renew it.
# shellcheck shell=bash

# need_chroot_tools TOOL…: root, and what a chroot is made with.
need_chroot_tools() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "This makes a chroot: please run it as root. 需以 root 身份运行。" >&2
    exit 1
  fi
  local tool
  for tool in debootstrap unshare tar "$@"; do
    if ! command -v "$tool" >/dev/null; then
      echo "$tool is missing: apt-get install debootstrap util-linux tar git, and Rust from https://rustup.rs" >&2
      exit 1
    fi
  done
}

remove_chroot() {
  local code=$?
  if [ -n "${FRESH_KEEP:-}" ]; then
    echo "The chroot is kept: $work/root"
  else
    # Nothing is mounted here any more, since the mounts ended with their namespace. If one is left, rm does not enter it.
    rm -rf --one-file-system -- "$work"
  fi
  exit "$code"
}

# make_chroot NAME: sets `root`, a fresh system with the network settings of this machine, which ends with the script.
make_chroot() {
  local suite=bookworm mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian} cache setting
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng/fresh-$suite.tar
  work=$(mktemp -d "${FRESH_DIR:-/var/tmp}/$1.XXXXXX")
  trap remove_chroot EXIT
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

  # Name servers, and the certificates that the administrator of this machine added.
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
  fi
  for setting in /etc/apt/apt.conf.d/*proxy*; do
    if [ -e "$setting" ]; then cp "$setting" "$root/etc/apt/apt.conf.d/"; fi
  done
  echo "deb $mirror $suite main" >"$root/etc/apt/sources.list"
}

# in_namespaces COMMAND…: with namespaces of its own. Mounts and processes end with them, however the script ends.
in_namespaces() { unshare --mount --pid --fork --kill-child --propagation private "$@" </dev/null; }

# mount_system ROOT: in those namespaces.
mount_system() {
  # A bind mount of /dev, not a new one: a container may not make device nodes.
  mount --rbind /dev "$1/dev"
  mount -t proc proc "$1/proc"
  mount --rbind /sys "$1/sys" 2>/dev/null || true
}
