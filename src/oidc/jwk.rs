//! The public keys of a provider: a JSON Web Key Set (RFC 7517), with the algorithms that are accepted.
//!
//! # Invariants
//!
//! A key belongs to one algorithm, so no token chooses how its key is used. Symmetric and private keys, and keys for encryption,
//! are left out.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;

/// Most keys of a set that are read.
const KEYS_MAX: usize = 64;

/// A signature algorithm of ID tokens that is accepted (RFC 7518, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, with keys of 2048 to 8192 bits.
    Rs256,
    /// ECDSA over P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// The algorithm of an `alg` header; `None` for all that are not accepted, `none` and HMAC among them.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            // RFC 9864 names the curve.
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// Public key material.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Material {
    Rsa {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
    /// An uncompressed point.
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

/// A key that checks signatures of ID tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its `kid`.
    pub id: Option<String>,
    material: Material,
}

impl Key {
    /// The algorithm that it is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256(_) => Algorithm::Es256,
            Material::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Whether `signature` over `message` is this key's.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { modulus, exponent } => RsaPublicKeyComponents { n: modulus, e: exponent }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            Material::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature).is_ok()
            }
            Material::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature).is_ok(),
        }
    }
}

/// A key as its provider publishes it.
#[derive(Deserialize)]
struct PublishedKey {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// A private key: somebody published it by mistake, and it proves nothing any more.
    d: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct PublishedSet {
    keys: Vec<serde_json::Value>,
}

fn bytes(text: Option<&String>, length: Option<usize>) -> Option<Vec<u8>> {
    let bytes = URL_SAFE_NO_PAD.decode(text?).ok()?;
    length.is_none_or(|length| bytes.len() == length).then_some(bytes)
}

impl PublishedKey {
    /// The key, if it is one that checks signatures by an accepted algorithm.
    fn usable(&self) -> Option<Key> {
        let signs = self.purpose.as_deref().is_none_or(|purpose| purpose == "sig");
        let verifies = self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|one| one == "verify"));
        if !signs || !verifies || self.d.is_some() {
            return None;
        }
        let material = match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", None) => {
                // Leading zeros are no part of the number.
                let modulus: Vec<u8> =
                    bytes(self.n.as_ref(), None)?.into_iter().skip_while(|byte| *byte == 0).collect();
                Material::Rsa { modulus, exponent: bytes(self.e.as_ref(), None)? }
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(self.x.as_ref(), Some(32))?, bytes(self.y.as_ref(), Some(32))?);
                Material::P256([&[4][..], &x, &y].concat())
            }
            ("OKP", Some("Ed25519")) => Material::Ed25519(bytes(self.x.as_ref(), Some(32))?),
            _ => return None,
        };
        let key = Key { id: self.kid.clone(), material };
        let names_another = self.alg.as_deref().is_some_and(|name| Algorithm::parse(name) != Some(key.algorithm()));
        if names_another { None } else { Some(key) }
    }
}

/// The usable keys of a JSON Web Key Set; `None` if it is none. Keys of other kinds and damaged ones are left out.
#[must_use]
pub fn parse_set(json: &[u8]) -> Option<Vec<Key>> {
    let set: PublishedSet = serde_json::from_slice(json).ok()?;
    let keys = set.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value(key).ok());
    Some(keys.filter_map(|key: PublishedKey| key.usable()).collect())
}
