//! How long RocksDB's MANIFEST is: the evidence that its end was not cut off.
//!
//! The MANIFEST names the tables and logs of the database, one record an edit. Its records have checksums, but nothing in
//! it says how many there should be: RocksDB takes a file that was cut off between two records for an older state, and
//! deletes the tables that only the lost records named. So the checkpoint file records how many bytes there were.
//!
//! # Invariants
//!
//! A length is recorded only after those bytes were fsynced: a power cut never leaves a shorter MANIFEST than recorded.
//!
//! What is appended after the last recording can still be cut off unnoticed by this check. Then nothing is lost: an edit
//! for a flush follows, in the MANIFEST, the edits that record the closed logs, and RocksDB refuses a database whose
//! recorded log is missing; a lost edit for a compaction leaves the MANIFEST naming deleted tables, which is refused.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::files::regular;

/// Most bytes of a file `CURRENT`.
const CURRENT_MAX: usize = 4_096;

/// Which MANIFEST, and how many bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// The number in its name. RocksDB numbers them upwards.
    pub number: u64,
    /// Bytes.
    pub length: u64,
}

impl Extent {
    /// Of the MANIFEST that the database in `folder` uses.
    ///
    /// # Errors
    ///
    /// The disk's; [`io::ErrorKind::InvalidData`] when `CURRENT` names no MANIFEST.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let (number, path) = current(folder)?;
        Ok(Self { number, length: regular::open_own(&path)?.metadata()?.len() })
    }

    /// Whether a database whose MANIFEST has this extent may be the one for which `recorded` was recorded.
    #[must_use]
    pub const fn reaches(&self, recorded: &Self) -> bool {
        // A higher number: RocksDB has begun a new MANIFEST since, with all that the one before named.
        self.number > recorded.number || (self.number == recorded.number && self.length >= recorded.length)
    }
}

fn current(folder: &Path) -> io::Result<(u64, PathBuf)> {
    let named = regular::read_own(&folder.join("CURRENT"), CURRENT_MAX)?;
    let named = String::from_utf8_lossy(&named);
    let name = named.trim_end();
    let number = name.strip_prefix("MANIFEST-").and_then(|digits| digits.parse().ok());
    let number = number.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("CURRENT names `{name}`, which is no MANIFEST"))
    })?;
    Ok((number, folder.join(name)))
}

/// Watches the MANIFEST of an open database grow.
#[derive(Debug)]
pub struct ManifestWatch {
    folder: PathBuf,
    file: File,
    synced: Extent,
}

impl ManifestWatch {
    /// Of the database in `folder`, whose MANIFEST is fsynced.
    ///
    /// # Errors
    ///
    /// The disk's.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let (number, path) = current(folder)?;
        let file = regular::open_own(&path)?;
        let length = file.metadata()?.len();
        file.sync_data()?;
        Ok(Self { folder: folder.to_owned(), file, synced: Extent { number, length } })
    }

    /// What is known to be durable now. One `fstat` while the MANIFEST does not grow; an fsync after it has grown, which
    /// flushes and compactions make it do, a few times a second at most.
    pub fn extent(&mut self) -> Extent {
        if let Err(error) = self.refresh() {
            // The earlier extent is still a lower bound.
            tracing::warn!(%error, "cannot tell how long the database's MANIFEST is");
        }
        self.synced
    }

    fn refresh(&mut self) -> io::Result<()> {
        let found = self.file.metadata()?;
        if found.nlink() == 0 {
            // RocksDB has begun another one and removed this.
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
