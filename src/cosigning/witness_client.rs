//! The HTTP client of one witness: `add-checkpoint` and the read API (c2sp.org/tlog-witness).
//!
//! # Invariants
//!
//! Each request ends within its time limit, and no more than [`ANSWER_MAX`] bytes of its answer are held. The note that is sent has
//! the ledger's own signatures only. Redirects are not followed.

use std::sync::Once;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url};

use crate::cosigning::witness_answer::{ANSWER_MAX, WitnessError, read_answer};
use crate::cosigning::witness_policy::ConfiguredWitness;
use crate::ledger::add_checkpoint::AddCheckpointRequest;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::sha256;
use crate::ledger::key::Name;
use crate::ledger::merkle::proof::ConsistencyProof;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::ledger::verify::attestation::Cosignature;

/// Time limits of requests to witnesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessTimeouts {
    /// Of the connection. Default: 5 s.
    pub connect: Duration,
    /// Of a whole request. A mirror may wait 5 s for leaves before it answers. Default: 10 s.
    pub request: Duration,
}

impl Default for WitnessTimeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), request: Duration::from_secs(10) }
    }
}

/// A client of one witness.
#[derive(Debug)]
pub struct WitnessClient {
    witness: ConfiguredWitness,
    http: Client,
}

impl WitnessClient {
    /// A client of `witness`.
    ///
    /// # Errors
    ///
    /// [`WitnessError::Unreachable`] when no client can be made, for example for lack of root certificates.
    pub fn new(witness: ConfiguredWitness, timeouts: WitnessTimeouts) -> Result<Self, WitnessError> {
        static ONCE: Once = Once::new();
        // rustls needs one cryptography provider per process. An error means that one is installed already.
        ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        let mut builder = Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.request)
            .redirect(Policy::none())
            .user_agent(concat!("tiezheng/", env!("CARGO_PKG_VERSION")));
        if witness.url.scheme() == "http" {
            // Root certificates are not needed, and may be missing.
            builder = builder.tls_certs_only([]).no_proxy();
        }
        let http = builder.build().map_err(|error| WitnessError::Unreachable(error.to_string()))?;
        Ok(Self { witness, http })
    }

    /// The witness.
    #[must_use]
    pub const fn witness(&self) -> &ConfiguredWitness {
        &self.witness
    }

    /// Asks for a cosignature on `checkpoint`. `old` is the assumed size of the witness, and `proof` the consistency proof from
    /// there.
    ///
    /// # Errors
    ///
    /// [`WitnessError`].
    pub async fn add_checkpoint(
        &self,
        checkpoint: &SignedCheckpoint,
        old: TreeSize,
        proof: &ConsistencyProof,
    ) -> Result<(NoteSignature, Cosignature), WitnessError> {
        let request = self.http.post(self.address("add-checkpoint")).body(request_body(checkpoint, old, proof));
        let (status, body) = answer(request).await?;
        read_answer(status, &body, &self.witness.key, checkpoint)
    }

    /// The latest checkpoint of the ledger `origin` that the witness has cosigned, not verified; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`WitnessError`].
    pub async fn latest_checkpoint(&self, origin: &Name) -> Result<Option<SignedCheckpoint>, WitnessError> {
        let path = format!("{}/checkpoint", sha256(origin.as_str().as_bytes()));
        match answer(self.http.get(self.address(&path))).await? {
            (200, body) => {
                let note = SignedCheckpoint::parse(&body);
                note.map(Some).map_err(|error| WitnessError::Malformed(error.to_string()))
            }
            (404, _) => Ok(None),
            (status, body) => {
                let detail = String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(200).collect();
                Err(WitnessError::Refused { status, detail })
            }
        }
    }

    fn address(&self, path: &str) -> Url {
        let mut url = self.witness.url.clone();
        url.set_path(&format!("{}/{path}", url.path().trim_end_matches('/')));
        url
    }
}

/// The body of `add-checkpoint`.
fn request_body(checkpoint: &SignedCheckpoint, old: TreeSize, proof: &ConsistencyProof) -> String {
    AddCheckpointRequest { old, proof: proof.clone(), note: checkpoint.note().as_str() }.to_string()
}

/// Status and body of the answer to `request`.
async fn answer(request: RequestBuilder) -> Result<(u16, Vec<u8>), WitnessError> {
    let failed = |error: reqwest::Error| {
        if error.is_timeout() { WitnessError::TimedOut } else { WitnessError::Unreachable(cause(&error.without_url())) }
    };
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > ANSWER_MAX {
            return Err(WitnessError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// The innermost reason of an error: the outer ones only report that a request failed.
fn cause(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), cause)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::hash::Digest;
    use crate::ledger::testing::{ledger_key, origin};

    #[test]
    fn a_request_has_the_size_the_proof_a_blank_line_and_the_note() {
        let checkpoint = Checkpoint { origin: origin(), size: TreeSize(5), root: Digest([1; 32]) };
        let checkpoint = checkpoint.sign(&ledger_key()).unwrap();
        let proof = ConsistencyProof::from_hashes(vec![Digest([0; 32]), Digest([255; 32])]).unwrap();
        let zeros = format!("{}=", "A".repeat(43));
        let expected = format!("old 3\n{zeros}\n{}\n\n{}", BASE64_STANDARD.encode([255; 32]), checkpoint.note());
        assert_eq!(request_body(&checkpoint, TreeSize(3), &proof), expected);
        let none = ConsistencyProof::from_hashes(Vec::new()).unwrap();
        assert_eq!(request_body(&checkpoint, TreeSize(0), &none), format!("old 0\n\n{}", checkpoint.note()));
    }

    #[test]
    fn paths_are_appended_to_the_address() {
        let key = Cosigner::new(Name::parse("w").unwrap(), &[1; 32]).unwrap().key().clone();
        for (base, expected) in
            [("http://w.example", "http://w.example/add-checkpoint"), ("http://w/x", "http://w/x/add-checkpoint")]
        {
            let url = Url::parse(base).unwrap();
            let witness = ConfiguredWitness { name: "w".into(), key: key.clone(), url, counts: true };
            let client = WitnessClient::new(witness, WitnessTimeouts::default()).unwrap();
            assert_eq!(client.address("add-checkpoint").as_str(), expected);
        }
    }
}
