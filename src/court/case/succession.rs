//! The case that continues another after its dossier was accepted: parties with their roles, agents whose power of attorney names the
//! new instance, and items with the time of their first import. A pure function of the case and the hand-over, so an audit recomputes it.
//!
//! Sources: 民诉法解释 arts. 315, 317 (roles in second instance, unconfirmed), 民诉法 art. 62 (powers of attorney).

use std::collections::BTreeSet;

use crate::court::acts::TakeOver;
use crate::court::calendar::Calendar;
use crate::court::case::course::{Appeal, DecisionKind, HandOver, Origin, WithdrawalRequest};
use crate::court::case::filing::bind_number;
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::course_words::{HandOverState, Instance};
use crate::court::ids::{AccountId, AgentNumber, HandOverNumber, ItemNumber, PartyNumber};
use crate::court::service_words::DocumentKind;
use crate::court::values::FirstImport;
use crate::court::words::{CaseKind, PartyRole, Procedure, Stage, TransferKind};
use crate::ledger::number::DepositNumber;

/// What the new case must hold before it is taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The kind of proceeding.
    pub kind: CaseKind,
    /// The procedure.
    pub procedure: Procedure,
    /// The parties, under the numbers that they have: role, and role in the instance before.
    pub parties: Vec<(PartyNumber, PartyRole, Option<PartyRole>)>,
    /// The agents that come with it, by their numbers in the case before.
    pub agents: Vec<AgentNumber>,
    /// The items that come with it, by their numbers in the case before.
    pub items: Vec<(ItemNumber, FirstImport)>,
    /// Appellants that have applied to withdraw their appeal.
    pub withdrawing: Vec<PartyNumber>,
    /// The judges and members of the panel who have heard the case so far.
    pub former_judges: Vec<AccountId>,
    /// The accounts that took part as a party or agent so far.
    pub former_participants: Vec<AccountId>,
    /// In a second instance: whether a judgment or a ruling was appealed.
    pub appealed: Option<DocumentKind>,
    /// The hand-over by which the case that is continued had come to its court.
    pub came_by: Option<TransferKind>,
}

/// The instance that a power of attorney must name to be carried over; `None` if every one is, because the instance is the same.
const fn instance(kind: TransferKind) -> Option<Instance> {
    match kind {
        TransferKind::SecondInstance => Some(Instance::Second),
        TransferKind::Retrial => Some(Instance::Retrial),
        TransferKind::Remand => Some(Instance::First),
        TransferKind::Jurisdiction | TransferKind::Suit | TransferKind::DossierReturn => None,
    }
}

const fn kind_after(kind: TransferKind, was: CaseKind) -> CaseKind {
    match (kind, was) {
        (TransferKind::SecondInstance, CaseKind::AdministrativeFirst) => CaseKind::AdministrativeSecond,
        (TransferKind::SecondInstance, _) => CaseKind::CivilSecond,
        (TransferKind::Remand, CaseKind::AdministrativeSecond) => CaseKind::AdministrativeFirst,
        (TransferKind::Remand, _) => CaseKind::CivilFirst,
        (TransferKind::Retrial, _) => CaseKind::Retrial,
        (_, was) => was,
    }
}

/// 原审原告, 原审被告, 原审第三人: a party that neither appealed nor was appealed against.
const fn former(role: PartyRole) -> PartyRole {
    match role {
        PartyRole::Plaintiff | PartyRole::Applicant => PartyRole::OriginalPlaintiff,
        PartyRole::ThirdParty => PartyRole::OriginalThirdParty,
        PartyRole::Defendant | PartyRole::Respondent => PartyRole::OriginalDefendant,
        role => role,
    }
}

/// Whether the decision with this document is a judgment or a ruling.
fn form_of(file: &CaseFile, document: DepositNumber) -> Option<DocumentKind> {
    Some(match file.course.decision(document)?.kind {
        DecisionKind::Judgment => DocumentKind::Judgment,
        DecisionKind::RefusedFiling | DecisionKind::Ruling(_) => DocumentKind::Ruling,
    })
}

/// The succession of `file` by the case that continues it after `hand_over`. `procedure` is that of a retrial.
#[must_use]
pub fn succession(
    file: &CaseFile,
    hand_over: &HandOver,
    procedure: Option<Procedure>,
    calendar: &Calendar,
) -> Succession {
    // Those in the manifest: filed before it was made, and not gone by an earlier hand-over.
    let went = |one: &&Appeal| {
        let by_this = |number| file.course.hand_overs.get(&number).is_some_and(|known| known.sent == hand_over.sent);
        let is_in_it = one.position.sequence < hand_over.sent.sequence && one.handed_over.is_none_or(by_this);
        one.decision == hand_over.basis && is_in_it
    };
    let appeals: Vec<_> = file.course.appeals.values().filter(went).collect();
    let appellants: BTreeSet<PartyNumber> = appeals.iter().map(|one| one.party).collect();
    let against: BTreeSet<PartyNumber> = appeals.iter().flat_map(|one| &one.against).copied().collect();
    let role = |number: &PartyNumber, was: PartyRole, first: Option<PartyRole>| match hand_over.kind {
        TransferKind::SecondInstance if appellants.contains(number) => PartyRole::Appellant,
        TransferKind::SecondInstance if against.contains(number) => PartyRole::Appellee,
        // In a retrial the role of the first instance is not the one that the party has (再审申请人, 被申请人).
        TransferKind::SecondInstance => former(first.unwrap_or(was)),
        TransferKind::Retrial if hand_over.parties.contains(number) => PartyRole::RetrialApplicant,
        // Nobody applied: the parties have the roles of the first instance (民诉法 arts. 209, 219).
        TransferKind::Retrial if hand_over.parties.is_empty() => first.unwrap_or(was),
        TransferKind::Retrial if matches!(was, PartyRole::ThirdParty | PartyRole::OriginalThirdParty) => {
            PartyRole::OriginalThirdParty
        }
        TransferKind::Retrial => PartyRole::Respondent,
        TransferKind::Remand => first.unwrap_or(PartyRole::ThirdParty),
        _ => was,
    };
    let parties = file.parties.iter().map(|(number, party)| {
        let before = match hand_over.kind {
            TransferKind::SecondInstance | TransferKind::Retrial => Some(party.former_role.unwrap_or(party.role)),
            TransferKind::Remand => None,
            _ => party.former_role,
        };
        (*number, role(number, party.role, party.former_role), before)
    });
    let named = instance(hand_over.kind);
    let carried = |agent: &crate::court::case::state::Agent| {
        // A statutory agent's authority follows from the relationship, in every instance.
        agent.is_statutory()
            || (agent.ended.is_none() && named.is_none_or(|instance| agent.instances.contains(&instance)))
    };
    let agents = file.agents.iter().filter(|(_, agent)| carried(agent)).map(|(number, _)| *number);
    let items = file.items.iter().filter(|(_, item)| item.is_active()).map(|(number, item)| {
        let late = file.lateness(item, calendar).is_late();
        let first = FirstImport { case: file.id, item: *number, at: item.first_imported_at, late };
        (*number, first)
    });
    Succession {
        kind: kind_after(hand_over.kind, file.kind),
        procedure: match hand_over.kind {
            TransferKind::SecondInstance => Procedure::SecondInstance,
            TransferKind::Jurisdiction => file.procedure,
            _ => procedure.unwrap_or(Procedure::Ordinary),
        },
        parties: parties.collect(),
        agents: agents.collect(),
        items: items.collect(),
        withdrawing: appeals.iter().filter(|one| one.withdrawal.is_some()).map(|one| one.party).collect(),
        former_judges: file.judges_so_far().into_iter().collect(),
        former_participants: file.participants_so_far().into_iter().collect(),
        appealed: (hand_over.kind == TransferKind::SecondInstance).then(|| form_of(file, hand_over.basis)).flatten(),
        came_by: file.course.origin.as_ref().map(|origin| origin.kind),
    }
}

impl CaseFile {
    /// The hand-over by which this case is just being taken over; until then only its own steps act upon it.
    #[must_use]
    pub const fn is_being_taken_over(&self) -> bool {
        self.course.incoming.is_some()
    }

    /// The first difference between this case and what it must hold; `None` if there is none.
    #[must_use]
    pub fn difference_from(&self, expected: &Succession) -> Option<String> {
        if (self.kind, self.procedure) != (expected.kind, expected.procedure) {
            return Some(format!("it is {} by {}", self.kind, self.procedure));
        }
        let parties: Vec<_> =
            self.parties.iter().map(|(number, party)| (*number, party.role, party.former_role)).collect();
        if parties != expected.parties {
            return Some("its parties or their roles differ".into());
        }
        if self.agents.len() != expected.agents.len() {
            return Some(format!("it has {} agents, not {}", self.agents.len(), expected.agents.len()));
        }
        // An omitted judge could sit again where a new panel is required.
        if !self.course.former_judges.iter().eq(&expected.former_judges) {
            return Some("the judges who heard it before differ".into());
        }
        if !self.course.former_participants.iter().eq(&expected.former_participants) {
            return Some("those who took part before as parties or agents differ".into());
        }
        // On these rest the form of the decision on the appeal, and that a case is remanded only once (民诉法 art. 177).
        let came = self.course.origin.as_ref().map(|origin| (origin.appealed, origin.came_by));
        if came.is_some_and(|came| came != (expected.appealed, expected.came_by)) {
            return Some("the decision appealed, or how the case came before, differs".into());
        }
        let items: Vec<_> = self.items.values().filter_map(|item| item.import.carried).collect();
        let wanted: Vec<_> = expected.items.iter().map(|(_, first)| *first).collect();
        (items != wanted).then(|| "its items, their first imports or late marks differ".into())
    }
}

/// 接收并立案: the last act of the opening, after which the case is at the court as filed.
///
/// # Errors
///
/// [`Refusal::NothingCarried`], [`Refusal::OutOfOrder`], [`Refusal::OtherCourt`].
pub fn take_over(file: &mut CaseFile, act: &TakeOver, position: ActPosition) -> Result<(), Refusal> {
    let Some((case, kind)) = file.from else { return Err(Refusal::NothingCarried) };
    if file.course.incoming != Some(act.hand_over) || case != act.case || file.stage != Stage::Draft {
        return Err(Refusal::NothingCarried);
    }
    let counts = [file.parties.len(), file.agents.len(), file.items.size()];
    if counts != [act.parties, act.agents, act.items].map(|count| count as usize) {
        return Err(Refusal::OutOfOrder);
    }
    // Only what was handed over comes in this way.
    if file.items.values().any(|item| item.import.carried.is_none()) {
        return Err(Refusal::OutOfOrder);
    }
    if let Some(number) = &act.number {
        bind_number(file, number)?;
    }
    for party in &act.withdrawing {
        let request = WithdrawalRequest { position, party: *party, allowed: None };
        file.course.appeal_withdrawals.insert(*party, request);
    }
    file.course.incoming = None;
    file.course.former_judges = act.former_judge.iter().copied().collect();
    file.course.former_participants = act.former_participant.iter().copied().collect();
    file.course.origin = Some(Origin {
        case,
        hand_over: act.hand_over,
        court: act.court.clone(),
        kind,
        manifest: act.manifest,
        appealed: act.appealed,
        came_by: act.came_by,
        position,
    });
    file.submitted = Some(position.at);
    file.filed = Some(position.at);
    file.stage = Stage::AwaitingAssignment;
    Ok(())
}

/// Whether the hand-over of this number was accepted into the case `to`.
#[must_use]
pub fn was_accepted_into(file: &CaseFile, number: HandOverNumber, to: crate::court::ids::CaseId) -> bool {
    let accepted = |one: &HandOver| one.state == HandOverState::Accepted && one.case == Some(to);
    file.course.hand_overs.get(&number).is_some_and(accepted)
}
