//! What transcripts and agreements do to the rounds on them: end the open one, add a step to its people.
//!
//! Not here: what people do in a round (`round`).

use crate::court::calendar::Day;
use crate::court::case::refusal::Refusal;
use crate::court::case::session_records::{Actor, Paper, Participant, RoundEnd, Step};
use crate::court::case::state::CaseFile;
use crate::court::values::Capacity;
use crate::court::words::Role;

/// The court, or a mediator for papers of a mediation, keeps a paper.
pub(in crate::court::case) fn require_keeper(capacity: Capacity, of_mediation: bool) -> Result<(), Refusal> {
    match capacity {
        Capacity::Holding(Role::Mediator | Role::MediationOrganisation) if !of_mediation => Err(Refusal::NotYours),
        _ => Ok(()),
    }
}

/// Ends the open round of a paper.
pub(in crate::court::case) fn end_open(file: &mut CaseFile, paper: Paper, end: RoundEnd) {
    let open = file.records.open_round(paper).map(|(number, _)| number);
    if let Some(round) = open.and_then(|number| file.records.rounds.get_mut(&number)) {
        round.end = Some(end);
    }
}

/// Adds a step to the people of the open round that `applies` selects.
pub(in crate::court::case) fn add_step(
    file: &mut CaseFile,
    paper: Paper,
    step: &Step,
    applies: impl Fn(&Participant) -> bool,
) {
    let open = file.records.open_round(paper).map(|(number, _)| number);
    if let Some(round) = open.and_then(|number| file.records.rounds.get_mut(&number)) {
        for person in round.people.iter_mut().filter(|person| applies(person)) {
            person.steps.push(step.clone());
        }
    }
}

/// The day of an act.
#[must_use]
pub(in crate::court::case) fn day_of(actor: &Actor) -> Day {
    Day::of(actor.position.at)
}
