#!/usr/bin/env bash
# Says what a first build costs, before it begins; silent once RocksDB has been compiled.
set -euo pipefail

if ! compgen -G "$CARGO_TARGET_DIR/release/build/librocksdb-sys-*/out/librocksdb.a" >/dev/null; then
  echo "The first build compiles RocksDB: about 15 minutes on two cores, about 3 GB in $CARGO_TARGET_DIR."
  echo "首次编译需编译 RocksDB: 双核约 15 分钟, 占用磁盘约 3 GB; 之后只需数秒。"
fi
