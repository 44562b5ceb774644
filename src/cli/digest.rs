//! The digests of a file: SHA-256 and SM3 in one pass, in bounded memory whatever its size.
//!
//! One thread reads, one hashes SHA-256, one SM3, over shared pieces that go back to the reader once both are done with
//! them. A file that changes while it is read is refused: no digest of it would be of anything that ever was.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use sha2::Digest as _;

use crate::cli::ending::Complaint;
use crate::ledger::hash::Digest;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::content::Measured;

/// Bytes of one piece.
const PIECE: usize = 1024 * 1024;
/// Pieces under way at once: 4 MiB for a file of any size.
const PIECES: usize = 4;

/// Why a file has no digests.
#[derive(Debug, thiserror::Error)]
pub enum DigestError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("{}: not a regular file", .0.display())]
    NotAFile(PathBuf),
    /// It changed while it was read. Wait until whoever writes to it is done.
    #[error("{}: the file changed while it was being read", .0.display())]
    Changed(PathBuf),
}

impl From<DigestError> for Complaint {
    fn from(error: DigestError) -> Self {
        let en = error.to_string();
        match error {
            DigestError::Unreadable { path, source } => Self::io(&path, &source),
            DigestError::NotAFile(path) => Self::unable("not_a_file", format!("{}：不是普通文件", path.display()), en),
            DigestError::Changed(path) => {
                Self::unable("file_changed", format!("{}：文件在读取过程中被修改", path.display()), en)
            }
        }
    }
}

/// Hashes the file at `path`, with `salt` before it where one is given. `read` hears of every piece read.
///
/// # Errors
///
/// [`DigestError`].
pub fn measure(
    path: &Path,
    salt: Option<&[u8; SALT_LEN]>,
    read: &(dyn Fn(u64) + Sync),
) -> Result<Measured, DigestError> {
    let unreadable = |source| DigestError::Unreadable { path: path.to_owned(), source };
    // Looked at before it is opened: to open a pipe that nobody writes to would wait for ever.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(DigestError::NotAFile(path.to_owned()));
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let before = file.metadata().map_err(unreadable)?;
    let measured = hash(&mut file, before.len(), salt, read).map_err(unreadable)?;
    let after = file.metadata().map_err(unreadable)?;
    if state(&before) != state(&after) || measured.size != after.len() {
        return Err(DigestError::Changed(path.to_owned()));
    }
    Ok(measured)
}

/// What changes with a file's content.
fn state(metadata: &Metadata) -> (u64, i64, i64, i64, i64) {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec())
}

fn hash(
    file: &mut impl Read,
    expected: u64,
    salt: Option<&[u8; SALT_LEN]>,
    read: &(dyn Fn(u64) + Sync),
) -> io::Result<Measured> {
    // One byte more than the file had shows that it grew; a file that grows without end must not be read without end.
    let file = &mut file.take(expected.saturating_add(1));
    let salt = salt.map_or(&[][..], |salt| salt);
    // One byte more than there should be is enough to know that it grew; a log that is written to would never end.
    let file = &mut file.take(expected.saturating_add(1));
    let sha256 = sha2::Sha256::new().chain_update(salt);
    let sm3 = sm3::Sm3::new().chain_update(salt);
    if expected <= PIECE as u64 { at_once(file, sha256, sm3, read) } else { in_threads(file, sha256, sm3, read) }
}

/// Threads cost more than a small file does.
fn at_once(
    file: &mut impl Read,
    mut sha256: sha2::Sha256,
    mut sm3: sm3::Sm3,
    read: &(dyn Fn(u64) + Sync),
) -> io::Result<Measured> {
    let mut piece = Vec::with_capacity(64 * 1024);
    let mut size = 0;
    while fill(file, &mut piece)? {
        sha256.update(&piece);
        sm3.update(&piece);
        size += piece.len() as u64;
        read(piece.len() as u64);
    }
    Ok(Measured { size, sha256: Digest(sha256.finalize().into()), sm3: Digest(sm3.finalize().into()) })
}

fn in_threads(
    file: &mut impl Read,
    sha256: sha2::Sha256,
    sm3: sm3::Sm3,
    read: &(dyn Fn(u64) + Sync),
) -> io::Result<Measured> {
    let (give_back, free) = channel();
    for _ in 0..PIECES {
        // The receiver is right here.
        let _ = give_back.send(Vec::with_capacity(PIECE));
    }
    thread::scope(|scope| {
        let (to_sha256, pieces) = channel();
        let back = give_back.clone();
        let sha256 = scope.spawn(move || digest_of(sha256, &pieces, &back));
        let (to_sm3, pieces) = channel();
        let sm3 = scope.spawn(move || digest_of(sm3, &pieces, &give_back));
        let mut size = 0;
        // The channel of free pieces ends only when both hashers are gone.
        while let Ok(mut piece) = free.recv() {
            if !fill(file, &mut piece)? {
                break;
            }
            size += piece.len() as u64;
            read(piece.len() as u64);
            let piece = Arc::new(piece);
            let sent = to_sha256.send(Arc::clone(&piece)).and_then(|()| to_sm3.send(piece));
            sent.map_err(|_| io::Error::other("a hashing thread ended early"))?;
        }
        drop((to_sha256, to_sm3));
        let gone = |_| io::Error::other("a hashing thread ended early");
        Ok(Measured { size, sha256: sha256.join().map_err(gone)?, sm3: sm3.join().map_err(gone)? })
    })
}

fn digest_of<H: sha2::Digest<OutputSize = sha2::digest::consts::U32>>(
    mut hash: H,
    pieces: &Receiver<Arc<Vec<u8>>>,
    back: &Sender<Vec<u8>>,
) -> Digest {
    for piece in pieces {
        hash.update(piece.as_slice());
        // The last of the two to finish hands the piece back; nobody takes it once the file is read.
        if let Some(piece) = Arc::into_inner(piece) {
            let _ = back.send(piece);
        }
    }
    Digest(hash.finalize().into())
}

/// Reads the next piece into `piece`; whether there was one.
fn fill(file: &mut impl Read, piece: &mut Vec<u8>) -> io::Result<bool> {
    piece.clear();
    file.take(PIECE as u64).read_to_end(piece).map(|count| count > 0)
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;
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
        }
    }

    #[test]
    fn what_is_no_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(measure(folder.path(), None, &|_| {}), Err(DigestError::NotAFile(_))));
        assert!(matches!(measure(&folder.path().join("x"), None, &|_| {}), Err(DigestError::Unreadable { .. })));
    }

    #[test]
    fn progress_hears_of_every_byte() {
        let (_folder, path) = file_of(3 * PIECE + 5);
        let heard = std::sync::atomic::AtomicU64::new(0);
        measure(&path, None, &|count| _ = heard.fetch_add(count, std::sync::atomic::Ordering::Relaxed)).unwrap();
        assert_eq!(heard.into_inner(), 3 * PIECE as u64 + 5);
    }
}
