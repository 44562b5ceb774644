//! The checkpoints of witnesses: whether they are of the same history as the operator's, and not stale.
//!
//! Witnesses are asked before the operator, so that an honest operator's checkpoint is never smaller than theirs.

use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::client::comparison::Comparison;
use crate::client::http_log::HttpLogReader;
use crate::client::ledger_client::LedgerClient;
use crate::client::tile_comparison::compare;
use crate::client::transport::ClientError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::cosignature::{CosignerKey, cosignatures};
use crate::ledger::hash::sha256;
use crate::ledger::key::Name;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::policy::{Policy, PolicyWitness};
use crate::monitor::alarm::{Alarm, AlarmKind};
use crate::monitor::checkpoints::{TrustedKeys, altered_tiles, contradiction, raise_rollback, raise_unread};
use crate::monitor::round::Round;
use crate::monitor::state_dir::StateError;

/// The answer of a witness.
pub(in crate::monitor) struct WitnessAnswer {
    witness: PolicyWitness,
    answer: Result<SignedCheckpoint, ClientError>,
}

/// The log of the ledger `origin` at a witness or mirror with this address.
///
/// # Errors
///
/// [`ClientError::BadAddress`].
pub fn client_of(url: &str, origin: &Name) -> Result<LedgerClient, ClientError> {
    Ok(LedgerClient::new(url)?.with_log_at(format!("/{}", sha256(origin.as_str().as_bytes()))))
}

/// Asks all witnesses that have an address for their latest checkpoint.
pub(in crate::monitor) async fn ask(policy: &Policy, origin: &Name) -> Vec<WitnessAnswer> {
    let asked = policy.witnesses().iter().filter_map(|witness| {
        let url = witness.url.clone()?;
        Some(async move {
            let answer = match client_of(&url, origin) {
                Ok(client) => client.checkpoint().await,
                Err(error) => Err(error),
            };
            WitnessAnswer { witness: witness.clone(), answer }
        })
    });
    join_all(asked).await
}

/// The largest size that each witness has cosigned, by the name of its key.
#[derive(Debug, Clone, Default)]
pub(in crate::monitor) struct CosignedSizes(BTreeMap<String, TreeSize>);

impl CosignedSizes {
    fn add(&mut self, key: &CosignerKey, size: TreeSize) {
        let known = self.0.entry(key.name().to_string()).or_insert(size);
        *known = (*known).max(size);
    }

    /// Whether `key` has cosigned a tree of at least `size` leaves.
    pub(in crate::monitor) fn has(&self, key: &CosignerKey, size: TreeSize) -> bool {
        self.0.get(key.name().as_str()).is_some_and(|known| *known >= size)
    }
}

/// The operator's checkpoint and log, with which witnesses are compared.
pub(in crate::monitor) struct Operator<'a> {
    pub(in crate::monitor) reader: &'a HttpLogReader,
    pub(in crate::monitor) checkpoint: &'a SignedCheckpoint,
    pub(in crate::monitor) keys: &'a TrustedKeys,
    pub(in crate::monitor) policy: &'a Policy,
    /// The size that every witness should have cosigned.
    pub(in crate::monitor) due: TreeSize,
}

impl Operator<'_> {
    /// Checks the cosignatures on the operator's checkpoint, and the answers of the witnesses. Blocks the thread.
    pub(in crate::monitor) fn check(
        &self,
        round: &mut Round<'_>,
        answers: &[WitnessAnswer],
    ) -> Result<CosignedSizes, StateError> {
        let mut cosigned = CosignedSizes::default();
        let size = self.checkpoint.checkpoint().size;
        for witness in self.policy.witnesses() {
            match cosignatures(self.checkpoint, [&witness.key]) {
                Ok(found) => found.iter().for_each(|(key, _)| cosigned.add(key, size)),
                Err(error) => {
                    let alarm = Alarm::new(AlarmKind::ForgedCosignature, &witness.name, error.to_string());
                    round.raise(&alarm.with("checkpoint", self.checkpoint.note().as_str()))?;
                }
            }
        }
        for WitnessAnswer { witness, answer } in answers {
            match answer {
                Err(error) => {
                    let alarm = Alarm::new(AlarmKind::WitnessUnreachable, &witness.name, error.to_string());
                    round.raise(&alarm.with_state("").with("answer.txt", format!("{error}\n")))?;
                }
                Ok(shown) => {
                    if self.witness(round, witness, shown)? {
                        cosigned.add(&witness.key, shown.checkpoint().size);
                    }
                }
            }
        }
        self.check_quorum(round, &cosigned)?;
        Ok(cosigned)
    }

    /// Checks the checkpoint that a witness shows. Returns whether it counts as cosigned.
    fn witness(
        &self,
        round: &mut Round<'_>,
        witness: &PolicyWitness,
        shown: &SignedCheckpoint,
    ) -> Result<bool, StateError> {
        let name = &witness.name;
        if let Err(reason) = self.keys.verify(shown) {
            let detail = format!("the witness `{name}` shows a checkpoint that the ledger did not sign: {reason}");
            let alarm = Alarm::new(AlarmKind::BadSignature, name, detail);
            round.raise(&alarm.with("checkpoint", shown.note().as_str()))?;
            return Ok(false);
        }
        let found = match cosignatures(shown, [&witness.key]) {
            Ok(found) if !found.is_empty() => found,
            other => {
                let detail = other.err().map_or_else(|| "it did not cosign it".to_owned(), |error| error.to_string());
                let alarm = Alarm::new(AlarmKind::ForgedCosignature, name, detail);
                round.raise(&alarm.with("checkpoint", shown.note().as_str()))?;
                return Ok(false);
            }
        };
        let (size, own) = (shown.checkpoint().size, self.checkpoint.checkpoint().size);
        if size > own {
            raise_rollback(round, name, shown, self.checkpoint)?;
            return Ok(false);
        }
        match compare(self.reader, shown, self.checkpoint) {
            Ok(Comparison::Consistent) => {}
            Ok(Comparison::NotProven) => return round.raise(&altered_tiles(self.checkpoint)).map(|()| false),
            Ok(contradicts @ Comparison::Contradiction(_)) => {
                let detail = format!("the ledger's key signed another tree of {size} leaves for the witness `{name}`");
                if let Some(alarm) = contradiction(AlarmKind::WitnessContradicts, name, &contradicts, &detail) {
                    round.raise(&alarm)?;
                }
                return Ok(false);
            }
            Err(error) => return raise_unread(round, self.reader, &error).map(|()| false),
        }
        if size < self.due {
            let time = found.first().map(|(_, cosignature)| cosignature.time.to_string()).unwrap_or_default();
            let detail = format!("size {size}, cosigned at {time}; the operator's is {own}, and {} are due", self.due);
            let alarm = Alarm::new(AlarmKind::WitnessBehind, name, detail).with_state(size.to_string());
            let alarm = alarm.with("witness.checkpoint", shown.note().as_str());
            round.raise(&alarm.with("operator.checkpoint", self.checkpoint.note().as_str()))?;
        }
        Ok(true)
    }

    /// Checks whether a quorum of witnesses has cosigned the size that is due.
    fn check_quorum(&self, round: &mut Round<'_>, cosigned: &CosignedSizes) -> Result<(), StateError> {
        if self.due.is_empty() || self.policy.is_reached(&|key| cosigned.has(key, self.due)) {
            return Ok(());
        }
        let count = self.policy.counted_witnesses().filter(|witness| cosigned.has(&witness.key, self.due)).count();
        let (of, required) = (self.policy.counted_witnesses().count(), self.policy.required());
        let detail = format!("{count} of {of} witnesses cosigned {} leaves in time, {required} are required", self.due);
        let alarm = Alarm::new(AlarmKind::QuorumLate, "", detail).with_state(format!("{count} of {of}"));
        round.raise(&alarm.with("checkpoint", self.checkpoint.note().as_str()))
    }
}
