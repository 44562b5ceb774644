//! The periods of the court after an appeal: five days each to serve the copy of the petition, to serve the copy of an answer, and to send
//! the dossier to the court of second instance (民诉法 art. 174).
//!
//! # Invariants
//!
//! A period begins with the act by which the court received the document, and is closed when what it is for has been done. Its end bars
//! nothing: it shows the court what is due.

use crate::court::act_position::ActPosition;
use crate::court::calendar::{Calendar, Day};
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::CaseFile;
use crate::court::ids::PartyNumber;
use crate::court::service_words::DocumentKind;
use crate::court::window::{Start, Subject, Window, WindowKind};
use crate::court::windows::WindowKey;
use crate::ledger::number::DepositNumber;

fn key(kind: WindowKind, party: PartyNumber, document: DepositNumber) -> WindowKey {
    WindowKey::of(kind, party).about(Subject::Document(document))
}

fn begin(file: &mut CaseFile, key: WindowKey, position: ActPosition) -> Result<(), Refusal> {
    begin_on(file, key, position, Day::of(position.at))
}

fn begin_on(file: &mut CaseFile, key: WindowKey, position: ActPosition, day: Day) -> Result<(), Refusal> {
    if file.rules < RulesVersion::V2 {
        return Ok(());
    }
    Ok(file.windows.begin_by_law(key, &file.court, position, Start::Day(day))?)
}

/// The court received a petition that appeals against other parties: it serves the copies.
///
/// # Errors
///
/// [`Refusal::Window`]: the case has the maximum number of windows. Nothing has changed then.
pub(in crate::court::case) fn petition_received(
    file: &mut CaseFile,
    appellant: PartyNumber,
    petition: DepositNumber,
    position: ActPosition,
) -> Result<(), Refusal> {
    begin(file, key(WindowKind::PetitionCopy, appellant, petition), position)
}

/// The court received an answer to an appeal: it serves the copy on the appellant, and sends the dossier.
///
/// # Errors
///
/// As [`petition_received`].
pub(in crate::court::case) fn answer_received(
    file: &mut CaseFile,
    (appellant, decision): (PartyNumber, DepositNumber),
    (answering, answer): (PartyNumber, DepositNumber),
    position: ActPosition,
) -> Result<(), Refusal> {
    let before = file.windows.clone();
    let dossier = key(WindowKind::DossierSent, appellant, decision);
    // One that waits for the end of the period to answer begins with the answer.
    let today = Day::of(position.at);
    let waits = |window: &Window| window.begun.is_some_and(|(_, start)| start.day() > today);
    if file.windows.unclosed(dossier).is_some_and(waits) {
        file.windows.close(dossier, position);
    }
    let begun = begin(file, key(WindowKind::AnswerCopy, answering, answer), position)
        .and_then(|()| begin(file, dossier, position));
    begun.inspect_err(|_| file.windows = before)
}

/// The dossier was sent to the court of second instance on this decision.
pub(in crate::court::case) fn dossier_sent(file: &mut CaseFile, decision: DepositNumber, position: ActPosition) {
    let appellants: Vec<PartyNumber> =
        file.course.appeals.values().filter(|one| one.decision == decision).map(|one| one.party).collect();
    for appellant in appellants {
        file.windows.close(key(WindowKind::DossierSent, appellant, decision), position);
    }
}

/// Closes the periods whose copies have been served on all who get one. The court sends the dossier although nobody answers (art. 174 (1)):
/// its period begins when the last period to answer has ended, if no answer has begun it before.
///
/// # Errors
///
/// As [`petition_received`].
pub(in crate::court::case) fn copies_served(
    file: &mut CaseFile,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let served = |party: PartyNumber, kind: DocumentKind, document: DepositNumber| {
        file.service.served(party, kind, calendar).iter().any(|one| one.document == document)
    };
    let mut done = Vec::new();
    let mut unanswered = Vec::new();
    for appeal in file.course.appeals.values() {
        if appeal.against.iter().all(|party| served(*party, DocumentKind::AppealCopy, appeal.petition)) {
            done.push(key(WindowKind::PetitionCopy, appeal.party, appeal.petition));
            let ends = appeal.against.iter().map(|party| {
                let answer = key(WindowKind::AnswerToAppeal, *party, appeal.petition);
                file.windows.unclosed(answer)?.end(calendar)?.last
            });
            let last = ends.collect::<Option<Vec<Day>>>().and_then(|days| days.into_iter().max());
            if let (true, Some(last)) = (appeal.is_open() && appeal.answers.is_empty(), last) {
                unanswered.push((key(WindowKind::DossierSent, appeal.party, appeal.decision), last));
            }
        }
        for (answering, answer) in &appeal.answers {
            if served(appeal.party, DocumentKind::AnswerCopy, answer.document) {
                done.push(key(WindowKind::AnswerCopy, *answering, answer.document));
            }
        }
    }
    for key in done {
        file.windows.close(key, position);
    }
    for (key, last) in unanswered {
        begin_on(file, key, position, last)?;
    }
    Ok(())
}
