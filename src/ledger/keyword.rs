//! The names of lines in entries, statements, notices and block headers, shared by printers, parsers, the fast entry
//! parser and the store's record codec.
//!
//! A line is `name value`: the name, one space, the value ([`text`](crate::ledger::text)). Names are frozen with version 1 of
//! the formats.

/// Origin of the ledger; in statements, notices and block headers.
pub const LEDGER: &str = "ledger";

/// Deposit number (存证编号); entries.
pub const NUMBER: &str = "number";
/// When the sequencer received the record; entries and notices.
pub const RECEIVED: &str = "received";

/// SHA-256 of the original; statements.
pub const SHA_256: &str = "sha-256";
/// SHA-256 of salt and original; statements.
pub const SALTED_SHA_256: &str = "salted-sha-256";
/// SM3 of the original; statements.
pub const SM3: &str = "sm3";
/// SM3 of salt and original; statements.
pub const SALTED_SM3: &str = "salted-sm3";
/// Size of the original in bytes; statements.
pub const SIZE: &str = "size";
/// Root and number of items of a manifest; statements.
pub const MANIFEST: &str = "manifest";
/// Media type; statements.
pub const TYPE: &str = "type";
/// Commitment to private metadata; statements.
pub const META: &str = "meta";
/// Stream and sequence number; statements.
pub const SUBJECT: &str = "subject";
/// Kind of link and number of the linked deposit; statements.
pub const LINK: &str = "link";
/// Account for which the platform signs; statements.
pub const ON_BEHALF: &str = "on-behalf";
/// 16 random bytes; statements.
pub const NONCE: &str = "nonce";
/// A verifier key; statements and notices.
pub const KEY: &str = "key";

/// Kind of notice.
pub const KIND: &str = "kind";
/// Live or test; genesis notices.
pub const MODE: &str = "mode";
/// Commitment to the next ledger key; genesis and key notices.
pub const NEXT: &str = "next";
/// A piece of private content; erasure notices.
pub const CONTENT: &str = "content";

/// Block height (区块高度); block headers.
pub const HEIGHT: &str = "height";
/// Hash of the previous block (前一区块哈希); block headers.
pub const PREVIOUS: &str = "previous";
/// When the block was sealed (区块生成时间); block headers.
pub const TIME: &str = "time";
/// Index of the first sealed leaf; block headers.
pub const FIRST: &str = "first";
/// Number of sealed leaves; block headers.
pub const COUNT: &str = "count";
/// Merkle root over the sealed leaves; block headers.
pub const ROOT: &str = "root";

/// Prefix of a signature line of a note (C2SP signed-note): an em dash and a space; the key name follows.
pub const SIGNATURE: &str = "\u{2014} ";
/// Prefix of the name of a depositor's key; 16 hex digits follow.
pub const DEPOSITOR_KEY: &str = "k-";

/// Concatenates string constants at compile time, such as the beginning of a line: `concat_text!(NUMBER, " ")`.
macro_rules! concat_text {
    ($($part:expr),+ $(,)?) => {{
        const PARTS: &[&str] = &[$($part),+];
        const LENGTH: usize = $crate::ledger::keyword::length(PARTS);
        const BYTES: [u8; LENGTH] = $crate::ledger::keyword::concatenated(PARTS);
        const TEXT: &str = {
            let Ok(text) = std::str::from_utf8(&BYTES) else { panic!("string constants are UTF-8") };
            text
        };
        TEXT
    }};
}
pub(crate) use concat_text;

/// Bytes of all parts together. For [`concat_text`].
pub(crate) const fn length(mut parts: &[&str]) -> usize {
    let mut length = 0;
    while let Some((part, rest)) = parts.split_first() {
        length += part.len();
        parts = rest;
    }
    length
}

/// The bytes of all parts one after the other; `N` is their [`length`]. For [`concat_text`].
pub(crate) const fn concatenated<const N: usize>(mut parts: &[&str]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut free: &mut [u8] = &mut bytes;
    while let Some((part, rest)) = parts.split_first() {
        let (place, after) = free.split_at_mut(part.len());
        place.copy_from_slice(part.as_bytes());
        (free, parts) = (after, rest);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_concatenated_in_their_order() {
        assert_eq!(concat_text!(NUMBER, " "), "number ");
        assert_eq!(concat_text!("\n", SIGNATURE, DEPOSITOR_KEY), "\n— k-");
        assert_eq!(concat_text!(""), "");
    }
}
