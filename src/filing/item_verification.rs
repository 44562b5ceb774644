//! Verification of an item of evidence (核验), recorded as an act of the case whatever its result.

use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Verify};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{CaseFile, Item};
use crate::court::ids::{CaseId, ItemNumber};
use crate::court::values::{Code, StepOutcome};
use crate::court::words::Presented as PresentedWord;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::case_views::{ViewScope, facts_match};
use crate::filing::cases::ActOutcome;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::filing::streams::text;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::verify::attestation_trust::AttestationTrust;
use crate::ledger::verify::report::{
    ComparisonKind, Conclusion, Obstacle, Outcome, Report, Reservation, SkipReason, Step, StepResult,
};
use crate::ledger::verify::trust::{KeySource, Trust};
use crate::ledger::verify::verifier::{PresentedEvidence, Question, RecordSource, verify};
use crate::query::records;
use crate::query::{history, key_history, receipts};
use crate::store::traits::{DepositPlace, LedgerReader};
use crate::wire::receipt;

/// The evidence that is compared with the chain.
#[derive(Debug, Clone)]
pub struct VerificationCommand {
    /// The file or digest; nothing if only a receipt is presented.
    pub presented: PresentedEvidence,
    /// The receipt to verify with, for a deposit of another ledger or if the actor presents one.
    pub receipt: Option<Box<Receipt>>,
}

/// A recorded verification, with its report.
#[derive(Debug)]
pub struct VerificationOutcome {
    /// The act.
    pub outcome: ActOutcome,
    /// The report.
    pub report: Report,
}

impl FilingService {
    /// Verifies an item, also against its snapshot, and records the result.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] and those of [`Self::act`]. A mismatch is a result, not an error.
    pub async fn verify_item(
        &self,
        actor: &Actor,
        case: CaseId,
        item: ItemNumber,
        context: &RequestContext,
        verification: &VerificationCommand,
    ) -> Result<VerificationOutcome, FilingError> {
        let file = self.case_for(actor, case).await?;
        let (file, views) = self.compare_items(file, ViewScope::Item(item)).await?;
        let imported = file.items.get(&item).ok_or(FilingError::Refused(Refusal::NoSuchItem(item)))?.clone();
        let deposit = imported.import.deposit;
        let own = imported.import.receipt.is_none();
        let mut command = verification.clone();
        let mut keys = Vec::new();
        if !own {
            keys = self.registry().trusted.get(&file.court).cloned().unwrap_or_default();
            if command.receipt.is_none() {
                command.receipt = Some(Box::new(self.receipt_of(&imported).await?));
            }
        }
        let about = ItemContext {
            deposit,
            own,
            keys,
            tx_id: imported.import.tx_id,
            platform: self.platform.verifier().clone(),
            attesters: Arc::clone(self.attestation_trust()),
        };
        let mut report = self
            .read(move |store| {
                let found = if own { records::find(store, deposit)? } else { None };
                verify_command(store, found, &about, &command)
            })
            .await?;
        // A receipt that is invalid or of another deposit is the actor's choice and no evidence of a divergence.
        let is_of_item =
            !matches!(report.obstacle, Some(Obstacle::BrokenReceipt | Obstacle::UnknownKey | Obstacle::OtherNumber));
        let facts = report.facts.as_ref().filter(|_| is_of_item);
        let differs = facts.map(|facts| !facts_match(&imported.import, facts));
        let diverges = differs == Some(true) || views.get(&item).is_some_and(|view| view.divergence.is_some());
        let step = Step::ImportSnapshot;
        report.set(&match (own, differs) {
            (true, _) => StepResult::of(step, Outcome::of(!diverges), ComparisonKind::ImportWithLedger, Vec::new()),
            (false, Some(_)) => {
                StepResult::of(step, Outcome::of(!diverges), ComparisonKind::ImportWithReceipt, Vec::new())
            }
            (false, None) => StepResult::not_performed(step, SkipReason::NoRecord),
        });
        if diverges {
            report.conclusion = Conclusion::ChainFault;
            report.obstacle = None;
            report.reservations.clear();
        }
        let found = verify_act(item, deposit, verification, &report);
        let outcome = self
            .act_with_access(actor, case, context, ActKind::Verify, |_, _, _| Ok(Act::Verify(found.clone())))
            .await?;
        Ok(VerificationOutcome { outcome, report })
    }

    /// 来源, as the importer of an item states it; `None` also once it is erased. The verification that is recorded before is the
    /// record of this access.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub async fn source_of(&self, file: &CaseFile, item: ItemNumber) -> Result<Option<String>, FilingError> {
        let source = file.items.get(&item).and_then(|item| item.details.source);
        self.read(move |store| Ok(source.map(|source| text(store, &source)).transpose()?.flatten())).await
    }

    /// The receipt that was imported with an item of another ledger.
    async fn receipt_of(&self, item: &Item) -> Result<Receipt, FilingError> {
        let stored = self.stored_receipt(item).await?;
        let stored = stored.ok_or_else(|| {
            FilingError::bad(
                "receipt",
                "the stored receipt was erased: present it again",
                "平台留存的回执已删除，请重新提交回执",
            )
        })?;
        receipt::parse(stored.as_bytes()).map_err(|error| FilingError::BrokenReceipt(error.to_string()))
    }
}

/// The data about an item that its verification needs.
struct ItemContext {
    deposit: DepositNumber,
    /// Whether this node's ledger holds the deposit.
    own: bool,
    /// The court's list of ledger keys, for another ledger's deposit.
    keys: Vec<VerifierKey>,
    /// The imported 交易id.
    tx_id: Digest,
    /// The key with which this platform signs on behalf of accounts.
    platform: VerifierKey,
    /// The node's policy and timestamp authorities.
    attesters: Arc<AttestationTrust>,
}

fn verify_command(
    store: &dyn LedgerReader,
    found: Option<(DepositPlace, Vec<u8>)>,
    about: &ItemContext,
    command: &VerificationCommand,
) -> Result<Report, FilingError> {
    let known = match &found {
        Some((place, bytes)) => Some(history::history(store, *place, &records::entry_of(place.index, bytes)?)?),
        None => None,
    };
    let (receipt, source) = match (&command.receipt, found) {
        (Some(receipt), _) => (Arc::new((**receipt).clone()), RecordSource::Receipt),
        (None, Some((place, bytes))) => (Arc::new(receipts::receipt_of(store, place, bytes)?), RecordSource::OwnLedger),
        (None, None) => {
            let mut report = Report::not_found(Some(about.deposit));
            report.set(&StepResult::not_applicable(Step::NumberCheck, SkipReason::NumberFromCase));
            return Ok(report);
        }
    };
    let trust = if about.own {
        Trust::default().with_history(key_history::key_history(store)?).from_source(KeySource::OwnNode)
    } else {
        Trust::new(about.keys.clone()).from_source(KeySource::CourtList)
    };
    let attested = about.attesters.evaluate(&receipt);
    Ok(verify(&Question {
        attestations: attested.attestations(),
        number: Some(about.deposit),
        number_entered: false,
        source,
        presented: command.presented,
        history: known.as_ref(),
        without_history: if about.own { SkipReason::NoRecord } else { SkipReason::ForeignLedger },
        stated_tx_id: Some(about.tx_id),
        platform: about.own.then_some(&about.platform),
        ..Question::about(&receipt, &trust)
    }))
}

/// The act that records a verification.
fn verify_act(item: ItemNumber, deposit: DepositNumber, command: &VerificationCommand, report: &Report) -> Verify {
    let (presented, size, presented_hash) = match command.presented {
        PresentedEvidence::File { measured, .. } => {
            let hashes = [HashAlgorithm::Sm3, HashAlgorithm::Sha256].map(|one| (one, measured.digest(one)));
            (PresentedWord::File, Some(measured.size), hashes.to_vec())
        }
        PresentedEvidence::Digest { algorithm, value } => (PresentedWord::Digest, None, vec![(algorithm, value)]),
        PresentedEvidence::Nothing => (PresentedWord::Receipt, None, Vec::new()),
    };
    let step = |result: &StepResult| StepOutcome {
        step: result.step.code().to_owned(),
        outcome: result.outcome.code().to_owned(),
    };
    Verify {
        item,
        deposit,
        presented,
        size,
        presented_hash,
        conclusion: Code(report.conclusion.code().to_owned()),
        obstacle: report.obstacle.as_ref().map(|one| Code(one.code().to_owned())),
        reservation: report.reservations.iter().map(|one: &Reservation| Code(one.code().to_owned())).collect(),
        step: report.steps.iter().map(step).collect(),
    }
}
