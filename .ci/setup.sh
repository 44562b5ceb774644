#!/usr/bin/env bash
# Installs missing Debian packages and changes nothing if none is missing: `setup.sh build` for a build, `setup.sh test` also
# for the tests, `setup.sh web` also for `make test-web`, `setup.sh rivals` also for `make bench-rivals`.
set -euo pipefail

purpose=${1:-build}
missing=()

# need PACKAGE COMMAND…: the package is missing unless the command succeeds.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

has() { command -v "$1"; }
has_libclang() { [ -n "${LIBCLANG_PATH:-}" ] || compgen -G '/usr/lib/llvm-*/lib/libclang.so' || compgen -G '/usr/lib*/libclang.so'; }
has_postgresql() { compgen -G '/usr/lib/postgresql/*/bin/pgbench' || { has initdb && has pgbench; }; }

need make has make
need clang has clang++
need libclang-dev has_libclang   # bindgen reads RocksDB's C header with it
need g++ has g++                 # libstdc++ headers, and cc, which links
need binutils has objcopy
need libc6-dev test -e /usr/include/stdio.h
need openssl has openssl         # the timestamp authority of the demo and of the tests
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
if [ "$purpose" = test ]; then
  need golang-go has go
  need golang-golang-x-mod-dev test -d /usr/share/gocode/src/golang.org/x/mod/sumdb/note
  need python3-venv python3 -c 'import ensurepip'   # for packages of PyPI that check our output
  need nodejs has node             # runs the modules of the verifier page
  need chromium has chromium       # opens every page
  need fonts-noto-cjk test -d /usr/share/fonts/opentype/noto
  for tool in jq curl strace python3; do
    need "$tool" has "$tool"
  done
fi
if [ "$purpose" = web ]; then
  need python3-venv python3 -c 'import ensurepip'
  need nodejs has node
  need chromium has chromium
  need firefox-esr has firefox-esr
  need fonts-noto-cjk test -d /usr/share/fonts/opentype/noto
fi
if [ "$purpose" = rivals ]; then
  need golang-go has go
  need jq has jq
  need postgresql has_postgresql
fi

if [ "${#missing[@]}" -gt 0 ]; then
  if ! has apt-get >/dev/null; then
    echo "Missing packages, by their Debian names: ${missing[*]}" >&2
    echo "apt-get was not found: install their equivalents on this system, then try again. 请安装以上软件包的对应版本后重试。" >&2
    exit 1
  fi
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! has sudo >/dev/null; then
      echo "Please run as root: apt-get install ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  echo "Installing Debian packages 正在安装软件包: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
fi

if ! has cargo >/dev/null; then
  echo "cargo is missing: install Rust 1.92 or later from https://rustup.rs and open a new shell. 请先安装 Rust。" >&2
  exit 1
fi
if [ "$purpose" = test ]; then
  for part in fmt clippy; do
    if ! cargo "$part" --version >/dev/null 2>&1; then
      echo "cargo $part is missing: rustup component add rustfmt clippy" >&2
      exit 1
    fi
  done
fi
