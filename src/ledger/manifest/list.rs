//! The two lists of items: the digest list, from which a manifest is computed, and the item list, which the depositor
//! keeps.
//!
//! The digest list has one line for each item, with LF after each:
//!
//! ```text
//! sha-256 <64 hex> sm3 <64 hex> size <bytes> path <path>
//! ```
//!
//! At least one of the two digests, SHA-256 first. The path is the rest of the line after `path `: UTF-8, 1 to 4,096 bytes,
//! no control characters. Paths are in ascending byte order without repetition, so that a set of items has one list:
//! `LC_ALL=C sort -k8` sorts lines with both digests.
//!
//! The item list:
//!
//! ```text
//! tiezheng manifest v1
//! item v1 sha-256 <64 hex> sm3 <64 hex> size <bytes> name <64 hex> salt <64 hex> path <path>
//! ```
//!
//! The first line, then one line for each item in the order of the paths, with LF after each: the item line, its salt, its
//! path. `(printf '\0'; printf %s "${line%% salt *}") | sha256sum` is the leaf hash of the line `$line`. The item list is
//! needed to prove items, and it reveals every path: the depositor keeps it.
//!
//! ```
//! use tiezheng::ledger::manifest::list::{KeptLine, KnownLine};
//!
//! let known = "sha-256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 size 1 path a";
//! let mut kept = String::new();
//! let leaf = KeptLine::write(&mut kept, &KnownLine::parse(known).unwrap(), &[7; 32]);
//! assert_eq!(kept, "item v1 sha-256 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 size 1 \
//!     name 0e18981a90e57127eb41fd1338e03e0b95662d668ffddb3c16589e67fd0e5c1d \
//!     salt 0707070707070707070707070707070707070707070707070707070707070707 path a\n");
//! // (printf '\0'; printf %s "${line%% salt *}") | sha256sum
//! assert_eq!(leaf.to_string(), "5b64b98c08cd8fb8fc1b37f5fc4ca499c7fe9db89a36addb64b1efc8371794fc");
//! assert_eq!(KeptLine::parse(kept.trim_end()).unwrap().path, "a");
//! ```
//!
//! Not here: reading and writing of files (`cli`).

use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::manifest::item::{Item, ItemDigests, name_commitment, push_hex};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::text::{Fault, hex_value};

/// The first line of the item list.
pub const FIRST_LINE: &str = "tiezheng manifest v1";
/// Maximum length of a path in bytes, as in most file systems.
pub const PATH_MAX: usize = 4096;
/// Maximum length of a line of either list in bytes, LF included.
pub const LINE_MAX: usize = PATH_MAX + 512;

/// A line of the digest list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLine<'a> {
    /// Digests and size of the item.
    pub digests: ItemDigests,
    /// Its path.
    pub path: &'a str,
}

impl<'a> KnownLine<'a> {
    /// Parses a line, given without its LF.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn parse(line: &'a str) -> Result<Self, Fault> {
        let (digests, rest) = ItemDigests::read(line)?;
        let path = rest.strip_prefix("path ").ok_or(Fault::MissingLine { name: "path" })?;
        check_path(path)?;
        Ok(Self { digests, path })
    }

    /// Appends the line and LF to `text`.
    pub fn write(&self, text: &mut String) {
        self.digests.write(text);
        text.push_str(" path ");
        text.push_str(self.path);
        text.push('\n');
    }
}

/// A line of the item list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptLine<'a> {
    /// The item.
    pub item: Item,
    /// The item line, which is hashed.
    pub line: &'a str,
    /// The salt of its name.
    pub salt: [u8; SALT_LEN],
    /// Its path.
    pub path: &'a str,
}

impl<'a> KeptLine<'a> {
    /// Parses a line, given without its LF, and checks the commitment.
    ///
    /// # Errors
    ///
    /// [`Fault`]; [`Fault::BadValue`] of `name` if it does not commit to salt and path.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        // An item line does not contain ` salt `, and the path follows after it.
        let (line, rest) = text.split_once(" salt ").ok_or(Fault::MissingLine { name: "salt" })?;
        let item = Item::parse(line)?;
        let (salt, path) = rest.split_once(" path ").ok_or(Fault::MissingLine { name: "path" })?;
        let salt = hex_value("salt", salt)?;
        check_path(path)?;
        if name_commitment(&salt, path) != item.name {
            return Err(Fault::BadValue { name: "name", expected: "the commitment to salt and path" });
        }
        Ok(Self { item, line, salt, path })
    }

    /// The leaf hash of the item.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        leaf_hash(self.line.as_bytes())
    }

    /// Appends the line of an item and LF to `text`, and returns the item's leaf hash.
    pub fn write(text: &mut String, known: &KnownLine<'_>, salt: &[u8; SALT_LEN]) -> Digest {
        let start = text.len();
        Item { digests: known.digests, name: name_commitment(salt, known.path) }.write(text);
        let leaf = leaf_hash(text.get(start..).unwrap_or_default().as_bytes());
        text.push_str(" salt ");
        push_hex(text, salt);
        text.push_str(" path ");
        text.push_str(known.path);
        text.push('\n');
        leaf
    }
}

/// Checks that a path is allowed in a manifest.
///
/// # Errors
///
/// [`Fault::WrongLength`] or [`Fault::BadValue`] of `path`.
pub fn check_path(path: &str) -> Result<(), Fault> {
    if path.is_empty() || path.len() > PATH_MAX {
        return Err(Fault::WrongLength { name: "path" });
    }
    let plain = path.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !plain && path.chars().any(char::is_control) {
        return Err(Fault::BadValue { name: "path", expected: "no control characters" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::hash::sha256;

    proptest! {
        #[test]
        fn both_lines_are_read_back(path in "[^\\p{Cc}]{1,40}", seed: u64, size in 1..u64::MAX / 2, salt: [u8; 32]) {
            let sm3 = Some(sha256(&seed.to_be_bytes()));
            let known = KnownLine { digests: ItemDigests::new(None, sm3, size).unwrap(), path: &path };
            let mut text = String::new();
            known.write(&mut text);
            prop_assert_eq!(KnownLine::parse(text.strip_suffix('\n').unwrap()), Ok(known));
            text.clear();
            let leaf = KeptLine::write(&mut text, &known, &salt);
            let kept = KeptLine::parse(text.strip_suffix('\n').unwrap()).unwrap();
            prop_assert_eq!((kept.item.digests, kept.path, kept.salt, kept.leaf()), (known.digests, known.path, salt, leaf));
        }

        #[test]
        fn no_byte_of_a_kept_line_changes_unseen(at: prop::sample::Index, bit in 0..7_u8) {
            let known = KnownLine { digests: ItemDigests::new(Some(sha256(b"x")), None, 1).unwrap(), path: "a salt b path c" };
            let mut text = String::new();
            let leaf = KeptLine::write(&mut text, &known, &[7; 32]);
            let mut bytes = text.trim_end().as_bytes().to_vec();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            prop_assert!(KeptLine::parse(&changed).map_or(true, |kept| kept.leaf() != leaf), "{}", changed);
        }
    }

    #[test]
    fn paths_that_no_line_can_hold_are_rejected() {
        for (path, code) in [("", "wrong_length"), ("a\nb", "bad_value"), ("a\u{85}", "bad_value")] {
            assert_eq!(check_path(path).unwrap_err().code().as_str(), code);
        }
        assert!(check_path(&"证".repeat(PATH_MAX / 3)).is_ok());
        assert!(check_path(&"x".repeat(PATH_MAX + 1)).is_err());
        let digest = sha256(b"x");
        assert_eq!(KnownLine::parse(&format!("sm3 {digest} size 1")).unwrap_err().code().as_str(), "missing_line");
        assert_eq!(
            KnownLine::parse(&format!("sm3 {digest} size 1 path ")).unwrap_err().code().as_str(),
            "wrong_length"
        );
        assert_eq!(KnownLine::parse(&format!("{digest}  a")).unwrap_err().code().as_str(), "missing_line");
    }

    #[test]
    fn the_longest_line_fits() {
        let digests = ItemDigests::new(Some(sha256(b"x")), Some(sha256(b"y")), u64::MAX / 2).unwrap();
        let path = "x".repeat(PATH_MAX);
        let mut text = String::new();
        KeptLine::write(&mut text, &KnownLine { digests, path: &path }, &[7; 32]);
        assert!(text.len() <= LINE_MAX);
    }
}
