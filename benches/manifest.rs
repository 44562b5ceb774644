//! Manifests: the number of items with known digests per second for which a root is computed. Every run's result is asserted.
//!
//! `lines` is the pure part on all cores: item lines with their salted names, leaf hashes, the tree. `list` is all work of
//! `deposit --manifest LIST` before it signs: it reads the list's file, draws the salts, writes the list to keep and fsyncs it.
//! After that there is one statement and one receipt, whatever the number of items.

use std::fs;
use std::hint::black_box;
use std::num::NonZero;
use std::path::Path;
use std::thread;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tiezheng::cli::durable;
use tiezheng::cli::gather::Skip;
use tiezheng::cli::manifest::build::make;
use tiezheng::cli::manifest::source::Source;
use tiezheng::cli::manifest::stored_list;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::manifest::item::{ItemDigests, WantedDigests};
use tiezheng::ledger::manifest::list::{KeptLine, KnownLine};
use tiezheng::ledger::manifest::tree::{CHUNK, Chunk, ManifestTree};
use tiezheng::ledger::merkle::list::root_of;
use tiezheng::ledger::statement::text::ManifestRoot;

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ITEMS: usize = 250_000;
const BOTH: WantedDigests = WantedDigests { sha256: true, sm3: true };

fn items() -> Vec<(ItemDigests, String)> {
    let digest = |n: usize, kind: u8| Some(sha256(&[&n.to_be_bytes()[..], &[kind]].concat()));
    let item = |n| (ItemDigests::new(digest(n, 0), digest(n, 1), 7 + n as u64), format!("2026/11/{n:08}.wav"));
    (0..ITEMS).map(item).map(|(digests, path)| (digests.expect("digests of something"), path)).collect()
}

fn leaves_of(chunk: &[(ItemDigests, String)], text: &mut String, salt: &[u8; 32]) -> Vec<Digest> {
    text.clear();
    chunk.iter().map(|(digests, path)| KeptLine::write(text, &KnownLine { digests: *digests, path }, salt)).collect()
}

/// The root over all items; each core takes a part of whole chunks.
fn root(items: &[(ItemDigests, String)], salt: &[u8; 32]) -> ManifestRoot {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let part = items.len().div_ceil(cores).next_multiple_of(CHUNK);
    let mut tree = ManifestTree::new();
    thread::scope(|scope| {
        let work = |part: &[(ItemDigests, String)]| -> Vec<Chunk> {
            let mut text = String::new();
            part.chunks(CHUNK).filter_map(|chunk| Chunk::over(&leaves_of(chunk, &mut text, salt))).collect()
        };
        let workers: Vec<_> = items.chunks(part).map(|part| scope.spawn(move || work(part))).collect();
        for chunk in workers.into_iter().flat_map(|worker| worker.join().expect("no worker panics")) {
            tree.push(chunk).expect("only the last chunk is short");
        }
    });
    tree.root().expect("there are items")
}

fn keep(source: &Path, list: &Path) -> ManifestRoot {
    let kept = durable::replace_with(list, 0o600, |file| {
        let mut source = Source::open(source, Skip::Nothing)?;
        make(&mut source, BOTH, file, &|_| {})
    });
    kept.expect("the list is kept")
}

fn manifests(criterion: &mut Criterion) {
    let items = items();
    let salt = [7; 32];
    let all: Vec<Digest> = leaves_of(&items, &mut String::new(), &salt);
    let expected = ManifestRoot { root: root_of(&all), count: ITEMS as u64 };
    let mut group = criterion.benchmark_group("manifest");
    group.throughput(Throughput::Elements(ITEMS as u64)).sample_size(10).measurement_time(Duration::from_secs(5));
    group.bench_function("lines", |bencher| bencher.iter(|| assert_eq!(root(black_box(&items), &salt), expected)));

    let folder = tempfile::tempdir().expect("a folder");
    let (source, list) = (folder.path().join("digests.txt"), folder.path().join("kept"));
    let mut text = String::new();
    for (digests, path) in &items {
        KnownLine { digests: *digests, path }.write(&mut text);
    }
    fs::write(&source, text).expect("a list");
    let mut stated = keep(&source, &list);
    group.bench_function("list", |bencher| {
        // Removing the previous list is not measured: on a disk it takes a fifth of the time of the work.
        bencher.iter_batched(
            || fs::remove_file(&list).expect("the list before"),
            |()| {
                stated = keep(black_box(&source), &list);
                assert_eq!(stated.count, ITEMS as u64);
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("list_read_again", |bencher| {
        bencher
            .iter(|| stored_list::verify(&list, black_box(&stated), |_| Ok(())).expect("the list is the stated one"));
    });
    group.finish();
}

criterion_group!(benches, manifests);
criterion_main!(benches);
