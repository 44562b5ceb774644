//! Length of RocksDB's MANIFEST, recorded in the checkpoint file to detect a truncated MANIFEST.
//!
//! The MANIFEST lists the SST files and write-ahead logs of the database, with one record for each edit. Its records
//! have checksums, but it does not record their number. RocksDB takes a file that was truncated between two records for
//! an older state, and deletes the SST files that only the lost records named. So the checkpoint file records the
//! length of the MANIFEST.
//!
//! # Invariants
//!
//! A length is recorded only after those bytes were fsynced: after a power cut the MANIFEST is never shorter than
//! recorded.
//!
//! This check does not detect the loss of edits that were appended after the last recording. Other checks do. The edit
//! of a flush follows the edits that record the closed logs, and RocksDB refuses a database whose recorded log is
//! missing. Without the edit of a compaction, the MANIFEST names deleted SST files, and RocksDB refuses it.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::files::regular;

/// Maximum length of the file `CURRENT` in bytes.
const CURRENT_MAX: usize = 4_096;

/// Number and length of a MANIFEST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The number in its name. RocksDB assigns increasing numbers.
    pub number: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl Extent {
    /// Reads the extent of the MANIFEST that the database in `folder` uses.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk; [`io::ErrorKind::InvalidData`] when `CURRENT` names no MANIFEST.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let (number, path) = current(folder)?;
        Ok(Self { number, length: regular::open_own(&path)?.metadata()?.len() })
    }

    /// Whether the MANIFEST is complete up to the extent `recorded`.
    #[must_use]
    pub const fn reaches(&self, recorded: &Self) -> bool {
        // A higher number: RocksDB has started a new MANIFEST since, with the whole content of the previous one.
        self.number > recorded.number || (self.number == recorded.number && self.length >= recorded.length)
    }
}

fn current(folder: &Path) -> io::Result<(u64, PathBuf)> {
    let named = regular::read_own(&folder.join("CURRENT"), CURRENT_MAX)?;
    let named = String::from_utf8_lossy(&named);
    let name = named.trim_end();
    let number = name.strip_prefix("MANIFEST-").and_then(|digits| digits.parse().ok());
    let number = number.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("CURRENT names `{name}`, which is not a MANIFEST"))
    })?;
    Ok((number, folder.join(name)))
}

/// Tracks the durable length of the MANIFEST of an open database.
#[derive(Debug)]
pub struct ManifestWatch {
    folder: PathBuf,
    file: File,
    synced: Extent,
}

impl ManifestWatch {
    /// Opens and fsyncs the MANIFEST of the database in `folder`.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let (number, path) = current(folder)?;
        let file = regular::open_own(&path)?;
        let length = file.metadata()?.len();
        file.sync_data()?;
        Ok(Self { folder: folder.to_owned(), file, synced: Extent { number, length } })
    }

    /// The extent that is known to be durable. Costs one `fstat`, and an fsync if the MANIFEST has grown: at flushes
    /// and compactions, at most a few times a second.
    pub fn extent(&mut self) -> Extent {
        if let Err(error) = self.refresh() {
            // The earlier extent is still a lower bound.
            tracing::warn!(%error, "cannot read the length of the database's MANIFEST; the previous length is still valid");
        }
        self.synced
    }

    fn refresh(&mut self) -> io::Result<()> {
        let found = self.file.metadata()?;
        if found.nlink() == 0 {
            // RocksDB has started a new MANIFEST and removed this one.
            *self = Self::new(&self.folder)?;
        } else if found.len() != self.synced.length {
            self.file.sync_data()?;
            self.synced.length = found.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    fn database() -> (tempfile::TempDir, File) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("CURRENT"), "MANIFEST-000007\n").unwrap();
        let mut manifest = File::create(folder.path().join("MANIFEST-000007")).unwrap();
        manifest.write_all(b"edit").unwrap();
        (folder, manifest)
    }

    #[test]
    fn a_watch_follows_a_manifest_that_grows_and_one_that_takes_its_place() {
        let (folder, mut manifest) = database();
        let mut watch = ManifestWatch::new(folder.path()).unwrap();
        assert_eq!(watch.extent(), Extent { number: 7, length: 4 });
        manifest.write_all(b"more").unwrap();
        assert_eq!(watch.extent(), Extent { number: 7, length: 8 });
        fs::write(folder.path().join("MANIFEST-000012"), "all").unwrap();
        fs::write(folder.path().join("CURRENT"), "MANIFEST-000012\n").unwrap();
        assert_eq!(watch.extent(), Extent { number: 7, length: 8 });
        fs::remove_file(folder.path().join("MANIFEST-000007")).unwrap();
        assert_eq!(watch.extent(), Extent { number: 12, length: 3 });
        assert_eq!(Extent::read(folder.path()).unwrap(), watch.extent());
    }

    #[test]
    fn a_shorter_or_an_earlier_manifest_does_not_reach_what_was_recorded() {
        let recorded = Extent { number: 7, length: 100 };
        let reaches = |number, length| Extent { number, length }.reaches(&recorded);
        assert!(reaches(7, 100) && reaches(7, 101) && reaches(8, 1));
        assert!(!reaches(7, 99) && !reaches(6, 1_000));
    }

    #[test]
    fn a_current_that_names_no_manifest_is_an_error() {
        let (folder, _) = database();
        fs::write(folder.path().join("CURRENT"), "MANIFEST-x\n").unwrap();
        assert_eq!(Extent::read(folder.path()).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
