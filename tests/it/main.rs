//! The one integration binary: RocksDB is linked into every test binary, so there is one.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod auditing;
mod auditing_cases;
mod auditing_originals;
mod auditing_remote;
mod cli;
mod conformance;
mod consortium;
mod cosigning;
mod court;
mod crash;
mod custody;
mod durability;
mod full_disk;
mod fuzz_corpus;
mod interoperability;
mod keys;
mod monitoring;
mod network;
mod opening;
mod overload;
mod pages;
mod pulling;
mod readme;
mod sequencing;
mod snapshot;
mod support;
mod timestamp;
mod witness;
