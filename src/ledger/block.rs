//! The block header: the leaf that seals a block. Its leaf hash is the 区块哈希.
//!
//! ```text
//! tiezheng block v1
//! ledger <origin>
//! height <decimal>              区块高度; 0 seals the genesis notice
//! previous <64 hex>             前一区块哈希; 64 zeros at height 0
//! time <time>                   区块生成时间
//! first <decimal>               index of the first entry or notice
//! count <decimal>               number of sealed leaves, at least 1
//! root <64 hex>                 RFC 6962 root over exactly their leaf hashes
//! ```
//!
//! The sealed leaves have the indices `first .. first+count-1`, the header has `first+count`. So the hash chain of headers
//! and the transparency log are two views of the same leaves.
//!
//! ```
//! use tiezheng::ledger::block::BlockHeader;
//! let text = "tiezheng block v1\n\
//!             ledger example.org/ledger\n\
//!             height 1\n\
//!             previous 6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d\n\
//!             time 2026-11-22T01:04:11.123Z\n\
//!             first 2\n\
//!             count 1\n\
//!             root 96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7\n";
//! let header = BlockHeader::parse(text.as_bytes()).unwrap();
//! assert_eq!(header.to_string(), text);
//! assert_eq!(header.index().0, 3);
//! assert_eq!(header.hash().to_string(), "84dc440ca03c3964c2a3f0b95e45b4c2069488650d9c462364016d335a5d4971");
//! ```

use std::fmt;

use crate::ledger::entry::read_time;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::key::Name;
use crate::ledger::keyword::{COUNT, FIRST, HEIGHT, LEDGER, PREVIOUS, ROOT, TIME};
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::text::{DECIMAL_MAX, Fault, Fields, TextError, decimal_value, hex_value, plain_text};
use crate::ledger::time::Timestamp;

/// The first line.
pub const FIRST_LINE: &str = "tiezheng block v1";
const ORDER: &[&str] = &[LEDGER, HEIGHT, PREVIOUS, TIME, FIRST, COUNT, ROOT];

/// 区块高度: 0 for the block that seals the genesis notice, then increasing by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Height(pub u64);

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A block header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockHeader {
    /// The ledger's origin.
    pub ledger: Name,
    /// 区块高度.
    pub height: Height,
    /// 前一区块哈希: leaf hash of the previous header.
    pub previous: Digest,
    /// 区块生成时间.
    pub time: Timestamp,
    /// Index of the first sealed leaf.
    pub first: LeafIndex,
    /// Number of sealed leaves, at least 1.
    pub count: u64,
    /// RFC 6962 root over the sealed leaves.
    pub root: Digest,
}

/// A field of a header that differs from the value required by the leaves before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderDifference {
    /// Name of the header's line.
    pub field: &'static str,
    /// The value in the header.
    pub found: String,
    /// The value that it must have.
    pub expected: String,
}

impl fmt::Display for HeaderDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, found, expected } = self;
        write!(f, "{field} {found}, expected {expected}")
    }
}

impl BlockHeader {
    /// Parses a header.
    ///
    /// # Errors
    ///
    /// [`TextError`]. In a ledger that means a damaged or forged record.
    pub fn parse(bytes: &[u8]) -> Result<Self, TextError> {
        let mut fields = Fields::open(plain_text(bytes)?, FIRST_LINE, ORDER)?;
        let ledger = fields.required(LEDGER)?;
        let ledger =
            Name::parse(ledger).ok_or_else(|| fields.fault(Fault::BadValue { name: LEDGER, expected: "an origin" }))?;
        let height = Height(read_decimal(&mut fields, HEIGHT)?);
        let previous = read_hash(&mut fields, PREVIOUS)?;
        let time = read_time(&mut fields, TIME)?;
        let first = LeafIndex(read_decimal(&mut fields, FIRST)?);
        let count = read_decimal(&mut fields, COUNT)?;
        if count == 0 || first.0 > DECIMAL_MAX - count {
            return Err(fields.fault(Fault::BadValue { name: COUNT, expected: "at least 1, and inside the tree" }));
        }
        let root = read_hash(&mut fields, ROOT)?;
        fields.finish()?;
        Ok(Self { ledger, height, previous, time, first, count, root })
    }

    /// 区块哈希: the leaf hash of the header.
    #[must_use]
    pub fn hash(&self) -> Digest {
        leaf_hash(self.to_string().as_bytes())
    }

    /// Index of the header itself: the one after the leaves that it seals.
    #[must_use]
    pub const fn index(&self) -> LeafIndex {
        LeafIndex(self.first.0 + self.count)
    }

    /// The fields in which this header differs from `expected`, in the order of its lines.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<HeaderDifference> {
        let fields = |header: &Self| {
            let Self { ledger, height, previous, time, first, count, root } = header;
            [
                (LEDGER, ledger.to_string()),
                (HEIGHT, height.to_string()),
                (PREVIOUS, previous.to_string()),
                (TIME, time.to_string()),
                (FIRST, first.to_string()),
                (COUNT, count.to_string()),
                (ROOT, root.to_string()),
            ]
        };
        if self == expected {
            return Vec::new();
        }
        let pairs = fields(self).into_iter().zip(fields(expected));
        pairs
            .filter(|((_, found), (_, expected))| found != expected)
            .map(|((field, found), (_, expected))| HeaderDifference { field, found, expected })
            .collect()
    }

    /// Whether the leaf at `index` is sealed by this block.
    #[must_use]
    pub fn seals(&self, index: LeafIndex) -> bool {
        (self.first..self.index()).contains(&index)
    }
}

impl fmt::Display for BlockHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ledger, height, previous, time, first, count, root } = self;
        write!(f, "{FIRST_LINE}\n{LEDGER} {ledger}\n{HEIGHT} {height}\n{PREVIOUS} {previous}\n")?;
        write!(f, "{TIME} {time}\n{FIRST} {first}\n{COUNT} {count}\n{ROOT} {root}\n")
    }
}

fn read_decimal(fields: &mut Fields<'_>, name: &'static str) -> Result<u64, TextError> {
    let value = fields.required(name)?;
    decimal_value(name, value).map_err(|fault| fields.fault(fault))
}

fn read_hash(fields: &mut Fields<'_>, name: &'static str) -> Result<Digest, TextError> {
    let value = fields.required(name)?;
    hex_value(name, value).map(Digest).map_err(|fault| fields.fault(fault))
}

// The range in `seals` requires the same maximum for tree sizes and for decimals in records.
const _: () = assert!(TreeSize::MAX.0 == DECIMAL_MAX);

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> BlockHeader {
        BlockHeader {
            ledger: Name::parse("example.org/ledger").unwrap(),
            height: Height(7),
            previous: Digest([1; 32]),
            time: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(),
            first: LeafIndex(20),
            count: 3,
            root: Digest([2; 32]),
        }
    }

    #[test]
    fn the_index_of_a_header_follows_the_leaves_that_it_seals() {
        let header = header();
        assert_eq!(header.index(), LeafIndex(23));
        let sealed: Vec<u64> = (0..30).filter(|i| header.seals(LeafIndex(*i))).collect();
        assert_eq!(sealed, [20, 21, 22]);
    }

    #[test]
    fn each_violation_has_its_code() {
        let text = header().to_string();
        let code = |from: &str, to: &str| {
            BlockHeader::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().fault.code().as_str()
        };
        assert_eq!(code("block v1", "block v2"), "unknown_version");
        assert_eq!(code("height 7", "height 07"), "bad_value");
        assert_eq!(code("count 3", "count 0"), "bad_value");
        assert_eq!(code("first 20", "first 9223372036854775807"), "bad_value");
        assert_eq!(code("root 02", "root 2"), "wrong_length");
        assert_eq!(code("first 20\ncount 3", "count 3\nfirst 20"), "missing_line");
        assert_eq!(code("count 3\n", "count 3\ncount 3\n"), "repeated_line");
    }

    proptest::proptest! {
        #[test]
        fn print_then_parse_gives_the_same_header(height in 0..=DECIMAL_MAX, first in 0..=DECIMAL_MAX / 2, count in 1..1_000_000_u64, hash: [u8; 32]) {
            let header = BlockHeader { height: Height(height), first: LeafIndex(first), count, root: Digest(hash), ..header() };
            proptest::prop_assert_eq!(BlockHeader::parse(header.to_string().as_bytes()).unwrap(), header);
        }

        #[test]
        fn printing_a_parsed_header_gives_the_same_bytes(at: proptest::sample::Index, byte: u8) {
            let mut bytes = header().to_string().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Ok(header) = BlockHeader::parse(&bytes) {
                proptest::prop_assert_eq!(header.to_string().into_bytes(), bytes);
            }
        }
    }
}
