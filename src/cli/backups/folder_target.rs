//! Copies a ledger's folder into a new folder, durably, and reuses files that an earlier copy has.
//!
//! # Invariants
//!
//! A file is reused only if it never changes after it was written (SST files of the database, encrypted originals), if source and
//! earlier copy both have the SHA-256 of the earlier copy's list, and the file system has hard links. Reused files are hard links: the
//! same bytes on the disk, also when the earlier copy is removed. Every other file is copied, so that no copy changes with another.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::cli::backups::list::{Backup, ListedFile};
use crate::cli::backups::walk::CopyTarget;
use crate::cli::exit::CliError;
use crate::cli::filing_service::ORIGINALS;
use crate::files::regular;

const PIECE: usize = 1024 * 1024;
/// Mode of folders in a copy: all of it is private.
pub const FOLDER_MODE: u32 = 0o700;
/// Mode of files in a copy.
pub const FILE_MODE: u32 = 0o600;

/// An earlier copy of the same ledger.
#[derive(Debug)]
pub struct EarlierCopy {
    /// Its folder.
    pub folder: PathBuf,
    /// Its list.
    pub list: Backup,
}

/// How many files, and how many bytes in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileCount {
    /// Files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
}

impl FileCount {
    const fn add(&mut self, bytes: u64) {
        self.files += 1;
        self.bytes += bytes;
    }
}

/// A new folder that a ledger's folder is copied into.
pub struct FolderTarget<'a> {
    root: PathBuf,
    earlier: Option<&'a EarlierCopy>,
    progress: &'a dyn Fn(u64),
    /// All files so far.
    pub files: Vec<ListedFile>,
    /// The files that were written.
    pub copied: FileCount,
    /// The files that were reused from the earlier copy.
    pub reused: FileCount,
    /// Files of the earlier copy that differ from its list.
    pub damaged: Vec<String>,
}

impl<'a> FolderTarget<'a> {
    /// Makes the folder `root`, which must not exist. Calls `progress` with the size of every piece that is done.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn new(root: &Path, earlier: Option<&'a EarlierCopy>, progress: &'a dyn Fn(u64)) -> Result<Self, CliError> {
        DirBuilder::new().mode(FOLDER_MODE).create(root).map_err(|error| CliError::io(root, &error))?;
        let root = root.to_owned();
        let (copied, reused) = (FileCount::default(), FileCount::default());
        Ok(Self { root, earlier, progress, files: Vec::new(), copied, reused, damaged: Vec::new() })
    }

    /// Makes the names in the folder durable.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn sync(&self) -> Result<(), CliError> {
        File::open(&self.root).and_then(|folder| folder.sync_all()).map_err(|error| CliError::io(&self.root, &error))
    }

    /// Links the file from the earlier copy, if it is the same.
    fn reuse(&mut self, from: &Path, path: &Path) -> Result<Option<ListedFile>, CliError> {
        let name = path.to_string_lossy();
        let Some(earlier) = self.earlier.filter(|_| is_immutable(path)) else { return Ok(None) };
        let Some(listed) = earlier.list.files.get(&*name) else { return Ok(None) };
        let size = fs::symlink_metadata(from).map_err(|error| CliError::io(from, &error))?.len();
        if size != listed.size || digest_of(from)? != listed.sha256 {
            return Ok(None);
        }
        let before = earlier.folder.join(path);
        if !digest_of(&before).is_ok_and(|digest| digest == listed.sha256) {
            self.damaged.push(name.into_owned());
            return Ok(None);
        }
        let to = self.root.join(path);
        if let Err(error) = fs::hard_link(&before, &to) {
            return if has_no_links(&error) { Ok(None) } else { Err(CliError::io(&to, &error)) };
        }
        (self.progress)(size);
        Ok(Some(listed.clone()))
    }

    /// Each error names the file that could not be read or written.
    fn copy(&self, from: &Path, path: &Path) -> Result<ListedFile, CliError> {
        let to = self.root.join(path);
        let written = |error| CliError::io(&to, &error);
        let mut target = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&to).map_err(written)?;
        let (size, sha256) = read_through(from, &mut |piece| {
            target.write_all(piece).map_err(written)?;
            (self.progress)(piece.len() as u64);
            Ok(())
        })?;
        target.sync_all().map_err(written)?;
        Ok(ListedFile { path: path.to_string_lossy().into_owned(), size, sha256 })
    }
}

impl CopyTarget for FolderTarget<'_> {
    fn begin_folder(&mut self, path: &Path) -> Result<(), CliError> {
        let to = self.root.join(path);
        DirBuilder::new().mode(FOLDER_MODE).create(&to).map_err(|error| CliError::io(&to, &error))
    }

    fn file(&mut self, from: &Path, path: &Path) -> Result<(), CliError> {
        let file = if let Some(file) = self.reuse(from, path)? {
            self.reused.add(file.size);
            file
        } else {
            let file = self.copy(from, path)?;
            self.copied.add(file.size);
            file
        };
        self.files.push(file);
        Ok(())
    }

    fn end_folder(&mut self, path: &Path) -> Result<(), CliError> {
        let to = self.root.join(path);
        File::open(&to).and_then(|folder| folder.sync_all()).map_err(|error| CliError::io(&to, &error))
    }
}

/// Whether a file with this path never changes once it is complete.
fn is_immutable(path: &Path) -> bool {
    let is_table = path.starts_with("db") && path.extension().is_some_and(|extension| extension == "sst");
    is_table || path.starts_with(ORIGINALS)
}

/// Whether a hard link failed because the file system has none, or no more of this file.
fn has_no_links(error: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, TooManyLinks, Unsupported};
    matches!(error.kind(), CrossesDevices | PermissionDenied | TooManyLinks | Unsupported)
}

/// The SHA-256 of a regular file in lower-case hex.
fn digest_of(path: &Path) -> Result<String, CliError> {
    Ok(read_through(path, &mut |_| Ok(()))?.1)
}

/// Reads a regular file, calls `each` with every piece, and returns its size and SHA-256 in lower-case hex.
///
/// # Errors
///
/// [`CliError`], also that of `each`.
pub fn read_through(
    path: &Path,
    each: &mut dyn FnMut(&[u8]) -> Result<(), CliError>,
) -> Result<(u64, String), CliError> {
    let read = |error| CliError::io(path, &error);
    let mut source = regular::open_own(path).map_err(read)?;
    let (mut size, mut hash, mut piece) = (0, Sha256::new(), vec![0; PIECE]);
    loop {
        let count = source.read(&mut piece).map_err(read)?;
        let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        hash.update(bytes);
        each(bytes)?;
        size += count as u64;
    }
    Ok((size, hex::encode(hash.finalize())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;
    use crate::cli::backups::list::BackupList;
    use crate::cli::backups::walk::{PARTS, Source};
    use crate::ledger::block::Height;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::{Name, Signer};
    use crate::ledger::merkle::shape::TreeSize;
    use crate::ledger::time::Timestamp;
    use crate::store::traits::Published;

    fn sample(from: &Path) {
        for folder in ["db", "originals/07"] {
            fs::create_dir_all(from.join(folder)).unwrap();
        }
        for (name, bytes) in [
            ("db/000007.sst", "rows"),
            ("originals/07/object", "sealed"),
            ("ledger.key", "k"),
            ("next.key", "n"),
            ("platform.key", "p"),
            ("mark", "m"),
            ("lock", ""),
            ("notes.txt", "mine"),
        ] {
            fs::write(from.join(name), bytes).unwrap();
        }
    }

    fn list(files: Vec<ListedFile>) -> Backup {
        let origin = Name::parse("a/b").unwrap();
        let checkpoint = Checkpoint { origin: origin.clone(), size: TreeSize(2), root: Digest::ZERO };
        let checkpoint = checkpoint.sign(&Signer::new(origin, &[1; 32]).unwrap()).unwrap();
        let (height, block_hash) = (Height(0), Digest::ZERO);
        let published = Published { checkpoint, height, block_hash, block_time: Timestamp::EPOCH };
        Backup::parse(&BackupList::new(Timestamp::EPOCH, &published, files).to_bytes().unwrap()).unwrap()
    }

    fn copied(
        from: &Path,
        to: &Path,
        earlier: Option<&EarlierCopy>,
    ) -> (Vec<ListedFile>, FileCount, FileCount, Vec<String>) {
        let mut target = FolderTarget::new(to, earlier, &|_| {}).unwrap();
        Source::whole(from, &from.join(ORIGINALS)).copy_to(&mut target).unwrap();
        (target.files, target.copied, target.reused, target.damaged)
    }

    #[test]
    fn a_copy_holds_all_that_a_restore_needs_and_nothing_else() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        sample(&from);
        fs::set_permissions(from.join("platform.key"), fs::Permissions::from_mode(0o644)).unwrap();
        let progress = std::cell::Cell::new(0);
        let count = |bytes| progress.set(progress.get() + bytes);
        let originals = from.join(ORIGINALS);
        let source = Source::whole(&from, &originals);
        source.copy_to(&mut FolderTarget::new(&to, None, &count).unwrap()).unwrap();
        assert_eq!((progress.get(), source.size().unwrap()), (14, 14));
        for (name, bytes) in [("originals/07/object", "sealed"), ("platform.key", "p"), ("db/000007.sst", "rows")] {
            assert_eq!(fs::read_to_string(to.join(name)).unwrap(), bytes, "{name}");
        }
        let mode = |name: &str| fs::metadata(to.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("originals/07"), mode("db"), mode("platform.key")), (0o700, 0o700, 0o600));
        assert!(!to.join("lock").exists() && !to.join("notes.txt").exists());
        // Without the successor's key.
        let parts: Vec<_> = PARTS.into_iter().filter(|part| *part != "next.key").collect();
        let second = scratch.path().join("second");
        let source = Source { parts: &parts, ..source };
        source.copy_to(&mut FolderTarget::new(&second, None, &|_| {}).unwrap()).unwrap();
        assert!(second.join("ledger.key").exists() && !second.join("next.key").exists());
    }

    #[test]
    fn immutable_files_that_did_not_change_are_linked_and_all_others_copied() {
        let scratch = tempfile::tempdir().unwrap();
        let [from, first, second] = ["from", "first", "second"].map(|name| scratch.path().join(name));
        sample(&from);
        fs::write(from.join("db/000008.sst"), "more").unwrap();
        fs::write(from.join("db/000009.sst"), "again").unwrap();
        let (files, ..) = copied(&from, &first, None);
        let earlier = EarlierCopy { folder: first.clone(), list: list(files) };
        // As many bytes, others; in the source, and in the earlier copy.
        fs::write(from.join("db/000008.sst"), "MORE").unwrap();
        fs::write(first.join("db/000009.sst"), "AGAIN").unwrap();
        fs::write(from.join("db/000010.sst"), "new").unwrap();
        let (files, written, reused, damaged) = copied(&from, &second, Some(&earlier));
        let inode = |folder: &Path, name: &str| fs::metadata(folder.join(name)).unwrap().ino();
        for (name, bytes, is_link) in [
            ("db/000007.sst", "rows", true),
            ("originals/07/object", "sealed", true),
            ("db/000008.sst", "MORE", false),
            ("db/000009.sst", "again", false),
            ("db/000010.sst", "new", false),
            ("mark", "m", false),
            ("ledger.key", "k", false),
        ] {
            assert_eq!(fs::read_to_string(second.join(name)).unwrap(), bytes, "{name}");
            let is_same = first.join(name).exists() && inode(&first, name) == inode(&second, name);
            assert_eq!(is_same, is_link, "{name}");
        }
        assert_eq!(damaged, ["db/000009.sst"]);
        assert_eq!(reused, FileCount { files: 2, bytes: 10 });
        assert_eq!(written, FileCount { files: 7, bytes: 4 + 5 + 3 + 4 });
        assert!(list(files).files.contains_key("db/000010.sst"));
    }

    #[test]
    fn links_and_special_files_are_refused_before_anything_is_copied() {
        for name in ["platform.key", "originals", "mark", "db", "db/000008.sst", "originals/07/other"] {
            let scratch = tempfile::tempdir().unwrap();
            let (from, outside) = (scratch.path().join("from"), scratch.path().join("outside"));
            sample(&from);
            fs::create_dir(&outside).unwrap();
            let path = from.join(name);
            let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
            symlink(&outside, &path).unwrap();
            let originals = from.join(ORIGINALS);
            let source = Source::whole(&from, &originals);
            let refused = source.size().unwrap_err();
            assert_eq!(refused.code, "not_a_file", "{name}");
            assert!(refused.en.contains(name), "{}", refused.en);
            let mut target = FolderTarget::new(&scratch.path().join("to"), None, &|_| {}).unwrap();
            assert_eq!(source.copy_to(&mut target).unwrap_err().code, "not_a_file", "{name}");
        }
    }

    #[test]
    fn an_error_names_the_file_that_failed() {
        let scratch = tempfile::tempdir().unwrap();
        let (from, to) = (scratch.path().join("from"), scratch.path().join("to"));
        fs::write(&from, "bytes").unwrap();
        let mut target = FolderTarget::new(&to, None, &|_| {}).unwrap();
        fs::write(to.join("there"), "there").unwrap();
        let error = target.file(&from, Path::new("there")).unwrap_err();
        assert!(error.en.starts_with(&*to.to_string_lossy()), "{}", error.en);
        assert!(target.file(&from.join("none"), Path::new("x")).unwrap_err().en.contains("none"));
    }
}
