//! Appeals: 民诉法 arts. 164 to 174 and 180.
//!
//! An appeal names the decision by its document. Its period is of each party, 15 days from the service of a judgment and 10 from that of
//! a ruling (art. 171). A late appeal is recorded and marked: what follows is the court's ruling. The mark follows the period, which a later
//! report of service or a deferral moves. While the service on the party is not recorded, the period has not begun. Cases of small claims have no appeal (art. 165).

use crate::court::acts::{Appeal as AppealAct, WithdrawAppeal};
use crate::court::calendar::{Calendar, Day};
use crate::court::case::appeal_periods::petition_received;
use crate::court::case::authority::set;
use crate::court::case::course::{Appeal, DecisionKind, WithdrawalRequest};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::course_words::{SpecialPower, Timeliness};
use crate::court::document::Document;
use crate::court::ids::{AppealNumber, PartyNumber};
use crate::court::values::Capacity;
use crate::court::window::{Subject, WindowKind};
use crate::court::windows::WindowKey;
use crate::court::words::{CaseKind, Procedure, Stage};
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// Whether the period of a party's answer to the suit has ended; while its service is not recorded, it has not.
#[must_use]
pub fn answer_period_ended(file: &CaseFile, party: PartyNumber, at: Timestamp, calendar: &Calendar) -> bool {
    let window = file.windows.unclosed(WindowKey::of(WindowKind::JurisdictionObjection, party));
    window.is_some_and(|window| !window.is_in_time(at, None, calendar))
}

/// The window of a party's appeal against a decision, which its service on the party begins (art. 171); `None` where there is no appeal.
pub(in crate::court::case) fn appeal_window(
    file: &CaseFile,
    party: PartyNumber,
    decision: DepositNumber,
) -> Option<WindowKey> {
    let kind = match file.require_appeal(decision).ok()? {
        DecisionKind::Judgment => WindowKind::AppealJudgment,
        _ => WindowKind::AppealRuling,
    };
    Some(WindowKey::of(kind, party).about(Subject::Document(decision)))
}

/// Whether an appeal filed on this day is in time, as the periods stand.
fn timeliness_of(
    file: &CaseFile,
    (party, decision): (PartyNumber, DepositNumber),
    filed_on: Day,
    calendar: &Calendar,
) -> Timeliness {
    match file.last_appeal_day(party, decision, calendar) {
        None => Timeliness::NotBegun,
        Some(last) if filed_on > last => Timeliness::Late,
        Some(_) => Timeliness::InTime,
    }
}

/// Computes again which appeals are in time, after an act that may have moved a period: a service, or a deferral (民诉法 art. 86).
pub(in crate::court::case) fn refresh_timeliness(file: &mut CaseFile, calendar: &Calendar) {
    let found = |one: &Appeal| timeliness_of(file, (one.party, one.decision), one.filed_on, calendar);
    let fresh: Vec<Timeliness> = file.course.appeals.values().map(found).collect();
    for (appeal, timeliness) in file.course.appeals.values_mut().zip(fresh) {
        appeal.timeliness = timeliness;
    }
}

impl CaseFile {
    /// The next appeal's number.
    #[must_use]
    pub fn next_appeal(&self) -> AppealNumber {
        AppealNumber(super::state::next(&self.course.appeals, |number| number.0))
    }

    /// The last day on which `party` may appeal against the decision with this document; `None` while its service is not recorded,
    /// and where there is no appeal.
    #[must_use]
    pub fn last_appeal_day(&self, party: PartyNumber, decision: DepositNumber, calendar: &Calendar) -> Option<Day> {
        self.windows.unclosed(appeal_window(self, party, decision)?)?.end(calendar)?.last
    }

    /// Whether an appeal lies against judgments of this case: of a first instance, and of a retrial by its procedure (arts. 164, 218); none
    /// in small claims (art. 165).
    #[must_use]
    pub fn decides_with_appeal(&self) -> bool {
        let first = match self.kind {
            CaseKind::CivilFirst | CaseKind::AdministrativeFirst => true,
            CaseKind::Retrial => self.procedure != Procedure::SecondInstance,
            _ => false,
        };
        first && self.procedure != Procedure::SmallClaims
    }

    /// Checks whether there is an appeal against a decision of this case.
    ///
    /// # Errors
    ///
    /// [`CourseRefusal::NoSuchDecision`], [`CourseRefusal::NoAppeal`].
    pub fn require_appeal(&self, decision: DepositNumber) -> Result<DecisionKind, Refusal> {
        let kind = self.course.decision(decision).ok_or(CourseRefusal::NoSuchDecision(decision))?.kind;
        if !self.decides_with_appeal() || kind.appeal_days().is_none() {
            return Err(CourseRefusal::NoAppeal.into());
        }
        Ok(kind)
    }
}

/// 提起上诉.
///
/// # Errors
///
/// [`Refusal`].
pub fn appeal(
    file: &mut CaseFile,
    document: &Document,
    act: &AppealAct,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    speaks_for(file, document.capacity, act.party)?;
    file.require_appeal(act.decision)?;
    file.require_power(document.capacity, SpecialPower::Appeal)?;
    let expected = file.next_appeal();
    if act.appeal != expected {
        return Err(Refusal::NotNext { expected: expected.0 });
    }
    let mut own = file.course.appeals.values().filter(|one| one.party == act.party && one.decision == act.decision);
    if own.next().is_some() {
        return Err(CourseRefusal::AppealedBefore.into());
    }
    let against = set(&act.against);
    check_against(file, act.party, &act.against)?;
    // Only the court enters an earlier day: that of mailing, or of filing with the other court (arts. 85 (4), 173 (2)).
    let today = Day::of(position.at);
    let by_court = matches!(document.capacity, Capacity::Holding(_));
    let filed_on = act.day.unwrap_or(today);
    if filed_on > today || (filed_on != today && !by_court) {
        return Err(Refusal::NotToday);
    }
    let timeliness = timeliness_of(file, (act.party, act.decision), filed_on, calendar);
    let appeal = Appeal {
        position,
        by: document.by,
        party: act.party,
        decision: act.decision,
        petition: act.petition,
        against,
        filed_with: act.filed_with,
        filed_on,
        timeliness,
        answers: std::collections::BTreeMap::new(),
        withdrawal: None,
        handed_over: None,
    };
    if !appeal.against.is_empty() {
        petition_received(file, act.party, act.petition, position)?;
    }
    file.course.appeals.insert(act.appeal, appeal);
    Ok(())
}

/// Each party appealed against is another party of the case. A suit that was not accepted was served on nobody, so an appeal against the
/// ruling names nobody (民诉法 art. 126); any other appeal names a party if there is another one.
fn check_against(file: &CaseFile, appellant: PartyNumber, against: &[PartyNumber]) -> Result<(), Refusal> {
    if let Some(unknown) = against.iter().find(|one| !file.parties.contains_key(one)) {
        return Err(Refusal::NoSuchParty(*unknown));
    }
    let names_itself = against.contains(&appellant);
    let needs_one = file.stage != Stage::Refused && file.parties.len() > 1;
    if names_itself || (against.is_empty() && needs_one) {
        return Err(CourseRefusal::AppealAgainstNobody.into());
    }
    Ok(())
}

/// 申请撤回上诉: before the dossier is sent, the appeals of the party in the case of first instance; after that, in the second instance.
/// The court of second instance rules on it (民诉法 art. 180).
///
/// # Errors
///
/// [`Refusal`].
pub fn apply_to_withdraw(
    file: &mut CaseFile,
    document: &Document,
    act: &WithdrawAppeal,
    position: ActPosition,
) -> Result<(), Refusal> {
    speaks_for(file, document.capacity, act.party)?;
    file.require_power(document.capacity, SpecialPower::Appeal)?;
    let request = WithdrawalRequest { position, party: act.party, allowed: None };
    if file.is_second_instance() {
        let is_appellant = file.parties.get(&act.party).is_some_and(|party| party.role.brings_the_case());
        if !is_appellant || !file.stage.is_pending_at_court() {
            return Err(CourseRefusal::NothingToWithdraw.into());
        }
        let before = file.course.appeal_withdrawals.get(&act.party);
        if before.is_some_and(|request| request.allowed != Some(false)) {
            return Err(CourseRefusal::WithdrawalPending.into());
        }
        file.course.appeal_withdrawals.insert(act.party, request);
        return Ok(());
    }
    let mut open =
        file.course.appeals.values_mut().filter(|appeal| appeal.party == act.party && appeal.is_open()).peekable();
    if open.peek().is_none() {
        return Err(CourseRefusal::NothingToWithdraw.into());
    }
    let mut any = false;
    for appeal in open.filter(|appeal| appeal.withdrawal.is_none()) {
        appeal.withdrawal = Some(request);
        any = true;
    }
    if any { Ok(()) } else { Err(CourseRefusal::WithdrawalPending.into()) }
}
