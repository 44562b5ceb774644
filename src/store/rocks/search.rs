//! Searching files for the salts of what is erased.
//!
//! # Invariants
//!
//! A salt that lies in one piece anywhere in a file is found, wherever it lies. Rows of tables that are not compressed lie
//! in one piece; a log may cut them, which is why a purge also sees to it that the old logs are gone.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::ledger::hash::{Digest, sha256};
use crate::ledger::metadata::SALT_LEN;
use crate::store::rocks::format::Fingerprint;

/// How much is read at a time.
const CHUNK: usize = 1 << 20;

/// What is looked for.
#[derive(Debug)]
pub struct Needles {
    /// Whether a salt begins with these two bytes: sorts out nearly every place at the cost of one look.
    beginnings: Vec<bool>,
    digests: HashMap<[u8; 4], Vec<Digest>>,
}

impl Needles {
    /// Salts with these fingerprints.
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

/// The first file in `folder`, or in a folder in it, that holds one of `needles`, by its path in `folder`. Links are not
/// followed; a file that goes away meanwhile holds nothing.
///
/// # Errors
///
/// The disk's.
pub fn search(folder: &Path, needles: &Needles) -> io::Result<Option<PathBuf>> {
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let entry = entry?;
            let Some(kind) = there(entry.file_type())? else { continue };
            let path = entry.path();
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && there(holds(&path, needles))?.unwrap_or(false) {
                return Ok(Some(path.strip_prefix(folder).unwrap_or(&path).to_owned()));
            }
        }
    }
    Ok(None)
}

fn there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

fn holds(path: &Path, needles: &Needles) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut bytes = Vec::with_capacity(CHUNK + SALT_LEN);
    while file.by_ref().take(CHUNK as u64).read_to_end(&mut bytes)? > 0 {
        if needles.are_in(&bytes) {
            return Ok(true);
        }
        // What may be the beginning of a salt that the next piece ends.
        bytes.drain(..bytes.len().saturating_sub(SALT_LEN - 1));
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(search(root.path(), &needles).unwrap(), Some("a/b/file".into()), "{at}");
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(inner.join("file"), &bytes).unwrap();
            assert_eq!(search(root.path(), &needles).unwrap(), None, "{at}");
        }
    }

    #[test]
    fn what_is_remembered_of_a_salt_is_not_taken_for_it() {
        let root = tempfile::tempdir().unwrap();
        let print = Fingerprint::of(&salt(3));
        fs::write(root.path().join("file"), [print.hint.as_slice(), &print.digest.0].concat()).unwrap();
        assert_eq!(search(root.path(), &Needles::new([print])).unwrap(), None);
    }
}
