//! Runs each fuzz target (`fuzz/`) over its committed corpus, without libFuzzer: what the fuzzer once found stays found.
//!
//! `FUZZ_SEEDS=1` also writes the seeds of `fuzz/src/seeds.rs` to the corpus. `make fuzz` looks for new inputs.

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

#[expect(unreachable_pub, reason = "a library of its own elsewhere")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use targets::TARGETS;

/// The most bytes of all committed inputs: they are replayed by every `make test`.
const CORPUS_MAX: u64 = 2 << 20;

fn fuzz_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

fn inputs(target: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(fuzz_folder().join("corpus").join(target));
    folder.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn every_target_passes_its_committed_corpus() {
    let mut failed = Vec::new();
    for (target, run) in TARGETS {
        let mut accepted = 0;
        for input in inputs(target) {
            let bytes = fs::read(&input).unwrap();
            match catch_unwind(|| run(&bytes)) {
                Ok(one) => accepted += usize::from(one),
                Err(_) => failed.push(input),
            }
        }
        // A target that rejects everything at once would test nothing more.
        assert!(accepted > 0, "{target} accepts none of its corpus");
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn each_target_has_a_small_corpus() {
    write_seeds();
    let corpus = fs::read_dir(fuzz_folder().join("corpus")).unwrap();
    let folders: BTreeSet<_> = corpus.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<_> = TARGETS.iter().map(|(target, _)| (*target).to_owned()).collect();
    assert_eq!(folders, names, "FUZZ_SEEDS=1 writes the seeds of a new target");
    let files = names.iter().flat_map(|target| inputs(target));
    let size: u64 = files.map(|input| input.metadata().unwrap().len()).sum();
    assert!(size <= CORPUS_MAX, "the corpus has {size} bytes, more than {CORPUS_MAX}");
}

fn seeds() -> Vec<targets::seeds::Seed> {
    let described = include_str!("snapshots/openapi.snap");
    let (_, json) = described.split_once("\n---\n").unwrap();
    targets::seeds::all(&serde_json::from_str(json).unwrap())
}

/// They are made by every run, so that they follow the formats.
fn write_seeds() {
    let seeds = seeds();
    let with_seeds: BTreeSet<_> = seeds.iter().map(|(target, _)| *target).collect();
    for (target, run) in TARGETS.iter().filter(|(target, _)| with_seeds.contains(target)) {
        let accepted = seeds.iter().filter(|(of, data)| of == target && run(data)).count();
        assert!(accepted > 0, "{target} accepts none of its seeds");
    }
    if std::env::var_os("FUZZ_SEEDS").is_none() {
        return;
    }
    for (target, data) in seeds {
        let folder = fuzz_folder().join("corpus").join(target);
        fs::create_dir_all(&folder).unwrap();
        let name = hex::encode(Sha256::digest(&data));
        fs::write(folder.join(&name[..40]), data).unwrap();
    }
}
