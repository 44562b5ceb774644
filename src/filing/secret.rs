//! Secrets: bearer tokens, association codes, and salts.
//!
//! ```text
//! token   tzt_<32 hex: id>_<64 hex: secret>      the ledger holds H(id) and H(secret)
//! code    XXXX-XXXX-XXXX                         60 bits; the ledger holds H(code)
//! ```
//!
//! # Invariants
//!
//! A token or a code is shown once, in the answer that issues it. Only its hash is stored.

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

/// The operating system provides no random bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the machine gives no randomness: {0}")]
pub struct NoRandomness(String);

pub(in crate::filing) fn tagged_hash(kind: &str, bytes: &[u8]) -> Digest {
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

/// `text` with a new random salt.
///
/// # Errors
///
/// [`NoRandomness`].
pub fn with_salt(text: impl Into<String>) -> Result<PrivateMetadata, NoRandomness> {
    Ok(PrivateMetadata { salt: random::<SALT_LEN>()?, json: text.into() })
}

/// Derives a secret from the platform's key, the request and a part name: the same inputs give the same secret.
///
/// Computed from an Ed25519 signature, which is deterministic (RFC 8032), over a text that is not a statement. The signature is
/// never shown.
#[must_use]
pub fn derive(platform: &Signer, request: RequestId, part: &str) -> Digest {
    let signature = Zeroizing::new(platform.sign(format!("tiezheng derived v1\n{part}\n{request}\n").as_bytes()));
    tagged_hash("derived", &*signature)
}

/// The id of a stream that the platform owns. Without its key nobody can compute the id and begin the stream first.
#[must_use]
pub fn stream_id(platform: &Signer, kind: &str, of: &dyn std::fmt::Display) -> Digest {
    let signature = Zeroizing::new(platform.sign(format!("tiezheng stream v1\n{kind}\n{of}\n").as_bytes()));
    tagged_hash("stream", &*signature)
}

/// A bearer token.
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
    /// A new random token.
    ///
    /// # Errors
    ///
    /// [`NoRandomness`].
    pub fn new() -> Result<Self, NoRandomness> {
        let (id, secret) = (random::<16>()?, Zeroizing::new(random::<32>()?));
        let text = Zeroizing::new(format!("{PREFIX}{}_{}", hex::encode(id), hex::encode(*secret)));
        Ok(Self { text, id, secret })
    }

    /// Parses a presented token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        let (id, secret) = (lower_hex(id)?, Zeroizing::new(lower_hex(secret)?));
        Some(Self { text: Zeroizing::new(text.to_owned()), id, secret })
    }

    /// The token as text, which its holder presents.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> TokenId {
        TokenId(tagged_hash("token id", &self.id))
    }

    /// The hash of its secret. The secret has 256 random bits, so no slow password hash is needed.
    #[must_use]
    pub fn hash(&self) -> Digest {
        tagged_hash("token secret", &*self.secret)
    }
}

/// A new random association code.
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

/// The hash of an association code. Lower case, spaces, `O` for `0`, `I` and `L` for `1` are accepted.
#[must_use]
pub fn code_hash(typed: &str) -> Digest {
    let typed = typed.chars().map(half_width).filter(|c| !c.is_whitespace() && *c != '-');
    let folded = typed.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    tagged_hash("association code", folded.collect::<String>().as_bytes())
}

/// The request id of an idempotency key, distinct for each account.
#[must_use]
pub fn request_id(account: AccountId, key: &str) -> RequestId {
    RequestId(tagged_hash("request", format!("{account}\n{key}").as_bytes()))
}

/// The request id of one act of a request that makes several.
#[must_use]
pub fn step_request_id(request: RequestId, step: &str) -> RequestId {
    RequestId(tagged_hash("request step", format!("{request}\n{step}").as_bytes()))
}

/// The request id of a request without an idempotency key.
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
        let parts: Vec<&str> = code.split('-').collect();
        assert!(parts.iter().all(|part| part.len() == 4) && parts.len() == 3, "{code}");
        assert!(code.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)), "{code}");
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

    /// A ledger finds its streams, tokens, codes and requests by these. Computed with Python's hashlib and cryptography.
    #[test]
    fn what_is_on_the_chain_is_found_by_the_same_digests_for_ever() {
        let (platform, request) = (Signer::of_depositor(&[1; 32]).unwrap(), RequestId(Digest([7; 32])));
        let token = BearerToken::parse(&format!("tzt_{}_{}", "ab".repeat(16), "cd".repeat(32))).unwrap();
        for (digest, expected) in [
            (
                stream_id(&platform, "registry", &"ledger.example"),
                "a4eae2222400a8acb77495fed73ef9c8f14b830a6d97ab8a88830ca852e6fa64",
            ),
            (derive(&platform, request, "part"), "c11732d7ecf2ff5af48d7a1919aeb996acd7095586777dbe68165e513ac8fada"),
            (code_hash("1o2l-abcd-efgh"), "2c4526ff14a6e71c51adc50af4d6bf3e364ca7cb3aba0e0d25f598ff0be72dfc"),
            (
                request_id(AccountId(Digest([1; 32])), "key").0,
                "dbf9e07ad1dc6ba940fb7948ff3e44f7893576cffe9bfc41f1777ced9d4164a4",
            ),
            (step_request_id(request, "open").0, "1901d8c6478cf5f4de0fe69435144d4c88e8addfd01f422ec8d93ad3be3f4efe"),
            (token.id().0, "855f1dac1faea1aa28d46dafeb0f896687c5fca87dc45f5ec66d4af524f7f606"),
            (token.hash(), "ebb97a183e09361cc90ad38ca7892ea441e9ba32e3b58ea5a72b3b7d0bff0e98"),
        ] {
            assert_eq!(digest.to_string(), expected);
        }
    }

    #[test]
    fn only_the_platform_derives_what_is_its_own() {
        let [platform, other] = [1, 2].map(|seed| Signer::of_depositor(&[seed; 32]).unwrap());
        let [request, second] = [1, 2].map(|n| RequestId(Digest([n; 32])));
        let own = derive(&platform, request, "a");
        assert_eq!(derive(&platform, request, "a"), own);
        for different in [
            derive(&other, request, "a"),
            derive(&platform, second, "a"),
            derive(&platform, request, "b"),
            stream_id(&platform, "a", &request),
        ] {
            assert_ne!(different, own);
        }
        assert_ne!(stream_id(&platform, "access", &1), stream_id(&platform, "custody", &1));
        assert_ne!(stream_id(&platform, "access", &1), stream_id(&other, "access", &1));
    }

    #[test]
    fn equal_texts_have_different_commitments() {
        let [one, two] = [(); 2].map(|()| with_salt("张三").unwrap());
        assert_eq!((&one.json, &two.json), (&"张三".to_owned(), &"张三".to_owned()));
        assert_ne!(one.commitment(), two.commitment());
    }
}
