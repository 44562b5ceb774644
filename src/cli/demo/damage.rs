//! Flips one bit of a record in a copy of a ledger.
//!
//! Most bits of RocksDB's files belong to no record, and a flipped bit in the last records prevents opening the copy. So positions are
//! tried until an audit names a damaged deposit.

use std::fs;
use std::path::{Path, PathBuf};

use crate::audit::report::{Fault, Finding};
use crate::audit::walk::{Options as AuditOptions, walk};
use crate::cli::exit::CliError;
use crate::cli::open_errors::cannot_open;
use crate::store::factory::{self, StoreOptions};

/// Positions tried per file.
const PLACES: usize = 64;

/// The position of a flipped bit.
#[derive(Debug)]
pub struct FlippedBit {
    /// The file, below the copy's folder.
    pub file: PathBuf,
    /// Offset of the byte.
    pub offset: usize,
}

/// Flips one bit in the copy at `dir` such that an audit finds a damaged deposit; `None` if no such bit was found. `is_deposit` says
/// whether there is a deposit at this index in the block of this height.
///
/// # Errors
///
/// The copy cannot be opened, read or written.
pub fn flip_a_bit(dir: &Path, is_deposit: impl Fn(u64, u64) -> bool) -> Result<Option<FlippedBit>, CliError> {
    // Opening the database flushes its write-ahead log into files.
    drop(factory::open(dir, &StoreOptions::default()).map_err(|error| cannot_open(dir, &error))?);
    let io = |error: std::io::Error| CliError::io(dir, &error);
    let entries = fs::read_dir(dir.join("db")).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(io)?;
    let mut files: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sst"));
    // The largest files first: they contain the records.
    files.sort_by_cached_key(|path| std::cmp::Reverse(path.metadata().map_or(0, |found| found.len())));
    for path in files {
        let whole = fs::read(&path).map_err(io)?;
        // The ends of a file contain no typical records.
        for place in (PLACES / 4..PLACES).chain(1..PLACES / 4) {
            let offset = whole.len() * place / PLACES;
            let mut damaged = whole.clone();
            let Some(byte) = damaged.get_mut(offset) else { continue };
            *byte ^= 1;
            fs::write(&path, &damaged).map_err(io)?;
            if names_a_deposit(dir, &is_deposit) {
                let file = path.strip_prefix(dir).unwrap_or(&path).to_owned();
                return Ok(Some(FlippedBit { file, offset }));
            }
        }
        fs::write(&path, &whole).map_err(io)?;
    }
    Ok(None)
}

fn names_a_deposit(dir: &Path, is_deposit: impl Fn(u64, u64) -> bool) -> bool {
    let Ok(store) = factory::open_read_only(dir, &StoreOptions::default()) else { return false };
    let options = AuditOptions { signatures: false, ..AuditOptions::default() };
    let is_located = |finding: &Finding| {
        let place = finding.index.zip(finding.height).filter(|_| finding.fault == Fault::Damaged);
        place.is_some_and(|(index, height)| is_deposit(index.0, height.0))
    };
    walk(&store, &options, |_| {}).is_ok_and(|report| report.findings.iter().any(is_located))
}
