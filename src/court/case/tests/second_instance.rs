//! What a second instance decides, and what follows in the first: 民诉法 arts. 146, 153, 154, 157, 177 to 180.

use super::course::*;
use super::*;
use crate::court::case::course::Origin;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::legal_force::{LegalForce, legal_force};
use crate::court::case::manifest::root;
use crate::court::case::session_records::{Actor, Agreement, Moment};
use crate::court::case::succession::succession;
use crate::court::course_words::{AppealOutcome, ObjectionEffect, RulingKind};
use crate::court::ids::{AgreementNumber, HandOverNumber, RoundNumber};
use crate::court::service_words::DocumentKind;
use crate::court::session_words::AgreementTrack;

/// A case of second instance in which this form of decision was appealed, and whose case before came to its court by this hand-over.
fn second(appealed: DocumentKind, came_by: Option<TransferKind>) -> TestCase {
    let mut course = TestCase::assigned();
    (course.file.kind, course.file.procedure) = (CaseKind::CivilSecond, Procedure::SecondInstance);
    for (number, role, first) in
        [(1, PartyRole::Appellant, PartyRole::Plaintiff), (2, PartyRole::Appellee, PartyRole::Defendant)]
    {
        let party = course.file.parties.get_mut(&PartyNumber(number)).unwrap();
        (party.role, party.former_role) = (role, Some(first));
    }
    course.file.course.origin = Some(Origin {
        case: CASE,
        hand_over: HandOverNumber(1),
        court: court("粤0106"),
        kind: TransferKind::SecondInstance,
        manifest: root(&["line"]).unwrap(),
        appealed: Some(appealed),
        came_by,
        position: position(9, 0),
    });
    course
}

fn of_party(ruling: RulingKind, n: u64, party: u32) -> Act {
    Act::Rule(Rule { ruling, document: doc(n), party: Some(PartyNumber(party)) })
}

impl TestCase {
    /// Returns the dossier of the second instance with this result on this basis.
    fn gives_back(&mut self, outcome: AppealOutcome, basis: u64) -> Result<(), Refusal> {
        let act = send(&self.file, TransferKind::DossierReturn, "粤0106", basis);
        self.does(account(8), CLERK, Act::SendHandOver(SendHandOver { outcome: Some(outcome), ..act }))
    }

    /// The second instance accepts the appeal against document `basis`, and its dossier comes back with document 9 and this result.
    fn comes_back(&mut self, basis: u64, outcome: AppealOutcome) {
        self.sends(TransferKind::SecondInstance, "粤01", basis).unwrap();
        self.receives(1).unwrap();
        self.accepts(1).unwrap();
        let manifest = self.file.course.hand_overs[&HandOverNumber(1)].manifest;
        let (case, hand_over) = (CaseId(Digest([99; 32])), HandOverNumber(1));
        self.clerk(Act::TakeBack(TakeBack { case, hand_over, manifest, decision: doc(9), outcome }));
    }

    fn force_later(&self) -> LegalForce {
        let now = Timestamp::from_millis(START + self.at + 60 * 86_400_000).unwrap();
        legal_force(&self.file, &self.file.course.decisions[0], now, &Calendar::default()).force
    }
}

/// 民诉法 art. 177 (1) 1: an appeal against a judgment is dismissed by a judgment; art. 178: one against a ruling is decided by a ruling.
#[test]
fn the_form_of_the_decision_follows_that_of_the_decision_appealed() {
    for ruling in [RulingKind::Uphold, RulingKind::SetAside, RulingKind::Direct] {
        let mut course = second(DocumentKind::Judgment, None);
        assert_eq!(course.judge(rule(ruling, 1)), refused(CourseRefusal::DecisionForm), "{ruling}");
        let mut course = second(DocumentKind::Ruling, None);
        course.judge(rule(ruling, 1)).unwrap();
    }
    let mut course = second(DocumentKind::Ruling, None);
    assert_eq!(course.judge(judge(Some(doc(1)))), refused(CourseRefusal::DecisionForm));
    assert_eq!(course.judge(rule(RulingKind::Remand, 1)), refused(CourseRefusal::DecisionForm));
    let mut course = second(DocumentKind::Judgment, None);
    course.judge(judge(Some(doc(1)))).unwrap();
    course.gives_back(AppealOutcome::Upheld, 1).unwrap();
}

/// The case before says which form was appealed, and how it came itself; the audit compares both.
#[test]
fn what_was_appealed_is_named_to_the_second_instance() {
    let mut course = appealed();
    course.file.course.origin = second(DocumentKind::Judgment, None).file.course.origin;
    course.file.course.origin.as_mut().unwrap().kind = TransferKind::Remand;
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let next = succession(&course.file, &course.file.course.hand_overs[&HandOverNumber(1)], None, &Calendar::default());
    assert_eq!((next.appealed, next.came_by), (Some(DocumentKind::Judgment), Some(TransferKind::Remand)));
}

/// 民诉法 art. 177 (2): 不得再次发回重审.
#[test]
fn a_case_that_was_remanded_is_not_remanded_again() {
    let mut course = second(DocumentKind::Judgment, Some(TransferKind::Remand));
    assert_eq!(course.judge(rule(RulingKind::Remand, 1)), refused(CourseRefusal::RemandedBefore));
    let mut course = second(DocumentKind::Judgment, Some(TransferKind::Jurisdiction));
    course.judge(rule(RulingKind::Remand, 1)).unwrap();
}

/// 民诉法解释 arts. 328, 336 (unconfirmed): the suit is dismissed or withdrawn in second instance, which sets the decision aside; 民诉法 art.
/// 154: it is terminated.
#[test]
fn a_second_instance_dismisses_or_terminates_the_suit_or_allows_its_withdrawal() {
    for (ruling, outcome, stage) in [
        (RulingKind::DismissSuit, AppealOutcome::SuitDismissed, Stage::Closed),
        (RulingKind::AllowSuitWithdrawal, AppealOutcome::SuitWithdrawn, Stage::Discontinued),
        (RulingKind::Terminate, AppealOutcome::SuitTerminated, Stage::Closed),
    ] {
        let mut course = second(DocumentKind::Judgment, None);
        course.judge(rule(ruling, 1)).unwrap();
        assert_eq!(course.file.stage, stage);
        let no_ground = refused(CourseRefusal::NoGround(TransferKind::DossierReturn));
        assert_eq!(course.gives_back(AppealOutcome::Upheld, 1), no_ground);
        course.gives_back(outcome, 1).unwrap();
    }
    let mut first = TestCase::assigned();
    let ruled = first.judge(rule(RulingKind::AllowSuitWithdrawal, 1));
    assert_eq!(ruled, refused(CourseRefusal::NotSecondInstance));
}

/// 民诉法解释 art. 318 (unconfirmed): an appeal whose fees are not paid is treated as withdrawn, without an application.
#[test]
fn an_appeal_is_treated_as_withdrawn_without_an_application() {
    let mut course = second(DocumentKind::Judgment, None);
    let by_appellee = course.judge(of_party(RulingKind::DeemedAppealWithdrawal, 1, 2));
    assert_eq!(by_appellee, refused(CourseRefusal::NothingToRuleOn));
    let of_the_suit = course.judge(rule(RulingKind::DeemedWithdrawal, 1));
    assert_eq!(of_the_suit, refused(CourseRefusal::OtherAct("deemed-appeal-withdrawal")));
    course.judge(of_party(RulingKind::DeemedAppealWithdrawal, 1, 1)).unwrap();
    assert_eq!(course.file.stage, Stage::Closed);
    course.gives_back(AppealOutcome::DeemedWithdrawn, 1).unwrap();
    let mut first = TestCase::assigned();
    let ruled = first.judge(of_party(RulingKind::DeemedAppealWithdrawal, 1, 1));
    assert_eq!(ruled, refused(CourseRefusal::NotSecondInstance));
}

/// 民诉法 art. 179: with the mediation document received by all, the judgment is regarded as set aside.
#[test]
fn an_appeal_that_was_mediated_is_returned_with_the_mediation_document_received_by_all() {
    let mut course = second(DocumentKind::Judgment, None);
    let receipt = |party: u32, course: &mut TestCase| {
        let actor = Actor { by: account(1), capacity: Capacity::Party(PartyNumber(party)), position: course.next() };
        course.file.records.agreements.get_mut(&AgreementNumber(1)).unwrap().received.insert(PartyNumber(party), actor);
    };
    let issued = Actor { by: account(9), capacity: JUDGE, position: course.next() };
    let agreement = Agreement {
        track: AgreementTrack::MediationDocument,
        versions: Vec::new(),
        signing_agreed: std::collections::BTreeMap::new(),
        signed: vec![Moment { version: 1, round: RoundNumber(1), act: issued }],
        document: Some((issued, doc(5))),
        received: std::collections::BTreeMap::new(),
        ways_out: std::collections::BTreeMap::new(),
        ended: None,
    };
    course.file.records.agreements.insert(AgreementNumber(1), agreement);
    course.clerk(Act::Close(Close {}));
    let no_ground = refused(CourseRefusal::NoGround(TransferKind::DossierReturn));
    receipt(1, &mut course);
    assert_eq!(course.gives_back(AppealOutcome::Mediated, 5), no_ground, "party 2 has not received it");
    receipt(2, &mut course);
    assert_eq!(course.gives_back(AppealOutcome::Mediated, 6), no_ground, "another document");
    course.gives_back(AppealOutcome::Mediated, 5).unwrap();
}

/// 民诉法 arts. 177 to 180: what becomes of the judgment of first instance.
#[test]
fn the_result_of_the_second_instance_decides_the_effect_of_the_judgment() {
    for (outcome, expected) in [
        (AppealOutcome::Mediated, LegalForce::Overturned),
        (AppealOutcome::SuitDismissed, LegalForce::Overturned),
        (AppealOutcome::SuitWithdrawn, LegalForce::Overturned),
        (AppealOutcome::SuitTerminated, LegalForce::Terminated),
        (AppealOutcome::DeemedWithdrawn, LegalForce::AppealWithdrawn),
    ] {
        let mut course = appealed();
        for party in [1, 2] {
            course.delivers(DocumentKind::Judgment, party, doc(1));
        }
        course.comes_back(1, outcome);
        assert_eq!(course.force_later(), expected, "{outcome}");
    }
}

/// 民诉法 arts. 130, 177 (1) 2, 178: the second instance reverses the ruling that dismissed the objection, and the case is transferred.
#[test]
fn a_reversed_dismissal_of_the_objection_is_a_ground_to_transfer_jurisdiction() {
    let no_ground = refused(CourseRefusal::NoGround(TransferKind::Jurisdiction));
    for (outcome, basis, expected) in [
        (AppealOutcome::Changed, 1, Ok(())),
        (AppealOutcome::Changed, 9, Ok(())),
        (AppealOutcome::Upheld, 1, no_ground.clone()),
        (AppealOutcome::Upheld, 9, no_ground.clone()),
        (AppealOutcome::Remanded, 1, no_ground.clone()),
    ] {
        let mut course = TestCase::assigned();
        course.defendant(object(2)).unwrap();
        course.judge(rule(RulingKind::DismissObjection, 1)).unwrap();
        assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", 1), no_ground);
        course.defendant(appeal(1, 2, 1, &[1])).unwrap();
        assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", 1), refused(CourseRefusal::AppealPending));
        course.comes_back(1, outcome);
        let effect =
            if outcome == AppealOutcome::Changed { ObjectionEffect::Sustained } else { ObjectionEffect::Dismissed };
        assert_eq!(effects(&course), [effect]);
        assert_eq!(course.sends(TransferKind::Jurisdiction, "京0491", basis), expected, "{outcome} {basis}");
    }
}

/// 民诉法 arts. 146 (按撤诉处理), 153 (中止诉讼), 154 (终结诉讼), 157 (1).
#[test]
fn the_other_rulings_of_article_157_are_recorded() {
    for (ruling, stage) in [
        (RulingKind::DeemedWithdrawal, Stage::Discontinued),
        (RulingKind::Terminate, Stage::Closed),
        (RulingKind::Suspend, Stage::Assigned),
        (RulingKind::Preserve, Stage::Assigned),
        (RulingKind::Correct, Stage::Assigned),
        (RulingKind::Other, Stage::Assigned),
    ] {
        let mut course = TestCase::assigned();
        course.judge(rule(ruling, 1)).unwrap();
        assert_eq!(course.file.stage, stage, "{ruling}");
        assert!(course.plaintiff(appeal(1, 1, 1, &[2])).is_err(), "{ruling}");
    }
}

/// 民诉法 art. 153: while the proceeding is suspended, no evidence period runs.
#[test]
fn a_suspended_proceeding_suspends_the_evidence_periods() {
    let mut course = TestCase::assigned();
    course.delivers(DocumentKind::EvidenceNotice, 2, doc(4));
    let deadline = |course: &TestCase| course.file.periods.deadline(PartyNumber(2), &Calendar::default());
    assert!(matches!(deadline(&course), crate::court::period::Deadline::Ends { .. }));
    course.judge(rule(RulingKind::Suspend, 1)).unwrap();
    assert!(matches!(deadline(&course), crate::court::period::Deadline::Suspended { .. }), "{:?}", deadline(&course));
}

/// 民诉法 art. 157 (1) 7: clerical errors are corrected after the judgment too; nothing else of the suit is ruled on then.
#[test]
fn after_the_judgment_only_corrections_and_preservation_are_ruled_on() {
    for ruling in RulingKind::ALL.iter().copied() {
        let mut course = TestCase::judged();
        let ruled = course.judge(rule(ruling, 2));
        let expected = if matches!(ruling, RulingKind::Correct | RulingKind::Preserve) {
            Ok(())
        } else {
            refused(CourseRefusal::InstanceEnded)
        };
        assert_eq!(ruled, expected, "{ruling}");
        assert_eq!(course.file.stage, Stage::Judged);
    }
}

/// 民诉法 arts. 61, 62, 171: while an appeal is open, a party appoints an agent for it, and a party that has not joined joins to appeal.
#[test]
fn an_agent_is_appointed_and_a_party_joins_while_an_appeal_is_open() {
    use crate::court::course_words::SpecialPower;
    let mut course = TestCase::begin();
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.complete();
    course.plaintiff(Act::Submit(Submit {})).unwrap();
    course.court(Act::Approve(Approve {}));
    course.court(Act::FileCase(FileCase { number: None }));
    course.clerk(Act::Assign(Assign { judge: Some(account(9)) }));
    course.judge(judge(Some(doc(1)))).unwrap();
    course.clerk(issue(1));
    course.does(account(2), Capacity::Oneself, associate(1, Filer::Principal, None)).unwrap();
    course.plaintiff(Act::AddAgent(agent(&[SpecialPower::Appeal], &[]))).unwrap();
    let by_agent = Capacity::Agent(AgentNumber(1));
    course.does(account(5), by_agent, appeal(1, 1, 1, &[2])).unwrap();
    course.defendant(appeal(2, 2, 1, &[1])).unwrap();
    course.plaintiff(Act::EndAgent(EndAgent { agent: AgentNumber(1) })).unwrap();
}
