//! Verification of a token's signature and signed attributes (RFC 5652 sections 5.3 to 5.6).
//!
//! # Invariants
//!
//! The signed attributes contain the type of the content, its digest, and the digest of the signer's certificate
//! (signing-certificate of RFC 2634, or signing-certificate-v2 of RFC 5816), each exactly once; if both certificate
//! attributes are present, both must match. So neither the content nor the certificate can be replaced, not even by
//! another certificate with the same key.

use der::Tag;
use der::asn1::ObjectIdentifier;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, ring as algorithms};

use super::algorithm::{AlgorithmError, Identifier, MessageDigest};
use super::certificate::{KeyKind, SignerCertificate};
use super::fields::{DerError, Fields, constructed};
use super::signed_data::{SignerInfo, TST_INFO};

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
/// `id-aa-signingCertificate` (RFC 2634 section 5.4).
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
/// `id-aa-signingCertificateV2` (RFC 5035 section 3).
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
/// `rsaEncryption`, which many authorities use for the signature; the digest algorithm is then that of the message.
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// `id-ecPublicKey`, which some authorities use in the same way.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// Minimum length of an RSA key in bits.
const RSA_BITS_MIN: usize = 2048;

/// Why a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// A signed attribute is missing, malformed, or occurs twice.
    #[error("the timestamp token has no usable attribute {0}")]
    Attribute(&'static str),
    /// The content does not have the signed digest.
    #[error("the content of the timestamp token was altered: its digest is not the signed one")]
    OtherDigest,
    /// The signature names another certificate.
    #[error("the signature of the timestamp token names another certificate than the one in it")]
    OtherCertificate,
    /// The signature does not verify.
    #[error("the signature of the timestamp token is invalid")]
    Invalid,
    /// An algorithm is refused.
    #[error("the signature of the timestamp token: {0}")]
    Algorithm(#[from] AlgorithmError),
}

impl SignatureError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Attribute(_) => "time_token_attributes",
            Self::OtherDigest => "time_token_altered",
            Self::OtherCertificate => "time_token_certificate_mismatch",
            Self::Invalid => "time_token_signature_invalid",
            Self::Algorithm(error) => error.code(),
        }
    }
}

/// Checks the signed attributes and the signature over `content`.
pub(super) fn check(
    signer: &SignerInfo<'_>,
    content: &[u8],
    certificate: &SignerCertificate<'_>,
) -> Result<(), SignatureError> {
    check_content(signer, content)?;
    check_certificate(signer, certificate)?;
    if let KeyKind::Rsa { bits: bits @ 1..RSA_BITS_MIN } = certificate.key() {
        return Err(AlgorithmError::Weak { name: format!("RSA with {bits} bits") }.into());
    }
    let message = signer.signed_bytes().map_err(|_| SignatureError::Invalid)?;
    let der = CertificateDer::from(certificate.der);
    let key = EndEntityCert::try_from(&der).map_err(|_| SignatureError::Invalid)?;
    let refused = || SignatureError::from(AlgorithmError::refuse(signer.signature_algorithm.oid));
    let mut result = Err(refused());
    for algorithm in candidates(&signer.signature_algorithm, &signer.digest_algorithm)? {
        match key.verify_signature(algorithm, &message, signer.signature) {
            Ok(()) => return Ok(()),
            Err(Error::InvalidSignatureForPublicKey) => result = Err(SignatureError::Invalid),
            // The algorithm is for keys of another kind.
            Err(_) => {}
        }
    }
    result
}

fn check_content(signer: &SignerInfo<'_>, content: &[u8]) -> Result<(), SignatureError> {
    let type_of = |value| Fields::new(value, "ContentType").and_then(|mut value| value.oid());
    let content_type = signer.attribute(CONTENT_TYPE).ok().flatten().and_then(|value| type_of(value).ok());
    if content_type != Some(TST_INFO) {
        return Err(SignatureError::Attribute("content-type"));
    }
    let algorithm = MessageDigest::from_identifier(&signer.digest_algorithm)?;
    let octets = |value| Fields::new(value, "MessageDigest").and_then(|mut value| value.content(Tag::OctetString));
    let signed = signer.attribute(MESSAGE_DIGEST).ok().flatten().and_then(|value| octets(value).ok());
    let signed = signed.ok_or(SignatureError::Attribute("message-digest"))?;
    if algorithm.is_of(content, signed) { Ok(()) } else { Err(SignatureError::OtherDigest) }
}

/// Checks that the attributes name this certificate.
fn check_certificate(signer: &SignerInfo<'_>, certificate: &SignerCertificate<'_>) -> Result<(), SignatureError> {
    let attribute = |oid, name| signer.attribute(oid).map_err(|_| SignatureError::Attribute(name));
    let first = attribute(SIGNING_CERTIFICATE, "signing-certificate")?;
    let second = attribute(SIGNING_CERTIFICATE_V2, "signing-certificate-v2")?;
    if first.is_none() && second.is_none() {
        return Err(SignatureError::Attribute("signing-certificate"));
    }
    for (value, version) in [(first, 1), (second, 2)] {
        let Some(value) = value else { continue };
        let id = first_id(value).map_err(|_| SignatureError::Attribute("signing-certificate"))?;
        if !names(id, version, certificate)? {
            return Err(SignatureError::OtherCertificate);
        }
    }
    Ok(())
}

/// The first certificate identifier, which is the signer's (RFC 5035 section 4).
fn first_id(value: &[u8]) -> Result<Fields<'_>, DerError> {
    let mut attribute = Fields::of_value(value, Tag::Sequence, "SigningCertificate")?;
    let mut ids = attribute.nested(Tag::Sequence, "ESSCertIDs")?;
    // Policies may follow.
    attribute.optional(Tag::Sequence)?;
    attribute.finish()?;
    ids.nested(Tag::Sequence, "ESSCertID")
}

/// Whether an `ESSCertID` or `ESSCertIDv2` names this certificate.
fn names(mut id: Fields<'_>, version: u8, certificate: &SignerCertificate<'_>) -> Result<bool, SignatureError> {
    let malformed = |_| SignatureError::Attribute("signing-certificate");
    let is_digest = if version == 1 {
        // SHA-1 by definition. It only names a certificate, which is verified separately.
        let signed = id.content(Tag::OctetString).map_err(malformed)?;
        digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.der).as_ref() == signed
    } else {
        let algorithm = match id.optional(Tag::Sequence).map_err(malformed)? {
            Some(identifier) => MessageDigest::from_identifier(&Identifier::read(identifier).map_err(malformed)?)?,
            None => MessageDigest::Sha256,
        };
        algorithm.is_of(certificate.der, id.content(Tag::OctetString).map_err(malformed)?)
    };
    let is_issued = match id.optional(Tag::Sequence).map_err(malformed)? {
        Some(issuer) => names_issuer(issuer, certificate).map_err(malformed)?,
        None => true,
    };
    id.finish().map_err(malformed)?;
    Ok(is_digest && is_issued)
}

/// Whether an `IssuerSerial` names this certificate.
fn names_issuer(content: &[u8], certificate: &SignerCertificate<'_>) -> Result<bool, DerError> {
    let mut fields = Fields::new(content, "IssuerSerial")?;
    let mut names = fields.nested(Tag::Sequence, "GeneralNames")?;
    let mut is_named = false;
    while !names.is_finished() {
        let is_directory_name = names.next_is(constructed(4));
        let name = names.any()?.value();
        is_named |= is_directory_name && name == certificate.issuer;
    }
    let serial = fields.content(Tag::Integer)?;
    // The format allows a unique identifier of the issuer here; no certificates with it exist in practice.
    Ok(is_named && serial == certificate.serial)
}

/// The algorithms with which a signature may verify, by kind of key.
fn candidates(
    signature: &Identifier<'_>,
    message: &Identifier<'_>,
) -> Result<Vec<&'static dyn SignatureVerificationAlgorithm>, AlgorithmError> {
    let by_digest = |sha_256: &[&'static dyn SignatureVerificationAlgorithm],
                     sha_384: &[&'static dyn SignatureVerificationAlgorithm],
                     sha_512: &[&'static dyn SignatureVerificationAlgorithm]| {
        Ok(match MessageDigest::from_identifier(message)? {
            MessageDigest::Sha256 => sha_256.to_vec(),
            MessageDigest::Sha384 => sha_384.to_vec(),
            MessageDigest::Sha512 => sha_512.to_vec(),
        })
    };
    match signature.oid {
        RSA if signature.has_no_parameters() => by_digest(
            &[algorithms::RSA_PKCS1_2048_8192_SHA256],
            &[algorithms::RSA_PKCS1_2048_8192_SHA384],
            &[algorithms::RSA_PKCS1_2048_8192_SHA512],
        ),
        EC => by_digest(
            &[algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256],
            &[algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384],
            &[],
        ),
        _ => {
            let named = ALL_VERIFICATION_ALGS.iter().copied();
            Ok(named.filter(|one| one.signature_alg_id().as_ref() == signature.content).collect())
        }
    }
}
