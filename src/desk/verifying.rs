//! 核验 as a recorded act: whoever holds an original against the chain in a case, and whatever comes of it.

use std::sync::Arc;

use crate::court::acts::{Act, ActKind, Verify};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::Item;
use crate::court::ids::{CaseId, ItemNumber};
use crate::court::values::{Code, StepOutcome};
use crate::court::words::Presented as PresentedWord;
use crate::desk::actor::{Actor, Asked};
use crate::desk::cases::Acted;
use crate::desk::declined::DeskError;
use crate::desk::looking::{Part, same};
use crate::desk::office::Desk;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::verify::report::{Conclusion, Obstacle, Outcome, Report, Reservation, Step, StepResult};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Presented, Question, verify};
use crate::store::contract::ReadLedger;
use crate::store::reading;
use crate::store::reading::{history, receipts};
use crate::wire::receipt;

/// What is held against the chain.
#[derive(Debug, Clone)]
pub struct VerificationAsked {
    /// The file or digest; nothing where only a receipt is held against the chain.
    pub presented: Presented,
    /// A receipt to verify by, where the deposit is another ledger's or the holder brings one.
    pub receipt: Option<Box<Receipt>>,
}

/// A verification on record, with its report.
#[derive(Debug)]
pub struct Verified {
    /// The act.
    pub acted: Acted,
    /// The report.
    pub report: Report,
}

impl Desk {
    /// Verifies an item and records what was found. The item's snapshot is compared too.
    ///
    /// # Errors
    ///
    /// [`DeskError::NotFound`] and those of acting. That the evidence is bad is no error.
    pub async fn verify_item(
        &self,
        actor: &Actor,
        case: CaseId,
        item: ItemNumber,
        asked: &Asked,
        verification: &VerificationAsked,
    ) -> Result<Verified, DeskError> {
        let file = self.case_for(actor, case).await?;
        let (file, looks) = self.compare_items(file, Part::Item(item)).await?;
        let imported = file.items.get(&item).ok_or(DeskError::Refused(Refusal::NoSuchItem(item)))?.clone();
        let deposit = imported.import.deposit;
        let own = imported.import.receipt.is_none();
        let mut asked_for = verification.clone();
        let mut keys = Vec::new();
        if !own {
            keys = self.registry().trusted.get(&file.court).cloned().unwrap_or_default();
            if asked_for.receipt.is_none() {
                asked_for.receipt = Some(Box::new(self.receipt_of(&imported).await?));
            }
        }
        let mut report = self
            .read(move |store| {
                let index = if own { store.find_number(&deposit)? } else { None };
                report_on(store, index, deposit, &asked_for, keys)
            })
            .await?;
        // A paper that does not hold, or is of another deposit, accuses nobody: whoever brings it chose it.
        let of_it =
            !matches!(report.obstacle, Some(Obstacle::BrokenReceipt | Obstacle::UnknownKey | Obstacle::OtherNumber));
        let differs = of_it && report.facts.as_ref().is_some_and(|facts| !same(&imported.import, facts));
        let diverges = differs || looks.get(&item).is_some_and(|look| look.divergence.is_some());
        set_outcome(&mut report, Step::ImportSnapshot, Outcome::of(!diverges));
        if diverges {
            report.conclusion = Conclusion::ChainFault;
            report.obstacle = None;
            report.reservations.clear();
        }
        let found = recorded(item, deposit, verification, &report);
        let acted =
            self.act_inside(actor, case, asked, ActKind::Verify, |_, _, _| Ok(Act::Verify(found.clone()))).await?;
        Ok(Verified { acted, report })
    }

    /// The receipt that came with an item of another ledger.
    async fn receipt_of(&self, item: &Item) -> Result<Receipt, DeskError> {
        let stored = self.stored_receipt(item).await?;
        let stored = stored.ok_or_else(|| DeskError::bad("receipt", "it was erased here: bring it again"))?;
        receipt::parse(stored.as_bytes()).map_err(|error| DeskError::BrokenReceipt(error.to_string()))
    }
}

fn report_on(
    store: &dyn ReadLedger,
    index: Option<LeafIndex>,
    deposit: crate::ledger::number::DepositNumber,
    asked: &VerificationAsked,
    mut keys: Vec<crate::ledger::key::VerifierKey>,
) -> Result<Report, DeskError> {
    let (receipt, known) = match (&asked.receipt, index) {
        (Some(receipt), None) => (Arc::new((**receipt).clone()), None),
        (Some(receipt), Some(index)) => (Arc::new((**receipt).clone()), Some(history::history(store, index)?)),
        (None, Some(index)) => (Arc::new(receipts::receipt(store, index)?), Some(history::history(store, index)?)),
        (None, None) => return Ok(Report::not_found(Some(deposit))),
    };
    keys.extend(reading::genesis(store)?.key().cloned());
    let trust = Trust::new(keys);
    let question = Question {
        number: Some(deposit),
        receipt: &receipt,
        item: None,
        presented: asked.presented,
        history: known.as_ref(),
        trust: &trust,
    };
    let report = verify(&question);
    if asked.receipt.is_some() && report.conclusion == Conclusion::ChainFault {
        // A receipt that somebody brings is a paper, though the ledger was asked beside it.
        return Ok(verify(&Question { history: None, ..question }));
    }
    Ok(report)
}

fn set_outcome(report: &mut Report, step: Step, outcome: Outcome) {
    for result in report.steps.iter_mut().filter(|result| result.step == step) {
        *result = StepResult { step, outcome, values: result.values.clone() };
    }
}

/// What of a verification goes on record.
fn recorded(
    item: ItemNumber,
    deposit: crate::ledger::number::DepositNumber,
    asked: &VerificationAsked,
    report: &Report,
) -> Verify {
    let (presented, size, presented_hash) = match asked.presented {
        Presented::File { measured, .. } => {
            let hashes = [HashAlgorithm::Sm3, HashAlgorithm::Sha256].map(|one| (one, measured.digest(one)));
            (PresentedWord::File, Some(measured.size), hashes.to_vec())
        }
        Presented::Digest { algorithm, value } => (PresentedWord::Digest, None, vec![(algorithm, value)]),
        Presented::Nothing => (PresentedWord::Receipt, None, Vec::new()),
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
        reservation: report.reservations.iter().map(|one: &Reservation| Code(one.code().to_owned())).collect(),
        step: report.steps.iter().map(step).collect(),
    }
}
