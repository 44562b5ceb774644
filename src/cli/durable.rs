//! Atomic and durable writes of files.
//!
//! A draft in the same folder is written, fsynced and renamed, and the folder is fsynced. Groups of files are flushed together, which is
//! much faster than one by one.
//!
//! A draft is locked while it is written, so that [`sweep`] recognizes the drafts of interrupted runs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::files::placing::rename_new;
use crate::files::regular;
use crate::ledger::hash::lower_hex;

/// Part of the names of all files that this program creates beside a user's files.
pub const OWN_MARK: &str = ".tiezheng-";

/// The rest of a draft's name before its random part.
const DRAFT: &str = "draft-";
/// Random bytes in a draft's name, in hex.
const DRAFT_BYTES: usize = 8;

/// Most files of a group.
const GROUP_MAX: usize = 128;
/// Concurrent flushes.
const FLUSHES: usize = 8;

/// Interval of flushes while a large file is written.
const FLUSH_EVERY: Duration = Duration::from_millis(25);

/// Writes `bytes` to `path` and replaces an existing file. `mode` as in `chmod`, less the umask.
///
/// # Errors
///
/// The file or its folder cannot be written; the old file is unchanged.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let (draft, file) = open_draft(path, bytes, mode)?;
    let placed = file.sync_all().and_then(|()| fs::rename(&draft, path));
    discard_unless(placed, &draft)?;
    sync_folder_of(path)
}

/// As [`replace`], with the output of `write`, for content that is too large for memory.
///
/// # Errors
///
/// Those of `write`, or the file or its folder cannot be written; the old file is unchanged.
pub fn replace_with<T, E: From<io::Error>>(
    path: &Path,
    mode: u32,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let (draft, mut file) = new_draft(path, mode)?;
    let written = flushed_meanwhile(&mut file, write).and_then(|value| {
        file.sync_all()?;
        fs::rename(&draft, path)?;
        Ok(value)
    });
    if written.is_err() {
        // The draft may not exist. The first error is returned.
        let _ = fs::remove_file(&draft);
    }
    let value = written?;
    sync_folder_of(path)?;
    Ok(value)
}

/// Flushes a file at intervals while it is written, so that the disk works from the beginning.
fn flushed_meanwhile<T, E: From<io::Error>>(
    file: &mut File,
    write: impl FnOnce(&mut File) -> Result<T, E>,
) -> Result<T, E> {
    let second = file.try_clone()?;
    thread::scope(|scope| {
        let (writing, written) = channel::<()>();
        let flushing = thread::Builder::new().spawn_scoped(scope, move || {
            while written.recv_timeout(FLUSH_EVERY) == Err(RecvTimeoutError::Timeout) {
                second.sync_data()?;
            }
            Ok(())
        });
        let value = write(file);
        drop(writing);
        // The system reports a lost write only once, to the first flush after it. Without a thread that is the caller's flush.
        let flushed = match flushing {
            Ok(flushing) => flushing.join().unwrap_or_else(|_| Err(ended_early())),
            Err(_) => Ok(()),
        };
        let value = value?;
        flushed?;
        Ok(value)
    })
}

/// Writes `bytes` to the new file `path`.
///
/// # Errors
///
/// As [`replace`]; [`io::ErrorKind::AlreadyExists`] if the name exists, which was not touched.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let (draft, file) = open_draft(path, bytes, mode)?;
    let placed = file.sync_all().and_then(|()| rename_new(&draft, path));
    discard_unless(placed, &draft)?;
    sync_folder_of(path)
}

/// A file to write.
#[derive(Debug)]
pub struct FileToWrite {
    /// Its path.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Its mode as in `chmod`, less the umask.
    pub mode: u32,
}

/// [`replace`] for many files; the results in order.
#[must_use]
pub fn replace_all(files: &[FileToWrite]) -> Vec<io::Result<()>> {
    write_all(files, |draft, path| fs::rename(draft, path))
}

/// [`create`] for many files; the results in order.
#[must_use]
pub fn create_all(files: &[FileToWrite]) -> Vec<io::Result<()>> {
    write_all(files, rename_new)
}

fn write_all(files: &[FileToWrite], place: impl Fn(&Path, &Path) -> io::Result<()>) -> Vec<io::Result<()>> {
    files.chunks(GROUP_MAX).flat_map(|files| write_group(files, &place)).collect()
}

fn write_group(files: &[FileToWrite], place: impl Fn(&Path, &Path) -> io::Result<()>) -> Vec<io::Result<()>> {
    let drafts: Vec<_> = files.iter().map(|file| open_draft(&file.path, &file.bytes, file.mode)).collect();
    let mut flushed = flushed(&drafts);
    let placed = files.iter().zip(&drafts).map(|(file, draft)| {
        let (draft, _) = draft.as_ref().map_err(copied)?;
        let flushed = flushed.remove(draft.as_path()).unwrap_or_else(|| Err(ended_early()));
        discard_unless(flushed.and_then(|()| place(draft, &file.path)), draft)
    });
    let placed: Vec<io::Result<()>> = placed.collect();
    let mut folders = BTreeMap::new();
    let results = files.iter().zip(placed).map(|(file, placed)| {
        placed?;
        let folder = folder_of(&file.path);
        let synced = folders.entry(folder).or_insert_with(|| File::open(folder).and_then(|folder| folder.sync_all()));
        synced.as_ref().map_err(copied).copied()
    });
    results.collect()
}

/// Flushes all drafts; the result of each.
fn flushed(drafts: &[io::Result<(PathBuf, File)>]) -> BTreeMap<&Path, io::Result<()>> {
    let left = Mutex::new(drafts.iter().filter_map(|draft| draft.as_ref().ok()));
    let flush = || {
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        let flushes = std::iter::from_fn(|| next().map(|(draft, file)| (draft.as_path(), file.sync_all())));
        flushes.collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        // If the system starts fewer threads, the existing ones flush all, at least this one.
        let start = |_| thread::Builder::new().spawn_scoped(scope, flush).ok();
        let others: Vec<_> = (1..FLUSHES.min(drafts.len())).filter_map(start).collect();
        let mut flushed: BTreeMap<_, _> = flush().into_iter().collect();
        for other in others {
            // A draft without a result counts as not flushed.
            flushed.extend(other.join().unwrap_or_default());
        }
        flushed
    })
}

fn ended_early() -> io::Error {
    io::Error::other("the flushing thread ended early")
}

fn copied(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

/// Checks that a file can be written beside `path`, without leaving one.
///
/// # Errors
///
/// The file cannot be written.
pub fn probe(path: &Path) -> io::Result<()> {
    let (draft, _held) = new_draft(path, 0o600)?;
    fs::remove_file(&draft)
}

/// Renames a file or folder within its folder, durably. An existing file is replaced.
///
/// # Errors
///
/// The folder cannot be written.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    sync_folder_of(to)
}

/// As [`rename`], without replacing anything.
///
/// # Errors
///
/// As [`rename`]; [`io::ErrorKind::AlreadyExists`]: nothing was touched.
pub fn rename_new_durably(from: &Path, to: &Path) -> io::Result<()> {
    rename_new(from, to)?;
    sync_folder_of(to)
}

/// Fsyncs the folder that `path` lies in.
///
/// # Errors
///
/// It cannot be opened or synced.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// The folder that `path` lies in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a draft, without flushing it.
fn open_draft(path: &Path, bytes: &[u8], mode: u32) -> io::Result<(PathBuf, File)> {
    let (draft, mut file) = new_draft(path, mode)?;
    discard_unless(file.write_all(bytes), &draft)?;
    Ok((draft, file))
}

/// Creates an empty draft, locked.
fn new_draft(path: &Path, mode: u32) -> io::Result<(PathBuf, File)> {
    loop {
        let draft = draft_beside(path)?;
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
        match file.try_lock() {
            // A concurrent sweep has locked it, and will remove it.
            Err(TryLockError::WouldBlock) => {}
            // Without file locks, sweeps do nothing.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok((draft, file)),
        }
    }
}

/// Removes drafts of interrupted runs in `folder`. Failures are ignored.
pub fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_file = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    for entry in entries.flatten().filter(|entry| is_draft(&entry.file_name()) && is_file(entry)) {
        let draft = entry.path();
        if let Ok(file) = regular::open(&draft)
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(&draft);
        }
    }
}

/// Whether this is the name of a draft.
#[must_use]
pub fn is_draft(name: &OsStr) -> bool {
    let digits = name.to_str().and_then(|name| name.strip_prefix(OWN_MARK)?.strip_prefix(DRAFT));
    digits.and_then(lower_hex::<DRAFT_BYTES>).is_some()
}

fn discard_unless(placed: io::Result<()>, draft: &Path) -> io::Result<()> {
    if placed.is_err() {
        // The draft may not exist. The first error is returned.
        let _ = fs::remove_file(draft);
    }
    placed
}

fn draft_beside(path: &Path) -> io::Result<PathBuf> {
    let mut random = [0; DRAFT_BYTES];
    getrandom::fill(&mut random).map_err(io::Error::other)?;
    Ok(folder_of(path).join(format!("{OWN_MARK}{DRAFT}{}", hex::encode(random))))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn replace_replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        replace(&path, b"1", 0o600).unwrap();
        replace(&path, b"2", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn create_never_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create(&path, b"1", 0o600).unwrap();
        assert_eq!(create(&path, b"2", 0o600).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"1");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn what_is_written_piece_by_piece_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let two = |file: &mut File| file.write_all(b"1").and_then(|()| file.write_all(b"2")).map(|()| 7);
        assert_eq!(replace_with(&path, 0o600, two).unwrap(), 7);
        assert_eq!(fs::read(&path).unwrap(), b"12");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let half = |file: &mut File| file.write_all(b"3").and(Err::<(), _>(io::Error::other("no more")));
        assert_eq!(replace_with(&path, 0o600, half).unwrap_err().to_string(), "no more");
        assert_eq!(fs::read(&path).unwrap(), b"12");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn each_file_of_a_group_has_its_own_result() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("other")).unwrap();
        fs::create_dir(at("a folder")).unwrap();
        let many = |first: &str| -> Vec<FileToWrite> {
            let names = (0..300).map(|n| match n {
                7 => "a folder".to_owned(),
                8 => "none/8".to_owned(),
                n if n % 2 == 0 => format!("other/{n}"),
                n => n.to_string(),
            });
            names
                .map(|name| FileToWrite { bytes: format!("{first}{name}").into_bytes(), path: at(&name), mode: 0o600 })
                .collect()
        };
        let failed = |results: &[io::Result<()>]| -> Vec<usize> {
            results.iter().enumerate().filter(|(_, results)| results.is_err()).map(|(n, _)| n).collect()
        };
        let results = create_all(&many("first "));
        assert_eq!(failed(&results), [7, 8]);
        assert_eq!(results[7].as_ref().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(results[8].as_ref().unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(failed(&create_all(&many("second "))).len(), 300, "never replaced");
        let read = |name: &str| fs::read_to_string(at(name)).unwrap();
        assert_eq!((read("1"), read("other/298")), ("first 1".into(), "first other/298".into()));
        assert_eq!(failed(&replace_all(&many("third "))), [7, 8]);
        assert_eq!((read("1"), read("other/298")), ("third 1".into(), "third other/298".into()));
        assert_eq!(fs::metadata(at("299")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!((names(folder.path()).len(), names(&at("other")).len()), (149 + 2, 149), "no draft is left");
    }

    #[test]
    fn a_sweep_removes_unlocked_drafts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (held, file) = open_draft(&path, b"1", 0o600).unwrap();
        let (left, _) = open_draft(&path, b"2", 0o600).unwrap();
        fs::write(folder.path().join(".tiezheng-draft-minutes"), "3").unwrap();
        let pipe = ".tiezheng-draft-00000000000000ff";
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, folder.path().join(pipe), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let seen = |path: &Path| replace_with(path, 0o600, |file| file.write_all(b"4").map(|()| sweep(folder.path())));
        // A process that is being started concurrently holds a copy of every descriptor, with its lock, for a moment.
        let swept = |draft: &Path| {
            (0..1_000_000).any(|_| {
                sweep(folder.path());
                thread::yield_now();
                !draft.exists()
            })
        };
        seen(&path).unwrap();
        assert!(swept(&left) && held.exists());
        drop(file);
        assert!(swept(&held));
        assert_eq!(names(folder.path()), [pipe, ".tiezheng-draft-minutes", "a"]);
        sweep(&folder.path().join("none"));
    }

    #[test]
    fn a_failed_write_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"1", 0o600).is_err());
        assert_eq!(names(folder.path()), ["a"]);
    }
}
