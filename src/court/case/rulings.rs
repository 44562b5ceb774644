//! Decisions of the court: judgment, rulings, and the withdrawal of the suit, on which the court rules.
//!
//! Sources: 民诉法 arts. 40 (panel), 41 (new panel after a remand and in a retrial), 126 (不予立案), 146 (按撤诉处理), 148 (withdrawal of the
//! suit), 153 and 154 (中止诉讼, 终结诉讼), 157 (rulings), 177 and 178 (second instance), 180 (withdrawal of the appeal); 民诉法解释 arts. 318
//! (按自动撤回上诉处理), 328 and 336 (dismissal and withdrawal of the suit in second instance), unconfirmed. In a case of version 1 the party's
//! own act withdraws the suit, and a judgment needs no document.

use std::collections::BTreeSet;

use crate::court::acts::{ActKind, FormPanel, Judge, Refuse, Rule};
use crate::court::calendar::Day;
use crate::court::case::authority::set;
use crate::court::case::course::{Decision, DecisionKind, WithdrawalRequest};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::jurisdiction;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::course_words::{RulingKind, SpecialPower};
use crate::court::document::Document;
use crate::court::ids::{AccountId, PartyNumber};
use crate::court::period::PeriodEvent;
use crate::court::service_words::DocumentKind;
use crate::court::words::{Stage, TransferKind};
use crate::ledger::number::DepositNumber;

/// Requires that the account is the assigned judge or of the panel.
fn require_assigned(file: &CaseFile, by: AccountId) -> Result<(), Refusal> {
    let is_assigned = file.judge == Some(by) || file.course.panel.contains(&by);
    if is_assigned { Ok(()) } else { Err(CourseRefusal::NotAssigned.into()) }
}

/// Records a decision. Each document is one decision.
fn record(
    file: &mut CaseFile,
    document: &Document,
    (kind, number): (DecisionKind, Option<DepositNumber>),
    position: ActPosition,
) -> Result<(), Refusal> {
    let number = number.ok_or(CourseRefusal::DocumentNeeded)?;
    if file.course.decision(number).is_some() {
        return Err(CourseRefusal::DecisionRecorded(number).into());
    }
    file.course.decisions.push(Decision { position, by: document.by, kind, document: number });
    Ok(())
}

/// 分案: a judge who is not of the panel ends the panel.
///
/// # Errors
///
/// [`CourseRefusal::FormerPanel`], [`CourseRefusal::Recused`].
pub fn assign(file: &mut CaseFile, judge: Option<AccountId>) -> Result<(), Refusal> {
    file.require_not_recused(judge)?;
    require_new_judges(file, judge)?;
    file.judge = judge;
    file.stage = Stage::Assigned;
    if judge.is_none_or(|judge| !file.course.panel.contains(&judge)) {
        file.course.panel.clear();
    }
    Ok(())
}

impl CaseFile {
    /// Everybody who has heard the case as a judge or a member of a panel, in this instance or one before: the assigned judge, the
    /// panel, and those who gave a judgment or a ruling.
    #[must_use]
    pub fn judges_so_far(&self) -> BTreeSet<AccountId> {
        let decided = self.course.decisions.iter().filter(|one| one.kind != DecisionKind::RefusedFiling);
        let now = self.judge.into_iter().chain(self.course.panel.iter().copied()).chain(decided.map(|one| one.by));
        now.chain(self.course.former_judges.iter().copied()).collect()
    }

    /// Whether a new panel hears it: it was remanded, or is tried again (民诉法 art. 41 (3) and (4)). A case that was taken over before
    /// its former judges were recorded is heard as before.
    #[must_use]
    pub fn needs_new_panel(&self) -> bool {
        let is_anew = |kind| matches!(kind, TransferKind::Remand | TransferKind::Retrial);
        self.course.origin.as_ref().is_some_and(|origin| is_anew(origin.kind)) && !self.course.former_judges.is_empty()
    }
}

/// 另行组成合议庭: none of these heard the case before.
fn require_new_judges(file: &CaseFile, judges: impl IntoIterator<Item = AccountId>) -> Result<(), Refusal> {
    let heard_before = |judge: AccountId| file.course.former_judges.contains(&judge);
    if file.needs_new_panel() && judges.into_iter().any(heard_before) {
        return Err(CourseRefusal::FormerPanel.into());
    }
    Ok(())
}

/// 组成合议庭: an odd number of members (民诉法 art. 40), of whom the assigned judge is one.
///
/// # Errors
///
/// [`CourseRefusal::PanelNotOdd`], [`CourseRefusal::NotAssigned`], [`CourseRefusal::FormerPanel`], [`CourseRefusal::Recused`].
pub fn form_panel(file: &mut CaseFile, act: &FormPanel) -> Result<(), Refusal> {
    let members = set(&act.member);
    if members.len() < 3 || members.len().is_multiple_of(2) || members.len() != act.member.len() {
        return Err(CourseRefusal::PanelNotOdd.into());
    }
    if file.judge.is_some_and(|judge| !members.contains(&judge)) {
        return Err(CourseRefusal::NotAssigned.into());
    }
    file.require_not_recused(members.iter().copied())?;
    require_new_judges(file, members.iter().copied())?;
    file.course.panel = members;
    Ok(())
}

/// 宣判: by the assigned judge or the panel, with the document; after a remand or in a retrial only by a panel.
///
/// # Errors
///
/// [`CourseRefusal::NotAssigned`], [`CourseRefusal::PanelNeeded`], [`CourseRefusal::DocumentNeeded`], [`CourseRefusal::DecisionRecorded`].
pub fn judge(file: &mut CaseFile, document: &Document, act: &Judge, position: ActPosition) -> Result<(), Refusal> {
    if file.rules >= RulesVersion::V2 {
        require_assigned(file, document.by)?;
        if file.needs_new_panel() && file.course.panel.is_empty() {
            return Err(CourseRefusal::PanelNeeded.into());
        }
        // 民诉法 art. 178: an appeal against a ruling is decided by a ruling.
        require_appealed(file, DocumentKind::Judgment)?;
        record(file, document, (DecisionKind::Judgment, act.document), position)?;
    }
    file.judgment = act.document;
    file.stage = Stage::Judged;
    Ok(())
}

/// 不予立案, by a ruling (民诉法 art. 126).
///
/// # Errors
///
/// [`CourseRefusal::DocumentNeeded`], [`CourseRefusal::DecisionRecorded`].
pub fn refuse(file: &mut CaseFile, document: &Document, act: &Refuse, position: ActPosition) -> Result<(), Refusal> {
    if file.rules >= RulesVersion::V2 {
        record(file, document, (DecisionKind::RefusedFiling, act.document), position)?;
    }
    file.stage = Stage::Refused;
    file.reason = act.reason.map(|annex| position.text(annex));
    Ok(())
}

/// An erasure order rests on a document, and is made by the assigned judge or the panel once there is one.
///
/// # Errors
///
/// [`CourseRefusal::NotAssigned`], [`CourseRefusal::DocumentNeeded`].
pub fn check_erasure_order(file: &CaseFile, by: AccountId, document: Option<DepositNumber>) -> Result<(), Refusal> {
    if file.rules < RulesVersion::V2 {
        return Ok(());
    }
    if file.judge.is_some() || !file.course.panel.is_empty() {
        require_assigned(file, by)?;
    }
    if document.is_some() { Ok(()) } else { Err(CourseRefusal::DocumentNeeded.into()) }
}

/// 申请撤诉 (民诉法 art. 148): recorded until the court rules. In a case of version 1 it takes effect at once.
///
/// # Errors
///
/// [`Refusal::SpecialAuthorityNeeded`], [`CourseRefusal::PowerNotNamed`], [`CourseRefusal::OtherAct`], [`CourseRefusal::WithdrawalPending`].
pub fn apply_to_withdraw(file: &mut CaseFile, document: &Document, position: ActPosition) -> Result<(), Refusal> {
    file.require_power(document.capacity, SpecialPower::Waive)?;
    if file.rules < RulesVersion::V2 {
        file.stage = Stage::Discontinued;
        return Ok(());
    }
    if file.is_second_instance() {
        return Err(CourseRefusal::OtherAct(ActKind::WithdrawAppeal.word()).into());
    }
    if file.course.withdrawal.is_some_and(|request| request.allowed.is_none()) {
        return Err(CourseRefusal::WithdrawalPending.into());
    }
    let party = file.party_of(document.capacity).ok_or(Refusal::NotYours)?;
    file.course.withdrawal = Some(WithdrawalRequest { position, party, allowed: None });
    Ok(())
}

/// 裁定, by the assigned judge or the panel.
///
/// # Errors
///
/// [`Refusal`].
pub fn rule(file: &mut CaseFile, document: &Document, act: &Rule, position: ActPosition) -> Result<(), Refusal> {
    require_assigned(file, document.by)?;
    if file.course.decision(act.document).is_some() {
        return Err(CourseRefusal::DecisionRecorded(act.document).into());
    }
    if !matches!(file.stage, Stage::Assigned | Stage::InHearing) && !act.ruling.follows_the_end() {
        return Err(CourseRefusal::InstanceEnded.into());
    }
    match act.ruling {
        RulingKind::AllowWithdrawal | RulingKind::RefuseWithdrawal => {
            let allowed = act.ruling == RulingKind::AllowWithdrawal;
            let request = file.course.withdrawal.as_mut().filter(|request| request.allowed.is_none());
            request.ok_or(CourseRefusal::NothingToRuleOn)?.allowed = Some(allowed);
            if allowed {
                file.stage = Stage::Discontinued;
            }
        }
        RulingKind::AllowAppealWithdrawal | RulingKind::RefuseAppealWithdrawal => {
            rule_on_appeal_withdrawal(file, act.party, act.ruling == RulingKind::AllowAppealWithdrawal)?;
        }
        RulingKind::DeemedWithdrawal => {
            if file.is_second_instance() {
                return Err(CourseRefusal::OtherAct(RulingKind::DeemedAppealWithdrawal.word()).into());
            }
            file.stage = Stage::Discontinued;
        }
        RulingKind::DeemedAppealWithdrawal => treat_appeal_as_withdrawn(file, act.party, position)?,
        RulingKind::AllowSuitWithdrawal => {
            require_second_instance(file)?;
            file.stage = Stage::Discontinued;
        }
        RulingKind::Suspend => {
            // A period that was never set, or is suspended, has nothing to suspend. The court resumes it with the proceeding.
            let _ = file.periods.apply_to_all(PeriodEvent::Suspended { on: Day::of(position.at) }, position);
        }
        RulingKind::Correct | RulingKind::Preserve | RulingKind::Other => {}
        RulingKind::SustainObjection | RulingKind::DismissObjection => {
            jurisdiction::rule(file, act.ruling == RulingKind::SustainObjection)?;
        }
        RulingKind::TransferJurisdiction => {
            // 民诉法 art. 37: the court to which a case was transferred must not transfer it again.
            let came_by_transfer =
                file.course.origin.as_ref().is_some_and(|one| one.kind == TransferKind::Jurisdiction);
            if came_by_transfer {
                return Err(CourseRefusal::TransferredBefore.into());
            }
        }
        RulingKind::DismissSuit | RulingKind::Terminate => file.stage = Stage::Closed,
        RulingKind::Remand => {
            require_second_instance(file)?;
            require_appealed(file, DocumentKind::Judgment)?;
            // 民诉法 art. 177 (2).
            if file.course.origin.as_ref().is_some_and(|origin| origin.came_by == Some(TransferKind::Remand)) {
                return Err(CourseRefusal::RemandedBefore.into());
            }
            file.stage = Stage::Closed;
        }
        RulingKind::Direct | RulingKind::Uphold | RulingKind::SetAside => {
            require_second_instance(file)?;
            require_appealed(file, DocumentKind::Ruling)?;
            file.stage = Stage::Closed;
        }
    }
    record(file, document, (DecisionKind::Ruling(act.ruling), Some(act.document)), position)
}

fn require_second_instance(file: &CaseFile) -> Result<(), Refusal> {
    if file.is_second_instance() { Ok(()) } else { Err(CourseRefusal::NotSecondInstance.into()) }
}

/// In a second instance, requires that a judgment, or a ruling, was appealed (民诉法 arts. 177 (1), 178). A case that was taken over before the
/// record said so is not checked.
fn require_appealed(file: &CaseFile, form: DocumentKind) -> Result<(), Refusal> {
    let appealed = file.course.origin.as_ref().and_then(|origin| origin.appealed);
    if file.is_second_instance() && appealed.is_some_and(|appealed| appealed != form) {
        return Err(CourseRefusal::DecisionForm.into());
    }
    Ok(())
}

/// 按自动撤回上诉处理, of one appellant: no application precedes it.
fn treat_appeal_as_withdrawn(
    file: &mut CaseFile,
    party: Option<PartyNumber>,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_second_instance(file)?;
    let party = party.ok_or(CourseRefusal::NothingToRuleOn)?;
    let is_appellant = file.parties.get(&party).is_some_and(|party| party.role.brings_the_case());
    let is_withdrawn = file.course.appeal_withdrawals.get(&party).is_some_and(|one| one.allowed == Some(true));
    if !is_appellant || is_withdrawn {
        return Err(CourseRefusal::NothingToRuleOn.into());
    }
    file.course.appeal_withdrawals.insert(party, WithdrawalRequest { position, party, allowed: Some(true) });
    close_without_appellants(file);
    Ok(())
}

/// 民诉法 art. 180. Once every appellant's withdrawal is allowed, the second instance has ended.
fn rule_on_appeal_withdrawal(file: &mut CaseFile, party: Option<PartyNumber>, allowed: bool) -> Result<(), Refusal> {
    let party = party.ok_or(CourseRefusal::NothingToRuleOn)?;
    let request = file.course.appeal_withdrawals.get_mut(&party).filter(|request| request.allowed.is_none());
    request.ok_or(CourseRefusal::NothingToRuleOn)?.allowed = Some(allowed);
    close_without_appellants(file);
    Ok(())
}

/// Ends the second instance once no appeal is left.
fn close_without_appellants(file: &mut CaseFile) {
    let mut appellants = file.parties.iter().filter(|(_, party)| party.role.brings_the_case());
    let withdrew =
        |number: &PartyNumber| file.course.appeal_withdrawals.get(number).is_some_and(|one| one.allowed == Some(true));
    if appellants.all(|(number, _)| withdrew(number)) {
        file.stage = Stage::Closed;
    }
}
