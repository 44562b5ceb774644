//! Warnings about acts that were recorded although they are unusual: code and text in both languages.

use crate::court::acts::{Act, ResetPeriod, SetPeriod};
use crate::court::calendar::Calendar;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{ActPosition, CaseFile, Item};
use crate::court::period::PeriodError;
use crate::court::period::basis::{Basis, Warning as Unusual};
use crate::court::period::by_party::{NoticeTerms, ResetGround};
use crate::court::personal_numbers::find_personal_numbers;
use crate::court::registry::Registry;
use crate::court::words::Depositor;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::history::History;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::court::item::not_verified;
use crate::wire::court::period::is_covered;
use crate::wire::report::CodedText;

fn warning(code: &str, zh: &str, en: &str) -> CodedText {
    coded(code, Bilingual::new(zh, en))
}

/// Warnings about texts that seem to contain personal numbers.
#[must_use]
pub fn of_texts(texts: &[&str]) -> Vec<CodedText> {
    let mut found = Vec::new();
    for suspicion in texts.iter().flat_map(|text| find_personal_numbers(text)) {
        let one = coded(suspicion.code(), Bilingual::of(|language| suspicion.label(language)));
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found
}

/// Warnings about an act at `position`.
#[must_use]
pub fn of_act(act: &Act, position: ActPosition, file: &CaseFile, registry: &Registry) -> Vec<CodedText> {
    let mut found = Vec::new();
    if let Act::SetPeriod(SetPeriod { basis, days, .. }) | Act::ResetPeriod(ResetPeriod { basis, days, .. }) = act
        && let Ok(Some(unusual)) = unusual_length(file, *basis, *days)
    {
        found.push(warning(
            unusual.code(),
            "小额诉讼案件的举证期限一般不超过七日",
            "for small claims the period is generally not more than seven days",
        ));
    }
    found.extend(new_period(act, file));
    if file.orders.iter().any(|order| order.position == position && order.ended_hold) {
        found.push(warning(
            "hold_ended",
            "本案原对该内容的暂停删除决定自此解除，权利人可以删除；其他法院的暂停删除决定不受影响",
            "the hold of this case on that content ends with this order, and it can be erased; holds of other cases remain",
        ));
    }
    if is_of_the_period(act) && !are_covered(file, &registry.calendar) {
        found.push(warning(
            "calendar_year_missing",
            "届满日所在年度的节假日安排尚未载入，仅计周末",
            "the holidays of the last day's year are not loaded: only weekends are known as days off",
        ));
    }
    found
}

const fn is_of_the_period(act: &Act) -> bool {
    matches!(
        act,
        Act::FileCase(_)
            | Act::SetPeriod(_)
            | Act::ResumePeriod(_)
            | Act::ExtendPeriod(_)
            | Act::ResetPeriod(_)
            | Act::ExchangeEvidence(_)
            | Act::DecideDeferral(_)
    )
}

fn are_covered(file: &CaseFile, calendar: &Calendar) -> bool {
    let of_parties = file.periods.iter().map(|(_, period)| period.period());
    let mut all = of_parties.chain([&file.period]);
    all.all(|period| is_covered(&period.state(calendar), calendar))
}

/// The warning about a length: of the basis alone under the first rules, with the procedure since.
fn unusual_length(file: &CaseFile, basis: Basis, days: u32) -> Result<Option<Unusual>, PeriodError> {
    if file.rules < RulesVersion::V2 {
        return Ok(basis.check(days)?);
    }
    // The ground matters to the basis, not to the length.
    NoticeTerms { basis, days }.check(file.procedure, Some(ResetGround::ClaimsChanged))
}

/// Acts after which the court considers another evidence period: it is not moved by them.
fn new_period(act: &Act, file: &CaseFile) -> Option<CodedText> {
    if !file.stage.is_pending_at_court() || file.parties_with_periods().is_empty() {
        return None;
    }
    let (code, zh, en) = match act {
        Act::AddParty(_) => (
            "period_party_added",
            "新参加诉讼的当事人应确定举证期限，该期限适用于其他当事人（证据规定第五十五条第二项）；请重新指定举证期限",
            "a party joins: its evidence period is set and applies to the others too (art. 55 (2)); set the period anew",
        ),
        Act::ChangeClaims(_) | Act::Counterclaim(_) => (
            "period_claims_changed",
            "增加、变更诉讼请求或者提出反诉的，应根据具体情况重新确定举证期限（证据规定第五十五条第四项）",
            "the claims changed: the evidence period is set anew as the case requires (art. 55 (4))",
        ),
        Act::ConvertProcedure(_) => (
            "period_procedure_converted",
            "程序已转换，请核对各方举证期限是否符合转换后的程序（证据规定第五十一条）",
            "the procedure was converted: check whether the evidence periods fit it (art. 51)",
        ),
        _ => return None,
    };
    Some(warning(code, zh, en))
}

/// The file is one that another party offered in a mediation, deposited again (在线调解规则 art. 18).
#[must_use]
pub fn same_file_in_mediation() -> CodedText {
    warning(
        "mediation_same_file",
        "该文件的摘要与其他当事人在调解中提交的材料一致；未经各方同意，调解材料不得用于诉讼，请核对来源",
        "another party offered a file with this digest in a mediation; without the consent of all parties, material of a mediation is not used in a suit: check where it comes from",
    )
}

/// Warnings about an item that was just imported.
#[must_use]
pub fn of_import(file: &CaseFile, item: &Item, history: Option<&History>) -> Vec<CodedText> {
    let mut found = vec![not_verified()];
    let of_other = |other: &Item| {
        let (import, known) = (&item.import, &other.import);
        known.deposit == import.deposit && known.party != import.party && other.is_active()
    };
    if let Some((number, _)) = file.items.iter().find(|(_, other)| of_other(other)) {
        found.push(warning(
            "imported_by_other_party",
            &format!("同一存证编号已由其他当事人导入，见证据 {number}"),
            &format!("another party offers the same deposit: see item {number}"),
        ));
    }
    if item.import.depositor == Depositor::Different {
        let depositor = Depositor::Different;
        found.push(coded("depositor_different", Bilingual::of(|language| depositor.label(language))));
    }
    if item.late {
        found.push(warning(
            "imported_late",
            "逾期举证（是否采纳由法院决定）",
            "imported after the evidence period; the court decides on its admission",
        ));
    }
    let Some(history) = history else { return found };
    if history.owner_said(&[LinkKind::Withdraws]) {
        found.push(warning("deposit_withdrawn", "该存证已被撤回", "the deposit was withdrawn later"));
    }
    if history.owner_said(&[LinkKind::Corrects, LinkKind::Replaces]) {
        found.push(warning("deposit_corrected", "该存证已被更正或替换", "the deposit was corrected or replaced later"));
    }
    if !history.owner_links_are_known() {
        found.push(warning(
            "later_links_incomplete",
            "在后更正、撤回、补充的清单不完整或有不成立的条目，请逐页查阅",
            "the list of later corrections, withdrawals and supplements is incomplete or has invalid items: read all its pages",
        ));
    }
    found
}
