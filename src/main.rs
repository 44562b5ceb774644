//! The program `tiezheng`: hands over to the front door.

use std::process::ExitCode;

fn main() -> ExitCode {
    tiezheng::cli::command::main()
}
