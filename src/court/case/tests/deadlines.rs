//! Evidence periods of parties, late evidence, windows, claims: examples, each with the article on which it rests.

use super::*;
use crate::court::case::evidence_period::notice_served;
use crate::court::case::late_evidence::Lateness;
use crate::court::period::by_party::ResetGround;
use crate::court::period::{Deadline, PeriodError};
use crate::court::values::{HandedIn, ItemPurpose};
use crate::court::window::{WindowError, WindowKind, WindowState};

const DAY: u64 = 86_400_000;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn plain() -> Calendar {
    Calendar::default()
}

fn set(basis: Basis, days: u32, party: Option<u32>, start: Option<&str>) -> Act {
    Act::SetPeriod(SetPeriod { basis, start: start.map(day), days, party: party.map(PartyNumber) })
}

fn reset(basis: Basis, days: u32, ground: Option<ResetGround>, start: Option<&str>) -> Act {
    Act::ResetPeriod(ResetPeriod { basis, start: start.map(day), days, party: None, ground })
}

/// What an import states besides its deposit.
#[derive(Default)]
struct Said {
    purpose: Option<ItemPurpose>,
    handed_in: Option<HandedIn>,
    collected: Option<Collected>,
    replaces: Option<u32>,
}

impl TestCase {
    /// The notice is served on a party on this day.
    fn notify(&mut self, party: u32, on: &str) {
        let position = self.next();
        notice_served(&mut self.file, PartyNumber(party), day(on), position).unwrap();
        self.file.last = position;
    }

    fn at_day(&mut self, on: &str) {
        self.at = day(on).start().as_millis() - START + 3_600_000;
    }

    #[expect(clippy::needless_pass_by_value, reason = "built for one call")]
    fn offers(&mut self, by: AccountId, capacity: Capacity, party: u32, said: Said) -> Result<(), Refusal> {
        let (item, phase, party) = (self.file.next_item(), self.file.phase(), PartyNumber(party));
        let Said { purpose, handed_in, collected, replaces } = said;
        let replaces = replaces.map(ItemNumber);
        let import = made!(Import { item, party, phase, replaces, carried: None, purpose, handed_in, collected });
        self.does(by, capacity, import)
    }

    fn lateness(&self, item: u32) -> Lateness {
        self.file.lateness(self.item(item), &plain())
    }

    fn last_day(&self, party: u32) -> Option<String> {
        match self.file.periods.deadline(PartyNumber(party), &plain()) {
            Deadline::Ends { last, .. } => Some(last.to_string()),
            _ => None,
        }
    }
}

#[test]
fn evidence_rules_art_50_the_period_of_a_party_begins_with_the_service_on_it() {
    let mut course = TestCase::assigned();
    assert_eq!((course.last_day(1), course.last_day(2)), (None, None), "not with the filing");
    course.notify(1, "2026-11-24");
    course.notify(2, "2026-12-01");
    assert_eq!(course.last_day(1).as_deref(), Some("2026-12-09"));
    assert_eq!(course.last_day(2).as_deref(), Some("2026-12-16"));
    // Served again: the first service counts.
    course.notify(2, "2026-12-10");
    assert_eq!(course.last_day(2).as_deref(), Some("2026-12-16"));
    let begun = course.file.standings(day("2026-12-10").start(), &plain());
    let states: Vec<_> = begun.iter().map(|one| (one.party.unwrap().0, one.kind, one.state)).collect();
    assert!(matches!(states[0], (1, WindowKind::Evidence, WindowState::Ended(_))));
    assert!(matches!(states[1], (2, WindowKind::Evidence, WindowState::Running(_))));
    assert_eq!(course.file.due(day("2026-12-10").start(), &plain()).len(), 1);
}

#[test]
fn evidence_rules_art_50_a_defendant_who_was_never_served_is_never_late() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    course.at_day("2027-06-01");
    course.import(account(2), SECOND, 2).unwrap();
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!((course.lateness(2), course.lateness(3)), (Lateness::InTime, Lateness::Late));
}

#[test]
fn evidence_rules_art_51_the_notice_states_the_days_and_is_set_once() {
    let mut course = TestCase::assigned();
    course.court(set(Basis::Ordinary, 20, None, None));
    let again = course.does(account(9), JUDGE, set(Basis::Ordinary, 30, None, None));
    assert_eq!(again, Err(Refusal::Period(PeriodError::AlreadySet)));
    course.notify(2, "2026-11-24");
    assert_eq!(course.last_day(2).as_deref(), Some("2026-12-14"));
    // The day of the service of a paper notice is of one party.
    let for_all = course.does(account(9), JUDGE, set(Basis::Ordinary, 20, None, Some("2026-11-24")));
    assert_eq!(for_all, Err(Refusal::Period(PeriodError::NeedsParty)));
    course.court(set(Basis::Agreed, 5, Some(1), Some("2026-11-24")));
    assert_eq!(course.last_day(1).as_deref(), Some("2026-11-30"));
}

#[test]
fn evidence_rules_art_51_the_basis_is_that_of_the_procedure_and_a_period_wholly_past_is_refused() {
    let mut course = TestCase::assigned();
    course.file.procedure = Procedure::Summary;
    for (basis, days, code) in [
        (Basis::Agreed, 60, "period_too_long"),
        (Basis::Discretion, 1, "period_basis"),
        (Basis::Ordinary, 15, "period_basis"),
        (Basis::Summary, 16, "period_too_long"),
    ] {
        let refused = course.does(account(9), JUDGE, set(basis, days, None, None)).unwrap_err();
        assert_eq!(refused.code().as_str(), code, "{basis:?} {days}");
    }
    course.at_day("2027-03-01");
    let past = course.does(account(9), JUDGE, set(Basis::Summary, 15, Some(2), Some("2026-11-24")));
    assert!(matches!(past, Err(Refusal::Period(PeriodError::InThePast { .. }))));
    course.court(set(Basis::Summary, 15, Some(2), Some("2027-02-26")));
}

#[test]
fn evidence_rules_art_55_a_period_is_set_anew_on_its_ground_and_the_history_stays() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    course.at_day("2026-12-20");
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!(course.lateness(2), Lateness::Late);
    let without = course.does(account(9), JUDGE, reset(Basis::Discretion, 10, None, Some("2026-12-21")));
    assert_eq!(without, Err(Refusal::Period(PeriodError::NeedsGround)));
    let joined = Some(ResetGround::PartyJoined);
    let short = course.does(account(9), JUDGE, reset(Basis::Discretion, 10, joined, Some("2026-12-21")));
    assert_eq!(short.unwrap_err().code().as_str(), "period_basis", "art. 55 (2) refers to art. 51");
    course.court(reset(Basis::Discretion, 10, Some(ResetGround::ClaimsChanged), Some("2026-12-20")));
    assert_eq!(course.last_day(1).as_deref(), Some("2026-12-30"));
    assert_eq!(course.lateness(2), Lateness::InTime, "the period as it stands decides");
    assert_eq!(course.last_day(2), None, "the defendant waits for the notice");
    let history = course.file.periods.of(PartyNumber(1)).unwrap().history();
    let grounds: Vec<_> = history.iter().map(|record| record.ground).collect();
    assert_eq!(grounds, [None, Some(ResetGround::ClaimsChanged)]);
    course.notify(2, "2026-12-22");
    assert_eq!(course.last_day(2).as_deref(), Some("2027-01-01"), "with the new terms");
}

#[test]
fn evidence_rules_art_54_an_extension_is_for_all_and_makes_late_evidence_timely() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    course.at_day("2026-12-10");
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!(course.lateness(2), Lateness::Late);
    course.court(Act::ExtendPeriod(ExtendPeriod { days: 5 }));
    assert_eq!(course.last_day(1).as_deref(), Some("2026-12-14"));
    assert_eq!(course.lateness(2), Lateness::InTime);
    course.notify(2, "2026-12-10");
    assert_eq!(course.last_day(2).as_deref(), Some("2026-12-30"), "15 days and 5");
}

#[test]
fn evidence_rules_art_55_1_an_objection_suspends_all_periods_also_one_that_begins_later() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    course.at_day("2026-11-30");
    course.court(Act::SuspendPeriod(SuspendPeriod { on: day("2026-11-30") }));
    let again = course.does(account(9), JUDGE, Act::SuspendPeriod(SuspendPeriod { on: day("2026-12-01") }));
    assert_eq!(again, Err(Refusal::Period(PeriodError::Suspended)));
    course.notify(2, "2026-12-02");
    let suspended = |course: &TestCase, party| course.file.periods.deadline(PartyNumber(party), &plain());
    assert_eq!(suspended(&course, 1), Deadline::Suspended { remaining_days: 10 });
    assert_eq!(suspended(&course, 2), Deadline::Suspended { remaining_days: 15 });
    course.at_day("2026-12-11");
    course.court(Act::ResumePeriod(ResumePeriod { on: day("2026-12-10") }));
    assert_eq!(course.last_day(1).as_deref(), Some("2026-12-21"), "ten days from the 11th end on a Sunday");
    assert_eq!(course.last_day(2).as_deref(), Some("2026-12-25"));
}

#[test]
fn evidence_rules_art_56_the_exchange_ends_the_periods_that_have_begun() {
    let mut course = TestCase::assigned();
    let exchange = || Act::ExchangeEvidence(ExchangeEvidence { day: day("2026-12-02") });
    assert_eq!(course.does(account(9), JUDGE, exchange()), Err(Refusal::Period(PeriodError::NotSet)));
    course.notify(1, "2026-11-24");
    course.court(exchange());
    assert_eq!((course.last_day(1).as_deref(), course.last_day(2)), (Some("2026-12-02"), None));
}

#[test]
fn only_civil_cases_have_evidence_periods() {
    let mut course = TestCase::assigned();
    for kind in [CaseKind::Mediation, CaseKind::Petition, CaseKind::Enforcement, CaseKind::AdministrativeFirst] {
        course.file.kind = kind;
        let refused = course.does(account(9), JUDGE, set(Basis::Ordinary, 15, None, None));
        assert_eq!(refused, Err(Refusal::NoEvidencePeriod), "{kind}");
        course.notify(1, "2026-11-24");
        assert_eq!(course.last_day(1), None);
    }
}

#[test]
fn art_68_late_evidence_is_refused_or_its_party_fined_only_after_it_was_asked_for_its_reason() {
    let mut course = TestCase::assigned();
    course.notify(2, "2026-11-24");
    course.at_day("2026-12-20");
    course.import(account(2), SECOND, 2).unwrap();
    let (item, document, reason) = (ItemNumber(2), None, None);
    let decide = |decision, fine| Act::DecideLateness(DecideLateness { item, decision, fine, document, reason });
    let adverse = [LatenessDecision::NotAdmitted, LatenessDecision::Admonished];
    for decision in adverse {
        let unheard = course.does(account(9), JUDGE, decide(decision, None));
        assert_eq!(unheard, Err(Refusal::ReasonNotRequired));
    }
    course.court(Act::RequireReason(RequireReason { item, days: Some(3) }));
    let explain = Act::ExplainLateness(ExplainLateness { item, reason: AnnexId(Digest([3; 32])), handed_in: None });
    assert_eq!(course.does(PLAINTIFF, FIRST, explain.clone()), Err(Refusal::NotYours));
    course.does(account(2), SECOND, explain).unwrap();
    course.file.parties.get_mut(&PartyNumber(2)).unwrap().subject = SubjectKind::NaturalPerson;
    assert_eq!(course.does(account(9), JUDGE, decide(LatenessDecision::Fined, None)), Err(Refusal::FineMismatch));
    assert_eq!(course.does(account(9), JUDGE, decide(LatenessDecision::Admitted, Some(5))), Err(Refusal::FineMismatch));
    // Art. 118.
    let high = course.does(account(9), JUDGE, decide(LatenessDecision::Fined, Some(100_001)));
    assert_eq!(high, Err(Refusal::Fine { least: 1, most: 100_000 }));
    course.court(decide(LatenessDecision::Fined, Some(2_000)));
    assert_eq!(course.lateness(2), Lateness::Late);
    course.court(decide(LatenessDecision::InTime, None));
    assert!(matches!(course.lateness(2), Lateness::DeemedInTime(_)));
    assert_eq!(course.item(2).decisions.lateness.len(), 2);
    let in_time =
        DecideLateness { item: ItemNumber(1), decision: LatenessDecision::InTime, fine: None, document, reason };
    assert_eq!(course.does(account(9), JUDGE, Act::DecideLateness(in_time)), Err(Refusal::NotLate(ItemNumber(1))));
}

#[test]
fn evidence_rules_art_51_3_a_period_for_rebuttal_is_for_one_party_and_one_item() {
    let mut course = TestCase::assigned();
    for party in [1, 2] {
        course.notify(party, "2026-11-24");
    }
    course.at_day("2026-12-20");
    course.import(account(2), SECOND, 2).unwrap();
    let rebuts = |item| Some(ItemPurpose { purpose: Purpose::Rebuts, item: ItemNumber(item) });
    let own = Said { purpose: rebuts(1), ..Said::default() };
    assert_eq!(course.offers(PLAINTIFF, FIRST, 1, own), Err(Refusal::PurposeMismatch));
    let (party, item) = (PartyNumber(1), ItemNumber(2));
    course.court(Act::AllowRebuttal(AllowRebuttal { party, item, days: 7, start: None }));
    course.at_day("2026-12-23");
    course.offers(PLAINTIFF, FIRST, 1, Said { purpose: rebuts(2), ..Said::default() }).unwrap();
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.import(account(2), SECOND, 2).unwrap();
    let late = [3, 4, 5].map(|item| course.lateness(item).is_late());
    assert_eq!(late, [false, true, true], "only what rebuts that item is in time, and only that party's");
    assert_eq!(course.last_day(1).as_deref(), Some("2026-12-09"), "the period itself stays as it was");
    course.at_day("2026-12-29");
    course.offers(PLAINTIFF, FIRST, 1, Said { purpose: rebuts(2), ..Said::default() }).unwrap();
    assert_eq!(course.lateness(6), Lateness::Late);
}

#[test]
fn a_locked_item_is_cured_or_reinforced_by_another_and_a_late_item_can_be_withdrawn() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    assert!(course.item(1).locked);
    let cures = |item| Some(ItemPurpose { purpose: Purpose::Cures, item: ItemNumber(item) });
    course.at_day("2026-11-26");
    course.offers(PLAINTIFF, FIRST, 1, Said { purpose: cures(1), ..Said::default() }).unwrap();
    let of_other = course.offers(account(2), SECOND, 2, Said { purpose: cures(1), ..Said::default() });
    assert_eq!(of_other, Err(Refusal::PurposeMismatch));
    course.at_day("2026-12-20");
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    assert_eq!(course.lateness(3), Lateness::Late);
    assert_eq!(course.does(PLAINTIFF, FIRST, restate(3)), Err(Refusal::PeriodEnded));
    course.does(PLAINTIFF, FIRST, withdraw(3)).unwrap();
    assert_eq!(course.does(PLAINTIFF, FIRST, withdraw(2)), Err(Refusal::PeriodEnded), "that one came in time");
    assert_eq!(course.does(PLAINTIFF, FIRST, withdraw(1)), Err(Refusal::ItemLocked));
}

#[test]
fn online_rules_art_9_a_returned_filing_is_supplemented_by_an_item_that_replaces_a_locked_one() {
    let mut course = TestCase::begin();
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.complete();
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    course.court(made!(ReturnFiling {}));
    course.offers(PLAINTIFF, FIRST, 1, Said { replaces: Some(1), ..Said::default() }).unwrap();
    assert_eq!(course.item(1).replaced_by, Some(ItemNumber(2)));
    assert!(course.item(1).locked && course.item(1).withdrawn.is_none(), "the history stays");
    for act in [restate(1), withdraw(1)] {
        assert_eq!(course.does(PLAINTIFF, FIRST, act), Err(Refusal::ItemLocked));
    }
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    assert!(course.item(2).locked);
}

#[test]
fn art_85_4_an_item_posted_in_time_is_in_time_although_the_clerk_enters_it_later() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    course.at_day("2026-12-12");
    let posted = |on| Some(HandedIn { by: HandedInBy::Posted, on: day(on) });
    let by_party = course.offers(PLAINTIFF, FIRST, 1, Said { handed_in: posted("2026-12-09"), ..Said::default() });
    assert_eq!(by_party, Err(Refusal::CourtOnly));
    let future = course.offers(account(8), CLERK, 1, Said { handed_in: posted("2026-12-13"), ..Said::default() });
    assert_eq!(future, Err(Refusal::NotYet));
    for on in ["2026-12-09", "2026-12-10"] {
        course.offers(account(8), CLERK, 1, Said { handed_in: posted(on), ..Said::default() }).unwrap();
    }
    assert_eq!((course.lateness(2), course.lateness(3)), (Lateness::InTime, Lateness::Late));
}

#[test]
fn art_86_a_deferral_is_applied_for_and_granted_for_one_party() {
    let mut course = TestCase::assigned();
    for party in [1, 2] {
        course.notify(party, "2026-11-24");
    }
    course.at_day("2026-12-20");
    course.import(account(2), SECOND, 2).unwrap();
    let (party, window, reason) = (PartyNumber(2), WindowKind::Evidence, AnnexId(Digest([4; 32])));
    let apply = |obstacle_ended: &str| {
        let obstacle_ended = day(obstacle_ended);
        Act::ApplyDeferral(ApplyDeferral { party, window, obstacle_ended, reason, handed_in: None, about: None })
    };
    let decide = |last: Option<&str>| {
        Act::DecideDeferral(DecideDeferral { party, window, last: last.map(day), reason: None, about: None })
    };
    assert_eq!(course.does(account(9), JUDGE, decide(None)), Err(Refusal::NoApplication));
    assert_eq!(course.does(account(2), SECOND, apply("2026-12-21")), Err(Refusal::NotYet));
    course.does(account(2), SECOND, apply("2026-12-18")).unwrap();
    assert_eq!(course.does(account(2), SECOND, apply("2026-12-18")), Err(Refusal::AlreadyApplied));
    course.court(decide(Some("2026-12-22")));
    assert_eq!(course.last_day(2).as_deref(), Some("2026-12-22"));
    assert_eq!(course.last_day(1).as_deref(), Some("2026-12-09"));
    assert_eq!(course.lateness(2), Lateness::InTime);
    // Ten days after the obstacle the application is recorded and marked.
    course.does(account(2), SECOND, apply("2026-12-02")).unwrap();
    course.court(decide(None));
    assert_eq!(course.file.deferrals.iter().map(|one| one.late).collect::<Vec<_>>(), [false, true]);
    let court_window = Act::ApplyDeferral(ApplyDeferral {
        party,
        window: WindowKind::DossierSent,
        obstacle_ended: day("2026-12-02"),
        reason,
        handed_in: None,
        about: None,
    });
    let refused = course.does(account(2), SECOND, court_window);
    assert_eq!(refused, Err(Refusal::Window(WindowError::NotForKind(WindowKind::DossierSent))));
}

#[test]
fn evidence_rules_art_62_all_parties_reply_to_what_the_court_collected_and_it_is_never_late() {
    let mut course = TestCase::assigned();
    course.notify(1, "2026-11-24");
    course.at_day("2026-12-20");
    let ex_officio = || Said { collected: Some(Collected::ExOfficio), ..Said::default() };
    assert_eq!(course.offers(PLAINTIFF, FIRST, 1, ex_officio()), Err(Refusal::CourtOnly));
    course.offers(account(8), CLERK, 1, ex_officio()).unwrap();
    assert_eq!(course.lateness(2), Lateness::InTime);
    course.does(PLAINTIFF, FIRST, reply(2, 1, 1)).unwrap();
    course.does(account(2), SECOND, reply(2, 2, 1)).unwrap();
    let on_application = Said { collected: Some(Collected::OnApplication), ..Said::default() };
    course.offers(account(8), CLERK, 1, on_application).unwrap();
    assert_eq!(course.does(PLAINTIFF, FIRST, reply(3, 1, 1)), Err(Refusal::OwnItem), "it is the applicant's");
}

#[test]
fn online_rules_art_14_replies_at_different_times_have_a_period() {
    let mut course = TestCase::assigned();
    course.at_day("2026-11-26");
    course.court(Act::OpenReplies(OpenReplies { days: 5, start: None, party: None }));
    assert_eq!(course.file.windows.iter().filter(|one| one.kind == WindowKind::Replies).count(), 2);
    course.at += DAY;
    course.does(account(2), SECOND, reply(1, 2, 1)).unwrap();
    course.at_day("2026-12-02");
    course.does(account(2), SECOND, reply(1, 2, 2)).unwrap();
    let late = |version: usize| {
        let at = course.item(1).replies[&PartyNumber(2)][version - 1].position.at;
        course.file.is_late_reply(PartyNumber(2), at, &plain())
    };
    assert_eq!((late(1), late(2)), (false, true), "both are recorded");
}

#[test]
fn evidence_rules_art_97_the_court_decides_on_an_item_and_may_decide_again() {
    let mut course = TestCase::assigned();
    let decide = |decision| {
        Act::DecideAdmission(DecideAdmission { item: ItemNumber(1), decision, document: None, reason: None })
    };
    let by_clerk = course.does(account(8), CLERK, decide(AdmissionDecision::Adopted));
    assert_eq!(by_clerk, Err(Refusal::Denied(DeniedReason::NotPermitted)));
    course.court(decide(AdmissionDecision::PartlyAdopted));
    course.court(super::course::judge(Some(super::course::doc(1))));
    course.court(decide(AdmissionDecision::Adopted));
    let decisions: Vec<_> = course.item(1).decisions.admission.iter().map(|one| one.decision).collect();
    assert_eq!(decisions, [AdmissionDecision::PartlyAdopted, AdmissionDecision::Adopted]);
}

#[test]
fn arts_143_and_170_claims_change_on_their_side_and_a_summary_case_becomes_an_ordinary_one() {
    let mut course = TestCase::assigned();
    let (claims, document, handed_in) = (AnnexId(Digest([6; 32])), None, None);
    let change = |party| {
        let (party, change) = (PartyNumber(party), ClaimChange::Added);
        Act::ChangeClaims(ChangeClaims { party, change, claims, document, handed_in })
    };
    let counterclaim =
        |party| Act::Counterclaim(Counterclaim { party: PartyNumber(party), claims, document, handed_in });
    course.does(PLAINTIFF, FIRST, change(1)).unwrap();
    course.does(account(2), SECOND, counterclaim(2)).unwrap();
    assert_eq!(course.does(account(8), CLERK, change(2)), Err(Refusal::NotYours));
    assert_eq!(course.does(account(8), CLERK, counterclaim(1)), Err(Refusal::NotYours));
    assert_eq!(course.file.claim_changes.len(), 2);
    let convert = |procedure| Act::ConvertProcedure(ConvertProcedure { procedure, document: None });
    let back = course.does(account(9), JUDGE, convert(Procedure::Summary));
    assert!(matches!(back, Err(Refusal::Conversion { .. })));
    course.file.procedure = Procedure::Summary;
    course.court(convert(Procedure::Ordinary));
    assert_eq!((course.file.procedure, course.file.conversions.len()), (Procedure::Ordinary, 1));
    course.file.kind = CaseKind::CivilSecond;
    assert_eq!(course.does(account(2), SECOND, counterclaim(2)), Err(Refusal::OnlyFirstInstance));
}
