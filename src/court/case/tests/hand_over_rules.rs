//! What a hand-over needs before it is sent, received and taken back, each rule by itself.

use super::course::*;
use super::*;
use crate::court::case::course::{Decision, DecisionKind, Origin};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::hand_overs::require_unsent;
use crate::court::case::manifest::root;
use crate::court::case::succession::was_accepted_into;
use crate::court::course_words::{AppealOutcome, DocumentForm, HandOverState, RulingKind, Volume};
use crate::court::ids::{DocumentNumber, HandOverNumber};
use crate::court::service_words::DocumentKind;

const DAY: u64 = 86_400_000;
const REASON: AnnexId = AnnexId(Digest([4; 32]));

fn no_ground(kind: TransferKind) -> Result<(), Refusal> {
    refused(CourseRefusal::NoGround(kind))
}

/// A case of this kind that came by a hand-over from `粤0106`.
fn came(kind: CaseKind, by: TransferKind) -> TestCase {
    let mut course = TestCase::assigned();
    course.file.kind = kind;
    course.file.course.origin = Some(Origin {
        case: CASE,
        hand_over: HandOverNumber(1),
        court: court("粤0106"),
        kind: by,
        manifest: root(&["line"]).unwrap(),
        appealed: None,
        came_by: None,
        position: position(9, 0),
    });
    course
}

impl TestCase {
    /// Document 5 of the dossier, changed.
    fn files(&mut self, change: fn(&mut FileDocument)) -> Result<(), Refusal> {
        let mut act = FileDocument {
            document: self.file.next_document(),
            volume: Volume::Main,
            form: DocumentForm::Electronic,
            pages: 3,
            deposit: Some(doc(5)),
            data_hash: vec![(HashAlgorithm::Sha256, Digest([7; 32]))],
            entry: AnnexId(Digest([8; 32])),
        };
        change(&mut act);
        self.does(account(8), CLERK, Act::FileDocument(act))
    }

    /// Sends the dossier by this act, changed.
    fn sends_changed(
        &mut self,
        kind: TransferKind,
        (to, basis): (&str, u64),
        change: impl FnOnce(&mut SendHandOver),
    ) -> Result<(), Refusal> {
        let mut act = send(&self.file, kind, to, basis);
        change(&mut act);
        self.does(account(8), CLERK, Act::SendHandOver(act))
    }

    fn accepts_changed(&mut self, change: impl FnOnce(&mut AcceptHandOver)) -> Result<(), Refusal> {
        let mut act = self.accept_of(1);
        change(&mut act);
        self.does(account(6), RECEIVER, Act::AcceptHandOver(act))
    }

    fn takes_back(&mut self, case: u8, outcome: AppealOutcome) -> Result<(), Refusal> {
        let (hand_over, manifest) = (HandOverNumber(1), root(&["line"]).unwrap());
        let act = TakeBack { case: CaseId(Digest([case; 32])), hand_over, manifest, decision: doc(9), outcome };
        self.does(account(8), CLERK, Act::TakeBack(act))
    }

    fn decided(&mut self, kind: DecisionKind) {
        let position = self.next();
        self.file.course.decisions.push(Decision { position, by: account(9), kind, document: doc(1) });
        self.file.stage = Stage::Closed;
    }
}

/// 在线诉讼规则 art. 35 (2): the main volume names what it holds, paper and the second volume do not.
#[test]
fn a_document_of_the_dossier_is_numbered_and_complete() {
    let mut course = TestCase::judged();
    let incomplete: [fn(&mut FileDocument); 6] = [
        |act| act.pages = 0,
        |act| act.deposit = None,
        |act| act.data_hash.clear(),
        |act| act.form = DocumentForm::Paper,
        |act| act.volume = Volume::Second,
        |act| (act.volume, act.deposit) = (Volume::Second, None),
    ];
    for change in incomplete {
        assert_eq!(course.files(change), refused(CourseRefusal::DocumentIncomplete));
    }
    assert_eq!(course.files(|act| act.document = DocumentNumber(2)), Err(Refusal::NotNext { expected: 1 }));
    course.files(|_| {}).unwrap();
    assert_eq!(course.file.next_document(), DocumentNumber(2));
}

/// The manifest that the sending court states is that of the dossier: nothing that it lists changes while the dossier is away. A party's
/// appeal does not wait, since its period does not (民诉法 art. 171).
#[test]
fn while_a_dossier_is_with_another_court_nothing_that_it_lists_changes() {
    let mut course = appealed();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let waits = |act: ActKind| require_unsent(&course.file, act).is_err();
    for act in [
        ActKind::Import,
        ActKind::Restate,
        ActKind::WithdrawItem,
        ActKind::Reply,
        ActKind::AddParty,
        ActKind::Associate,
        ActKind::AddAgent,
        ActKind::EndAgent,
        ActKind::FileDocument,
        ActKind::Judge,
        ActKind::Rule,
        ActKind::Close,
        ActKind::BindNumber,
        ActKind::DecideLateness,
        ActKind::DecideAdmission,
        ActKind::WithdrawSuit,
        ActKind::WithdrawAppeal,
    ] {
        assert!(waits(act), "{act}");
    }
    for act in [ActKind::Appeal, ActKind::Answer, ActKind::ReceiveHandOver, ActKind::ApplyDeferral] {
        assert!(!waits(act), "{act}");
    }
}

/// 民诉法 arts. 164, 174, 211: what a hand-over rests on.
#[test]
fn a_dossier_is_sent_on_a_ground_and_as_it_is() {
    let mut course = TestCase::judged();
    assert_eq!(course.sends(TransferKind::SecondInstance, "粤01", 1), refused(CourseRefusal::NotAppealed));
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    let up = (TransferKind::SecondInstance, ("粤01", 1));
    let with_outcome = course.sends_changed(up.0, up.1, |act| act.outcome = Some(AppealOutcome::Upheld));
    assert_eq!(with_outcome, no_ground(TransferKind::SecondInstance));
    course.files(|act| (act.volume, act.deposit, act.data_hash) = (Volume::Second, None, Vec::new())).unwrap();
    let without = course.sends_changed(up.0, up.1, |act| act.second_volume = None);
    assert_eq!(without, refused(CourseRefusal::DossierDiffers));
    let into_retrial = |course: &mut TestCase, basis, parties: &[u32]| {
        let party = parties.iter().copied().map(PartyNumber).collect();
        course.sends_changed(TransferKind::Retrial, ("粤", basis), |act| act.party = party)
    };
    let mut pending = TestCase::assigned();
    assert_eq!(into_retrial(&mut pending, 50, &[2]), no_ground(TransferKind::Retrial));
    let mut decided = TestCase::judged_and_in_force();
    assert_eq!(into_retrial(&mut decided, 50, &[2, 9]), no_ground(TransferKind::Retrial));
    into_retrial(&mut decided, 50, &[2]).unwrap();
    decided.receives(1).unwrap();
    decided.accepts(1).unwrap();
    assert_eq!(into_retrial(&mut decided, 50, &[2]), Err(Refusal::AlreadyPassedOn));
    into_retrial(&mut decided, 51, &[1]).unwrap();
}

/// 民诉法 arts. 177, 178, 180: which result a second instance has by which decision; only it sends the dossier back, once it has decided.
#[test]
fn the_result_of_a_second_instance_is_that_of_its_decision() {
    use AppealOutcome::{Changed, Directed, Remanded, Upheld, Withdrawn};
    let ruling = DecisionKind::Ruling;
    for (kind, fits) in [
        (DecisionKind::Judgment, &[Upheld, Changed][..]),
        (ruling(RulingKind::Remand), &[Remanded]),
        (ruling(RulingKind::Direct), &[Directed]),
        (ruling(RulingKind::Uphold), &[Upheld]),
        (ruling(RulingKind::SetAside), &[Changed]),
        (ruling(RulingKind::AllowAppealWithdrawal), &[Withdrawn]),
        (ruling(RulingKind::RefuseAppealWithdrawal), &[]),
    ] {
        for outcome in AppealOutcome::ALL {
            let mut course = came(CaseKind::CivilSecond, TransferKind::SecondInstance);
            course.decided(kind);
            let back = (TransferKind::DossierReturn, ("粤0106", 1));
            let sent = course.sends_changed(back.0, back.1, |act| act.outcome = Some(*outcome));
            let expected = if fits.contains(outcome) { Ok(()) } else { no_ground(TransferKind::DossierReturn) };
            assert_eq!(sent, expected, "{} {outcome}", kind.word());
        }
    }
    for (kind, stage) in [(CaseKind::CivilFirst, Stage::Closed), (CaseKind::CivilSecond, Stage::Assigned)] {
        let mut course = came(kind, TransferKind::SecondInstance);
        course.decided(DecisionKind::Judgment);
        course.file.stage = stage;
        let sent = course.sends_changed(TransferKind::DossierReturn, ("粤0106", 1), |act| act.outcome = Some(Upheld));
        assert_eq!(sent, no_ground(TransferKind::DossierReturn), "{kind}");
    }
    let mut upheld = came(CaseKind::CivilSecond, TransferKind::SecondInstance);
    upheld.decided(ruling(RulingKind::Uphold));
    assert_eq!(upheld.sends(TransferKind::Remand, "粤0106", 1), no_ground(TransferKind::Remand));
}

/// 民诉法 arts. 37, 158, 171, 177: the ruling that transfers a case is in force, also after an appeal that left it as it was.
#[test]
fn a_transfer_of_jurisdiction_rests_on_a_ruling_in_force() {
    let transfer = |course: &mut TestCase| course.sends(TransferKind::Jurisdiction, "京0491", 1);
    let nothing = no_ground(TransferKind::Jurisdiction);
    let mut other = TestCase::assigned();
    other.plaintiff(Act::WithdrawSuit(WithdrawSuit {})).unwrap();
    other.judge(rule(RulingKind::RefuseWithdrawal, 1)).unwrap();
    assert_eq!(transfer(&mut other), nothing, "another ruling");
    let mut by_itself = TestCase::assigned();
    by_itself.judge(rule(RulingKind::TransferJurisdiction, 1)).unwrap();
    let mut over = TestCase { file: by_itself.file.clone(), at: by_itself.at };
    over.file.stage = Stage::Judged;
    assert_eq!(transfer(&mut over), nothing, "the case is over");
    for party in [1, 2] {
        assert_eq!(transfer(&mut by_itself), refused(CourseRefusal::NotInForce), "not served on every party");
        by_itself.delivers(DocumentKind::Ruling, party, doc(1));
    }
    transfer(&mut by_itself).unwrap();

    let mut again = came(CaseKind::CivilFirst, TransferKind::Jurisdiction);
    again.decided(DecisionKind::Ruling(RulingKind::SustainObjection));
    again.file.stage = Stage::Assigned;
    assert_eq!(transfer(&mut again), refused(CourseRefusal::TransferredBefore));

    let mut course = TestCase::assigned();
    course.defendant(object(2)).unwrap();
    course.judge(rule(RulingKind::SustainObjection, 1)).unwrap();
    course.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    for party in [1, 2] {
        course.delivers(DocumentKind::Ruling, party, doc(1));
    }
    course.at += 20 * DAY;
    assert_eq!(transfer(&mut course), refused(CourseRefusal::AppealPending));
    for (outcome, expected) in
        [(AppealOutcome::Upheld, Ok(())), (AppealOutcome::Withdrawn, Ok(())), (AppealOutcome::Changed, nothing)]
    {
        let mut returned = TestCase { file: course.file.clone(), at: course.at };
        returned.takes_back(99, outcome).unwrap();
        assert_eq!(transfer(&mut returned), expected, "{outcome}");
    }
}

/// The receiving court records the receipt, and then what it found; a dossier that it returned is sent anew.
#[test]
fn the_receiving_court_takes_its_steps_in_their_order() {
    let mut course = appealed();
    course.files(|act| (act.volume, act.deposit, act.data_hash) = (Volume::Second, None, Vec::new())).unwrap();
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    let hand_over = HandOverNumber(1);
    let found = root(&["another line"]).unwrap();
    let differs =
        Act::ReportDifference(ReportDifference { hand_over, manifest: found, second_volume: None, reason: REASON });
    let state = |state| refused(CourseRefusal::HandOverState(state));
    assert_eq!(course.does(account(6), RECEIVER, differs), state(HandOverState::Sent));
    course.receives(1).unwrap();
    assert_eq!(course.accepts_changed(|act| act.second_volume = None), refused(CourseRefusal::DossierDiffers));
    assert_eq!(course.accepts_changed(|act| act.to = None), Err(Refusal::OutOfOrder), "it opens a case");
    let by_procedure = course.accepts_changed(|act| act.procedure = Some(Procedure::Ordinary));
    assert_eq!(by_procedure, Err(Refusal::OutOfOrder), "only a retrial has a procedure to choose");
    let case = CaseId(Digest([99; 32]));
    assert!(!was_accepted_into(&course.file, hand_over, case));
    let mut accepted = TestCase { file: course.file.clone(), at: course.at };
    accepted.accepts(1).unwrap();
    assert!(was_accepted_into(&accepted.file, hand_over, case) && !was_accepted_into(&accepted.file, hand_over, CASE));
    course.does(account(6), RECEIVER, Act::ReturnHandOver(ReturnHandOver { hand_over, reason: REASON })).unwrap();
    assert_eq!(course.receives(1), state(HandOverState::Returned));
}

/// 民诉法 arts. 126, 177, 178: the dossier comes back once, from the case that it went into; a case that is to be heard goes on.
#[test]
fn a_dossier_comes_back_from_the_second_instance_once() {
    let mut course = appealed();
    assert_eq!(course.takes_back(99, AppealOutcome::Upheld), refused(CourseRefusal::NotPassedOn));
    course.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    course.receives(1).unwrap();
    course.accepts(1).unwrap();
    assert_eq!(course.takes_back(98, AppealOutcome::Upheld), refused(CourseRefusal::NotPassedOn), "another case");
    course.takes_back(99, AppealOutcome::Upheld).unwrap();
    assert_eq!(course.takes_back(99, AppealOutcome::Upheld), Err(Refusal::AlreadyPassedOn));
    let mut transferred = TestCase::assigned();
    transferred.judge(rule(RulingKind::TransferJurisdiction, 1)).unwrap();
    for party in [1, 2] {
        transferred.delivers(DocumentKind::Ruling, party, doc(1));
    }
    transferred.sends(TransferKind::Jurisdiction, "京0491", 1).unwrap();
    transferred.receives(1).unwrap();
    transferred.accepts(1).unwrap();
    assert_eq!(transferred.takes_back(99, AppealOutcome::Upheld), refused(CourseRefusal::NotPassedOn));

    let mut dismissed = TestCase::assigned();
    dismissed.judge(rule(RulingKind::DismissSuit, 1)).unwrap();
    dismissed.plaintiff(appeal(1, 1, 1, &[2])).unwrap();
    dismissed.sends(TransferKind::SecondInstance, "粤01", 1).unwrap();
    dismissed.receives(1).unwrap();
    dismissed.accepts(1).unwrap();
    for (outcome, judge, stage) in [
        (AppealOutcome::Upheld, Some(account(9)), Stage::Closed),
        (AppealOutcome::Directed, Some(account(9)), Stage::Assigned),
        (AppealOutcome::Directed, None, Stage::AwaitingAssignment),
    ] {
        let mut returned = TestCase { file: dismissed.file.clone(), at: dismissed.at };
        returned.file.judge = judge;
        returned.takes_back(99, outcome).unwrap();
        assert_eq!(returned.file.stage, stage, "{outcome}");
    }
}

/// 民诉法 art. 37: only the court to which a case was transferred is kept from transferring it. A dossier that the receiving court returned is
/// sent anew.
#[test]
fn a_remanded_case_is_transferred_and_a_returned_dossier_is_sent_anew() {
    let mut course = came(CaseKind::CivilFirst, TransferKind::Remand);
    course.judge(rule(RulingKind::TransferJurisdiction, 1)).unwrap();
    for party in [1, 2] {
        course.delivers(DocumentKind::Ruling, party, doc(1));
    }
    course.sends(TransferKind::Jurisdiction, "京0491", 1).unwrap();
    course.receives(1).unwrap();
    let hand_over = HandOverNumber(1);
    course.does(account(6), RECEIVER, Act::ReturnHandOver(ReturnHandOver { hand_over, reason: REASON })).unwrap();
    course.sends(TransferKind::Jurisdiction, "京0491", 1).unwrap();
}
