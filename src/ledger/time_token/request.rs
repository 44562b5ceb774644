//! A request for a timestamp token (`TimeStampReq`, RFC 3161 section 2.4.1).
//!
//! It asks for the certificates (`certReq`), since a token must verify offline. It names no policy: the user's trust in
//! an authority includes its policy. The caller chooses the nonce: 64 random bits, the length that every authority
//! accepts.

use der::Tag;

use super::algorithm::ImprintAlgorithm;
use super::fields::{DerError, encode, encode_all};

/// A request to an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStampRequest {
    /// The digest algorithm of the imprint.
    pub algorithm: ImprintAlgorithm,
    /// The digest to be stamped.
    pub digest: [u8; 32],
    /// The random number that the token must repeat, so that an older token is not accepted as the response.
    pub nonce: u64,
}

impl TimeStampRequest {
    /// A request to stamp `imprinted`: the bytes, not their digest.
    #[must_use]
    pub fn new(algorithm: ImprintAlgorithm, imprinted: &[u8], nonce: u64) -> Self {
        Self { algorithm, digest: algorithm.digest(&[imprinted]), nonce }
    }

    /// The DER encoding: the body of a request of type `application/timestamp-query`.
    ///
    /// # Errors
    ///
    /// Never: the size of a request is constant.
    pub fn to_der(&self) -> Result<Vec<u8>, DerError> {
        let version = encode(Tag::Integer, &[1])?;
        let digest = encode(Tag::OctetString, &self.digest)?;
        let imprint = encode_all(Tag::Sequence, &[&self.algorithm.identifier()?, &digest])?;
        let nonce = encode(Tag::Integer, &unsigned_content(self.nonce))?;
        let with_certificates = encode(Tag::Boolean, &[0xff])?;
        encode_all(Tag::Sequence, &[&version, &imprint, &nonce, &with_certificates])
    }
}

/// The content of an integer, in its shortest encoding.
fn unsigned_content(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1);
    let digits = bytes.get(start..).unwrap_or_default();
    let sign = digits.first().filter(|first| **first & 0x80 != 0).map(|_| 0);
    sign.into_iter().chain(digits.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::time_token::fields::{is_shortest, unsigned};

    /// The output of `openssl ts -query -data FILE -sha256 -cert` for a file with `abc`, with this nonce.
    #[test]
    fn a_request_is_what_openssl_writes() {
        let request = TimeStampRequest::new(ImprintAlgorithm::Sha256, b"abc", 0xf4c5_a9b3_b34d_2c27);
        assert_eq!(
            hex::encode(request.to_der().unwrap()),
            "30440201013031300d060960864801650304020105000420ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f2\
             0015ad020900f4c5a9b3b34d2c270101ff"
        );
    }

    proptest::proptest! {
        #[test]
        fn a_nonce_reads_as_it_was_written(nonce: u64, shift in 0..64_u32) {
            let content = unsigned_content(nonce >> shift);
            proptest::prop_assert!(is_shortest(&content));
            proptest::prop_assert_eq!(unsigned(&content), Some(nonce >> shift));
        }
    }
}
