//! Parser of the CMS message of a token (`SignedData`, RFC 5652 section 5). It verifies nothing.
//!
//! # Invariants
//!
//! The message is DER, its content is a `TSTInfo`, and it has exactly one signer with signed attributes, as RFC 3161 section 2.4.2
//! requires. All parts keep the bytes of the message.

use der::Tag;
use der::asn1::ObjectIdentifier;

use super::algorithm::Identifier;
use super::fields::{DerError, Fields, constructed, encode_all, primitive};

/// Maximum length of a token in bytes. Usual tokens have 2 to 8 KiB; a revocation list may be stored in the token.
pub const TOKEN_MAX: usize = 256 * 1024;
/// Maximum number of certificates in a token.
const CERTIFICATES_MAX: usize = 32;
/// Maximum number of revocation lists in a token.
pub(super) const LISTS_MAX: usize = 16;
/// Maximum number of signed attributes.
const ATTRIBUTES_MAX: usize = 64;
/// Maximum number of octets of a certificate's serial number: more than in RFC 5280 section 4.1.2.2, for authorities
/// that exceed that limit.
const SERIAL_MAX: usize = 64;
/// `id-signedData`.
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// `id-ct-TSTInfo`: the type of the content of a token.
pub(super) const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Why bytes are not the message of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedDataError {
    /// More bytes than any token needs.
    #[error("the timestamp token has {size} bytes, more than {TOKEN_MAX}")]
    TooLarge {
        /// Number of bytes.
        size: usize,
    },
    /// Not DER, or not of the form of a token.
    #[error("the timestamp token is malformed: {0}")]
    Malformed(#[from] DerError),
    /// A CMS message of another type, or with other content.
    #[error("this is no timestamp token: its content type is {0}")]
    OtherContent(String),
    /// A version that CMS does not define for such a message.
    #[error("the CMS message of the timestamp token has the unknown version {0}")]
    UnknownVersion(u8),
    /// No signer, or several: a token has exactly one.
    #[error("the timestamp token has {0} signers, and must have exactly one")]
    Signers(usize),
    /// The signature covers no attributes, so it does not name a certificate.
    #[error("the timestamp token has no signed attributes")]
    NoSignedAttributes,
    /// More parts than any token needs.
    #[error("the timestamp token has too many {0}")]
    TooMany(&'static str),
}

impl SignedDataError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooMany(_) => "time_token_too_large",
            Self::Malformed(_) => "time_token_malformed",
            Self::OtherContent(_) => "time_token_other_content",
            Self::UnknownVersion(_) => "time_token_version_unknown",
            Self::Signers(_) => "time_token_signers",
            Self::NoSignedAttributes => "time_token_attributes",
        }
    }
}

/// The parts of a token's message.
#[derive(Debug, Clone)]
pub(super) struct SignedToken<'a> {
    /// The encoded `TSTInfo`, which is signed.
    pub(super) content: &'a [u8],
    /// The certificates, as encoded.
    pub(super) certificates: Vec<&'a [u8]>,
    /// The revocation lists, as encoded.
    pub(super) lists: Vec<&'a [u8]>,
    pub(super) signer: SignerInfo<'a>,
}

/// The signer, the signed attributes and the signature.
#[derive(Debug, Clone)]
pub(super) struct SignerInfo<'a> {
    pub(super) id: SignerId<'a>,
    pub(super) digest_algorithm: Identifier<'a>,
    pub(super) attributes: Vec<Attribute<'a>>,
    pub(super) signature_algorithm: Identifier<'a>,
    pub(super) signature: &'a [u8],
}

/// The name of the signer's certificate in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignerId<'a> {
    /// By the issuer's name, as encoded, and the content of the serial number.
    IssuerAndSerial { issuer: &'a [u8], serial: &'a [u8] },
    /// By its subject key identifier.
    KeyId(&'a [u8]),
}

/// A signed attribute.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attribute<'a> {
    pub(super) oid: ObjectIdentifier,
    /// The whole attribute, as encoded.
    encoded: &'a [u8],
    /// The values, as encoded.
    values: &'a [u8],
}

impl<'a> SignedToken<'a> {
    pub(super) fn parse(token: &'a [u8]) -> Result<Self, SignedDataError> {
        if token.len() > TOKEN_MAX {
            return Err(SignedDataError::TooLarge { size: token.len() });
        }
        let mut info = Fields::of_value(token, Tag::Sequence, "ContentInfo")?;
        let content_type = info.oid()?;
        if content_type != SIGNED_DATA {
            return Err(SignedDataError::OtherContent(content_type.to_string()));
        }
        let wrapped = info.content(constructed(0))?;
        info.finish()?;
        let mut data = Fields::of_value(wrapped, Tag::Sequence, "SignedData")?;
        // Version 3 for this content; higher versions for certificates and lists of further kinds (RFC 5652 section
        // 5.1).
        let version = data.small_integer()?;
        if !(3..=5).contains(&version) {
            return Err(SignedDataError::UnknownVersion(version));
        }
        data.content(Tag::Set)?;
        let content = read_content(data.nested(Tag::Sequence, "EncapsulatedContentInfo")?)?;
        let certificates = sequences(data.optional(constructed(0))?, CERTIFICATES_MAX, "certificates")?;
        let lists = sequences(data.optional(constructed(1))?, LISTS_MAX, "revocation lists")?;
        let mut signers = data.nested(Tag::Set, "SignerInfos")?;
        data.finish()?;
        if signers.is_finished() {
            return Err(SignedDataError::Signers(0));
        }
        let signer = signers.nested(Tag::Sequence, "SignerInfo")?;
        if !signers.is_finished() {
            let mut count = 1;
            while !signers.is_finished() {
                signers.encoded()?;
                count += 1;
            }
            return Err(SignedDataError::Signers(count));
        }
        Ok(Self { content, certificates, lists, signer: SignerInfo::read(signer)? })
    }
}

/// The content, if it is a `TSTInfo`.
fn read_content(mut fields: Fields<'_>) -> Result<&[u8], SignedDataError> {
    let content_type = fields.oid()?;
    if content_type != TST_INFO {
        return Err(SignedDataError::OtherContent(content_type.to_string()));
    }
    let mut wrapped = fields.nested(constructed(0), "EncapsulatedContentInfo")?;
    fields.finish()?;
    let content = wrapped.content(Tag::OctetString)?;
    wrapped.finish()?;
    Ok(content)
}

/// The members of a set that are sequences: certificates and lists of X.509. Other kinds, which have other tags, are ignored.
fn sequences<'a>(set: Option<&'a [u8]>, most: usize, what: &'static str) -> Result<Vec<&'a [u8]>, SignedDataError> {
    let mut members = Fields::new(set.unwrap_or_default(), "CertificateSet")?;
    let mut found = Vec::new();
    while !members.is_finished() {
        if found.len() == most {
            return Err(SignedDataError::TooMany(what));
        }
        let is_sequence = members.next_is(Tag::Sequence);
        let member = members.encoded()?;
        if is_sequence {
            found.push(member);
        }
    }
    Ok(found)
}

impl<'a> SignerInfo<'a> {
    fn read(mut fields: Fields<'a>) -> Result<Self, SignedDataError> {
        let version = fields.small_integer()?;
        let id = match version {
            1 => {
                let mut id = fields.nested(Tag::Sequence, "IssuerAndSerialNumber")?;
                let (issuer, serial) = (id.encoded()?, id.integer(SERIAL_MAX)?);
                id.finish()?;
                SignerId::IssuerAndSerial { issuer, serial }
            }
            3 => SignerId::KeyId(fields.content(primitive(0))?),
            other => return Err(SignedDataError::UnknownVersion(other)),
        };
        let digest_algorithm = Identifier::read(fields.content(Tag::Sequence)?)?;
        let signed = fields.optional(constructed(0))?.ok_or(SignedDataError::NoSignedAttributes)?;
        let attributes = Attribute::read_all(Fields::new(signed, "SignedAttributes")?)?;
        let signature_algorithm = Identifier::read(fields.content(Tag::Sequence)?)?;
        let signature = fields.content(Tag::OctetString)?;
        // Unsigned attributes are ignored: they prove nothing.
        fields.optional(constructed(1))?;
        fields.finish()?;
        Ok(Self { id, digest_algorithm, attributes, signature_algorithm, signature })
    }

    /// The signed bytes: the attributes as a `SET OF` in DER, independent of their order in the message (RFC 5652
    /// section 5.4).
    pub(super) fn signed_bytes(&self) -> Result<Vec<u8>, DerError> {
        let mut parts: Vec<&[u8]> = self.attributes.iter().map(|attribute| attribute.encoded).collect();
        parts.sort_unstable();
        encode_all(Tag::Set, &parts)
    }

    /// The single value of the single attribute of this type, as encoded. `Err` if there are several, `None` if there
    /// is none.
    pub(super) fn attribute(&self, oid: ObjectIdentifier) -> Result<Option<&'a [u8]>, DerError> {
        let mut found = self.attributes.iter().filter(|attribute| attribute.oid == oid);
        let Some(attribute) = found.next() else { return Ok(None) };
        let mut values = Fields::new(attribute.values, "attribute value")?;
        let value = values.encoded()?;
        values.finish()?;
        if found.next().is_some() { Err(DerError("SignedAttributes")) } else { Ok(Some(value)) }
    }
}

impl<'a> Attribute<'a> {
    fn read_all(mut fields: Fields<'a>) -> Result<Vec<Self>, SignedDataError> {
        let mut attributes = Vec::new();
        while !fields.is_finished() {
            if attributes.len() == ATTRIBUTES_MAX {
                return Err(SignedDataError::TooMany("signed attributes"));
            }
            let encoded = fields.encoded()?;
            let mut parts = Fields::of_value(encoded, Tag::Sequence, "Attribute")?;
            let attribute = Self { oid: parts.oid()?, encoded, values: parts.content(Tag::Set)? };
            parts.finish()?;
            attributes.push(attribute);
        }
        Ok(attributes)
    }
}
