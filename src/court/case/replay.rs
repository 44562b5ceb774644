//! Applies acts to a case. A case changes in no other way.
//!
//! # Invariants
//!
//! The replay is deterministic: the same acts at the same positions give the same state, in the node and in an audit. An act that the
//! rules reject changes nothing. If it is on the chain (another act was committed between its decision and its commit), it is recorded
//! as ineffective.

use crate::court::acts::{Act, ActKind};
use crate::court::calendar::Calendar;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::refusal::{ACTS_MAX, Refusal};
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::service::apply;
use crate::court::case::service::window_updates::update_windows;
use crate::court::case::state::{ActPosition, CaseFile, IneffectiveAct};
use crate::court::case::{
    appeals, claims, deadlines, evidence, evidence_period, filing, hand_overs, hearings, holds, jurisdiction,
    late_evidence, mediation_receipt, people, rulings, session, succession,
};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, CaseId};
use crate::court::permission::{DeniedReason, permit};
use crate::court::values::Capacity;
use crate::court::words::{Stage, TransferKind};

/// The case after its first act.
///
/// # Errors
///
/// [`Refusal`]: the act cannot open a case.
pub fn begin(id: CaseId, document: &Document, position: ActPosition) -> Result<CaseFile, Refusal> {
    match (&document.act, document.stream) {
        (Act::Open(act), Stream::Case) if position.sequence == 1 => {
            let mut file = filing::open(id, document, act, position)?;
            file.record_participation(document);
            file.record_annexes(document, position);
            Ok(file)
        }
        _ => Err(Refusal::OutOfOrder),
    }
}

impl CaseFile {
    /// Replays the next act. An act that the rules reject is recorded as ineffective.
    pub fn replay(&mut self, document: &Document, position: ActPosition, calendar: &Calendar) {
        if let Err(reason) = self.apply(document, position, calendar) {
            self.ineffective_acts.push(IneffectiveAct { position, reason });
        }
        self.record_annexes(document, position);
        self.last = position;
    }

    /// Records the annexes of an act, also of one without effect. Those that an erasure names belong to other acts.
    fn record_annexes(&mut self, document: &Document, position: ActPosition) {
        if !matches!(document.act, Act::Erase(_)) {
            for annex in document.act.annexes() {
                self.annexes.insert_mut(annex, position.index);
            }
        }
    }

    /// Applies an act.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: nothing was changed.
    pub fn apply(&mut self, document: &Document, position: ActPosition, calendar: &Calendar) -> Result<(), Refusal> {
        if document.stream != Stream::Case {
            return Err(Refusal::NotOfACase);
        }
        self.check_permitted(document)?;
        // Divergences recorded by the platform are never rejected.
        if position.sequence > ACTS_MAX && document.capacity != Capacity::Platform {
            return Err(Refusal::TooManyActs);
        }
        self.require_own_capacity(document.capacity)?;
        let before = self.stage;
        if self.rules >= RulesVersion::V2 && is_a_decision(document.act.kind()) {
            self.apply_decision(document, position, calendar)?;
        } else {
            self.apply_permitted(document, position, calendar)?;
        }
        // By these the court can state that a party acted upon a document that was served on it.
        if let Some(party) = self.party_of(document.capacity) {
            self.service.own_acts.insert_mut(position.sequence, (party, position.at));
        }
        self.record_participation(document);
        hearings::follow_stage(self, before, document, position);
        Ok(())
    }

    /// Applies a decision. A decision that was served before it was recorded can begin another period than its document was taken for.
    fn apply_decision(
        &mut self,
        document: &Document,
        position: ActPosition,
        calendar: &Calendar,
    ) -> Result<(), Refusal> {
        let mut decided = self.clone();
        decided.apply_permitted(document, position, calendar)?;
        update_windows(&mut decided, position, calendar)?;
        *self = decided;
        Ok(())
    }

    /// Checks whether the actor may do such an act now.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`]; those of [`Self::check_recusal`].
    pub fn check_permitted(&self, document: &Document) -> Result<(), Refusal> {
        self.check_allowed(document.by, document.capacity, document.act.kind())
    }

    /// Checks whether this capacity permits such an act now.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`]; those of [`Self::check_recusal`].
    pub fn check_allowed(&self, by: AccountId, capacity: Capacity, act: ActKind) -> Result<(), Refusal> {
        self.check_recusal(by, capacity, act)?;
        let relation = self.relation(by, capacity).ok_or(DeniedReason::NotPermitted)?;
        Ok(permit(relation, act, self.stage)?)
    }

    /// Applies an act of a part of the proceeding with rules of its own: service, decisions and appeals, the evidence period, sessions.
    /// `None` for all other acts.
    fn apply_of_a_part(
        &mut self,
        document: &Document,
        position: ActPosition,
        calendar: &Calendar,
    ) -> Option<Result<(), Refusal>> {
        let kind = document.act.kind();
        if kind.is_of_service() {
            let applied = apply::apply(self, document, position, calendar);
            return Some(applied.inspect(|()| {
                mediation_receipt::follow_service(self, document, position, calendar);
            }));
        }
        if let Err(refusal) = hand_overs::require_unsent(self, kind) {
            return Some(Err(refusal));
        }
        if is_of_the_course(kind) {
            let known = self.rules.require(RulesVersion::V2).map_err(Refusal::from);
            return Some(known.and_then(|()| self.apply_course_act(document, position, calendar)));
        }
        let by_party = !matches!(document.capacity, Capacity::Holding(_) | Capacity::Platform);
        if by_party && self.rules >= RulesVersion::V2 && kind == ActKind::SuspendPeriod {
            return Some(Err(CourseRefusal::OtherAct(ActKind::ObjectJurisdiction.word()).into()));
        }
        evidence_period::apply(self, document, position).or_else(|| session::apply(self, document, position, calendar))
    }

    fn apply_permitted(
        &mut self,
        document: &Document,
        position: ActPosition,
        calendar: &Calendar,
    ) -> Result<(), Refusal> {
        if let Some(applied) = self.apply_of_a_part(document, position, calendar) {
            return applied;
        }
        match &document.act {
            Act::Describe(act) => filing::describe(self, act, position),
            Act::AddParty(act) => people::add_party(self, document, act, position)?,
            Act::EndAssociation(act) => people::end_association(self, act)?,
            Act::RestateParty(act) => people::restate_party(self, document, act, position)?,
            Act::AddAgent(act) => people::add_agent(self, document, act, position)?,
            Act::EndAgent(act) => people::end_agent(self, document, act.agent, position)?,
            Act::IssueCode(act) => people::issue_code(self, act)?,
            Act::Associate(act) => people::associate(self, document, act, position)?,
            Act::ConfirmNotice(_) | Act::ConfirmService(_) => people::confirm(self, document, position)?,
            Act::Submit(_) => filing::submit(self, document, position)?,
            Act::FileCase(act) => filing::file_case(self, act.number.as_ref(), position)?,
            Act::BindNumber(act) => filing::bind_number(self, &act.number)?,
            Act::Assign(act) => rulings::assign(self, act.judge)?,
            Act::Judge(act) => rulings::judge(self, document, act, position)?,
            Act::Refuse(act) => rulings::refuse(self, document, act, position)?,
            Act::WithdrawSuit(_) => rulings::apply_to_withdraw(self, document, position)?,
            Act::WithdrawFiling(_) => {
                people::withdraw_filing(self, document.capacity)?;
                return self.change_stage(&document.act, position);
            }
            Act::PassOn(act) => {
                if self.rules >= RulesVersion::V2 && act.transfer != TransferKind::Suit {
                    return Err(CourseRefusal::OtherAct(ActKind::SendHandOver.word()).into());
                }
                if self.was_transferred(act.transfer) {
                    return Err(Refusal::AlreadyPassedOn);
                }
                self.passed_on.push((act.to, act.transfer));
            }
            Act::Import(act) => evidence::import(self, document, act, position, calendar)?,
            Act::Restate(act) => evidence::restate(self, document, act, position, calendar)?,
            Act::ReceiveItem(act) => evidence::receive(self, document, act, position)?,
            Act::WithdrawItem(act) => evidence::withdraw(self, document, act, position, calendar)?,
            Act::Verify(act) => evidence::verify(self, document, act, position)?,
            Act::Diverge(act) => evidence::diverge(self, act.item, act.what, position)?,
            Act::Reply(act) => evidence::reply(self, document, act, position)?,
            Act::OrderErasure(act) => {
                rulings::check_erasure_order(self, document.by, act.document)?;
                holds::order_erasure(self, act, position)?;
            }
            Act::Hold(act) => holds::hold(self, document, act, position)?,
            Act::Release(act) => holds::release(self, act)?,
            // Erasures affect texts only, on which the state does not depend.
            Act::Erase(_) => {}
            _ => return self.apply_to_deadlines(document, position, calendar),
        }
        Ok(())
    }

    /// Applies an act upon windows, late evidence, claims or the procedure.
    fn apply_to_deadlines(
        &mut self,
        document: &Document,
        position: ActPosition,
        calendar: &Calendar,
    ) -> Result<(), Refusal> {
        match &document.act {
            Act::AllowRebuttal(act) => deadlines::allow_rebuttal(self, act, position),
            Act::OpenReplies(act) => deadlines::open_replies(self, act, position),
            Act::ApplyDeferral(act) => deadlines::apply_deferral(self, document, act, position, calendar),
            Act::DecideDeferral(act) => deadlines::decide_deferral(self, act, position, calendar),
            Act::RequireReason(act) => late_evidence::require_reason(self, act, position, calendar),
            Act::ExplainLateness(act) => late_evidence::explain_lateness(self, document, act, position, calendar),
            Act::DecideLateness(act) => late_evidence::decide_lateness(self, document, act, position, calendar),
            Act::DecideAdmission(act) => late_evidence::decide_admission(self, document, act, position),
            Act::ChangeClaims(act) => claims::change_claims(self, document, act, position),
            Act::Counterclaim(act) => claims::counterclaim(self, document, act, position),
            Act::ConvertProcedure(act) => claims::convert_procedure(self, act, position),
            act => self.change_stage(act, position),
        }
    }

    /// Applies an act of decisions, appeals or hand-overs.
    fn apply_course_act(
        &mut self,
        document: &Document,
        position: ActPosition,
        calendar: &Calendar,
    ) -> Result<(), Refusal> {
        match &document.act {
            Act::FileDocument(act) => hand_overs::file_document(self, act, position),
            Act::FormPanel(act) => rulings::form_panel(self, act),
            Act::Rule(act) => rulings::rule(self, document, act, position),
            Act::ObjectJurisdiction(act) => jurisdiction::object(self, document, act, position, calendar),
            Act::Answer(act) => jurisdiction::answer(self, document, act, position),
            Act::Appeal(act) => appeals::appeal(self, document, act, position, calendar),
            Act::WithdrawAppeal(act) => appeals::apply_to_withdraw(self, document, act, position),
            Act::SendHandOver(act) => hand_overs::send(self, act, position, calendar),
            Act::TakeOver(act) => succession::take_over(self, act, position),
            Act::TakeBack(act) => hand_overs::take_back(self, act, position),
            act => hand_overs::receive(self, act, position, calendar),
        }
    }

    /// Applies an act that only changes the stage.
    fn change_stage(&mut self, act: &Act, position: ActPosition) -> Result<(), Refusal> {
        let (stage, reason) = match act {
            Act::ReturnFiling(act) => (Stage::ToSupplement, act.reason),
            Act::Approve(_) => (Stage::Approved, None),
            Act::Reject(act) => (Stage::Rejected, act.reason),
            Act::WithdrawFiling(_) => (Stage::Withdrawn, None),
            Act::BeginHearing(_) => (Stage::InHearing, None),
            Act::AdjournHearing(_) | Act::EndHearing(_) => (Stage::Assigned, None),
            Act::Close(_) => (Stage::Closed, None),
            _ => return Err(Refusal::NotOfACase),
        };
        filing::set_stage(self, stage, reason, position);
        Ok(())
    }

    /// The kinds of acts that this capacity permits now, by the permission table alone.
    #[must_use]
    pub fn permitted_acts(&self, by: AccountId, capacity: Capacity) -> Vec<ActKind> {
        if self.require_own_capacity(capacity).is_err() {
            return Vec::new();
        }
        let relation = self.relation(by, capacity);
        let open = |act: &ActKind| {
            let is_permitted = relation.is_some_and(|relation| permit(relation, *act, self.stage).is_ok());
            is_permitted && self.check_recusal(by, capacity, *act).is_ok()
        };
        ActKind::ALL.iter().copied().filter(open).collect()
    }
}

/// Whether the act records a decision.
const fn is_a_decision(act: ActKind) -> bool {
    matches!(act, ActKind::Judge | ActKind::Rule | ActKind::Refuse)
}

/// Whether it is an act of decisions, appeals or hand-overs, which cases of version 1 do not have.
const fn is_of_the_course(act: ActKind) -> bool {
    matches!(
        act,
        ActKind::FileDocument
            | ActKind::FormPanel
            | ActKind::Rule
            | ActKind::ObjectJurisdiction
            | ActKind::Answer
            | ActKind::Appeal
            | ActKind::WithdrawAppeal
            | ActKind::SendHandOver
            | ActKind::ReceiveHandOver
            | ActKind::AcceptHandOver
            | ActKind::ReportDifference
            | ActKind::ReturnHandOver
            | ActKind::TakeOver
            | ActKind::TakeBack
    )
}
