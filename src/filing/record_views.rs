//! Views of the records of a case: hearings, transcripts, mediation agreements and their confirmation rounds.
//!
//! # Invariants
//!
//! As in `case_views`: no text is returned before the access record is on the chain. A transcript of a deliberation is in the view of
//! the panel only, and papers of a mediation in that of the parties, the court and the mediators.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::court::acts::Act;
use crate::court::case::documents::Viewer;
use crate::court::case::mediation;
use crate::court::case::session_records::{Paper, SessionRecords, StepKind};
use crate::court::case::state::{CaseFile, Text};
use crate::court::ids::{AgreementNumber, AnnexId, CaseId};
use crate::court::signer::Signer;
use crate::court::words::AccessedContent;
use crate::filing::access::AccessTarget;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::text;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::TimeCheck;
use crate::ledger::verify::attestation_trust::AttestationTrust;
use crate::query::{attested_checkpoint, records};
use crate::store::traits::{LedgerReader, ReadError};

/// The records of a case as an actor sees them.
#[derive(Debug, Clone)]
pub struct RecordsView {
    /// The case, without the papers that the actor may not see.
    pub file: Arc<CaseFile>,
    /// Their texts; `None` for an erased one.
    pub texts: HashMap<AnnexId, Option<String>>,
    /// The times of the act since which an agreement is in force, of each that is.
    pub moments: BTreeMap<AgreementNumber, ActTimes>,
    /// The access record.
    pub access: RecordedAct,
}

/// The times of an act, by the three clocks that say one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActTimes {
    /// 交易提交时间, by the clock of the node.
    pub submitted: Timestamp,
    /// 区块生成时间, likewise.
    pub block_generated: Timestamp,
    /// 可信时间: what the authorities that the node trusts attest of the smallest timestamped checkpoint that covers the act.
    pub trusted: TimeCheck,
}

/// The times of the act at `index`.
fn times_of(store: &dyn LedgerReader, index: LeafIndex, trust: &AttestationTrust) -> Result<ActTimes, ReadError> {
    let header = records::sealing_block(store, index)?;
    let covering = attested_checkpoint::of_block(store, header.index().size_after())?;
    Ok(ActTimes {
        submitted: records::entry(store, index)?.received,
        block_generated: header.time,
        trusted: trust.time_of(&covering.checkpoint, &covering.time_tokens),
    })
}

/// The positions of the acts since which agreements are in force.
fn moments_of(file: &CaseFile) -> Vec<(AgreementNumber, LeafIndex)> {
    let agreements = file.records.agreements.iter();
    agreements.filter_map(|(number, one)| Some((*number, mediation::in_force(file, one)?.position.index))).collect()
}

/// The records without the papers that this viewer may not see.
fn seen(file: &CaseFile, viewer: &Viewer) -> SessionRecords {
    let records = &file.records;
    let is_seen = |paper: Paper| file.may_see_paper(viewer, paper);
    let mut seen = records.clone();
    seen.transcripts.retain(|number, _| is_seen(Paper::Transcript(*number)));
    seen.agreements.retain(|number, _| is_seen(Paper::Agreement(*number)));
    let rounds = records.rounds.iter().filter(|(_, round)| is_seen(round.paper));
    seen.rounds = rounds.map(|(number, round)| (*number, round.clone())).collect();
    seen
}

/// The private texts of the records.
fn texts_of(file: &CaseFile) -> Vec<Text> {
    let records = &file.records;
    let mut texts: Vec<Text> = file.parties.values().map(|party| party.name).collect();
    texts.extend(file.agents.values().filter_map(|agent| agent.name));
    let ended = records.agreements.values().filter_map(|agreement| agreement.ended).chain(records.mediation.ended);
    texts.extend(ended.filter_map(|(_, _, note)| note));
    for correction in records.transcripts.values().flat_map(|transcript| &transcript.corrections) {
        texts.extend([correction.place, correction.wording]);
        texts.extend(correction.decision.and_then(|(_, _, reason)| reason));
    }
    for round in records.rounds.values() {
        for person in &round.people {
            if let Signer::Other(_, annex) = person.signer {
                texts.push(Text { annex, index: round.opened.position.index });
            }
            texts.extend(person.steps.iter().filter_map(|step| match step.kind {
                StepKind::Refused(reason) => reason,
                _ => None,
            }));
        }
    }
    texts
}

/// The paper that an act is about.
fn paper_of(file: &CaseFile, act: &Act) -> Option<Paper> {
    let of_round = |number| file.records.rounds.get(&number).map(|round| round.paper);
    match act {
        Act::OpenTranscript(act) => Some(Paper::Transcript(act.transcript)),
        Act::AddTranscriptVersion(act) => Some(Paper::Transcript(act.transcript)),
        Act::RequestCorrection(act) => Some(Paper::Transcript(act.transcript)),
        Act::DecideCorrection(act) => Some(Paper::Transcript(act.transcript)),
        Act::FinaliseTranscript(act) => Some(Paper::Transcript(act.transcript)),
        Act::OpenRound(act) => match (act.transcript, act.agreement) {
            (Some(number), _) => Some(Paper::Transcript(number)),
            (None, agreement) => agreement.map(Paper::Agreement),
        },
        Act::Confirm(act) => of_round(act.round),
        Act::WithdrawConfirmation(act) => of_round(act.round),
        Act::RecordRefusal(act) => of_round(act.round),
        Act::DraftAgreement(act) => Some(Paper::Agreement(act.agreement)),
        Act::AgreeSigning(act) => Some(Paper::Agreement(act.agreement)),
        Act::ApplyWayOut(act) => Some(Paper::Agreement(act.agreement)),
        Act::IssueMediationDocument(act) => Some(Paper::Agreement(act.agreement)),
        _ => None,
    }
}

impl Actor {
    /// Whether the actor may see an act of a case that it may see. Acts on the transcript of a deliberation are seen by the panel, those
    /// on papers of a mediation by the parties, the court and the mediators.
    #[must_use]
    pub fn can_see_act(&self, file: &CaseFile, act: &Act) -> bool {
        let Some(paper) = paper_of(file, act) else { return true };
        file.may_see_paper(&self.viewer(file), paper)
    }

    /// The actor as a viewer of a case that it may see.
    #[must_use]
    pub fn viewer(&self, file: &CaseFile) -> Viewer {
        Viewer::of(file, self.id, &self.capacities(file))
    }
}

impl FilingService {
    /// The records of a case. Records the access.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`]: no such case, or no access to it. Those of [`Self::record_access`]; then nothing is shown.
    pub async fn view_records(&self, actor: &Actor, case: CaseId) -> Result<RecordsView, FilingError> {
        let file = self.case_for(actor, case).await?;
        let capacity = actor.capacities(&file).first().copied().ok_or(FilingError::NotFound)?;
        let target = AccessTarget::Case(case, AccessedContent::CaseFile, None);
        let access = self.record_access(actor, capacity, target).await?;
        let mut shown = (*file).clone();
        shown.records = seen(&file, &actor.viewer(&file));
        let file = Arc::new(shown);
        let (query, trust) = (Arc::clone(&file), Arc::clone(self.attestation_trust()));
        let (texts, moments) = self
            .read(move |store| {
                let mut texts = HashMap::new();
                for one in texts_of(&query) {
                    texts.insert(one.annex, text(store, &one)?);
                }
                let mut moments = BTreeMap::new();
                for (number, index) in moments_of(&query) {
                    moments.insert(number, times_of(store, index, &trust)?);
                }
                Ok((texts, moments))
            })
            .await?;
        Ok(RecordsView { file, texts, moments, access })
    }
}
