//! One-time codes of an authenticator app: TOTP (RFC 6238), SHA-1, six digits, 30 seconds, one step of tolerance.
//!
//! # Invariants
//!
//! A code is accepted once: each accepted step is recorded, and neither it nor an earlier one is accepted again.

use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use crate::filing::secret::{NoRandomness, random};
use crate::ledger::time::Timestamp;

/// Bytes of a secret: the length of the hash, as RFC 4226 section 4 recommends.
const SECRET_LEN: usize = 20;
const DIGITS: u8 = 6;
const STEP_S: u64 = 30;

/// The secret that the server shares with an authenticator app.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSecret(Zeroizing<String>);

impl std::fmt::Debug for CodeSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeSecret(…)")
    }
}

impl CodeSecret {
    /// A new secret.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn new() -> Result<Self, NoRandomness> {
        Ok(Self(Zeroizing::new(Secret::from(random::<SECRET_LEN>()?).to_base32())))
    }

    /// Parses a secret in base 32.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let secret = Secret::try_from_base32(text).ok()?;
        (secret.as_ref().len() == SECRET_LEN && secret.to_base32() == text)
            .then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret in base 32, for typing into an app.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// What an app reads from a QR code (the key URI format).
    #[must_use]
    pub fn uri(&self, issuer: &str, login: &str) -> Zeroizing<String> {
        let encode =
            |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20");
        let (issuer, login) = (encode(issuer), encode(login));
        Zeroizing::new(format!("otpauth://totp/{issuer}:{login}?secret={}&issuer={issuer}", *self.0))
    }

    fn totp(&self) -> Option<Totp> {
        let secret = Secret::try_from_base32(&*self.0).ok()?;
        let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(DIGITS).with_skew(1);
        builder.with_step_duration(STEP_S).with_secret(secret).build().ok()
    }

    /// The step of a code that is good at `now` and later than the step `last` of the code accepted last.
    #[must_use]
    pub fn accept(&self, code: &str, now: Timestamp, last: Option<u64>) -> Option<u64> {
        let code: String = code.chars().filter(|c| !c.is_whitespace()).map(crate::ledger::text::half_width).collect();
        let step = self.totp()?.check(&code, now.as_millis() / 1000)?;
        (last.is_none_or(|last| last < step)).then_some(step)
    }

    /// The code at a time.
    #[must_use]
    pub fn code_at(&self, time: Timestamp) -> Option<String> {
        Some(self.totp()?.generate(time.as_millis() / 1000).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000).unwrap()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // RFC 6238 appendix B, "12345678901234567890"; the last six of its eight digits.
        let secret = CodeSecret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        for (time, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(secret.code_at(at(time)).unwrap(), code);
            assert_eq!(secret.accept(code, at(time), None), Some(time / 30));
        }
        assert_eq!(secret.accept(" ２８７ 082 ", at(59), None), Some(1), "as people type it");
    }

    #[test]
    fn a_code_counts_once_and_not_long() {
        let secret = CodeSecret::new().unwrap();
        let code = secret.code_at(at(3_000)).unwrap();
        assert_eq!(secret.accept(&code, at(3_000), None), Some(100));
        assert_eq!(secret.accept(&code, at(3_000), Some(100)), None, "the same again");
        assert_eq!(secret.accept(&code, at(3_000), Some(101)), None, "one before the last");
        assert_eq!((secret.accept(&code, at(3_059), None), secret.accept(&code, at(3_060), None)), (Some(100), None));
        for wrong in ["", "12345", "1234567", "abcdef", "+12345"] {
            assert_eq!(secret.accept(wrong, at(3_000), None), None, "{wrong}");
        }
        assert_eq!(CodeSecret::parse(secret.text()), Some(secret.clone()));
        assert!(!format!("{secret:?}").contains(secret.text()));
    }

    #[test]
    fn the_uri_of_a_secret_has_one_meaning() {
        let secret = CodeSecret::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let uri = secret.uri("某法院 A&B", "a:b");
        assert!(uri.starts_with("otpauth://totp/%E6%9F%90") && uri.contains("%20A%26B:a%3Ab?secret=GEZD"), "{}", *uri);
    }
}
