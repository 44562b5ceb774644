//! The index labels of the acts of a case: of its parties, court, number and content.
//!
//! # Invariants
//!
//! They depend only on the act and the case. The node stores them with the act, and the audit recomputes them.

use std::collections::BTreeSet;

use crate::court::acts::{Act, Import};
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{CaseFile, HeldContent};
use crate::court::case_number::{CaseNumber, CourtCode};
use crate::court::document::Document;
use crate::court::ids::AccountId;
use crate::court::labels;
use crate::court::values::Capacity;
use crate::court::words::{CaseKind, Stage};
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;

/// The properties of the case before an act on which its labels depend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseBefore {
    stage: Stage,
    number: Option<CaseNumber>,
}

impl CaseBefore {
    /// Of the case `file`, before an act.
    #[must_use]
    pub fn of(file: &CaseFile) -> Self {
        Self { stage: file.stage, number: file.number.clone() }
    }
}

/// What a mediation showed to its participants.
#[derive(Default)]
struct Offered {
    deposits: BTreeSet<DepositNumber>,
    digests: BTreeSet<Digest>,
}

impl Offered {
    /// All items and papers of a mediation; nothing of another case.
    fn of(file: &CaseFile) -> Self {
        let mut all = Self::default();
        if file.kind != CaseKind::Mediation {
            return all;
        }
        for item in file.items.values() {
            let Self { deposits, digests } = Self::item(file, &item.import);
            all.deposits.extend(deposits);
            all.digests.extend(digests);
        }
        if file.rules >= RulesVersion::V2 {
            let transcripts = file.records.transcripts.values().flat_map(|one| &one.versions);
            let agreements = file.records.agreements.values().flat_map(|one| &one.versions);
            all.deposits.extend(transcripts.chain(agreements).map(|version| version.document.number));
        }
        all
    }

    /// An item. Under the first rules the same file under another number was not recognised.
    fn item(file: &CaseFile, import: &Import) -> Self {
        if file.kind != CaseKind::Mediation {
            return Self::default();
        }
        let digests = import.data_hash.iter().map(|(_, digest)| *digest);
        let digests = digests.filter(|_| file.rules >= RulesVersion::V2).collect();
        Self { deposits: BTreeSet::from([import.deposit]), digests }
    }

    /// A version of a transcript or an agreement.
    fn paper(file: &CaseFile, document: DepositNumber) -> Self {
        if file.kind != CaseKind::Mediation {
            return Self::default();
        }
        Self { deposits: BTreeSet::from([document]), digests: BTreeSet::new() }
    }

    fn labels(&self, account: AccountId) -> impl Iterator<Item = Digest> {
        let deposits = self.deposits.iter().map(move |deposit| labels::offered_to(account, *deposit));
        deposits.chain(self.digests.iter().map(move |digest| labels::offered_digest_to(account, *digest)))
    }

    fn labels_of_all(&self, file: &CaseFile) -> Vec<Digest> {
        file.accounts().into_iter().flat_map(|account| self.labels(account).collect::<Vec<_>>()).collect()
    }
}

/// The labels of the act that binds the number of a case: of its court and of all accounts in it.
fn labels_of_number(file: &CaseFile) -> Vec<Digest> {
    let Some(number) = &file.number else { return Vec::new() };
    let accounts = file.accounts();
    let of_accounts = accounts.into_iter().map(|account| labels::number_of_account(account, number));
    of_accounts.chain([labels::number_at_court(&file.court, number)]).collect()
}

/// The labels of the receiving court, which reads the dossier from its acceptance on.
fn labels_of_receiver(file: &CaseFile, to: &CourtCode) -> Vec<Digest> {
    let number = file.number.as_ref().map(|number| labels::number_at_court(to, number));
    number.into_iter().chain([labels::before_court(to, file.id)]).collect()
}

/// The labels of an act: `file` is the case after it, `before` the case before it, `None` for the act that opens the case.
#[must_use]
pub fn labels_of(file: &CaseFile, document: &Document, before: Option<&CaseBefore>) -> Vec<Digest> {
    let (case, court) = (file.id, &file.court);
    // Older cases have no reference under which they are found.
    let reference = file.reference();
    let mut found = Vec::new();
    let offered = Offered::of(file);
    let mut joins = |account: AccountId| {
        found.extend([labels::takes_part(account, case), labels::cases_of(account)]);
        found.extend(reference.map(|reference| labels::reference_of_account(account, reference)));
        found.extend(file.number.as_ref().map(|number| labels::number_of_account(account, number)));
        found.extend(offered.labels(account));
    };
    match &document.act {
        Act::Open(act) => {
            if !matches!(document.capacity, Capacity::Holding(_)) {
                joins(document.by);
            }
            act.account.into_iter().for_each(&mut joins);
        }
        Act::AddParty(act) => act.account.into_iter().for_each(&mut joins),
        Act::AddAgent(act) => joins(act.account),
        Act::Associate(_) => joins(document.by),
        Act::IssueCode(act) => found.push(labels::code(&act.hash)),
        // Once per case, so that repeated imports do not lengthen the list.
        Act::Import(act) => {
            let items = file.items.values().filter(|item| item.import.deposit == act.deposit);
            if items.count() == 1 {
                found.push(labels::imports_of(act.deposit));
                found.extend(Offered::item(file, act).labels_of_all(file));
            }
        }
        Act::SendService(act) if act.channel.is_sent_by_gateway() => {
            found.extend([labels::service_message(case, act.service, act.attempt), labels::outbox(court)]);
        }
        Act::DraftAgreement(act) => found.extend(Offered::paper(file, act.document).labels_of_all(file)),
        Act::AddTranscriptVersion(act) => found.extend(Offered::paper(file, act.document).labels_of_all(file)),
        Act::Hold(act) => found.extend(HeldContent::of(act.deposit, act.account).map(labels::holds_on)),
        Act::SendHandOver(act) => {
            found.extend([labels::handed_to(&act.to), labels::hand_over_to(&act.to, case), labels::feed(&act.to)]);
        }
        Act::AcceptHandOver(act) => {
            let one = file.course.hand_overs.get(&act.hand_over);
            found.extend(one.into_iter().flat_map(|one| labels_of_receiver(file, &one.to)));
        }
        // Once per case and number: binding a number again adds no second entry. A corrected one is found by the new number; under the old one,
        // a look-up sees that the case has another.
        Act::FileCase(_) | Act::BindNumber(_) | Act::TakeOver(_)
            if before.is_some_and(|before| before.number != file.number)
                && !file.number.as_ref().is_some_and(|number| file.former_numbers.contains(number)) =>
        {
            found.extend(labels_of_number(file));
        }
        _ => {}
    }
    // The court gets access when the case is submitted, or if it opens the case itself.
    let comes = match before.map(|before| before.stage) {
        None => matches!(document.capacity, Capacity::Holding(_)),
        Some(Stage::Draft) => matches!(document.act, Act::Submit(_)),
        Some(_) => false,
    };
    if comes {
        found.extend([labels::before_court(court, case), labels::docket(court)]);
        found.extend(reference.map(|reference| labels::reference_at_court(court, reference)));
    }
    if file.submitted.is_some() && before.is_some() {
        found.push(labels::feed(court));
    }
    found
}
