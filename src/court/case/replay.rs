//! Applies acts to a case: the only way in which a case ever changes.
//!
//! # Invariants
//!
//! The same acts at the same places make the same case, whoever folds them: the node when it decides, the node when it
//! shows, the auditor years later. An act that its rules refuse changes nothing; if it stands on the chain all the same
//! (decided a moment before another, sealed a moment after), it is kept as void.

use crate::court::acts::{Act, ActKind};
use crate::court::calendar::Calendar;
use crate::court::case::refusal::{ACTS_MAX, Refusal};
use crate::court::case::state::{ActPosition, CaseFile, IneffectiveAct};
use crate::court::case::{evidence, filing, holds, people, timing};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, CaseId};
use crate::court::permission::{DeniedReason, permit};
use crate::court::values::Capacity;
use crate::court::words::Stage;

/// The case after its first act.
///
/// # Errors
///
/// [`Refusal`]: no case begins like this.
pub fn begin(id: CaseId, document: &Document, position: ActPosition) -> Result<CaseFile, Refusal> {
    match (&document.act, document.stream) {
        (Act::Open(act), Stream::Case) if position.sequence == 1 => {
            let mut file = filing::open(id, document, act, position)?;
            file.record_annexes(document, position);
            Ok(file)
        }
        _ => Err(Refusal::OutOfOrder),
    }
}

impl CaseFile {
    /// The case after a further act, or as it was, with the act kept as void.
    pub fn replay(&mut self, document: &Document, position: ActPosition, calendar: &Calendar) {
        if let Err(reason) = self.apply(document, position, calendar) {
            self.ineffective_acts.push(IneffectiveAct { position, reason });
        }
        self.record_annexes(document, position);
        self.last = position;
    }

    /// Keeps where the annexes of an act lie, also of one without effect. Those that an erasure names lie with other acts.
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
        // The platform's alarms are never turned away.
        if position.sequence > ACTS_MAX && document.capacity != Capacity::Platform {
            return Err(Refusal::TooManyActs);
        }
        self.apply_permitted(document, position, calendar)
    }

    /// Whether whoever acts may do such a thing now, whatever it is about.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`].
    pub fn check_permitted(&self, document: &Document) -> Result<(), Refusal> {
        self.check_allowed(document.by, document.capacity, document.act.kind())
    }

    /// Whether somebody in this capacity may do such a thing now, whatever it is about.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`].
    pub fn check_allowed(&self, by: AccountId, capacity: Capacity, act: ActKind) -> Result<(), Refusal> {
        let relation = self.relation(by, capacity).ok_or(DeniedReason::NotPermitted)?;
        Ok(permit(relation, act, self.stage)?)
    }

    fn apply_permitted(
        &mut self,
        document: &Document,
        position: ActPosition,
        calendar: &Calendar,
    ) -> Result<(), Refusal> {
        if let Some(event) = timing::event(&document.act) {
            timing::require_current_day(document, &event, position)?;
            return timing::apply_event(self, &event);
        }
        match &document.act {
            Act::Describe(act) => filing::describe(self, act, position),
            Act::AddParty(act) => people::add_party(self, document, act, position)?,
            Act::AddAgent(act) => people::add_agent(self, document, act, position)?,
            Act::EndAgent(act) => people::end_agent(self, document, act.agent, position)?,
            Act::IssueCode(act) => people::issue_code(self, act)?,
            Act::Associate(act) => people::associate(self, document, act, position)?,
            Act::ConfirmNotice(_) | Act::ConfirmService(_) => people::confirm(self, document, position)?,
            Act::Submit(_) => filing::submit(self, position),
            Act::FileCase(act) => filing::file_case(self, act.number.as_ref(), position)?,
            Act::BindNumber(act) => filing::bind_number(self, &act.number)?,
            Act::Assign(act) => {
                self.judge = act.judge;
                self.stage = Stage::Assigned;
            }
            Act::Judge(act) => {
                self.judgment = act.document;
                self.stage = Stage::Judged;
            }
            Act::WithdrawSuit(_) => people::withdraw_suit(self, document.capacity)?,
            Act::PassOn(act) => {
                if self.was_transferred(act.passage) {
                    return Err(Refusal::AlreadyPassedOn);
                }
                self.passed_on.push((act.to, act.passage));
            }
            Act::Import(act) => evidence::import(self, document, act, position, calendar)?,
            Act::Restate(act) => evidence::restate(self, document, act, position, calendar)?,
            Act::WithdrawItem(act) => evidence::withdraw(self, document, act, position, calendar)?,
            Act::Verify(act) => evidence::verify(self, document, act, position)?,
            Act::Diverge(act) => evidence::diverge(self, act.item, act.what, position)?,
            Act::Reply(act) => evidence::reply(self, document, act, position)?,
            Act::Consent(act) => evidence::consent(self, document, act.item)?,
            Act::OrderErasure(act) => holds::order_erasure(self, act, position)?,
            Act::Hold(act) => holds::hold(self, document, act, position)?,
            Act::Release(act) => holds::release(self, act)?,
            // What is erased is texts: nothing of the fold rests on them.
            Act::Erase(_) => {}
            act => return self.change_stage(act, position),
        }
        Ok(())
    }

    /// Acts that only move the case to another stage.
    fn change_stage(&mut self, act: &Act, position: ActPosition) -> Result<(), Refusal> {
        let (stage, reason) = match act {
            Act::ReturnFiling(act) => (Stage::ToSupplement, act.reason),
            Act::Approve(_) => (Stage::Approved, None),
            Act::Reject(act) => (Stage::Rejected, act.reason),
            Act::Refuse(act) => (Stage::Refused, act.reason),
            Act::WithdrawFiling(_) => (Stage::Withdrawn, None),
            Act::BeginHearing(_) => (Stage::InHearing, None),
            Act::AdjournHearing(_) => (Stage::Assigned, None),
            Act::Close(_) => (Stage::Closed, None),
            _ => return Err(Refusal::NotOfACase),
        };
        filing::set_stage(self, stage, reason, position);
        Ok(())
    }

    /// The kinds of acts that somebody may do now, by stage and standing alone: for screens.
    #[must_use]
    pub fn permitted_acts(&self, by: AccountId, capacity: Capacity) -> Vec<ActKind> {
        let relation = self.relation(by, capacity);
        let open = |act: &ActKind| relation.is_some_and(|relation| permit(relation, *act, self.stage).is_ok());
        ActKind::ALL.iter().copied().filter(open).collect()
    }
}
