//! Item receipts: only printed bytes are parsed, and no changed receipt verifies.

use super::*;
use crate::ledger::hash::{Digest, leaf_hash, sha256};
use crate::ledger::key::Signer;
use crate::ledger::manifest::item::{Item, ItemDigests, name_commitment};
use crate::ledger::manifest::tree::{Chunk, ManifestTree};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::statement::content::FileDigests;
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{ManifestRoot, Statement};
use crate::ledger::testing::{ledger_key, origin, receipt_of};
use crate::ledger::verify::report::Conclusion;
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{PresentedEvidence, Question, verify};

const FILE: &[u8] = b"segment 3";

fn measured() -> FileDigests {
    let sm3 = <sm3::Sm3 as sm3::Digest>::digest(FILE);
    FileDigests { size: FILE.len() as u64, sha256: sha256(FILE), sm3: Digest(sm3.into()) }
}

/// Of five items the fourth, which is [`FILE`].
fn claim() -> (ItemClaim, ManifestRoot) {
    let FileDigests { size, sha256, sm3 } = measured();
    let line = |n: u8| {
        let sha256 = if n == 3 { sha256 } else { Digest([n + 1; 32]) };
        let digests = ItemDigests::new(Some(sha256), Some(sm3), size).unwrap();
        Item { digests, name: name_commitment(&[n; 32], "录音/3.wav") }.to_string()
    };
    let leaves: Vec<_> = (0..5).map(|n| leaf_hash(line(n).as_bytes())).collect();
    let mut tree = ManifestTree::new();
    tree.push(Chunk::over(&leaves).unwrap()).unwrap();
    let index = LeafIndex(3);
    let name = Some(ItemName { salt: [3; 32], path: "录音/3.wav".into() });
    (ItemClaim { line: line(3), index, path: tree.path(index, &leaves).unwrap(), name }, tree.root().unwrap())
}

fn statement(manifest: ManifestRoot) -> SignedStatement {
    let signer = Signer::of_depositor(&[9; 32]).unwrap();
    let statement = Statement {
        ledger: origin(),
        content: None,
        manifest: Some(manifest),
        media_type: None,
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce: [7; 16],
        keys: vec![signer.verifier().clone()],
    };
    SignedStatement::sign(statement, &[signer]).unwrap()
}

fn item_receipt() -> ItemReceipt {
    let (claim, manifest) = claim();
    ItemReceipt { receipt: receipt_of(statement(manifest)), claim }
}

fn conclusion(receipt: &ItemReceipt, file: FileDigests) -> Conclusion {
    let trust = Trust::new(vec![ledger_key().verifier().clone()]);
    let presented = PresentedEvidence::File { measured: file, salted: false };
    let ItemReceipt { receipt, claim } = receipt;
    verify(&Question { item: Some(claim), presented, ..Question::about(receipt, &trust) }).conclusion
}

#[test]
fn an_item_receipt_is_read_back_and_verifies() {
    let good = item_receipt();
    let nameless = ItemReceipt { claim: ItemClaim { name: None, ..good.claim.clone() }, ..good.clone() };
    for receipt in [good, nameless] {
        let text = print(&receipt);
        assert_eq!(parse(text.as_bytes()), Ok(receipt.clone()));
        assert_eq!(text.contains("录音/3.wav"), receipt.claim.name.is_some());
        assert_eq!(conclusion(&receipt, measured()), Conclusion::ConsistentWithReservation);
        let other = FileDigests { sha256: sha256(b"x"), sm3: sha256(b"y"), size: 1 };
        assert_eq!(conclusion(&receipt, other), Conclusion::Mismatch);
    }
}

#[test]
fn no_changed_byte_of_an_item_receipt_is_ever_agreed_with() {
    let text = print(&item_receipt()).into_bytes();
    let mut read = 0;
    for at in 0..text.len() {
        for mask in [1, 0x20, 0x29, 0x80] {
            let mut changed = text.clone();
            changed[at] ^= mask;
            let Ok(receipt) = parse(&changed) else { continue };
            read += 1;
            let conclusion = conclusion(&receipt, measured());
            let refused = matches!(conclusion, Conclusion::Unable | Conclusion::Contradictory | Conclusion::Mismatch);
            assert!(refused, "byte {at} ^ {mask:#x}: {conclusion:?}");
        }
    }
    assert!(read > 1000, "only {read} changes were read as receipts at all");
}

#[test]
fn other_forms_are_rejected() {
    let text = print(&item_receipt());
    let code = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().code()
    };
    assert_eq!(code("item-receipt/v1", "item-receipt/v2"), "unknown_version");
    assert_eq!(code("\"tiezheng/receipt/v1", "\"tiezheng/receipt/v2"), "unknown_version");
    assert_eq!(code("\"index\": 3", "\"index\":  3"), "other_spelling");
    assert_eq!(code("录", "\\u5f55"), "other_spelling");
    assert_eq!(code("\"index\": 3", "\"index\": 3, \"index\": 3"), "unexpected_json");
    assert_eq!(code("\"item\":", "\"itemm\":"), "unexpected_json");
    assert_eq!(code("\"index\": 3", "\"index\": 18446744073709551615"), "bad_value");
    assert_eq!(code(&"03".repeat(32), &"0X".repeat(32)), "bad_value");
    let nameless = ItemReceipt { claim: ItemClaim { name: None, ..claim().0 }, ..item_receipt() };
    let null = print(&nameless).replacen("\n  ]\n}\n", "\n  ],\n  \"name\": null\n}\n", 1);
    assert_eq!(parse(null.as_bytes()).unwrap_err().code(), "other_spelling");
    let minified = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
    assert_eq!(parse(minified.as_bytes()).unwrap_err().code(), "other_spelling");
    assert_eq!(
        parse(crate::wire::receipt::print(&item_receipt().receipt).as_bytes()).unwrap_err().code(),
        "unknown_version"
    );
}
