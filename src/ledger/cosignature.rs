//! Cosignatures (c2sp.org/tlog-cosignature v1.0.1, Ed25519 `cosignature/v1`): a witness's signature on a checkpoint.
//!
//! ```text
//! vkey             <name>+<8 hex of key id>+<base64(0x04 ‖ public key)>
//! private          PRIVATE+KEY+<name>+<8 hex of key id>+<base64(0x04 ‖ seed)>
//! signed message   cosignature/v1 LF ‖ time <seconds since 1970> LF ‖ the checkpoint's text with its final LF
//! signature line   — <name> <base64(key id (4) ‖ u64 big-endian seconds ‖ signature (64))>
//! ```
//!
//! A cosignature means: at that time this was the largest consistent tree that the witness had seen of that origin. The
//! message does not contain the witness's name, so each witness must have its own key.
//!
//! # Invariants
//!
//! The key id is computed from name and key, never read from a text. A time is at most 9999-12-30. The signature covers
//! the whole note text, including extension lines.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::key::{KeyTextError, Name, NamedKey, SIGNATURE_LEN, Signer, split_key};
use crate::ledger::note::NoteSignature;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::Cosignature;

/// Note signature type of timestamped Ed25519 cosignatures.
pub const COSIGNATURE_V1: u8 = 0x04;
/// First line of the signed message.
const FIRST_LINE: &str = "cosignature/v1";
/// Length of time and signature, the bytes after the key id.
const BLOB_LEN: usize = 8 + SIGNATURE_LEN;

/// The public key of a cosigner with its name and key id (a vkey of type 0x04).
pub type CosignerKey = NamedKey<COSIGNATURE_V1>;

impl CosignerKey {
    /// Whether a signature line names this key. It may still be forged.
    #[must_use]
    pub fn is_named_by(&self, line: &NoteSignature) -> bool {
        line.name == *self.name() && line.id == self.id()
    }

    /// Verifies `line` as this key's cosignature on the checkpoint whose note has the text `text`.
    ///
    /// # Errors
    ///
    /// [`CosignatureError`].
    pub fn verify(&self, line: &NoteSignature, text: &str) -> Result<Cosignature, CosignatureError> {
        if !self.is_named_by(line) {
            return Err(CosignatureError::OtherKey);
        }
        let malformed = || CosignatureError::Malformed { witness: self.name().clone() };
        let blob = <&[u8; BLOB_LEN]>::try_from(line.bytes.as_slice()).map_err(|_| malformed())?;
        let (seconds, signature) = blob.split_first_chunk::<8>().ok_or_else(malformed)?;
        let seconds = u64::from_be_bytes(*seconds);
        let time = seconds.checked_mul(1000).and_then(Timestamp::from_millis).ok_or_else(malformed)?;
        let signature = <&[u8; SIGNATURE_LEN]>::try_from(signature).map_err(|_| malformed())?;
        if self.public().verify(message(seconds, text).as_bytes(), signature) {
            Ok(Cosignature { witness: self.name().clone(), time })
        } else {
            Err(CosignatureError::BadSignature { witness: self.name().clone() })
        }
    }
}

/// Why a signature line is not a key's cosignature on a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CosignatureError {
    /// The line names another key.
    #[error("the signature line is of another key")]
    OtherKey,
    /// The line names the key, but does not contain a time and an Ed25519 signature.
    #[error("the cosignature of `{witness}` is malformed")]
    Malformed {
        /// The witness.
        witness: Name,
    },
    /// The line names the key, but its signature does not verify.
    #[error("the cosignature of `{witness}` does not verify")]
    BadSignature {
        /// The witness.
        witness: Name,
    },
}

/// A cosigner's private key. Its memory is wiped when it is dropped.
pub struct Cosigner {
    key: CosignerKey,
    seed: Zeroizing<[u8; 32]>,
    signer: Signer,
}

impl Cosigner {
    /// The private key of `seed` under a name; `None` if its public key were weak, which does not occur in practice.
    #[must_use]
    pub fn new(name: Name, seed: &[u8; 32]) -> Option<Self> {
        let signer = Signer::new(name.clone(), seed)?;
        let key = CosignerKey::new(name, signer.verifier().public().clone());
        Some(Self { key, seed: Zeroizing::new(*seed), signer })
    }

    /// Parses the private text form.
    ///
    /// # Errors
    ///
    /// [`KeyTextError`].
    pub fn parse(text: &str) -> Result<Self, KeyTextError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyTextError::Malformed)?;
        let (name, id, seed) = split_key(rest, COSIGNATURE_V1)?;
        let cosigner = Self::new(name, &Zeroizing::new(seed)).ok_or(KeyTextError::Weak)?;
        if cosigner.key.id() == id { Ok(cosigner) } else { Err(KeyTextError::WrongId) }
    }

    /// The private text form, for a file of mode 0600.
    #[must_use]
    pub fn to_private_text(&self) -> Zeroizing<String> {
        let mut blob = Zeroizing::new([COSIGNATURE_V1; 33]);
        let (_, seed) = blob.split_at_mut(1);
        seed.copy_from_slice(&*self.seed);
        let base64 = Zeroizing::new(BASE64_STANDARD.encode(*blob));
        Zeroizing::new(format!("PRIVATE+KEY+{}+{}+{}", self.key.name(), hex::encode(self.key.id()), *base64))
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &CosignerKey {
        &self.key
    }

    /// Cosigns `checkpoint` at `time`, of which the whole seconds count. The signed text is printed from the checkpoint's
    /// parts, so it never has an extension line.
    #[must_use]
    pub fn cosign(&self, checkpoint: &Checkpoint, time: Timestamp) -> NoteSignature {
        let seconds = time.as_millis() / 1000;
        let signature = self.signer.sign(message(seconds, &checkpoint.to_text()).as_bytes());
        let bytes = [seconds.to_be_bytes().as_slice(), &signature].concat();
        NoteSignature { name: self.key.name().clone(), id: self.key.id(), bytes }
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.key)
    }
}

fn message(seconds: u64, text: &str) -> String {
    format!("{FIRST_LINE}\ntime {seconds}\n{text}")
}

/// The cosignatures on `checkpoint` by `keys`, in the order of `keys`, at most one by each: the latest that verifies.
///
/// # Errors
///
/// [`CosignatureError`] for a line that names one of `keys` and does not verify, even if other lines verify: the note
/// was altered.
pub fn cosignatures<'k>(
    checkpoint: &SignedCheckpoint,
    keys: impl IntoIterator<Item = &'k CosignerKey>,
) -> Result<Vec<(&'k CosignerKey, Cosignature)>, CosignatureError> {
    let note = checkpoint.note();
    let mut found = Vec::new();
    for key in keys {
        let lines = note.signatures().iter().filter(|line| key.is_named_by(line));
        let verified = lines.map(|line| key.verify(line, note.text())).collect::<Result<Vec<_>, _>>()?;
        found.extend(verified.into_iter().max_by_key(|cosignature| cosignature.time).map(|latest| (key, latest)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::sha256;
    use crate::ledger::note::Note;

    const LINE: &str = "— witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==";
    const TEXT: &str = "rome2026h1.example.org\n300\nlCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n";

    fn witness() -> Cosigner {
        let seed = sha256(b"skylight test witness key");
        Cosigner::new(Name::parse("witness.example.org").unwrap(), seed.as_bytes()).unwrap()
    }

    fn time() -> Timestamp {
        Timestamp::from_millis(1_767_139_200_999).unwrap()
    }

    fn note(lines: &str) -> SignedCheckpoint {
        SignedCheckpoint::parse(format!("{TEXT}\n{lines}").as_bytes()).unwrap()
    }

    #[test]
    fn sunlights_test_vectors_are_signed_byte_for_byte() {
        let vkey = "witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN";
        assert_eq!(witness().key().to_string(), vkey);
        let key = CosignerKey::parse(vkey).unwrap();
        let line = witness().cosign(&Checkpoint::parse(TEXT).unwrap(), time());
        assert_eq!(line.to_string(), LINE);
        assert_eq!(key.verify(&line, TEXT).unwrap().time.as_millis(), 1_767_139_200_000);
        let seed = sha256(b"skylight test mirror key");
        let mirror = Cosigner::new(Name::parse("mirror.example.org").unwrap(), seed.as_bytes()).unwrap();
        let text = TEXT
            .replace("lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=", "gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU=");
        let line = mirror.cosign(&Checkpoint::parse(&text).unwrap(), time());
        assert_eq!(
            line.to_string(),
            "— mirror.example.org P7FI7wAAAABpVGeAjA1S4pJm6MbcXjX7UUImu4azZtrfcVW2uyr/LXIYlwEJzXC0N0EiZkbqfLdXt/4gVEEuGmxJjAfXKMCISpsJAg=="
        );
    }

    #[test]
    fn key_ids_of_type_4_equal_those_of_other_implementations() {
        let key = |hex: &str| {
            crate::ledger::key::PublicKey::from_bytes(&crate::ledger::hash::lower_hex(hex).unwrap()).unwrap()
        };
        let remora = key("ebcdeb78e7fdb2ef9227b2c1ef11e94600b55b4d6d9a57877e31ee89e59adc36");
        assert_eq!(hex::encode(CosignerKey::new(Name::parse("remora.n621.de").unwrap(), remora).id()), "da77ade7");
    }

    #[test]
    fn a_private_key_is_parsed_as_it_was_printed_and_a_ledger_key_is_none() {
        let text = witness().to_private_text();
        assert_eq!(Cosigner::parse(&text).unwrap().key(), witness().key());
        let ledger_key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(CosignerKey::parse(ledger_key), Err(KeyTextError::UnknownType));
        let wrong_id = "witness.example.org+b8a2cf21+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN";
        assert_eq!(CosignerKey::parse(wrong_id), Err(KeyTextError::WrongId));
    }

    #[test]
    fn lines_in_a_witness_s_name_that_do_not_verify_are_an_error_and_others_are_ignored() {
        let key = witness().key().clone();
        let found = |lines: &str| cosignatures(&note(lines), [&key]).map(|found| found.len());
        assert_eq!(found(&format!("{LINE}\n")), Ok(1));
        assert_eq!(found(&format!("{LINE}\n{LINE}\n")), Ok(1), "one by each key");
        assert_eq!(found("— somebody AAAAAAEC\n"), Ok(0));
        let forged = LINE.replace("uKLPIAAAAABpVGeA", "uKLPIAAAAABpVGeB");
        let bad = CosignatureError::BadSignature { witness: key.name().clone() };
        assert_eq!(found(&format!("{LINE}\n{forged}\n")), Err(bad), "another time");
        let short = "— witness.example.org uKLPIAAAAABpVGeA\n";
        assert!(matches!(found(short), Err(CosignatureError::Malformed { .. })));
        let beyond = [key.id().as_slice(), &[0xff; 8], &[0; 64]].concat();
        let beyond = format!("— witness.example.org {}\n", BASE64_STANDARD.encode(beyond));
        assert!(matches!(found(&beyond), Err(CosignatureError::Malformed { .. })));
    }

    #[test]
    fn the_latest_cosignature_of_a_witness_counts_and_extension_lines_are_covered() {
        let (key, checkpoint) = (witness().key().clone(), Checkpoint::parse(TEXT).unwrap());
        let later = Timestamp::from_millis(1_767_139_260_000).unwrap();
        let lines = format!("{}\n{LINE}\n", witness().cosign(&checkpoint, later));
        let signed = note(&lines);
        assert_eq!(cosignatures(&signed, [&key]).unwrap()[0].1.time, later);
        let line = Note::parse(format!("{TEXT}\n{LINE}\n").as_bytes()).unwrap().signatures()[0].clone();
        assert!(key.verify(&line, &format!("{TEXT}extension\n")).is_err());
    }
}
