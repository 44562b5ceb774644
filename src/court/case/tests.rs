//! The replay of a case: invariants after arbitrary acts, and examples from law and manual.

pub(in crate::court) mod random;
mod random_course;

use proptest::collection::vec;
use proptest::prelude::*;

use super::mediation_material::is_consented;
use super::people::AGENTS_MAX;
use super::refusal::Refusal;
use super::replay::begin;
use super::rules_version::{OlderRules, RulesVersion};
use super::state::{ActPosition, CaseFile, Item};
use crate::court::acts::*;
use crate::court::calendar::{Calendar, Day};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, AgentNumber, AnnexId, CaseId, CodeNumber, ItemNumber, PartyNumber};
use crate::court::period::basis::Basis;
use crate::court::permission::DeniedReason;
use crate::court::values::{Capacity, Filer, FirstImport};
use crate::court::words::*;
use crate::ledger::hash::Digest;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::time::Timestamp;
use random::{Dice, START, act, document, position};

const CASE: CaseId = CaseId(Digest([77; 32]));
const PLAINTIFF: AccountId = AccountId(Digest([0; 32]));
const FIRST: Capacity = Capacity::Party(PartyNumber(1));
const SECOND: Capacity = Capacity::Party(PartyNumber(2));
const CLERK: Capacity = Capacity::Holding(Role::Clerk);
const JUDGE: Capacity = Capacity::Holding(Role::Judge);

fn account(n: u8) -> AccountId {
    AccountId(Digest([n; 32]))
}

/// An act of this kind by chance, for `change` to make the one that is wanted.
fn made<T>(kind: ActKind, take: impl Fn(Act) -> Option<T>, change: impl FnOnce(&mut T)) -> T {
    let identified = |act: &Act| match act {
        Act::Import(act) => act.identity.is_some_and(|check| check.level != IdentityLevel::Basic),
        Act::Associate(act) => act.identity.is_some_and(|check| check.level != IdentityLevel::Basic),
        Act::Open(act) => act.identity.is_some_and(|check| check.level != IdentityLevel::Basic),
        _ => true,
    };
    let mut all = (0..).map(|seed| act(&mut Dice(seed), kind, None));
    let mut act = take(all.find(identified).unwrap()).unwrap();
    change(&mut act);
    act
}

macro_rules! made {
    (@ $field:ident) => { $field };
    (@ $field:ident $value:expr) => { $value };
    ($kind:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
        Act::$kind(made(
            ActKind::$kind,
            |act| match act { Act::$kind(act) => Some(act), _ => None },
            |_act| { $(_act.$field = made!(@ $field $($value)?);)* },
        ))
    };
}

fn opening() -> Document {
    let open = made!(Open {
        court: crate::court::case_number::CourtCode::parse("粤0192").unwrap(),
        role: PartyRole::Plaintiff,
        filer: Filer::Principal,
        account: None,
        kind: CaseKind::CivilFirst,
        procedure: Procedure::Ordinary,
        from: None,
        transfer: None,
        rules: Some(RulesVersion::CURRENT),
        hand_over: None,
    });
    document(&mut Dice(1), Stream::Case, PLAINTIFF, FIRST, open)
}

/// A case with what happens to it, a minute apart.
struct TestCase {
    file: CaseFile,
    at: u64,
}

impl TestCase {
    fn begin() -> Self {
        Self { file: begin(CASE, &opening(), position(1, 0)).unwrap(), at: 0 }
    }

    fn next(&mut self) -> ActPosition {
        self.at += 60_000;
        position(self.file.last.sequence + 1, self.at)
    }

    fn does(&mut self, by: AccountId, capacity: Capacity, act: Act) -> Result<(), Refusal> {
        let (position, document) = (self.next(), document(&mut Dice(2), Stream::Case, by, capacity, act));
        let before = self.file.clone();
        let result = self.file.apply(&document, position, &Calendar::default());
        if result.is_err() {
            assert_eq!(self.file, before);
        }
        self.file.last = position;
        result
    }

    fn court(&mut self, act: Act) {
        assert_eq!(self.does(account(9), JUDGE, act), Ok(()));
    }

    fn clerk(&mut self, act: Act) {
        assert_eq!(self.does(account(8), CLERK, act), Ok(()));
    }

    fn import(&mut self, by: AccountId, capacity: Capacity, party: u32) -> Result<(), Refusal> {
        let (item, phase) = (self.file.next_item(), self.file.phase());
        let party = PartyNumber(party);
        let (purpose, handed_in, collected) = (None, None, None);
        let import = made!(Import { item, party, phase, replaces: None, carried: None, purpose, handed_in, collected });
        self.does(by, capacity, import)
    }

    /// What a submission rests on: a defendant and the confirmed notices.
    fn complete(&mut self) {
        let defendant = made!(AddParty { party: PartyNumber(2), role: PartyRole::Defendant, account: None });
        self.does(PLAINTIFF, FIRST, defendant).unwrap();
        self.does(PLAINTIFF, FIRST, Act::ConfirmNotice(ConfirmNotice { document: None })).unwrap();
    }

    /// Filed with one item, a defendant with a code that both have used, and assigned.
    fn assigned() -> Self {
        let mut course = Self::begin();
        course.file_and_assign();
        course
    }

    fn file_and_assign(&mut self) {
        let course = self;
        course.import(PLAINTIFF, FIRST, 1).unwrap();
        course.complete();
        course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
        course.court(Act::Approve(Approve {}));
        course.court(Act::FileCase(FileCase { number: None }));
        course.clerk(issue(1));
        course.does(account(2), Capacity::Oneself, associate(1, Filer::Principal, None)).unwrap();
        course.clerk(Act::Assign(Assign { judge: Some(account(9)) }));
    }

    fn item(&self, number: u32) -> &Item {
        &self.file.items[&ItemNumber(number)]
    }
}

fn issue(code: u32) -> Act {
    let expires = Timestamp::from_millis(START + 40 * 86_400_000).unwrap();
    made!(IssueCode { code: CodeNumber(code), party: PartyNumber(2), party_uses: 7, agent_uses: 7, expires: expires })
}

fn associate(code: u32, filer: Filer, agent: Option<u32>) -> Act {
    let (agent, power) = (agent.map(AgentNumber), Some(AnnexId(Digest([3; 32]))));
    made!(Associate { code: CodeNumber(code), filer, agent, authority: None, power, relationship: None })
}

fn restate(item: u32) -> Act {
    made!(Restate { item: ItemNumber(item), name: AnnexId(Digest([250; 32])) })
}

fn withdraw(item: u32) -> Act {
    made!(WithdrawItem { item: ItemNumber(item) })
}

fn reply(item: u32, party: u32, version: u32) -> Act {
    let (item, party) = (ItemNumber(item), PartyNumber(party));
    made!(Reply { item, party, version, authenticity: Some(Opinion::Disputed) })
}

#[test]
fn submission_locks_and_a_return_opens_the_case_for_more_but_not_for_what_was_submitted() {
    let mut course = TestCase::begin();
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.does(PLAINTIFF, FIRST, restate(1)).unwrap();
    assert_eq!(course.item(1).name.annex, AnnexId(Digest([250; 32])));
    course.complete();
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    assert!(course.item(1).locked);
    assert_eq!(course.import(PLAINTIFF, FIRST, 1), Err(Refusal::Denied(DeniedReason::WrongStage)));

    course.court(made!(ReturnFiling {}));
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!((course.item(1).locked, course.item(2).locked), (true, false));
    for act in [restate(1), withdraw(1)] {
        assert_eq!(course.does(PLAINTIFF, FIRST, act), Err(Refusal::ItemLocked));
    }
    let instead = made!(Import {
        item: ItemNumber(3),
        party: PartyNumber(1),
        phase: Phase::Filing,
        carried: None,
        replaces: Some(ItemNumber(1)),
        purpose: None,
        handed_in: None,
        collected: None,
    });
    course.file.rules = RulesVersion::V1;
    assert_eq!(course.does(PLAINTIFF, FIRST, instead), Err(Refusal::ItemLocked));
    course.file.rules = RulesVersion::V2;
    course.does(PLAINTIFF, FIRST, withdraw(2)).unwrap();
    assert_eq!(course.does(PLAINTIFF, FIRST, withdraw(2)), Err(Refusal::ItemWithdrawn));
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    assert!(course.item(2).locked);
}

/// Cases of version 1 keep their results: one period from the day of filing, and lateness as at the import.
#[test]
fn under_the_first_rules_what_comes_at_24_00_in_beijing_is_late_and_stays_late() {
    let mut course = TestCase::begin();
    course.file.rules = RulesVersion::V1;
    course.file_and_assign();
    assert_eq!(course.file.period.events().len(), 1, "the default of the filing");
    let start = Some(Day::of(position(1, 0).at));
    let set = |party| Act::SetPeriod(SetPeriod { basis: Basis::Ordinary, start, days: 15, party });
    let for_one = course.does(account(9), JUDGE, set(Some(PartyNumber(1))));
    assert_eq!(for_one, Err(Refusal::RulesVersion(OlderRules { needed: 2, found: 1 })));
    course.court(set(None));
    // 22 November and 15 days: the last is Monday, 7 December.
    let end = 16 * 86_400_000;
    course.at = end - 60_001;
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.at = end - 60_000;
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!(course.item(3).position.at.to_string(), "2026-12-07T16:00:00.000Z");
    assert_eq!((course.item(2).late, course.item(3).late), (false, true));
    for item in [2, 3] {
        assert_eq!(course.does(PLAINTIFF, FIRST, restate(item)), Err(Refusal::PeriodEnded));
        assert_eq!(course.does(PLAINTIFF, FIRST, withdraw(item)), Err(Refusal::PeriodEnded));
    }
    course.court(made!(ExtendPeriod { days: 30 }));
    course.does(PLAINTIFF, FIRST, restate(2)).unwrap();
    assert!(course.file.lateness(course.item(3), &Calendar::default()).is_late(), "what was late stays marked");
}

#[test]
fn a_party_has_two_agents_and_a_code_serves_the_party_once_and_two_agents() {
    let mut course = TestCase::assigned();
    let again = course.does(account(3), Capacity::Oneself, associate(1, Filer::Principal, None));
    assert_eq!(again, Err(Refusal::CodeUsedUp));
    for agent in [1, 2] {
        let by = account(2 + u8::try_from(agent).unwrap());
        course.does(by, Capacity::Oneself, associate(1, Filer::Agent, Some(agent))).unwrap();
    }
    assert_eq!(course.file.agents.len(), AGENTS_MAX);
    let third = course.does(account(6), Capacity::Oneself, associate(1, Filer::Agent, Some(3)));
    assert_eq!(third, Err(Refusal::CodeUsedUp));
    course.clerk(issue(2));
    let third = course.does(account(6), Capacity::Oneself, associate(2, Filer::Agent, Some(3)));
    assert_eq!(third, Err(Refusal::TooManyAgents));
    let taken = course.does(account(6), Capacity::Oneself, associate(2, Filer::Principal, None));
    assert_eq!(taken, Err(Refusal::PartyTaken));

    let first = Capacity::Agent(AgentNumber(1));
    let other = Act::EndAgent(EndAgent { agent: AgentNumber(2) });
    assert_eq!(course.does(account(3), first, other.clone()), Err(Refusal::NotYours));
    course.does(account(2), SECOND, other).unwrap();
    course.does(account(6), Capacity::Oneself, associate(2, Filer::Agent, Some(3))).unwrap();
    course.at += 40 * 86_400_000;
    let late = course.does(account(7), Capacity::Oneself, associate(2, Filer::Agent, Some(4)));
    assert_eq!(late, Err(Refusal::CodeExpired));
}

#[test]
fn an_agent_needs_special_authority_to_withdraw_the_suit_and_to_bring_another_agent() {
    for (authority, expected) in
        [(Authority::General, Err(Refusal::SpecialAuthorityNeeded)), (Authority::Special, Ok(()))]
    {
        let mut course = TestCase::assigned();
        course.file.rules = RulesVersion::V1;
        let (agent, party) = (AgentNumber(1), PartyNumber(1));
        let appoint = made!(AddAgent { agent, party, account: account(5), authority, relationship: None });
        course.does(PLAINTIFF, FIRST, appoint).unwrap();
        let second =
            made!(AddAgent { agent: AgentNumber(2), party, account: account(6), authority, relationship: None });
        assert_eq!(course.does(account(5), Capacity::Agent(agent), second), expected);
        let withdrawn = course.does(account(5), Capacity::Agent(agent), Act::WithdrawSuit(WithdrawSuit {}));
        assert_eq!(withdrawn, expected);
        let stage = if expected.is_ok() { Stage::Discontinued } else { Stage::Assigned };
        assert_eq!(course.file.stage, stage);
    }
}

/// The roles of parties are those of the kind of proceeding and its instance.
#[test]
fn a_party_has_a_role_of_this_instance() {
    let add = |role| made!(AddParty { party: PartyNumber(2), role, account: None });
    for (kind, good, bad) in [
        (CaseKind::CivilFirst, PartyRole::Defendant, PartyRole::Appellee),
        (CaseKind::CivilSecond, PartyRole::Appellee, PartyRole::Defendant),
        (CaseKind::CivilSecond, PartyRole::OriginalThirdParty, PartyRole::Plaintiff),
        (CaseKind::Retrial, PartyRole::OriginalPlaintiff, PartyRole::Appellant),
        (CaseKind::Mediation, PartyRole::Respondent, PartyRole::RetrialApplicant),
    ] {
        let mut course = TestCase::begin();
        course.file.kind = kind;
        let refused = course.does(account(8), CLERK, add(bad));
        assert_eq!(refused, Err(Refusal::RoleNotOfCase { role: bad, kind }), "{kind}");
        // Cases of the first rules admitted every role, and so does the taking over of a case, whose roles are compared as a whole.
        let mut older = TestCase { file: course.file.clone(), at: course.at };
        older.file.rules = RulesVersion::V1;
        older.does(account(8), CLERK, add(bad)).unwrap();
        course.does(account(8), CLERK, add(good)).unwrap();
    }
    let refusal = Refusal::RoleNotOfCase { role: PartyRole::Appellee, kind: CaseKind::CivilFirst };
    let text = "a case of the kind `civil-first` has no party in the role `appellee`: name one of `plaintiff`, `defendant`, \
                `third-party`";
    assert_eq!(refusal.to_string(), text);
    let chinese = "民事一审案件没有“被上诉人”，诉讼地位应为原告、被告、第三人";
    assert_eq!(refusal.chinese().as_deref(), Some(chinese));
}

#[test]
fn nobody_stands_on_both_sides() {
    let mut course = TestCase::begin();
    let mine = made!(AddParty { party: PartyNumber(2), role: PartyRole::Defendant, account: Some(account(4)) });
    assert_eq!(course.does(PLAINTIFF, FIRST, mine.clone()), Err(Refusal::NotYours));
    course.clerk(mine);
    let again = made!(AddParty { party: PartyNumber(3), role: PartyRole::Plaintiff, account: Some(account(4)) });
    assert_eq!(course.does(PLAINTIFF, FIRST, again), Err(Refusal::AlreadyInTheCase));

    let open = made!(Open {
        role: PartyRole::Plaintiff,
        filer: Filer::Agent,
        account: Some(account(4)),
        from: None,
        transfer: None,
        hand_over: None,
        relationship: None,
        rules: None,
    });
    let agent = Capacity::Agent(AgentNumber(1));
    let own = document(&mut Dice(1), Stream::Case, account(4), agent, open);
    assert_eq!(begin(CASE, &own, position(1, 0)), Err(Refusal::AlreadyInTheCase));
    assert!(begin(CASE, &Document { by: account(5), ..own }, position(1, 0)).is_ok());
}

#[test]
fn replies_are_kept_version_by_version_and_nobody_replies_to_its_own() {
    let mut course = TestCase::assigned();
    course.does(account(2), SECOND, reply(1, 2, 1)).unwrap();
    assert_eq!(course.does(account(2), SECOND, reply(1, 2, 1)), Err(Refusal::NotNext { expected: 2 }));
    course.does(account(2), SECOND, reply(1, 2, 2)).unwrap();
    assert_eq!(course.item(1).replies[&PartyNumber(2)].len(), 2);
    assert_eq!(course.does(PLAINTIFF, FIRST, reply(1, 1, 1)), Err(Refusal::OwnItem));
    assert_eq!(course.does(PLAINTIFF, FIRST, reply(1, 2, 3)), Err(Refusal::NotYours));
    let silent = made!(Reply {
        item: ItemNumber(1),
        party: PartyNumber(2),
        version: 3,
        authenticity: None,
        legality: None,
        relevance: None,
        probative_value: None,
        reason: None,
    });
    assert_eq!(course.does(account(2), SECOND, silent), Err(Refusal::EmptyReply));
}

#[test]
fn judgment_ends_importing() {
    let mut course = TestCase::assigned();
    course.import(account(2), SECOND, 2).unwrap();
    course.court(made!(Judge { document: Some(course.item(1).import.deposit) }));
    for (by, capacity, party) in [(PLAINTIFF, FIRST, 1), (account(2), SECOND, 2), (account(8), CLERK, 1)] {
        assert_eq!(course.import(by, capacity, party), Err(Refusal::Denied(DeniedReason::WrongStage)));
    }
}

#[test]
fn the_court_never_replaces_one_partys_item_by_anothers() {
    let mut course = TestCase::assigned();
    course.import(account(2), SECOND, 2).unwrap();
    let replacing = |item, party| {
        let (item, party) = (ItemNumber(item), PartyNumber(party));
        made!(Import {
            item,
            party,
            phase: Phase::Supplementary,
            replaces: Some(ItemNumber(2)),
            carried: None,
            purpose: None,
            handed_in: None,
            collected: None,
        })
    };
    assert_eq!(course.does(account(8), CLERK, replacing(3, 1)), Err(Refusal::NotYours));
    course.clerk(replacing(3, 2));
    assert_eq!(course.item(2).replaced_by, Some(ItemNumber(3)));
}

#[test]
fn only_a_case_that_continues_another_takes_over_items() {
    let carried = FirstImport { case: CaseId(Digest([8; 32])), item: ItemNumber(1), at: position(1, 0).at, late: true };
    let import = made!(Import {
        item: ItemNumber(1),
        party: PartyNumber(1),
        phase: Phase::Filing,
        replaces: None,
        carried: Some(carried),
        purpose: None,
        handed_in: None,
        collected: None,
    });
    let mut course = TestCase::begin();
    assert_eq!(course.does(PLAINTIFF, FIRST, import.clone()), Err(Refusal::NothingCarried));
    course.file.from = Some((carried.case, TransferKind::SecondInstance));
    course.does(PLAINTIFF, FIRST, import).unwrap();
    assert_eq!(course.item(1).first_imported_at, carried.at);
}

#[test]
fn consent_is_for_material_of_a_mediation_and_that_of_all_parties() {
    let consent = || made!(Consent { item: ItemNumber(1) });
    let mut course = TestCase::assigned();
    assert_eq!(course.does(PLAINTIFF, FIRST, consent()), Err(Refusal::NoMediation));
    course.file.kind = CaseKind::Mediation;
    course.does(PLAINTIFF, FIRST, consent()).unwrap();
    assert!(!is_consented(&course.file, course.item(1)), "of one party only");
    course.does(account(2), SECOND, consent()).unwrap();
    assert!(is_consented(&course.file, course.item(1)));
    // Under the first rules, that of the party that offered it was enough.
    let mut older = TestCase::assigned();
    (older.file.kind, older.file.rules) = (CaseKind::Mediation, RulesVersion::V1);
    assert_eq!(older.does(account(2), SECOND, consent()), Err(Refusal::NotYours));
    older.does(PLAINTIFF, FIRST, consent()).unwrap();
    assert!(is_consented(&older.file, older.item(1)));
}

mod after_appeal;
mod appeal_rules;
mod authority;
mod course;
mod deadlines;
mod hand_over_rules;
mod hand_overs;
mod headline;
mod heard_anew;
mod holds;
mod jurisdiction;
mod moved_periods;
mod people;
mod recusal;
mod retrial;
mod second_instance;
mod served_periods;
mod served_rulings;
mod service;
mod sessions;
mod succession;
mod walks;

#[test]
fn an_objection_is_dated_by_the_day_on_which_it_is_raised() {
    let mut course = TestCase::assigned();
    course.file.rules = RulesVersion::V1;
    let today = Day::of(course.file.last.at);
    let on = |on| made!(SuspendPeriod { on });
    let start = Some(today);
    course.court(made!(SetPeriod { basis: Basis::Ordinary, start, days: 15, party: None }));
    let party = account(9);
    course.file.parties.get_mut(&PartyNumber(2)).unwrap().account = Some(party);
    let earlier = Day::new(2026, 1, 1).unwrap();
    assert_eq!(course.does(party, SECOND, on(earlier)), Err(Refusal::NotToday));
    course.does(party, SECOND, on(today)).unwrap();
}

#[test]
fn a_court_orders_erased_only_what_is_in_its_case_and_binds_only_its_own_numbers() {
    let mut course = TestCase::assigned();
    let elsewhere = crate::ledger::number::DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
    let order = |deposit, account| made!(OrderErasure { deposit, account, document: Some(elsewhere) });
    let stranger = order(None, Some(account(200)));
    assert_eq!(course.does(account(9), JUDGE, stranger), Err(Refusal::NotInTheCase));
    let there = course.file.items.values().any(|item| item.import.deposit == elsewhere);
    assert!(!there);
    assert_eq!(course.does(account(9), JUDGE, order(Some(elsewhere), None)), Err(Refusal::NotInTheCase));
    course.does(account(9), JUDGE, order(None, Some(PLAINTIFF))).unwrap();
    let number = crate::court::case_number::CaseNumber::parse("（2026）京0491民初1号").unwrap();
    assert_eq!(course.does(account(8), CLERK, made!(BindNumber { number })), Err(Refusal::OtherCourt));
}
