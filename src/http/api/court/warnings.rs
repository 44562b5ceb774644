//! Warnings about acts that were recorded although they are unusual: code and text in both languages.

use crate::court::acts::Act;
use crate::court::case::state::{ActPosition, CaseFile, Item};
use crate::court::period::PeriodEvent;
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
    if let Act::SetPeriod(_) | Act::ResetPeriod(_) = act
        && let Some(PeriodEvent::Set { basis, days, .. } | PeriodEvent::Reset { basis, days, .. }) =
            file.period.events().last()
        && let Ok(Some(unusual)) = basis.check(*days)
    {
        found.push(warning(
            unusual.code(),
            "小额诉讼案件的举证期限一般不超过七日",
            "for small claims the period is generally not more than seven days",
        ));
    }
    if file.orders.iter().any(|order| order.position == position && order.ended_hold) {
        found.push(warning(
            "hold_ended",
            "本案原对该内容的暂停删除决定自此解除，权利人可以删除；其他法院的暂停删除决定不受影响",
            "the hold of this case on that content ends with this order, and it can be erased; holds of other cases remain",
        ));
    }
    let of_the_period = matches!(
        act,
        Act::FileCase(_)
            | Act::SetPeriod(_)
            | Act::ResumePeriod(_)
            | Act::ExtendPeriod(_)
            | Act::ResetPeriod(_)
            | Act::ExchangeEvidence(_)
    );
    if of_the_period && !is_covered(&file.period.state(&registry.calendar), &registry.calendar) {
        found.push(warning(
            "calendar_year_missing",
            "届满日所在年度的节假日安排尚未载入，仅计周末",
            "the holidays of the last day's year are not loaded: only weekends are known as days off",
        ));
    }
    found
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
        found.push(warning("imported_late", "逾期提交", "imported after the evidence period"));
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
