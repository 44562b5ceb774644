//! The program `tiezheng`: hands over to the front door.

use std::process::ExitCode;

/// A node under load takes and gives back memory ten thousand times a millisecond: the system's own allocator is a tenth of
/// its work.
#[cfg(feature = "node")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tiezheng::cli::command::main()
}
