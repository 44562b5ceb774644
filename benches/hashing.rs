//! Hashing: SHA-256 and SM3 over a stream, 65-byte nodes of the tree, and the digests of a file. Every result is asserted.
//!
//! The file is in the page cache, so reading and hashing are measured, not a disk.

use std::fs;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sha2::Digest as _;
use tiezheng::cli::digest::{FileContent, content, measure};
use tiezheng::ledger::hash::{Digest, node_hash, sha256};
use tiezheng::ledger::manifest::item::WantedDigests;
use tiezheng::ledger::statement::content::{Content, FileDigests, Form};

const STREAM: usize = 16 << 20;
const FILE: usize = 256 << 20;
/// Digests of the stream: `openssl dgst -sha256`, `openssl dgst -sm3`.
const BY_OPENSSL: (&str, &str) = (
    "02cb9bd239436c189984cf5327994875b1d6ae711017094e051630d53352e805",
    "eb060d40fdb21337bd88f52484deeced9de4c1fe74560d5a72f8696f312647ed",
);
const NODES: usize = 10_000;

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 % 251).to_le_bytes()[0]).collect()
}

fn sm3(bytes: &[u8]) -> Digest {
    Digest(sm3::Sm3::digest(bytes).into())
}

fn streams(criterion: &mut Criterion) {
    let stream = bytes(STREAM);
    let mut group = criterion.benchmark_group("stream");
    group.throughput(Throughput::Bytes(STREAM as u64)).sample_size(10).measurement_time(Duration::from_secs(5));
    let expected = (sha256(&stream), sm3(&stream));
    assert_eq!(expected.0.to_string(), BY_OPENSSL.0);
    assert_eq!(expected.1.to_string(), BY_OPENSSL.1);
    group.bench_function("sha-256", |bencher| bencher.iter(|| assert_eq!(sha256(black_box(&stream)), expected.0)));
    group.bench_function("sm3", |bencher| bencher.iter(|| assert_eq!(sm3(black_box(&stream)), expected.1)));
    group.finish();
}

fn nodes(criterion: &mut Criterion) {
    let leaves: Vec<Digest> = (0..=NODES).map(|n| sha256(&n.to_be_bytes())).collect();
    let chain = |leaves: &[Digest]| leaves.iter().copied().reduce(|left, right| node_hash(&left, &right));
    let expected = chain(&leaves);
    let by_definition = leaves.iter().copied().reduce(|left, right| sha256(&[&[1], &left.0[..], &right.0].concat()));
    assert_eq!(expected, by_definition);
    let mut group = criterion.benchmark_group("nodes");
    group.throughput(Throughput::Elements(NODES as u64)).sample_size(20).measurement_time(Duration::from_secs(3));
    group.bench_function("65 bytes", |bencher| bencher.iter(|| assert_eq!(chain(black_box(&leaves)), expected)));
    group.finish();
}

fn files(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("evidence.bin");
    let whole = bytes(FILE);
    fs::write(&path, &whole).expect("a file");
    let expected = FileDigests { size: FILE as u64, sha256: sha256(&whole), sm3: sm3(&whole) };
    drop(whole);
    let mut group = criterion.benchmark_group("file");
    group.throughput(Throughput::Bytes(FILE as u64)).sample_size(10).measurement_time(Duration::from_secs(8));
    group.bench_function("both", |bencher| {
        bencher.iter(|| assert_eq!(measure(black_box(&path), None, &|_| {}).expect("digests"), expected));
    });
    let form = Form::Plain { size: FILE as u64 };
    let sha256 = Content { form, sha256: Some(expected.sha256), sm3: None };
    let sm3 = Content { form, sha256: None, sm3: Some(expected.sm3) };
    for (name, only) in [("sha-256 alone", sha256), ("sm3 alone", sm3)] {
        let wanted = WantedDigests { sha256: only.sha256.is_some(), sm3: only.sm3.is_some() };
        let hashed = FileContent { content: only, size: FILE as u64 };
        group.bench_function(name, |bencher| {
            bencher.iter(|| assert_eq!(content(black_box(&path), None, wanted, &|_| {}).expect("digests"), hashed));
        });
    }
    group.finish();
}

criterion_group!(benches, streams, nodes, files);
criterion_main!(benches);
