//! Holds a file against a record and concludes.
//!
//! The order of judgment: could we look at all; does the chain's own data hold; does the file agree; what is lacking.
//! An `unable` or a `chain_fault` always outranks an agreement: a digest equal to a forged record proves nothing.
//!
//! With an item of a manifest in question, the file is held against the item's digests, and the item against the
//! manifest of the statement. A claim of an item is always a paper: one that does not hold accuses nobody.

use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::manifest::claim::ItemClaim;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::{Comparison, Content, Form, HashAlgorithm, Measured};
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::{ClaimStatus, History};
use crate::ledger::verify::record::RecordCheck;
use crate::ledger::verify::report::{Conclusion, Obstacle, Outcome, Report, Reservation, Skipped, Step, StepResult};
use crate::ledger::verify::trust::Trust;

/// What is held against the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presented {
    /// Nothing: a look-up.
    Nothing,
    /// A file, measured by whoever asks (salt first, where the record is salted and the salt is known).
    File {
        /// Its size and digests.
        measured: Measured,
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

/// A question to the verifier.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The number asked for, if any.
    pub number: Option<DepositNumber>,
    /// The record.
    pub receipt: &'a Receipt,
    /// The item of its manifest that is asked about, if one is.
    pub item: Option<&'a ItemClaim>,
    /// What is held against it.
    pub presented: Presented,
    /// What the ledger says of later and earlier deposits; `None` offline.
    pub history: Option<&'a History>,
    /// What the user pinned.
    pub trust: &'a Trust,
}

/// Answers the question.
#[must_use]
pub fn verify(question: &Question<'_>) -> Report {
    let record = RecordCheck::run(question.receipt, question.trust);
    let found = record.entry.as_ref().map(|entry| entry.number);
    let item = question.item.map(|claim| HeldItem::of(claim, record.entry.as_ref()));
    let content = match &item {
        Some(item) => item.content,
        None => record.entry.as_ref().and_then(|entry| entry.statement.statement().content),
    };
    let right_number = question.number.is_none_or(|asked| found.is_none_or(|found| found == asked));
    let comparison = match &item {
        Some(HeldItem { content: None, .. }) => {
            Compared { outcome: Outcome::Failed, leads_to: Err(Obstacle::BrokenReceipt) }
        }
        _ => compare(content, question.presented),
    };
    let mut original_values =
        if comparison.leads_to.is_ok() { compared(content, question.presented) } else { Vec::new() };
    original_values.extend(item.into_iter().flat_map(|item| item.values));

    let mut steps = vec![
        result(Step::NumberCheck, number_check(question.number, found)),
        StepResult {
            step: Step::RecordExists,
            outcome: Outcome::of(right_number),
            values: found.iter().map(|number| ("deposit_number", number.to_string())).collect(),
        },
        StepResult { step: Step::OriginalDigest, outcome: comparison.outcome, values: original_values },
        result(Step::Witnesses, Outcome::NotPerformed(Skipped::NoWitnesses)),
        result(Step::TimeToken, Outcome::NotPerformed(time_token(question.receipt))),
        later_links(question.history),
        earlier_deposits(question.history),
        result(Step::ImportSnapshot, Outcome::NotApplicable),
        result(Step::Sheets, Outcome::NotPerformed(Skipped::NoPapers)),
    ];
    steps.extend(record.steps);
    steps.sort_by_key(|result| result.step);

    let reservations = reservations(question, found);
    let paper = question.history.is_none();
    let (conclusion, obstacle) = conclude(&steps, right_number, paper, &comparison, reservations.is_empty());
    let reservations = if conclusion == Conclusion::ConsistentWithReservation { reservations } else { Vec::new() };
    Report { number: question.number.or(found), steps, conclusion, reservations, obstacle, facts: record.facts }
}

fn result(step: Step, outcome: Outcome) -> StepResult {
    StepResult { step, outcome, values: Vec::new() }
}

/// A parsed number has right check characters by construction.
fn number_check(asked: Option<DepositNumber>, found: Option<DepositNumber>) -> Outcome {
    if asked.or(found).is_some() { Outcome::Passed } else { Outcome::NotPerformed(Skipped::NoRecord) }
}

/// Passed only where every link that an owner made is listed and holds.
fn later_links(history: Option<&History>) -> StepResult {
    let step = Step::LaterLinks;
    let Some(history) = history else { return result(step, Outcome::NotPerformed(Skipped::Offline)) };
    let links = history.owner_links.items.iter().chain(&history.references.items);
    let values = links.map(|link| (claim_name(link.kind.word(), link.status), link.number.to_string())).collect();
    StepResult { step, outcome: known(history.owner_links_are_known()), values }
}

/// Passed only where every earlier deposit is listed and bears the digest.
fn earlier_deposits(history: Option<&History>) -> StepResult {
    let step = Step::EarlierDeposits;
    let Some(history) = history else { return result(step, Outcome::NotPerformed(Skipped::Offline)) };
    let deposits = history.earlier.items.iter();
    let values = deposits.map(|one| (claim_name("deposit_number", one.status), one.number.to_string())).collect();
    StepResult { step, outcome: known(history.earlier_deposits_are_known()), values }
}

const fn known(all: bool) -> Outcome {
    if all { Outcome::Passed } else { Outcome::NotPerformed(Skipped::HistoryIncomplete) }
}

const fn claim_name(name: &'static str, status: ClaimStatus) -> &'static str {
    match status {
        ClaimStatus::Verified => name,
        ClaimStatus::Unverified => "unverified_claim",
        ClaimStatus::Invalid(_) => "invalid_claim",
    }
}

fn time_token(receipt: &Receipt) -> Skipped {
    if receipt.time_tokens.is_empty() { Skipped::NoTimeToken } else { Skipped::UnreadTimeToken }
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
struct Compared {
    outcome: Outcome,
    leads_to: Result<Conclusion, Obstacle>,
}

fn compare(content: Option<Content>, presented: Presented) -> Compared {
    let skipped = |why, leads_to| Compared { outcome: Outcome::NotPerformed(why), leads_to };
    match (presented, content) {
        (Presented::Nothing, _) => skipped(Skipped::NoFile, Ok(Conclusion::RecordOnly)),
        (_, None) => skipped(Skipped::ManifestOnly, Err(Obstacle::ManifestOnly)),
        (Presented::File { measured, salted }, Some(content)) if salted == content.is_salted() => {
            let comparison = content.compare(&measured);
            Compared {
                outcome: Outcome::of(comparison == Comparison::Match),
                leads_to: Ok(match comparison {
                    Comparison::Match => Conclusion::Consistent,
                    Comparison::Mismatch => Conclusion::Mismatch,
                    Comparison::Contradictory => Conclusion::Contradictory,
                }),
            }
        }
        (Presented::File { .. }, Some(_)) => skipped(Skipped::NoSalt, Err(Obstacle::NoSalt)),
        (Presented::Digest { algorithm, value }, Some(content)) => {
            match content.digests().find(|(given, _)| *given == algorithm) {
                Some((_, recorded)) if recorded != value => {
                    Compared { outcome: Outcome::Failed, leads_to: Ok(Conclusion::Mismatch) }
                }
                _ => skipped(Skipped::DigestOnly, Ok(Conclusion::RecordOnly)),
            }
        }
    }
}

fn compared(content: Option<Content>, presented: Presented) -> Vec<(&'static str, String)> {
    let mut values = Vec::new();
    let recorded: Vec<_> = content.iter().flat_map(super::super::statement::content::Content::digests).collect();
    for (algorithm, digest) in recorded {
        values.push(("recorded", format!("{algorithm} {digest}")));
        match presented {
            Presented::File { measured, .. } => {
                values.push(("presented", format!("{algorithm} {}", measured.digest(algorithm))));
            }
            Presented::Digest { algorithm: given, value } if given == algorithm => {
                values.push(("presented", format!("{algorithm} {value}")));
                values.push(("digest", if value == digest { "equal" } else { "different" }.into()));
            }
            _ => {}
        }
    }
    if let (Some(Content { form: Form::Plain { size }, .. }), Presented::File { measured, .. }) = (content, presented) {
        values.push(("recorded", format!("size {size}")));
        values.push(("presented", format!("size {}", measured.size)));
    }
    values
}

fn reservations(question: &Question<'_>, found: Option<DepositNumber>) -> Vec<Reservation> {
    // Cosignatures and time tokens have no verifier yet, so none can lift these two.
    let mut reservations = vec![Reservation::SingleOperator, Reservation::NoIndependentTime];
    let said = |kinds: &[LinkKind]| question.history.is_some_and(|history| history.owner_said(kinds));
    if said(&[LinkKind::Withdraws]) {
        reservations.push(Reservation::Withdrawn);
    }
    if said(&[LinkKind::Corrects, LinkKind::Replaces]) {
        reservations.push(Reservation::Superseded);
    }
    if found.is_some_and(|number| number.is_test()) {
        reservations.push(Reservation::TestLedger);
    }
    reservations
}

fn conclude(
    steps: &[StepResult],
    right_number: bool,
    paper: bool,
    comparison: &Compared,
    unreserved: bool,
) -> (Conclusion, Option<Obstacle>) {
    let unable = |obstacle| (Conclusion::Unable, Some(obstacle));
    if !right_number {
        return unable(Obstacle::OtherNumber);
    }
    let chain = steps.iter().filter(|result| !matches!(result.step, Step::RecordExists | Step::OriginalDigest));
    if chain.clone().any(|result| result.outcome == Outcome::Failed) {
        // A paper that does not hold accuses nobody: whoever has it in hand may have changed it.
        return if paper { unable(Obstacle::BrokenReceipt) } else { (Conclusion::ChainFault, None) };
    }
    if chain.clone().any(|result| result.outcome == Outcome::NotPerformed(Skipped::UnknownKey)) {
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
