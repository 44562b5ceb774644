//! The header of an age file: the file key, wrapped for each recipient, and a MAC over all of it.
//!
//! ```text
//! age-encryption.org/v1
//! -> X25519 <base64 of an ephemeral public key>       one for each recipient; other kinds are skipped
//! <base64 of the wrapped file key>
//! --- <base64 of HMAC-SHA-256 over everything up to and including the dashes>
//! ```
//!
//! Specification: age-encryption.org/v1, "Header" and "The X25519 recipient type". Base64 has no padding.

use std::io::{self, BufRead, Read as _};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::custody::age::keys::{Identity, KEY_LEN, Recipient};

/// Bytes of the file key.
pub const FILE_KEY_LEN: usize = 16;
const TAG: usize = 16;
const FIRST_LINE: &str = "age-encryption.org/v1";
const X25519_INFO: &[u8] = b"age-encryption.org/v1/X25519";
/// Maximum length of a header in bytes: enough for thousands of recipients.
const HEADER_MAX: usize = 256 << 10;
/// Columns of a full line of a stanza's body.
const COLUMNS: usize = 64;

/// The key from which the keys of header and payload are derived.
pub type FileKey = Zeroizing<[u8; FILE_KEY_LEN]>;

/// Why an age file was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgeError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It is not an age file, or its header is damaged.
    #[error("not an age file, or its header is damaged")]
    Malformed,
    /// It is not encrypted to any of the identities.
    #[error("it is not encrypted to any of the given identities")]
    NoIdentity,
    /// The header was changed.
    #[error("the header was changed after the encryption")]
    HeaderChanged,
}

/// A length of derived keys for `ring`.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA-256 (RFC 5869) of 32 bytes.
pub(in crate::custody::age) fn derived(secret: &[u8], salt: &[u8], info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    // Cannot fail: both lengths are 32.
    let filled = extracted.expand(&[info], Length(32)).and_then(|okm| okm.fill(key.as_mut()));
    debug_assert!(filled.is_ok(), "32 bytes are derived");
    key
}

/// A key of ChaCha20-Poly1305.
pub(in crate::custody::age) fn cipher(key: &[u8; 32]) -> io::Result<LessSafeKey> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key);
    Ok(LessSafeKey::new(key.map_err(|_| io::Error::other("not a ChaCha20-Poly1305 key"))?))
}

/// The key with which a file key is wrapped, from the shared secret of X25519.
fn wrapping_key(shared: &[u8; KEY_LEN], share: &[u8; KEY_LEN], recipient: &Recipient) -> Zeroizing<[u8; 32]> {
    derived(shared, &[*share, recipient.0].concat(), X25519_INFO)
}

/// A wrapping key is used once, so its nonce is zero.
fn zero_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn mac_key(file_key: &FileKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, derived(file_key.as_ref(), b"", b"header").as_ref())
}

/// The header that wraps `file_key` for each of `recipients`.
///
/// # Errors
///
/// The system supplies no random bytes, or a recipient's key is weak.
pub fn wrap(file_key: &FileKey, recipients: &[Recipient]) -> io::Result<String> {
    let mut header = format!("{FIRST_LINE}\n");
    for recipient in recipients {
        let mut secret = [0; KEY_LEN];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let ephemeral = Identity::new(secret);
        let share = ephemeral.recipient().0;
        let shared = ephemeral.agree(recipient.0).ok_or_else(|| io::Error::other("the recipient's key is weak"))?;
        let key = cipher(&wrapping_key(&shared, &share, recipient))?;
        let mut body = file_key.to_vec();
        let sealed = key.seal_in_place_append_tag(zero_nonce(), Aad::empty(), &mut body);
        sealed.map_err(|_| io::Error::other("the file key was not sealed"))?;
        let [share, body] = [&share[..], &body].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
        header.extend(["-> X25519 ", &share, "\n", &body, "\n"]);
    }
    header.push_str("---");
    let mac = hmac::sign(&mac_key(file_key), header.as_bytes());
    header.extend([" ", &BASE64_STANDARD_NO_PAD.encode(mac), "\n"]);
    Ok(header)
}

/// Reads a header, and returns the file key, unwrapped by the first identity for which there is a stanza.
///
/// # Errors
///
/// [`AgeError`].
pub fn unwrap(input: &mut impl BufRead, identities: &[Identity]) -> Result<FileKey, AgeError> {
    let mut header = Vec::new();
    let mut next_line = |input: &mut dyn BufRead| -> Result<String, AgeError> {
        let mut line = Vec::new();
        let left = HEADER_MAX.saturating_sub(header.len());
        input.take(left as u64).read_until(b'\n', &mut line)?;
        let text = line.strip_suffix(b"\n").and_then(|text| std::str::from_utf8(text).ok()).map(str::to_owned);
        header.extend_from_slice(&line);
        text.ok_or(AgeError::Malformed)
    };
    if next_line(input)? != FIRST_LINE {
        return Err(AgeError::Malformed);
    }
    let mut file_key = None;
    let mac = loop {
        let line = next_line(input)?;
        if let Some(mac) = line.strip_prefix("--- ") {
            break BASE64_STANDARD_NO_PAD.decode(mac).map_err(|_| AgeError::Malformed)?;
        }
        let stanza = line.strip_prefix("-> ").ok_or(AgeError::Malformed)?.to_owned();
        let mut body = String::new();
        loop {
            let line = next_line(input)?;
            body.push_str(&line);
            match line.len() {
                COLUMNS => {}
                0..COLUMNS => break,
                _ => return Err(AgeError::Malformed),
            }
        }
        let body = BASE64_STANDARD_NO_PAD.decode(&body).map_err(|_| AgeError::Malformed)?;
        if file_key.is_none()
            && let Some(share) = stanza.strip_prefix("X25519 ")
        {
            file_key = unwrap_stanza(share, &body, identities)?;
        }
    };
    let file_key = file_key.ok_or(AgeError::NoIdentity)?;
    let line = 2 + BASE64_STANDARD_NO_PAD.encode(&mac).len();
    let covered = header.len().checked_sub(line).and_then(|end| header.get(..end)).ok_or(AgeError::Malformed)?;
    hmac::verify(&mac_key(&file_key), covered, &mac).map_err(|_| AgeError::HeaderChanged)?;
    Ok(file_key)
}

/// The file key in a stanza; `None` if it is not for any of `identities`.
fn unwrap_stanza(share: &str, body: &[u8], identities: &[Identity]) -> Result<Option<FileKey>, AgeError> {
    let share = BASE64_STANDARD_NO_PAD.decode(share).map_err(|_| AgeError::Malformed)?;
    let share: [u8; KEY_LEN] = share.try_into().map_err(|_| AgeError::Malformed)?;
    if body.len() != FILE_KEY_LEN + TAG {
        return Err(AgeError::Malformed);
    }
    for identity in identities {
        let shared = identity.agree(share).ok_or(AgeError::Malformed)?;
        let key = cipher(&wrapping_key(&shared, &share, &identity.recipient()))?;
        let mut body = Zeroizing::new(body.to_vec());
        if let Ok(opened) = key.open_in_place(zero_nonce(), Aad::empty(), &mut body) {
            let mut file_key = FileKey::default();
            file_key.copy_from_slice(opened);
            return Ok(Some(file_key));
        }
    }
    Ok(None)
}
