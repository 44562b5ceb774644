//! Tests of the verifier with items of a manifest.

use super::*;
use crate::ledger::manifest::claim::ItemName;
use crate::ledger::manifest::item::{Item, ItemDigests, name_commitment};
use crate::ledger::manifest::tree::{Chunk, ManifestTree};

/// Two items. The second is [`FILE`], with digests after `change`.
fn claim(change: impl Fn(Content) -> Content) -> (ItemClaim, ManifestRoot) {
    let line = |content: Content| {
        let Form::Plain { size } = content.form else { unreachable!("plain") };
        let digests = ItemDigests::new(content.sha256, content.sm3, size).unwrap();
        Item { digests, name: name_commitment(&[5; 32], "a.pdf") }.to_string()
    };
    let lines = [line(Content { sha256: None, ..content() }), line(change(content()))];
    let leaves = lines.each_ref().map(|line| leaf_hash(line.as_bytes()));
    let mut tree = ManifestTree::new();
    tree.push(Chunk::over(&leaves).unwrap()).unwrap();
    let index = LeafIndex(1);
    let name = Some(ItemName { salt: [5; 32], path: "a.pdf".into() });
    let path = tree.path(index, &leaves).unwrap();
    (ItemClaim { line: lines[1].clone(), index, path, name }, tree.root().unwrap())
}

fn deposit_of(manifest: ManifestRoot, content: Option<Content>) -> Receipt {
    let signer = Signer::of_depositor(&[9; 32]).unwrap();
    let bare = statement(None, 3).statement().clone();
    let ours = SignedStatement::sign(Statement { manifest: Some(manifest), content, ..bare }, &[signer]).unwrap();
    receipt_of(&[genesis(Mode::Live)], ours, false, &ledger_key(1))
}

fn ask_of(receipt: &Receipt, claim: &ItemClaim, presented: PresentedEvidence) -> Report {
    let trust = pinned(1);
    verify(&Question { item: Some(claim), presented, ..Question::about(receipt, &trust) })
}

#[test]
fn a_file_is_held_against_its_item() {
    let (claim, manifest) = claim(|content| content);
    let receipt = deposit_of(manifest, None);
    let report = ask_of(&receipt, &claim, file(FILE));
    assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation);
    assert_eq!(report.value(Step::OriginalDigest, "item"), Some("2"));
    assert_eq!(report.value(Step::OriginalDigest, "items"), Some("2"));
    assert_eq!(report.value(Step::OriginalDigest, "item_name"), Some("a.pdf"));
    let nameless = ItemClaim { name: None, ..claim.clone() };
    let report = ask_of(&receipt, &nameless, file(FILE));
    assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation);
    assert_eq!(report.value(Step::OriginalDigest, "item_name"), None);
    assert_eq!(ask_of(&receipt, &claim, file(b"another")).conclusion, Conclusion::Mismatch);
    assert_eq!(ask_of(&receipt, &claim, PresentedEvidence::Nothing).conclusion, Conclusion::RecordOnly);
    let digest = PresentedEvidence::Digest { algorithm: HashAlgorithm::Sm3, value: measure(FILE).sm3 };
    assert_eq!(ask_of(&receipt, &claim, digest).conclusion, Conclusion::RecordOnly);
    // Without the item, the same deposit has no digest of a single file.
    assert_eq!(ask(&receipt, file(FILE)).obstacle, Some(Obstacle::ManifestOnly));
}

#[test]
fn every_digest_of_the_item_must_agree() {
    let changes: [fn(Content) -> Content; 2] = [
        |content| Content { sm3: Some(Digest([5; 32])), ..content },
        |content| Content { form: Form::Plain { size: 11 }, ..content },
    ];
    for change in changes {
        let (claim, manifest) = claim(change);
        assert_eq!(ask_of(&deposit_of(manifest, None), &claim, file(FILE)).conclusion, Conclusion::Contradictory);
    }
}

#[test]
fn the_items_digests_count_and_not_those_of_the_deposit() {
    let (claim, manifest) = claim(|content| content);
    let other = measure(b"the dossier's cover");
    let cover = Content { form: Form::Plain { size: other.size }, sha256: Some(other.sha256), sm3: Some(other.sm3) };
    let receipt = deposit_of(manifest, Some(cover));
    assert_eq!(ask_of(&receipt, &claim, file(FILE)).conclusion, Conclusion::ConsistentWithReservation);
    assert_eq!(ask_of(&receipt, &claim, file(b"the dossier's cover")).conclusion, Conclusion::Mismatch);
}

#[test]
fn a_claim_that_does_not_hold_is_a_broken_paper_whatever_is_presented() {
    let (good, manifest) = claim(|content| content);
    let receipt = deposit_of(manifest, None);
    let name = Some(ItemName { salt: [5; 32], path: "b.pdf".into() });
    let shorter = InclusionProof::from_hashes(vec![]).unwrap();
    let broken = [
        (ItemClaim { index: LeafIndex(0), ..good.clone() }, "not_in_manifest"),
        (ItemClaim { path: shorter, ..good.clone() }, "not_in_manifest"),
        (ItemClaim { line: good.line.replace("size 10", "size 11"), ..good.clone() }, "not_in_manifest"),
        (ItemClaim { line: String::new(), ..good.clone() }, "bad_item_line"),
        (ItemClaim { name, ..good.clone() }, "other_name"),
    ];
    for (claim, fault) in broken {
        for presented in [file(FILE), file(b"another"), PresentedEvidence::Nothing] {
            let report = ask_of(&receipt, &claim, presented);
            assert_eq!(
                (report.conclusion, report.obstacle.clone()),
                (Conclusion::Unable, Some(Obstacle::BrokenReceipt))
            );
            assert_eq!(report.value(Step::OriginalDigest, "item_fault"), Some(fault));
            assert_eq!(report.outcome(Step::OriginalDigest), Some(Outcome::Failed));
        }
    }
    let report = ask_of(&super::receipt(), &good, file(FILE));
    assert_eq!(report.obstacle, Some(Obstacle::BrokenReceipt), "a deposit without a manifest");
    assert_eq!(report.value(Step::OriginalDigest, "item_fault"), Some("no_manifest"));
}

#[test]
fn the_text_of_a_consistent_item_names_it() {
    let (claim, manifest) = claim(|content| content);
    let report = ask_of(&deposit_of(manifest, None), &claim, file(FILE));
    let unreserved = Report { conclusion: Conclusion::Consistent, ..report };
    let say = |language| crate::ledger::verify::wording::conclusion(&unreserved, language);
    assert!(say(crate::ledger::verify::wording::Language::Chinese).contains("清单第〔2〕项所载摘要一致"));
    assert!(
        say(crate::ledger::verify::wording::Language::English).contains("with item [2] of the manifest of deposit")
    );
}
