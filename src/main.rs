//! The program `tiezheng`: hands over to the front door.

use std::process::ExitCode;

/// A node under load takes and gives back memory ten thousand times a millisecond: the system's own allocator is a tenth of
/// its work. RocksDB takes its memory here, too (the feature `override`): a block that one thread reads another gives back,
/// which the system's allocator makes threads wait for. Cold look-ups took twice as long with it.
#[cfg(feature = "node")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tiezheng::cli::command::main()
}
