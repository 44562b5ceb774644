//! The verification of a record: compares a file with it, and determines the conclusion.
//!
//! The conclusion is decided in this order: whether the verification could be performed; whether the ledger's own data
//! verifies; whether the file agrees; which reservations there are. So `unable` and `chain_fault` outrank an agreement: a
//! file that matches a forged record proves nothing.
//!
//! For an item of a manifest, the file is compared with the item's digests, and the item with the manifest in the
//! statement. An item's claim comes from a file of the user, so an invalid claim is no evidence against the node.

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::key::VerifierKey;
use crate::ledger::manifest::claim::ItemClaim;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::{Comparison, Content, FileDigests, Form, HashAlgorithm};
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::attestation::Attestations;
use crate::ledger::verify::attested_steps;
use crate::ledger::verify::history::{ClaimStatus, History, LaterLink, LinkStanding, Listed};
use crate::ledger::verify::record::{RecordCheck, RecordContext};
use crate::ledger::verify::report::{
    ComparisonKind, Conclusion, HISTORY, INCOMPLETE, LedgerFault, Obstacle, Outcome, Report, Reservation, SkipReason,
    Step, StepResult, replace,
};
use crate::ledger::verify::trust::Trust;

/// The evidence that is compared with the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresentedEvidence {
    /// No evidence: a look-up.
    Nothing,
    /// A file, hashed by the caller; for a salted record, with the salt before it.
    File {
        /// Its size and digests.
        measured: FileDigests,
        /// Whether the digests are of salt and file.
        salted: bool,
    },
    /// A digest without its file: it can show a mismatch, but otherwise counts as a look-up.
    Digest {
        /// Its algorithm.
        algorithm: HashAlgorithm,
        /// Its value.
        value: Digest,
    },
}

/// The source of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecordSource {
    /// A receipt file of the user. If it does not verify, that is no evidence against the node, since anyone may have changed
    /// it.
    #[default]
    Receipt,
    /// The response of a node to a query by number or digest.
    Node,
    /// The ledger of the node that verifies.
    OwnLedger,
}

/// The input of a verification.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The requested number, if any.
    pub number: Option<DepositNumber>,
    /// Whether the user entered that number. The number of an item of a case comes from the case file.
    pub number_entered: bool,
    /// The record.
    pub receipt: &'a Receipt,
    /// The source of the record.
    pub source: RecordSource,
    /// The item of the record's manifest that is verified, if any.
    pub item: Option<&'a ItemClaim>,
    /// The evidence that is compared with the record.
    pub presented: PresentedEvidence,
    /// Later links and earlier deposits as the ledger lists them; `None` if it was not queried.
    pub history: Option<&'a History>,
    /// The reason for a missing history.
    pub without_history: SkipReason,
    /// The contradiction between the node's ledger and the record. It counts only if the record itself verifies.
    pub fault: Option<LedgerFault>,
    /// A transaction id that was stated elsewhere, such as at the import of a case's item.
    pub stated_tx_id: Option<Digest>,
    /// The key with which the platform signs for accounts, if it is known.
    pub platform: Option<&'a VerifierKey>,
    /// Verified cosignatures and timestamp tokens on the receipt's checkpoint.
    pub attestations: Attestations<'a>,
    /// The pinned ledger keys.
    pub trust: &'a Trust,
}

impl<'a> Question<'a> {
    /// The offline verification of a receipt file, without evidence to compare.
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
            attestations: Attestations::NONE,
            trust,
        }
    }
}

/// Verifies a record and compares the presented evidence with it.
#[must_use]
pub fn verify(question: &Question<'_>) -> Report {
    let Question { trust, stated_tx_id, platform, .. } = *question;
    let record = RecordCheck::run(question.receipt, RecordContext { trust, stated_tx_id, platform });
    let found = record.entry.as_ref().map(|entry| entry.number);
    let item = question.item.map(|claim| ItemCheck::of(claim, record.entry.as_ref()));
    let content = match &item {
        Some(item) => item.content,
        None => record.entry.as_ref().and_then(|entry| entry.statement.statement().content),
    };
    let is_other_number = question.number.zip(found).is_some_and(|(requested, found)| requested != found);
    let broken = |outcome| ComparisonResult { outcome, leads_to: Err(Obstacle::BrokenReceipt) };
    let comparison = match &item {
        _ if record.entry.is_none() => broken(Outcome::NotPerformed(SkipReason::DamagedReceipt)),
        Some(ItemCheck { content: None, .. }) => broken(Outcome::Failed),
        _ => compare(content, question.presented),
    };
    let mut steps = vec![
        number_check(question, found),
        record_exists(question, found),
        original_digest(question.presented, content, item.as_ref(), &comparison),
        attested_steps::time_step(question.attestations.time, question.receipt),
        later_links(question),
        earlier_deposits(question),
        StepResult::not_applicable(Step::ImportSnapshot, SkipReason::NotACaseItem),
        StepResult::not_performed(Step::Sheets, sheets(record.entry.as_ref())),
    ];
    steps.extend(record.steps);
    for signatures in steps.iter_mut().filter(|result| result.step == Step::Signatures) {
        attested_steps::add_cosignatures(signatures, question.attestations.witnesses);
    }
    if let Some(ItemCheck { content: Some(content), .. }) = item {
        let values = content.digests().map(|(algorithm, _)| ("algorithm", algorithm.to_string())).collect();
        let own = StepResult::of(Step::Algorithms, Outcome::Passed, ComparisonKind::AlgorithmsWithAllowed, values);
        replace(&mut steps, &own);
    }
    let reservations = reservations(question, record.entry.as_ref());
    let checked =
        CheckedRecord { steps: &steps, is_other_number, is_damaged: record.is_damaged, source: question.source };
    let (mut conclusion, mut obstacle) = conclude(&checked, &comparison, reservations.is_empty());
    // A node's ledger can be contradicted only by a record that verifies.
    let verifies = !is_other_number && checked.chain_verifies();
    let by_node = question.fault.filter(|_| verifies);
    let fault = by_node.or_else(|| attested_steps::member_fault(question.attestations.member).filter(|_| verifies));
    if fault.is_some() {
        (conclusion, obstacle) = (Conclusion::ChainFault, None);
    }
    if by_node.is_some() {
        let contradicted =
            StepResult::of(Step::RecordExists, Outcome::Failed, ComparisonKind::NumberWithRecord, numbers(found));
        replace(&mut steps, &contradicted);
    }
    steps.push(attested_steps::member_step(question.attestations.member, verifies));
    steps.sort_by_key(|result| result.step);
    let reservations = if conclusion == Conclusion::ConsistentWithReservation { reservations } else { Vec::new() };
    let number = question.number.or(found);
    let Attestations { witnesses, member, time } = question.attestations;
    let (witnesses, member, time) = (witnesses.clone(), member.clone(), time.clone());
    let (facts, is_answer) = (record.facts, question.source == RecordSource::Node);
    Report { number, steps, conclusion, reservations, obstacle, fault, is_answer, facts, witnesses, member, time }
}

fn numbers(found: Option<DepositNumber>) -> Vec<(&'static str, String)> {
    found.iter().map(|number| ("deposit_number", number.to_string())).collect()
}

/// The check characters are recomputed if the user entered a number. Recomputing those of the record's own number would compare
/// the record with itself.
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
    item: Option<&ItemCheck>,
    comparison: &ComparisonResult,
) -> StepResult {
    let mut values = if comparison.leads_to.is_ok() { compared(content, presented) } else { Vec::new() };
    values.extend(item.iter().flat_map(|item| item.values.clone()));
    let kind = match (presented, item) {
        (_, Some(ItemCheck { content: None, .. })) => ComparisonKind::ItemWithManifest,
        (PresentedEvidence::Digest { .. }, _) => ComparisonKind::DigestWithRecord,
        (_, Some(_)) => ComparisonKind::FileWithItem,
        (_, None) => ComparisonKind::FileWithRecord,
    };
    // A digest that equals the recorded one counts as compared, although there is no original.
    let was_compared = comparison.outcome.reason().is_none() || values.iter().any(|(name, _)| *name == "digest");
    let compared = was_compared.then_some(kind);
    StepResult { step: Step::OriginalDigest, outcome: comparison.outcome, compared, values }
}

/// Later links to the deposit. The outcome is a finding, never "passed", since a node may conceal links.
fn later_links(question: &Question<'_>) -> StepResult {
    let step = Step::LaterLinks;
    let Some(history) = question.history else { return StepResult::not_performed(step, question.without_history) };
    let links = history.owner_links.items.iter().chain(&history.references.items);
    let mut values: Vec<_> = links.flat_map(link_values).collect();
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

/// A link, whether it was withdrawn, and by which deposit.
fn link_values(link: &LaterLink) -> Vec<(&'static str, String)> {
    let number = link.number.to_string();
    match link.standing {
        Some(LinkStanding::Withdrawn(by)) => vec![("withdrawn_link", number), ("withdrawn_link_by", by.to_string())],
        Some(LinkStanding::Unchecked) => {
            vec![(claim_name(link.kind.word(), link.status), number.clone()), ("unchecked_link", number)]
        }
        Some(LinkStanding::InForce) | None => vec![(claim_name(link.kind.word(), link.status), number)],
    }
}

/// Earlier deposits of the same digest. The outcome is a finding, never "passed", since a node may conceal deposits.
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

/// The number of items of a non-empty list, such as `references`, or `references_at_least` if it is not exact.
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

/// The reason why the sheets were not checked: they are part of the private content to which the statement commits.
fn sheets(entry: Option<&Entry>) -> SkipReason {
    match entry.map(|entry| entry.statement.statement().meta) {
        None => SkipReason::DamagedReceipt,
        Some(Some(_)) => SkipReason::SheetsNotPresented,
        Some(None) => SkipReason::NoSheets,
    }
}

/// An item of a manifest, compared with the statement.
struct ItemCheck {
    /// Its digests; `None` if the claim does not verify.
    content: Option<Content>,
    /// The values for the report.
    values: Vec<(&'static str, String)>,
}

impl ItemCheck {
    fn of(claim: &ItemClaim, entry: Option<&Entry>) -> Self {
        let manifest = entry.and_then(|entry| entry.statement.statement().manifest);
        match claim.check(manifest.as_ref()) {
            Ok(item) => {
                // Reports count items from 1.
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

/// The result of comparing the presented evidence.
struct ComparisonResult {
    /// The outcome of step 4.
    outcome: Outcome,
    /// The conclusion, if everything else verifies.
    leads_to: Result<Conclusion, Obstacle>,
}

/// Compares the presented evidence with the record's content.
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

/// The values of step 4: recorded and presented digests and sizes.
fn compared(content: Option<Content>, presented: PresentedEvidence) -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    for (algorithm, digest) in content.iter().flat_map(Content::digests) {
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

/// All reservations that apply to a match.
fn reservations(question: &Question<'_>, entry: Option<&Entry>) -> Vec<Reservation> {
    let mut reservations = attested_steps::reservations(&question.attestations, question.receipt);
    let has_link = |kinds: &[LinkKind]| question.history.is_some_and(|history| history.owner_said(kinds));
    if has_link(&[LinkKind::Withdraws]) {
        reservations.push(Reservation::Withdrawn);
    }
    if has_link(&[LinkKind::Corrects, LinkKind::Replaces]) {
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

/// The input of the conclusion, besides the comparison with the original.
struct CheckedRecord<'a> {
    steps: &'a [StepResult],
    is_other_number: bool,
    is_damaged: bool,
    source: RecordSource,
}

impl CheckedRecord<'_> {
    /// The outcomes of the steps about the ledger itself. A transaction id that differs from the imported one is no
    /// fault of the record; step 16 covers it. Nor is a timestamp token that does not verify, which is not part of the
    /// chain.
    fn chain(&self) -> impl Iterator<Item = Outcome> + '_ {
        let others = [Step::RecordExists, Step::OriginalDigest, Step::TxId, Step::TimeToken];
        let is_about_chain = move |result: &&StepResult| !others.contains(&result.step);
        self.steps.iter().filter(is_about_chain).map(|result| result.outcome)
    }

    fn has_failed(&self) -> bool {
        self.is_damaged || self.chain().any(|outcome| outcome == Outcome::Failed)
    }

    fn lacks_the_key(&self) -> bool {
        self.chain().any(|outcome| outcome == Outcome::NotPerformed(SkipReason::UnknownKey))
    }

    fn chain_verifies(&self) -> bool {
        !self.has_failed() && !self.lacks_the_key()
    }
}

/// The conclusion, and the obstacle if it is [`Conclusion::Unable`].
fn conclude(
    checked: &CheckedRecord<'_>,
    comparison: &ComparisonResult,
    is_unreserved: bool,
) -> (Conclusion, Option<Obstacle>) {
    let unable = |obstacle| (Conclusion::Unable, Some(obstacle));
    if checked.is_other_number {
        return unable(Obstacle::OtherNumber);
    }
    if checked.has_failed() {
        return match checked.source {
            RecordSource::Receipt => unable(Obstacle::BrokenReceipt),
            RecordSource::Node | RecordSource::OwnLedger => (Conclusion::ChainFault, None),
        };
    }
    if checked.lacks_the_key() {
        return unable(Obstacle::UnknownKey);
    }
    match &comparison.leads_to {
        Err(obstacle) => unable(obstacle.clone()),
        Ok(Conclusion::Consistent) if !is_unreserved => (Conclusion::ConsistentWithReservation, None),
        Ok(conclusion) => (*conclusion, None),
    }
}

#[cfg(test)]
mod tests;
