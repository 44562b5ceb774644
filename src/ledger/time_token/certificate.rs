//! The certificate of a token's signer: look-up in the token, purpose, name and key.
//!
//! # Invariants
//!
//! The certificate has only the extended key usage `id-kp-timeStamping`, in a critical extension (RFC 3161 section
//! 2.3). If it restricts the use of its key, signatures are allowed (RFC 5280 section 4.2.1.12).

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _, Tag, Tagged as _};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, SubjectAltName, SubjectKeyIdentifier};
use x509_cert::name::Name;
use x509_cert::time::Time;

use super::fields::{DerError, Fields, constructed};
use super::signed_data::SignerId;
use crate::ledger::time::Timestamp;

/// `id-kp-timeStamping`.
const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
/// Maximum number of characters of an authority's name.
const NAME_MAX: usize = 200;

/// Why the certificate of a token's signer is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The token does not contain it.
    #[error("the timestamp token does not contain the certificate of its signer")]
    Missing,
    /// It cannot be parsed.
    #[error("the certificate of the timestamp authority is malformed: {0}")]
    Malformed(#[from] DerError),
    /// It was not issued for timestamps only.
    #[error("the certificate of `{name}` was not issued for timestamps: {reason}")]
    OtherPurpose {
        /// Its subject.
        name: String,
        /// The fault of its extensions.
        reason: &'static str,
    },
    /// The token names another authority than its certificate.
    #[error("the timestamp token names another authority than its certificate, which is that of `{name}`")]
    OtherName {
        /// The subject of the certificate.
        name: String,
    },
}

impl CertificateError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing => "time_token_certificate_missing",
            Self::Malformed(_) => "time_token_certificate_malformed",
            Self::OtherPurpose { .. } => "time_token_certificate_purpose",
            Self::OtherName { .. } => "time_token_authority_mismatch",
        }
    }
}

/// The public key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa {
        /// The length of the modulus.
        bits: usize,
    },
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// Ed25519.
    Ed25519,
    /// Another algorithm: the object identifier of its curve, or of the algorithm itself.
    Other(String),
}

/// The certificate of a token's signer.
#[derive(Debug, Clone)]
pub(super) struct SignerCertificate<'a> {
    /// The certificate, as encoded.
    pub(super) der: &'a [u8],
    /// The issuer's name, as encoded.
    pub(super) issuer: &'a [u8],
    /// The content of its serial number.
    pub(super) serial: &'a [u8],
    certificate: Certificate,
}

impl<'a> SignerCertificate<'a> {
    /// The certificate among those of the token that `id` names.
    pub(super) fn find(certificates: &[&'a [u8]], id: SignerId<'_>) -> Result<Self, CertificateError> {
        let named = certificates.iter().find_map(|der| {
            // A damaged certificate cannot be the signer's.
            let (issuer, serial) = issuer_and_serial(der).ok()?;
            let is_named = match id {
                SignerId::IssuerAndSerial { issuer: wanted, serial: number } => wanted == issuer && number == serial,
                SignerId::KeyId(wanted) => key_id(der).is_some_and(|id| id == wanted),
            };
            is_named.then_some((*der, issuer, serial))
        });
        let (der, issuer, serial) = named.ok_or(CertificateError::Missing)?;
        let certificate = Certificate::from_der(der).map_err(|_| DerError("Certificate"))?;
        Ok(Self { der, issuer, serial, certificate })
    }

    /// The authority's name: common name and organisation of the subject.
    pub(super) fn name(&self) -> String {
        let subject = self.certificate.tbs_certificate().subject();
        let value = |oid| subject.iter().filter(|part| part.oid == oid).find_map(|part| text_of(&part.value));
        let name = match (value(COMMON_NAME), value(ORGANIZATION)) {
            (Some(name), Some(organization)) if name != organization => format!("{name}, {organization}"),
            (Some(name), _) | (None, Some(name)) => name,
            (None, None) => subject.to_string(),
        };
        name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME_MAX).collect()
    }

    /// The end of its validity.
    pub(super) fn not_after(&self) -> Timestamp {
        timestamp(self.certificate.tbs_certificate().validity().not_after)
    }

    /// Checks that it was issued for timestamps.
    pub(super) fn check_purpose(&self) -> Result<(), CertificateError> {
        let other = |reason| CertificateError::OtherPurpose { name: self.name(), reason };
        let certificate = self.certificate.tbs_certificate();
        let malformed = |_| CertificateError::Malformed(DerError("certificate extension"));
        let (is_critical, purposes) = certificate
            .get_extension::<ExtendedKeyUsage>()
            .map_err(malformed)?
            .ok_or_else(|| other("it has no extended key usage"))?;
        if purposes.0 != [TIME_STAMPING] {
            return Err(other("its extended key usage is not id-kp-timeStamping alone"));
        }
        if !is_critical {
            return Err(other("its extended key usage is not critical"));
        }
        if let Some((_, usage)) = certificate.get_extension::<KeyUsage>().map_err(malformed)?
            && !usage.digital_signature()
            && !usage.non_repudiation()
        {
            return Err(other("its key may not sign"));
        }
        Ok(())
    }

    /// Checks that `authority`, a `GeneralName` as encoded, is a name of the certificate.
    pub(super) fn check_name(&self, authority: &[u8]) -> Result<(), CertificateError> {
        if self.is_subject(authority) || self.is_alternative_name(authority).unwrap_or_default() {
            return Ok(());
        }
        Err(CertificateError::OtherName { name: self.name() })
    }

    /// A part of the name comparison of RFC 5280 section 7.1: ignores letter case and string types.
    fn is_subject(&self, authority: &[u8]) -> bool {
        let name = Fields::of_value(authority, constructed(4), "GeneralName").and_then(|mut name| name.encoded());
        let Some(name) = name.ok().and_then(|name| Name::from_der(name).ok()) else { return false };
        let lower_case = |name: &Name| name.to_string().to_lowercase();
        let subject = self.certificate.tbs_certificate().subject();
        &name == subject || lower_case(&name) == lower_case(subject)
    }

    fn is_alternative_name(&self, authority: &[u8]) -> Option<bool> {
        let (_, names) = self.certificate.tbs_certificate().get_extension::<SubjectAltName>().ok()??;
        Some(names.0.iter().any(|name| name.to_der().is_ok_and(|name| name == authority)))
    }

    /// The kind of its public key.
    pub(super) fn key(&self) -> KeyKind {
        let info = self.certificate.tbs_certificate().subject_public_key_info();
        let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
        match (info.algorithm.oid, curve) {
            (RSA, _) => KeyKind::Rsa { bits: rsa_bits(info.subject_public_key.raw_bytes()).unwrap_or(0) },
            (EC, Some(P256)) => KeyKind::P256,
            (EC, Some(P384)) => KeyKind::P384,
            (ED25519, _) => KeyKind::Ed25519,
            (_, Some(curve)) => KeyKind::Other(curve.to_string()),
            (oid, None) => KeyKind::Other(oid.to_string()),
        }
    }
}

/// A time of a certificate, clamped to the range of times in records.
pub(super) fn timestamp(time: Time) -> Timestamp {
    let millis = u64::try_from(time.to_unix_duration().as_millis()).unwrap_or(u64::MAX);
    Timestamp::from_millis(millis).unwrap_or(Timestamp::MAX)
}

/// The issuer's name, as encoded, and the content of the serial number of a certificate.
pub(super) fn issuer_and_serial(der: &[u8]) -> Result<(&[u8], &[u8]), DerError> {
    let mut certificate = Fields::of_value(der, Tag::Sequence, "Certificate")?;
    let mut fields = certificate.nested(Tag::Sequence, "TBSCertificate")?;
    fields.optional(constructed(0))?;
    let serial = fields.content(Tag::Integer)?;
    fields.content(Tag::Sequence)?;
    Ok((fields.encoded()?, serial))
}

/// The subject key identifier of a certificate.
fn key_id(der: &[u8]) -> Option<Vec<u8>> {
    let certificate = Certificate::from_der(der).ok()?;
    let (_, id) = certificate.tbs_certificate().get_extension::<SubjectKeyIdentifier>().ok()??;
    Some(id.0.as_bytes().to_vec())
}

/// The number of bits of the modulus of an `RSAPublicKey` (RFC 8017 appendix A.1.1).
fn rsa_bits(key: &[u8]) -> Option<usize> {
    let mut fields = Fields::of_value(key, Tag::Sequence, "RSAPublicKey").ok()?;
    let modulus = fields.content(Tag::Integer).ok()?;
    let digits = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    let unused = usize::try_from(digits.first()?.leading_zeros()).ok()?;
    (digits.len() * 8).checked_sub(unused)
}

/// The text of a string of any type in a name.
fn text_of(value: &der::Any) -> Option<String> {
    let bytes = value.value();
    let text = match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => String::from_utf8(bytes.to_vec()).ok()?,
        // Latin-1 in practice, although the type is T.61.
        Tag::TeletexString => bytes.iter().copied().map(char::from).collect(),
        Tag::BmpString => {
            let (pairs, []) = bytes.as_chunks::<2>() else { return None };
            String::from_utf16(&pairs.iter().copied().map(u16::from_be_bytes).collect::<Vec<_>>()).ok()?
        }
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}
