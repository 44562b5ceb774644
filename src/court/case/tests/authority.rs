//! Statutory agents of persons without capacity to litigate: 民诉法 art. 60.

use super::course::*;
use super::*;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::succession::succession;
use crate::court::course_words::SpecialPower;
use crate::court::ids::{HandOverNumber, ServiceNumber};
use crate::court::service_words::{DocumentKind, ServiceMode};

const GUARDIAN: AccountId = AccountId(Digest([5; 32]));
const BY_GUARDIAN: Capacity = Capacity::Agent(AgentNumber(1));

fn guardian(agent: u32, by: AccountId) -> AddAgent {
    AddAgent {
        agent: AgentNumber(agent),
        account: by,
        authority: Authority::Statutory,
        power: None,
        relationship: Some(AnnexId(Digest([6; 32]))),
        ..super::course::agent(&[], &[])
    }
}

/// A case whose plaintiff is a person.
fn of_persons() -> TestCase {
    let mut course = TestCase::assigned();
    for party in course.file.parties.values_mut() {
        party.subject = SubjectKind::NaturalPerson;
    }
    course
}

/// The same with a guardian of the plaintiff.
fn guarded() -> TestCase {
    let mut course = of_persons();
    course.clerk(Act::AddAgent(guardian(1, GUARDIAN)));
    course
}

fn end(agent: u32) -> Act {
    Act::EndAgent(EndAgent { agent: AgentNumber(agent) })
}

/// 民诉法 art. 60: the guardian acts, and the party does not.
#[test]
fn a_party_without_capacity_acts_through_its_guardian_alone() {
    let mut course = guarded();
    let through = refused(CourseRefusal::ThroughStatutoryAgent);
    assert_eq!(course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})), through);
    assert_eq!(course.import(PLAINTIFF, FIRST, 1), through);
    assert_eq!(course.file.permitted_acts(PLAINTIFF, FIRST), []);
    assert!(course.file.permitted_acts(GUARDIAN, BY_GUARDIAN).contains(&ActKind::Import));
    course.import(GUARDIAN, BY_GUARDIAN, 1).unwrap();
    // What needs special authority of an appointed agent does not of this one, and it appoints others.
    let lawyer = AddAgent { agent: AgentNumber(2), account: account(3), ..agent(&[SpecialPower::Waive], &[]) };
    course.does(GUARDIAN, BY_GUARDIAN, Act::AddAgent(lawyer)).unwrap();
    course.does(GUARDIAN, BY_GUARDIAN, Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    // The other side is not concerned.
    course.defendant(object(2)).unwrap();
}

/// The authority follows from the relationship: there is its document, and nothing else.
#[test]
fn a_guardian_names_the_relationship_and_only_a_person_has_one() {
    let mut course = of_persons();
    let add = |course: &mut TestCase, act: AddAgent| course.does(account(8), CLERK, Act::AddAgent(act));
    let needed = refused(CourseRefusal::RelationshipNeeded);
    assert_eq!(add(&mut course, AddAgent { relationship: None, ..guardian(1, GUARDIAN) }), needed);
    let power = Some(AnnexId(Digest([3; 32])));
    assert_eq!(add(&mut course, AddAgent { power, ..guardian(1, GUARDIAN) }), needed);
    assert_eq!(add(&mut course, AddAgent { special: vec![SpecialPower::Appeal], ..guardian(1, GUARDIAN) }), needed);
    let lawyer = AddAgent { relationship: Some(AnnexId(Digest([6; 32]))), ..agent(&[], &[]) };
    assert_eq!(add(&mut course, lawyer), needed);
    course.file.parties.get_mut(&PartyNumber(1)).unwrap().subject = SubjectKind::LegalPerson;
    assert_eq!(add(&mut course, guardian(1, GUARDIAN)), refused(CourseRefusal::NoStatutoryAgent));
    course.file.rules = RulesVersion::V1;
    assert_eq!(add(&mut course, guardian(1, GUARDIAN)), Err(Refusal::RulesVersion(OlderRules { needed: 2, found: 1 })));
}

/// Both parents beside two lawyers; 民诉法 art. 61 counts the appointed ones.
#[test]
fn guardians_are_not_counted_as_appointed_agents_and_only_the_court_ends_their_agency() {
    let mut course = guarded();
    course.does(GUARDIAN, BY_GUARDIAN, Act::AddAgent(guardian(2, account(6)))).unwrap();
    for number in [3, 4] {
        let by = account(u8::try_from(number).unwrap() + 20);
        let lawyer = AddAgent { agent: AgentNumber(number), account: by, ..agent(&[SpecialPower::Appeal], &[]) };
        course.does(GUARDIAN, BY_GUARDIAN, Act::AddAgent(lawyer)).unwrap();
    }
    let third = course.does(account(8), CLERK, Act::AddAgent(guardian(5, account(30))));
    assert_eq!(third, Err(Refusal::TooManyAgents));
    let lawyer = Capacity::Agent(AgentNumber(3));
    let by_court = refused(CourseRefusal::StatutoryAgency);
    assert_eq!(course.does(account(23), lawyer, Act::AddAgent(guardian(5, account(30)))), by_court);
    assert_eq!(course.does(GUARDIAN, BY_GUARDIAN, end(2)), by_court);
    assert_eq!(course.does(GUARDIAN, BY_GUARDIAN, end(1)), by_court);
    course.does(GUARDIAN, BY_GUARDIAN, end(4)).unwrap();
    // The ward has come of age.
    course.clerk(end(1));
    assert_eq!(course.import(PLAINTIFF, FIRST, 1), refused(CourseRefusal::ThroughStatutoryAgent));
    course.clerk(end(2));
    course.import(PLAINTIFF, FIRST, 1).unwrap();
}

/// The guardian opens the case, or joins it with the code of the party, in whose place it stands.
#[test]
fn a_guardian_files_for_its_ward_and_joins_by_the_code_of_the_party() {
    let (power, relationship) = (None, Some(AnnexId(Digest([6; 32]))));
    let open = |relationship, subject| {
        let open = made!(Open {
            role: PartyRole::Plaintiff,
            filer: Filer::StatutoryAgent,
            authority: None,
            account: None,
            kind: CaseKind::CivilFirst,
            from: None,
            transfer: None,
            hand_over: None,
            special: Vec::new(),
            rules: Some(RulesVersion::CURRENT),
            power,
            relationship,
            subject,
        });
        begin(CASE, &document(&mut Dice(1), Stream::Case, GUARDIAN, BY_GUARDIAN, open), position(1, 0))
    };
    let file = open(relationship, SubjectKind::NaturalPerson).unwrap();
    assert!(file.has_statutory_agent(PartyNumber(1)) && file.parties[&PartyNumber(1)].account.is_none());
    assert_eq!(open(None, SubjectKind::NaturalPerson), refused(CourseRefusal::RelationshipNeeded));
    assert_eq!(open(relationship, SubjectKind::LegalPerson), refused(CourseRefusal::NoStatutoryAgent));

    let mut course = of_persons();
    course.file.parties.get_mut(&PartyNumber(2)).unwrap().account = None;
    course.clerk(made!(IssueCode {
        code: CodeNumber(2),
        party: PartyNumber(2),
        party_uses: 1,
        agent_uses: 1,
        expires: Timestamp::from_millis(START + 40 * 86_400_000).unwrap(),
    }));
    let join = |filer, agent: u32| {
        let (code, agent) = (CodeNumber(2), Some(AgentNumber(agent)));
        made!(Associate { code, filer, agent, authority: None, power, relationship })
    };
    course.does(GUARDIAN, Capacity::Oneself, join(Filer::StatutoryAgent, 1)).unwrap();
    assert_eq!(course.file.agents[&AgentNumber(1)].authority, Authority::Statutory);
    let again = course.does(account(6), Capacity::Oneself, join(Filer::StatutoryAgent, 2));
    assert_eq!(again, Err(Refusal::CodeUsedUp));
    assert_eq!(course.does(account(2), Capacity::Oneself, join(Filer::Principal, 2)), Err(Refusal::CodeUsedUp));
}

/// 解释 art. 133 (unconfirmed): a mediation statement goes to the party itself, which its guardian is in this.
#[test]
fn a_guardian_receives_a_mediation_statement_for_its_ward() {
    let mut course = guarded();
    let lawyer = AddAgent { agent: AgentNumber(2), account: account(3), ..agent(&[SpecialPower::Settle], &[]) };
    course.does(GUARDIAN, BY_GUARDIAN, Act::AddAgent(lawyer)).unwrap();
    course.clerk(made!(Serve {
        service: ServiceNumber(1),
        party: PartyNumber(1),
        mode: ServiceMode::Electronic,
        kind: DocumentKind::MediationStatement,
        document: doc(1),
        days: None,
        beside: None,
    }));
    let confirm = Act::ConfirmReceipt(ConfirmReceipt { service: ServiceNumber(1) });
    let not_named = course.does(account(3), Capacity::Agent(AgentNumber(2)), confirm.clone());
    assert_eq!(not_named, Err(ServiceError::PartyItself.into()));
    // It is the party's own receipt; that nothing was sent yet is another matter.
    let own = course.does(GUARDIAN, BY_GUARDIAN, confirm);
    assert_eq!(own, Err(ServiceError::NotSent.into()));
    let name = Act::NameReceiver(NameReceiver { agent: AgentNumber(2) });
    course.does(GUARDIAN, BY_GUARDIAN, name).unwrap();
    let confirm = Act::ConfirmReceipt(ConfirmReceipt { service: ServiceNumber(1) });
    let named = course.does(account(3), Capacity::Agent(AgentNumber(2)), confirm);
    assert_eq!(named, Err(ServiceError::NotSent.into()));
}

/// A power of attorney is for one instance, a relationship for all.
#[test]
fn a_guardian_goes_on_into_the_next_instance() {
    let mut course = guarded();
    let lawyer = AddAgent { agent: AgentNumber(2), account: account(3), ..agent(&[SpecialPower::Appeal], &[]) };
    course.does(GUARDIAN, BY_GUARDIAN, Act::AddAgent(lawyer)).unwrap();
    course.judge(judge(Some(doc(1)))).unwrap();
    course.does(GUARDIAN, BY_GUARDIAN, appeal(1, 1, 1, &[2])).unwrap();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let next = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    assert_eq!(next.agents, [AgentNumber(1)]);
}
