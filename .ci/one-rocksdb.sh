#!/usr/bin/env bash
# Fails unless `cargo build`, `cargo test`, `cargo clippy`, a build with fewer features and `make dev` share one compiled
# RocksDB. They stop sharing it when a dependency changes the features of a crate that RocksDB's build script is built from
# (syn, regex, …), or when a setting changes a profile; then its C++ is compiled twice.
set -euo pipefail
shopt -s inherit_errexit

flags=(--release --quiet --message-format=json-render-diagnostics)
[ -z "${CI:-}" ] || flags+=(--locked)

# The folder of compiled objects that one cargo command uses.
folder_of() {
  cargo "$@" "${flags[@]}" | { grep -o '"out_dir":"[^"]*/librocksdb-sys-[^"]*"' || true; } | cut -d '"' -f 4
}

used=$(for command in "build" "test --no-run" "clippy --all-targets" "clippy --no-default-features --features node" \
  "check --config .ci/dev.toml"; do
  # shellcheck disable=SC2086  # words of a command
  folder_of $command
done | sort -u)

if [ -z "$used" ]; then
  echo "cargo did not report a build of librocksdb-sys: $0 no longer checks anything." >&2
  exit 1
fi
if [ "$(wc -l <<<"$used")" -ne 1 ]; then
  echo "RocksDB is compiled more than once, into:" >&2
  echo "$used" >&2
  echo "A dependency is built with different features for the program than for its tests. Compare" >&2
  echo "  cargo tree --edges normal,build --invert syn --edges features    (also: regex, regex-automata, memchr)" >&2
  echo "with and without dev-dependencies, and remove the feature from [dev-dependencies] or add it to [dependencies]." >&2
  exit 1
fi

# Folders of older versions only take disk space.
for library in "$CARGO_TARGET_DIR"/release/build/librocksdb-sys-*/out/librocksdb.a; do
  folder=$(dirname "$library")
  if [ -e "$library" ] && [ "$folder" != "$used" ]; then
    echo "No longer used, can be deleted 旧编译结果, 可删除: rm -r $(dirname "$folder")"
  fi
done
