//! Tests of the verifier: its conclusions.

mod attestations;
mod items;
mod steps;

use sha2::Digest as _;

use super::*;
use crate::ledger::chain::{self, PendingLeaf, Tip};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::{Name, Signer};
use crate::ledger::key_history::KeyHistory;
use crate::ledger::merkle::list::{inclusion_in, root_of};
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::notice::{Mode, Notice, NoticeKind, SignedNotice};
use crate::ledger::receipt::KeyNotice;
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{ManifestRoot, Statement};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::history::{LaterLink, LinkStanding, Listed};
use crate::ledger::verify::wording::{self, Language};

const FILE: &[u8] = b"a contract";

fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

fn ledger_key(seed: u8) -> Signer {
    Signer::new(origin(), &[seed; 32]).unwrap()
}

fn at(second: u64) -> Timestamp {
    Timestamp::from_millis(1_795_309_451_000 + second * 1_000).unwrap()
}

fn measure(bytes: &[u8]) -> FileDigests {
    FileDigests {
        size: bytes.len() as u64,
        sha256: Digest(sha2::Sha256::digest(bytes).into()),
        sm3: Digest(sm3::Sm3::digest(bytes).into()),
    }
}

fn file(bytes: &[u8]) -> PresentedEvidence {
    PresentedEvidence::File { measured: measure(bytes), salted: false }
}

fn content() -> Content {
    let measured = measure(FILE);
    Content { form: Form::Plain { size: measured.size }, sha256: Some(measured.sha256), sm3: Some(measured.sm3) }
}

fn statement(content: Option<Content>, nonce: u8) -> SignedStatement {
    let signer = Signer::of_depositor(&[9; 32]).unwrap();
    let statement = Statement {
        ledger: origin(),
        content,
        manifest: if content.is_none() { Some(ManifestRoot { root: Digest([3; 32]), count: 2 }) } else { None },
        media_type: None,
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce: [nonce; 16],
        keys: vec![signer.verifier().clone()],
    };
    SignedStatement::sign(statement, &[signer]).unwrap()
}

fn genesis(mode: Mode) -> SignedNotice {
    let notice = Notice {
        ledger: origin(),
        received: at(0),
        kind: NoticeKind::Genesis {
            mode,
            key: ledger_key(1).verifier().clone(),
            next: ledger_key(2).verifier().commitment(),
        },
    };
    notice.sign(&[&ledger_key(1)]).unwrap()
}

fn rotation(new: u8) -> SignedNotice {
    let notice = Notice {
        ledger: origin(),
        received: at(1),
        kind: NoticeKind::Key { key: ledger_key(new).verifier().clone(), next: ledger_key(7).verifier().commitment() },
    };
    notice.sign(&[&ledger_key(new), &ledger_key(1)]).unwrap()
}

/// A chain of three blocks: genesis (and further notices), five deposits, one deposit. Returns the receipt of the third
/// of the five, signed with `signer`.
fn receipt_of(first: &[SignedNotice], ours: SignedStatement, test: bool, signer: &Signer) -> Receipt {
    let mut tip = Tip::before_genesis(origin());
    let (mut leaves, mut headers) = (Vec::new(), Vec::new());
    let mut draws = 0..;
    let mut deposit = |statement| {
        let number = draws.find_map(|random| DepositNumber::draw(test, at(0).beijing_date(), random)).unwrap();
        PendingLeaf::Deposit { number, statement }
    };
    let notices = first.iter().cloned().map(PendingLeaf::Notice).collect();
    let batch = [1, 2]
        .map(|n| statement(Some(content()), n))
        .into_iter()
        .chain([ours])
        .chain([4, 5].map(|n| statement(Some(content()), n)));
    let blocks = [notices, batch.map(&mut deposit).collect(), vec![deposit(statement(Some(content()), 6))]];
    for (waiting, second) in blocks.into_iter().zip(1..) {
        let block = chain::next(&tip, waiting, at(second)).unwrap();
        leaves.extend(block.leaves.iter().map(|leaf| leaf.bytes.clone()).chain([block.header_bytes.clone()]));
        headers.push(block.header.clone());
        tip = block.tip;
    }
    let hashes: Vec<Digest> = leaves.iter().map(|bytes| leaf_hash(bytes)).collect();
    let (header, position) = (&headers[1], 2);
    let first_leaf = usize::try_from(header.first.0).unwrap();
    let path = |index: usize| inclusion_in(&hashes, index).unwrap();
    let notice = |index: usize| KeyNotice {
        index: LeafIndex(index as u64),
        text: String::from_utf8(leaves[index].clone()).unwrap(),
        path: path(index),
    };
    let checkpoint = Checkpoint { origin: origin(), size: TreeSize(hashes.len() as u64), root: root_of(&hashes) };
    Receipt {
        entry: String::from_utf8(leaves[first_leaf + position].clone()).unwrap(),
        index: LeafIndex((first_leaf + position) as u64),
        header: header.to_string(),
        entry_path: inclusion_in(&hashes[first_leaf..first_leaf + 5], position).unwrap(),
        header_path: path(first_leaf + 5),
        previous_path: path(first_leaf - 1),
        key_notices: if first.len() > 1 { (0..first.len()).map(notice).collect() } else { vec![] },
        checkpoint: checkpoint.sign(signer).unwrap().note().to_string(),
        time_tokens: vec![],
    }
}

fn receipt() -> Receipt {
    receipt_of(&[genesis(Mode::Live)], statement(Some(content()), 3), false, &ledger_key(1))
}

fn pinned(seed: u8) -> Trust {
    Trust::new(vec![ledger_key(seed).verifier().clone()])
}

fn ask(receipt: &Receipt, presented: PresentedEvidence) -> Report {
    verify(&Question { presented, ..Question::about(receipt, &pinned(1)) })
}

/// The same, with a record from a node instead of a file.
fn ask_node(receipt: &Receipt, presented: PresentedEvidence) -> Report {
    let (history, source) = (History::empty(), RecordSource::Node);
    verify(&Question { presented, source, history: Some(&history), ..Question::about(receipt, &pinned(1)) })
}

#[test]
fn an_untouched_file_agrees_with_the_reservations_named() {
    let report = ask(&receipt(), file(FILE));
    assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation);
    assert_eq!(
        report.reservations,
        [Reservation::SingleOperator, Reservation::NoIndependentTime, Reservation::LaterHistoryNotChecked]
    );
    let asked = ask_node(&receipt(), file(FILE));
    assert_eq!(asked.reservations, [Reservation::SingleOperator, Reservation::NoIndependentTime]);
    assert_eq!(report.steps.len(), 17);
    assert!(report.steps.is_sorted_by_key(|result| result.step));
    let facts = report.facts.unwrap();
    assert_eq!(facts.tx_id, leaf_hash(receipt().entry.as_bytes()));
    assert_eq!(facts.data_hash[0], (HashAlgorithm::Sm3, measure(FILE).sm3));
}

#[test]
fn a_changed_file_is_a_mismatch_whatever_changed() {
    for changed in [&b"a contracT"[..], b"a contract ", b"", b"another file"] {
        let report = ask(&receipt(), file(changed));
        assert_eq!(report.conclusion, Conclusion::Mismatch, "{changed:?}");
        assert_eq!(report.outcome(Step::OriginalDigest), Some(Outcome::Failed));
    }
}

#[test]
fn a_record_that_contradicts_itself_is_contradictory() {
    let mixed = Content { sm3: Some(Digest([5; 32])), ..content() };
    let receipt = receipt_of(&[genesis(Mode::Live)], statement(Some(mixed), 3), false, &ledger_key(1));
    assert_eq!(ask(&receipt, file(FILE)).conclusion, Conclusion::Contradictory);
}

#[test]
fn a_look_up_and_a_bare_digest_verify_nothing() {
    assert_eq!(ask(&receipt(), PresentedEvidence::Nothing).conclusion, Conclusion::RecordOnly);
    let digest = |value| PresentedEvidence::Digest { algorithm: HashAlgorithm::Sm3, value };
    let equal = ask(&receipt(), digest(measure(FILE).sm3));
    assert_eq!(equal.conclusion, Conclusion::RecordOnly);
    assert_eq!(equal.outcome(Step::OriginalDigest), Some(Outcome::NotPerformed(SkipReason::DigestOnly)));
    assert_eq!(ask(&receipt(), digest(Digest([1; 32]))).conclusion, Conclusion::Mismatch);
}

#[test]
fn a_salted_record_wants_its_salt() {
    let salted = Content { form: Form::Salted, ..content() };
    let receipt = receipt_of(&[genesis(Mode::Live)], statement(Some(salted), 3), false, &ledger_key(1));
    let report = ask(&receipt, file(FILE));
    assert_eq!((report.conclusion, report.obstacle), (Conclusion::Unable, Some(Obstacle::NoSalt)));
    let with_salt = PresentedEvidence::File { measured: measure(FILE), salted: true };
    assert_eq!(ask(&receipt, with_salt).conclusion, Conclusion::ConsistentWithReservation);
}

#[test]
fn a_bare_manifest_holds_no_single_file() {
    let receipt = receipt_of(&[genesis(Mode::Live)], statement(None, 3), false, &ledger_key(1));
    assert_eq!(ask(&receipt, file(FILE)).obstacle, Some(Obstacle::ManifestOnly));
    assert_eq!(ask(&receipt, PresentedEvidence::Nothing).conclusion, Conclusion::RecordOnly);
}

#[test]
fn without_the_right_key_nothing_is_concluded() {
    let receipt = receipt();
    let with = |trust: &Trust| verify(&Question { presented: file(FILE), ..Question::about(&receipt, trust) });
    for trust in [Trust::default(), pinned(2)] {
        let report = with(&trust);
        assert_eq!((report.conclusion, report.obstacle), (Conclusion::Unable, Some(Obstacle::UnknownKey)));
    }
}

#[test]
fn a_receipt_of_another_number_is_no_answer() {
    let receipt = receipt();
    let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").ok();
    let trust = pinned(1);
    let report = verify(&Question { number, presented: file(FILE), ..Question::about(&receipt, &trust) });
    assert_eq!((report.conclusion, report.obstacle), (Conclusion::Unable, Some(Obstacle::OtherNumber)));
}

#[test]
fn later_withdrawals_and_test_ledgers_are_reserved() {
    let receipt = receipt_of(&[genesis(Mode::Test)], statement(Some(content()), 3), true, &ledger_key(1));
    let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
    let link = |kind| LaterLink { kind, number, status: ClaimStatus::Verified, standing: Some(LinkStanding::InForce) };
    let owner_links = Listed::complete(vec![link(LinkKind::Withdraws), link(LinkKind::Replaces)]);
    let history = History { owner_links, ..History::empty() };
    let trust = pinned(1);
    let question = Question { presented: file(FILE), history: Some(&history), ..Question::about(&receipt, &trust) };
    let report = verify(&question);
    for reservation in [Reservation::Withdrawn, Reservation::Superseded, Reservation::TestLedger] {
        assert!(report.reservations.contains(&reservation), "{reservation:?}");
    }
    assert_eq!(report.outcome(Step::LaterLinks), Some(Outcome::Checked));
}

#[test]
fn a_changed_byte_anywhere_in_the_receipts_texts_is_never_consistent() {
    let good = receipt();
    for part in 0..3 {
        let text = [&good.entry, &good.header, &good.checkpoint][part].clone();
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            let Ok(changed) = String::from_utf8(bytes) else { continue };
            let mut receipt = good.clone();
            *[&mut receipt.entry, &mut receipt.header, &mut receipt.checkpoint][part] = changed;
            let report = ask(&receipt, file(FILE));
            let refused = matches!(report.conclusion, Conclusion::ChainFault | Conclusion::Unable);
            assert!(refused, "part {part}, byte {at}: {:?}", report.conclusion);
        }
    }
}

#[test]
fn a_changed_place_or_path_is_a_chain_fault() {
    let good = receipt();
    let mut mutants = Vec::new();
    for index in [0, good.index.0 - 1, good.index.0 + 1, u64::MAX] {
        mutants.push(Receipt { index: LeafIndex(index), ..good.clone() });
    }
    let shorter = |path: &InclusionProof| InclusionProof::from_hashes(path.hashes()[1..].to_vec()).unwrap();
    let flipped = |path: &InclusionProof| {
        let mut hashes = path.hashes().to_vec();
        hashes[0].0[0] ^= 1;
        InclusionProof::from_hashes(hashes).unwrap()
    };
    for change in [&shorter as &dyn Fn(&InclusionProof) -> InclusionProof, &flipped] {
        mutants.push(Receipt { entry_path: change(&good.entry_path), ..good.clone() });
        mutants.push(Receipt { header_path: change(&good.header_path), ..good.clone() });
        mutants.push(Receipt { previous_path: change(&good.previous_path), ..good.clone() });
    }
    for mutant in mutants {
        let answer = ask_node(&mutant, file(FILE));
        assert_eq!(answer.conclusion, Conclusion::ChainFault, "{mutant:?}");
        // A single server may have altered its response: that is no fault of the ledger.
        let text = wording::conclusion(&answer, Language::English);
        assert!(
            text.contains("The answer of the node does not verify") && !text.contains("chain's own data"),
            "{text}"
        );
        // A receipt file is no evidence against the ledger: its holder may have changed it.
        let paper = ask(&mutant, file(FILE));
        assert_eq!((paper.conclusion, paper.obstacle), (Conclusion::Unable, Some(Obstacle::BrokenReceipt)));
    }
}

#[test]
fn key_notices_lead_from_the_pinned_key_to_the_one_in_force() {
    let ours = || statement(Some(content()), 3);
    let rotated = receipt_of(&[genesis(Mode::Live), rotation(2)], ours(), false, &ledger_key(2));
    assert_eq!(ask(&rotated, file(FILE)).conclusion, Conclusion::ConsistentWithReservation);
    let silent = Receipt { key_notices: vec![], ..rotated.clone() };
    assert_eq!(ask(&silent, file(FILE)).obstacle, Some(Obstacle::UnknownKey));
    let usurped = receipt_of(&[genesis(Mode::Live), rotation(3)], ours(), false, &ledger_key(3));
    assert_eq!(ask_node(&usurped, file(FILE)).conclusion, Conclusion::ChainFault, "key 3 was never committed to");
    let elsewhere = Receipt { key_notices: vec![rotated.key_notices[0].clone()], ..rotated };
    assert_eq!(ask_node(&elsewhere, file(FILE)).conclusion, Conclusion::ChainFault);
}

#[test]
fn a_replaced_key_alone_is_rejected_once_its_notice_is_known() {
    let ours = || statement(Some(content()), 3);
    let notices = [genesis(Mode::Live), rotation(2)];
    let with = |signer: u8| receipt_of(&notices, ours(), false, &ledger_key(signer));
    let by = |receipt: &Receipt, trust: &Trust| {
        verify(&Question { presented: file(FILE), ..Question::about(receipt, trust) })
    };
    let stolen = by(&with(1), &pinned(1));
    assert_eq!((stolen.conclusion, stolen.obstacle.clone()), (Conclusion::Unable, Some(Obstacle::BrokenReceipt)));
    assert_eq!(stolen.outcome(Step::Signatures), Some(Outcome::Failed));
    assert_eq!(stolen.value(Step::Signatures, "retired_key"), Some(ledger_key(1).verifier().to_string().as_str()));
    assert_eq!(stolen.value(Step::Signatures, "key_replaced_at"), Some("1"));
    assert_eq!(ask_node(&with(1), file(FILE)).conclusion, Conclusion::ChainFault);
    // A verifier with only the old key and no notice cannot detect the rotation; a verifier with the stored history
    // can.
    let silent = Receipt { key_notices: vec![], ..with(1) };
    assert_eq!(by(&silent, &pinned(1)).outcome(Step::Signatures), Some(Outcome::Passed));
    let texts: Vec<_> = notices.iter().map(ToString::to_string).collect();
    let history = KeyHistory::of_notices((0..).map(LeafIndex).zip(texts.iter().map(String::as_str))).unwrap();
    for trust in [pinned(1).with_history(history.clone()), pinned(2).with_history(history.clone())] {
        assert_eq!(by(&silent, &trust).outcome(Step::Signatures), Some(Outcome::Failed));
        let old = by(&receipt_of(&[genesis(Mode::Live)], ours(), false, &ledger_key(1)), &trust);
        assert_eq!(old.outcome(Step::Signatures), Some(Outcome::Failed), "that tree is larger than the rotation, too");
    }
    // The new key verifies with either pin, and the report states from which leaf on it is valid.
    for trust in [pinned(1), pinned(2), Trust::default().with_history(history.clone())] {
        let report = by(&with(2), &trust);
        assert_eq!(report.conclusion, Conclusion::ConsistentWithReservation);
        assert_eq!(report.value(Step::Signatures, "key"), Some(ledger_key(2).verifier().to_string().as_str()));
        assert_eq!(report.value(Step::Signatures, "key_since"), Some("1"));
    }
    // A thief's own successor contradicts the stored history.
    let kind = NoticeKind::Genesis {
        mode: Mode::Live,
        key: ledger_key(1).verifier().clone(),
        next: ledger_key(3).verifier().commitment(),
    };
    let own = Notice { kind, ..genesis(Mode::Live).notice().clone() }.sign(&[&ledger_key(1)]).unwrap();
    let thief = receipt_of(&[own, rotation(3)], ours(), false, &ledger_key(3));
    assert_eq!(by(&thief, &pinned(1)).outcome(Step::Signatures), Some(Outcome::Passed), "only witnesses help here");
    let report = by(&thief, &pinned(1).with_history(history));
    assert_eq!(report.value(Step::Signatures, "key_fault"), Some("other_key_history"));
    let report = by(&thief, &Trust::new(vec![ledger_key(1).verifier().clone(), ledger_key(2).verifier().clone()]));
    assert_eq!(report.outcome(Step::Signatures), Some(Outcome::NotPerformed(SkipReason::UnknownKey)));
}
