//! When the tokens of a checkpoint need a renewal (RFC 4998 section 5), and what a renewal stamps.
//!
//! A checkpoint needs another token when none of its tokens will be strong for the time that the operator plans ahead: a certificate of
//! the authority expires, or the key is one that NIST SP 800-57 part 1 (table 4) allows until the end of 2030 only: RSA with fewer than 3,072
//! bits. A renewal is made while the earlier token still holds.

use std::fmt;
use std::time::Duration;

use super::schedule::later;
use crate::ledger::time::Timestamp;
use crate::ledger::time_token::algorithm::ImprintAlgorithm;
use crate::ledger::time_token::certificate::KeyKind;
use crate::ledger::time_token::renewal::imprinted_by_renewal;
use crate::ledger::time_token::verification::{TimeTokenError, VerifiedToken};

/// How far ahead renewals are usually planned: 90 days.
pub const DEFAULT_HORIZON: Duration = Duration::from_hours(90 * 24);
/// RSA keys with fewer bits are too short from 2031 on.
const RSA_BITS_AFTER_2030: usize = 3072;
/// 2031-01-01T00:00:00.000Z, in milliseconds.
const YEAR_2031: u64 = 1_924_992_000_000;

/// Why a token needs a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenewalReason {
    /// A certificate of its authority expires, or has expired.
    CertificateExpires {
        /// When.
        at: Timestamp,
    },
    /// Its signature becomes weak.
    KeyTooShort {
        /// The length of the RSA key.
        bits: usize,
        /// From when on.
        from: Timestamp,
    },
}

impl RenewalReason {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::CertificateExpires { .. } => "certificate_expires",
            Self::KeyTooShort { .. } => "key_too_short",
        }
    }

    /// In Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        match self {
            Self::CertificateExpires { at } => format!("时间戳机构的证书于 {}（北京时间）到期", at.beijing()),
            Self::KeyTooShort { bits, from } => {
                format!("RSA {bits} 位密钥自 {}（北京时间）起不再足够安全", from.beijing())
            }
        }
    }
}

impl fmt::Display for RenewalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateExpires { at } => write!(f, "a certificate of the timestamp authority expires at {at}"),
            Self::KeyTooShort { bits, from } => write!(f, "an RSA key of {bits} bits is too short from {from} on"),
        }
    }
}

/// Whether this token becomes weak before `horizon` has passed, and why.
#[must_use]
pub fn renewal_is_due(token: &VerifiedToken, now: Timestamp, horizon: Duration) -> Option<RenewalReason> {
    let planned = later(now, horizon);
    let expiry = (token.valid_until <= planned).then_some(RenewalReason::CertificateExpires { at: token.valid_until });
    expiry.or_else(|| match token.key {
        KeyKind::Rsa { bits } if bits < RSA_BITS_AFTER_2030 => {
            let from = Timestamp::from_millis(YEAR_2031).filter(|from| *from <= planned)?;
            Some(RenewalReason::KeyTooShort { bits, from })
        }
        _ => None,
    })
}

/// Whether a checkpoint needs another token: all its tokens that hold become weak. The reason is that of the last one. A checkpoint without a token
/// that holds needs a first one, not a renewal.
#[must_use]
pub fn checkpoint_needs_renewal(
    tokens: &[Result<VerifiedToken, TimeTokenError>],
    now: Timestamp,
    horizon: Duration,
) -> Option<RenewalReason> {
    let reasons: Option<Vec<_>> = tokens.iter().flatten().map(|token| renewal_is_due(token, now, horizon)).collect();
    reasons?.pop()
}

/// The bytes that a renewal stamps: the last token, or, if that does not hold or `algorithm` is another one than its, the text of the checkpoint and
/// all tokens.
#[must_use]
pub fn bytes_to_renew(
    tokens: &[Vec<u8>],
    verified: &[Result<VerifiedToken, TimeTokenError>],
    checkpoint_text: &[u8],
    algorithm: ImprintAlgorithm,
) -> Vec<u8> {
    let last = verified.last().and_then(|token| token.as_ref().ok()).map(|token| token.imprint);
    imprinted_by_renewal(tokens, checkpoint_text, last, algorithm)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::time_token::path::Revocation;
    use crate::ledger::time_token::verification::Stamped;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn token(key: KeyKind, valid_until: &str) -> VerifiedToken {
        VerifiedToken {
            authority: "authority".into(),
            time: at("2026-11-22T01:04:11.123Z"),
            latest: at("2026-11-22T01:04:11.123Z"),
            accuracy: None,
            serial: "01".into(),
            policy: "1.2.3".into(),
            imprint: ImprintAlgorithm::Sha256,
            stamped: Stamped::Content,
            key,
            valid_until: at(valid_until),
            revocation: Revocation::NotChecked,
        }
    }

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn a_renewal_is_due_before_the_certificate_expires() {
        let token = token(KeyKind::P256, "2029-01-02T00:00:00.000Z");
        assert_eq!(renewal_is_due(&token, at("2028-12-31T23:59:59.999Z"), DAY), None);
        let reason = renewal_is_due(&token, at("2029-01-01T00:00:00.000Z"), DAY).unwrap();
        assert_eq!(reason, RenewalReason::CertificateExpires { at: token.valid_until });
        assert!(renewal_is_due(&token, at("2039-01-01T00:00:00.000Z"), DAY).is_some());
    }

    #[test]
    fn short_rsa_keys_are_renewed_before_2031() {
        assert_eq!(Timestamp::from_millis(YEAR_2031), Some(at("2031-01-01T00:00:00.000Z")));
        let (before, within) = (at("2030-12-30T23:59:59.999Z"), at("2030-12-31T00:00:00.000Z"));
        let due = |bits, now| renewal_is_due(&token(KeyKind::Rsa { bits }, "2049-01-01T00:00:00.000Z"), now, DAY);
        assert_eq!(due(2048, before), None);
        assert_eq!(due(2048, within).map(|reason| reason.code()), Some("key_too_short"));
        assert_eq!(due(3072, within), None);
        assert_eq!(due(3071, within).map(|reason| reason.code()), Some("key_too_short"));
    }

    #[test]
    fn one_strong_token_is_enough() {
        let now = at("2028-12-31T00:00:00.000Z");
        let weak = || Ok(token(KeyKind::P256, "2028-01-01T00:00:00.000Z"));
        let strong = || Ok(token(KeyKind::P256, "2048-01-01T00:00:00.000Z"));
        let bad = || Err(TimeTokenError::OtherNonce);
        assert!(checkpoint_needs_renewal(&[weak()], now, DAY).is_some());
        assert!(checkpoint_needs_renewal(&[bad(), weak()], now, DAY).is_some());
        assert_eq!(checkpoint_needs_renewal(&[weak(), strong()], now, DAY), None);
        assert_eq!(checkpoint_needs_renewal(&[strong(), weak()], now, DAY), None);
        assert_eq!(checkpoint_needs_renewal(&[bad()], now, DAY), None);
        assert_eq!(checkpoint_needs_renewal(&[], now, DAY), None);
    }

    #[test]
    fn a_renewal_stamps_the_last_token_or_everything() {
        let tokens = [vec![1], vec![2]];
        let ok = || Ok(token(KeyKind::P256, "2028-01-01T00:00:00.000Z"));
        let bytes = |verified: &[_], algorithm| bytes_to_renew(&tokens, verified, b"text", algorithm);
        assert_eq!(bytes(&[ok(), ok()], ImprintAlgorithm::Sha256), [2]);
        assert_eq!(bytes(&[ok(), ok()], ImprintAlgorithm::Sm3), b"text\x01\x02");
        assert_eq!(bytes(&[ok(), Err(TimeTokenError::OtherNonce)], ImprintAlgorithm::Sha256), b"text\x01\x02");
        assert_eq!(bytes_to_renew(&[], &[], b"text", ImprintAlgorithm::Sha256), b"text");
    }
}
