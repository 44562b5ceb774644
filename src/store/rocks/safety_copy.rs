//! Safety copy of the database's files, made of hard links, which exists until RocksDB's recovery is verified.
//!
//! When RocksDB opens a database for writing, it replays the write-ahead log into SST files and deletes the log. If it
//! reads only a part of the log (a read that ends early, a disk that loses a sector), the rest is lost. So hard links
//! keep the files until the recovered database was compared with the checkpoint file:
//!
//! ```text
//! make        db/ ─ links ─▶ .tiezheng-new-safety-copy ─▶ .tiezheng-safety-copy
//! discard     .tiezheng-safety-copy ─▶ .tiezheng-discarded ─▶ removed         the recovered database is complete
//! roll back   db/ ─▶ .tiezheng-discarded, .tiezheng-safety-copy ─▶ db/       it is not, or this is unknown
//! ```
//!
//! # Invariants
//!
//! While `.tiezheng-safety-copy` exists, it is the ledger's valid database, whatever `db/` contains: no deposit was
//! acknowledged since it was made. Each step is a rename and an fsync of the folder, so a crash leaves one of these
//! states.
//!
//! RocksDB never changes the files that exist when it opens a database: it writes new files and removes names.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::files::placing::is_unsupported;
use crate::store::rocks::folder::{DISCARDED, Folder, NEW_SAFETY_COPY, SAFETY_COPY};

impl Folder {
    fn safety_copy(&self) -> PathBuf {
        self.path().join(SAFETY_COPY)
    }

    /// Path of the valid database: `db`, or the safety copy if an opening was interrupted.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk.
    pub fn valid_database(&self) -> io::Result<PathBuf> {
        let copy = self.safety_copy();
        Ok(if copy.try_exists()? { copy } else { self.database() })
    }

    /// Makes a safety copy of the database's files.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk. The database is unchanged.
    pub(super) fn make_safety_copy(&self) -> io::Result<()> {
        self.make_safety_copy_with(|from, to| fs::hard_link(from, to)).inspect_err(|_| self.clear_remains())
    }

    fn make_safety_copy_with(&self, link: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
        let draft = self.path().join(NEW_SAFETY_COPY);
        remove(&draft)?;
        DirBuilder::new().mode(0o700).create(&draft)?;
        for entry in fs::read_dir(self.database())? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                link_or_copy(&entry.path(), &draft.join(entry.file_name()), &link)?;
            }
        }
        File::open(&draft)?.sync_all()?;
        fs::rename(&draft, self.safety_copy())?;
        self.sync()
    }

    /// Removes the safety copy: the database was recovered completely.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk. The copy is still valid, or is discarded and only uses disk space.
    pub(super) fn discard_safety_copy(&self) -> io::Result<()> {
        self.discard(&self.safety_copy())
    }

    /// Replaces the database by the safety copy, if there is one, and removes other remains of a failed or interrupted
    /// opening. The database must be closed.
    ///
    /// # Errors
    ///
    /// An I/O error of the disk. The next opening continues the rollback.
    pub(super) fn roll_back(&self) -> io::Result<()> {
        if self.safety_copy().try_exists()? {
            if self.database().try_exists()? {
                self.discard(&self.database())?;
            }
            fs::rename(self.safety_copy(), self.database())?;
            self.sync()?;
        }
        self.clear_remains();
        Ok(())
    }

    /// Removes folders that no opening needs: an incomplete safety copy, and discarded files.
    fn clear_remains(&self) {
        for name in [NEW_SAFETY_COPY, DISCARDED] {
            let path = self.path().join(name);
            if let Err(error) = remove(&path) {
                // It only uses disk space, and the next opening tries again.
                tracing::warn!(%error, "cannot remove {}", path.display());
            }
        }
    }

    fn discard(&self, path: &Path) -> io::Result<()> {
        let discarded = self.path().join(DISCARDED);
        remove(&discarded)?;
        fs::rename(path, &discarded)?;
        self.sync()?;
        self.clear_remains();
        Ok(())
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a hard link to a file, or a copy of it on a file system without hard links.
fn link_or_copy(from: &Path, to: &Path, link: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    match link(from, to) {
        Err(error) if are_links_unsupported(&error) => {
            fs::copy(from, to)?;
            File::open(to)?.sync_all()
        }
        linked => linked,
    }
}

/// Errors in addition to those in `files::placing`: `db` is a separate file system, or a FUSE or network file system
/// answers `EACCES` or `ENOTTY`. If the error has another cause, copying fails as well and reports it.
fn are_links_unsupported(error: &io::Error) -> bool {
    let more = [Errno::XDEV, Errno::ACCESS, Errno::NOTTY];
    Errno::from_io_error(error).is_some_and(|errno| is_unsupported(errno) || more.contains(&errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> (tempfile::TempDir, Folder) {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::new(root.path());
        fs::create_dir(folder.database()).unwrap();
        fs::write(folder.database().join("000004.log"), "rows").unwrap();
        (root, folder)
    }

    fn recovered(folder: &Folder) {
        fs::remove_file(folder.database().join("000004.log")).unwrap();
        fs::write(folder.database().join("000005.sst"), "fewer rows").unwrap();
    }

    fn names(path: &Path) -> Vec<String> {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_copy_is_valid_until_it_is_discarded() {
        let (root, folder) = folder();
        folder.make_safety_copy().unwrap();
        recovered(&folder);
        assert_eq!(names(&folder.valid_database().unwrap()), ["000004.log"]);
        folder.discard_safety_copy().unwrap();
        assert_eq!(names(&folder.valid_database().unwrap()), ["000005.sst"]);
        assert_eq!(names(root.path()), ["db"]);
    }

    /// Rolls back from each state in which a crash may leave the folder.
    #[test]
    fn rolling_back_goes_on_from_every_state() {
        for crash in 0..4 {
            let (root, folder) = folder();
            folder.make_safety_copy().unwrap();
            recovered(&folder);
            let discarded = root.path().join(DISCARDED);
            if crash > 0 {
                // Remains of an earlier crash.
                fs::create_dir(&discarded).unwrap();
                fs::write(discarded.join("old"), "").unwrap();
            }
            if crash > 1 {
                fs::remove_dir_all(&discarded).unwrap();
                fs::rename(folder.database(), &discarded).unwrap();
            }
            if crash > 2 {
                fs::remove_dir_all(&discarded).unwrap();
            }
            assert_eq!(names(&folder.valid_database().unwrap()), ["000004.log"], "{crash}");
            folder.roll_back().unwrap();
            assert_eq!(names(&folder.database()), ["000004.log"], "{crash}");
            folder.roll_back().unwrap();
            folder.make_safety_copy().unwrap();
            folder.discard_safety_copy().unwrap();
            assert_eq!(names(root.path()), ["db"], "{crash}");
        }
    }

    #[test]
    fn a_copy_that_was_cut_off_is_made_anew() {
        let (root, folder) = folder();
        let draft = root.path().join(NEW_SAFETY_COPY);
        fs::create_dir(&draft).unwrap();
        fs::write(draft.join("000003.log"), "older").unwrap();
        assert_eq!(folder.valid_database().unwrap(), folder.database());
        folder.make_safety_copy().unwrap();
        assert_eq!(names(&folder.safety_copy()), ["000004.log"]);
    }

    /// Each error by which a file system says that it has no hard links; any other ends the opening and leaves nothing.
    #[test]
    fn without_hard_links_the_files_are_copied_and_a_failed_copy_leaves_nothing() {
        for errno in [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK, Errno::XDEV, Errno::ACCESS] {
            let (root, folder) = folder();
            folder.make_safety_copy_with(|_, _| Err(errno.into())).unwrap();
            assert_eq!(fs::read(folder.safety_copy().join("000004.log")).unwrap(), b"rows", "{errno}");
            recovered(&folder);
            folder.roll_back().unwrap();
            assert_eq!((names(&folder.database()), names(root.path())), (vec!["000004.log".into()], vec!["db".into()]));
        }
        let (root, folder) = folder();
        let failed = folder.make_safety_copy_with(|_, _| Err(Errno::NOSPC.into())).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
        assert_eq!(names(root.path()), [NEW_SAFETY_COPY, "db"]);
        folder.roll_back().unwrap();
        assert_eq!(names(root.path()), ["db"]);
        // A database that cannot be listed: the draft is removed at once.
        fs::create_dir(root.path().join("other")).unwrap();
        fs::remove_dir_all(folder.database()).unwrap();
        folder.make_safety_copy().unwrap_err();
        assert_eq!(names(root.path()), ["other"]);
    }
}
