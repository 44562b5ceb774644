//! Keys: Ed25519 public keys, their names and text forms (c2sp.org/signed-note).
//!
//! ```text
//! vkey      <name>+<8 hex of key id>+<base64(0x01 ‖ public key)>
//! private   PRIVATE+KEY+<name>+<8 hex of key id>+<base64(0x01 ‖ seed)>
//! key id    first 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)
//! ```
//!
//! The name of a depositor's key follows from the key: `k-` and the first 16 hex digits of SHA-256(0x01 ‖ public key).
//!
//! # Invariants
//!
//! A [`PublicKey`] is canonically encoded and not of small order, and [`PublicKey::verify`] gives the same result as
//! ed25519-dalek's `verify_strict`. So every verifier accepts the keys and signatures that are accepted here.
//!
//! ```
//! use tiezheng::ledger::key::VerifierKey;
//! let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
//! let key = VerifierKey::parse(vkey).unwrap();
//! assert_eq!(key.name().as_str(), "PeterNeumann");
//! assert_eq!(key.to_string(), vkey);
//! ```

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use zeroize::Zeroizing;

use crate::ledger::hash::{Digest, lower_hex, sha256};
use crate::ledger::keyword::DEPOSITOR_KEY;

/// Note signature type of plain Ed25519 (signed-note, "Signature types").
pub const ED25519: u8 = 0x01;
/// Maximum length of a name in bytes: the limit of C2SP ML-DSA cosignatures.
pub const NAME_MAX: usize = 255;
/// Length of an Ed25519 signature in bytes.
pub const SIGNATURE_LEN: usize = 64;

/// The points of small order, encoded as in RFC 8032 §5.1.2: y is 1, -1, 0 or one of two further values; the top bit is
/// the sign of x.
const SMALL_ORDER: [[u8; 32]; 8] = {
    let (mut one, mut minus_one, zero) = ([0; 32], [0xff; 32], [0; 32]);
    let [low, ..] = &mut one;
    *low = 1;
    let [low, .., high] = &mut minus_one;
    (*low, *high) = (0xec, 0x7f);
    [one, minus_one, zero, negative(zero), EIGHTH, negative(EIGHTH), OTHER_EIGHTH, negative(OTHER_EIGHTH)]
};
/// A point of order 8.
const EIGHTH: [u8; 32] = *b"\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\
    \xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05";
/// A point of order 8 with the other y.
const OTHER_EIGHTH: [u8; 32] = *b"\xc7\x17\x6a\x70\x3d\x4d\xd8\x4f\xba\x3c\x0b\x76\x0d\x10\x67\x0f\
    \x2a\x20\x53\xfa\x2c\x39\xcc\xc6\x4e\xc7\xfd\x77\x92\xac\x03\x7a";

/// The point with the same y and a negative x.
const fn negative(mut point: [u8; 32]) -> [u8; 32] {
    let [.., high] = &mut point;
    *high |= 0x80;
    point
}

/// First 4 bytes of SHA-256(name ‖ LF ‖ type ‖ public key): a hint at the key that signed, not a proof.
pub type KeyId = [u8; 4];

/// The name of a key: 1 to [`NAME_MAX`] bytes without white space, control characters and `+`. The name of a ledger's key
/// is the ledger's origin.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Arc<str>);

impl Name {
    /// `text` as a name; `None` if it is not a valid name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|b| b.is_ascii_graphic() && b != b'+');
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        let good = !text.is_empty() && text.len() <= NAME_MAX && (plain || !text.contains(bad));
        good.then(|| Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An Ed25519 public key in canonical encoding, not of small order.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// From its encoding; `None` for a point of small order, for bytes that encode no point, and for a non-canonical encoding
    /// (RFC 8032 §5.1.3 requires y < p; not all verifiers check it).
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        // y >= p = 2^255 - 19 happens only with these 31 upper bytes.
        let [low, middle @ .., high] = bytes;
        if *low >= 0xed && middle.iter().all(|b| *b == 0xff) && high & 0x7f == 0x7f {
            return None;
        }
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(Self)
    }

    /// The encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether `signature` over `message` is valid: the result of `verify_strict`, in about 15 % less time.
    ///
    /// `verify_strict` decodes the signature's point R only to reject one of small order. Here the equation is checked first.
    /// If it holds, R is canonically encoded, so comparing it with the eight encodings of points of small order is enough. The
    /// key itself is never of small order.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
        let holds = self.0.verify(message, &Signature::from_bytes(signature)).is_ok();
        holds && !SMALL_ORDER.iter().any(|point| signature.starts_with(point))
    }

    /// The library's own `verify_strict`: the reference for [`Self::verify`] in tests and benchmarks.
    #[must_use]
    pub fn verify_strict(&self, message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> bool {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.as_bytes()))
    }
}

/// A public key with its name and key id (a vkey), for signatures of the type `TYPE`. Verifiers pin these.
#[derive(Clone, PartialEq, Eq)]
pub struct NamedKey<const TYPE: u8> {
    name: Name,
    id: KeyId,
    public: PublicKey,
}

/// The key of a ledger or depositor, for plain Ed25519 signatures.
pub type VerifierKey = NamedKey<ED25519>;

/// Why a text is not a vkey or private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// Not `name+id+base64`, or not canonical base64.
    #[error("not a key: expected `name+id+base64`")]
    Malformed,
    /// Not a key of the required type: 0x01 for ledgers and depositors, 0x04 for cosigners, both Ed25519.
    #[error("not an Ed25519 key of the type that is needed here (0x01 for a ledger, 0x04 for a witness)")]
    UnknownType,
    /// Of small order, not a point, or not canonically encoded.
    #[error("weak or malformed public key")]
    Weak,
    /// The key id does not belong to this name and key, which is a typing error.
    #[error("the key id does not fit the name and key: a character is mistyped")]
    WrongId,
}

impl<const TYPE: u8> NamedKey<TYPE> {
    /// A public key under a name.
    #[must_use]
    pub fn new(name: Name, public: PublicKey) -> Self {
        let id = key_id(&name, TYPE, public.as_bytes());
        Self { name, id, public }
    }

    /// Parses a vkey.
    ///
    /// # Errors
    ///
    /// [`KeyTextError`].
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let (name, id, bytes) = split_key(text, TYPE)?;
        let public = PublicKey::from_bytes(&bytes).ok_or(KeyTextError::Weak)?;
        let key = Self::new(name, public);
        if key.id == id { Ok(key) } else { Err(KeyTextError::WrongId) }
    }

    /// The key's name; for a ledger key, the ledger's origin.
    #[must_use]
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The key id.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl VerifierKey {
    /// A depositor's key, under the name that follows from the key.
    #[must_use]
    pub fn of_depositor(public: PublicKey) -> Self {
        Self::new(depositor_name(&public), public)
    }

    /// Whether this is a depositor's key: its name follows from the key.
    #[must_use]
    pub fn is_of_depositor(&self) -> bool {
        self.name == depositor_name(&self.public)
    }

    /// SHA-256 of the vkey's text: how a notice commits to the next ledger key.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        sha256(self.to_string().as_bytes())
    }
}

impl<const TYPE: u8> fmt::Display for NamedKey<TYPE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = [TYPE; 33];
        let (_, key) = blob.split_at_mut(1);
        key.copy_from_slice(self.public.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), BASE64_STANDARD.encode(blob))
    }
}

impl<const TYPE: u8> fmt::Debug for NamedKey<TYPE> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A private key with its name. Its memory is wiped when it is dropped.
pub struct Signer {
    key: VerifierKey,
    signing: SigningKey,
}

impl Signer {
    /// The private key of `seed` under a name; `None` if its public key were weak, which does not occur in practice.
    #[must_use]
    pub fn new(name: Name, seed: &[u8; 32]) -> Option<Self> {
        let signing = SigningKey::from_bytes(seed);
        let public = PublicKey::from_bytes(signing.verifying_key().as_bytes())?;
        Some(Self { key: VerifierKey::new(name, public), signing })
    }

    /// A depositor's key, under the name that follows from the key. `None` as in [`Self::new`].
    #[must_use]
    pub fn of_depositor(seed: &[u8; 32]) -> Option<Self> {
        let signing = SigningKey::from_bytes(seed);
        let public = PublicKey::from_bytes(signing.verifying_key().as_bytes())?;
        Some(Self { key: VerifierKey::of_depositor(public), signing })
    }

    /// Parses the private text form.
    ///
    /// # Errors
    ///
    /// [`KeyTextError`].
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyTextError::Malformed)?;
        let (name, id, seed) = split_key(rest, ED25519)?;
        let signer = Self::new(name, &Zeroizing::new(seed)).ok_or(KeyTextError::Weak)?;
        if signer.key.id == id { Ok(signer) } else { Err(KeyTextError::WrongId) }
    }

    /// The private text form, for a file of mode 0600.
    #[must_use]
    pub fn to_private_text(&self) -> Zeroizing<String> {
        let mut blob = Zeroizing::new([ED25519; 33]);
        let (_, seed) = blob.split_at_mut(1);
        seed.copy_from_slice(self.signing.as_bytes());
        let base64 = Zeroizing::new(BASE64_STANDARD.encode(*blob));
        Zeroizing::new(format!("PRIVATE+KEY+{}+{}+{}", self.key.name, hex::encode(self.key.id), *base64))
    }

    /// The public key.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.key
    }

    /// Signs `message` (RFC 8032, deterministic).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_LEN] {
        self.signing.sign(message).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.key)
    }
}

/// The key id of a key of type `kind` (signed-note, "Key IDs").
#[must_use]
pub fn key_id(name: &Name, kind: u8, public: &[u8]) -> KeyId {
    let Digest([a, b, c, d, ..]) = sha256(&[name.as_str().as_bytes(), &[b'\n', kind], public].concat());
    [a, b, c, d]
}

fn depositor_name(public: &PublicKey) -> Name {
    let mut hash = sha256(&[&[ED25519], public.as_bytes().as_slice()].concat()).to_string();
    hash.truncate(16);
    Name(format!("{DEPOSITOR_KEY}{hash}").into())
}

/// `name+id+base64(kind ‖ 32 bytes)`; the base64 may itself contain `+`.
pub(in crate::ledger) fn split_key(text: &str, kind: u8) -> Result<(Name, KeyId, [u8; 32]), KeyTextError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(base64)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyTextError::Malformed);
    };
    let name = Name::parse(name).ok_or(KeyTextError::Malformed)?;
    let id = lower_hex(id).ok_or(KeyTextError::Malformed)?;
    let blob = Zeroizing::new(BASE64_STANDARD.decode(base64).map_err(|_| KeyTextError::Malformed)?);
    match blob.split_first() {
        Some((found, key)) if *found == kind => Ok((name, id, key.try_into().map_err(|_| KeyTextError::Malformed)?)),
        Some(_) => Err(KeyTextError::UnknownType),
        None => Err(KeyTextError::Malformed),
    }
}

#[cfg(test)]
mod tests;
