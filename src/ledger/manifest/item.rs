//! The item line: digests, size and path commitment of one item of a manifest.
//!
//! ```text
//! item v1 sha-256 <64 hex> sm3 <64 hex> size <bytes, >= 1> name <64 hex>
//! ```
//!
//! One line without a line feed; at least one of the two digests, SHA-256 first. `name` commits to the item's path:
//! `SHA-256(0x02 ‖ 32-byte salt ‖ UTF-8 path)`, with its own salt for each item. The line's bytes are a leaf of RFC 6962:
//! `SHA-256(0x00 ‖ line)`, or `(printf '\0'; printf %s "$line") | sha256sum`.
//!
//! ```
//! use tiezheng::ledger::hash::leaf_hash;
//! use tiezheng::ledger::manifest::item::{Item, name_commitment};
//!
//! let line = "item v1 \
//!     sha-256 cc8321d6375c494d043fdd0260f21bc0ec51dacc9f6abb7f909cdcd3041b78bf \
//!     sm3 b4465e2bbd1958bf783e1f96d439ab35113334ab80d5e2f49661d67f7e602500 \
//!     size 8 name 2fa228b2fc4ac4fd26cf52bf81519879e9aeacb978bd1460a771c50c0e3494b3";
//! let item = Item::parse(line).unwrap();
//! assert_eq!(item.to_string(), line);
//! assert_eq!(item.name, name_commitment(&[7; 32], "卷宗/合同.pdf"));
//! // (printf '\0'; printf %s "$line") | sha256sum
//! let leaf = "35270e1baae315afbfb52371fced392e9d92194c6aefe8ff0c09c7d778c49a72";
//! assert_eq!(leaf_hash(line.as_bytes()).to_string(), leaf);
//! ```
//!
//! # Invariants
//!
//! Printing a parsed [`Item`] gives the same bytes. The salt blinds the whole line: a proof of a neighbouring item contains
//! this line's hash, but the digests cannot be guessed from it.
//!
//! Not here: the salts and the paths themselves (`list`).

use std::fmt::{self, Write as _};

use crate::ledger::hash::{Digest, hex_digits};
use crate::ledger::keyword::{self, concat_text};
use crate::ledger::metadata::{SALT_LEN, commitment};
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::text::{Fault, decimal_value, hex_value};

/// The first two words of an item line: record kind and version.
pub const BEGINNING: &str = "item v1";

/// The digests and the size of one item: at least one digest, none of the empty input, at least one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemDigests {
    sha256: Option<Digest>,
    sm3: Option<Digest>,
    size: u64,
}

impl ItemDigests {
    /// From the digests and the size in bytes.
    ///
    /// # Errors
    ///
    /// [`Fault`] without a digest, for the digest of the empty input, for size 0.
    pub fn new(sha256: Option<Digest>, sm3: Option<Digest>, size: u64) -> Result<Self, Fault> {
        let digests = Self { sha256, sm3, size };
        digests.content().check().map(|()| digests)
    }

    /// The same digests and size as the [`Content`] of a statement, for the comparison with a file.
    #[must_use]
    pub const fn content(&self) -> Content {
        Content { form: Form::Plain { size: self.size }, sha256: self.sha256, sm3: self.sm3 }
    }

    /// Size of the item in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Those of the digests that `wanted` selects, with the size.
    ///
    /// # Errors
    ///
    /// [`Fault::MissingLine`] if `wanted` selects none of the item's digests.
    pub fn only(&self, wanted: WantedDigests) -> Result<Self, Fault> {
        Self::new(self.sha256.filter(|_| wanted.sha256), self.sm3.filter(|_| wanted.sm3), self.size)
    }

    /// Parses `[sha-256 HEX ][sm3 HEX ]size N`, and returns the text after the following space.
    pub(super) fn read(text: &str) -> Result<(Self, &str), Fault> {
        let (sha256, rest) = read_digest(keyword::SHA_256, text)?;
        let (sm3, rest) = read_digest(keyword::SM3, rest)?;
        let rest =
            rest.strip_prefix(concat_text!(keyword::SIZE, " ")).ok_or(Fault::MissingLine { name: keyword::SIZE })?;
        let (size, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        Ok((Self::new(sha256, sm3, decimal_value(keyword::SIZE, size)?)?, rest))
    }

    /// Appends the form that [`Self::read`] parses, without the following space.
    pub(super) fn write(&self, text: &mut String) {
        for (algorithm, digest) in self.content().digests() {
            text.push_str(algorithm.line(false));
            text.push(' ');
            push_hex(text, digest.as_bytes());
            text.push(' ');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{} {}", keyword::SIZE, self.size);
    }
}

/// Which digests a manifest has for each of its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WantedDigests {
    /// Whether to include SHA-256.
    pub sha256: bool,
    /// Whether to include SM3.
    pub sm3: bool,
}

/// One item of a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Digests and size of the file.
    pub digests: ItemDigests,
    /// The commitment to its path: [`name_commitment`].
    pub name: Digest,
}

impl Item {
    /// Parses an item line, without a line feed.
    ///
    /// # Errors
    ///
    /// [`Fault`].
    pub fn parse(line: &str) -> Result<Self, Fault> {
        let rest = line.strip_prefix(BEGINNING).and_then(|rest| rest.strip_prefix(' '));
        let rest = rest.ok_or(Fault::UnknownVersion { expected: BEGINNING })?;
        let (digests, rest) = ItemDigests::read(rest)?;
        let name = rest.strip_prefix("name ").ok_or(Fault::MissingLine { name: "name" })?;
        Ok(Self { digests, name: Digest(hex_value("name", name)?) })
    }

    /// Appends the line to `text`.
    pub fn write(&self, text: &mut String) {
        text.push_str(BEGINNING);
        text.push(' ');
        self.digests.write(text);
        text.push_str(" name ");
        push_hex(text, self.name.as_bytes());
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = String::new();
        self.write(&mut line);
        f.write_str(&line)
    }
}

/// The commitment to an item's path with the item's salt.
#[must_use]
pub fn name_commitment(salt: &[u8; SALT_LEN], path: &str) -> Digest {
    commitment(salt, path.as_bytes())
}

/// Appends 64 lower-case hex digits to `text`.
pub(super) fn push_hex(text: &mut String, bytes: &[u8; 32]) {
    // ASCII by construction.
    text.push_str(std::str::from_utf8(hex_digits(bytes).as_flattened()).unwrap_or_default());
}

/// Parses `<name> <64 hex>` and the following space, if `text` begins with `name`.
fn read_digest<'a>(name: &'static str, text: &'a str) -> Result<(Option<Digest>, &'a str), Fault> {
    let Some(rest) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(' ')) else { return Ok((None, text)) };
    let (hex, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    Ok((Some(Digest(hex_value(name, hex)?)), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::hash::sha256;

    fn item(seed: u64, which: u8, size: u64) -> Item {
        let digest = |kind: u8| sha256(&[&seed.to_be_bytes()[..], &[kind]].concat());
        let digests = ItemDigests::new((which != 1).then(|| digest(0)), (which != 0).then(|| digest(1)), size);
        Item { digests: digests.unwrap(), name: digest(2) }
    }

    proptest! {
        #[test]
        fn a_line_is_read_back_and_no_changed_line_is_the_same_item(
            seed: u64, which in 0..3_u8, size in 1..u64::MAX / 2, at: prop::sample::Index, bit in 0..7_u8,
        ) {
            let item = item(seed, which, size);
            let line = item.to_string();
            prop_assert_eq!(Item::parse(&line), Ok(item));
            let mut bytes = line.clone().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            if let Ok(other) = Item::parse(&changed) {
                prop_assert_ne!(other, item);
                prop_assert_eq!(other.to_string(), changed);
            }
        }
    }

    #[test]
    fn each_violation_has_its_code() {
        let line = item(1, 2, 8).to_string();
        let code = |from: &str, to: &str| {
            assert!(line.contains(from), "{from}");
            Item::parse(&line.replacen(from, to, 1)).unwrap_err().code().as_str()
        };
        assert_eq!(code("item v1", "item v2"), "unknown_version");
        assert_eq!(code("size 8 ", ""), "missing_line");
        assert_eq!(code("size 8", "size 08"), "bad_value");
        assert_eq!(code("size 8", "size 0"), "bad_value");
        assert_eq!(code("size 8", "size  8"), "bad_value");
        assert_eq!(code(" name ", " nome "), "missing_line");
        assert_eq!(code("sm3 ", "md5 "), "missing_line");
        let name = line[line.len() - 64..].to_owned();
        assert_eq!(code(&name, &name.to_uppercase()), "upper_case_hex");
        assert_eq!(code(&name, &name[1..]), "wrong_length");
        assert_eq!(code(&name, &format!("{name} ")), "bad_value");
        let nothing = ItemDigests::new(Some(sha256(b"")), None, 1).unwrap_err();
        assert_eq!(nothing.code().as_str(), "weak_digest");
        assert_eq!(ItemDigests::new(None, None, 1).unwrap_err().code().as_str(), "missing_line");
        let swapped =
            item(1, 2, 8).to_string().replace("sha-256", "x").replace("sm3", "sha-256").replace(" x ", " sm3 ");
        assert_eq!(Item::parse(&swapped).unwrap_err().code().as_str(), "missing_line");
    }

    #[test]
    fn fewer_digests_can_be_asked_for_and_never_none() {
        let both = item(1, 2, 8).digests;
        let only = |sha256, sm3| both.only(WantedDigests { sha256, sm3 });
        assert_eq!(only(true, true), Ok(both));
        assert_eq!(only(false, true).unwrap().content().sha256, None);
        assert!(only(false, false).is_err());
    }
}
