//! The audit replays cases: every manipulation possible with the platform's key is reported with its place.

use std::collections::BTreeMap;

use tiezheng::audit::report::{AuditReport, Fault};
use tiezheng::audit::walk::{Options, walk};
use tiezheng::court::acts::{
    Access, Act, ActKind, Approve, EndGrant, FileCase, Grant, Hold, Import, LoadCalendar, Open, OpenAccount,
    OrderErasure, Release, Restate, SetPeriod, Submit,
};
use tiezheng::court::calendar::Day;
use tiezheng::court::case::state::HeldContent;
use tiezheng::court::case_number::CourtCode;
use tiezheng::court::document::{Document, Stream};
use tiezheng::court::ids::{CaseId, ItemNumber, PartyNumber};
use tiezheng::court::labels;
use tiezheng::court::period::basis::Basis;
use tiezheng::court::values::{Capacity, Filer, IdentityCheck};
use tiezheng::court::words::{
    AccessedContent, CaseKind, Depositor, IdentityLevel, IdentityMethod, PartyRole, Phase, Procedure, Role, SubjectKind,
};
use tiezheng::ledger::block::Height;
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::Subject;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{LedgerReader, PrivatePiece};

use crate::support::acts::{Acts, OverlayStore, PLATFORM, account, annex_id};
use crate::support::chain::{annex_at, erase, metadata_at, number, second};
use crate::support::depositor::{depositor, ledger_key, origin};
use crate::support::operator::Operator;

const REGISTRY: (u8, Stream) = (200, Stream::Registry);
const CASE: (u8, Stream) = (201, Stream::Case);
const LOG: (u8, Stream) = (202, Stream::Access);
const PLAINTIFF: (u8, Capacity) = (3, Capacity::Party(PartyNumber(1)));
const CLERK: (u8, Capacity) = (2, Capacity::Holding(Role::Clerk));
const PLATFORM_ITSELF: (u8, Capacity) = (0, Capacity::Platform);

fn court() -> CourtCode {
    CourtCode::parse("粤0192").unwrap()
}

fn identity() -> IdentityCheck {
    IdentityCheck { method: IdentityMethod::Face, level: IdentityLevel::High, at: second(0) }
}

fn grant() -> Act {
    Act::Grant(Grant { account: account(2), role: Role::Clerk, court: Some(court()) })
}

fn open() -> Act {
    Act::Open(Open {
        court: court(),
        kind: CaseKind::CivilFirst,
        procedure: Procedure::Ordinary,
        role: PartyRole::Plaintiff,
        subject: SubjectKind::NaturalPerson,
        filer: Filer::Principal,
        authority: None,
        identity: Some(identity()),
        from: None,
        transfer: None,
        special: Vec::new(),
        instance: Vec::new(),
        former_role: None,
        hand_over: None,
        relationship: None,
        account: None,
        name: annex_id(1),
        title: None,
        claims: Some(annex_id(2)),
        power: None,
        rules: None,
    })
}

fn import(item: u32, phase: Phase) -> Act {
    Act::Import(Import {
        item: ItemNumber(item),
        party: PartyNumber(1),
        phase,
        deposit: number(1),
        name: annex_id(3),
        content: annex_id(4),
        source: None,
        proves: None,
        form: None,
        copies: None,
        pages: None,
        replaces: None,
        carried: None,
        depositor: Depositor::Unknown,
        identity: Some(identity()),
        ledger: origin(),
        tx_id: Digest([3; 32]),
        block_hash: Digest([4; 32]),
        block_height: Height(1),
        prev_block_hash: Digest([5; 32]),
        data_hash: vec![],
        tx_submitted_at: second(1),
        block_generated_at: second(1),
        receipt: None,
        receipt_annex: None,
        purpose: None,
        handed_in: None,
        collected: None,
        reason: None,
    })
}

fn access() -> Act {
    let case = Some(CaseId(Digest([CASE.0; 32])));
    Act::Access(Access { shown: AccessedContent::CaseFile, case, item: None, deposit: None, account: None })
}

/// A clerk is made, a case filed, an item imported, and somebody looked.
fn small() -> Acts {
    let mut acts = Acts::new();
    for n in [2, 3] {
        let person = OpenAccount { account: account(n), subject: SubjectKind::NaturalPerson, name: None };
        acts.put(REGISTRY, PLATFORM_ITSELF, Act::OpenAccount(person), &[]);
    }
    acts.put(REGISTRY, PLATFORM_ITSELF, grant(), &[]);
    acts.put(CASE, PLAINTIFF, open(), &[1, 2]);
    acts.put(CASE, PLAINTIFF, import(1, Phase::Filing), &[3, 4]);
    acts.put(CASE, PLAINTIFF, Act::Submit(Submit {}), &[]);
    acts.put(LOG, CLERK, access(), &[]);
    acts.put(CASE, CLERK, Act::Approve(Approve {}), &[]);
    acts.put(LOG, CLERK, access(), &[]);
    acts
}

fn audit(store: &dyn LedgerReader) -> AuditReport {
    let pinned = Some(ledger_key().verifier().clone());
    walk(store, &Options { pinned, ..Options::default() }, |_| {}).unwrap()
}

/// Each fault and its place.
fn found(store: &dyn LedgerReader) -> Vec<(Fault, LeafIndex)> {
    audit(store).findings.iter().map(|finding| (finding.fault, finding.index.unwrap())).collect()
}

#[test]
fn a_clean_ledger_is_clean_and_counted() {
    let report = audit(&small().store);
    assert!(report.is_clean(), "{:#?}", report.findings);
    let court = &report.court;
    assert_eq!((court.cases, court.acts, court.accesses, court.annexes), (1, 9, 2, 4));
    assert_eq!((court.void, court.unread), (0, 0));
}

#[test]
fn acts_without_effect_are_listed_and_are_no_findings() {
    let mut acts = small();
    let twice = acts.put(CASE, PLAINTIFF, Act::Submit(Submit {}), &[]);
    let restated = Restate {
        item: ItemNumber(1),
        name: annex_id(5),
        content: annex_id(6),
        source: None,
        proves: None,
        form: None,
        copies: None,
        pages: None,
    };
    let locked = acts.put(CASE, PLAINTIFF, Act::Restate(restated), &[5, 6]);
    let again = acts.put(REGISTRY, (3, Capacity::Holding(Role::Operator)), grant(), &[]);
    let report = audit(&acts.store);
    assert!(report.is_clean(), "{:#?}", report.findings);
    let void: Vec<_> = report.court.void_acts.iter().map(|act| (act.index, act.code)).collect();
    assert_eq!(void, [(twice, "wrong_stage"), (locked, "wrong_stage"), (again, "not_permitted")]);
    assert_eq!(report.court.void, 3);
}

#[test]
fn a_case_is_folded_with_the_holidays_known_at_that_moment() {
    let day = |text| Day::parse(text).unwrap();
    // Fifteen days from 7 November make Sunday the 22nd, the fixtures' day; a make-up working day ends it there.
    let start = day("2026-11-06");
    let mut acts = small();
    acts.put(CASE, CLERK, Act::FileCase(FileCase { number: None }), &[]);
    acts.put(
        CASE,
        CLERK,
        Act::SetPeriod(SetPeriod { basis: Basis::Ordinary, start: Some(start), days: 15, party: None }),
        &[],
    );
    let restate = |item| {
        Act::Restate(Restate {
            item: ItemNumber(item),
            name: annex_id(5),
            content: annex_id(6),
            source: None,
            proves: None,
            form: None,
            copies: None,
            pages: None,
        })
    };
    acts.put(CASE, PLAINTIFF, import(2, Phase::Supplementary), &[3, 4]);
    acts.put(CASE, PLAINTIFF, restate(2), &[5, 6]);
    let plan = LoadCalendar { year: 2026, holiday: vec![], workday: vec![day("2026-11-21")] };
    acts.put(REGISTRY, PLATFORM_ITSELF, Act::LoadCalendar(plan), &[]);
    let late = acts.put(CASE, PLAINTIFF, restate(2), &[5, 6]);
    let report = audit(&acts.store);
    assert!(report.is_clean(), "{:#?}", report.findings);
    let void: Vec<_> = report.court.void_acts.iter().map(|act| (act.index, act.code)).collect();
    assert_eq!(void, [(late, "period_ended")]);
}

#[test]
fn a_changed_text_is_named() {
    let acts = small();
    let at = LeafIndex(8);
    let PrivatePiece::Held(mut piece) = acts.store.private(at).unwrap() else { panic!("no act at {at}") };
    assert!(piece.json.contains("act open\n"), "{}", piece.json);
    piece.json = piece.json.replace("kind civil-first", "kind mediation");
    let private = BTreeMap::from([(at, PrivatePiece::Held(piece.clone()))]);
    let changed = OverlayStore { chain: &acts.store, private_store: &acts.store, private };
    // The labels of the next act follow from the text that was changed.
    let labels = (Fault::Index, LeafIndex(10));
    assert_eq!(found(&changed), [(Fault::Private, at), (Fault::ActStatement, at), labels]);

    piece.json = piece.json.replace("kind mediation", "kind  mediation");
    let malformed = OverlayStore { private: BTreeMap::from([(at, PrivatePiece::Held(piece))]), ..changed };
    let found = found(&malformed);
    assert_eq!(found[..2], [(Fault::Private, at), (Fault::ActMalformed, at)]);
    assert!(found[2..].iter().all(|(fault, _)| *fault == Fault::ActStream), "the case lacks its beginning: {found:?}");
}

#[test]
fn a_wrong_digest_or_account_in_the_statement_is_named() {
    let text = |by| {
        let act = Act::Submit(Submit {});
        let document =
            Document { stream: Stream::Case, by: account(by), capacity: PLAINTIFF.1, request: None, body: None, act };
        document.to_text()
    };
    let mut acts = small();
    let digest = acts.put_text(CASE.0, 3, text(3), &[], |statement| {
        statement.content.as_mut().unwrap().sm3 = Some(Digest([1; 32]));
    });
    let missing = acts.put_text(CASE.0, 3, text(3), &[], |statement| {
        statement.content.as_mut().unwrap().sm3 = None;
    });
    let other = acts.put_text(CASE.0, 4, text(3), &[], |_| {});
    let nobody = acts.put_text(CASE.0, 3, text(3), &[], |statement| statement.on_behalf = None);
    let expected = [digest, missing, other, nobody].map(|at| (Fault::ActStatement, at));
    assert_eq!(found(&acts.store), expected);
}

#[test]
fn a_gap_in_a_stream_is_named() {
    let acts = small();
    let mut operator = Operator::of(&acts.store);
    let mut reorder = |n: usize, sequence| {
        let index = operator.deposit(n);
        let entry = Entry::parse(&operator.leaves[index]).unwrap();
        let mut statement = entry.statement.statement().clone();
        statement.subject = Some(Subject { sequence, ..statement.subject.unwrap() });
        let signed = SignedStatement::sign(statement, &[depositor(PLATFORM)]).unwrap();
        operator.leaves[index] = Entry { statement: signed.note().clone(), ..entry }.to_string().into_bytes();
        LeafIndex(index as u64)
    };
    let (approval, access) = (reorder(7, 5), reorder(8, 3));
    operator.reseal_honestly();
    let gap = OverlayStore { chain: &operator, private_store: &acts.store, private: BTreeMap::new() };
    let expected = [(Fault::Subject, approval), (Fault::ActStream, approval), (Fault::Subject, access)];
    assert_eq!(found(&gap), expected);
}

#[test]
fn a_role_that_was_not_held_at_that_moment_is_named() {
    let mut acts = small();
    let never = acts.put(CASE, (4, Capacity::Holding(Role::Judge)), Act::FileCase(FileCase { number: None }), &[]);
    let end = EndGrant { account: account(2), role: Role::Clerk, court: Some(court()) };
    acts.put(REGISTRY, PLATFORM_ITSELF, Act::EndGrant(end), &[]);
    let former = acts.put(CASE, CLERK, Act::FileCase(FileCase { number: None }), &[]);
    let elsewhere = Some(CourtCode::parse("京0491").unwrap());
    let moved = Grant { account: account(2), role: Role::Clerk, court: elsewhere };
    acts.put(REGISTRY, PLATFORM_ITSELF, Act::Grant(moved), &[]);
    let stranger = acts.put(CASE, CLERK, Act::Submit(Submit {}), &[]);
    assert_eq!(found(&acts.store), [never, former, stranger].map(|at| (Fault::ActRole, at)));
}

#[test]
fn a_missing_annex_is_named_and_an_erased_one_is_not() {
    let mut acts = small();
    let restated = Restate {
        item: ItemNumber(1),
        name: annex_id(5),
        content: annex_id(6),
        source: None,
        proves: None,
        form: None,
        copies: None,
        pages: None,
    };
    let missing = acts.put(CASE, PLAINTIFF, Act::Restate(restated), &[5]);
    assert_eq!(found(&acts.store), [(Fault::ActAnnex, missing)]);

    let acts = small();
    erase(&acts.store, &[annex_at(8, &crate::support::acts::annex(1))]);
    let report = audit(&acts.store);
    assert!(report.is_clean(), "{:#?}", report.findings);
    let notice = LeafIndex(report.size.0 - 2);
    // A tombstone that leads to a notice about something else.
    let honest = small();
    erase(&honest.store, &[annex_at(8, &crate::support::acts::annex(2))]);
    let lying = OverlayStore { chain: &honest.store, private_store: &acts.store, private: BTreeMap::new() };
    let places: Vec<_> = found(&lying);
    assert_eq!(places, [(Fault::Erasure, LeafIndex(8)), (Fault::Erasure, notice)]);
}

#[test]
fn content_erased_while_a_court_holds_it_is_named() {
    let judge = (2, Capacity::Holding(Role::Judge));
    let hold = |deposit| Act::Hold(Hold { deposit: Some(deposit), account: None, reason: annex_id(5) });
    for ended_by in [None, Some(ActKind::Release), Some(ActKind::OrderErasure)] {
        let mut acts = small();
        let role = Grant { account: account(2), role: Role::Judge, court: Some(court()) };
        acts.put(REGISTRY, PLATFORM_ITSELF, Act::Grant(role), &[]);
        acts.put(CASE, CLERK, Act::FileCase(FileCase { number: None }), &[]);
        let at = acts.put_text(210, 3, r#"{"name":"合同"}"#.into(), &[], |_| {});
        let deposit = number(12);
        assert_eq!(acts.store.index_of_number(&deposit), Ok(Some(at)));
        let Act::Import(import) = import(2, Phase::Supplementary) else { panic!() };
        acts.put(CASE, PLAINTIFF, Act::Import(Import { deposit, ..import }), &[3, 4]);
        acts.put(CASE, CLERK, hold(deposit), &[5]);
        match ended_by {
            Some(ActKind::Release) => {
                let release = Release { deposit: Some(deposit), account: None, reason: None };
                acts.put(CASE, CLERK, Act::Release(release), &[]);
            }
            Some(_) => {
                let order = OrderErasure { deposit: Some(deposit), account: None, document: None };
                acts.put(CASE, judge, Act::OrderErasure(order), &[]);
            }
            None => {}
        }
        let report = audit(&acts.store);
        assert!(report.is_clean() && report.court.void == 0, "{:#?} {:#?}", report.findings, report.court.void_acts);
        erase(&acts.store, &[metadata_at(at.0)]);
        let notice = LeafIndex(acts.store.published().unwrap().size().0 - 2);
        let expected = if ended_by.is_none() { vec![(Fault::Erasure, notice)] } else { Vec::new() };
        assert_eq!(found(&acts.store), expected, "{ended_by:?}");
    }
}

#[test]
fn the_text_of_an_act_is_never_erased_but_of_an_access() {
    let acts = small();
    erase(&acts.store, &[metadata_at(14)]);
    let report = audit(&acts.store);
    assert!(report.is_clean() && report.court.unread == 0, "nothing shows any more that a log began there");
    erase(&acts.store, &[metadata_at(18)]);
    assert_eq!(audit(&acts.store).court.acts, 7);

    let acts = small();
    erase(&acts.store, &[metadata_at(18)]);
    let report = audit(&acts.store);
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!((report.court.unread, report.court.accesses), (1, 1));

    let acts = small();
    erase(&acts.store, &[metadata_at(16)]);
    assert_eq!(found(&acts.store), [(Fault::ActErased, LeafIndex(16))]);
}

#[test]
fn an_act_in_the_wrong_stream_is_named() {
    let mut acts = small();
    let in_a_log = acts.put((LOG.0, Stream::Access), PLAINTIFF, Act::Submit(Submit {}), &[]);
    let in_a_case = acts.put((CASE.0, Stream::Access), CLERK, access(), &[]);
    let second_registry = acts.put((203, Stream::Registry), PLATFORM_ITSELF, grant(), &[]);
    let no_case = acts.put((204, Stream::Case), PLAINTIFF, Act::Submit(Submit {}), &[]);
    let no_act = acts.put_text(CASE.0, 3, r#"{"name":"合同"}"#.into(), &[], |_| {});
    let stream = |at| (Fault::ActStream, at);
    let expected =
        [stream(in_a_log), stream(in_a_case), stream(second_registry), stream(no_case), (Fault::ActMalformed, no_act)];
    assert_eq!(found(&acts.store), expected);
}

#[test]
fn a_missing_and_an_additional_label_are_named() {
    let hold = Hold { deposit: Some(number(1)), account: None, reason: annex_id(5) };
    let text = |act| {
        let document =
            Document { stream: Stream::Case, by: account(2), capacity: CLERK.1, request: None, body: None, act };
        document.to_text()
    };
    let under = |more: &[Digest]| {
        let mut acts = small();
        let content = HeldContent::Deposit(number(1));
        let labels = [&[labels::holds_on(content), labels::feed(&court())], more].concat();
        let json = text(Act::Hold(hold.clone()));
        let at = acts.put_labelled(CASE.0, 2, json, (&[5], labels), |_| {});
        (acts, at)
    };
    let (acts, _) = under(&[]);
    let report = audit(&acts.store);
    assert!(report.is_clean() && report.court.void == 0, "{:#?} {:#?}", report.findings, report.court.void_acts);
    // Without its label the hold would not be found when the content is erased.
    let mut without = small();
    let json = text(Act::Hold(hold.clone()));
    let at = without.put_labelled(CASE.0, 2, json, (&[5], vec![labels::feed(&court())]), |_| {});
    let report = audit(&without.store);
    let named = report.findings.iter().filter(|one| one.fault == Fault::Index && one.index == Some(at)).count();
    assert_eq!(named, 1, "{:#?}", report.findings);
    assert!(report.findings.iter().any(|one| one.detail.contains("`labels`")), "{:#?}", report.findings);
    // A label that follows from nothing leads an account to an act that is not its own.
    let (acts, _) = under(&[labels::cases_of(account(9))]);
    let report = audit(&acts.store);
    let details: Vec<_> = report.findings.iter().map(|one| (one.fault, one.index, one.detail.as_str())).collect();
    assert!(matches!(details[..], [(Fault::Index, None, detail)] if detail.contains("`labels`")), "{details:?}");
}
