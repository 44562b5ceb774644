//! Rules of parties, agents and association codes.

use std::collections::BTreeSet;

use crate::court::acts::{Act, AddAgent, AddParty, Associate, ConfirmService, EndAssociation, IssueCode, RestateParty};
use crate::court::case::authority::{Appointment, set};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::filing::is_identified;
use crate::court::case::hearings::actor;
use crate::court::case::mediation_receipt;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, Agent, AssociationCode, CaseFile, Party, Text};
use crate::court::course_words::SpecialPower;
use crate::court::document::Document;
use crate::court::ids::{AccountId, AgentNumber, AnnexId, PartyNumber};
use crate::court::party_roles::roles_in;
use crate::court::values::{Capacity, Filer};
use crate::court::window::WindowKind;
use crate::court::windows::WindowKey;
use crate::court::words::{Authority, PartyRole, SubjectKind};
use crate::ledger::time::Timestamp;

/// Most parties of a case: a class action of thousands is filed by its representatives.
pub const PARTIES_MAX: u32 = 1_000;
/// The party that brings the case.
const FILER: PartyNumber = PartyNumber(1);
/// 民诉法 art. 61: most appointed agents of a party. Beside them, it has at most as many statutory agents, such as both parents.
pub const AGENTS_MAX: usize = 2;

fn require_next_number(number: u32, next: u32) -> Result<(), Refusal> {
    if number == next && next <= PARTIES_MAX { Ok(()) } else { Err(Refusal::NotNext { expected: next }) }
}

fn takes_part(file: &CaseFile, account: AccountId) -> bool {
    !file.capacities_of(account).is_empty() || file.records.has_appointment(account)
}

/// Checks that the case has parties in this role. While a case is being taken over, its parties have the roles of the succession, which
/// are compared as a whole; cases of version 1 admitted every role.
fn require_role(file: &CaseFile, role: PartyRole) -> Result<(), Refusal> {
    if file.rules < RulesVersion::V2 || file.is_being_taken_over() || roles_in(file.kind).contains(&role) {
        Ok(())
    } else {
        Err(Refusal::RoleNotOfCase { role, kind: file.kind })
    }
}

/// 增加当事人. A party may name accounts of its own side only: the other side joins with a code, or the court enters it, so
/// that no account is on both sides.
///
/// # Errors
///
/// [`Refusal`].
pub fn add_party(
    file: &mut CaseFile,
    document: &Document,
    act: &AddParty,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_next_number(act.party.0, file.next_party().0)?;
    require_role(file, act.role)?;
    let by_court = matches!(document.capacity, Capacity::Holding(_));
    if act.account.is_some() && !by_court && !act.role.brings_the_case() {
        return Err(Refusal::NotYours);
    }
    let enters = |account| replaced_entries(file, account, act.party, by_court);
    let ended = act.account.map(enters).transpose()?.unwrap_or_default();
    let name = Text { annex: act.name, index: position.index };
    let party = Party {
        role: act.role,
        former_role: act.former_role,
        subject: act.subject,
        account: act.account,
        identity: None,
        name,
        notices_confirmed: None,
        service_confirmed: None,
        service_address: None,
    };
    end_entries(file, &ended, position.at);
    file.parties.insert(act.party, party);
    Ok(())
}

/// Corrects the name or the kind of a party that was entered wrongly (更正当事人信息). Both texts stay in the record. The check of the identity
/// of the account stays, since it is of the account and not of the name.
///
/// # Errors
///
/// [`CourseRefusal::NoStatutoryAgent`]: it has a statutory agent and would be no natural person. [`Refusal::NotYours`]: another party's
/// account acts for the party itself. [`Refusal`].
pub fn restate_party(
    file: &mut CaseFile,
    document: &Document,
    act: &RestateParty,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let named = file.parties.get(&act.party).ok_or(Refusal::NoSuchParty(act.party))?;
    // The party that brings the case enters those without an account.
    let by_filer = named.account.is_none() && file.party_of(document.capacity) == Some(FILER);
    if !by_filer {
        speaks_for(file, document.capacity, act.party)?;
    }
    let is_organisation = act.subject.is_some_and(|subject| subject != SubjectKind::NaturalPerson);
    if is_organisation && file.has_statutory_agent(act.party) {
        return Err(CourseRefusal::NoStatutoryAgent.into());
    }
    let party = file.parties.get_mut(&act.party).ok_or(Refusal::NoSuchParty(act.party))?;
    party.subject = act.subject.unwrap_or(party.subject);
    if let Some(annex) = act.name {
        party.name = Text { annex, index: position.index };
    }
    Ok(())
}

fn join_as_agent(file: &mut CaseFile, number: AgentNumber, agent: Agent) -> Result<(), Refusal> {
    require_next_number(number.0, file.next_agent().0)?;
    if !file.parties.contains_key(&agent.party) {
        return Err(Refusal::NoSuchParty(agent.party));
    }
    let is_same_class =
        |one: &&Agent| (one.authority == Authority::Statutory) == (agent.authority == Authority::Statutory);
    let of_the_party =
        file.agents.values().filter(|one| one.party == agent.party && one.ended.is_none()).filter(is_same_class);
    if of_the_party.count() >= AGENTS_MAX {
        return Err(Refusal::TooManyAgents);
    }
    file.agents.insert(number, agent);
    Ok(())
}

/// 委托诉讼代理人: by the party itself, its agent with special authority, or the court. A statutory agent is not appointed: no appointed
/// agent records one.
///
/// # Errors
///
/// [`Refusal`].
pub fn add_agent(
    file: &mut CaseFile,
    document: &Document,
    act: &AddAgent,
    position: ActPosition,
) -> Result<(), Refusal> {
    let text = |annex: AnnexId| Text { annex, index: position.index };
    speaks_for(file, document.capacity, act.party)?;
    needs_special_authority(file, document.capacity)?;
    let by_appointed =
        matches!(document.capacity, Capacity::Agent(_)) && !file.is_party_itself(document.capacity, act.party);
    if act.authority == Authority::Statutory && by_appointed {
        return Err(CourseRefusal::StatutoryAgency.into());
    }
    let subject = file.parties.get(&act.party).ok_or(Refusal::NoSuchParty(act.party))?.subject;
    let (authority, power, special, relationship) =
        (act.authority, act.power, act.special.as_slice(), act.relationship);
    Appointment { authority, power, special, relationship, subject }.check(file.rules)?;
    let agent = Agent {
        party: act.party,
        account: act.account,
        authority: act.authority,
        special: set(&act.special),
        instances: set(&act.instance),
        identity: act.identity,
        name: act.name.map(text),
        power: act.power.map(text),
        relationship: act.relationship.map(text),
        ended: None,
    };
    let by_court = matches!(document.capacity, Capacity::Holding(_));
    let ended = replaced_entries(file, act.account, act.party, by_court)?;
    join_as_agent(file, act.agent, agent)?;
    end_entries(file, &ended, position.at);
    Ok(())
}

/// 解除委托: by the party or the court, or by the agent itself. A statutory agency follows from the law, so only the court ends it.
///
/// # Errors
///
/// [`Refusal`].
pub fn end_agent(
    file: &mut CaseFile,
    document: &Document,
    number: AgentNumber,
    position: ActPosition,
) -> Result<(), Refusal> {
    let agent = file.agents.get(&number).filter(|agent| agent.ended.is_none());
    let agent = agent.ok_or(Refusal::NoSuchAgent(number))?;
    let party = agent.party;
    if agent.is_statutory() && !matches!(document.capacity, Capacity::Holding(_)) {
        return Err(CourseRefusal::StatutoryAgency.into());
    }
    match document.capacity {
        Capacity::Agent(own) if own == number => {}
        Capacity::Agent(_) if !file.is_party_itself(document.capacity, party) => return Err(Refusal::NotYours),
        capacity => speaks_for(file, capacity, party)?,
    }
    if let Some(agent) = file.agents.get_mut(&number) {
        agent.ended = Some(position.at);
    }
    Ok(())
}

/// Whether this capacity represents this party. The court represents each.
pub(in crate::court::case) fn speaks_for(
    file: &CaseFile,
    capacity: Capacity,
    party: PartyNumber,
) -> Result<(), Refusal> {
    if !file.parties.contains_key(&party) {
        return Err(Refusal::NoSuchParty(party));
    }
    match capacity {
        Capacity::Holding(_) | Capacity::Platform => Ok(()),
        _ if file.party_of(capacity) == Some(party) => Ok(()),
        _ => Err(Refusal::NotYours),
    }
}

/// Requires special authority of an agent for any of the acts of 民诉法 art. 62 (2). A statutory agent needs none.
pub(in crate::court::case) fn needs_special_authority(file: &CaseFile, capacity: Capacity) -> Result<(), Refusal> {
    let Capacity::Agent(number) = capacity else { return Ok(()) };
    let is_special = |agent: &Agent| {
        let is_named =
            agent.authority == Authority::Special && (file.rules < RulesVersion::V2 || !agent.special.is_empty());
        is_named || agent.is_statutory()
    };
    if file.agents.get(&number).is_some_and(is_special) { Ok(()) } else { Err(Refusal::SpecialAuthorityNeeded) }
}

/// 关联码.
///
/// # Errors
///
/// [`Refusal`].
pub fn issue_code(file: &mut CaseFile, act: &IssueCode) -> Result<(), Refusal> {
    require_next_number(act.code.0, file.next_code().0)?;
    if !file.parties.contains_key(&act.party) {
        return Err(Refusal::NoSuchParty(act.party));
    }
    let code = AssociationCode {
        party: act.party,
        hash: act.hash,
        party_uses: act.party_uses.min(1),
        agent_uses: act.agent_uses.min(2),
        expires: act.expires,
    };
    file.codes.insert(act.code, code);
    Ok(())
}

/// Ends the association of a party with an account, for example with that of a person who used another's code (解除关联). The acts of the
/// account stay in the record, and it stays a participant (`recusal`).
///
/// # Errors
///
/// [`Refusal::NoSuchParty`]; [`Refusal::NotAssociated`].
pub fn end_association(file: &mut CaseFile, act: &EndAssociation) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let party = file.parties.get_mut(&act.party).ok_or(Refusal::NoSuchParty(act.party))?;
    if party.account.take().is_none() {
        return Err(Refusal::NotAssociated);
    }
    // What the wrong account has confirmed is not confirmed by the party.
    party.identity = None;
    party.service_confirmed = None;
    party.service_address = None;
    Ok(())
}

/// The capacities that end when the account joins `joining` with a code, or the court enters it for `joining`, or appoints it (`None`): other
/// parties entered the account for them without an act of the account. Otherwise a party could keep its opponent, the opponent's lawyer or
/// an expert out of the case by naming the account as its own.
///
/// # Errors
///
/// [`Refusal::AlreadyInTheCase`]: the account has acted in the case, the court entered or appointed it, or it was entered for `joining`.
pub(in crate::court::case) fn entries_without_own_act(
    file: &CaseFile,
    account: AccountId,
    joining: Option<PartyNumber>,
) -> Result<Vec<Capacity>, Refusal> {
    let capacities = file.capacities_of(account);
    let is_of_another_party = |capacity: &Capacity| file.party_of(*capacity) != joining;
    let can_end = capacities.is_empty()
        || (file.rules >= RulesVersion::V2 && !file.is_recused(account) && capacities.iter().all(is_of_another_party));
    if file.records.has_appointment(account) || !can_end {
        return Err(Refusal::AlreadyInTheCase);
    }
    Ok(capacities)
}

/// The capacities that end when the account is entered for a party. Only the court replaces an entry: a party could end the agency of its
/// opponent's lawyer otherwise.
fn replaced_entries(
    file: &CaseFile,
    account: AccountId,
    party: PartyNumber,
    by_court: bool,
) -> Result<Vec<Capacity>, Refusal> {
    if by_court {
        entries_without_own_act(file, account, Some(party))
    } else if takes_part(file, account) {
        Err(Refusal::AlreadyInTheCase)
    } else {
        Ok(Vec::new())
    }
}

/// Ends these capacities of an account.
pub(in crate::court::case) fn end_entries(file: &mut CaseFile, entries: &[Capacity], at: Timestamp) {
    for entry in entries {
        match entry {
            Capacity::Agent(number) => {
                if let Some(agent) = file.agents.get_mut(number) {
                    agent.ended = Some(at);
                }
            }
            Capacity::Party(number) => {
                if let Some(party) = file.parties.get_mut(number) {
                    party.account = None;
                    party.identity = None;
                }
            }
            Capacity::Oneself | Capacity::Holding(_) | Capacity::Receiving(_) | Capacity::Platform => {}
        }
    }
}

/// 关联案件: the code's party or an agent of it joins the case.
///
/// # Errors
///
/// [`Refusal`].
pub fn associate(
    file: &mut CaseFile,
    document: &Document,
    act: &Associate,
    position: ActPosition,
) -> Result<(), Refusal> {
    let text = |annex: AnnexId| Text { annex, index: position.index };
    let code = file.codes.get(&act.code).ok_or(Refusal::NoSuchCode(act.code))?;
    let party = code.party;
    if position.at >= code.expires {
        return Err(Refusal::CodeExpired);
    }
    // A statutory agent uses up the use of the party.
    let left = if act.filer == Filer::Agent { code.agent_uses } else { code.party_uses };
    if left == 0 || act.filer == Filer::Court {
        return Err(Refusal::CodeUsedUp);
    }
    if !is_identified(act.identity.as_ref()) {
        return Err(Refusal::IdentityRequired);
    }
    let ended = entries_without_own_act(file, document.by, Some(party))?;
    if matches!(act.filer, Filer::Agent | Filer::StatutoryAgent) {
        let is_statutory = act.filer == Filer::StatutoryAgent;
        // A code does not grant special authority; the party or the court does.
        let authority = if is_statutory { Authority::Statutory } else { Authority::General };
        let subject = file.parties.get(&party).ok_or(Refusal::NoSuchParty(party))?.subject;
        let (power, relationship) = (act.power, act.relationship);
        Appointment { authority, power, special: &[], relationship, subject }.check(file.rules)?;
        let number = act.agent.ok_or(Refusal::NotNext { expected: file.next_agent().0 })?;
        let agent = Agent {
            party,
            account: document.by,
            authority,
            special: BTreeSet::new(),
            instances: set(&act.instance),
            identity: act.identity,
            name: act.name.map(text),
            power: act.power.map(text),
            relationship: act.relationship.map(text),
            ended: None,
        };
        join_as_agent(file, number, agent)?;
    } else {
        join_as_party(file, document.by, party, act)?;
    }
    end_entries(file, &ended, position.at);
    file.windows.close(WindowKey::of(WindowKind::Association, party), position);
    if let Some(code) = file.codes.get_mut(&act.code) {
        let uses = if act.filer == Filer::Agent { &mut code.agent_uses } else { &mut code.party_uses };
        *uses = uses.saturating_sub(1);
    }
    Ok(())
}

fn join_as_party(file: &mut CaseFile, by: AccountId, number: PartyNumber, act: &Associate) -> Result<(), Refusal> {
    let party = file.parties.get_mut(&number).ok_or(Refusal::NoSuchParty(number))?;
    if party.account.is_some() {
        return Err(Refusal::PartyTaken);
    }
    party.account = Some(by);
    party.identity = act.identity;
    Ok(())
}

/// 撤回立案申请: an agent needs special authority for it (民诉法 art. 62), except in a case of version 1.
///
/// # Errors
///
/// [`CourseRefusal::PowerNotNamed`].
pub fn withdraw_filing(file: &CaseFile, capacity: Capacity) -> Result<(), Refusal> {
    if file.rules < RulesVersion::V2 { Ok(()) } else { file.require_power(capacity, SpecialPower::Waive) }
}

/// 确认诉前须知, 送达确认: by a party or its agent, for the party.
///
/// # Errors
///
/// [`Refusal`].
pub fn confirm(file: &mut CaseFile, document: &Document, position: ActPosition) -> Result<(), Refusal> {
    let number = file.party_of(document.capacity).ok_or(Refusal::NotYours)?;
    if let Act::ConfirmService(ConfirmService { document: Some(deposit), .. }) = &document.act {
        mediation_receipt::received(file, number, *deposit, actor(document, position));
    }
    let party = file.parties.get_mut(&number).ok_or(Refusal::NoSuchParty(number))?;
    match &document.act {
        Act::ConfirmNotice(_) => party.notices_confirmed = Some(position.at),
        Act::ConfirmService(act) => {
            party.service_confirmed = Some(position.at);
            let address = act.address.map(|annex| Text { annex, index: position.index });
            party.service_address = address.or(party.service_address);
        }
        _ => return Err(Refusal::NotOfACase),
    }
    Ok(())
}
