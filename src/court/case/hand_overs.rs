//! Hand-overs of a case's dossier to another court: 上诉移送, 发回重审, 退还案卷, 移送管辖, 进入再审（调卷）.
//!
//! The sending court states the manifest, which is recomputed from the case here. The receiving court acts with its own accounts, in the
//! capacity [`crate::court::values::Capacity::Receiving`]. It hashes what it received and states what it found: only the same
//! manifest is accepted, and nothing is taken over before that. The manifest is that of the moment of sending. While the hand-over is open,
//! acts that add to the dossier wait; an appeal never waits, as its period does not, and an appeal filed after the sending goes by a
//! hand-over of its own.
//!
//! Sources: 民诉法 arts. 37, 130, 174, 177 to 180, 209, 210, 219; 在线诉讼规则 art. 35.

use crate::court::acts::{
    AcceptHandOver, Act, ActKind, FileDocument, ReportDifference, ReturnHandOver, SendHandOver, TakeBack,
};
use crate::court::calendar::Calendar;
use crate::court::case::appeal_periods::{copies_served, dossier_sent};
use crate::court::case::authority::set;
use crate::court::case::course::{Appeal, Decision, DecisionKind, DossierDocument, HandOver, ReturnedDossier};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::legal_force::{LegalForce, legal_force};
use crate::court::case::manifest::{lines, on_paper, root};
use crate::court::case::mediation::in_force;
use crate::court::case::refusal::Refusal;
use crate::court::case::session_records::Agreement;
use crate::court::case::state::{ActPosition, CaseFile, Text};
use crate::court::course_words::{
    AppealOutcome, DocumentForm, HandOverState, ObjectionEffect, RetrialGround, RulingKind, Volume,
};
use crate::court::ids::{DocumentNumber, HandOverNumber};
use crate::court::words::{Stage, TransferKind};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::time::Timestamp;

/// Most documents of a dossier.
pub const DOCUMENTS_MAX: u32 = 10_000;

impl CaseFile {
    /// The next document's number.
    #[must_use]
    pub fn next_document(&self) -> DocumentNumber {
        DocumentNumber(super::state::next(&self.course.documents, |number| number.0))
    }

    /// The next hand-over's number.
    #[must_use]
    pub fn next_hand_over(&self) -> HandOverNumber {
        HandOverNumber(super::state::next(&self.course.hand_overs, |number| number.0))
    }

    /// A hand-over of this case.
    ///
    /// # Errors
    ///
    /// [`CourseRefusal::NoSuchHandOver`].
    pub fn hand_over(&self, number: HandOverNumber) -> Result<&HandOver, Refusal> {
        Ok(self.course.hand_overs.get(&number).ok_or(CourseRefusal::NoSuchHandOver(number))?)
    }
}

/// While a hand-over is open, the court adds nothing to the dossier.
///
/// # Errors
///
/// [`CourseRefusal::HandedOver`].
pub fn require_unsent(file: &CaseFile, act: ActKind) -> Result<(), Refusal> {
    let changes_the_dossier = matches!(
        act,
        ActKind::Import
            | ActKind::Restate
            | ActKind::WithdrawItem
            | ActKind::Reply
            | ActKind::AddParty
            | ActKind::RestateParty
            | ActKind::EndAssociation
            | ActKind::Associate
            | ActKind::AddAgent
            | ActKind::EndAgent
            | ActKind::FileDocument
            | ActKind::Judge
            | ActKind::Rule
            | ActKind::Close
            | ActKind::BindNumber
            | ActKind::DecideLateness
            | ActKind::DecideAdmission
            | ActKind::WithdrawSuit
            | ActKind::WithdrawAppeal
    );
    match file.course.open_hand_over() {
        Some((number, _)) if changes_the_dossier => Err(CourseRefusal::HandedOver(number).into()),
        _ => Ok(()),
    }
}

/// 归入卷宗. Only documents of the main volume name their deposit.
///
/// # Errors
///
/// [`Refusal::NotNext`], [`CourseRefusal::DocumentIncomplete`].
pub fn file_document(file: &mut CaseFile, act: &FileDocument, position: ActPosition) -> Result<(), Refusal> {
    let next = file.next_document();
    if act.document != next || next.0 > DOCUMENTS_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    let is_open = act.volume == Volume::Main && act.form != DocumentForm::Paper;
    let named = act.deposit.is_some() && !act.data_hash.is_empty();
    let unnamed = act.deposit.is_none() && act.data_hash.is_empty();
    if act.pages == 0 || !(if is_open { named } else { unnamed }) {
        return Err(CourseRefusal::DocumentIncomplete.into());
    }
    let document = DossierDocument {
        position,
        volume: act.volume,
        form: act.form,
        pages: act.pages,
        deposit: act.deposit,
        data_hash: act.data_hash.clone(),
        entry: position.text(act.entry),
    };
    file.course.documents.insert(act.document, document);
    Ok(())
}

/// 移交案卷.
///
/// # Errors
///
/// [`Refusal`].
pub fn send(
    file: &mut CaseFile,
    act: &SendHandOver,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let expected = file.next_hand_over();
    if act.hand_over != expected {
        return Err(Refusal::NotNext { expected: expected.0 });
    }
    if let Some((open, _)) = file.course.open_hand_over() {
        return Err(CourseRefusal::HandedOver(open).into());
    }
    // The court that decided may try the case again itself (民诉法 arts. 209, 210).
    if act.to == file.court && act.kind != TransferKind::Retrial {
        return Err(CourseRefusal::SameCourt.into());
    }
    file.require_ground(act, (position.at, calendar))?;
    let (main, second) = (lines(file, Volume::Main, calendar), lines(file, Volume::Second, calendar));
    if root(&main) != Some(act.manifest) || root(&second) != act.second_volume {
        return Err(CourseRefusal::DossierDiffers.into());
    }
    if act.on_paper.unwrap_or(0) != on_paper(file) {
        return Err(CourseRefusal::OnPaper(on_paper(file)).into());
    }
    let hand_over = HandOver {
        kind: act.kind,
        to: act.to.clone(),
        basis: act.basis,
        parties: set(&act.party),
        manifest: act.manifest,
        second_volume: act.second_volume,
        on_paper: on_paper(file),
        outcome: act.outcome,
        ground: act.ground,
        lines: main.into(),
        second_lines: second.into(),
        state: HandOverState::Sent,
        sent: position,
        received: None,
        ended: None,
        reason: None,
        case: None,
    };
    file.course.hand_overs.insert(act.hand_over, hand_over);
    if act.kind == TransferKind::SecondInstance {
        dossier_sent(file, act.basis, position);
    }
    Ok(())
}

impl CaseFile {
    /// Checks that the case can go this way on this basis.
    fn require_ground(&self, act: &SendHandOver, now: (Timestamp, &Calendar)) -> Result<(), Refusal> {
        let decided = self.course.decision(act.basis).map(|decision| decision.kind);
        let gone =
            |one: &HandOver| one.kind == act.kind && one.basis == act.basis && one.state == HandOverState::Accepted;
        let is_retrial = act.kind == TransferKind::Retrial;
        if act.outcome.is_some() != (act.kind == TransferKind::DossierReturn) || (act.ground.is_some() && !is_retrial) {
            return Err(CourseRefusal::NoGround(act.kind).into());
        }
        let appealed_since =
            act.kind == TransferKind::SecondInstance && self.course.open_appeals(act.basis).next().is_some();
        if self.course.hand_overs.values().any(gone) && !appealed_since {
            return Err(Refusal::AlreadyPassedOn);
        }
        let to_origin = || match &self.course.origin {
            Some(origin) if origin.court == act.to => Ok(()),
            _ => Err(CourseRefusal::NotTheOrigin.into()),
        };
        match act.kind {
            TransferKind::SecondInstance => {
                self.require_appeal(act.basis)?;
                let is_appealed = self.course.open_appeals(act.basis).next().is_some();
                if is_appealed { Ok(()) } else { Err(CourseRefusal::NotAppealed.into()) }
            }
            TransferKind::Remand => {
                if decided != Some(DecisionKind::Ruling(RulingKind::Remand)) {
                    return Err(CourseRefusal::NoGround(act.kind).into());
                }
                to_origin()
            }
            TransferKind::DossierReturn => {
                let fits = act.outcome.is_some_and(|outcome| self.is_result(outcome, act.basis));
                if !fits || !self.is_second_instance() || !self.is_over() {
                    return Err(CourseRefusal::NoGround(act.kind).into());
                }
                to_origin()
            }
            TransferKind::Jurisdiction => self.require_jurisdiction_ground(act, now),
            TransferKind::Retrial => self.require_retrial_ground(act, now),
            TransferKind::Suit => Err(CourseRefusal::OtherAct(ActKind::PassOn.word()).into()),
        }
    }

    /// 民诉法 arts. 37, 130, 158, 171: the ruling, once it is in force.
    fn require_jurisdiction_ground(
        &self,
        act: &SendHandOver,
        (at, calendar): (Timestamp, &Calendar),
    ) -> Result<(), Refusal> {
        let decision = self.decision_or_result(act.basis).ok_or(CourseRefusal::NoGround(act.kind))?;
        if self.course.origin.as_ref().is_some_and(|origin| origin.kind == TransferKind::Jurisdiction) {
            return Err(CourseRefusal::TransferredBefore.into());
        }
        if self.is_over() {
            return Err(CourseRefusal::NoGround(act.kind).into());
        }
        let force = legal_force(self, decision, at, calendar).force;
        match decision.kind {
            DecisionKind::Ruling(RulingKind::SustainObjection | RulingKind::TransferJurisdiction) => {
                self.require_force(force, act.kind)
            }
            // The second instance changed the ruling that dismissed the objection (arts. 177 (1) 2, 178).
            DecisionKind::Ruling(RulingKind::DismissObjection) => match force {
                LegalForce::Overturned if self.was_changed(decision.document) => Ok(()),
                LegalForce::Appealed => Err(CourseRefusal::AppealPending.into()),
                _ => Err(CourseRefusal::NoGround(act.kind).into()),
            },
            _ => Err(CourseRefusal::NoGround(act.kind).into()),
        }
    }

    /// The decision with this document, or that about which the second instance decided with this document.
    fn decision_or_result(&self, document: DepositNumber) -> Option<&Decision> {
        let decided_above = || {
            let returned = self.course.returned.iter().find(|one| one.document == document)?;
            let went = self.course.hand_overs.values().find(|one| one.case == Some(returned.case))?;
            self.course.decision(went.basis)
        };
        self.course.decision(document).or_else(decided_above)
    }

    /// Whether the second instance changed the decision with this document.
    fn was_changed(&self, document: DepositNumber) -> bool {
        let appeals = self.course.appeals.values().filter(|appeal| appeal.decision == document);
        appeals.map(|appeal| self.result_of(appeal)).any(|result| result == Some(AppealOutcome::Changed))
    }

    /// Requires that a decision is in force on which a hand-over rests. A court of second instance may have its decision served by the
    /// court of first instance, whose records it does not see.
    fn require_force(&self, force: LegalForce, kind: TransferKind) -> Result<(), Refusal> {
        match force {
            LegalForce::FinalNotServed if self.is_second_instance() => Ok(()),
            force if force.is_effective() => Ok(()),
            LegalForce::Appealed => Err(CourseRefusal::AppealPending.into()),
            LegalForce::Overturned | LegalForce::Terminated => Err(CourseRefusal::NoGround(kind).into()),
            _ => Err(CourseRefusal::NotInForce.into()),
        }
    }

    /// 民诉法 arts. 209, 210, 219: what is tried again has taken effect; parties are named only where a party applied. Without a decision
    /// the case was closed with a mediation document (art. 212).
    fn require_retrial_ground(
        &self,
        act: &SendHandOver,
        (at, calendar): (Timestamp, &Calendar),
    ) -> Result<(), Refusal> {
        let is_applied_for = act.ground.unwrap_or(RetrialGround::Application) == RetrialGround::Application;
        let are_known = act.party.iter().all(|party| self.parties.contains_key(party));
        if act.party.is_empty() == is_applied_for || !are_known || !self.is_over() {
            return Err(CourseRefusal::NoGround(act.kind).into());
        }
        let ends = |one: &&Decision| match one.kind {
            DecisionKind::Judgment | DecisionKind::RefusedFiling => true,
            DecisionKind::Ruling(kind) => kind.ends_the_instance(),
        };
        match self.course.decisions.iter().rfind(ends) {
            Some(decision) => self.require_force(legal_force(self, decision, at, calendar).force, act.kind),
            None => Ok(()),
        }
    }

    /// Whether the second instance can have this result by the decision or the mediation document with this number.
    fn is_result(&self, outcome: AppealOutcome, document: DepositNumber) -> bool {
        if outcome == AppealOutcome::Mediated {
            // 民诉法 art. 179: the mediation document was received by all, and the judgment is regarded as set aside.
            let is_it = |one: &Agreement| one.document.is_some_and(|(_, number)| number == document);
            return self.records.agreements.values().any(|one| is_it(one) && in_force(self, one).is_some());
        }
        self.course.decision(document).is_some_and(|decision| is_result_of(outcome, decision.kind))
    }

    /// The result of the second instance on an appeal; `None` while the dossier has not come back.
    #[must_use]
    pub fn result_of(&self, appeal: &Appeal) -> Option<AppealOutcome> {
        let case = self.course.hand_overs.get(&appeal.handed_over?)?.case?;
        self.course.returned.iter().find(|one| one.case == case).map(|one| one.outcome)
    }
}

/// Whether a second instance can have this result by this decision: 民诉法 arts. 154, 177, 178, 180. That a judgment is upheld by a judgment, and
/// a ruling by a ruling, is checked when the second instance decides (`rulings`).
const fn is_result_of(outcome: AppealOutcome, decision: DecisionKind) -> bool {
    match decision {
        DecisionKind::Judgment => matches!(outcome, AppealOutcome::Upheld | AppealOutcome::Changed),
        DecisionKind::Ruling(RulingKind::Remand) => matches!(outcome, AppealOutcome::Remanded),
        DecisionKind::Ruling(RulingKind::Direct) => matches!(outcome, AppealOutcome::Directed),
        DecisionKind::Ruling(RulingKind::AllowAppealWithdrawal) => matches!(outcome, AppealOutcome::Withdrawn),
        DecisionKind::Ruling(RulingKind::DeemedAppealWithdrawal) => matches!(outcome, AppealOutcome::DeemedWithdrawn),
        DecisionKind::Ruling(RulingKind::DismissSuit) => matches!(outcome, AppealOutcome::SuitDismissed),
        DecisionKind::Ruling(RulingKind::AllowSuitWithdrawal) => matches!(outcome, AppealOutcome::SuitWithdrawn),
        DecisionKind::Ruling(RulingKind::Terminate) => matches!(outcome, AppealOutcome::SuitTerminated),
        // A ruling of second instance on an appeal against a ruling.
        DecisionKind::Ruling(RulingKind::Uphold) => matches!(outcome, AppealOutcome::Upheld),
        DecisionKind::Ruling(RulingKind::SetAside) => matches!(outcome, AppealOutcome::Changed),
        _ => false,
    }
}

/// An act of the receiving court: 收到案卷, 核对相符并接收, 核对不符, 退回补正.
///
/// # Errors
///
/// [`Refusal`].
pub fn receive(file: &mut CaseFile, act: &Act, position: ActPosition, calendar: &Calendar) -> Result<(), Refusal> {
    match act {
        Act::ReceiveHandOver(act) => {
            let one = in_state(file, act.hand_over, &[HandOverState::Sent])?;
            one.state = HandOverState::Received;
            one.received = Some(position);
            Ok(())
        }
        Act::AcceptHandOver(act) => accept(file, act, position),
        Act::ReportDifference(ReportDifference { hand_over, manifest, second_volume, reason }) => {
            let one = in_state(file, *hand_over, &[HandOverState::Received])?;
            if is_same(one, *manifest, *second_volume) {
                return Err(CourseRefusal::ManifestEqual.into());
            }
            end_unaccepted(file, (*hand_over, HandOverState::Differs), position.text(*reason), (position, calendar))
        }
        Act::ReturnHandOver(ReturnHandOver { hand_over, reason }) => {
            in_state(file, *hand_over, &[HandOverState::Sent, HandOverState::Received])?;
            end_unaccepted(file, (*hand_over, HandOverState::Returned), position.text(*reason), (position, calendar))
        }
        _ => Err(Refusal::NotOfACase),
    }
}

fn in_state<'f>(
    file: &'f mut CaseFile,
    number: HandOverNumber,
    states: &[HandOverState],
) -> Result<&'f mut HandOver, Refusal> {
    let one = file.course.hand_overs.get_mut(&number).ok_or(CourseRefusal::NoSuchHandOver(number))?;
    if states.contains(&one.state) { Ok(one) } else { Err(CourseRefusal::HandOverState(one.state).into()) }
}

/// The receiving court did not accept the dossier: the sending court owes it again.
fn end_unaccepted(
    file: &mut CaseFile,
    (number, state): (HandOverNumber, HandOverState),
    reason: Text,
    (position, calendar): (ActPosition, &Calendar),
) -> Result<(), Refusal> {
    let one = file.course.hand_overs.get_mut(&number).ok_or(CourseRefusal::NoSuchHandOver(number))?;
    let before = one.clone();
    end(one, state, Some(reason), position);
    copies_served(file, position, calendar).inspect_err(|_| {
        file.course.hand_overs.insert(number, before);
    })
}

fn is_same(one: &HandOver, manifest: ManifestRoot, second_volume: Option<ManifestRoot>) -> bool {
    (one.manifest, one.second_volume) == (manifest, second_volume)
}

fn end(one: &mut HandOver, state: HandOverState, reason: Option<Text>, position: ActPosition) {
    one.state = state;
    one.reason = reason;
    one.ended = Some(position);
}

fn accept(file: &mut CaseFile, act: &AcceptHandOver, position: ActPosition) -> Result<(), Refusal> {
    let one = in_state(file, act.hand_over, &[HandOverState::Received])?;
    if !is_same(one, act.manifest, act.second_volume) {
        return Err(CourseRefusal::DossierDiffers.into());
    }
    let opens_a_case = one.kind != TransferKind::DossierReturn;
    if opens_a_case != act.to.is_some() || (act.procedure.is_some() && one.kind != TransferKind::Retrial) {
        return Err(Refusal::OutOfOrder);
    }
    end(one, HandOverState::Accepted, None, position);
    one.case = act.to;
    let (kind, basis, sent) = (one.kind, one.basis, one.sent);
    file.passed_on.extend(act.to.map(|to| (to, kind)));
    if kind == TransferKind::SecondInstance {
        // An appeal that was filed after the sending is not in the manifest that was accepted.
        let went = |appeal: &&mut Appeal| {
            appeal.decision == basis && appeal.is_open() && appeal.position.sequence < sent.sequence
        };
        for appeal in file.course.appeals.values_mut().filter(went) {
            appeal.handed_over = Some(act.hand_over);
        }
    }
    if kind == TransferKind::Jurisdiction {
        file.stage = Stage::Closed;
    }
    Ok(())
}

/// The second instance changed the ruling on the objections to jurisdiction, if it was that which was appealed.
fn reverse_objections(file: &mut CaseFile, case: crate::court::ids::CaseId) {
    let basis = file.course.hand_overs.values().find(|one| one.case == Some(case)).map(|one| one.basis);
    let (from, to) = match basis.and_then(|basis| file.course.decision(basis)).map(|decision| decision.kind) {
        Some(DecisionKind::Ruling(RulingKind::DismissObjection)) => {
            (ObjectionEffect::Dismissed, ObjectionEffect::Sustained)
        }
        Some(DecisionKind::Ruling(RulingKind::SustainObjection)) => {
            (ObjectionEffect::Sustained, ObjectionEffect::Dismissed)
        }
        _ => return,
    };
    file.course.objections.iter_mut().filter(|one| one.effect == from).for_each(|one| one.effect = to);
}

/// 案卷已退回, with the decision of the second instance. A case that the second instance directs to be filed or heard goes on; if it changed
/// the ruling on an objection to jurisdiction, the objections have the contrary result.
///
/// # Errors
///
/// [`CourseRefusal::NotPassedOn`], [`Refusal::AlreadyPassedOn`].
pub fn take_back(file: &mut CaseFile, act: &TakeBack, position: ActPosition) -> Result<(), Refusal> {
    let went = |(to, kind): &(_, TransferKind)| *to == act.case && *kind == TransferKind::SecondInstance;
    if !file.passed_on.iter().any(went) {
        return Err(CourseRefusal::NotPassedOn.into());
    }
    if file.course.returned.iter().any(|one| one.case == act.case) {
        return Err(Refusal::AlreadyPassedOn);
    }
    if act.outcome == AppealOutcome::Directed {
        file.stage = match file.stage {
            Stage::Refused => Stage::Approved,
            Stage::Closed if file.judge.is_some() => Stage::Assigned,
            Stage::Closed => Stage::AwaitingAssignment,
            stage => stage,
        };
    }
    if act.outcome == AppealOutcome::Changed {
        reverse_objections(file, act.case);
    }
    file.course.returned.push(ReturnedDossier {
        position,
        case: act.case,
        hand_over: act.hand_over,
        manifest: act.manifest,
        document: act.decision,
        outcome: act.outcome,
    });
    Ok(())
}
