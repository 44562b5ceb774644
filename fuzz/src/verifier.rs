//! Fuzz targets for the verifier end to end. A record that verifies against the pinned key is one of the ledger, whatever else
//! was changed.

use tiezheng::ledger::checkpoint::SignedCheckpoint;
use tiezheng::ledger::hash::Digest;
use tiezheng::ledger::manifest::claim::{ItemClaim, ItemReceipt};
use tiezheng::ledger::merkle::proof::InclusionProof;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::statement::content::{FileDigests, HashAlgorithm};
use tiezheng::ledger::time::Timestamp;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{PresentedEvidence, Question, RecordSource, verify};
use tiezheng::wire::chinese;
use tiezheng::wire::report::{ReportContext, ReportJson, ReportNodeJson, VerifierJson};
use tiezheng::wire::{fast_json, item_receipt as item_json, json, receipt as receipt_json};

use super::fixture::ledger;
use super::input::Input;

/// A receipt of the ledger with changes in its fields.
pub fn verifier(data: &[u8]) -> bool {
    let mut input = Input(data);
    let ledger = ledger();
    let choice = input.below(ledger.receipts.len() + ledger.items.len());
    let (mut receipt, mut claim) = if let Some(receipt) = ledger.receipts.get(choice) {
        (receipt.clone(), None)
    } else {
        let ItemReceipt { receipt, claim } = ledger.items[choice - ledger.receipts.len()].clone();
        (receipt, Some(claim))
    };
    let presented = presented(&mut input);
    for _ in 0..12 {
        if input.is_empty() {
            break;
        }
        match &mut claim {
            Some(claim) if input.byte() % 2 == 0 => change_claim(claim, &mut input),
            _ => change(&mut receipt, &mut input),
        }
    }
    check(&receipt, claim.as_ref(), presented)
}

/// A receipt file of any bytes.
pub fn receipt(data: &[u8]) -> bool {
    let mut accepted = false;
    match receipt_json::parse(data) {
        Ok(receipt) => {
            let printed = receipt_json::print(&receipt);
            assert_eq!(receipt_json::parse(printed.as_bytes()).as_ref(), Ok(&receipt));
            assert_eq!(fast_json::receipt(&receipt), printed);
            let line = receipt_json::print_line(&receipt);
            assert_eq!(receipt_json::parse(line.as_bytes()).as_ref(), Ok(&receipt));
            let mut verdict = String::new();
            fast_json::batch_verdict(&mut verdict, 1, 201, &receipt);
            assert_eq!(verdict, format!("{{\"line\":1,\"status\":201,\"receipt\":{}}}\n", line.trim_end_matches('\n')));
            accepted = check(&receipt, None, PresentedEvidence::Nothing);
        }
        Err(error) => drop((error.code(), error.to_string(), chinese::receipt(&error))),
    }
    accepted
}

/// An item's receipt file of any bytes.
pub fn item_receipt(data: &[u8]) -> bool {
    let mut accepted = false;
    match item_json::parse(data) {
        Ok(item) => {
            assert_eq!(item_json::print(&item).as_bytes(), data);
            accepted = check(&item.receipt, Some(&item.claim), PresentedEvidence::Nothing);
        }
        Err(error) => drop((error.code(), error.to_string(), chinese::item_receipt(&error))),
    }
    accepted
}

fn presented(input: &mut Input<'_>) -> PresentedEvidence {
    let file = ledger().file;
    match input.byte() % 5 {
        0 => PresentedEvidence::Nothing,
        1 => PresentedEvidence::File { measured: file, salted: false },
        2 => PresentedEvidence::File {
            measured: FileDigests { size: 9, ..file },
            salted: input.byte().is_multiple_of(2),
        },
        3 => PresentedEvidence::Digest { algorithm: HashAlgorithm::Sha256, value: file.sha256 },
        _ => PresentedEvidence::Digest { algorithm: HashAlgorithm::Sm3, value: Digest(input.array()) },
    }
}

/// Changes one field.
fn change(receipt: &mut Receipt, input: &mut Input<'_>) {
    let other = &ledger().receipts[input.below(ledger().receipts.len())];
    match input.byte() % 16 {
        0 => change_text(&mut receipt.entry, input),
        1 => change_text(&mut receipt.header, input),
        2 => change_text(&mut receipt.checkpoint, input),
        3 => receipt.index = LeafIndex(input.number() as u64),
        4 => receipt.index = LeafIndex(input.long()),
        5 => change_path(&mut receipt.entry_path, input),
        6 => change_path(&mut receipt.header_path, input),
        7 => change_path(&mut receipt.previous_path, input),
        8 => receipt.key_notices.truncate(input.below(3)),
        9 => {
            if let Some(notice) = receipt.key_notices.get_mut(input.below(2)) {
                match input.byte() % 3 {
                    0 => change_text(&mut notice.text, input),
                    1 => change_path(&mut notice.path, input),
                    _ => notice.index = LeafIndex(input.number() as u64),
                }
            }
        }
        10 => receipt.key_notices.extend(other.key_notices.iter().take(4).cloned()),
        11 => receipt.time_tokens.push(String::from_utf8_lossy(input.bytes()).into_owned()),
        12 => receipt.entry.clone_from(&other.entry),
        13 => receipt.header.clone_from(&other.header),
        14 => receipt.checkpoint.clone_from(&other.checkpoint),
        _ => {
            receipt.entry_path.clone_from(&other.entry_path);
            receipt.header_path.clone_from(&other.header_path);
            receipt.previous_path.clone_from(&other.previous_path);
        }
    }
}

fn change_claim(claim: &mut ItemClaim, input: &mut Input<'_>) {
    match input.byte() % 5 {
        0 => change_text(&mut claim.line, input),
        1 => change_path(&mut claim.path, input),
        2 => claim.index = LeafIndex(input.number() as u64),
        3 => claim.name = None,
        _ => {
            if let Some(name) = &mut claim.name {
                change_text(&mut name.path, input);
                name.salt[input.below(32)] ^= input.byte();
            }
        }
    }
}

/// Replaces some bytes by others, if the result is text.
fn change_text(text: &mut String, input: &mut Input<'_>) {
    let from = input.below(text.len() + 1);
    let to = (from + usize::from(input.byte())).min(text.len());
    let Ok(new) = std::str::from_utf8(input.bytes()) else { return };
    if text.is_char_boundary(from) && text.is_char_boundary(to) {
        text.replace_range(from..to, new);
    }
}

fn change_path(path: &mut InclusionProof, input: &mut Input<'_>) {
    let mut hashes = path.hashes().to_vec();
    let place = input.below(hashes.len() + 1);
    match input.byte() % 3 {
        0 => hashes.insert(place, Digest(input.array())),
        1 if place < hashes.len() => drop(hashes.remove(place)),
        _ => hashes.iter_mut().skip(place).take(1).for_each(|hash| hash.0[input.below(32)] ^= input.byte()),
    }
    if let Ok(changed) = InclusionProof::from_hashes(hashes) {
        *path = changed;
    }
}

/// Verifies, and checks that every conclusion about a record is about a record of the ledger. Returns whether there was one.
fn check(receipt: &Receipt, item: Option<&ItemClaim>, presented: PresentedEvidence) -> bool {
    let mut accepted = false;
    let ledger = ledger();
    for source in [RecordSource::Receipt, RecordSource::Node] {
        let question = Question { source, item, presented, ..Question::about(receipt, &ledger.trust) };
        let report = verify(&question);
        let context = ReportContext::new(Timestamp::EPOCH, VerifierJson::command_line(), ReportNodeJson::offline(None));
        let printed = json::pretty(&ReportJson::new(&report, context));
        let again = json::object_of_any_integers::<ReportJson>(printed.as_bytes(), printed.len());
        assert_eq!(again.map(|report| json::pretty(&report)), Ok(printed), "a report is read back");
        assert_ne!(report.conclusion, Conclusion::Consistent, "nobody cosigned");
        let about_a_record = !matches!(report.conclusion, Conclusion::Unable | Conclusion::ChainFault);
        accepted |= about_a_record;
        if about_a_record {
            assert!(ledger.holds(receipt), "a forged record verifies: {:?}", report.conclusion);
            let signed = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).expect("it was verified");
            let text = signed.note().text();
            assert!(ledger.receipts.iter().any(|one| one.checkpoint.starts_with(text)), "a forged checkpoint verifies");
        }
        if let Some(claim) = item.filter(|_| about_a_record) {
            let is_kept = |line: &String| line.starts_with(&format!("{} salt ", claim.line));
            assert_eq!(
                ledger.kept_lines.iter().position(is_kept).map(|n| n as u64),
                Some(claim.index.0),
                "a forged item"
            );
        }
        let nobody = Trust::new(vec![]);
        let report = verify(&Question { trust: &nobody, ..question });
        let about_a_record = !matches!(report.conclusion, Conclusion::Unable | Conclusion::ChainFault);
        assert!(!about_a_record, "{:?} without a pinned key", report.conclusion);
    }
    accepted
}
