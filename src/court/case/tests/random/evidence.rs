//! Random acts about the evidence: imports, what becomes of an item, checks and replies.

use super::*;

/// An act of this kind.
pub(super) fn act(d: &mut Dice, kind: ActKind, file: Option<&CaseFile>) -> Act {
    match kind {
        ActKind::Import => Act::Import(import(d, file)),
        ActKind::Restate => Act::Restate(Restate {
            item: d.item_of(file),
            name: d.annex(),
            content: d.annex(),
            source: d.optional(Dice::annex),
            proves: d.optional(Dice::annex),
            form: d.optional(|d| d.of(ItemForm::ALL)),
            copies: d.optional(|d| d.below(3)),
            pages: d.optional(|d| d.below(9)),
        }),
        ActKind::ReceiveItem => Act::ReceiveItem(ReceiveItem {
            item: d.item_of(file),
            form: d.optional(|d| d.of(ItemForm::ALL)),
            copies: d.optional(|d| d.below(3)),
            pages: d.optional(|d| d.below(9)),
            dossier_hash: d.data_hash(),
        }),
        ActKind::WithdrawItem => {
            Act::WithdrawItem(WithdrawItem { item: d.item_of(file), reason: d.optional(Dice::annex) })
        }
        ActKind::Verify => Act::Verify(Verify {
            item: d.item_of(file),
            deposit: d.deposit(),
            presented: d.of(Presented::ALL),
            size: d.optional(|d| u64::from(d.below(9))),
            presented_hash: d.data_hash(),
            conclusion: Code("consistent".into()),
            obstacle: d.optional(|_| Code("no_salt".into())),
            reservation: d.many(|_| Code("no_witness".into())),
            step: d.many(|_| StepOutcome { step: "entry".into(), outcome: "passed".into() }),
        }),
        ActKind::Diverge => Act::Diverge(Diverge { item: d.item_of(file), what: d.of(Divergence::ALL) }),
        ActKind::Reply => {
            let (item, party) = (d.item_of(file), d.party());
            let current = file.and_then(|file| Some(file.items.get(&item)?.version()));
            let replies = file.and_then(|file| file.items.get(&item)?.replies.get(&party)).map_or(0, Vec::len);
            Act::Reply(Reply {
                item,
                party,
                version: d.number(u32::try_from(replies + 1).ok()),
                item_version: if d.below(2) == 0 { Some(d.number(current)) } else { None },
                authenticity: d.optional(|d| d.of(Opinion::ALL)),
                legality: d.optional(|d| d.of(Opinion::ALL)),
                relevance: d.optional(|d| d.of(Opinion::ALL)),
                ground: d.many(|d| d.of(Ground::ALL)),
                probative_value: d.optional(Dice::annex),
                reason: d.optional(Dice::annex),
            })
        }
        _ => Act::Consent(Consent { item: d.item_of(file) }),
    }
}

fn import(d: &mut Dice, file: Option<&CaseFile>) -> Import {
    Import {
        item: ItemNumber(d.number(file.map(|file| file.next_item().0))),
        party: d.party(),
        phase: if d.below(5) > 0 { file.map_or(Phase::Filing, CaseFile::phase) } else { d.of(Phase::ALL) },
        deposit: d.deposit(),
        name: d.annex(),
        content: d.annex(),
        source: d.optional(Dice::annex),
        proves: d.optional(Dice::annex),
        form: d.optional(|d| d.of(ItemForm::ALL)),
        copies: d.optional(|d| d.below(3)),
        pages: d.optional(|d| d.below(9)),
        replaces: if d.below(3) == 0 { Some(d.item_of(file)) } else { None },
        carried: (d.below(4) == 0).then(|| FirstImport {
            case: CaseId(Digest([8; 32])),
            item: d.item_of(file),
            at: d.time(),
            late: d.below(2) == 0,
        }),
        depositor: d.of(Depositor::ALL),
        identity: d.identity(),
        ledger: Name::parse("example.org/ledger").unwrap(),
        tx_id: d.digest(),
        block_hash: d.digest(),
        block_height: Height(u64::from(d.below(9))),
        prev_block_hash: d.digest(),
        data_hash: d.data_hash(),
        tx_submitted_at: d.time(),
        block_generated_at: d.time(),
        receipt: d.optional(Dice::digest),
        receipt_annex: d.optional(Dice::annex),
        purpose: (d.below(6) == 0).then(|| ItemPurpose { purpose: d.of(Purpose::ALL), item: d.item_of(file) }),
        handed_in: if d.below(8) == 0 { d.handed_in() } else { None },
        collected: (d.below(10) == 0).then(|| d.of(Collected::ALL)),
        reason: d.optional(Dice::annex),
    }
}
