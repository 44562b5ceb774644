//! Recipients (`age1…`) and identities (`AGE-SECRET-KEY-1…`) of age, in Bech32 (BIP 173).
//!
//! # Invariants
//!
//! A key has one textual form: recipients are lower case and identities upper case, as `age-keygen` writes them. The
//! checksum detects a mistyped character.

use std::fmt;
use std::str::FromStr;

use curve25519_dalek::MontgomeryPoint;
use zeroize::Zeroizing;

/// Bytes of a key.
pub const KEY_LEN: usize = 32;
/// The alphabet of Bech32.
const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const RECIPIENT: &str = "age";
const IDENTITY: &str = "age-secret-key-";

/// Why a text is not a key of age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AgeKeyError {
    /// It has the wrong prefix or length, or invalid characters.
    #[error("expected an X25519 key of age (`age1…` or `AGE-SECRET-KEY-1…`)")]
    Malformed,
    /// The checksum does not match.
    #[error("a character of the key is mistyped or missing")]
    Checksum,
    /// The point has small order, so anyone could decrypt.
    #[error("the key is weak")]
    Weak,
}

/// A public key to which archives are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient(pub [u8; KEY_LEN]);

impl FromStr for Recipient {
    type Err = AgeKeyError;

    fn from_str(text: &str) -> Result<Self, AgeKeyError> {
        let key = decoded(RECIPIENT, text)?;
        // Multiplied by any clamped scalar, a point of small order gives zero.
        if MontgomeryPoint(*key).mul_clamped([1; KEY_LEN]).0 == [0; KEY_LEN] {
            return Err(AgeKeyError::Weak);
        }
        Ok(Self(*key))
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encoded(RECIPIENT, &self.0))
    }
}

/// A private key that decrypts what was encrypted to its recipient.
#[derive(Clone)]
pub struct Identity(Zeroizing<[u8; KEY_LEN]>);

impl Identity {
    /// The identity with these bytes.
    #[must_use]
    pub fn new(secret: [u8; KEY_LEN]) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The identities in a file of `age-keygen`: one a line, with comments (`#`) and blank lines.
    ///
    /// # Errors
    ///
    /// [`AgeKeyError`], with the line; [`AgeKeyError::Malformed`] also for a file without identities.
    pub fn parse_file(text: &str) -> Result<Vec<Self>, (usize, AgeKeyError)> {
        let mut identities = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            identities.push(line.parse().map_err(|error| (number, error))?);
        }
        if identities.is_empty() { Err((1, AgeKeyError::Malformed)) } else { Ok(identities) }
    }

    /// The recipient of this identity.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(MontgomeryPoint::mul_base_clamped(*self.0).0)
    }

    /// X25519 with this private key (RFC 7748 §5); `None` for a point of small order.
    #[must_use]
    pub fn agree(&self, point: [u8; KEY_LEN]) -> Option<Zeroizing<[u8; KEY_LEN]>> {
        let shared = Zeroizing::new(MontgomeryPoint(point).mul_clamped(*self.0).0);
        (*shared != [0; KEY_LEN]).then_some(shared)
    }
}

impl FromStr for Identity {
    type Err = AgeKeyError;

    fn from_str(text: &str) -> Result<Self, AgeKeyError> {
        if text.chars().any(|letter| letter.is_ascii_lowercase()) {
            return Err(AgeKeyError::Malformed);
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        decoded(IDENTITY, &lower).map(Self)
    }
}

/// Does not print the secret.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity of {}", self.recipient())
    }
}

/// The checksum of BIP 173 over values of five bits.
fn checksum(values: impl IntoIterator<Item = u8>) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    values.into_iter().fold(1, |sum, value| {
        let shifted = ((sum & 0x01ff_ffff) << 5) ^ u32::from(value);
        let terms = GENERATOR.iter().enumerate().filter(|(bit, _)| (sum >> (25 + bit)) & 1 == 1);
        terms.fold(shifted, |sum, (_, term)| sum ^ term)
    })
}

/// The prefix as BIP 173 puts it into the checksum.
fn expanded(prefix: &str) -> impl Iterator<Item = u8> {
    prefix.bytes().map(|byte| byte >> 5).chain([0]).chain(prefix.bytes().map(|byte| byte & 31))
}

/// Groups of `from` bits as groups of `to` bits, padded with zeros.
fn regrouped(groups: impl Iterator<Item = u8>, from: u32, to: u32) -> Zeroizing<Vec<u8>> {
    let (mut bits, mut count, mut out) = (0_u32, 0, Zeroizing::new(Vec::with_capacity(64)));
    let mask = (1_u32 << to) - 1;
    let low = |bits: u32| u8::try_from(bits & mask).unwrap_or_default();
    for group in groups {
        bits = ((bits << from) | u32::from(group)) & 0xfff;
        count += from;
        while count >= to {
            count -= to;
            out.push(low(bits >> count));
        }
    }
    if count > 0 {
        out.push(low(bits << (to - count)));
    }
    out
}

fn decoded(prefix: &str, text: &str) -> Result<Zeroizing<[u8; KEY_LEN]>, AgeKeyError> {
    let data = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('1')).ok_or(AgeKeyError::Malformed)?;
    let value = |letter: u8| {
        ALPHABET.iter().position(|known| *known == letter).and_then(|position| u8::try_from(position).ok())
    };
    let values: Option<Vec<u8>> = data.bytes().map(value).collect();
    let values = Zeroizing::new(values.ok_or(AgeKeyError::Malformed)?);
    if checksum(expanded(prefix).chain(values.iter().copied())) != 1 {
        return Err(AgeKeyError::Checksum);
    }
    let payload = values.len().checked_sub(6).and_then(|end| values.get(..end)).ok_or(AgeKeyError::Malformed)?;
    let bytes = regrouped(payload.iter().copied(), 5, 8);
    // 32 bytes are 51 values and one bit; the rest of the last value is zero.
    let (key, rest) = bytes.split_at_checked(KEY_LEN).ok_or(AgeKeyError::Malformed)?;
    if payload.len() != (8 * KEY_LEN).div_ceil(5) || rest.iter().any(|byte| *byte != 0) {
        return Err(AgeKeyError::Malformed);
    }
    let mut whole = Zeroizing::new([0; KEY_LEN]);
    whole.copy_from_slice(key);
    Ok(whole)
}

fn encoded(prefix: &str, key: &[u8]) -> String {
    let values = regrouped(key.iter().copied(), 8, 5);
    let sum = checksum(expanded(prefix).chain(values.iter().copied()).chain([0; 6])) ^ 1;
    let check = (0..6).map(|position| u8::try_from((sum >> (5 * (5 - position))) & 31).unwrap_or_default());
    let letters = values
        .iter()
        .copied()
        .chain(check)
        .map(|value| ALPHABET.get(usize::from(value)).copied().map_or('?', char::from));
    format!("{prefix}1{}", letters.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair in the documentation of the reference implementations.
    const SECRET: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
    const PUBLIC: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

    #[test]
    fn the_published_pair_belongs_together() {
        let identity: Identity = SECRET.parse().unwrap();
        assert_eq!(identity.recipient().to_string(), PUBLIC);
        assert_eq!(PUBLIC.parse::<Recipient>().unwrap(), identity.recipient());
        assert!(!format!("{identity:?}").contains("SECRET"));
    }

    #[test]
    fn a_mistyped_key_is_refused() {
        for position in 4..PUBLIC.len() {
            let mut typed = PUBLIC.to_owned().into_bytes();
            typed[position] = if typed[position] == b'q' { b'p' } else { b'q' };
            let typed = String::from_utf8(typed).unwrap();
            assert_eq!(typed.parse::<Recipient>(), Err(AgeKeyError::Checksum), "{typed}");
        }
        let upper = PUBLIC.to_uppercase();
        for bad in ["", "age1", "age1b", &upper, &PUBLIC[..20], "ssh-ed25519 AAAA", &format!("{PUBLIC} ")] {
            assert!(bad.parse::<Recipient>().is_err(), "{bad}");
        }
        assert_eq!(SECRET.to_lowercase().parse::<Identity>().unwrap_err(), AgeKeyError::Malformed);
        assert_eq!(encoded(RECIPIENT, &[0; 32]).parse::<Recipient>(), Err(AgeKeyError::Weak));
        assert!(encoded(RECIPIENT, &[1; 31]).parse::<Recipient>().is_err());
        assert!(encoded(RECIPIENT, &[1; 33]).parse::<Recipient>().is_err());
    }

    #[test]
    fn a_file_of_age_keygen_is_read() {
        let file = format!("# created: 2026-11-30T01:00:00Z\n# public key: {PUBLIC}\n{SECRET}\n\n");
        let identities = Identity::parse_file(&file).unwrap();
        assert_eq!(identities.len(), 1);
        assert_eq!(identities[0].recipient().to_string(), PUBLIC);
        assert_eq!(Identity::parse_file("# nothing\n").unwrap_err(), (1, AgeKeyError::Malformed));
        assert_eq!(Identity::parse_file(&format!("{SECRET}\n{PUBLIC}\n")).unwrap_err().0, 2);
    }

    proptest::proptest! {
        #[test]
        fn what_is_read_is_printed_back(key: [u8; 32]) {
            let text = encoded(RECIPIENT, &key);
            proptest::prop_assert_eq!(*decoded(RECIPIENT, &text).unwrap(), key);
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = text.parse::<Recipient>();
            let _ = decoded(RECIPIENT, &format!("age1{text}"));
            let _ = Identity::parse_file(&text);
        }
    }
}
