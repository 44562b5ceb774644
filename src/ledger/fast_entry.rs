//! Fast parser for the most common form of entry, used by the audit when it checks a whole ledger.
//!
//! Most deposits have the same form: plain digests of one original, one key, and no stream, link or manifest. The fields of
//! such an entry are at fixed distances, so one pass over its bytes checks it and keeps only number and time.
//!
//! # Invariants
//!
//! An entry that is accepted here is accepted by [`Entry::parse`](super::entry::Entry::parse), byte for byte, with the same
//! number and time. Whatever is not accepted here goes to that parser, which also says what is wrong with it. So this module
//! can be removed without any effect but speed.
//!
//! Not here: whether the signature verifies.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::hash::DIGEST_LEN;
use crate::ledger::key::{Name, SIGNATURE_LEN};
use crate::ledger::keyword::{self, concat_text};
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::keys::{KEY_LEN, KeyCache};
use crate::ledger::time::Timestamp;
use crate::ledger::{entry, statement};

/// Hex digits of a digest.
const HEX_LEN: usize = 2 * DIGEST_LEN;
/// Bytes of a depositor's key name.
const NAME_LEN: usize = 18;
/// Characters of an Ed25519 signature with its key id: 23 groups of four, the last of three and `=`.
const SIGNATURE_TEXT: usize = (4 + SIGNATURE_LEN).div_ceil(3) * 4;
/// How the digests of the empty input begin, SHA-256 and SM3. Entries with such digests are left to the full parser, which
/// rejects the weak ones.
const EMPTY_INPUT: (&[u8], &[u8]) = (b"e3b0c442", b"1ab21d83");
/// A beginning that no digest has, for lines whose digest may be any.
const NO_DIGEST: &[u8] = b"-";
/// Longest size in digits that is below 2^63 whatever the digits are.
const SIZE_DIGITS: usize = 18;

/// The fields of an entry that the audit needs of every deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryHead {
    /// 存证编号.
    pub number: DepositNumber,
    /// 交易提交时间.
    pub received: Timestamp,
}

/// Parses `bytes` if they are an entry of the common form, made for the ledger `origin` and signed by a key in `keys`.
/// `None` for everything else, valid or not.
#[must_use]
pub fn parse_common(bytes: &[u8], origin: &Name, keys: &mut KeyCache) -> Option<EntryHead> {
    let mut cursor = Cursor(bytes);
    cursor.accept(concat_text!(entry::FIRST_LINE, "\n", keyword::NUMBER, " "))?;
    let number = DepositNumber::parse_exact(cursor.text()?)?;
    cursor.accept(concat_text!(keyword::RECEIVED, " "))?;
    let received = Timestamp::parse(cursor.text()?)?;
    cursor.accept(concat_text!("\n", statement::text::FIRST_LINE, "\n", keyword::LEDGER, " "))?;
    cursor.accept(origin.as_str())?;
    cursor.accept("\n")?;
    let sha256 = cursor.optional_digest(concat_text!(keyword::SHA_256, " "), EMPTY_INPUT.0)?;
    let sm3 = cursor.optional_digest(concat_text!(keyword::SM3, " "), EMPTY_INPUT.1)?;
    if !sha256 && !sm3 {
        return None;
    }
    cursor.accept(concat_text!(keyword::SIZE, " "))?;
    cursor.size()?;
    if cursor.accept(concat_text!(keyword::TYPE, " ")).is_some() {
        MediaType::parse(cursor.text()?)?;
    }
    cursor.optional_digest(concat_text!(keyword::META, " "), NO_DIGEST)?;
    cursor.optional_digest(concat_text!(keyword::ON_BEHALF, " "), NO_DIGEST)?;
    cursor.accept(concat_text!(keyword::NONCE, " "))?;
    cursor.hex(32)?;
    cursor.accept(concat_text!("\n", keyword::KEY, " "))?;
    let key = cursor.take::<KEY_LEN>()?;
    cursor.accept(concat_text!("\n\n", keyword::SIGNATURE))?;
    let id = keys.known(key)?.id();
    cursor.expect_bytes(key.get(..NAME_LEN)?)?;
    cursor.accept(" ")?;
    cursor.signature(id)?;
    cursor.accept("\n")?;
    cursor.0.is_empty().then_some(EntryHead { number, received })
}

/// The bytes that are not parsed yet. Every method moves past what it returns or accepts, and is `None` where that is not
/// what follows.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn expect_bytes(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn accept(&mut self, expected: &str) -> Option<()> {
        self.expect_bytes(expected.as_bytes())
    }

    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    /// The bytes up to the next LF, without it.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|b| *b == b'\n')?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(line)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.line()?).ok()
    }

    /// An optional line that begins with `name` and holds 64 hex digits: whether it is there. `None` for a malformed line and
    /// for a digest that begins with `excluded`.
    fn optional_digest(&mut self, name: &str, excluded: &[u8]) -> Option<bool> {
        if self.accept(name).is_none() {
            return Some(false);
        }
        if self.hex(HEX_LEN)?.starts_with(excluded) {
            return None;
        }
        self.accept("\n").map(|()| true)
    }

    /// `length` lower-case hex digits.
    fn hex(&mut self, length: usize) -> Option<&'a [u8]> {
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        all_zero(digits, |b| distance(b, b'0'..=b'9').min(distance(b, b'a'..=b'f'))).then_some(digits)
    }

    /// A decimal of at least 1, and LF.
    fn size(&mut self) -> Option<()> {
        let digits = self.line()?;
        let canonical = matches!(digits.first(), Some(b'1'..=b'9')) && all_zero(digits, |b| distance(b, b'0'..=b'9'));
        (canonical && digits.len() <= SIZE_DIGITS).then_some(())
    }

    /// A signature with this key id, in canonical base64: its last digit carries four bits only.
    fn signature(&mut self, id: [u8; 4]) -> Option<()> {
        let text = self.take::<SIGNATURE_TEXT>()?;
        let (first, _) = text.split_first_chunk::<8>()?;
        let [middle @ .., last, b'='] = text else { return None };
        let mut begin = [0; 6];
        BASE64_STANDARD.decode_slice(first, &mut begin).ok()?;
        let letter = |b: u8| distance(b | 0x20, b'a'..=b'z');
        let foreign = |b: u8| letter(b).min(distance(b, b'0'..=b'9')).min(b ^ b'+').min(b ^ b'/');
        let whole = b"AEIMQUYcgkosw048".contains(last);
        (all_zero(middle, foreign) && whole && begin.starts_with(&id)).then_some(())
    }
}

/// 0 for a byte in `range`, otherwise not 0. Arithmetic instead of branches lets the compiler check many bytes at once.
fn distance(byte: u8, range: RangeInclusive<u8>) -> u8 {
    byte.wrapping_sub(*range.start()).saturating_sub(range.end() - range.start())
}

/// Whether `measure` is 0 for every byte.
fn all_zero(bytes: &[u8], measure: impl Fn(u8) -> u8) -> bool {
    bytes.iter().fold(0, |sum, byte| sum | measure(*byte)) == 0
}

#[cfg(test)]
mod tests;
