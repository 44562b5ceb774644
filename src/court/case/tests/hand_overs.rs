//! Hand-overs of a dossier, and the case that continues it: examples from the law, each named with its article.

use super::course::*;
use super::*;
use crate::court::case::course::Origin;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::manifest::{lines, root};
use crate::court::case::succession::succession;
use crate::court::course_words::{
    AppealOutcome, DocumentForm, HandOverState, Instance, RulingKind, SpecialPower, Volume,
};
use crate::court::ids::{AppealNumber, DocumentNumber, HandOverNumber};
use crate::court::service_words::DocumentKind;

/// 民诉法 arts. 37, 130, 157 (2): 异议成立 leads to 移送管辖, once its appeal is decided; and only once.
#[test]
fn a_sustained_objection_leads_to_the_transfer_of_jurisdiction_once() {
    let mut course = TestCase::assigned();
    assert_eq!(
        course.sends(TransferKind::Jurisdiction, "京0491", 1),
        refused(CourseRefusal::NoGround(TransferKind::Jurisdiction))
    );
    course.defendant(object(2)).unwrap();
    course.judge(rule(RulingKind::SustainObjection, 1)).unwrap();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", 1), refused(CourseRefusal::AppealPending));
    course.file.course.appeals.clear();
    assert_eq!(course.sends(TransferKind::Jurisdiction, "粤0192", 1), refused(CourseRefusal::SameCourt));
    // Art. 158: neither before it has been served on every party nor before the periods to appeal have passed.
    for party in [1, 2] {
        assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", 1), refused(CourseRefusal::NotInForce));
        course.delivers(DocumentKind::Ruling, party, doc(1));
    }
    assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", 1), refused(CourseRefusal::NotInForce));
    course.at += 20 * 86_400_000;
    course.sends(TransferKind::Jurisdiction, "京0491", 1).unwrap();
    // Until it is accepted or returned, the dossier does not change, and the case stays here.
    assert_eq!(course.import(PLAINTIFF, FIRST, 1), refused(CourseRefusal::HandedOver(HandOverNumber(1))));
    let admission = made!(DecideAdmission { item: ItemNumber(1) });
    assert_eq!(course.judge(admission), refused(CourseRefusal::HandedOver(HandOverNumber(1))));
    assert_eq!(course.file.stage, Stage::Assigned);
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    assert_eq!(course.file.stage, Stage::Closed);
    let one = &course.file.course.hand_overs[&HandOverNumber(1)];
    let next = succession(&course.file, one, None, &Calendar::default());
    assert_eq!((next.kind, next.procedure), (CaseKind::CivilFirst, Procedure::Ordinary));
    let roles: Vec<_> = next.parties.iter().map(|(_, role, before)| (*role, *before)).collect();
    assert_eq!(roles, [(PartyRole::Plaintiff, None), (PartyRole::Defendant, None)]);

    let mut there = TestCase::assigned();
    there.file.course.origin = Some(Origin {
        case: CASE,
        hand_over: HandOverNumber(1),
        court: court("京0491"),
        kind: TransferKind::Jurisdiction,
        manifest: one.manifest,
        appealed: None,
        came_by: None,
        position: position(9, 0),
    });
    assert_eq!(there.judge(rule(RulingKind::TransferJurisdiction, 1)), refused(CourseRefusal::TransferredBefore));
}

/// 民诉法 art. 174 (2), L6, L7: roles of several appellants, and of those who neither appealed nor were appealed against (解释 arts. 315,
/// 317, unconfirmed); powers of attorney only where they name the second instance.
#[test]
fn the_second_instance_has_the_roles_of_the_appeals_and_the_agents_whose_powers_name_it() {
    let mut course = TestCase::assigned();
    for (party, role) in [(3, PartyRole::Defendant), (4, PartyRole::ThirdParty)] {
        course.clerk(made!(AddParty { party: PartyNumber(party), role, account: None, former_role: None }));
    }
    course.plaintiff(Act::AddAgent(agent(&[SpecialPower::Appeal], &[Instance::Second]))).unwrap();
    let only_first = AddAgent { agent: AgentNumber(2), account: account(6), ..agent(&[], &[]) };
    course.plaintiff(Act::AddAgent(only_first)).unwrap();
    course.judge(judge(Some(doc(1)))).unwrap();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    course.defendant(appeal(2, 2, 1, &[1])).unwrap();
    course.plaintiff(Act::WithdrawAppeal(WithdrawAppeal { party: PartyNumber(1) })).unwrap();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let next = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    let roles: Vec<_> = next.parties.iter().map(|(_, role, before)| (*role, *before)).collect();
    assert_eq!(
        roles,
        [
            (PartyRole::Appellant, Some(PartyRole::Plaintiff)),
            (PartyRole::Appellant, Some(PartyRole::Defendant)),
            (PartyRole::OriginalDefendant, Some(PartyRole::Defendant)),
            (PartyRole::OriginalThirdParty, Some(PartyRole::ThirdParty)),
        ]
    );
    assert_eq!((next.kind, next.procedure), (CaseKind::CivilSecond, Procedure::SecondInstance));
    assert_eq!((next.agents, next.withdrawing), (vec![AgentNumber(1)], vec![PartyNumber(1)]));
    let item = course.item(1);
    let first = FirstImport { case: CASE, item: ItemNumber(1), at: item.first_imported_at, late: item.late };
    assert_eq!(next.items, [(ItemNumber(1), first)]);
}

/// §8.1: the receiver hashes again; only the same manifest is accepted, nothing is taken over before that, and each state comes once.
#[test]
fn only_what_was_sent_is_accepted_and_a_returned_dossier_is_sent_anew() {
    let mut course = TestCase::judged();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    let other = SendHandOver {
        manifest: root(&["another line"]).unwrap(),
        ..send(&course.file, TransferKind::SecondInstance, "粤01", 1)
    };
    let sent = course.does(account(8), CLERK, Act::SendHandOver(other));
    assert_eq!(sent, refused(CourseRefusal::DossierDiffers));
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    assert_eq!(
        course.sends(TransferKind::SecondInstance, "粤01", 1),
        refused(CourseRefusal::HandedOver(HandOverNumber(1)))
    );
    assert_eq!(course.accepts(1), refused(CourseRefusal::HandOverState(HandOverState::Sent)));
    course.receives(1).unwrap();
    assert_eq!(course.receives(1), refused(CourseRefusal::HandOverState(HandOverState::Received)));
    let found = root(&["another line"]).unwrap();
    let wrong = AcceptHandOver { manifest: found, ..course.accept_of(1) };
    assert_eq!(course.does(account(6), RECEIVER, Act::AcceptHandOver(wrong)), refused(CourseRefusal::DossierDiffers));
    let reason = AnnexId(Digest([4; 32]));
    let differs = |manifest| {
        let hand_over = HandOverNumber(1);
        Act::ReportDifference(ReportDifference { hand_over, manifest, second_volume: None, reason })
    };
    let equal = course.accept_of(1).manifest;
    assert_eq!(course.does(account(6), RECEIVER, differs(equal)), refused(CourseRefusal::ManifestEqual));
    course.does(account(6), RECEIVER, differs(found)).unwrap();
    assert!(course.file.passed_on.is_empty() && course.file.course.appeals[&AppealNumber(1)].is_open());
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let give_back = Act::ReturnHandOver(ReturnHandOver { hand_over: HandOverNumber(2), reason });
    course.does(account(6), RECEIVER, give_back).unwrap();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(3).unwrap();
    course.accepts(3).unwrap();
    assert_eq!(course.file.passed_on, [(CaseId(Digest([99; 32])), TransferKind::SecondInstance)]);
    assert_eq!(course.sends(TransferKind::SecondInstance, "粤01", 1), Err(Refusal::AlreadyPassedOn));
    let states: Vec<_> = course.file.course.hand_overs.values().map(|one| one.state).collect();
    assert_eq!(states, [HandOverState::Differs, HandOverState::Returned, HandOverState::Accepted]);
}

fn document(number: u32, volume: Volume, form: DocumentForm, deposit: Option<u64>) -> Act {
    Act::FileDocument(FileDocument {
        document: DocumentNumber(number),
        volume,
        form,
        pages: 3,
        deposit: deposit.map(doc),
        data_hash: deposit.map(|_| (HashAlgorithm::Sha256, Digest([7; 32]))).into_iter().collect(),
        entry: AnnexId(Digest([8; 32])),
    })
}

/// §8.8 (6): 正卷 and 副卷; 在线诉讼规则 art. 35 (2).
#[test]
fn the_manifest_lists_each_document_and_the_second_volume_hides_what_it_lists() {
    let mut course = TestCase::judged();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    let unnamed = document(1, Volume::Main, DocumentForm::Electronic, None);
    assert_eq!(course.does(account(8), CLERK, unnamed), refused(CourseRefusal::DocumentIncomplete));
    let named = document(1, Volume::Second, DocumentForm::Electronic, Some(5));
    assert_eq!(course.does(account(8), CLERK, named), refused(CourseRefusal::DocumentIncomplete));
    course.clerk(document(1, Volume::Main, DocumentForm::Electronic, Some(5)));
    course.clerk(document(2, Volume::Main, DocumentForm::Paper, None));
    course.clerk(document(3, Volume::Second, DocumentForm::Converted, None));
    let main = lines(&course.file, Volume::Main, &Calendar::default());
    let hash = "07".repeat(32);
    assert!(main.contains(&format!("document 1 electronic pages 3 {} sha-256 {hash}", doc(5))), "{main:#?}");
    assert!(main.contains(&"document 2 paper pages 3 on-paper".to_owned()));
    assert!(!main.iter().any(|line| line.starts_with("document 3")));
    assert_eq!(
        lines(&course.file, Volume::Second, &Calendar::default()).last().unwrap(),
        &format!("document 3 converted pages 3 annex {}", "08".repeat(32))
    );
    assert_eq!(course.sends(TransferKind::SecondInstance, "粤01", 1), refused(CourseRefusal::OnPaper(1)));
    let act = SendHandOver { on_paper: Some(1), ..send(&course.file, TransferKind::SecondInstance, "粤01", 1) };
    course.clerk(Act::SendHandOver(act));
    let more = document(4, Volume::Main, DocumentForm::Electronic, Some(6));
    assert_eq!(course.does(account(8), CLERK, more), refused(CourseRefusal::HandedOver(HandOverNumber(1))));
}

/// The format of the manifest is frozen: the root below was computed with sha256sum over these lines.
#[test]
fn the_manifest_reads_as_its_format_says() {
    let course = TestCase::judged();
    let expected = [
        "tiezheng hand-over manifest v1".to_owned(),
        "volume main".to_owned(),
        format!("case {}", "4d".repeat(32)),
        "court 粤0192".to_owned(),
        format!("decision judgment {} 2026-11-21T16:10:00.000Z", doc(1)),
    ];
    assert_eq!(lines(&course.file, Volume::Main, &Calendar::default())[..5], expected);
    assert!(lines(&course.file, Volume::Second, &Calendar::default()).is_empty());
    // a=$(printf '\0a'|sha256sum) …: node(node(a, b), c).
    let known = root(&["a", "b", "c"]).unwrap();
    assert_eq!(known.root.to_string(), "36642e73c2540ab121e3a6bf9545b0a24982cd830eb13d3cd19de3ce6c021ec1");
    assert_eq!((known.count, root::<&str>(&[])), (3, None));
}

/// 民诉法 arts. 177, 180: in second instance, and back.
#[test]
fn a_second_instance_remands_or_lets_appeals_be_withdrawn_and_sends_the_dossier_back() {
    let origin = |course: &mut TestCase| {
        course.file.kind = CaseKind::CivilSecond;
        course.file.procedure = Procedure::SecondInstance;
        course.file.parties.get_mut(&PartyNumber(1)).unwrap().role = PartyRole::Appellant;
        course.file.parties.get_mut(&PartyNumber(1)).unwrap().former_role = Some(PartyRole::Plaintiff);
        course.file.parties.get_mut(&PartyNumber(2)).unwrap().role = PartyRole::Appellee;
        course.file.parties.get_mut(&PartyNumber(2)).unwrap().former_role = Some(PartyRole::Defendant);
        let manifest = root(&["line"]).unwrap();
        course.file.course.origin = Some(Origin {
            case: CASE,
            hand_over: HandOverNumber(1),
            court: court("粤0106"),
            kind: TransferKind::SecondInstance,
            manifest,
            appealed: None,
            came_by: None,
            position: position(9, 0),
        });
    };
    let mut course = TestCase::assigned();
    assert_eq!(course.judge(rule(RulingKind::Remand, 1)), refused(CourseRefusal::NotSecondInstance));
    origin(&mut course);
    assert_eq!(
        course.plaintiff(Act::WithdrawSuit(WithdrawSuit {})),
        refused(CourseRefusal::OtherAct("withdraw-appeal"))
    );
    let withdraw = |party| Act::WithdrawAppeal(WithdrawAppeal { party: PartyNumber(party) });
    assert_eq!(course.defendant(withdraw(2)), refused(CourseRefusal::NothingToWithdraw));
    course.plaintiff(withdraw(1)).unwrap();
    assert_eq!(course.file.stage, Stage::Assigned);
    let on_withdrawal = |ruling, n| Act::Rule(Rule { ruling, document: doc(n), party: Some(PartyNumber(1)) });
    course.judge(on_withdrawal(RulingKind::RefuseAppealWithdrawal, 1)).unwrap();
    course.plaintiff(withdraw(1)).unwrap();
    course.judge(on_withdrawal(RulingKind::AllowAppealWithdrawal, 2)).unwrap();
    assert_eq!(course.file.stage, Stage::Closed);
    let back = |course: &TestCase, outcome| {
        let act = send(&course.file, TransferKind::DossierReturn, "粤0106", 2);
        Act::SendHandOver(SendHandOver { outcome: Some(outcome), ..act })
    };
    let wrong = back(&course, AppealOutcome::Upheld);
    let no_ground = refused(CourseRefusal::NoGround(TransferKind::DossierReturn));
    assert_eq!(course.does(account(8), CLERK, wrong), no_ground);
    let elsewhere = SendHandOver {
        outcome: Some(AppealOutcome::Withdrawn),
        ..send(&course.file, TransferKind::DossierReturn, "京0491", 2)
    };
    assert_eq!(course.does(account(8), CLERK, Act::SendHandOver(elsewhere)), refused(CourseRefusal::NotTheOrigin));
    let right = back(&course, AppealOutcome::Withdrawn);
    course.clerk(right);
    course.receives(1).unwrap();
    course.accepts(1).unwrap();

    let mut course = TestCase::assigned();
    origin(&mut course);
    course.judge(rule(RulingKind::Remand, 1)).unwrap();
    course.sends(TransferKind::Remand, "粤0106", 1).unwrap();
    let next = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    let roles: Vec<_> = next.parties.iter().map(|(_, role, before)| (*role, *before)).collect();
    assert_eq!((next.kind, next.procedure), (CaseKind::CivilFirst, Procedure::Ordinary));
    assert_eq!(roles, [(PartyRole::Plaintiff, None), (PartyRole::Defendant, None)]);
}

/// L5, 民诉法 art. 210: 再审 begins by a hand-over with the ruling as basis, and its parties are named as such.
#[test]
fn a_retrial_names_its_applicants() {
    let mut course = TestCase::judged_and_in_force();
    let act = |party: &[u32]| {
        let party = party.iter().copied().map(PartyNumber).collect();
        Act::SendHandOver(SendHandOver { party, ..send(&course.file, TransferKind::Retrial, "粤", 50) })
    };
    let (nobody, second) = (act(&[]), act(&[2]));
    let no_ground = refused(CourseRefusal::NoGround(TransferKind::Retrial));
    assert_eq!(course.does(account(8), CLERK, nobody), no_ground);
    course.clerk(second);
    let next = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    let roles: Vec<_> = next.parties.iter().map(|(_, role, _)| *role).collect();
    assert_eq!((next.kind, roles), (CaseKind::Retrial, vec![PartyRole::Respondent, PartyRole::RetrialApplicant]));
    let pass_on = made!(PassOn { transfer: TransferKind::Retrial });
    assert_eq!(course.does(account(8), CLERK, pass_on), refused(CourseRefusal::OtherAct("send-hand-over")));
}

/// The rules of cases that were opened before: their results do not change.
#[test]
fn a_case_of_version_1_keeps_its_rules_and_has_no_new_acts() {
    let mut course = TestCase::assigned();
    course.file.rules = RulesVersion::V1;
    let unknown = Err(Refusal::RulesVersion(OlderRules { needed: 2, found: 1 }));
    assert_eq!(course.judge(rule(RulingKind::DismissSuit, 1)), unknown);
    assert_eq!(course.defendant(object(2)), unknown);
    let on = Day::of(course.file.last.at);
    course.court(made!(SetPeriod { basis: Basis::Ordinary, start: Some(on), days: 15, party: None }));
    course.defendant(made!(SuspendPeriod { on })).unwrap();
    let mut withdrawn = TestCase { file: course.file.clone(), at: course.at };
    withdrawn.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    assert_eq!(withdrawn.file.stage, Stage::Discontinued);
    course.does(account(7), JUDGE, judge(None)).unwrap();
    assert_eq!(course.file.stage, Stage::Judged);
    assert_eq!(course.sends(TransferKind::SecondInstance, "粤01", 1), unknown);
    course.clerk(made!(PassOn { transfer: TransferKind::SecondInstance }));
}

/// 证据规定 art. 51 (2): in second instance the reason is stated why the evidence was not offered before.
#[test]
fn new_evidence_in_second_instance_states_its_reason() {
    let mut course = TestCase::assigned();
    course.file.kind = CaseKind::CivilSecond;
    assert_eq!(course.file.phase(), Phase::SecondInstance);
    let item = course.file.next_item();
    let import = |reason| {
        let (party, phase) = (PartyNumber(1), Phase::SecondInstance);
        let (purpose, handed_in, collected) = (None, None, None);
        made!(Import {
            item,
            party,
            phase,
            replaces: None,
            carried: None,
            purpose,
            handed_in,
            collected,
            reason: reason
        })
    };
    assert_eq!(course.plaintiff(import(None)), refused(CourseRefusal::ReasonNeeded));
    course.plaintiff(import(Some(AnnexId(Digest([5; 32]))))).unwrap();
}
