//! The path from the certificate of a token's signer to an authority that the user trusts, at the time in the token.
//!
//! The path is built and checked by the library webpki (RFC 5280 section 6): signatures, validity, basic constraints,
//! key usages, name constraints, critical extensions, and that no issuer excludes timestamps. This module adds the
//! rules on time and revocation.
//!
//! # Time
//!
//! All certificates of the path, the authority's own included, must have been valid at the time in the token. They may
//! have expired since.
//!
//! # Revocation (RFC 3161 section 4)
//!
//! | reason in the revocation list | tokens |
//! |---|---|
//! | unspecified, affiliationChanged, superseded, cessationOfOperation | tokens from before the revocation stay valid |
//! | none given, keyCompromise, and all others | no token is valid: a thief of the key can choose the time |
//!
//! With `invalidityDate`, the earlier of both dates counts. A token that a later valid token stamps existed at that
//! token's time. A revocation after this time does not matter, for any reason (RFC 4998 section 5.3).
//!
//! A list counts if the issuer of the certificate signed it and its scope contains the certificate. It may be older
//! than the token or past its nextUpdate; [`Revocation::Checked`] contains its date. Delta and indirect lists are not
//! supported. Lists inside a token that do not verify are ignored; if a list of the user does not verify, and no other
//! list covers the certificate, the token is rejected.

use core::cell::RefCell;
use core::time::Duration;

use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{
    ALL_VERIFICATION_ALGS, BorrowedRevokedCert, EndEntityCert, Error, KeyUsage, RevocationCheckDepth,
    RevocationOptionsBuilder, RevocationReason, UnknownStatusPolicy, VerifiedPath,
};

use super::trust::{RevocationList, TsaTrust};
use crate::ledger::time::Timestamp;

/// The content of `id-kp-timeStamping`. Issuers need not state purposes, but if they do, this one must be among them.
/// `certificate` has checked that the signer states no other.
const TIME_STAMPING: &[u8] = &[43, 6, 1, 5, 5, 7, 3, 8];

/// Why there is no valid path to an authority that the user trusts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// None of the user's authorities issued it, directly or through the certificates in the token.
    #[error("the timestamp authority is not trusted: none of the authorities in your file issued its certificate")]
    UnknownIssuer,
    /// A certificate of the path was not valid at the time in the token.
    #[error("a certificate of the timestamp authority was not valid at the time in the token, {time}")]
    NotValidThen {
        /// The time in the token.
        time: Timestamp,
    },
    /// A certificate of the path was revoked.
    #[error(
        "a certificate of the timestamp authority was revoked at {revoked}, reason {reason}, and the token is of {time}"
    )]
    Revoked {
        /// Time of the revocation.
        revoked: Timestamp,
        /// The name of the reason.
        reason: &'static str,
        /// The time in the token.
        time: Timestamp,
    },
    /// The user's revocation list for this certificate does not verify.
    #[error(
        "the revocation list for the timestamp authority was not signed by the authority that issued its certificate"
    )]
    ListNotAuthentic,
    /// The path violates a rule.
    #[error("the certificates of the timestamp authority are invalid: {0}")]
    Invalid(String),
}

impl PathError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownIssuer => "time_token_authority_unknown",
            Self::NotValidThen { .. } => "time_token_certificate_expired",
            Self::Revoked { .. } => "time_token_certificate_revoked",
            Self::ListNotAuthentic => "time_token_revocation_list_invalid",
            Self::Invalid(_) => "time_token_certificate_invalid",
        }
    }
}

/// Whether revocation was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revocation {
    /// No revocation list covers the certificate.
    NotChecked,
    /// A revocation list covers it; the newest such list counts.
    Checked {
        /// Its `thisUpdate`.
        as_of: Timestamp,
    },
}

/// A valid path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Path {
    /// When the first of its certificates expires, the signer's not included.
    pub(super) valid_until: Timestamp,
    pub(super) revocation: Revocation,
}

/// The inputs of the check of a path.
pub(super) struct PathCheck<'a> {
    /// The certificate of the signer, as encoded.
    pub(super) signer: &'a [u8],
    /// The other certificates of the token, as encoded.
    pub(super) others: &'a [&'a [u8]],
    /// The revocation lists in the token.
    pub(super) lists: &'a [RevocationList],
    pub(super) trust: &'a TsaTrust,
    /// The time in the token.
    pub(super) time: Timestamp,
    /// A time at which the token existed, proven by a later token.
    pub(super) existed: Option<Timestamp>,
}

impl PathCheck<'_> {
    pub(super) fn run(&self) -> Result<Path, PathError> {
        let signer = CertificateDer::from(self.signer);
        let signer = EndEntityCert::try_from(&signer).map_err(|error| PathError::Invalid(error.to_string()))?;
        let others: Vec<_> = self.others.iter().map(|der| CertificateDer::from(*der)).collect();
        let authorities = self.trust.authorities.iter();
        let anchors: Vec<TrustAnchor<'static>> = authorities
            .filter(|authority| authority.is_valid_at(self.time))
            .map(|authority| authority.anchor.clone())
            .collect();
        let outcome = RefCell::new(Err(PathError::UnknownIssuer));
        let accept = |candidate: &VerifiedPath<'_>| {
            let checked = self.check_revocation(candidate);
            let is_good = checked.is_ok();
            *outcome.borrow_mut() = checked;
            if is_good { Ok(()) } else { Err(Error::CertRevoked) }
        };
        let (time, usage) = (unix(self.time), KeyUsage::required_if_present(TIME_STAMPING));
        let verified =
            signer.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &others, time, usage, None, Some(&accept));
        let revocation = match verified {
            Ok(path) => return Ok(Path { valid_until: self.valid_until(&path), revocation: outcome.into_inner()? }),
            Err(error) => error,
        };
        match (outcome.into_inner(), revocation) {
            (Err(error @ (PathError::Revoked { .. } | PathError::ListNotAuthentic)), _) => Err(error),
            (_, Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => {
                Err(PathError::NotValidThen { time: self.time })
            }
            (_, Error::UnknownIssuer) if anchors.len() < self.trust.authorities.len() => {
                Err(self.without_issuer(&signer, &others))
            }
            (_, Error::UnknownIssuer) => Err(PathError::UnknownIssuer),
            (_, error) => Err(PathError::Invalid(error.to_string())),
        }
    }

    /// The error for an issuer that is unknown, or known but not valid at the time.
    fn without_issuer(&self, signer: &EndEntityCert<'_>, others: &[CertificateDer<'_>]) -> PathError {
        let names: Vec<_> = others
            .iter()
            .filter_map(|der| EndEntityCert::try_from(der).ok())
            .map(|one| one.issuer().to_vec())
            .collect();
        let is_issuer = |subject: &[u8]| signer.issuer() == subject || names.iter().any(|name| name == subject);
        let expired = self.trust.authorities.iter().filter(|authority| !authority.is_valid_at(self.time));
        if expired.into_iter().any(|authority| is_issuer(&authority.anchor.subject)) {
            PathError::NotValidThen { time: self.time }
        } else {
            PathError::UnknownIssuer
        }
    }

    /// When the first certificate of the path expires, without the signer's.
    fn valid_until(&self, path: &VerifiedPath<'_>) -> Timestamp {
        let anchor = self.trust.authorities.iter().filter(|authority| authority.anchor == *path.anchor());
        let anchor = anchor.map(|authority| authority.not_after).max();
        let between = path.intermediate_certificates().filter_map(|one| not_after(&one.der()));
        between.chain(anchor).min().unwrap_or(self.time)
    }

    /// Checks a path against each revocation list.
    fn check_revocation(&self, path: &VerifiedPath<'_>) -> Result<Revocation, PathError> {
        let mut revocation = Revocation::NotChecked;
        let mut is_list_forged = false;
        let mut issuers: Vec<&[u8]> = path.intermediate_certificates().map(webpki::Cert::issuer).collect();
        issuers.push(path.end_entity().issuer());
        let own = self.trust.lists.iter().map(|list| (list, true));
        let lists = own.chain(self.lists.iter().map(|list| (list, false)));
        for (list, is_own) in lists.filter(|(list, _)| issuers.contains(&list.list.issuer())) {
            match self.check_with_list(path, list, RevocationCheckDepth::Chain, UnknownStatusPolicy::Allow) {
                Ok(()) => {}
                Err(Error::CertRevoked) => self.check_entries(path, list)?,
                Err(_) => {
                    is_list_forged |= is_own;
                    continue;
                }
            }
            match self.check_with_list(path, list, RevocationCheckDepth::EndEntity, UnknownStatusPolicy::Deny) {
                Ok(()) | Err(Error::CertRevoked) => {
                    revocation = revocation.max(Revocation::Checked { as_of: list.this_update });
                }
                Err(_) => {}
            }
        }
        if is_list_forged && revocation == Revocation::NotChecked {
            return Err(PathError::ListNotAuthentic);
        }
        Ok(revocation)
    }

    /// Checks exactly this path against one list, including the list's signature.
    fn check_with_list(
        &self,
        path: &VerifiedPath<'_>,
        list: &RevocationList,
        depth: RevocationCheckDepth,
        unknown: UnknownStatusPolicy,
    ) -> Result<(), Error> {
        let lists = [&*list.list];
        let options = RevocationOptionsBuilder::new(&lists).map_err(|_| Error::UnknownRevocationStatus)?;
        let options = options.with_depth(depth).with_status_policy(unknown).build();
        let between: Vec<_> = path.intermediate_certificates().map(|one| one.der().into_owned()).collect();
        let anchors = [path.anchor().to_owned()];
        let signer = path.end_entity().der();
        let signer = EndEntityCert::try_from(&signer)?;
        let usage = KeyUsage::required_if_present(TIME_STAMPING);
        let time = unix(self.time);
        signer.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &between, time, usage, Some(options), None).map(|_| ())
    }

    /// Checks that the token stays valid despite the revocations of its path in a list.
    fn check_entries(&self, path: &VerifiedPath<'_>, list: &RevocationList) -> Result<(), PathError> {
        let signer = std::iter::once((path.end_entity().issuer(), path.end_entity().serial()));
        let between = path.intermediate_certificates().map(|one| (one.issuer(), one.serial()));
        for (_, serial) in signer.chain(between).filter(|(issuer, _)| *issuer == list.list.issuer()) {
            let entry = list.list.find_serial(serial).map_err(|error| PathError::Invalid(error.to_string()))?;
            let Some(entry) = entry else { continue };
            if !self.outlives(&entry) {
                let (revoked, reason) = (at(entry.revocation_date), reason_name(entry.reason_code));
                return Err(PathError::Revoked { revoked, reason, time: self.time });
            }
        }
        Ok(())
    }

    fn outlives(&self, entry: &BorrowedRevokedCert<'_>) -> bool {
        use RevocationReason::{AffiliationChanged, CessationOfOperation, Superseded, Unspecified};
        let revoked = at(entry.revocation_date);
        let revoked = entry.invalidity_date.map_or(revoked, |invalid| revoked.min(at(invalid)));
        let is_key_safe =
            matches!(entry.reason_code, Some(Unspecified | AffiliationChanged | Superseded | CessationOfOperation));
        (is_key_safe && self.time < revoked) || self.existed.is_some_and(|existed| existed < revoked)
    }
}

/// The end of a certificate's validity.
fn not_after(der: &[u8]) -> Option<Timestamp> {
    use der::Decode as _;
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    Some(super::certificate::timestamp(certificate.tbs_certificate().validity().not_after))
}

fn unix(time: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(time.as_millis()))
}

fn at(time: UnixTime) -> Timestamp {
    Timestamp::from_millis(time.as_secs().saturating_mul(1000)).unwrap_or(Timestamp::MAX)
}

/// The name of a reason in RFC 5280 section 5.3.1.
const fn reason_name(reason: Option<RevocationReason>) -> &'static str {
    match reason {
        None => "not given",
        Some(RevocationReason::Unspecified) => "unspecified",
        Some(RevocationReason::KeyCompromise) => "keyCompromise",
        Some(RevocationReason::CaCompromise) => "cACompromise",
        Some(RevocationReason::AffiliationChanged) => "affiliationChanged",
        Some(RevocationReason::Superseded) => "superseded",
        Some(RevocationReason::CessationOfOperation) => "cessationOfOperation",
        Some(RevocationReason::CertificateHold) => "certificateHold",
        Some(RevocationReason::RemoveFromCrl) => "removeFromCRL",
        Some(RevocationReason::PrivilegeWithdrawn) => "privilegeWithdrawn",
        Some(RevocationReason::AaCompromise) => "aACompromise",
    }
}
