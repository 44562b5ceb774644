//! Rules of evidence: import, restatement, withdrawal, verification, reply.

use crate::court::acts::{Import, ReceiveItem, Reply, Restate, Verify, WithdrawItem};
use crate::court::calendar::Calendar;
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::decisions::ItemDecisions;
use crate::court::case::filing::is_identified;
use crate::court::case::late_evidence::{check_handed_in, is_of_the_court};
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{
    ActPosition, CaseFile, Item, ItemDetails, ItemReceipt, ReplyVersion, Text, Verification,
};
use crate::court::document::Document;
use crate::court::ids::{AnnexId, ItemNumber};
use crate::court::values::{Capacity, ItemPurpose};
use crate::court::words::{Divergence, ItemForm, Phase, Purpose, Stage};

/// Most items of a case. More items can be deposited as one manifest.
pub const ITEMS_MAX: u32 = 10_000;

fn item(file: &mut CaseFile, number: ItemNumber) -> Result<&mut Item, Refusal> {
    file.items.get_mut(&number).ok_or(Refusal::NoSuchItem(number))
}

/// What is to be done to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Restate,
    Withdraw,
    Replace,
}

/// Checks whether the actor may change an item: its own, active, not locked, within the evidence period.
///
/// From version 2 on, an item of a filing that was returned for supplement may be replaced although it is locked (在线诉讼规则 art. 9:
/// 补正), and a late item may be withdrawn after the period.
fn may_change(
    file: &CaseFile,
    document: &Document,
    (number, change): (ItemNumber, Change),
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let item = file.items.get(&number).ok_or(Refusal::NoSuchItem(number))?;
    speaks_for(file, document.capacity, item.import.party)?;
    let current = file.rules >= RulesVersion::V2;
    let returned = current && file.stage == Stage::ToSupplement && item.import.carried.is_none();
    if item.locked && !(returned && change == Change::Replace) {
        return Err(Refusal::ItemLocked);
    }
    if !item.is_active() {
        return Err(Refusal::ItemWithdrawn);
    }
    let over = item.import.phase != Phase::Filing && file.is_over_for(item, position.at, calendar);
    let late_withdrawal = current && change == Change::Withdraw && file.lateness(item, calendar).is_late();
    if over && !late_withdrawal {
        return Err(Refusal::PeriodEnded);
    }
    Ok(())
}

/// Checks what an import states of posting, of collection by the court, and of its purpose.
fn check_statements(file: &CaseFile, document: &Document, act: &Import, position: ActPosition) -> Result<(), Refusal> {
    if act.purpose.is_some() || act.handed_in.is_some() || act.collected.is_some() {
        file.rules.require(RulesVersion::V2)?;
    }
    check_handed_in(document, act.handed_in, position)?;
    if act.collected.is_some() && !matches!(document.capacity, Capacity::Holding(_)) {
        return Err(Refusal::CourtOnly);
    }
    let Some(ItemPurpose { purpose, item }) = act.purpose else { return Ok(()) };
    let other = file.items.get(&item).ok_or(Refusal::NoSuchItem(item))?;
    let is_own = other.import.party == act.party && !is_of_the_court(other);
    if is_own == (purpose == Purpose::Rebuts) { Err(Refusal::PurposeMismatch) } else { Ok(()) }
}

/// 导入存证平台证据. Late evidence is accepted and marked. Only a case that continues another accepts transferred items.
///
/// # Errors
///
/// [`Refusal`].
pub fn import(
    file: &mut CaseFile,
    document: &Document,
    act: &Import,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    let next = file.next_item();
    if act.item != next || next.0 > ITEMS_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    speaks_for(file, document.capacity, act.party)?;
    let by_the_court = matches!(document.capacity, Capacity::Holding(_));
    if !by_the_court && !is_identified(act.identity.as_ref()) {
        return Err(Refusal::IdentityRequired);
    }
    if act.phase != file.phase() {
        return Err(Refusal::OutOfOrder);
    }
    // 证据规定 art. 51 (2), 民诉法 art. 68.
    if act.phase == Phase::SecondInstance && act.reason.is_none() {
        return Err(CourseRefusal::ReasonNeeded.into());
    }
    if act.carried.is_some() && file.from.is_none() {
        return Err(Refusal::NothingCarried);
    }
    check_statements(file, document, act, position)?;
    if let Some(replaced) = act.replaces {
        may_change(file, document, (replaced, Change::Replace), position, calendar)?;
        // The court may act for every party, but not replace one party's item by another's.
        if item(file, replaced)?.import.party != act.party {
            return Err(Refusal::NotYours);
        }
        item(file, replaced)?.replaced_by = Some(act.item);
    }
    let text = |annex| Text { annex, index: position.index };
    let mut imported = Item {
        position,
        by: document.by,
        capacity: document.capacity,
        stage: file.stage,
        first_imported_at: act.carried.map_or(position.at, |carried| carried.at.min(position.at)),
        name: text(act.name),
        content: text(act.content),
        details: details((act.source, act.proves), act.form, (act.copies, act.pages), position),
        restated: Vec::new(),
        receipt: None,
        reason: act.reason.map(text),
        late: false,
        // An item that was locked in the earlier case stays locked.
        locked: act.carried.is_some(),
        withdrawn: None,
        replaced_by: None,
        consents: std::collections::BTreeSet::new(),
        forwarded: false,
        verifications: Vec::new(),
        divergences: Vec::new(),
        replies: std::collections::BTreeMap::new(),
        decisions: ItemDecisions::default(),
        import: act.clone(),
    };
    imported.late = match act.carried {
        Some(carried) => carried.late,
        None => act.phase != Phase::Filing && file.is_late_at_import(&imported, calendar),
    };
    file.items.insert_mut(act.item, imported);
    Ok(())
}

/// 编辑证据.
///
/// # Errors
///
/// [`Refusal`].
pub fn restate(
    file: &mut CaseFile,
    document: &Document,
    act: &Restate,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    may_change(file, document, (act.item, Change::Restate), position, calendar)?;
    let item = item(file, act.item)?;
    item.name = Text { annex: act.name, index: position.index };
    item.content = Text { annex: act.content, index: position.index };
    let stated = details((act.source, act.proves), act.form, (act.copies, act.pages), position);
    let before = std::mem::take(&mut item.details);
    item.details = ItemDetails {
        source: stated.source.or(before.source),
        proves: stated.proves.or(before.proves),
        form: stated.form.or(before.form),
        copies: stated.copies.or(before.copies),
        pages: stated.pages.or(before.pages),
    };
    item.restated.push(position);
    Ok(())
}

/// What an import or a restatement states for the list of evidence.
fn details(
    (source, proves): (Option<AnnexId>, Option<AnnexId>),
    form: Option<ItemForm>,
    (copies, pages): (Option<u32>, Option<u32>),
    position: ActPosition,
) -> ItemDetails {
    let text = |annex| Text { annex, index: position.index };
    ItemDetails { source: source.map(text), proves: proves.map(text), form, copies, pages }
}

/// 出具收据: the court has received an item; a later receipt replaces it.
///
/// # Errors
///
/// [`Refusal`].
pub fn receive(
    file: &mut CaseFile,
    document: &Document,
    act: &ReceiveItem,
    position: ActPosition,
) -> Result<(), Refusal> {
    let item = item(file, act.item)?;
    if !item.is_active() {
        return Err(Refusal::ItemWithdrawn);
    }
    let (by, capacity) = (document.by, document.capacity);
    item.receipt = Some(ItemReceipt { position, by, capacity, act: act.clone() });
    Ok(())
}

/// 撤回.
///
/// # Errors
///
/// [`Refusal`].
pub fn withdraw(
    file: &mut CaseFile,
    document: &Document,
    act: &WithdrawItem,
    position: ActPosition,
    calendar: &Calendar,
) -> Result<(), Refusal> {
    may_change(file, document, (act.item, Change::Withdraw), position, calendar)?;
    item(file, act.item)?.withdrawn = Some(position.at);
    Ok(())
}

/// 核验, with any outcome.
///
/// # Errors
///
/// [`Refusal`].
pub fn verify(file: &mut CaseFile, document: &Document, act: &Verify, position: ActPosition) -> Result<(), Refusal> {
    let item = item(file, act.item)?;
    if item.import.deposit != act.deposit {
        return Err(Refusal::OtherDeposit);
    }
    let (by, capacity) = (document.by, document.capacity);
    item.verifications.push(Verification { position, by, capacity, found: act.clone() });
    Ok(())
}

/// Records a divergence.
///
/// # Errors
///
/// [`Refusal`].
pub fn diverge(
    file: &mut CaseFile,
    number: ItemNumber,
    what: Divergence,
    position: ActPosition,
) -> Result<(), Refusal> {
    item(file, number)?.divergences.push((position, what));
    Ok(())
}

/// 质证: a new version each time.
///
/// # Errors
///
/// [`Refusal`].
pub fn reply(file: &mut CaseFile, document: &Document, act: &Reply, position: ActPosition) -> Result<(), Refusal> {
    speaks_for(file, document.capacity, act.party)?;
    let text = |annex| Text { annex, index: position.index };
    let item = item(file, act.item)?;
    if item.import.party == act.party && !is_of_the_court(item) {
        return Err(Refusal::OwnItem);
    }
    let silent = [act.authenticity, act.legality, act.relevance].iter().all(Option::is_none);
    if silent && act.probative_value.is_none() && act.reason.is_none() {
        return Err(Refusal::EmptyReply);
    }
    let current = item.version();
    if act.item_version.is_some_and(|named| named != current) {
        return Err(Refusal::OtherItemVersion { current });
    }
    let versions = item.replies.get(&act.party).map_or(0, Vec::len);
    let expected = u32::try_from(versions).unwrap_or(u32::MAX).saturating_add(1);
    if act.version != expected {
        return Err(Refusal::NotNext { expected });
    }
    item.replies.entry(act.party).or_default().push(ReplyVersion {
        position,
        by: document.by,
        item_version: act.item_version,
        authenticity: act.authenticity,
        legality: act.legality,
        relevance: act.relevance,
        grounds: act.ground.clone(),
        probative_value: act.probative_value.map(text),
        reason: act.reason.map(text),
    });
    Ok(())
}
