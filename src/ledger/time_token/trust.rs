//! The timestamp authorities that the user trusts, and the revocation lists that the user has.
//!
//! Authorities are the certificates of certification authorities in the user's own file, which issue the certificates
//! of timestamp authorities. A certificate in a token is never an authority.

use std::fmt;
use std::sync::Arc;

use der::{Decode as _, Tag};
use rustls_pki_types::pem::{self, PemObject as _};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, TrustAnchor};
use webpki::{CertRevocationList, OwnedCertRevocationList, anchor_from_trusted_cert};
use x509_cert::ext::pkix::BasicConstraints;
use x509_cert::time::Time;
use x509_cert::{Certificate, Version};

use super::certificate::timestamp;
use super::fields::{DerError, Fields};
use crate::ledger::time::Timestamp;

/// Maximum number of certificates or lists of a user.
const ENTRIES_MAX: usize = 1024;
/// Maximum length of a file in bytes.
pub const FILE_MAX: usize = 16 * 1024 * 1024;

/// Why a file of authorities or revocation lists is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// No certificate.
    #[error("no certificate in PEM form (BEGIN CERTIFICATE) is in the file of timestamp authorities")]
    NoCertificate,
    /// A certificate cannot be parsed.
    #[error("certificate {number} of the timestamp authorities cannot be parsed: {reason}")]
    MalformedCertificate {
        /// Its number, from 1.
        number: usize,
        /// The fault.
        reason: String,
    },
    /// A certificate that may not issue certificates.
    #[error(
        "certificate {number} of the timestamp authorities, `{subject}`, is not that of a certification authority: give the one that issued it"
    )]
    NotAnAuthority {
        /// Its number, from 1.
        number: usize,
        /// Its subject.
        subject: String,
    },
    /// No revocation list.
    #[error("no revocation list is in the file, neither as DER nor in PEM form (BEGIN X509 CRL)")]
    NoList,
    /// A revocation list cannot be used.
    #[error(
        "revocation list {number} cannot be used: {reason}. Version 2 with nextUpdate is required (RFC 5280 section 5)"
    )]
    MalformedList {
        /// Its number, from 1.
        number: usize,
        /// The fault.
        reason: String,
    },
    /// A file exceeds the limits.
    #[error("the file of timestamp authorities or revocation lists is too large")]
    TooLarge,
}

impl TrustError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoCertificate => "tsa_ca_without_certificate",
            Self::MalformedCertificate { .. } => "tsa_ca_malformed",
            Self::NotAnAuthority { .. } => "tsa_ca_not_an_authority",
            Self::NoList => "tsa_crl_without_list",
            Self::MalformedList { .. } => "tsa_crl_malformed",
            Self::TooLarge => "tsa_trust_too_large",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::NoCertificate => "时间戳机构证书文件中没有 PEM 格式的证书（BEGIN CERTIFICATE）".into(),
            Self::MalformedCertificate { number, .. } => format!("时间戳机构证书文件中第 {number} 张证书无法解析"),
            Self::NotAnAuthority { number, subject } => {
                format!("时间戳机构证书文件中第 {number} 张证书（{subject}）不是 CA 证书，请改用签发该证书的 CA 证书")
            }
            Self::NoList => "文件中没有证书吊销列表（DER 格式，或 PEM 格式的 BEGIN X509 CRL）".into(),
            Self::MalformedList { number, .. } => {
                format!("第 {number} 份证书吊销列表无法使用：须为第 2 版并含 nextUpdate（RFC 5280 第 5 节）")
            }
            Self::TooLarge => "时间戳机构证书文件或证书吊销列表过大".into(),
        }
    }
}

/// A certificate at the end of a path.
#[derive(Debug, Clone)]
pub(super) struct Authority {
    der: Vec<u8>,
    pub(super) anchor: TrustAnchor<'static>,
    /// The name of its subject.
    pub(super) subject: String,
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// A revocation list.
#[derive(Debug, Clone)]
pub(super) struct RevocationList {
    pub(super) der: Vec<u8>,
    pub(super) list: Arc<CertRevocationList<'static>>,
    /// `thisUpdate`: the date of the list.
    pub(super) this_update: Timestamp,
}

impl RevocationList {
    pub(super) fn parse(der: &[u8]) -> Result<Self, String> {
        let list = OwnedCertRevocationList::from_der(der).map_err(|error| error.to_string())?;
        let this_update = this_update(der).map_err(|error| error.to_string())?;
        Ok(Self { der: der.to_vec(), list: Arc::new(list.into()), this_update })
    }
}

/// The field `thisUpdate` of a revocation list.
fn this_update(der: &[u8]) -> Result<Timestamp, DerError> {
    let mut list = Fields::of_value(der, Tag::Sequence, "CertificateList")?;
    let mut fields = list.nested(Tag::Sequence, "TBSCertList")?;
    fields.optional(Tag::Integer)?;
    fields.content(Tag::Sequence)?;
    fields.content(Tag::Sequence)?;
    let time = Time::from_der(fields.encoded()?).map_err(|_| DerError("thisUpdate"))?;
    Ok(timestamp(time))
}

/// The authorities and revocation lists that a user trusts. The default contains no authority, so no token verifies.
#[derive(Clone, Default)]
pub struct TsaTrust {
    pub(super) authorities: Vec<Authority>,
    pub(super) lists: Vec<RevocationList>,
}

impl fmt::Debug for TsaTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.authorities.iter().map(|authority| authority.subject.as_str()).collect();
        f.debug_struct("TsaTrust").field("authorities", &names).field("lists", &self.lists.len()).finish()
    }
}

impl TsaTrust {
    /// Trusts the certification authorities in a PEM file.
    ///
    /// # Errors
    ///
    /// [`TrustError`].
    pub fn from_pem(pem: &[u8]) -> Result<Self, TrustError> {
        let mut trust = Self::default();
        trust.add_authorities(pem)?;
        Ok(trust)
    }

    /// Adds the authorities in another PEM file. Returns their number.
    ///
    /// # Errors
    ///
    /// [`TrustError`]; nothing is added in this case.
    pub fn add_authorities(&mut self, pem: &[u8]) -> Result<usize, TrustError> {
        if pem.len() > FILE_MAX {
            return Err(TrustError::TooLarge);
        }
        let mut added = Vec::new();
        for (number, der) in (1..).zip(CertificateDer::pem_slice_iter(pem)) {
            let malformed =
                |reason: &dyn fmt::Display| TrustError::MalformedCertificate { number, reason: reason.to_string() };
            let der = der.map_err(|error| malformed(&pem_reason(&error)))?;
            added.push(Authority::read(number, &der)?);
        }
        if added.is_empty() {
            return Err(TrustError::NoCertificate);
        }
        if self.authorities.len() + added.len() > ENTRIES_MAX {
            return Err(TrustError::TooLarge);
        }
        let count = added.len();
        self.authorities.append(&mut added);
        Ok(count)
    }

    /// Adds the revocation lists in a file: one as DER, or several in PEM form. Returns their number.
    ///
    /// # Errors
    ///
    /// [`TrustError`]; nothing is added in this case.
    pub fn add_revocation_lists(&mut self, file: &[u8]) -> Result<usize, TrustError> {
        if file.len() > FILE_MAX {
            return Err(TrustError::TooLarge);
        }
        let mut added = Vec::new();
        // A DER sequence begins with the byte `0`; a PEM file with revocation lists does not.
        if file.first() == Some(&0x30) {
            added.push(RevocationList::parse(file).map_err(|reason| TrustError::MalformedList { number: 1, reason })?);
        } else {
            for (number, der) in (1..).zip(CertificateRevocationListDer::pem_slice_iter(file)) {
                let malformed = |reason| TrustError::MalformedList { number, reason };
                let der = der.map_err(|error| malformed(pem_reason(&error)))?;
                added.push(RevocationList::parse(&der).map_err(malformed)?);
            }
        }
        if added.is_empty() {
            return Err(TrustError::NoList);
        }
        if self.lists.len() + added.len() > ENTRIES_MAX {
            return Err(TrustError::TooLarge);
        }
        let count = added.len();
        self.lists.append(&mut added);
        Ok(count)
    }

    /// Adds the authorities and revocation lists of `other`.
    pub fn extend(&mut self, other: &Self) {
        self.authorities.extend(other.authorities.iter().cloned());
        self.lists.extend(other.lists.iter().cloned());
    }

    /// Whether there is no authority.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.authorities.is_empty()
    }

    /// The subjects of the authorities.
    pub fn authorities(&self) -> impl Iterator<Item = &str> {
        self.authorities.iter().map(|authority| authority.subject.as_str())
    }

    /// The certificates of the authorities in DER, each with its subject.
    pub fn certificates(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.authorities.iter().map(|authority| (authority.subject.as_str(), authority.der.as_slice()))
    }

    /// The revocation lists, as encoded.
    pub fn revocation_lists(&self) -> impl Iterator<Item = &[u8]> {
        self.lists.iter().map(|list| list.der.as_slice())
    }
}

impl Authority {
    fn read(number: usize, der: &CertificateDer<'_>) -> Result<Self, TrustError> {
        let malformed =
            |reason: &dyn fmt::Display| TrustError::MalformedCertificate { number, reason: reason.to_string() };
        let certificate = Certificate::from_der(der).map_err(|error| malformed(&error))?;
        let fields = certificate.tbs_certificate();
        let subject = fields.subject().to_string();
        let constraints = fields.get_extension::<BasicConstraints>().map_err(|error| malformed(&error))?;
        // Certificates of version 1 have no extensions; only roots have this version.
        if fields.version() != Version::V1 && !constraints.is_some_and(|(_, constraints)| constraints.ca) {
            return Err(TrustError::NotAnAuthority { number, subject });
        }
        let anchor = anchor_from_trusted_cert(der).map_err(|error| malformed(&error))?.to_owned();
        let validity = fields.validity();
        Ok(Self {
            der: der.to_vec(),
            anchor,
            subject,
            not_before: timestamp(validity.not_before),
            not_after: timestamp(validity.not_after),
        })
    }

    /// Whether it was valid at this time.
    pub(super) fn is_valid_at(&self, time: Timestamp) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }
}

fn pem_reason(error: &pem::Error) -> String {
    error.to_string()
}
