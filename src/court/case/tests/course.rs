//! Decisions, appeals, objections, authority of agents: examples from the law, each named with its article.

use super::*;
use crate::court::case::appeals::appeal_window;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::manifest::{lines, root};
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case_number::CourtCode;
use crate::court::course_words::{
    AppealOutcome, FiledWith, Instance, ObjectionEffect, RulingKind, SpecialPower, Timeliness, Volume,
};
use crate::court::ids::{AppealNumber, HandOverNumber};
use crate::court::window::{Start, WindowKind};
use crate::court::windows::WindowKey;
use crate::ledger::number::DepositNumber;

pub(super) const RECEIVER: Capacity = Capacity::Receiving(Role::Clerk);

/// The deposit number of document `n`.
pub(super) fn doc(n: u64) -> DepositNumber {
    (0..).find_map(|draw| DepositNumber::draw(true, 20_261_122, n << 16 | draw)).unwrap()
}

pub(super) fn court(code: &str) -> CourtCode {
    CourtCode::parse(code).unwrap()
}

pub(super) fn refused<T>(refusal: CourseRefusal) -> Result<T, Refusal> {
    Err(Refusal::Course(refusal))
}

pub(super) fn judge(document: Option<DepositNumber>) -> Act {
    Act::Judge(Judge { document })
}

pub(super) fn rule(ruling: RulingKind, n: u64) -> Act {
    Act::Rule(Rule { ruling, document: doc(n), party: None })
}

pub(super) fn appeal(number: u32, party: u32, decision: u64, against: &[u32]) -> Act {
    Act::Appeal(Appeal {
        appeal: AppealNumber(number),
        party: PartyNumber(party),
        decision: doc(decision),
        petition: doc(100 + u64::from(number)),
        against: against.iter().copied().map(PartyNumber).collect(),
        filed_with: FiledWith::First,
        day: None,
    })
}

pub(super) fn send(file: &CaseFile, kind: TransferKind, to: &str, basis: u64) -> SendHandOver {
    SendHandOver {
        hand_over: file.next_hand_over(),
        kind,
        to: court(to),
        basis: doc(basis),
        party: Vec::new(),
        manifest: root(&lines(file, Volume::Main, &Calendar::default())).unwrap(),
        second_volume: root(&lines(file, Volume::Second, &Calendar::default())),
        on_paper: None,
        outcome: None,
    }
}

/// Judged by document 1; the plaintiff has appealed.
pub(super) fn appealed() -> TestCase {
    let mut course = TestCase::judged();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    course
}

impl TestCase {
    pub(super) fn judge(&mut self, act: Act) -> Result<(), Refusal> {
        self.does(account(9), JUDGE, act)
    }

    pub(super) fn defendant(&mut self, act: Act) -> Result<(), Refusal> {
        self.does(account(2), SECOND, act)
    }

    pub(super) fn plaintiff(&mut self, act: Act) -> Result<(), Refusal> {
        self.does(PLAINTIFF, FIRST, act)
    }

    /// Judged by document 1, and both parties have appealed if `both`.
    pub(super) fn judged() -> Self {
        let mut course = Self::assigned();
        course.judge(judge(Some(doc(1)))).unwrap();
        course
    }

    pub(super) fn sends(&mut self, kind: TransferKind, to: &str, basis: u64) -> Result<(), Refusal> {
        let act = Act::SendHandOver(send(&self.file, kind, to, basis));
        self.does(account(8), CLERK, act)
    }

    pub(super) fn receives(&mut self, number: u32) -> Result<(), Refusal> {
        let act = Act::ReceiveHandOver(ReceiveHandOver { hand_over: HandOverNumber(number) });
        self.does(account(6), RECEIVER, act)
    }

    pub(super) fn accept_of(&self, number: u32) -> AcceptHandOver {
        let one = &self.file.course.hand_overs[&HandOverNumber(number)];
        let opens = one.kind != TransferKind::DossierReturn;
        AcceptHandOver {
            hand_over: HandOverNumber(number),
            manifest: one.manifest,
            second_volume: one.second_volume,
            to: opens.then_some(CaseId(Digest([99; 32]))),
            procedure: None,
        }
    }

    pub(super) fn accepts(&mut self, number: u32) -> Result<(), Refusal> {
        let act = Act::AcceptHandOver(self.accept_of(number));
        self.does(account(6), RECEIVER, act)
    }
}

/// 民诉法 art. 148: the court rules on the application; L3.
#[test]
fn a_suit_is_withdrawn_by_the_courts_ruling() {
    let mut course = TestCase::assigned();
    assert_eq!(course.judge(rule(RulingKind::AllowWithdrawal, 1)), refused(CourseRefusal::NothingToRuleOn));
    course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    assert_eq!(course.file.stage, Stage::Assigned);
    assert_eq!(course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})), refused(CourseRefusal::WithdrawalPending));
    course.judge(rule(RulingKind::RefuseWithdrawal, 1)).unwrap();
    assert_eq!(course.file.stage, Stage::Assigned);
    course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    assert_eq!(course.judge(rule(RulingKind::AllowWithdrawal, 1)), refused(CourseRefusal::DecisionRecorded(doc(1))));
    course.judge(rule(RulingKind::AllowWithdrawal, 2)).unwrap();
    assert_eq!((course.file.stage, course.file.course.decisions.len()), (Stage::Discontinued, 2));
}

/// L13; 民诉法 art. 40.
#[test]
fn only_the_assigned_judge_or_the_panel_gives_judgment_and_with_a_document() {
    let mut course = TestCase::assigned();
    let other = account(7);
    assert_eq!(course.does(other, JUDGE, judge(Some(doc(1)))), refused(CourseRefusal::NotAssigned));
    assert_eq!(course.judge(judge(None)), refused(CourseRefusal::DocumentNeeded));
    let panel = |members: &[u8]| Act::FormPanel(FormPanel { member: members.iter().map(|n| account(*n)).collect() });
    assert_eq!(course.does(account(8), CLERK, panel(&[9, 7])), refused(CourseRefusal::PanelNotOdd));
    assert_eq!(course.does(account(8), CLERK, panel(&[5, 6, 7])), refused(CourseRefusal::NotAssigned));
    course.clerk(panel(&[9, 7, 6]));
    course.does(other, JUDGE, judge(Some(doc(1)))).unwrap();
    assert_eq!((course.file.stage, course.file.judgment), (Stage::Judged, Some(doc(1))));
}

/// L13: 民诉法 art. 126.
#[test]
fn a_filing_is_refused_by_a_ruling_which_can_be_appealed() {
    let mut course = TestCase::begin();
    course.complete();
    course.plaintiff(Act::Submit(Submit {})).unwrap();
    let refuse = |document| Act::Refuse(Refuse { reason: None, document });
    assert_eq!(course.judge(refuse(None)), refused(CourseRefusal::DocumentNeeded));
    course.judge(refuse(Some(doc(1)))).unwrap();
    assert_eq!(course.file.stage, Stage::Refused);
    course.plaintiff(appeal(1, 1, 1, &[])).unwrap();
    assert!(course.file.course.appeals[&AppealNumber(1)].against.is_empty());
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    let back = |outcome| {
        Act::TakeBack(TakeBack {
            case: CaseId(Digest([99; 32])),
            hand_over: HandOverNumber(1),
            manifest: course.file.course.hand_overs[&HandOverNumber(1)].manifest,
            decision: doc(9),
            outcome,
        })
    };
    let directed = back(AppealOutcome::Directed);
    course.clerk(directed.clone());
    assert_eq!(course.file.stage, Stage::Approved);
    let again = course.does(account(8), CLERK, directed);
    assert_eq!(again, Err(Refusal::Denied(DeniedReason::WrongStage)));
}

/// L13: an erasure order rests on a document, and is the assigned judge's.
#[test]
fn an_erasure_order_is_the_assigned_judges_and_rests_on_a_document() {
    let mut course = TestCase::assigned();
    let order = |document| Act::OrderErasure(OrderErasure { deposit: None, account: Some(PLAINTIFF), document });
    assert_eq!(course.does(account(7), JUDGE, order(Some(doc(1)))), refused(CourseRefusal::NotAssigned));
    assert_eq!(course.judge(order(None)), refused(CourseRefusal::DocumentNeeded));
    course.judge(order(Some(doc(1)))).unwrap();
}

/// L5: 民诉法 arts. 157 (2), 164, 165.
#[test]
fn an_appeal_names_a_decision_that_can_be_appealed() {
    let mut course = TestCase::assigned();
    assert_eq!(course.plaintiff(appeal(1, 1, 1, &[2])), refused(CourseRefusal::NoSuchDecision(doc(1))));
    course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    course.judge(rule(RulingKind::RefuseWithdrawal, 1)).unwrap();
    assert_eq!(course.plaintiff(appeal(1, 1, 1, &[2])), refused(CourseRefusal::NoAppeal));
    course.judge(judge(Some(doc(2)))).unwrap();
    assert_eq!(course.plaintiff(appeal(1, 1, 2, &[])), refused(CourseRefusal::AppealAgainstNobody));
    assert_eq!(course.plaintiff(appeal(1, 1, 2, &[1])), refused(CourseRefusal::AppealAgainstNobody));
    assert_eq!(course.plaintiff(appeal(1, 1, 2, &[9])), Err(Refusal::NoSuchParty(PartyNumber(9))));
    assert_eq!(course.plaintiff(appeal(1, 2, 2, &[1])), Err(Refusal::NotYours));
    course.plaintiff(appeal(1, 1, 2, &[2])).unwrap();
    assert_eq!(course.plaintiff(appeal(2, 1, 2, &[2])), refused(CourseRefusal::AppealedBefore));
    course.defendant(appeal(2, 2, 2, &[1])).unwrap();
    let appeal = &course.file.course.appeals[&AppealNumber(1)];
    assert_eq!(appeal.timeliness, Timeliness::NotBegun, "no service is recorded");

    let mut small = TestCase::assigned();
    small.file.procedure = Procedure::SmallClaims;
    small.judge(judge(Some(doc(1)))).unwrap();
    assert_eq!(small.plaintiff(super::course::appeal(1, 1, 1, &[2])), refused(CourseRefusal::NoAppeal));
    let mut second = TestCase::judged();
    second.file.kind = CaseKind::CivilSecond;
    assert_eq!(second.plaintiff(super::course::appeal(1, 1, 1, &[2])), refused(CourseRefusal::NoAppeal));
}

/// 民诉法 arts. 85 (4), 173 (2): only the court enters another day than that of the act, and none that is to come.
#[test]
fn the_day_of_filing_is_today_unless_the_court_enters_another() {
    let mut course = TestCase::judged();
    let on = |day: &str| match appeal(1, 1, 1, &[2]) {
        Act::Appeal(act) => Act::Appeal(Appeal { day: Some(Day::parse(day).unwrap()), ..act }),
        other => other,
    };
    assert_eq!(course.plaintiff(on("2026-11-21")), Err(Refusal::NotToday));
    assert_eq!(course.does(account(8), CLERK, on("2026-11-23")), Err(Refusal::NotToday));
    course.clerk(on("2026-11-21"));
    assert_eq!(course.file.course.appeals[&AppealNumber(1)].filed_on.to_string(), "2026-11-21");
}

pub(super) fn agent(special: &[SpecialPower], instance: &[Instance]) -> AddAgent {
    AddAgent {
        agent: AgentNumber(1),
        party: PartyNumber(1),
        account: account(5),
        authority: if special.is_empty() { Authority::General } else { Authority::Special },
        identity: None,
        name: None,
        power: Some(AnnexId(Digest([3; 32]))),
        special: special.to_vec(),
        instance: instance.to_vec(),
        relationship: None,
    }
}

/// L12: 民诉法 art. 62; 解释 art. 89 (unconfirmed).
#[test]
fn an_agent_needs_a_power_of_attorney_and_special_authority_names_its_acts() {
    let by_agent = Capacity::Agent(AgentNumber(1));
    let mut course = TestCase::judged();
    let add = |act: AddAgent| {
        let mut tried = TestCase { file: course.file.clone(), at: course.at };
        tried.file.stage = Stage::Assigned;
        tried.does(PLAINTIFF, FIRST, Act::AddAgent(act))
    };
    let without = AddAgent { power: None, ..agent(&[], &[]) };
    assert_eq!(add(without), refused(CourseRefusal::PowerOfAttorneyNeeded));
    // 全权代理: special authority that names nothing.
    let general_formula = AddAgent { authority: Authority::Special, ..agent(&[], &[]) };
    assert_eq!(add(general_formula), refused(CourseRefusal::PowersNotNamed));
    let general = AddAgent { authority: Authority::General, ..agent(&[SpecialPower::Appeal], &[]) };
    assert_eq!(add(general), refused(CourseRefusal::PowersNotNamed));

    for (special, expected) in [
        (&[][..], refused(CourseRefusal::PowerNotNamed(SpecialPower::Appeal))),
        (&[SpecialPower::Settle], refused(CourseRefusal::PowerNotNamed(SpecialPower::Appeal))),
        (&[SpecialPower::Appeal], Ok(())),
    ] {
        let mut course = TestCase::assigned();
        course.plaintiff(Act::AddAgent(agent(special, &[]))).unwrap();
        course.judge(judge(Some(doc(1)))).unwrap();
        assert_eq!(course.does(account(5), by_agent, appeal(1, 1, 1, &[2])), expected);
    }
    course.file.stage = Stage::Draft;
    course.plaintiff(Act::AddAgent(agent(&[SpecialPower::Appeal], &[]))).unwrap();
    let withdraw = course.does(account(5), by_agent, Act::WithdrawFiling(WithdrawFiling {}));
    assert_eq!(withdraw, refused(CourseRefusal::PowerNotNamed(SpecialPower::Waive)));
    course.file.kind = CaseKind::Mediation;
    course.file.stage = Stage::Assigned;
    let consent = course.does(account(5), by_agent, made!(Consent { item: ItemNumber(1) }));
    assert_eq!(consent, refused(CourseRefusal::PowerNotNamed(SpecialPower::Settle)));
}

pub(super) fn object(party: u32) -> Act {
    let reason = AnnexId(Digest([4; 32]));
    Act::ObjectJurisdiction(ObjectJurisdiction { party: PartyNumber(party), reason, document: None })
}

pub(super) fn effects(course: &TestCase) -> Vec<ObjectionEffect> {
    course.file.course.objections.iter().map(|one| one.effect).collect()
}

/// L10: 民诉法 art. 130.
#[test]
fn an_objection_to_jurisdiction_has_an_effect_once_and_before_an_answer() {
    let mut course = TestCase::assigned();
    assert_eq!(course.plaintiff(object(1)), Err(Refusal::Denied(DeniedReason::NotPermitted)));
    let old = course.defendant(made!(SuspendPeriod {}));
    assert_eq!(old, refused(CourseRefusal::OtherAct("object-jurisdiction")));
    course.defendant(object(2)).unwrap();
    course.defendant(object(2)).unwrap();
    assert_eq!(effects(&course), [ObjectionEffect::Pending, ObjectionEffect::Repeated]);
    course.judge(rule(RulingKind::DismissObjection, 1)).unwrap();
    assert_eq!(course.judge(rule(RulingKind::DismissObjection, 2)), refused(CourseRefusal::NothingToRuleOn));
    course.court(Act::BeginHearing(BeginHearing {}));
    course.defendant(object(2)).unwrap();
    assert_eq!(effects(&course)[0], ObjectionEffect::Dismissed);
    assert_eq!(effects(&course)[2], ObjectionEffect::Repeated);

    let mut answered = TestCase::assigned();
    let answer = Act::Answer(Answer { party: PartyNumber(2), document: doc(5), appeal: None });
    answered.defendant(answer).unwrap();
    answered.defendant(object(2)).unwrap();
    assert_eq!(effects(&answered), [ObjectionEffect::AfterAnswer]);
    let mut second = TestCase::assigned();
    second.file.kind = CaseKind::CivilSecond;
    second.defendant(object(2)).unwrap();
    assert_eq!(effects(&second), [ObjectionEffect::NotFirstInstance]);
}

/// 民诉法 arts. 85, 158, 171: 15 days from the service on that party, and its last day moves off a day off. A late appeal is recorded and
/// marked; a document that was posted in time and entered later is in time.
#[test]
fn the_period_to_appeal_is_of_each_party_from_its_own_service() {
    let day = |text: &str| Day::parse(text).unwrap();
    let served = |on: &str, party: u32, case: &mut TestCase| {
        let (start, position) = (Start::Day(day(on)), case.next());
        let key = appeal_window(&case.file, PartyNumber(party), doc(1)).unwrap();
        let court = case.file.court.clone();
        case.file.windows.begin_by_law(key, &court, position, start).unwrap();
    };
    let mut course = TestCase::judged();
    served("2026-11-22", 1, &mut course);
    let calendar = Calendar::default();
    let last = |course: &TestCase, party| course.file.last_appeal_day(PartyNumber(party), doc(1), &calendar);
    assert_eq!((last(&course, 1), last(&course, 2)), (Some(day("2026-12-07")), None));
    // 22 November and 15 days, to the last moment of 7 December; then 24:00.
    let end = 16 * 86_400_000;
    let timeliness = |at: u64| {
        let mut course = TestCase { file: course.file.clone(), at };
        course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
        course.file.course.appeals[&AppealNumber(1)].timeliness
    };
    assert_eq!((timeliness(end - 60_001), timeliness(end - 60_000)), (Timeliness::InTime, Timeliness::Late));
    let mut posted = TestCase { file: course.file.clone(), at: end + 86_400_000 };
    let Act::Appeal(act) = appeal(1, 1, 1, &[2]) else { unreachable!() };
    posted.clerk(Act::Appeal(Appeal { day: Some(day("2026-12-07")), ..act }));
    assert_eq!(posted.file.course.appeals[&AppealNumber(1)].timeliness, Timeliness::InTime);
    // A ruling has ten days, from a Saturday on: the last day moves to Monday.
    let mut ruled = TestCase::assigned();
    ruled.judge(rule(RulingKind::DismissSuit, 1)).unwrap();
    served("2026-11-25", 2, &mut ruled);
    assert_eq!(last(&ruled, 2), Some(day("2026-12-07")));
}

/// L10: 民诉法 art. 130: within the period of the answer.
#[test]
fn an_objection_after_the_period_of_the_answer_has_no_effect() {
    let mut course = TestCase::assigned();
    let position = course.next();
    let start = Start::Day(Day::parse("2026-11-22").unwrap());
    let (key, court) = (WindowKey::of(WindowKind::JurisdictionObjection, PartyNumber(2)), course.file.court.clone());
    course.file.windows.begin_by_law(key, &court, position, start).unwrap();
    course.at = 16 * 86_400_000 - 60_000;
    course.defendant(object(2)).unwrap();
    assert_eq!(effects(&course), [ObjectionEffect::Late]);
}

/// L15: 民诉法 art. 122 (2), and the confirmed notices: what a party needs before it submits a suit. The court explains the notices itself.
#[test]
fn a_suit_is_submitted_with_a_defendant_and_the_confirmed_notices() {
    let no = |refusal: SessionRefusal| Err(Refusal::from(refusal));
    let submit = || Act::Submit(Submit {});
    let defendant = || made!(AddParty { party: PartyNumber(2), role: PartyRole::Defendant, account: None });
    let mut course = TestCase::begin();
    assert_eq!(course.plaintiff(submit()), no(SessionRefusal::NoticesNeeded));
    let mut in_person = TestCase { file: course.file.clone(), at: course.at };
    assert_eq!(in_person.does(account(8), CLERK, submit()), no(SessionRefusal::DefendantNeeded));
    in_person.plaintiff(defendant()).unwrap();
    in_person.does(account(8), CLERK, submit()).unwrap();

    course.plaintiff(Act::ConfirmNotice(ConfirmNotice { document: None })).unwrap();
    assert_eq!(course.plaintiff(submit()), no(SessionRefusal::DefendantNeeded));
    let mut older = TestCase { file: course.file.clone(), at: course.at };
    older.file.rules = RulesVersion::V1;
    older.plaintiff(submit()).unwrap();
    let mut mediation = TestCase { file: course.file.clone(), at: course.at };
    mediation.file.kind = CaseKind::Mediation;
    mediation.plaintiff(submit()).unwrap();
    course.plaintiff(defendant()).unwrap();
    course.plaintiff(submit()).unwrap();
}
