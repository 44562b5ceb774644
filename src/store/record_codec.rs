//! Compact binary encoding of records, for disk and for in-memory caches: hexadecimal and base64 are stored as binary.
//!
//! Two thirds of a deposit's text are hexadecimal and base64 digits of digests, keys and signatures. They are random, so a
//! general-purpose compressor does not get below the binary size. The encoding works line by line:
//!
//! ```text
//! row    = 00 ‖ record                 plain: the record's bytes, unchanged
//!        | 01 ‖ line*                  packed
//! line   = text up to and with LF      a line without a short form, unchanged
//!        | code ‖ value                short form: code = 80 + position in `LINES`
//! ```
//!
//! The entry of `LINES` gives the prefix of the line and the type of the value. Codes and flags are hexadecimal here.
//!
//! # Invariants
//!
//! [`unpack`] restores every record byte for byte, also a malformed one. A line whose value is not in canonical form gets
//! no short form. A record in which a line begins with a byte of the code range is stored plain.
//!
//! Decoding never fails: [`unpack`] returns bytes that are not a valid row unchanged. Readers compare the leaf hash of
//! every unpacked record with the tree, and detect the damage there.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::hash::{hex_digits, lower_hex};
use crate::ledger::keyword::{self, concat_text};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::time::Timestamp;

/// First byte of a plain row.
const PLAIN: u8 = 0;
/// First byte of a packed row.
const PACKED: u8 = 1;
/// First code of a short form. Codes are in `0x80..0xc0`: UTF-8 continuation bytes, with which no UTF-8 text begins.
const FIRST_CODE: u8 = 0x80;

/// Type of the value that follows a line's prefix, and its binary form.
#[derive(Clone, Copy)]
enum Value {
    /// Text, unchanged, with its LF.
    Text,
    /// 64 hexadecimal digits: 32 bytes.
    Digest,
    /// 64 hexadecimal digits, a space and text: 32 bytes, then the text with its LF.
    DigestAndText,
    /// 32 hexadecimal digits: 16 bytes.
    Nonce,
    /// A deposit number: the 12 bytes of [`DepositNumber::to_key`].
    Number,
    /// A time: milliseconds since the Unix epoch, six bytes, big-endian.
    Time,
    /// A depositor's key (C2SP vkey): eight bytes of its name, four of its key id, 33 of its type and public key.
    Key,
    /// A signature line, which names one of the record's keys: the position of that key among them from 0, then the 64
    /// bytes of the signature.
    Signature,
}

/// Prefixes of the lines that have a short form, in the order in which they occur in records. The position in this list is
/// part of the disk format (see [`FIRST_CODE`]): add new lines only at the end.
const LINES: [(&str, Value); 27] = [
    ("tiezheng entry ", Value::Text),
    (concat_text!(keyword::NUMBER, " "), Value::Number),
    (concat_text!(keyword::RECEIVED, " "), Value::Time),
    ("tiezheng statement ", Value::Text),
    (concat_text!(keyword::LEDGER, " "), Value::Text),
    (concat_text!(keyword::SHA_256, " "), Value::Digest),
    (concat_text!(keyword::SALTED_SHA_256, " "), Value::Digest),
    (concat_text!(keyword::SM3, " "), Value::Digest),
    (concat_text!(keyword::SALTED_SM3, " "), Value::Digest),
    (concat_text!(keyword::SIZE, " "), Value::Text),
    (concat_text!(keyword::MANIFEST, " "), Value::DigestAndText),
    (concat_text!(keyword::TYPE, " "), Value::Text),
    (concat_text!(keyword::META, " "), Value::Digest),
    (concat_text!(keyword::SUBJECT, " "), Value::DigestAndText),
    (concat_text!(keyword::LINK, " ", LinkKind::Corrects.word(), " "), Value::Number),
    (concat_text!(keyword::LINK, " ", LinkKind::Refers.word(), " "), Value::Number),
    (concat_text!(keyword::LINK, " ", LinkKind::Replaces.word(), " "), Value::Number),
    (concat_text!(keyword::LINK, " ", LinkKind::Supplements.word(), " "), Value::Number),
    (concat_text!(keyword::LINK, " ", LinkKind::Withdraws.word(), " "), Value::Number),
    (concat_text!(keyword::ON_BEHALF, " "), Value::Digest),
    (concat_text!(keyword::NONCE, " "), Value::Nonce),
    (concat_text!(keyword::KEY, " ", keyword::DEPOSITOR_KEY), Value::Key),
    (concat_text!(keyword::SIGNATURE, keyword::DEPOSITOR_KEY), Value::Signature),
    ("tiezheng block ", Value::Text),
    (concat_text!(keyword::PREVIOUS, " "), Value::Digest),
    (concat_text!(keyword::TIME, " "), Value::Time),
    (concat_text!(keyword::ROOT, " "), Value::Digest),
];

/// Bytes of a key's name and key id, which a signature line repeats.
const SIGNER_LEN: usize = 8 + 4;
/// Bytes of a key's type and public key.
const PUBLIC_LEN: usize = 1 + 32;
/// Bytes of the key id and signature in a signature line.
const SIGNED_LEN: usize = 4 + 64;
/// Number of keys of a record that signatures can refer to: the most that a statement may have.
const KEYS: usize = 16;

/// The keys (name and key id) in the lines of a record processed so far. Signatures refer to them by position.
#[derive(Default)]
struct Signers {
    keys: [[u8; SIGNER_LEN]; KEYS],
    count: usize,
}

impl Signers {
    fn add(&mut self, signer: [u8; SIGNER_LEN]) {
        if let Some(place) = self.keys.get_mut(self.count) {
            *place = signer;
            self.count += 1;
        }
    }

    fn known(&self) -> &[[u8; SIGNER_LEN]] {
        self.keys.get(..self.count).unwrap_or_default()
    }
}

/// Encodes `record` into `row`, and replaces the previous content of `row`.
pub fn pack(record: &[u8], row: &mut Vec<u8>) {
    row.clear();
    row.push(PACKED);
    let (mut signers, mut next) = (Signers::default(), 0);
    for line in record.split_inclusive(|b| *b == b'\n') {
        if line.first().is_some_and(|first| (FIRST_CODE..0xc0).contains(first)) {
            row.clear();
            row.push(PLAIN);
            row.extend_from_slice(record);
            return;
        }
        // Records have their lines in the order of the list, so the search begins after the last match.
        let order = (next..LINES.len()).chain(0..next);
        let found = order.into_iter().find_map(|place| {
            let (begin, value) = LINES.get(place)?;
            Some((place, line.strip_prefix(begin.as_bytes())?, *value))
        });
        let short = found.and_then(|(place, rest, value)| {
            next = place + 1;
            let start = row.len();
            row.push(FIRST_CODE + u8::try_from(place).ok()?);
            let packed = pack_value(value, rest, &mut signers, row);
            if packed.is_none() {
                row.truncate(start);
            }
            packed
        });
        if short.is_none() {
            row.extend_from_slice(line);
        }
    }
}

/// Appends the binary form of the value `text` to `row`; `None` when the text is not in canonical form. Then `row` may have
/// been appended to, and the caller truncates it.
fn pack_value(value: Value, text: &[u8], signers: &mut Signers, row: &mut Vec<u8>) -> Option<()> {
    if matches!(value, Value::Text) {
        text.ends_with(b"\n").then(|| row.extend_from_slice(text))?;
        return Some(());
    }
    let text = std::str::from_utf8(text).ok()?;
    let value_text = text.strip_suffix('\n')?;
    match value {
        Value::Text => return None,
        Value::Digest => row.extend_from_slice(&lower_hex::<32>(value_text)?),
        Value::DigestAndText => {
            let (digest, rest) = text.split_at_checked(64)?;
            row.extend_from_slice(&lower_hex::<32>(digest)?);
            row.extend_from_slice(rest.strip_prefix(' ')?.as_bytes());
        }
        Value::Nonce => row.extend_from_slice(&lower_hex::<16>(value_text)?),
        Value::Number => row.extend_from_slice(&DepositNumber::parse_exact(value_text)?.to_key()),
        Value::Time => {
            let [0, 0, millis @ ..] = Timestamp::parse(value_text)?.as_millis().to_be_bytes() else { return None };
            row.extend_from_slice(&millis);
        }
        Value::Key => {
            let (name, rest) = value_text.split_once('+')?;
            let (id, public) = rest.split_once('+')?;
            let mut signer = [0; SIGNER_LEN];
            let (name_bytes, id_bytes) = signer.split_at_mut(8);
            name_bytes.copy_from_slice(&lower_hex::<8>(name)?);
            id_bytes.copy_from_slice(&lower_hex::<4>(id)?);
            let public = base64::<PUBLIC_LEN>(public)?;
            row.extend_from_slice(&signer);
            row.extend_from_slice(&public);
            signers.add(signer);
        }
        Value::Signature => {
            let (name, signed) = value_text.split_once(' ')?;
            let (name, signed) = (lower_hex::<8>(name)?, base64::<SIGNED_LEN>(signed)?);
            let (id, signature) = signed.split_at_checked(4)?;
            let place = signers.known().iter().position(|signer| signer.starts_with(&name) && signer.ends_with(id))?;
            row.push(u8::try_from(place).ok()?);
            row.extend_from_slice(signature);
        }
    }
    Some(())
}

/// Decodes `N` bytes from canonical base64.
fn base64<const N: usize>(text: &str) -> Option<[u8; N]> {
    // The library requires a buffer for whole groups of three bytes.
    let mut bytes = [0; SIGNED_LEN + 2];
    let length = BASE64_STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes.get(..length)?.try_into().ok()
}

/// Decodes `row` into `record`, and replaces the previous content of `record`. See the module documentation for invalid
/// rows.
pub fn unpack(row: &[u8], record: &mut Vec<u8>) {
    record.clear();
    let unpacked = match row.split_first() {
        Some((&PACKED, rest)) => unpack_lines(rest, record),
        _ => None,
    };
    if unpacked.is_none() {
        record.clear();
        record.extend_from_slice(row.strip_prefix(&[PLAIN]).unwrap_or(row));
    }
}

fn unpack_lines(row: &[u8], record: &mut Vec<u8>) -> Option<()> {
    record.reserve(row.len() * 3);
    let mut rest = Rest(row);
    let mut signers = Signers::default();
    while let Some(first) = rest.0.first() {
        if !(FIRST_CODE..0xc0).contains(first) {
            record.extend_from_slice(rest.line());
            continue;
        }
        let (begin, value) = LINES.get(usize::from(first - FIRST_CODE))?;
        rest.take::<1>()?;
        record.extend_from_slice(begin.as_bytes());
        unpack_value(*value, &mut rest, &mut signers, record)?;
        if !matches!(value, Value::Text | Value::DigestAndText) {
            record.push(b'\n');
        }
    }
    Some(())
}

fn unpack_value(value: Value, rest: &mut Rest<'_>, signers: &mut Signers, record: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Text => record.extend_from_slice(rest.line()),
        Value::Digest => hex(rest.take::<32>()?, record),
        Value::DigestAndText => {
            hex(rest.take::<32>()?, record);
            record.push(b' ');
            record.extend_from_slice(rest.line());
        }
        Value::Nonce => hex(rest.take::<16>()?, record),
        Value::Number => record.extend_from_slice(DepositNumber::text_of_key(rest.take()?).as_bytes()),
        Value::Time => {
            let mut millis = [0; 8];
            let (_, low) = millis.split_at_mut(2);
            low.copy_from_slice(rest.take::<6>()?);
            record.extend_from_slice(&Timestamp::from_millis(u64::from_be_bytes(millis))?.text());
        }
        Value::Key => {
            let signer = rest.take::<SIGNER_LEN>()?;
            let (name, id) = signer.split_first_chunk::<8>()?;
            hex(name, record);
            record.push(b'+');
            hex::<4>(id.try_into().ok()?, record);
            record.push(b'+');
            to_base64::<44>(rest.take::<PUBLIC_LEN>()?, record)?;
            signers.add(*signer);
        }
        Value::Signature => {
            let [place] = *rest.take()?;
            let signer = signers.known().get(usize::from(place))?;
            let (name, id) = signer.split_first_chunk::<8>()?;
            hex(name, record);
            record.push(b' ');
            let mut note = [0; SIGNED_LEN];
            let (id_bytes, signature) = note.split_at_mut(4);
            id_bytes.copy_from_slice(id);
            signature.copy_from_slice(rest.take::<64>()?);
            to_base64::<92>(&note, record)?;
        }
    }
    Some(())
}

/// The unread rest of a row.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads up to and including the next LF, or to the end.
    fn line(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|b| *b == b'\n').map_or(self.0.len(), |at| at + 1);
        let (line, rest) = self.0.split_at_checked(end).unwrap_or((self.0, &[]));
        self.0 = rest;
        line
    }
}

fn hex<const N: usize>(bytes: &[u8; N], record: &mut Vec<u8>) {
    record.extend_from_slice(hex_digits(bytes).as_flattened());
}

fn to_base64<const N: usize>(bytes: &[u8], record: &mut Vec<u8>) -> Option<()> {
    let mut text = [0; N];
    let length = BASE64_STANDARD.encode_slice(bytes, &mut text).ok()?;
    record.extend_from_slice(text.get(..length)?);
    Some(())
}

#[cfg(test)]
mod tests;
