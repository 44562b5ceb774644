//! A reader of DER values, field by field, that keeps each value's original bytes.
//!
//! Certificates, names and signed content are hashed and compared as the authority encoded them. Decoding and encoding
//! them again could change them, so values are re-encoded only where RFC 5652 requires it.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, TagNumber, Tagged as _};

/// Bytes that are not the DER encoding of the type they should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed DER: {0}")]
pub struct DerError(
    /// The type that was expected.
    pub &'static str,
);

/// The tag `[number]`, constructed: an explicit field, or an implicit one with parts.
pub(super) const fn constructed(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: TagNumber(number) }
}

/// The tag `[number]`, primitive: an implicit field without parts.
pub(super) const fn primitive(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: false, number: TagNumber(number) }
}

/// The fields of a constructed value. Every error names `what`, the type being read.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    reader: SliceReader<'a>,
    what: &'static str,
}

impl<'a> Fields<'a> {
    /// The fields in `content`, which is the content of a value without its tag and length.
    pub(super) fn new(content: &'a [u8], what: &'static str) -> Result<Self, DerError> {
        let reader = SliceReader::new(content).map_err(|_| DerError(what))?;
        Ok(Self { reader, what })
    }

    /// The fields of the single value in `bytes`, which must have this tag.
    pub(super) fn of_value(bytes: &'a [u8], tag: Tag, what: &'static str) -> Result<Self, DerError> {
        let mut outer = Self::new(bytes, what)?;
        let fields = outer.nested(tag, what)?;
        outer.finish()?;
        Ok(fields)
    }

    const fn fault(&self) -> DerError {
        DerError(self.what)
    }

    /// Whether all fields were read.
    pub(super) fn is_finished(&self) -> bool {
        self.reader.is_finished()
    }

    /// Checks that no field is left.
    pub(super) fn finish(self) -> Result<(), DerError> {
        if self.is_finished() { Ok(()) } else { Err(self.fault()) }
    }

    /// The next field, with any tag.
    pub(super) fn any(&mut self) -> Result<AnyRef<'a>, DerError> {
        AnyRef::decode(&mut self.reader).map_err(|_| self.fault())
    }

    /// The next field, as encoded.
    pub(super) fn encoded(&mut self) -> Result<&'a [u8], DerError> {
        self.reader.tlv_bytes().map_err(|_| self.fault())
    }

    /// The content of the next field, which must have this tag.
    pub(super) fn content(&mut self, tag: Tag) -> Result<&'a [u8], DerError> {
        let value = self.any()?;
        if value.tag() == tag { Ok(value.value()) } else { Err(self.fault()) }
    }

    /// The content of the next field if it has this tag.
    pub(super) fn optional(&mut self, tag: Tag) -> Result<Option<&'a [u8]>, DerError> {
        if self.next_is(tag) { self.content(tag).map(Some) } else { Ok(None) }
    }

    /// Whether the next field has this tag.
    pub(super) fn next_is(&self, tag: Tag) -> bool {
        Tag::peek(&self.reader).is_ok_and(|next| next == tag)
    }

    /// The fields of the next field, which must have this tag.
    pub(super) fn nested(&mut self, tag: Tag, what: &'static str) -> Result<Self, DerError> {
        Self::new(self.content(tag)?, what)
    }

    /// An object identifier.
    pub(super) fn oid(&mut self) -> Result<ObjectIdentifier, DerError> {
        self.any()?.decode_as().map_err(|_| self.fault())
    }

    /// An integer from 0 to 255, as versions are.
    pub(super) fn small_integer(&mut self) -> Result<u8, DerError> {
        self.any()?.decode_as().map_err(|_| self.fault())
    }

    /// The content of an integer of at most `most` octets in its shortest encoding.
    pub(super) fn integer(&mut self, most: usize) -> Result<&'a [u8], DerError> {
        let content = self.content(Tag::Integer)?;
        if is_shortest(content) && content.len() <= most { Ok(content) } else { Err(self.fault()) }
    }
}

/// Whether this is the shortest content of an integer (X.690 section 8.3.2).
pub(super) fn is_shortest(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        [..] => true,
    }
}

/// The value of a non-negative integer of at most 64 bits.
pub(super) fn unsigned(content: &[u8]) -> Option<u64> {
    let digits = content.strip_prefix(&[0]).unwrap_or(content);
    let is_negative = content.first().is_none_or(|first| first & 0x80 != 0);
    if is_negative || digits.len() > 8 {
        return None;
    }
    Some(digits.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

/// The encoding of a value with this tag and content.
pub(super) fn encode(tag: Tag, content: &[u8]) -> Result<Vec<u8>, DerError> {
    AnyRef::new(tag, content).and_then(|value| value.to_der()).map_err(|_| DerError("a value of this size"))
}

/// The encoding of a value with this tag that contains these values.
pub(super) fn encode_all(tag: Tag, parts: &[&[u8]]) -> Result<Vec<u8>, DerError> {
    encode(tag, &parts.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_one_encoding() {
        for shortest in [&[0][..], &[0x7f], &[0x80], &[0, 0x80], &[0xff], &[0xff, 0x7f]] {
            assert!(is_shortest(shortest), "{shortest:?}");
        }
        for longer in [&[][..], &[0, 0], &[0, 0x7f], &[0xff, 0x80], &[0xff, 0xff]] {
            assert!(!is_shortest(longer), "{longer:?}");
        }
    }

    #[test]
    fn unsigned_integers_are_read() {
        assert_eq!(unsigned(&[0]), Some(0));
        assert_eq!(unsigned(&[0x7f]), Some(127));
        assert_eq!(unsigned(&[0, 0x80]), Some(128));
        assert_eq!(unsigned(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some(u64::MAX));
        assert_eq!(unsigned(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(unsigned(&[0x80]), None);
        assert_eq!(unsigned(&[]), None);
    }
}
