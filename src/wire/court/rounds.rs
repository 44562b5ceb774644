//! Confirmation rounds as JSON.

use serde::{Deserialize, Serialize};

use crate::court::case::session_records::{Participant, Round, Step, StepKind};
use crate::court::case::state::{CaseFile, Text};
use crate::court::ids::RoundNumber;
use crate::court::line_value::LineValue as _;
use crate::court::session_words::ConfirmationState;
use crate::court::signer::Signer;
use crate::court::values::Capacity;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::papers::{ActorJson, digests_json};
use crate::wire::court::people::{CapacityJson, CheckedJson, TextJson, checked};
use crate::wire::facts::{DigestJson, beijing_time};
use crate::wire::report::CodedText;

/// One step of a person in a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepJson {
    /// The person's state after it.
    pub state: CodedText,
    /// Who acted.
    pub actor: ActorJson,
    /// The request for correction that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<u32>,
    /// Why it was refused; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
    /// How it was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<CodedText>,
    /// The digest that was confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<DigestJson>,
    /// Its first 8 hex digits, for lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest_prefix: Option<String>,
    /// The authority of the agent who confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<CodedText>,
    /// The identity check made for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<CheckedJson>,
    /// The deposit of the scan of what was signed on paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Whether it was done after the days for reading.
    pub late: bool,
}

/// The state of a person after a step.
fn state_after(kind: &StepKind) -> ConfirmationState {
    match kind {
        StepKind::Confirmed(_) => ConfirmationState::Confirmed,
        StepKind::Requested(_) => ConfirmationState::CorrectionRequested,
        StepKind::RequestRefused(_) | StepKind::Withdrawn => ConfirmationState::Pending,
        StepKind::Refused(_) => ConfirmationState::Refused,
        StepKind::NoResponse => ConfirmationState::NoResponse,
    }
}

fn state_json(state: ConfirmationState) -> CodedText {
    coded(state.word(), Bilingual::of(|language| state.label(language)))
}

impl StepJson {
    fn of(file: &CaseFile, step: &Step, texts: &Texts) -> Self {
        let confirmation = match &step.kind {
            StepKind::Confirmed(confirmation) => Some(&**confirmation),
            _ => None,
        };
        Self {
            state: state_json(state_after(&step.kind)),
            actor: ActorJson::of(file, &step.actor),
            correction: match step.kind {
                StepKind::Requested(number) | StepKind::RequestRefused(number) => Some(number.0),
                _ => None,
            },
            reason: match step.kind {
                StepKind::Refused(reason) => reason.map(|reason| TextJson::of(reason, texts)),
                _ => None,
            },
            method: confirmation
                .map(|one| coded(one.method.word(), Bilingual::of(|language| one.method.label(language)))),
            digest: confirmation.and_then(|one| digests_json(&[one.digest]).pop()),
            digest_prefix: confirmation.map(|one| one.digest.1.to_string().chars().take(8).collect()),
            authority: confirmation
                .and_then(|one| one.authority)
                .map(|authority| coded(authority.word(), Bilingual::of(|language| authority.label(language)))),
            identity: confirmation.and_then(|one| one.identity.as_ref()).map(checked),
            document: confirmation.and_then(|one| one.document).map(|number| number.to_string()),
            late: confirmation.is_some_and(|one| one.late),
        }
    }
}

/// A person on the list of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PersonJson {
    /// The place on the list, from 1.
    pub person: u32,
    /// The capacity, role and account, or kind of participant.
    #[schema(example = "party 1")]
    pub signer: String,
    /// The label.
    pub label: Bilingual,
    /// The name; null once erased, absent for holders of roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<TextJson>,
    /// Whether the round is complete only with this person.
    pub required: bool,
    /// The person's state.
    pub state: CodedText,
    /// All steps.
    pub steps: Vec<StepJson>,
}

fn label(file: &CaseFile, signer: &Signer) -> Bilingual {
    match *signer {
        Signer::Party(number) => CapacityJson::of(file, Capacity::Party(number)).label,
        Signer::Agent(number) => CapacityJson::of(file, Capacity::Agent(number)).label,
        Signer::Holder(role, _) => Bilingual::of(|language| role.label(language)),
        Signer::Other(kind, _) => Bilingual::of(|language| kind.label(language)),
    }
}

impl PersonJson {
    fn of(file: &CaseFile, number: u32, round: &Round, person: &Participant, texts: &Texts) -> Self {
        let name = match person.signer {
            Signer::Party(number) => file.parties.get(&number).map(|party| party.name),
            Signer::Agent(number) => file.agents.get(&number).and_then(|agent| agent.name),
            Signer::Holder(..) => None,
            Signer::Other(_, annex) => Some(Text { annex, index: round.opened.position.index }),
        };
        Self {
            person: number,
            // The commitment of a name means nothing to a reader.
            signer: match person.signer {
                Signer::Other(kind, _) => kind.word().to_owned(),
                signer => signer.print(),
            },
            label: label(file, &person.signer),
            name: name.map(|name| TextJson::of(name, texts)),
            required: person.required,
            state: state_json(person.state()),
            steps: person.steps.iter().map(|step| StepJson::of(file, step, texts)).collect(),
        }
    }
}

/// A confirmation round / 确认轮.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RoundJson {
    /// Its number.
    pub round: u32,
    /// The version of the paper.
    pub version: u32,
    /// Its state.
    pub state: CodedText,
    /// The digests that a confirmation may name.
    pub digests: Vec<DigestJson>,
    /// Who opened it.
    pub opened: ActorJson,
    /// The people, fixed when it opened.
    pub people: Vec<PersonJson>,
    /// How many have confirmed.
    pub confirmed: usize,
    /// Places on the list of those whose confirmation is needed and missing.
    pub waiting_for: Vec<u32>,
    /// When the last required act was recorded, Beijing time: computed from the acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<String>,
}

impl RoundJson {
    /// A round with the texts.
    #[must_use]
    pub fn of(file: &CaseFile, number: RoundNumber, round: &Round, texts: &Texts) -> Self {
        let state = round.state();
        let people = || (1..).zip(&round.people);
        let is_confirmed = |person: &Participant| person.state() == ConfirmationState::Confirmed;
        let waits = |(_, person): &(u32, &Participant)| person.required && !is_confirmed(person);
        Self {
            round: number.0,
            version: round.version,
            state: coded(state.word(), Bilingual::of(|language| state.label(language))),
            digests: digests_json(&round.digests),
            opened: ActorJson::of(file, &round.opened),
            people: people().map(|(number, person)| PersonJson::of(file, number, round, person, texts)).collect(),
            confirmed: round.people.iter().filter(|person| is_confirmed(person)).count(),
            waiting_for: people().filter(waits).map(|(number, _)| number).collect(),
            completed_at: round.completion().map(|actor| beijing_time(actor.position.at)),
        }
    }
}
