//! Encrypts and decrypts the payload of an age file (age-encryption.org/v1, "Payload"), in bounded memory.
//!
//! ```text
//! header ‖ nonce (16 bytes) ‖ chunk 0 ‖ chunk 1 ‖ … ‖ chunk n      each: ChaCha20-Poly1305 of 65,536 bytes, the last of fewer or as many
//! ```
//!
//! # Invariants
//!
//! The nonce of a chunk is its number (88 bits, big-endian), then 0x01 if it is the last, else 0x00. So reading a
//! truncated file, or one with changed, swapped or appended chunks, ends with an error. Bytes before that error are
//! authentic, but a caller must not use them unless it reached the end.

use std::io::{self, BufRead, Read, Write};

use ring::aead::{Aad, LessSafeKey, Nonce};

use crate::custody::age::header::{AgeError, FileKey, cipher, derived, unwrap, wrap};
use crate::custody::age::keys::{Identity, Recipient};

/// Bytes of plaintext in every chunk but the last.
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const NONCE: usize = 16;

/// The key of a payload, and the number of the next chunk.
struct Chunks {
    key: LessSafeKey,
    next: u128,
}

impl Chunks {
    fn new(file_key: &FileKey, nonce: &[u8; NONCE]) -> io::Result<Self> {
        Ok(Self { key: cipher(&derived(file_key.as_ref(), nonce, b"payload"))?, next: 0 })
    }

    fn nonce(&mut self, is_last: bool) -> Nonce {
        let mut nonce = [0; 12];
        // The number never reaches 88 bits.
        let number = self.next.to_be_bytes();
        nonce.iter_mut().zip(number.iter().skip(5)).for_each(|(to, from)| *to = *from);
        if let Some(last) = nonce.last_mut() {
            *last = u8::from(is_last);
        }
        self.next += 1;
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Encrypts what is written to it. [`Encryptor::finish`] writes the last chunk; without it, decryption of the file
/// fails.
pub struct Encryptor<W> {
    to: W,
    chunks: Chunks,
    buffered: Vec<u8>,
}

impl<W: Write> Encryptor<W> {
    /// Writes the header for `recipients`, of which there must be at least one.
    ///
    /// # Errors
    ///
    /// An I/O error of the writer.
    pub fn new(mut to: W, recipients: &[Recipient]) -> io::Result<Self> {
        if recipients.is_empty() {
            return Err(io::Error::other("no recipient"));
        }
        let (mut file_key, mut nonce) = (FileKey::default(), [0; NONCE]);
        getrandom::fill(file_key.as_mut()).and_then(|()| getrandom::fill(&mut nonce)).map_err(io::Error::other)?;
        to.write_all(wrap(&file_key, recipients)?.as_bytes())?;
        to.write_all(&nonce)?;
        Ok(Self { to, chunks: Chunks::new(&file_key, &nonce)?, buffered: Vec::with_capacity(CHUNK + TAG) })
    }

    fn write_chunk(&mut self, is_last: bool) -> io::Result<()> {
        let nonce = self.chunks.nonce(is_last);
        let sealed = self.chunks.key.seal_in_place_append_tag(nonce, Aad::empty(), &mut self.buffered);
        sealed.map_err(|_| io::Error::other("a chunk could not be encrypted"))?;
        self.to.write_all(&self.buffered)?;
        self.buffered.clear();
        Ok(())
    }

    /// Writes the last chunk, and returns the writer.
    ///
    /// # Errors
    ///
    /// An I/O error of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        Ok(self.to)
    }
}

impl<W: Write> Write for Encryptor<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Writes a full chunk only when more data follows, because only then it is not the last.
        if self.buffered.len() == CHUNK && !bytes.is_empty() {
            self.write_chunk(false)?;
        }
        let taken = bytes.get(..CHUNK - self.buffered.len()).unwrap_or(bytes);
        self.buffered.extend_from_slice(taken);
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Decrypts what is read from it. After the last chunk, it checks that nothing follows.
pub struct Decryptor<R> {
    from: R,
    chunks: Chunks,
    /// The decrypted chunk, and how much of it was read.
    plain: Vec<u8>,
    read: usize,
    is_last: bool,
}

impl<R: BufRead> Decryptor<R> {
    /// Reads the header and unwraps the file key by one of `identities`.
    ///
    /// # Errors
    ///
    /// [`AgeError`].
    pub fn new(mut from: R, identities: &[Identity]) -> Result<Self, AgeError> {
        let file_key = unwrap(&mut from, identities)?;
        let mut nonce = [0; NONCE];
        from.read_exact(&mut nonce).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => AgeError::Malformed,
            _ => error.into(),
        })?;
        let chunks = Chunks::new(&file_key, &nonce)?;
        Ok(Self { from, chunks, plain: Vec::new(), read: 0, is_last: false })
    }

    /// Whether everything was read, to the last chunk.
    #[must_use]
    pub fn is_at_end(&self) -> bool {
        self.is_last && self.read == self.plain.len()
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let is_first = self.chunks.next == 0;
        self.plain.clear();
        self.read = 0;
        (&mut self.from).take((CHUNK + TAG) as u64).read_to_end(&mut self.plain)?;
        self.is_last = self.from.fill_buf()?.is_empty();
        let nonce = self.chunks.nonce(self.is_last);
        let opened = self.chunks.key.open_in_place(nonce, Aad::empty(), &mut self.plain);
        let length = opened.map_err(|_| damaged())?.len();
        // An empty last chunk would be a second encoding of the same content.
        if length == 0 && !is_first {
            return Err(damaged());
        }
        self.plain.truncate(length);
        Ok(())
    }
}

/// The error of a payload that was changed or cut off.
fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the encrypted archive is damaged or cut off")
}

impl<R: BufRead> Read for Decryptor<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.read == self.plain.len() {
            if self.is_last || into.is_empty() {
                return Ok(0);
            }
            self.next_chunk()?;
        }
        let mut rest = self.plain.get(self.read..).unwrap_or_default();
        let count = rest.read(into)?;
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(n: u8) -> Identity {
        Identity::new([n; 32])
    }

    fn encrypted(plain: &[u8], recipients: &[Recipient]) -> Vec<u8> {
        let mut encryptor = Encryptor::new(Vec::new(), recipients).unwrap();
        // In pieces that do not align with the chunks.
        for piece in plain.chunks(40_001) {
            encryptor.write_all(piece).unwrap();
        }
        encryptor.finish().unwrap()
    }

    fn decrypted(bytes: &[u8], identities: &[Identity]) -> Result<Vec<u8>, AgeError> {
        let mut plain = Vec::new();
        Decryptor::new(bytes, identities)?.read_to_end(&mut plain)?;
        Ok(plain)
    }

    #[test]
    fn each_recipient_reads_what_was_encrypted_and_nobody_else() {
        let recipients = [identity(1).recipient(), identity(2).recipient()];
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17] {
            let plain: Vec<u8> = (0..length).map(|n| u8::try_from(n % 251).unwrap()).collect();
            let bytes = encrypted(&plain, &recipients);
            for n in 1..=2 {
                assert!(decrypted(&bytes, &[identity(9), identity(n)]).unwrap() == plain, "{length} {n}");
            }
            assert!(matches!(decrypted(&bytes, &[identity(9)]), Err(AgeError::NoIdentity)));
        }
    }

    #[test]
    fn a_change_anywhere_is_detected() {
        let plain = vec![7; CHUNK + 100];
        let bytes = encrypted(&plain, &[identity(1).recipient()]);
        for position in (0..300).chain([bytes.len() - 1, bytes.len() - 50, CHUNK / 2]) {
            let mut changed = bytes.clone();
            changed[position] ^= 1;
            assert!(decrypted(&changed, &[identity(1)]).is_err(), "{position}");
        }
        let chunk = CHUNK + TAG;
        let first = bytes.len() - chunk - 100 - TAG;
        for end in [0, 10, first - 1, first, first + 5, first + chunk, bytes.len() - 1] {
            assert!(decrypted(&bytes[..end], &[identity(1)]).is_err(), "{end}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(decrypted(&longer, &[identity(1)]).is_err());
        // The last chunk twice.
        let twice = [&bytes[..], &bytes[first + chunk..]].concat();
        assert!(decrypted(&twice, &[identity(1)]).is_err());
    }

    #[test]
    fn a_file_of_the_program_age_is_read() {
        use base64::Engine as _;
        // age 1.1.1 of Debian: `age -r age1t7rx… > FILE`.
        let file = concat!(
            "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBMcjYxNitNUS9LclFQYkZDZGJqOGRMV3JOWkJiTm9NaVp2U3MyQUZCVG1R",
            "CmFzbVFxTWVnRUlXTzA2T3RiRzArQWc4SGR5VnBVZ1p3enIraEJCNWlWUVUKLS0tIGFTVDR1cnpQSnVkMWdjY0FwN29PdnBERWIv",
            "U3RpWUZVcG51cTgrTWtJMXcK3hZ4Vcp1kYVzsUlDRRqLrCJCFnnvT32BMtYf8D7vN6rcLJpADeDB49IMPOijoV2BdiYSlCs="
        );
        let file = base64::prelude::BASE64_STANDARD.decode(file).unwrap();
        let key = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
        assert_eq!(decrypted(&file, &[key.parse().unwrap()]).unwrap(), b"written by age 1.1.1\n");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = decrypted(&bytes, &[identity(1)]);
            let _ = decrypted(&[&b"age-encryption.org/v1\n-> X25519 "[..], &bytes].concat(), &[identity(1)]);
        }
    }
}
