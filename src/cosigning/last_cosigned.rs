//! The last checkpoint that each witness has cosigned, read from the store at a start of the node, before any request.
//!
//! The node answers it at `GET /v1/ledger/witnesses`. A witness whose folder was restored from an older copy recognises there a
//! cosignature of its own that it does not know (`witness::rollback`), also while the newest checkpoint is not cosigned yet.
//!
//! # Invariants
//!
//! A line counts only if it verifies. At most `SEARCHED` checkpoints are read, the newest first.

use crate::cosigning::witness_policy::ConfiguredWitness;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteSignature;
use crate::ledger::time::Timestamp;
use crate::query::attested_checkpoint::cosignatures;
use crate::store::traits::{AnnotationReader, ReadError};

/// Most stored checkpoints that are searched: under steady load some three hours of them.
const SEARCHED: usize = 10_000;

/// A checkpoint with the cosignature of one witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastCosigned {
    /// The number of leaves of the checkpoint.
    pub size: TreeSize,
    /// The time of the cosignature, by the witness's clock.
    pub time: Timestamp,
    /// The note with the signatures of the ledger, then the cosignature.
    pub note: String,
}

impl LastCosigned {
    /// `checkpoint` with the verified cosignature `line`.
    #[must_use]
    pub fn new(checkpoint: &SignedCheckpoint, line: &NoteSignature, time: Timestamp) -> Self {
        Self { size: checkpoint.checkpoint().size, time, note: format!("{}{line}\n", checkpoint.note()) }
    }
}

/// The last checkpoint in `store` that each of `witnesses` has cosigned, in their order.
///
/// # Errors
///
/// [`ReadError`].
pub(in crate::cosigning) fn last_cosigned(
    store: &(impl AnnotationReader + ?Sized),
    witnesses: &[ConfiguredWitness],
) -> Result<Vec<Option<LastCosigned>>, ReadError> {
    let mut found = vec![None; witnesses.len()];
    let mut until = TreeSize::MAX;
    for _ in 0..SEARCHED {
        if found.iter().all(Option::is_some) {
            break;
        }
        let Some(size) = store.last_annotated(until)? else { break };
        if let Some(annotated) = store.annotated(size)? {
            let (checkpoint, lines) = (&annotated.checkpoint, cosignatures(&annotated)?);
            for (found, witness) in found.iter_mut().zip(witnesses).filter(|(found, _)| found.is_none()) {
                let verified = lines.iter().find_map(|line| {
                    let cosignature = witness.key.verify(line, checkpoint.note().text()).ok()?;
                    Some(LastCosigned::new(checkpoint, line, cosignature.time))
                });
                *found = verified;
            }
        }
        let Some(before) = size.0.checked_sub(1) else { break };
        until = TreeSize(before);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use reqwest::Url;

    use super::*;
    use crate::ledger::checkpoint::Checkpoint;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::hash::Digest;
    use crate::ledger::key::Name;
    use crate::ledger::testing::{ledger_key, origin};
    use crate::store::traits::{AnnotatedCheckpoint, Annotation, AnnotationKind};

    struct Stored(BTreeMap<TreeSize, AnnotatedCheckpoint>);

    impl AnnotationReader for Stored {
        fn annotated(&self, size: TreeSize) -> Result<Option<AnnotatedCheckpoint>, ReadError> {
            Ok(self.0.get(&size).cloned())
        }

        fn last_annotated(&self, until: TreeSize) -> Result<Option<TreeSize>, ReadError> {
            Ok(self.0.range(..=until).next_back().map(|(size, _)| *size))
        }
    }

    fn witness(n: u8) -> Cosigner {
        Cosigner::new(Name::parse(&format!("w{n}.example")).unwrap(), &[n; 32]).unwrap()
    }

    #[test]
    fn the_last_genuine_cosignature_of_each_witness_is_found() {
        let checkpoint = |size| Checkpoint { origin: origin(), size: TreeSize(size), root: Digest([1; 32]) };
        let at = |size| Timestamp::from_millis(1_795_309_451_000 + size * 1_000).unwrap();
        let line = |n: u8, size| witness(n).cosign(&checkpoint(size), at(size)).to_string();
        let stored = |size, lines: &[String]| {
            let annotation =
                |line: &String| Annotation { kind: AnnotationKind::Cosignature, bytes: line.clone().into() };
            let annotations = lines.iter().map(annotation).collect();
            let checkpoint = checkpoint(size).sign(&ledger_key()).unwrap();
            (TreeSize(size), AnnotatedCheckpoint { checkpoint, annotations })
        };
        // The line of the third witness at 12 is of another checkpoint.
        let store = Stored(BTreeMap::from([
            stored(5, &[line(1, 5), line(2, 5)]),
            stored(9, &[line(2, 9)]),
            stored(12, &[line(3, 11)]),
            stored(15, &[]),
        ]));
        let configured = |n: u8| ConfiguredWitness {
            name: n.to_string(),
            key: witness(n).key().clone(),
            url: Url::parse("https://w.example").unwrap(),
            counts: true,
        };
        let found = last_cosigned(&store, &[1, 2, 3].map(configured)).unwrap();
        let sizes: Vec<_> = found.iter().map(|one| one.as_ref().map(|last| (last.size.0, last.time))).collect();
        assert_eq!(sizes, [Some((5, at(5))), Some((9, at(9))), None]);
        let note = SignedCheckpoint::parse(found[0].as_ref().unwrap().note.as_bytes()).unwrap();
        assert_eq!(note.checkpoint(), &checkpoint(5));
        assert!(note.note().as_str().ends_with(&format!("{}\n", line(1, 5))));
    }
}
