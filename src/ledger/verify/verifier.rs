//! Holds a file against a record and concludes.
//!
//! The order of judgment: could we look at all; does the chain's own data hold; does the file agree; what is lacking.
//! An `unable` or a `chain_fault` always outranks an agreement: a digest equal to a forged record proves nothing.
//!
//! With an item of a manifest in question, the file is held against the item's digests, and the item against the
//! manifest of the statement. A claim of an item is always a paper: one that does not hold accuses nobody.

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::manifest::claim::ItemClaim;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::{Comparison, Content, FileDigests, Form, HashAlgorithm};
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::{ClaimStatus, History, Listed};
use crate::ledger::verify::record::{RecordCheck, RecordContext};
use crate::ledger::verify::report::{
    ComparisonKind, Conclusion, HISTORY, INCOMPLETE, LedgerFault, Obstacle, Outcome, Report, Reservation, SkipReason,
    Step, StepResult,
};
use crate::ledger::verify::trust::Trust;

/// What is held against the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedEvidence {
    /// Nothing: a look-up.
    Nothing,
    /// A file, measured by whoever asks (salt first, where the record is salted and the salt is known).
    File {
        /// Its size and digests.
        measured: FileDigests,
        /// Whether the digests were made with the salt before the file.
        salted: bool,
    },
    /// A digest without its file: never more than a look-up.
    Digest {
        /// Of this algorithm.
        algorithm: HashAlgorithm,
        /// The digest.
        value: Digest,
    },
}

/// Where the record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordSource {
    /// A receipt that somebody has in hand. One that does not hold accuses nobody: whoever has it may have changed it.
    #[default]
    Receipt,
    /// A node that was asked for it, by number or by digest.
    Node,
    /// The verifying node's own ledger.
    OwnLedger,
}

/// A question to the verifier.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The number asked for, if any.
    pub number: Option<DepositNumber>,
    /// Whether a person entered that number. The number of a case's item was not.
    pub number_entered: bool,
    /// The record.
    pub receipt: &'a Receipt,
    /// Where it comes from.
    pub source: RecordSource,
    /// The item of its manifest that is asked about, if one is.
    pub item: Option<&'a ItemClaim>,
    /// What is held against it.
    pub presented: PresentedEvidence,
    /// What the ledger says of later and earlier deposits; `None` where it was not asked.
    pub history: Option<&'a History>,
    /// Why there is no history.
    pub without_history: SkipReason,
    /// How the ledger that a node shows contradicts the record. Counts only where the record itself holds.
    pub fault: Option<LedgerFault>,
    /// A transaction id that was stated elsewhere, as in the import of a case's item.
    pub stated_tx_id: Option<Digest>,
    /// The key by which the platform signs for accounts, where it is known.
    pub platform: Option<&'a VerifierKey>,
    /// What the user pinned.
    pub trust: &'a Trust,
}

impl<'a> Question<'a> {
    /// A question about a receipt in hand, offline, with nothing presented.
    #[must_use]
    pub const fn about(receipt: &'a Receipt, trust: &'a Trust) -> Self {
        Self {
            number: None,
            number_entered: true,
            receipt,
            source: RecordSource::Receipt,
            item: None,
            presented: PresentedEvidence::Nothing,
            history: None,
            without_history: SkipReason::Offline,
            fault: None,
            stated_tx_id: None,
            platform: None,
            trust,
        }
    }
}

/// Answers the question.
#[must_use]
pub fn verify(question: &Question<'_>) -> Report {
    let Question { trust, stated_tx_id, platform, .. } = *question;
    let record = RecordCheck::run(question.receipt, RecordContext { trust, stated_tx_id, platform });
    let found = record.entry.as_ref().map(|entry| entry.number);
    let item = question.item.map(|claim| HeldItem::of(claim, record.entry.as_ref()));
    let content = match &item {
        Some(item) => item.content,
        None => record.entry.as_ref().and_then(|entry| entry.statement.statement().content),
    };
    let is_other_number = question.number.zip(found).is_some_and(|(asked, found)| asked != found);
    let comparison = match &item {
        _ if record.entry.is_none() => ComparisonResult {
            outcome: Outcome::NotPerformed(SkipReason::DamagedReceipt),
            leads_to: Err(Obstacle::BrokenReceipt),
        },
        Some(HeldItem { content: None, .. }) => {
            ComparisonResult { outcome: Outcome::Failed, leads_to: Err(Obstacle::BrokenReceipt) }
        }
        _ => compare(content, question.presented),
    };
    let mut steps = vec![
        number_check(question, found),
        record_exists(question, found),
        original_digest(question.presented, content, item.as_ref(), &comparison),
        StepResult::not_performed(Step::Witnesses, SkipReason::NoWitnesses),
        StepResult::not_performed(Step::TimeToken, time_token(question.receipt)),
        later_links(question),
        earlier_deposits(question),
        StepResult::not_applicable(Step::ImportSnapshot, SkipReason::NotACaseItem),
        StepResult::not_performed(Step::Sheets, sheets(record.entry.as_ref())),
    ];
    steps.extend(record.steps);
    steps.sort_by_key(|result| result.step);
    if let Some(HeldItem { content: Some(content), .. }) = item {
        let values = content.digests().map(|(algorithm, _)| ("algorithm", algorithm.to_string())).collect();
        let own = StepResult::of(Step::Algorithms, Outcome::Passed, ComparisonKind::AlgorithmsWithAllowed, values);
        steps.iter_mut().filter(|result| result.step == Step::Algorithms).for_each(|result| *result = own.clone());
    }
    let reservations = reservations(question, record.entry.as_ref());
    let judged = Judged { steps: &steps, is_other_number, is_damaged: record.is_damaged, source: question.source };
    let (mut conclusion, mut obstacle) = conclude(&judged, &comparison, reservations.is_empty());
    // Only a record that holds can contradict the ledger that a node shows.
    let holds = !is_other_number && judged.chain_holds();
    let fault = question.fault.filter(|_| holds);
    if fault.is_some() {
        (conclusion, obstacle) = (Conclusion::ChainFault, None);
        let shown =
            StepResult::of(Step::RecordExists, Outcome::Failed, ComparisonKind::NumberWithRecord, numbers(found));
        steps.iter_mut().filter(|result| result.step == Step::RecordExists).for_each(|result| *result = shown.clone());
    }
    let reservations = if conclusion == Conclusion::ConsistentWithReservation { reservations } else { Vec::new() };
    let number = question.number.or(found);
    Report { number, steps, conclusion, reservations, obstacle, fault, facts: record.facts }
}

fn numbers(found: Option<DepositNumber>) -> Vec<(&'static str, String)> {
    found.iter().map(|number| ("deposit_number", number.to_string())).collect()
}

/// The check characters are recomputed where a person entered a number. Those of the record's own number follow from the
/// record: to recompute them would compare it with itself.
fn number_check(question: &Question<'_>, found: Option<DepositNumber>) -> StepResult {
    let step = Step::NumberCheck;
    match question.number {
        Some(number) if question.number_entered => {
            StepResult::of(step, Outcome::Passed, ComparisonKind::EnteredNumber, numbers(Some(number)))
        }
        Some(_) => StepResult::not_applicable(step, SkipReason::NumberFromCase),
        None if found.is_none() => StepResult::not_performed(step, SkipReason::DamagedReceipt),
        None => StepResult::not_applicable(step, SkipReason::NoNumberEntered),
    }
}

fn record_exists(question: &Question<'_>, found: Option<DepositNumber>) -> StepResult {
    let step = Step::RecordExists;
    let Some(number) = found else { return StepResult::not_performed(step, SkipReason::DamagedReceipt) };
    let values = numbers(found);
    match (question.number, question.source) {
        (Some(asked), _) => {
            StepResult::of(step, Outcome::of(asked == number), ComparisonKind::NumberWithRecord, values)
        }
        (None, RecordSource::Receipt) => {
            StepResult::of(step, Outcome::Checked, ComparisonKind::ReceiptHoldsRecord, values)
        }
        (None, RecordSource::Node | RecordSource::OwnLedger) => {
            StepResult::of(step, Outcome::Checked, ComparisonKind::NodeHoldsRecord, values)
        }
    }
}

fn original_digest(
    presented: PresentedEvidence,
    content: Option<Content>,
    item: Option<&HeldItem>,
    comparison: &ComparisonResult,
) -> StepResult {
    let mut values = if comparison.leads_to.is_ok() { compared(content, presented) } else { Vec::new() };
    values.extend(item.iter().flat_map(|item| item.values.clone()));
    let kind = match (presented, item) {
        (_, Some(HeldItem { content: None, .. })) => ComparisonKind::ItemWithManifest,
        (PresentedEvidence::Digest { .. }, _) => ComparisonKind::DigestWithRecord,
        (_, Some(_)) => ComparisonKind::FileWithItem,
        (_, None) => ComparisonKind::FileWithRecord,
    };
    // A digest that equals the recorded one was compared, although no original was.
    let was_compared = comparison.outcome.reason().is_none() || values.iter().any(|(name, _)| *name == "digest");
    let compared = was_compared.then_some(kind);
    StepResult { step: Step::OriginalDigest, outcome: comparison.outcome, compared, values }
}

/// What later deposits say of this one. An answer is a finding, never "passed": nobody knows what a node conceals.
fn later_links(question: &Question<'_>) -> StepResult {
    let step = Step::LaterLinks;
    let Some(history) = question.history else { return StepResult::not_performed(step, question.without_history) };
    let links = history.owner_links.items.iter().chain(&history.references.items);
    let mut values: Vec<_> =
        links.map(|link| (claim_name(link.kind.word(), link.status), link.number.to_string())).collect();
    values.extend(total("references", &history.references));
    if !history.owner_links_are_known() {
        values.push((HISTORY, INCOMPLETE.into()));
    }
    let compared = match question.source {
        RecordSource::OwnLedger => ComparisonKind::LinksOfOwnLedger,
        RecordSource::Receipt | RecordSource::Node => ComparisonKind::LinksOfNode,
    };
    StepResult::of(step, Outcome::Checked, compared, values)
}

/// Earlier deposits of the same digest, likewise.
fn earlier_deposits(question: &Question<'_>) -> StepResult {
    let step = Step::EarlierDeposits;
    let Some(history) = question.history else { return StepResult::not_performed(step, question.without_history) };
    let deposits = history.earlier.items.iter();
    let mut values: Vec<_> =
        deposits.map(|one| (claim_name("deposit_number", one.status), one.number.to_string())).collect();
    values.extend(total("earlier", &history.earlier));
    if !history.earlier_deposits_are_known() {
        values.push((HISTORY, INCOMPLETE.into()));
    }
    let compared = match question.source {
        RecordSource::OwnLedger => ComparisonKind::EarlierOfOwnLedger,
        RecordSource::Receipt | RecordSource::Node => ComparisonKind::EarlierOfNode,
    };
    StepResult::of(step, Outcome::Checked, compared, values)
}

/// How many there are of a list, where there are any: `references`, or `references_at_least`.
fn total<T>(name: &str, list: &Listed<T>) -> Option<(&'static str, String)> {
    let name = match (name, list.total.exact) {
        ("references", true) => "references",
        ("references", false) => "references_at_least",
        (_, true) => "earlier",
        (_, false) => "earlier_at_least",
    };
    (list.total.count > 0).then(|| (name, list.total.count.to_string()))
}

const fn claim_name(name: &'static str, status: ClaimStatus) -> &'static str {
    match status {
        ClaimStatus::Verified => name,
        ClaimStatus::Unverified => "unverified_claim",
        ClaimStatus::Invalid(_) => "invalid_claim",
    }
}

fn time_token(receipt: &Receipt) -> SkipReason {
    if receipt.time_tokens.is_empty() { SkipReason::NoTimeToken } else { SkipReason::UnreadTimeToken }
}

/// A provenance sheet lies among the private content to which the statement commits.
fn sheets(entry: Option<&Entry>) -> SkipReason {
    match entry.map(|entry| entry.statement.statement().meta) {
        None => SkipReason::DamagedReceipt,
        Some(Some(_)) => SkipReason::SheetsNotPresented,
        Some(None) => SkipReason::NoSheets,
    }
}

/// An item, held against the statement of the record.
struct HeldItem {
    /// Its digests; `None` when the claim does not hold.
    content: Option<Content>,
    values: Vec<(&'static str, String)>,
}

impl HeldItem {
    fn of(claim: &ItemClaim, entry: Option<&Entry>) -> Self {
        let manifest = entry.and_then(|entry| entry.statement.statement().manifest);
        match claim.check(manifest.as_ref()) {
            Ok(item) => {
                // People count from 1, as the wording does.
                let place = claim.index.size_after();
                let count = manifest.map_or(0, |manifest| manifest.count);
                let mut values = vec![("item", place.to_string()), ("items", count.to_string())];
                values.extend(claim.name.as_ref().map(|name| ("item_name", name.path.clone())));
                Self { content: Some(item.digests.content()), values }
            }
            Err(error) => Self { content: None, values: vec![("item_fault", error.code().to_owned())] },
        }
    }
}

/// How the file came out, and what conclusion that leads to when all else holds.
struct ComparisonResult {
    outcome: Outcome,
    leads_to: Result<Conclusion, Obstacle>,
}

fn compare(content: Option<Content>, presented: PresentedEvidence) -> ComparisonResult {
    let skipped = |why, leads_to| ComparisonResult { outcome: Outcome::NotPerformed(why), leads_to };
    match (presented, content) {
        (PresentedEvidence::Nothing, _) => skipped(SkipReason::NoFile, Ok(Conclusion::RecordOnly)),
        (_, None) => skipped(SkipReason::ManifestOnly, Err(Obstacle::ManifestOnly)),
        (PresentedEvidence::File { measured, salted }, Some(content)) if salted == content.is_salted() => {
            let comparison = content.compare(&measured);
            ComparisonResult {
                outcome: Outcome::of(comparison == Comparison::Match),
                leads_to: Ok(match comparison {
                    Comparison::Match => Conclusion::Consistent,
                    Comparison::Mismatch => Conclusion::Mismatch,
                    Comparison::Contradictory => Conclusion::Contradictory,
                }),
            }
        }
        (PresentedEvidence::File { .. }, Some(_)) => skipped(SkipReason::NoSalt, Err(Obstacle::NoSalt)),
        (PresentedEvidence::Digest { algorithm, value }, Some(content)) => {
            match content.digests().find(|(given, _)| *given == algorithm) {
                Some((_, recorded)) if recorded != value => {
                    ComparisonResult { outcome: Outcome::Failed, leads_to: Ok(Conclusion::Mismatch) }
                }
                _ => skipped(SkipReason::DigestOnly, Ok(Conclusion::RecordOnly)),
            }
        }
    }
}

fn compared(content: Option<Content>, presented: PresentedEvidence) -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    let recorded: Vec<_> = content.iter().flat_map(super::super::statement::content::Content::digests).collect();
    for (algorithm, digest) in recorded {
        values.push(("recorded", format!("{algorithm} {digest}")));
        match presented {
            PresentedEvidence::File { measured, .. } => {
                values.push(("presented", format!("{algorithm} {}", measured.digest(algorithm))));
            }
            PresentedEvidence::Digest { algorithm: given, value } if given == algorithm => {
                values.push(("presented", format!("{algorithm} {value}")));
                values.push(("digest", if value == digest { "equal" } else { "different" }.into()));
            }
            _ => {}
        }
    }
    if let (Some(Content { form: Form::Plain { size }, .. }), PresentedEvidence::File { measured, .. }) =
        (content, presented)
    {
        values.push(("recorded", format!("size {size}")));
        values.push(("presented", format!("size {}", measured.size)));
    }
    values
}

fn reservations(question: &Question<'_>, entry: Option<&Entry>) -> Vec<Reservation> {
    // Cosignatures and time tokens have no verifier yet, so none can lift these two.
    let mut reservations = vec![Reservation::SingleOperator, Reservation::NoIndependentTime];
    let said = |kinds: &[LinkKind]| question.history.is_some_and(|history| history.owner_said(kinds));
    if said(&[LinkKind::Withdraws]) {
        reservations.push(Reservation::Withdrawn);
    }
    if said(&[LinkKind::Corrects, LinkKind::Replaces]) {
        reservations.push(Reservation::Superseded);
    }
    if entry.is_some_and(|entry| entry.number.is_test()) {
        reservations.push(Reservation::TestLedger);
    }
    if !question.history.is_some_and(History::owner_links_are_known) {
        reservations.push(Reservation::LaterHistoryNotChecked);
    }
    if entry.is_some_and(|entry| entry.statement.statement().on_behalf.is_some()) {
        reservations.push(Reservation::SignedOnBehalf);
    }
    reservations
}

/// What a conclusion is drawn from, beside the comparison with the original.
struct Judged<'a> {
    steps: &'a [StepResult],
    is_other_number: bool,
    is_damaged: bool,
    source: RecordSource,
}

impl Judged<'_> {
    /// The steps that speak of the chain alone. That the transaction id is another than was imported says nothing of the
    /// record itself: whoever holds the import judges it (step 16).
    fn chain(&self) -> impl Iterator<Item = Outcome> + '_ {
        let others = [Step::RecordExists, Step::OriginalDigest, Step::TxId];
        let of_the_chain = move |result: &&StepResult| !others.contains(&result.step);
        self.steps.iter().filter(of_the_chain).map(|result| result.outcome)
    }

    fn has_failed(&self) -> bool {
        self.is_damaged || self.chain().any(|outcome| outcome == Outcome::Failed)
    }

    fn lacks_the_key(&self) -> bool {
        self.chain().any(|outcome| outcome == Outcome::NotPerformed(SkipReason::UnknownKey))
    }

    fn chain_holds(&self) -> bool {
        !self.has_failed() && !self.lacks_the_key()
    }
}

fn conclude(judged: &Judged<'_>, comparison: &ComparisonResult, unreserved: bool) -> (Conclusion, Option<Obstacle>) {
    let unable = |obstacle| (Conclusion::Unable, Some(obstacle));
    if judged.is_other_number {
        return unable(Obstacle::OtherNumber);
    }
    if judged.has_failed() {
        return match judged.source {
            RecordSource::Receipt => unable(Obstacle::BrokenReceipt),
            RecordSource::Node | RecordSource::OwnLedger => (Conclusion::ChainFault, None),
        };
    }
    if judged.lacks_the_key() {
        return unable(Obstacle::UnknownKey);
    }
    match &comparison.leads_to {
        Err(obstacle) => unable(obstacle.clone()),
        Ok(Conclusion::Consistent) if !unreserved => (Conclusion::ConsistentWithReservation, None),
        Ok(conclusion) => (*conclusion, None),
    }
}

#[cfg(test)]
mod tests;
