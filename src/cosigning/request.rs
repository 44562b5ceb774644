//! Asks one witness for its cosignature on one checkpoint, and compares the checkpoint that it has instead with the ledger.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;

use crate::cosigning::witness_answer::WitnessError;
use crate::cosigning::witness_client::WitnessClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::key::VerifierKey;
use crate::ledger::merkle::proof::ConsistencyProof;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::ledger::verify::attestation::Cosignature;
use crate::query::blocking::BlockingError;
use crate::query::service::QueryService;
use crate::query::{proofs, records};
use crate::store::traits::{LedgerReader, ReadError};

/// The outcome of a request.
#[derive(Debug)]
pub(in crate::cosigning) enum Outcome {
    /// The witness has cosigned.
    Cosigned(NoteSignature, Cosignature),
    /// It has not.
    Failed(WitnessError),
    /// This node could not read its own ledger.
    Unreadable(String),
    /// The witness has a checkpoint that is signed with this ledger's key and is not of this ledger's history.
    Foreign(Box<SignedCheckpoint>),
}

/// The result of a request.
#[derive(Debug)]
pub(in crate::cosigning) struct RequestResult {
    /// The outcome.
    pub(in crate::cosigning) outcome: Outcome,
    /// The size of the witness's checkpoint afterwards, if it is known.
    pub(in crate::cosigning) known: Option<TreeSize>,
    /// Whether it has cosigned a checkpoint that only the current ledger key had signed: it has followed the last rotation.
    pub(in crate::cosigning) follows: bool,
}

/// Why no proof was read.
#[derive(Debug, thiserror::Error)]
enum OwnError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Thread(#[from] BlockingError),
}

impl From<OwnError> for Outcome {
    fn from(error: OwnError) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The result of `request`. A panic counts as a request that this node could not make, so that the request is repeated.
pub(in crate::cosigning) async fn catching_panic(request: impl Future<Output = RequestResult>) -> RequestResult {
    let end = AssertUnwindSafe(request).catch_unwind().await;
    end.unwrap_or_else(|_| RequestResult {
        outcome: Outcome::Unreadable("the request panicked".to_owned()),
        known: None,
        follows: false,
    })
}

/// The dependencies of a request.
#[derive(Clone)]
pub(in crate::cosigning) struct Requester {
    pub(in crate::cosigning) queries: Arc<QueryService>,
    /// The keys of this ledger.
    pub(in crate::cosigning) keys: Arc<[VerifierKey]>,
}

impl Requester {
    /// Asks `client` for a cosignature on `checkpoint`, which is published. `known` is the assumed size of the witness; if it has
    /// another one, the request is sent a second time.
    ///
    /// After a rotation, two keys sign. The witness gets the checkpoint with the current key's signature alone first: only this
    /// shows that it knows the key. If it does not accept that, it gets both signatures.
    pub(in crate::cosigning) async fn ask(
        self,
        client: Arc<WitnessClient>,
        checkpoint: Arc<SignedCheckpoint>,
        known: TreeSize,
    ) -> RequestResult {
        let current = self.keys.get(..1).unwrap_or_default();
        let Ok(alone) = checkpoint.with_signatures_of(current) else {
            let (outcome, known) = self.submit(&client, &checkpoint, known).await;
            return RequestResult { outcome, known, follows: false };
        };
        let (outcome, theirs) = self.submit(&client, &alone, known).await;
        if matches!(&outcome, Outcome::Failed(WitnessError::Refused { status: 403, .. }))
            && checkpoint.note().signatures().len() > alone.note().signatures().len()
        {
            let (outcome, known) = self.submit(&client, &checkpoint, known).await;
            return RequestResult { outcome, known, follows: false };
        }
        let follows = matches!(&outcome, Outcome::Cosigned(..));
        RequestResult { outcome, known: theirs, follows }
    }

    /// Submits `checkpoint` as it is.
    async fn submit(
        &self,
        client: &WitnessClient,
        checkpoint: &SignedCheckpoint,
        known: TreeSize,
    ) -> (Outcome, Option<TreeSize>) {
        let size = checkpoint.checkpoint().size;
        let mut old = known.min(size);
        for may_retry in [true, false] {
            let proof = match self.consistency(old, size).await {
                Ok(proof) => proof,
                Err(error) => return (error.into(), None),
            };
            match client.add_checkpoint(checkpoint, old, &proof).await {
                Ok((line, cosignature)) => return (Outcome::Cosigned(line, cosignature), Some(size)),
                Err(WitnessError::Conflict(theirs)) if theirs <= size && theirs != old && may_retry => old = theirs,
                Err(WitnessError::Conflict(theirs)) if theirs > size => {
                    return self.examine_size(client, theirs).await;
                }
                Err(error @ WitnessError::Inconsistent(_)) => return (self.examine(client, error).await, None),
                Err(error) => return (Outcome::Failed(error), None),
            }
        }
        (Outcome::Failed(WitnessError::Conflict(old)), Some(old))
    }

    /// The outcome if the witness answers that it has a later checkpoint, of `theirs` leaves: [`WitnessError::Ahead`] if this
    /// node has published that size since.
    async fn examine_size(&self, client: &WitnessClient, theirs: TreeSize) -> (Outcome, Option<TreeSize>) {
        match self.examine(client, WitnessError::Conflict(theirs)).await {
            Outcome::Failed(_) if self.queries.reader().published().is_some_and(|own| theirs <= own.size()) => {
                (Outcome::Failed(WitnessError::Ahead(theirs)), Some(theirs))
            }
            outcome => (outcome, None),
        }
    }

    async fn consistency(&self, old: TreeSize, new: TreeSize) -> Result<ConsistencyProof, OwnError> {
        if old.is_empty() || old == new {
            // RFC 6962 has no proof from the empty tree, and the proof from a tree to itself is empty.
            return Ok(ConsistencyProof::default());
        }
        self.queries.read(move |reader| Ok(proofs::consistency(reader, old, new)?)).await
    }

    /// Compares the witness's checkpoint with the ledger, after an answer that says that it has another one. An answer proves
    /// nothing; only a checkpoint that this ledger's key has signed counts.
    async fn examine(&self, client: &WitnessClient, error: WitnessError) -> Outcome {
        let Some(origin) = self.keys.first().map(VerifierKey::name) else { return Outcome::Failed(error) };
        let theirs = match client.latest_checkpoint(origin).await {
            Ok(Some(theirs)) if theirs.verified_by(&self.keys).is_ok() => theirs,
            Ok(_) | Err(_) => return Outcome::Failed(error),
        };
        let compared = theirs.clone();
        // Read after the witness's answer: this node publishes a checkpoint before it sends it.
        let is_own = self.queries.read(move |reader| Ok::<_, OwnError>(is_of_history(reader, &compared)?)).await;
        match is_own {
            Ok(true) => Outcome::Failed(error),
            Ok(false) => Outcome::Foreign(Box::new(theirs)),
            Err(error) => error.into(),
        }
    }
}

/// Whether `checkpoint` is the published tree or an earlier state of it.
///
/// # Errors
///
/// [`ReadError`].
pub(in crate::cosigning) fn is_of_history<R: LedgerReader + ?Sized>(
    reader: &R,
    checkpoint: &SignedCheckpoint,
) -> Result<bool, ReadError> {
    let theirs = checkpoint.checkpoint();
    let size = records::published(reader)?.size();
    Ok(theirs.size.is_empty() || theirs.size <= size && proofs::root(reader, theirs.size)? == theirs.root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_that_panics_ends_as_one_that_was_not_made() {
        let end = catching_panic(async { panic!("a fault of the program") }).await;
        assert!(matches!(end.outcome, Outcome::Unreadable(_)) && end.known.is_none() && !end.follows);
    }
}
