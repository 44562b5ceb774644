//! The program `tiezheng`: runs the command line, and chooses the allocator of a build with a node.

use std::process::ExitCode;

/// A node allocates and frees about ten thousand times per millisecond under load; with the system's allocator that was a
/// tenth of its CPU time. RocksDB uses this allocator too (feature `override` of mimalloc): one thread reads a block that
/// another frees, for which threads wait in the system's allocator. Uncached look-ups took twice as long with it.
#[cfg(feature = "node")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tiezheng::cli::command::main()
}
