//! The digests of a file: SHA-256, SM3 or both in one pass, in bounded memory whatever its size.
//!
//! For a large file one thread computes the slower digest; the other one reads ahead and computes the other digest, over shared pieces. A
//! file that changes while it is read is rejected, since its digest would match no version of it.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use sha2::Digest as _;

use crate::cli::exit::CliError;
use crate::files::{reason, regular};
use crate::ledger::hash::Digest;
use crate::ledger::manifest::item::WantedDigests;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::content::{Content, FileDigests, Form};

/// Bytes per piece, which should stay in a core's cache from reading to hashing.
const PIECE: usize = 256 * 1024;
/// Pieces in flight: 2 MiB for a file of any size.
const PIECES: usize = 8;
/// Files up to this size are hashed on one thread, since starting another one takes longer.
const SMALL: u64 = 256 * 1024;

/// Why a file has no digests.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// It cannot be read, or is not a regular file.
    #[error("{}: {}", path.display(), reason::english(.source))]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It changed while it was read.
    #[error("{}: the file is being written to; deposit it when the writer is done", .0.display())]
    Changed(PathBuf),
}

impl From<DigestError> for CliError {
    fn from(error: DigestError) -> Self {
        let en = error.to_string();
        match error {
            DigestError::Unreadable { path, source } => Self::io(&path, &source),
            DigestError::Changed(path) => {
                Self::unable("file_changed", format!("{}：文件正在被写入。请等写入完成后再存证", path.display()), en)
            }
        }
    }
}

/// Computes both digests of the file at `path`, after `salt` if one is given. Calls `read` with the size of every piece.
///
/// # Errors
///
/// [`DigestError`].
pub fn measure(
    path: &Path,
    salt: Option<&[u8; SALT_LEN]>,
    read: &(dyn Fn(u64) + Sync),
) -> Result<FileDigests, DigestError> {
    let both = Hashing::begin(salt, true, true);
    let (Hashing { sha256: Some(sha256), sm3: Some(sm3) }, size) = hash_unchanged(path, both, read)? else {
        let source = io::Error::other("a hashing thread ended early");
        return Err(DigestError::Unreadable { path: path.to_owned(), source });
    };
    Ok(FileDigests { size, sha256: digest(sha256), sm3: digest(sm3) })
}

/// The digests and the size of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileContent {
    /// Its digests.
    pub content: Content,
    /// Its size, which is not in the content of salted digests.
    pub size: u64,
}

/// As [`measure`], but only the wanted digests.
///
/// # Errors
///
/// [`DigestError`].
pub fn content(
    path: &Path,
    salt: Option<&[u8; SALT_LEN]>,
    wanted: WantedDigests,
    read: &(dyn Fn(u64) + Sync),
) -> Result<FileContent, DigestError> {
    let (hashing, size) = hash_unchanged(path, Hashing::begin(salt, wanted.sha256, wanted.sm3), read)?;
    let form = if salt.is_some() { Form::Salted } else { Form::Plain { size } };
    let content = Content { form, sha256: hashing.sha256.map(digest), sm3: hashing.sm3.map(digest) };
    Ok(FileContent { content, size })
}

/// Digests in progress.
#[derive(Default, Clone)]
struct Hashing {
    sha256: Option<sha2::Sha256>,
    sm3: Option<sm3::Sm3>,
}

impl Hashing {
    fn begin(salt: Option<&[u8; SALT_LEN]>, sha256: bool, sm3: bool) -> Self {
        let salt = salt.map_or(&[][..], |salt| salt);
        let mut hashing = Self { sha256: sha256.then(sha2::Sha256::new), sm3: sm3.then(sm3::Sm3::new) };
        hashing.update(salt);
        hashing
    }

    fn update(&mut self, bytes: &[u8]) {
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
        if let Some(sm3) = &mut self.sm3 {
            sm3.update(bytes);
        }
    }

    /// Splits off the digest for the other thread: SM3, which takes several times as long as SHA-256.
    fn slower(&mut self) -> Self {
        match self.sm3.take() {
            Some(sm3) => Self { sm3: Some(sm3), sha256: None },
            None => std::mem::take(self),
        }
    }

    fn and(self, other: Self) -> Self {
        Self { sha256: self.sha256.or(other.sha256), sm3: self.sm3.or(other.sm3) }
    }
}

fn digest(hash: impl sha2::Digest<OutputSize = sha2::digest::consts::U32>) -> Digest {
    Digest(hash.finalize().into())
}

fn hash_unchanged(path: &Path, hashing: Hashing, read: &(dyn Fn(u64) + Sync)) -> Result<(Hashing, u64), DigestError> {
    let unreadable = |source| DigestError::Unreadable { path: path.to_owned(), source };
    let file = regular::open(path).map_err(unreadable)?;
    let before = file.metadata().map_err(unreadable)?;
    let (hashing, size) = hash(&file, before.len(), hashing, read).map_err(unreadable)?;
    let after = file.metadata().map_err(unreadable)?;
    if state(&before) != state(&after) || size != after.len() {
        return Err(DigestError::Changed(path.to_owned()));
    }
    Ok((hashing, size))
}

/// The metadata that changes with a file's content.
fn state(metadata: &Metadata) -> (u64, i64, i64, i64, i64) {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec())
}

fn hash(file: &File, expected: u64, hashing: Hashing, read: &(dyn Fn(u64) + Sync)) -> io::Result<(Hashing, u64)> {
    // Stops after one byte too many, since a growing file may never end.
    let mut file = file.take(expected.saturating_add(1));
    if expected <= SMALL { at_once(&mut file, expected, hashing, read) } else { in_threads(&mut file, hashing, read) }
}

/// Hashes on this thread.
fn at_once(
    file: &mut impl Read,
    expected: u64,
    mut hashing: Hashing,
    read: &(dyn Fn(u64) + Sync),
) -> io::Result<(Hashing, u64)> {
    let mut piece = Piece::of(usize::try_from(expected).unwrap_or(PIECE).saturating_add(1).min(PIECE));
    let mut size = 0;
    while piece.fill(file)? {
        hashing.update(piece.bytes());
        size += piece.bytes().len() as u64;
        read(piece.bytes().len() as u64);
    }
    Ok((hashing, size))
}

fn in_threads(file: &mut impl Read, mut own: Hashing, read: &(dyn Fn(u64) + Sync)) -> io::Result<(Hashing, u64)> {
    let gone = || io::Error::other("a hashing thread ended early");
    let mut spare: Vec<Piece> = (0..PIECES).map(|_| Piece::of(PIECE)).collect();
    let (back, free) = channel();
    thread::scope(|scope| {
        let (send, pieces) = channel();
        let (whole, others) = (own.clone(), own.slower());
        let started = thread::Builder::new().spawn_scoped(scope, move || hash_pieces(others, &pieces, &back));
        // If the system starts no thread, this one does all the work.
        let Ok(other) = started else { return at_once(file, u64::MAX, whole, read) };
        let mut size = 0;
        loop {
            let mut piece = match spare.pop() {
                Some(piece) => piece,
                None => free.recv().map_err(|_| gone())?,
            };
            if !piece.fill(file)? {
                break;
            }
            size += piece.bytes().len() as u64;
            read(piece.bytes().len() as u64);
            let piece = Arc::new(piece);
            send.send(Arc::clone(&piece)).map_err(|_| gone())?;
            own.update(piece.bytes());
            // The last user of a piece reuses it.
            spare.extend(Arc::into_inner(piece));
        }
        drop(send);
        Ok((own.and(other.join().map_err(|_| gone())?), size))
    })
}

fn hash_pieces(mut hashing: Hashing, pieces: &Receiver<Arc<Piece>>, back: &Sender<Piece>) -> Hashing {
    for piece in pieces {
        hashing.update(piece.bytes());
        if let Some(piece) = Arc::into_inner(piece) {
            // The receiver is gone when the file is read.
            let _ = back.send(piece);
        }
    }
    hashing
}

/// A reusable buffer with bytes of a file.
struct Piece {
    buffer: Vec<u8>,
    filled: usize,
}

impl Piece {
    fn of(size: usize) -> Self {
        Self { buffer: vec![0; size], filled: 0 }
    }

    /// Reads until the buffer is full or the file ends; whether anything was read.
    fn fill(&mut self, file: &mut impl Read) -> io::Result<bool> {
        self.filled = 0;
        while let Some(rest) = self.buffer.get_mut(self.filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest) {
                Ok(0) => break,
                Ok(count) => self.filled += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.filled > 0)
    }

    fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.filled).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::process::Command;

    use super::*;

    fn file_of(length: usize) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("证据 1.bin");
        let bytes: Vec<u8> = (0..length).map(|i| (i * 31 % 251).to_le_bytes()[0]).collect();
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn openssl(algorithm: &str, path: &Path) -> String {
        let output = Command::new("openssl").args(["dgst", algorithm, "-r"]).arg(path).output().unwrap();
        assert!(output.status.success(), "openssl cannot compute {algorithm}");
        String::from_utf8(output.stdout).unwrap()[..64].to_owned()
    }

    #[test]
    fn openssl_computes_the_same_digests() {
        for length in [1, 1000, PIECE - 1, PIECE, PIECE + 1, 5 * PIECE + 17] {
            let (_folder, path) = file_of(length);
            let measured = measure(&path, None, &|_| {}).unwrap();
            assert_eq!(measured.size, length as u64);
            assert_eq!(measured.sha256.to_string(), openssl("-sha256", &path));
            assert_eq!(measured.sm3.to_string(), openssl("-sm3", &path));
        }
    }

    #[test]
    fn only_what_is_wanted_is_computed_and_it_is_the_same() {
        for (length, salt) in [(9, None), (9, Some(&[7; 32])), (3 * PIECE + 1, None), (3 * PIECE + 1, Some(&[7; 32]))] {
            let (_folder, path) = file_of(length);
            let FileDigests { size, sha256, sm3 } = measure(&path, salt, &|_| {}).unwrap();
            let form = if salt.is_some() { Form::Salted } else { Form::Plain { size } };
            for (with_sha256, with_sm3) in [(true, true), (true, false), (false, true)] {
                let wanted = WantedDigests { sha256: with_sha256, sm3: with_sm3 };
                let FileContent { content, size } = content(&path, salt, wanted, &|_| {}).unwrap();
                let (sha256, sm3) = (with_sha256.then_some(sha256), with_sm3.then_some(sm3));
                assert_eq!((content, size), (Content { form, sha256, sm3 }, length as u64));
            }
        }
    }

    #[test]
    fn a_salt_stands_before_the_file() {
        for length in [10, 3 * PIECE] {
            let (folder, path) = file_of(length);
            let salted = folder.path().join("salted");
            fs::write(&salted, [&[7; 32][..], &fs::read(&path).unwrap()].concat()).unwrap();
            let by_salt = measure(&path, Some(&[7; 32]), &|_| {}).unwrap();
            let by_hand = measure(&salted, None, &|_| {}).unwrap();
            assert_eq!((by_salt.sha256, by_salt.sm3), (by_hand.sha256, by_hand.sm3));
            assert_eq!(by_salt.size, length as u64);
        }
    }

    #[test]
    fn a_file_that_grows_or_changes_while_it_is_read_is_refused() {
        for length in [100, 3 * PIECE] {
            let (_folder, path) = file_of(length);
            let grow = |_| OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").unwrap();
            assert!(matches!(measure(&path, None, &grow), Err(DigestError::Changed(_))));
            let (_folder, path) = file_of(length);
            let shrink = |_| OpenOptions::new().write(true).open(&path).unwrap().set_len(1).unwrap();
            assert!(matches!(measure(&path, None, &shrink), Err(DigestError::Changed(_))));
            let (_folder, path) = file_of(length);
            let touch = |_| OpenOptions::new().write(true).open(&path).unwrap().write_all(b"!").unwrap();
            let only = WantedDigests { sha256: true, sm3: false };
            assert!(matches!(content(&path, None, only, &touch), Err(DigestError::Changed(_))));
        }
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let code = |path: &Path| CliError::from(measure(path, None, &|_| {}).unwrap_err()).code;
        assert_eq!((code(folder.path()), code(Path::new("/dev/null"))), ("not_a_file".into(), "not_a_file".into()));
        assert_eq!(code(&folder.path().join("x")), "io");
    }

    #[test]
    fn progress_hears_of_every_byte() {
        let (_folder, path) = file_of(3 * PIECE + 5);
        let heard = std::sync::atomic::AtomicU64::new(0);
        measure(&path, None, &|count| _ = heard.fetch_add(count, std::sync::atomic::Ordering::Relaxed)).unwrap();
        assert_eq!(heard.into_inner(), 3 * PIECE as u64 + 5);
    }
}
