//! 回避: nobody acts in the same case for a party and for the court (民诉法 art. 47).

use super::course::*;
use super::*;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::succession::succession;
use crate::court::ids::HandOverNumber;

const AGENT: Capacity = Capacity::Agent(AgentNumber(1));

fn recused() -> Result<(), Refusal> {
    refused(CourseRefusal::Recused)
}

const fn assign(judge: AccountId) -> Act {
    Act::Assign(Assign { judge: Some(judge) })
}

fn panel(members: &[u8]) -> Act {
    Act::FormPanel(FormPanel { member: members.iter().map(|n| account(*n)).collect() })
}

fn appoint(account: AccountId) -> Act {
    Act::Appoint(Appoint { role: Role::Expert, account })
}

/// The plaintiff names this account as its agent.
fn names(course: &mut TestCase, account: AccountId) {
    let (agent, party, authority) = (AgentNumber(1), PartyNumber(1), Authority::General);
    let (power, special, relationship) = (Some(AnnexId(Digest([3; 32]))), Vec::new(), None);
    let act = made!(AddAgent { agent, party, account, authority, power, special, relationship });
    course.does(PLAINTIFF, FIRST, act).unwrap();
}

fn submitted() -> TestCase {
    submitted_with(|_| {})
}

/// A suit that is submitted after more has been entered.
fn submitted_with(enter: impl FnOnce(&mut TestCase)) -> TestCase {
    let mut course = TestCase::begin();
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.complete();
    enter(&mut course);
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    course
}

#[test]
fn staff_who_sue_do_not_handle_their_own_suit() {
    let mut course = submitted();
    for capacity in [CLERK, JUDGE, RECEIVER] {
        assert_eq!(course.does(PLAINTIFF, capacity, Act::Approve(Approve {})), recused(), "{capacity:?}");
        assert_eq!(course.file.relation(PLAINTIFF, capacity), None);
        assert_eq!(course.file.permitted_acts(PLAINTIFF, capacity), []);
    }
    course.clerk(Act::Approve(Approve {}));
    assert_eq!(course.does(PLAINTIFF, CLERK, Act::FileCase(FileCase { number: None })), recused());
    course.clerk(Act::FileCase(FileCase { number: None }));
    assert_eq!(course.does(account(8), CLERK, assign(PLAINTIFF)), recused());
    course.clerk(assign(account(9)));
    assert_eq!(course.does(account(8), CLERK, panel(&[9, 0, 6])), recused());
    course.clerk(panel(&[9, 5, 6]));
    assert_eq!(course.does(PLAINTIFF, JUDGE, Act::BeginHearing(BeginHearing {})), recused());
    // Cases of version 1 keep their results.
    let mut older = submitted();
    older.file.rules = RulesVersion::V1;
    older.does(PLAINTIFF, CLERK, Act::Approve(Approve {})).unwrap();
}

#[test]
fn who_joined_with_a_code_is_a_party_also_after_leaving() {
    let mut course = TestCase::assigned();
    assert_eq!(course.does(account(8), CLERK, assign(account(2))), recused());
    course.does(account(5), Capacity::Oneself, associate(1, Filer::Agent, Some(1))).unwrap();
    course.does(account(5), AGENT, Act::EndAgent(EndAgent { agent: AgentNumber(1) })).unwrap();
    assert_eq!(course.file.capacities_of(account(5)), []);
    for act in [assign(account(5)), panel(&[9, 5, 6]), appoint(account(5))] {
        assert_eq!(course.does(account(8), CLERK, act.clone()), recused(), "{act:?}");
    }
    course.clerk(appoint(account(6)));
}

/// Otherwise a party could choose its judge by naming all others.
#[test]
fn a_party_does_not_exclude_a_judge_by_naming_the_judge() {
    let partner = made!(AddParty { party: PartyNumber(3), role: PartyRole::Plaintiff, account: Some(account(6)) });
    let mut course = submitted_with(|course| {
        names(course, account(9));
        course.does(PLAINTIFF, FIRST, partner).unwrap();
    });
    course.court(Act::Approve(Approve {}));
    course.court(Act::FileCase(FileCase { number: None }));
    course.clerk(assign(account(9)));
    course.clerk(panel(&[9, 5, 6]));
    // Laying down the agency is not acting as an agent.
    course.does(account(9), AGENT, Act::EndAgent(EndAgent { agent: AgentNumber(1) })).unwrap();
    course.court(Act::BeginHearing(BeginHearing {}));
}

/// Otherwise a party could keep its opponent, or the opponent's lawyer, from joining.
#[test]
fn a_party_does_not_exclude_its_opponent_by_naming_it() {
    let partner = made!(AddParty { party: PartyNumber(3), role: PartyRole::Plaintiff, account: Some(account(4)) });
    let mut course = submitted_with(|course| {
        names(course, account(5));
        course.does(PLAINTIFF, FIRST, partner).unwrap();
    });
    course.clerk(Act::Approve(Approve {}));
    course.clerk(Act::FileCase(FileCase { number: None }));
    course.clerk(issue(1));
    // A code of the party that entered the account changes nothing.
    let expires = Timestamp::from_millis(START + 40 * 86_400_000).unwrap();
    course.clerk(made!(IssueCode { code: CodeNumber(2), party: PartyNumber(1), agent_uses: 2, expires: expires }));
    let again = course.does(account(5), Capacity::Oneself, associate(2, Filer::Agent, Some(2)));
    assert_eq!(again, Err(Refusal::AlreadyInTheCase));
    // A join that is rejected ends no capacity: `does` compares the case with the one before.
    let wrong = course.does(account(5), Capacity::Oneself, associate(1, Filer::Agent, Some(9)));
    assert_eq!(wrong, Err(Refusal::NotNext { expected: 2 }));

    course.does(account(5), Capacity::Oneself, associate(1, Filer::Agent, Some(2))).unwrap();
    assert_eq!(course.file.capacities_of(account(5)), [Capacity::Agent(AgentNumber(2))]);
    course.does(account(4), Capacity::Oneself, associate(1, Filer::Principal, None)).unwrap();
    assert_eq!(course.file.capacities_of(account(4)), [SECOND]);
    assert_eq!(course.file.parties[&PartyNumber(3)].account, None);
    // Both have acted now.
    for by in [account(4), account(5)] {
        assert_eq!(
            course.does(by, Capacity::Oneself, associate(2, Filer::Agent, Some(3))),
            Err(Refusal::AlreadyInTheCase)
        );
    }
}

/// The court replaces such an entry; another party does not, since it could end the agency of its opponent's lawyer.
#[test]
fn only_the_court_enters_an_account_that_another_party_has_named() {
    let mut course = submitted_with(|course| names(course, account(5)));
    course.clerk(Act::Approve(Approve {}));
    course.clerk(Act::FileCase(FileCase { number: None }));
    course.clerk(issue(1));
    course.does(account(2), Capacity::Oneself, associate(1, Filer::Principal, None)).unwrap();
    let enters = |party: u32| {
        let (agent, party, authority) = (AgentNumber(2), PartyNumber(party), Authority::General);
        let (power, special, relationship) = (Some(AnnexId(Digest([3; 32]))), Vec::new(), None);
        made!(AddAgent { agent, party, account: account(5), authority, power, special, relationship })
    };
    assert_eq!(course.does(account(2), SECOND, enters(2)), Err(Refusal::AlreadyInTheCase));
    assert_eq!(course.does(account(8), CLERK, enters(1)), Err(Refusal::AlreadyInTheCase), "its own party");
    course.clerk(enters(2));
    assert_eq!(course.file.capacities_of(account(5)), [Capacity::Agent(AgentNumber(2))]);
    let third = made!(AddParty { party: PartyNumber(3), role: PartyRole::ThirdParty, account: Some(account(5)) });
    assert_eq!(course.does(account(8), CLERK, third), Err(Refusal::AlreadyInTheCase), "entered by the court");
}

/// To end the agency of another agent is an act for the party; to resign is not.
#[test]
fn an_agent_who_ends_another_agency_has_acted() {
    let mut course = submitted_with(|course| names(course, account(5)));
    course.file.parties.get_mut(&PartyNumber(1)).unwrap().subject = SubjectKind::NaturalPerson;
    let guardian = made!(AddAgent {
        agent: AgentNumber(2),
        party: PartyNumber(1),
        account: account(6),
        authority: Authority::Statutory,
        power: None,
        special: Vec::new(),
        relationship: Some(AnnexId(Digest([6; 32]))),
    });
    course.clerk(Act::Approve(Approve {}));
    course.clerk(Act::FileCase(FileCase { number: None }));
    course.does(PLAINTIFF, FIRST, guardian).unwrap();
    assert!(!course.file.is_recused(account(6)));
    course
        .does(account(6), Capacity::Agent(AgentNumber(2)), Act::EndAgent(EndAgent { agent: AgentNumber(1) }))
        .unwrap();
    assert!(course.file.is_recused(account(6)));
    assert!(!course.file.is_recused(account(5)));
}

#[test]
fn a_party_does_not_exclude_an_expert_by_naming_the_expert() {
    let mut course = submitted_with(|course| names(course, account(5)));
    course.clerk(Act::Approve(Approve {}));
    course.clerk(Act::FileCase(FileCase { number: None }));
    course.clerk(appoint(account(5)));
    assert_eq!(course.file.capacities_of(account(5)), []);
    assert_eq!(course.does(account(8), CLERK, appoint(account(5))), Err(Refusal::AlreadyInTheCase));
}

/// An entry by the court, or one in which the account has acted, stays.
#[test]
fn an_agent_who_acted_or_whom_the_court_entered_does_not_join_another_party() {
    let agent = |course: &mut TestCase, by_court: bool| {
        let (agent, party, authority) = (AgentNumber(1), PartyNumber(1), Authority::General);
        let (power, special, relationship) = (Some(AnnexId(Digest([3; 32]))), Vec::new(), None);
        let act = made!(AddAgent { agent, party, account: account(5), authority, power, special, relationship });
        if by_court { course.clerk(act) } else { course.does(PLAINTIFF, FIRST, act).unwrap() }
    };
    for by_court in [true, false] {
        let mut course = submitted();
        course.clerk(Act::Approve(Approve {}));
        course.clerk(Act::FileCase(FileCase { number: None }));
        agent(&mut course, by_court);
        if !by_court {
            let confirms = Act::ConfirmService(ConfirmService { document: None, address: None });
            course.does(account(5), AGENT, confirms).unwrap();
        }
        course.clerk(issue(1));
        let joins = course.does(account(5), Capacity::Oneself, associate(1, Filer::Agent, Some(2)));
        assert_eq!(joins, Err(Refusal::AlreadyInTheCase), "{by_court}");
    }
}

#[test]
fn a_named_agent_who_acts_has_accepted() {
    let mut course = submitted_with(|course| names(course, account(9)));
    course.clerk(Act::Approve(Approve {}));
    course.clerk(Act::FileCase(FileCase { number: None }));
    course.does(account(9), AGENT, Act::ConfirmService(ConfirmService { document: None, address: None })).unwrap();
    assert_eq!(course.does(account(9), JUDGE, Act::Approve(Approve {})), recused());
    course.does(account(9), AGENT, Act::EndAgent(EndAgent { agent: AgentNumber(1) })).unwrap();
    assert_eq!(course.does(account(9), JUDGE, Act::Approve(Approve {})), recused());
}

#[test]
fn who_acted_for_the_court_does_not_act_for_a_party_later() {
    let mut course = TestCase::assigned();
    names(&mut course, account(9));
    course.court(Act::BeginHearing(BeginHearing {}));
    let confirm = || Act::ConfirmService(ConfirmService { document: None, address: None });
    let acted = || refused(CourseRefusal::ActedForCourt);
    assert_eq!(course.does(account(9), AGENT, confirm()), acted());
    assert!(!course.file.permitted_acts(account(9), AGENT).contains(&ActKind::ConfirmService));
    let joins = associate(1, Filer::Agent, Some(2));
    assert_eq!(course.does(account(8), Capacity::Oneself, joins), acted());
    course.does(account(9), AGENT, Act::EndAgent(EndAgent { agent: AgentNumber(1) })).unwrap();
    course.does(account(2), SECOND, confirm()).unwrap();
}

#[test]
fn an_entry_by_the_court_counts_and_goes_on_into_the_next_case() {
    let mut course = TestCase::assigned();
    let third = |account| made!(AddParty { party: PartyNumber(3), role: PartyRole::ThirdParty, account });
    let mut taken = TestCase { file: course.file.clone(), at: course.at };
    course.clerk(third(Some(account(7))));
    assert_eq!(course.does(account(8), CLERK, panel(&[9, 6, 7])), recused());
    // What is carried over says nothing on who acted in the case before; the end of the taking over does.
    taken.file.from = Some((CASE, TransferKind::SecondInstance));
    taken.file.stage = Stage::Draft;
    taken.clerk(third(Some(account(7))));
    assert!(!taken.file.is_recused(account(7)));

    course.clerk(panel(&[9, 5, 6]));
    course.judge(judge(Some(doc(1)))).unwrap();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let up = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    assert_eq!(up.former_participants, [PLAINTIFF, account(2), account(7)]);
    assert_eq!(course.does(account(2), RECEIVER, made!(ReceiveHandOver { hand_over: HandOverNumber(1) })), recused());
}
