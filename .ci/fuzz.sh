#!/usr/bin/env bash
# Runs fuzz targets: `fuzz.sh run [TARGET…]`, all of them if none is named, one process at a time.
# `fuzz.sh merge [TARGET…]` adds to the committed corpus those short inputs of earlier runs that reach more of the code.
# `fuzz.sh list` prints the targets.
#
# FUZZ_SECONDS is the time of each target. A process takes one core, and up to 2 GiB of memory; most take 0.6 GiB. Inputs that
# are found are kept in $FUZZ_DIR, so that the next run begins with them. A crash ends the run: its input is in fuzz/artifacts/.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.13.2
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tiezheng
tools=$cache/tools
found=${FUZZ_DIR:-$cache/fuzz}
# No nightly toolchain is needed: with this variable a stable compiler accepts the options of sanitizers.
export RUSTC_BOOTSTRAP=1
# Other flags than those of the program, and so another folder.
export CARGO_TARGET_DIR=${FUZZ_TARGET_DIR:-$cache/target-fuzz}

command=${1:-run}
shift || true
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  mapfile -t targets < <(sed -n 's/^    ("\([a-z_]*\)", [a-z_:]*),$/\1/p' fuzz/src/lib.rs)
fi
if [ "$command" = list ]; then
  printf '%s\n' "${targets[@]}"
  exit
fi

if [ "$("$tools/bin/cargo-fuzz" --version 2>/dev/null)" != "cargo-fuzz $version" ]; then
  echo "Installing cargo-fuzz $version into $tools (once, some minutes)."
  CARGO_TARGET_DIR=$tools/target cargo install --quiet --locked cargo-fuzz --version "$version" --root "$tools"
  rm -rf "$tools/target"
fi
"$tools/bin/cargo-fuzz" build
program=$CARGO_TARGET_DIR/$(rustc -vV | sed -n 's/^host: //p')/release/target

for target in "${targets[@]}"; do
  export FUZZ_TARGET=$target
  mkdir -p "$found/$target" "fuzz/corpus/$target" "fuzz/artifacts/$target"
  limits=(-rss_limit_mb=2048 -timeout=10 -artifact_prefix="fuzz/artifacts/$target/")
  case $command in
    run)
      echo "== $target: ${FUZZ_SECONDS:-180} s"
      # Longer inputs would be rejected by their length, or are slow without reaching more.
      "$program" "$found/$target" "fuzz/corpus/$target" "${limits[@]}" -max_len=16384 -dict=fuzz/tiezheng.dict \
        -max_total_time="${FUZZ_SECONDS:-180}" -verbosity=0 -print_final_stats=1
      ;;
    merge)
      # Every `make test` replays the corpus: of what reaches more than it does, the forty shortest of at most 512 bytes.
      reach=$(mktemp -d)
      short=$(mktemp -d)
      cp -t "$reach" "fuzz/corpus/$target"/*
      find "$found/$target" -type f -size -2 -exec cp -t "$short" {} +
      "$program" "$reach" "$short" "${limits[@]}" -merge=1 -max_len=65536 -verbosity=0
      mapfile -t more < <(cd "$reach" && find . -type f -printf '%s %f\n' | sort -n | cut -d ' ' -f 2 |
        while read -r input; do [ -e "$OLDPWD/fuzz/corpus/$target/$input" ] || echo "$input"; done)
      for input in "${more[@]:0:40}"; do
        cp "$reach/$input" "fuzz/corpus/$target/"
      done
      rm -r "$reach" "$short"
      ;;
    *)
      echo "fuzz.sh run|merge|list [TARGET…]" >&2
      exit 64
      ;;
  esac
done
