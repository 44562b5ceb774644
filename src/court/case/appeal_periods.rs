//! The periods of the court after an appeal: five days each to serve the copy of the petition, to serve the copy of an answer, and to send
//! the dossier to the court of second instance (民诉法 art. 174).
//!
//! # Invariants
//!
//! A period begins with the act by which the court received the document, and is closed when the court has done the act. A service that
//! proves to have no effect opens it again. Its end has no legal effect: it shows the court what is due.

use crate::court::act_position::ActPosition;
use crate::court::calendar::{Calendar, Day};
use crate::court::case::course::{Appeal, HandOver};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::CaseFile;
use crate::court::ids::PartyNumber;
use crate::court::service_words::DocumentKind;
use crate::court::window::{Start, Subject, Window, WindowKind};
use crate::court::windows::WindowKey;
use crate::court::words::TransferKind;
use crate::ledger::number::DepositNumber;

fn key(kind: WindowKind, party: PartyNumber, document: DepositNumber) -> WindowKey {
    WindowKey::of(kind, party).about(Subject::Document(document))
}

fn begin(file: &mut CaseFile, key: WindowKey, position: ActPosition) -> Result<(), Refusal> {
    begin_on(file, key, position, Day::of(position.at))
}

fn begin_on(file: &mut CaseFile, key: WindowKey, position: ActPosition, day: Day) -> Result<(), Refusal> {
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

/// The court received the answer of a party to an appeal: it serves the copy on the appellant, and sends the dossier, unless it sent it
/// before.
///
/// # Errors
///
/// As [`petition_received`].
pub(in crate::court::case) fn answer_received(
    file: &mut CaseFile,
    appeal: &Appeal,
    (answering, answer): (PartyNumber, DepositNumber),
    position: ActPosition,
) -> Result<(), Refusal> {
    let before = file.windows.clone();
    let mut begun = begin(file, key(WindowKind::AnswerCopy, answering, answer), position);
    if !is_sent(file, appeal) {
        let dossier = key(WindowKind::DossierSent, appeal.party, appeal.decision);
        // A period that would begin when the period to answer ends begins with the answer instead.
        let today = Day::of(position.at);
        let waits = |window: &Window| window.begun.is_some_and(|(_, start)| start.day() > today);
        if file.windows.unclosed(dossier).is_some_and(waits) {
            file.windows.close(dossier, position);
        }
        begun = begun.and_then(|()| begin(file, dossier, position));
    }
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

/// Whether the dossier was sent with this appeal, and the court of second instance has accepted it or still compares it.
fn is_sent(file: &CaseFile, appeal: &Appeal) -> bool {
    let goes_with = |one: &HandOver| {
        one.kind == TransferKind::SecondInstance
            && one.basis == appeal.decision
            && one.state.is_open()
            && appeal.position.sequence < one.sent.sequence
    };
    !appeal.is_open() || file.course.hand_overs.values().any(goes_with)
}

/// Computes the periods of the court again from the service of the copies, the periods to answer and the transfer of the dossier, after an
/// act that may have changed one of them. The period for a copy is closed while it is served on all who get one. The court sends the dossier
/// although nobody answers (art. 174 (1)): its period begins when the last period to answer has ended, if no answer has begun it before. A
/// dossier that the court of second instance did not accept is due again.
///
/// # Errors
///
/// As [`petition_received`]. Nothing has changed then.
pub(in crate::court::case) fn copies_served(
    file: &mut CaseFile,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let served = |party: PartyNumber, kind: DocumentKind, document: DepositNumber| {
        file.service.served(party, kind, calendar).iter().any(|one| one.document == document)
    };
    // For each copy its period, the day of its beginning, and whether the copy is served; and the period of each dossier that is due since
    // an answer.
    let mut copies = Vec::new();
    // For each appeal that nobody has answered the period of the dossier, and the day of its beginning.
    let mut unanswered = Vec::new();
    for appeal in file.course.appeals.values() {
        let all_served = appeal.against.iter().all(|party| served(*party, DocumentKind::AppealCopy, appeal.petition));
        let petition = key(WindowKind::PetitionCopy, appeal.party, appeal.petition);
        copies.push((petition, Day::of(appeal.position.at), all_served));
        let dossier = key(WindowKind::DossierSent, appeal.party, appeal.decision);
        let is_due = !is_sent(file, appeal);
        if let (true, Some(answered)) = (is_due, appeal.answers.values().map(|answer| answer.position.at).min()) {
            copies.push((dossier, Day::of(answered), false));
        } else if is_due && !appeal.against.is_empty() {
            let ends = appeal.against.iter().map(|party| {
                let answer = key(WindowKind::AnswerToAppeal, *party, appeal.petition);
                file.windows.unclosed(answer)?.end(calendar)?.last
            });
            let last = ends.collect::<Option<Vec<Day>>>().and_then(|days| days.into_iter().max());
            unanswered.push((dossier, last.filter(|_| all_served)));
        }
        for (answering, answer) in &appeal.answers {
            let copy = key(WindowKind::AnswerCopy, *answering, answer.document);
            let is_served = served(appeal.party, DocumentKind::AnswerCopy, answer.document);
            copies.push((copy, Day::of(answer.position.at), is_served));
        }
    }
    let before = file.windows.clone();
    let followed = follow(file, (&copies, &unanswered), position);
    followed.inspect_err(|_| file.windows = before)
}

/// A period for copies, or for a dossier that has been due since an answer: its key, the day on which it begins, and whether the copies are
/// served.
type CopiesPeriod = (WindowKey, Day, bool);

/// Closes and begins the periods for the copies, and those of the dossier that begin on another day than before.
fn follow(
    file: &mut CaseFile,
    (copies, unanswered): (&[CopiesPeriod], &[(WindowKey, Option<Day>)]),
    position: ActPosition,
) -> Result<(), Refusal> {
    for (key, received, is_served) in copies {
        if *is_served {
            file.windows.close(*key, position);
        } else {
            begin_on(file, *key, position, *received)?;
        }
    }
    for (key, day) in unanswered {
        let begun = file.windows.unclosed(*key).and_then(|window| window.begun).map(|(_, start)| start.day());
        if begun != *day {
            file.windows.close(*key, position);
            day.map_or(Ok(()), |day| begin_on(file, *key, position, day))?;
        }
    }
    Ok(())
}
