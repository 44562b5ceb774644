//! Rules of what may leave a mediation: consent of all parties, a party's own items, papers that all have signed.
//!
//! 在线调解规则 arts. 18, 21 and 22.

use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{CaseFile, Item};
use crate::court::course_words::SpecialPower;
use crate::court::document::Document;
use crate::court::ids::ItemNumber;
use crate::court::session_words::TranscriptKind;
use crate::court::words::CaseKind;
use crate::ledger::number::DepositNumber;

/// A party consents to the use of an item of the mediation. Under the first rules the consent of the party that offered it was
/// enough; 在线调解规则 art. 18 asks for that of all parties.
///
/// # Errors
///
/// [`Refusal`].
pub fn consent(file: &mut CaseFile, document: &Document, number: ItemNumber) -> Result<(), Refusal> {
    if file.kind != CaseKind::Mediation {
        return Err(Refusal::NoMediation);
    }
    let offered_by = file.items.get(&number).ok_or(Refusal::NoSuchItem(number))?.import.party;
    let by_all = file.rules >= RulesVersion::V2;
    let party = if by_all { file.party_of(document.capacity) } else { Some(offered_by) };
    let party = party.ok_or(Refusal::NotYours)?;
    speaks_for(file, document.capacity, party)?;
    if by_all {
        file.require_power(document.capacity, SpecialPower::Settle)?;
    }
    let item = file.items.get_mut(&number).ok_or(Refusal::NoSuchItem(number))?;
    item.consents.insert(party);
    Ok(())
}

/// A party lets its own material go on into the suit.
///
/// # Errors
///
/// [`Refusal`].
pub fn forward(file: &mut CaseFile, document: &Document, number: ItemNumber) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    if file.kind != CaseKind::Mediation {
        return Err(Refusal::NoMediation);
    }
    let item = file.items.get(&number).ok_or(Refusal::NoSuchItem(number))?;
    speaks_for(file, document.capacity, item.import.party)?;
    if !item.is_active() {
        return Err(Refusal::ItemWithdrawn);
    }
    if let Some(item) = file.items.get_mut(&number) {
        item.forwarded = true;
    }
    Ok(())
}

/// Whether an item of a mediation may be used in a suit by everybody: all parties consented, under the first rules the one that
/// offered it.
#[must_use]
pub fn is_consented(file: &CaseFile, item: &Item) -> bool {
    if file.rules >= RulesVersion::V2 {
        file.parties.keys().all(|party| item.consents.contains(party))
    } else {
        item.consents.contains(&item.import.party)
    }
}

/// The papers of a mediation that may be used elsewhere by nobody: its transcripts, and drafts that not all have signed.
pub fn confidential_papers(file: &CaseFile) -> impl Iterator<Item = DepositNumber> {
    let of_mediation = file.kind == CaseKind::Mediation;
    let transcripts = file.records.transcripts.values();
    let transcripts = transcripts.filter(move |one| of_mediation || one.kind == TranscriptKind::Mediation);
    let transcripts = transcripts.flat_map(|one| &one.versions).map(|version| version.document.number);
    let drafts = file.records.agreements.values().flat_map(|agreement| {
        let is_signed = |number: u32| agreement.signed.iter().any(|moment| moment.version == number);
        (1..).zip(&agreement.versions).filter(move |(number, _)| !is_signed(*number))
    });
    transcripts.chain(drafts.map(|(_, version)| version.document.number))
}
