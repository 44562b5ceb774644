//! Lists of items: the one of known digests that a manifest is made from, and the one that its depositor keeps.
//!
//! The list of known digests, one line an item, LF after each:
//!
//! ```text
//! sha-256 <64 hex> sm3 <64 hex> size <bytes> path <path>
//! ```
//!
//! At least one of the two digests, SHA-256 first. The path is all that stands behind `path `: UTF-8, 1 to 4,096 bytes,
//! no control characters. Paths ascend bytewise and none repeats, so that one set of items makes one list:
//! `LC_ALL=C sort -k8` sorts lines with both digests.
//!
//! The list kept by the depositor:
//!
//! ```text
//! tiezheng manifest v1
//! item v1 sha-256 <64 hex> sm3 <64 hex> size <bytes> name <64 hex> salt <64 hex> path <path>
//! ```
//!
//! The first line, then one line an item, in the order of the paths, LF after each and nothing else: the item line, its
//! salt, its path. The leaf of line `$line` is redone with
//! `(printf '\0'; printf %s "${line%% salt *}") | sha256sum`. Whoever has this list can prove each item and knows every
//! path: it stays with the depositor. Whoever loses it can prove none.
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

/// The first line of the kept list.
pub const FIRST_LINE: &str = "tiezheng manifest v1";
/// Longest path in bytes, as in most file systems.
pub const PATH_MAX: usize = 4096;
/// Longest line of either list in bytes, LF included; no line that reads well is longer.
pub const LINE_MAX: usize = PATH_MAX + 512;

/// A line of known digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLine<'a> {
    /// What the item's bytes are known by.
    pub digests: ItemDigests,
    /// Its path.
    pub path: &'a str,
}

impl<'a> KnownLine<'a> {
    /// Reads a line, given without its LF.
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

    /// Writes the line and its LF behind `text`.
    pub fn write(&self, text: &mut String) {
        self.digests.write(text);
        text.push_str(" path ");
        text.push_str(self.path);
        text.push('\n');
    }
}

/// A line of the kept list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptLine<'a> {
    /// The item.
    pub item: Item,
    /// Its line, as it is hashed.
    pub line: &'a str,
    /// The salt of its name.
    pub salt: [u8; SALT_LEN],
    /// Its path.
    pub path: &'a str,
}

impl<'a> KeptLine<'a> {
    /// Reads a line, given without its LF, and recomputes the commitment.
    ///
    /// # Errors
    ///
    /// [`Fault`]; [`Fault::BadValue`] of `name` when salt and path are not what it commits to.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        // An item line holds no such words, and a path stands behind them.
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

    /// Writes the line of a known item and its LF behind `text`, and gives the item's leaf hash.
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

/// Whether a manifest can bear an item of this path.
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
    fn paths_that_no_line_can_hold_are_refused() {
        for (path, code) in [("", "wrong_length"), ("a\nb", "bad_value"), ("a\u{85}", "bad_value")] {
            assert_eq!(check_path(path).unwrap_err().code(), code);
        }
        assert!(check_path(&"证".repeat(PATH_MAX / 3)).is_ok());
        assert!(check_path(&"x".repeat(PATH_MAX + 1)).is_err());
        let digest = sha256(b"x");
        assert_eq!(KnownLine::parse(&format!("sm3 {digest} size 1")).unwrap_err().code(), "missing_line");
        assert_eq!(KnownLine::parse(&format!("sm3 {digest} size 1 path ")).unwrap_err().code(), "wrong_length");
        assert_eq!(KnownLine::parse(&format!("{digest}  a")).unwrap_err().code(), "missing_line");
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
