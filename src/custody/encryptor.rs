//! Encryptor of an original: hashes and encrypts it as a stream.
//!
//! # Invariants
//!
//! The digests are of exactly the encrypted bytes. At most one segment is buffered, since the last segment is encrypted differently
//! and is known only at the end of the stream.
//!
//! SM3 takes 4 ms per megabyte, so this must run on the blocking pool.

use tokio_util::bytes::Bytes;

use crate::custody::object::{ObjectId, ObjectKey};
use crate::custody::sealing::{Cipher, SEGMENT, SealError};
use crate::ledger::digests::DigestPair;
use crate::ledger::statement::content::FileDigests;

/// The state of hashing and encrypting one original.
pub(super) struct Encryptor {
    cipher: Cipher,
    segment: u64,
    /// The plaintext of the segment that is not encrypted yet.
    pending: Vec<u8>,
    ciphertext: Vec<u8>,
    digests: DigestPair,
}

impl Encryptor {
    /// The state before the first byte.
    pub(super) fn new(object: &ObjectId, key: &ObjectKey) -> Result<Self, SealError> {
        let cipher = Cipher::new(object, key)?;
        let ciphertext = cipher.header().to_vec();
        Ok(Self { cipher, segment: 0, pending: Vec::with_capacity(SEGMENT), ciphertext, digests: DigestPair::new() })
    }

    /// Processes more of the original.
    pub(super) fn update(&mut self, frames: &[Bytes]) -> Result<(), SealError> {
        for frame in frames {
            self.digests.update(frame);
            let mut rest: &[u8] = frame;
            while !rest.is_empty() {
                if self.pending.len() == SEGMENT {
                    self.seal(false)?;
                }
                let free = SEGMENT.saturating_sub(self.pending.len()).min(rest.len());
                let (taken, left) = rest.split_at(free);
                self.pending.extend_from_slice(taken);
                rest = left;
            }
        }
        Ok(())
    }

    /// The ciphertext since the last call.
    pub(super) fn take_ciphertext(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.ciphertext)
    }

    /// Encrypts the last segment. Returns the end of the object, and size and digests of the original.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, FileDigests), SealError> {
        self.seal(true)?;
        Ok((self.ciphertext, self.digests.finish()))
    }

    fn seal(&mut self, is_last: bool) -> Result<(), SealError> {
        self.cipher.seal(self.segment, is_last, &self.pending, &mut self.ciphertext)?;
        self.pending.clear();
        self.segment = self.segment.saturating_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;
    use crate::custody::sealing::HEADER;

    /// The object is the same for all divisions of the stream into frames, and at most one segment is buffered.
    #[test]
    fn the_object_does_not_depend_on_the_frames() {
        let (object, key) = (ObjectId::from_bytes([1; 32]), ObjectKey::from_bytes(&[2; 32]));
        let original: Vec<u8> = (0..2 * SEGMENT + 5).map(|n| u8::try_from(n % 253).unwrap()).collect();
        let through = |frame: usize| {
            let (mut encryptor, mut object) = (Encryptor::new(&object, &key).unwrap(), Vec::new());
            for frame in original.chunks(frame) {
                encryptor.update(&[Bytes::copy_from_slice(frame)]).unwrap();
                object.extend(encryptor.take_ciphertext());
                assert!(encryptor.pending.len() <= SEGMENT);
            }
            let (end, measured) = encryptor.finish().unwrap();
            object.extend(end);
            (object, measured)
        };
        let (whole, measured) = through(original.len());
        for frame in [1_000, SEGMENT - 1, SEGMENT, SEGMENT + 1] {
            assert_eq!(through(frame), (whole.clone(), measured), "frames of {frame}");
        }
        let opened = Cipher::new(&object, &key).unwrap().open(0, true, whole[HEADER..].to_vec()).unwrap();
        assert_eq!(opened, original);
        assert_eq!(measured.size, original.len() as u64);
        assert_eq!(measured.sha256.0.as_slice(), sha2::Sha256::digest(&original).as_slice());
        assert_eq!(measured.sm3.0.as_slice(), sm3::Sm3::digest(&original).as_slice());
    }
}
