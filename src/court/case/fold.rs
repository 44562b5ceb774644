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
use crate::court::case::state::{CaseFile, Placed, Void};
use crate::court::case::{evidence, filing, holds, people, timing};
use crate::court::document::{Document, Stream};
use crate::court::ids::{AccountId, CaseId};
use crate::court::permission::{Denied, permit};
use crate::court::values::Capacity;
use crate::court::words::Stage;

/// The case after its first act.
///
/// # Errors
///
/// [`Refusal`]: no case begins like this.
pub fn begin(id: CaseId, document: &Document, placed: Placed) -> Result<CaseFile, Refusal> {
    match (&document.act, document.stream) {
        (Act::Open(act), Stream::Case) if placed.sequence == 1 => {
            let mut file = filing::open(id, document, act, placed)?;
            file.keep_annexes(document, placed);
            Ok(file)
        }
        _ => Err(Refusal::OutOfOrder),
    }
}

impl CaseFile {
    /// The case after a further act, or as it was, with the act kept as void.
    pub fn follow(&mut self, document: &Document, placed: Placed, calendar: &Calendar) {
        if let Err(because) = self.apply(document, placed, calendar) {
            self.void.push(Void { placed, because });
        }
        self.keep_annexes(document, placed);
        self.last = placed;
    }

    /// Keeps where the annexes of an act lie, also of one without effect. Those that an erasure names lie with other acts.
    fn keep_annexes(&mut self, document: &Document, placed: Placed) {
        if !matches!(document.act, Act::Erase(_)) {
            for annex in document.act.annexes() {
                self.annexes.insert_mut(annex, placed.index);
            }
        }
    }

    /// Applies an act.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: nothing was changed.
    pub fn apply(&mut self, document: &Document, placed: Placed, calendar: &Calendar) -> Result<(), Refusal> {
        if document.stream != Stream::Case {
            return Err(Refusal::NotOfACase);
        }
        self.permitted(document)?;
        // The platform's alarms are never turned away.
        if placed.sequence > ACTS_MAX && document.capacity != Capacity::Platform {
            return Err(Refusal::TooManyActs);
        }
        self.carry_out(document, placed, calendar)
    }

    /// Whether whoever acts may do such a thing now, whatever it is about.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`].
    pub fn permitted(&self, document: &Document) -> Result<(), Refusal> {
        self.allows(document.by, document.capacity, document.act.kind())
    }

    /// Whether somebody in this capacity may do such a thing now, whatever it is about.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`].
    pub fn allows(&self, by: AccountId, capacity: Capacity, act: ActKind) -> Result<(), Refusal> {
        let standing = self.standing(by, capacity).ok_or(Denied::NotPermitted)?;
        Ok(permit(standing, act, self.stage)?)
    }

    fn carry_out(&mut self, document: &Document, placed: Placed, calendar: &Calendar) -> Result<(), Refusal> {
        if let Some(event) = timing::event(&document.act) {
            timing::is_theirs(document, &event, placed)?;
            return timing::happens(self, &event);
        }
        match &document.act {
            Act::Describe(act) => filing::describe(self, act, placed),
            Act::AddParty(act) => people::add_party(self, document, act, placed)?,
            Act::AddAgent(act) => people::add_agent(self, document, act, placed)?,
            Act::EndAgent(act) => people::end_agent(self, document, act.agent, placed)?,
            Act::IssueCode(act) => people::issue_code(self, act)?,
            Act::Associate(act) => people::associate(self, document, act, placed)?,
            Act::ConfirmNotice(_) | Act::ConfirmService(_) => people::confirm(self, document, placed)?,
            Act::Submit(_) => filing::submit(self, placed),
            Act::FileCase(act) => filing::file_case(self, act.number.as_ref(), placed)?,
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
                if self.has_gone(act.passage) {
                    return Err(Refusal::AlreadyPassedOn);
                }
                self.passed_on.push((act.to, act.passage));
            }
            Act::Import(act) => evidence::import(self, document, act, placed, calendar)?,
            Act::Restate(act) => evidence::restate(self, document, act, placed, calendar)?,
            Act::WithdrawItem(act) => evidence::withdraw(self, document, act, placed, calendar)?,
            Act::Verify(act) => evidence::verify(self, document, act, placed)?,
            Act::Diverge(act) => evidence::diverge(self, act.item, act.what, placed)?,
            Act::Reply(act) => evidence::reply(self, document, act, placed)?,
            Act::Consent(act) => evidence::consent(self, document, act.item)?,
            Act::OrderErasure(act) => holds::order_erasure(self, act, placed)?,
            Act::Hold(act) => holds::hold(self, document, act, placed)?,
            Act::Release(act) => holds::release(self, act)?,
            // What is erased is texts: nothing of the fold rests on them.
            Act::Erase(_) => {}
            act => return self.go_on(act, placed),
        }
        Ok(())
    }

    /// Acts that only move the case to another stage.
    fn go_on(&mut self, act: &Act, placed: Placed) -> Result<(), Refusal> {
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
        filing::moves_to(self, stage, reason, placed);
        Ok(())
    }

    /// The kinds of acts that somebody may do now, by stage and standing alone: for screens.
    #[must_use]
    pub fn acts_open_to(&self, by: AccountId, capacity: Capacity) -> Vec<ActKind> {
        let standing = self.standing(by, capacity);
        let open = |act: &ActKind| standing.is_some_and(|standing| permit(standing, *act, self.stage).is_ok());
        ActKind::ALL.iter().copied().filter(open).collect()
    }
}
