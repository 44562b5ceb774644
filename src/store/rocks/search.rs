//! Search of files for the salts of erased pieces.
//!
//! # Invariants
//!
//! The search finds every salt that is contiguous in a file, at any offset. Rows of uncompressed tables are contiguous
//! in SST files. A write-ahead log may split them, so an erasure also checks that the old logs are deleted.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::files::regular;
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::metadata::SALT_LEN;
use crate::store::rocks::format::Fingerprint;

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

/// The salts to search for, as fingerprints.
#[derive(Debug)]
pub struct Needles {
    /// Indexed by two bytes: whether a salt begins with them. Excludes nearly every offset with one array access.
    beginnings: Vec<bool>,
    digests: HashMap<[u8; 4], Vec<Digest>>,
}

impl Needles {
    /// The salts with these fingerprints.
    #[must_use]
    pub fn new(prints: impl IntoIterator<Item = Fingerprint>) -> Self {
        let mut needles = Self { beginnings: vec![false; 1 << 16], digests: HashMap::new() };
        for Fingerprint { hint, digest } in prints {
            let [a, b, ..] = hint;
            if let Some(beginning) = needles.beginnings.get_mut(usize::from(u16::from_be_bytes([a, b]))) {
                *beginning = true;
            }
            needles.digests.entry(hint).or_default().push(digest);
        }
        needles
    }

    fn are_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(SALT_LEN).any(|window| self.is_one(window))
    }

    fn is_one(&self, window: &[u8]) -> bool {
        let Some(&hint @ [a, b, ..]) = window.first_chunk::<4>() else { return false };
        let begins = self.beginnings.get(usize::from(u16::from_be_bytes([a, b]))).copied().unwrap_or(false);
        begins && self.digests.get(&hint).is_some_and(|digests| digests.contains(&sha256(window)))
    }
}

/// Searches `folder` recursively for a file that contains one of `needles`, and returns its path relative to `folder`.
/// Does not follow links, and skips files that are deleted during the search. After each part of a file it calls
/// `watch` with the bytes searched and the bytes of all files; when `watch` breaks, the search ends.
///
/// # Errors
///
/// An I/O error of the disk.
pub fn search(
    folder: &Path,
    needles: &Needles,
    watch: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> io::Result<ControlFlow<(), Option<PathBuf>>> {
    let (files, total) = files_in(folder)?;
    let mut done = 0;
    for path in files {
        let mut read = |count| {
            done += count;
            watch(done, total.max(done))
        };
        match unless_absent(holds(&path, needles, &mut read))? {
            Some(ControlFlow::Continue(true)) => {
                return Ok(ControlFlow::Continue(Some(path.strip_prefix(folder).unwrap_or(&path).to_owned())));
            }
            Some(ControlFlow::Continue(false)) | None => {}
            Some(ControlFlow::Break(())) => return Ok(ControlFlow::Break(())),
        }
    }
    Ok(ControlFlow::Continue(None))
}

/// All files in a folder, recursively, and their total length in bytes.
fn files_in(folder: &Path) -> io::Result<(Vec<PathBuf>, u64)> {
    let (mut files, mut total) = (Vec::new(), 0);
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        let Some(entries) = unless_absent(fs::read_dir(&next))? else { continue };
        for entry in entries {
            let entry = entry?;
            let Some(kind) = unless_absent(entry.file_type())? else { continue };
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                total += unless_absent(entry.metadata())?.map_or(0, |metadata| metadata.len());
                files.push(entry.path());
            }
        }
    }
    Ok((files, total))
}

fn unless_absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn holds(
    path: &Path,
    needles: &Needles,
    read: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> io::Result<ControlFlow<(), bool>> {
    let mut file = regular::open(path)?;
    // An error is ignored: this is only a hint to the kernel.
    let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::NoReuse);
    let mut bytes = Vec::with_capacity(CHUNK + SALT_LEN);
    loop {
        let count = file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)?;
        if count == 0 {
            return Ok(ControlFlow::Continue(false));
        }
        if needles.are_in(&bytes) {
            return Ok(ControlFlow::Continue(true));
        }
        if read(count as u64).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        // Keeps bytes that may begin a salt which the next read completes.
        bytes.drain(..bytes.len().saturating_sub(SALT_LEN - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file found by a search that is not interrupted.
    fn found(folder: &Path, needles: &Needles) -> Option<PathBuf> {
        match search(folder, needles, &mut |_, _| ControlFlow::Continue(())).unwrap() {
            ControlFlow::Continue(found) => found,
            ControlFlow::Break(()) => panic!("the search was interrupted"),
        }
    }

    fn salt(seed: u8) -> [u8; SALT_LEN] {
        sha256(&[seed]).0
    }

    #[test]
    fn a_salt_is_found_wherever_it_lies() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        let needles = Needles::new([Fingerprint::of(&salt(1)), Fingerprint::of(&salt(2))]);
        for at in [0, 1, CHUNK - 33, CHUNK - 32, CHUNK - 31, CHUNK - 1, CHUNK, 2 * CHUNK + 5] {
            let mut bytes = vec![salt(2)[0]; at];
            bytes.extend(salt(2));
            fs::write(inner.join("file"), &bytes).unwrap();
            assert_eq!(found(root.path(), &needles), Some("a/b/file".into()), "{at}");
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(inner.join("file"), &bytes).unwrap();
            assert_eq!(found(root.path(), &needles), None, "{at}");
        }
    }

    #[test]
    fn what_is_remembered_of_a_salt_is_not_taken_for_it() {
        let root = tempfile::tempdir().unwrap();
        let print = Fingerprint::of(&salt(3));
        fs::write(root.path().join("file"), [print.hint.as_slice(), &print.digest.0].concat()).unwrap();
        assert_eq!(found(root.path(), &Needles::new([print])), None);
    }

    #[test]
    fn a_search_tells_how_far_it_is_and_can_be_interrupted() {
        let root = tempfile::tempdir().unwrap();
        for file in 0..3 {
            fs::write(root.path().join(format!("{file}")), vec![7; CHUNK]).unwrap();
        }
        let needles = Needles::new([Fingerprint::of(&salt(1))]);
        let (mut told, size) = (Vec::new(), CHUNK as u64);
        let mut watch = |done, total| {
            told.push((done, total));
            if told.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        assert_eq!(search(root.path(), &needles, &mut watch).unwrap(), ControlFlow::Break(()));
        assert_eq!(told, [(size, 3 * size), (2 * size, 3 * size)]);
    }
}
