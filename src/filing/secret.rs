//! What only its holder knows: tokens, association codes; and salts that nobody can guess.
//!
//! ```text
//! token   tzt_<32 hex: id>_<64 hex: secret>      the ledger holds H(id) and H(secret)
//! code    XXXX-XXXX-XXXX                         60 bits; the ledger holds H(code)
//! ```
//!
//! # Invariants
//!
//! A token and a code are shown once, to whoever they are made for. What is kept cannot be turned back into them.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::court::ids::{AccountId, RequestId, TokenId};
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::key::Signer;
use crate::ledger::metadata::{PrivateMetadata, SALT_LEN};
use crate::ledger::text::half_width;

/// The alphabet of deposit numbers: no letters that are mistaken for digits.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARACTERS: usize = 12;
const PREFIX: &str = "tzt_";

/// The machine gives no randomness: nothing can be done safely.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no randomness: {0}")]
pub struct NoRandomness(String);

fn hashed(kind: &str, bytes: &[u8]) -> Digest {
    let hash = Sha256::new_with_prefix(format!("tiezheng {kind} v1\n")).chain_update(bytes);
    Digest(hash.finalize().into())
}

/// Random bytes.
///
/// # Errors
///
/// [`NoRandomness`].
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| NoRandomness(error.to_string()))?;
    Ok(bytes)
}

/// `text` under a salt of its own.
///
/// # Errors
///
/// [`NoRandomness`].
pub fn with_salt(text: impl Into<String>) -> Result<PrivateMetadata, NoRandomness> {
    Ok(PrivateMetadata { salt: random::<SALT_LEN>()?, json: text.into() })
}

/// What only the platform can know of a request, and finds again each time: no two requests or parts share one.
///
/// An Ed25519 signature is deterministic (RFC 8032), and this one, over a text that is no statement, is shown to nobody.
#[must_use]
pub fn derive(platform: &Signer, request: RequestId, part: &str) -> Digest {
    let signature = Zeroizing::new(platform.sign(format!("tiezheng derived v1\n{part}\n{request}\n").as_bytes()));
    hashed("derived", &*signature)
}

/// The id of a stream that is the platform's alone: who does not hold its key cannot begin it in its place.
#[must_use]
pub fn stream_id(platform: &Signer, kind: &str, of: &dyn std::fmt::Display) -> Digest {
    let signature = Zeroizing::new(platform.sign(format!("tiezheng stream v1\n{kind}\n{of}\n").as_bytes()));
    hashed("stream", &*signature)
}

/// A token as its holder presents it.
#[derive(Clone)]
pub struct BearerToken {
    text: Zeroizing<String>,
    id: [u8; 16],
    secret: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BearerToken(…)")
    }
}

impl BearerToken {
    /// A new one.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn new() -> Result<Self, NoRandomness> {
        let (id, secret) = (random::<16>()?, Zeroizing::new(random::<32>()?));
        let text = Zeroizing::new(format!("{PREFIX}{}_{}", hex::encode(id), hex::encode(*secret)));
        Ok(Self { text, id, secret })
    }

    /// Reads what somebody presents.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let (id, secret) = (lower_hex(id)?, Zeroizing::new(lower_hex(secret)?));
        Some(Self { text: Zeroizing::new(text.to_owned()), id, secret })
    }

    /// What its holder keeps.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// By which it is known.
    #[must_use]
    pub fn id(&self) -> TokenId {
        TokenId(hashed("token id", &self.id))
    }

    /// By which it is recognised. The secret has 256 bits: a plain digest is as good as a slow one.
    #[must_use]
    pub fn hash(&self) -> Digest {
        hashed("token secret", &*self.secret)
    }
}

/// A new association code.
///
/// # Errors
///
/// [`NoRandomness`].
pub fn new_code() -> Result<String, NoRandomness> {
    let random = random::<CODE_CHARACTERS>()?;
    let characters: Vec<char> =
        random.iter().filter_map(|byte| ALPHABET.get(usize::from(byte & 31)).copied().map(char::from)).collect();
    Ok(characters.chunks(4).map(|part| part.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// Digest of a code, however it is typed: lower case, spaces, `O` for `0`, `I` and `L` for `1`.
#[must_use]
pub fn code_hash(typed: &str) -> Digest {
    let typed = typed.chars().map(half_width).filter(|c| !c.is_whitespace() && *c != '-');
    let folded = typed.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    hashed("association code", folded.collect::<String>().as_bytes())
}

/// What a sender's own name for a request becomes: of two senders never the same.
#[must_use]
pub fn request_id(account: AccountId, key: &str) -> RequestId {
    RequestId(hashed("request", format!("{account}\n{key}").as_bytes()))
}

/// A step of a request that becomes several acts.
#[must_use]
pub fn step_request_id(request: RequestId, step: &str) -> RequestId {
    RequestId(hashed("request step", format!("{request}\n{step}").as_bytes()))
}

/// A request that its sender gave no name.
///
/// # Errors
///
/// [`NoRandomness`].
pub fn random_request_id() -> Result<RequestId, NoRandomness> {
    Ok(RequestId(Digest(random()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_shows_nothing() {
        let token = BearerToken::new().unwrap();
        let read = BearerToken::parse(token.text()).unwrap();
        assert_eq!((read.id(), read.hash()), (token.id(), token.hash()));
        assert_ne!(token.id().0, token.hash());
        assert_eq!(format!("{token:?}"), "BearerToken(…)");
        for bad in ["", "tzt_", "tzt_00_11", &token.text().to_uppercase(), &format!("{}0", token.text())] {
            assert!(BearerToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_code_may_be_typed_as_people_type() {
        let code = new_code().unwrap();
        assert_eq!(code.len(), 14);
        assert_eq!(code_hash(&code), code_hash(&code.to_lowercase().replace('-', " ")));
        assert_eq!(code_hash("1O2L-ABCD-EFGH"), code_hash("１０２１ａｂｃｄｅｆｇｈ"));
        assert_ne!(code_hash("1020-ABCD-EFGH"), code_hash("1020-ABCD-EFGJ"));
    }

    #[test]
    fn requests_of_two_senders_never_meet() {
        let (one, two) = (AccountId(Digest([1; 32])), AccountId(Digest([2; 32])));
        assert_ne!(request_id(one, "a"), request_id(two, "a"));
        assert_eq!(request_id(one, "a"), request_id(one, "a"));
    }
}
