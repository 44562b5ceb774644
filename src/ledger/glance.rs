//! A deposit of the usual kind, judged at a glance: for whoever holds a whole ledger against its grammar.
//!
//! Most deposits are of one kind: one original with plain digests, one key that was met before, no stream, no link, no
//! manifest. Of these each line's bytes lie where the line before ended, so that one pass over them says whether they are
//! an entry, and nothing need be kept but number and time.
//!
//! # Invariants
//!
//! What is passed here is passed by [`Entry::parse`](super::entry::Entry::parse), byte for byte, and says the same. What
//! is not passed may be an entry all the same: it is for that parser to say what is wrong with it, if anything is.
//!
//! Not here: whether the signature verifies, as there.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::hash::DIGEST_LEN;
use crate::ledger::key::{Name, SIGNATURE_LEN};
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
/// How the digests of the empty input begin, SHA-256 and SM3: which is weak is for the parser to say.
const OF_NOTHING: (&[u8], &[u8]) = (b"e3b0c442", b"1ab21d83");
/// How no digest begins.
const NO_DIGIT: &[u8] = b"-";
/// Longest size that is below 2^63 whatever its digits.
const SIZE_DIGITS: usize = 18;

/// What a deposit of the usual kind shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glance {
    /// 存证编号.
    pub number: DepositNumber,
    /// 交易提交时间.
    pub received: Timestamp,
}

/// What is seen of `bytes`, if they are an entry of the usual kind on the ledger of this name, signed by a key that `keys`
/// remembers; `None` for all else, good or bad.
#[must_use]
pub fn glance(bytes: &[u8], ledger: &Name, keys: &mut KeyCache) -> Option<Glance> {
    let mut rest = Rest(bytes);
    rest.word(entry::FIRST_LINE)?;
    rest.word("\nnumber ")?;
    let number = DepositNumber::parse_exact(rest.text()?)?;
    rest.word("received ")?;
    let received = Timestamp::parse(rest.text()?)?;
    rest.word("\n")?;
    rest.word(statement::text::FIRST_LINE)?;
    rest.word("\nledger ")?;
    rest.word(ledger.as_str())?;
    rest.word("\n")?;
    let sha256 = rest.digest("sha-256 ", OF_NOTHING.0)?;
    let sm3 = rest.digest("sm3 ", OF_NOTHING.1)?;
    if !sha256 && !sm3 {
        return None;
    }
    rest.word("size ")?;
    rest.size()?;
    if rest.word("type ").is_some() {
        MediaType::parse(rest.text()?)?;
    }
    rest.digest("meta ", NO_DIGIT)?;
    rest.digest("on-behalf ", NO_DIGIT)?;
    rest.word("nonce ")?;
    rest.hex(32)?;
    rest.word("\nkey ")?;
    let key = rest.take::<KEY_LEN>()?;
    rest.word("\n\n— ")?;
    let id = keys.known(key)?.id();
    rest.bytes(key.get(..NAME_LEN)?)?;
    rest.word(" ")?;
    rest.signature(id)?;
    rest.word("\n")?;
    rest.0.is_empty().then_some(Glance { number, received })
}

/// What was not looked at yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn bytes(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn word(&mut self, expected: &str) -> Option<()> {
        self.bytes(expected.as_bytes())
    }

    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    /// What stands before the next LF, which is passed over.
    fn line(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|b| *b == b'\n')?;
        let (line, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(line)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.line()?).ok()
    }

    /// A line of 64 hex digits, if it is there: whether it is. `None` for one that begins like `but`.
    fn digest(&mut self, name: &str, but: &[u8]) -> Option<bool> {
        if self.word(name).is_none() {
            return Some(false);
        }
        if self.hex(HEX_LEN)?.starts_with(but) {
            return None;
        }
        self.word("\n").map(|()| true)
    }

    fn hex(&mut self, length: usize) -> Option<&'a [u8]> {
        let (digits, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        none(digits, |b| above(b, b'0'..=b'9').min(above(b, b'a'..=b'f'))).then_some(digits)
    }

    /// A decimal of at least 1, and LF.
    fn size(&mut self) -> Option<()> {
        let digits = self.line()?;
        let canonical = matches!(digits.first(), Some(b'1'..=b'9')) && none(digits, |b| above(b, b'0'..=b'9'));
        (canonical && digits.len() <= SIZE_DIGITS).then_some(())
    }

    /// Base64 in its one spelling: of the last byte's digit only four bits are used.
    fn signature(&mut self, id: [u8; 4]) -> Option<()> {
        let text = self.take::<SIGNATURE_TEXT>()?;
        let (first, _) = text.split_first_chunk::<8>()?;
        let [middle @ .., last, b'='] = text else { return None };
        let mut begin = [0; 6];
        BASE64_STANDARD.decode_slice(first, &mut begin).ok()?;
        let letter = |b: u8| above(b | 0x20, b'a'..=b'z');
        let odd = |b: u8| letter(b).min(above(b, b'0'..=b'9')).min(b ^ b'+').min(b ^ b'/');
        let whole = b"AEIMQUYcgkosw048".contains(last);
        (none(middle, odd) && whole && begin.starts_with(&id)).then_some(())
    }
}

/// 0 for a byte in the range. Sums and minima instead of conditions, so that many bytes are looked at together.
fn above(b: u8, range: RangeInclusive<u8>) -> u8 {
    b.wrapping_sub(*range.start()).saturating_sub(range.end() - range.start())
}

/// Whether `odd` is 0 for each byte.
fn none(bytes: &[u8], odd: impl Fn(u8) -> u8) -> bool {
    bytes.iter().fold(0, |so_far, b| so_far | odd(*b)) == 0
}

#[cfg(test)]
mod tests;
