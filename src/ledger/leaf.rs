//! A leaf of the ledger's Merkle tree: an entry, a notice or a block header. The first line of the record states its kind
//! and version.

use crate::ledger::block::{self, BlockHeader};
use crate::ledger::entry::{self, Entry};
use crate::ledger::note::NoteError;
use crate::ledger::notice::{self, SignedNotice};
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::statement::signed::StatementError;
use crate::ledger::text::TextError;
use crate::ledger::time::Timestamp;

/// Maximum length of a leaf in bytes: entry bundles store the length in 16 bits (C2SP tlog-tiles).
pub const LEAF_MAX: usize = 65_535;
/// Maximum length in bytes of a statement note that a node admits. Sixteen keys, signatures and links take 5 KiB.
pub const ADMISSION_MAX: usize = 16 * 1024;

/// A parsed leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and most are of the small variant")]
pub enum Leaf {
    /// The entry of a deposit.
    Entry(Entry),
    /// A notice of the operator.
    Notice(SignedNotice),
    /// A block header.
    Block(BlockHeader),
}

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeafError {
    /// The first line is not a kind and version that this program supports.
    #[error("unknown kind of record")]
    UnknownKind,
    /// An entry that does not parse.
    #[error("malformed entry: {0}")]
    Entry(#[from] StatementError),
    /// A notice that does not parse.
    #[error("malformed notice: {0}")]
    Notice(#[from] NoteError),
    /// A block header that does not parse.
    #[error("malformed block header: {0}")]
    Block(#[from] TextError),
}

impl Leaf {
    /// Parses a leaf.
    ///
    /// # Errors
    ///
    /// [`LeafError`]. For a leaf of a ledger, it means that the record is damaged or forged.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        Self::parse_with(bytes, &mut KeyCache::none())
    }

    /// Parses a leaf, with a cache of keys for callers that parse many.
    ///
    /// # Errors
    ///
    /// As [`Self::parse`].
    pub fn parse_with(bytes: &[u8], keys: &mut KeyCache) -> Result<Self, LeafError> {
        let first_line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
        match std::str::from_utf8(first_line) {
            Ok(entry::FIRST_LINE) => Ok(Self::Entry(Entry::parse_with(bytes, keys)?)),
            Ok(notice::FIRST_LINE) => Ok(Self::Notice(SignedNotice::parse(bytes)?)),
            Ok(block::FIRST_LINE) => Ok(Self::Block(BlockHeader::parse(bytes)?)),
            _ => Err(LeafError::UnknownKind),
        }
    }

    /// Whether the first line is that of an entry; the other lines are not read.
    #[must_use]
    pub fn is_entry(bytes: &[u8]) -> bool {
        bytes.strip_prefix(entry::FIRST_LINE.as_bytes()).is_some_and(|rest| rest.starts_with(b"\n"))
    }

    /// The time of the record: when an entry or notice was received, when a block was sealed.
    #[must_use]
    pub const fn time(&self) -> Timestamp {
        match self {
            Self::Entry(entry) => entry.received,
            Self::Notice(notice) => notice.notice().received,
            Self::Block(header) => header.time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_or_version_is_not_a_leaf() {
        for bytes in [&b""[..], b"\n", b"tiezheng entry v2\n", b"tiezheng statement v1\n", b"hello\n", b"\xff\n"] {
            assert_eq!(Leaf::parse(bytes), Err(LeafError::UnknownKind));
        }
        assert!(matches!(Leaf::parse(b"tiezheng block v1\n"), Err(LeafError::Block(_))));
        assert!(matches!(Leaf::parse(b"tiezheng entry v1\n"), Err(LeafError::Entry(_))));
        assert!(matches!(Leaf::parse(b"tiezheng notice v1\n"), Err(LeafError::Notice(_))));
    }

    #[test]
    fn an_entry_is_told_by_its_first_line() {
        assert!(Leaf::is_entry(b"tiezheng entry v1\n") && Leaf::is_entry(b"tiezheng entry v1\nmore"));
        for other in [&b"tiezheng entry v1"[..], b"tiezheng entry v12\n", b"tiezheng block v1\n", b""] {
            assert!(!Leaf::is_entry(other));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(kind in "tiezheng (entry|block|notice) v1\n", bytes: Vec<u8>) {
            let _ = Leaf::parse(&[kind.as_bytes(), &bytes].concat());
            let _ = Leaf::parse(&bytes);
        }
    }
}
