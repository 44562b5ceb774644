//! Audit of confirmation rounds: recomputes every round from the acts with a simpler algorithm than the replay's, and
//! compares the documents that acts name with the ledger.
//!
//! # Invariants
//!
//! Only acts with an effect count. The moment of an agreement is the time of the last required confirmation. A round
//! that is open, or that ended with a confirmation missing, is not a fault: it is counted.
//!
//! Not here: whether the replay accepts an act (`cases`).

use std::collections::HashMap;

use crate::audit::report::{CourtReport, Fault, Findings};
use crate::court::acts::{Act, OpenRound};
use crate::court::case::session_records::{Paper, RoundEnd};
use crate::court::case::state::CaseFile;
use crate::court::ids::{AgreementNumber, RoundNumber};
use crate::court::registry::Registry;
use crate::court::session_words::{AgreementTrack, ConfirmationMethod, ConfirmationState};
use crate::court::signer::Signer;
use crate::court::values::IdentityCheck;
use crate::court::words::Role;
use crate::ledger::hash::Digest;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Form, HashAlgorithm};
use crate::ledger::time::Timestamp;
use crate::query::records;
use crate::store::traits::LedgerReader;

type Digests = Vec<(HashAlgorithm, Digest)>;

/// A round: for each person, whether the confirmation is required, and its time if it was given.
struct PlainRound {
    agreement: Option<AgreementNumber>,
    version: u32,
    digests: Digests,
    people: Vec<(bool, Option<Timestamp>)>,
}

impl PlainRound {
    /// The time of the last required confirmation, if none is missing.
    fn moment(&self) -> Option<Timestamp> {
        let times = self.people.iter().filter(|(needed, _)| *needed).map(|(_, at)| *at);
        times.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

/// The rounds of all cases so far.
#[derive(Default)]
pub(in crate::audit) struct Rounds {
    digests: HashMap<(Digest, Paper), Vec<Digests>>,
    opened: HashMap<(Digest, RoundNumber), PlainRound>,
    signed: HashMap<(Digest, AgreementNumber), Vec<(u32, Timestamp)>>,
}

/// Whether an agreement of this track requires the confirmation of this person.
fn is_needed(track: Option<AgreementTrack>, signer: &Signer) -> bool {
    let of_the_court = matches!(signer, Signer::Holder(Role::Judge | Role::PeoplesAssessor | Role::Clerk, _));
    track.is_none()
        || matches!(signer, Signer::Party(_))
        || (track == Some(AgreementTrack::CourtRecord) && of_the_court)
}

/// The document that an act names, with the digests and the size that the act states.
fn named_document(act: &Act) -> Option<(DepositNumber, &Digests, u64)> {
    match act {
        Act::AddRecording(act) => Some((act.document, &act.data_hash, act.size)),
        Act::AddTranscriptVersion(act) => Some((act.document, &act.data_hash, act.size)),
        Act::DraftAgreement(act) => Some((act.document, &act.data_hash, act.size)),
        _ => None,
    }
}

/// Compares the document that an act names with the ledger.
pub(in crate::audit) fn check_document<R: LedgerReader + ?Sized>(store: &R, act: &Act, findings: &mut Findings) {
    let Some((number, digests, size)) = named_document(act) else { return };
    let fault = match records::find_entry(store, number) {
        Ok(Some((_, entry))) => {
            let content = entry.statement.statement().content;
            let found: Option<(Digests, u64)> = content.and_then(|content| match content.form {
                Form::Plain { size } => Some((content.digests().collect(), size)),
                Form::Salted => None,
            });
            if found.as_ref().is_some_and(|(known, bytes)| known == digests && *bytes == size) {
                return;
            }
            format!("the deposit {number} has other digests or another size than the act states")
        }
        Ok(None) => format!("the deposit {number}, which the act names, is not on the ledger"),
        Err(error) => error.to_string(),
    };
    findings.push((Fault::ActDocument, fault));
}

/// The identity check of the actor that an act states.
const fn stated_identity(act: &Act) -> Option<&IdentityCheck> {
    match act {
        Act::JoinSession(act) => Some(&act.identity),
        Act::Confirm(act) if !matches!(act.method, ConfirmationMethod::Offline) => act.identity.as_ref(),
        _ => None,
    }
}

/// Compares the stated identity check with the identity checks of the account.
pub(in crate::audit) fn check_identity(
    registry: &Registry,
    document: &crate::court::document::Document,
    findings: &mut Findings,
) {
    let Some(stated) = stated_identity(&document.act) else { return };
    let account = registry.accounts.get(&document.by);
    if !account.is_some_and(|account| account.identities.iter().any(|(known, _)| known == stated)) {
        findings.push((Fault::Round, format!("the account {} has no such identity check", document.by)));
    }
}

impl Rounds {
    /// Records an act that had an effect; `file` is the case after it.
    pub(in crate::audit) fn follow(
        &mut self,
        (act, at): (&Act, Timestamp),
        file: &CaseFile,
        report: &mut CourtReport,
        findings: &mut Findings,
    ) {
        let case = file.id.0;
        match act {
            Act::AddTranscriptVersion(act) => {
                self.digests.entry((case, Paper::Transcript(act.transcript))).or_default().push(act.data_hash.clone());
            }
            Act::DraftAgreement(act) => {
                self.digests.entry((case, Paper::Agreement(act.agreement))).or_default().push(act.data_hash.clone());
            }
            Act::OpenRound(act) => {
                report.rounds += 1;
                self.open(case, act, file);
            }
            Act::Confirm(act) => {
                report.confirmations += 1;
                let Some(round) = self.opened.get_mut(&(case, act.round)) else {
                    findings.push((Fault::Round, format!("round {} was never opened", act.round)));
                    return;
                };
                if !round.digests.contains(&act.digest) {
                    findings.push((Fault::Round, format!("a digest of another file counts in round {}", act.round)));
                }
                if let Some(person) = place(act.person).and_then(|at| round.people.get_mut(at)) {
                    person.1 = Some(at);
                }
                if let (Some(agreement), Some(moment)) = (round.agreement, round.moment()) {
                    let signed = self.signed.entry((case, agreement)).or_default();
                    // Confirmations that are not required may follow; they do not change the moment.
                    if !signed.contains(&(round.version, moment)) {
                        signed.push((round.version, moment));
                        report.rounds_completed += 1;
                    }
                }
            }
            Act::WithdrawConfirmation(act) => {
                if let Some(round) = self.opened.get_mut(&(case, act.round)) {
                    let was_complete = round.moment().is_some();
                    if let Some(person) = place(act.person).and_then(|at| round.people.get_mut(at)) {
                        person.1 = None;
                    }
                    if let (true, Some(agreement)) = (was_complete, round.agreement) {
                        self.signed.entry((case, agreement)).or_default().pop();
                    }
                }
            }
            Act::FinaliseTranscript(act) => {
                let rounds = file.records.rounds_of(Paper::Transcript(act.transcript));
                let done = rounds.filter(|(_, round)| round.end == Some(RoundEnd::Completed));
                for (_, round) in done {
                    report.rounds_completed += 1;
                    let missing = round.people.iter().filter(|one| one.state() != ConfirmationState::Confirmed);
                    report.not_confirmed += u64::try_from(missing.count()).unwrap_or(u64::MAX);
                }
            }
            _ => return,
        }
        self.compare(case, file, findings);
    }

    fn open(&mut self, case: Digest, act: &OpenRound, file: &CaseFile) {
        let paper = match (act.transcript, act.agreement) {
            (Some(number), _) => Paper::Transcript(number),
            (None, Some(number)) => Paper::Agreement(number),
            (None, None) => return,
        };
        let track = act.agreement.and_then(|number| file.records.agreements.get(&number)).map(|found| found.track);
        let versions = self.digests.get(&(case, paper));
        let digests = versions.and_then(|versions| versions.get(place(act.version)?)).cloned().unwrap_or_default();
        let people = act.signer.iter().map(|signer| (is_needed(track, signer), None)).collect();
        let round = PlainRound { agreement: act.agreement, version: act.version, digests, people };
        self.opened.insert((case, act.round), round);
    }

    /// Compares the moments of all agreements of a case with the moments of the replay.
    fn compare(&self, case: Digest, file: &CaseFile, findings: &mut Findings) {
        for (number, agreement) in &file.records.agreements {
            let replayed: Vec<(u32, Timestamp)> =
                agreement.signed.iter().map(|moment| (moment.version, moment.act.position.at)).collect();
            let own = self.signed.get(&(case, *number)).map_or(&[][..], Vec::as_slice);
            if replayed != own {
                findings.push((Fault::Round, format!("the moments of agreement {number} differ when recomputed")));
            }
        }
    }
}

/// The index of a number from 1.
fn place(number: u32) -> Option<usize> {
    usize::try_from(number).ok()?.checked_sub(1)
}
