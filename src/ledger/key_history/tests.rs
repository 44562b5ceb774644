//! Tests of key histories: accepted notices, the valid key at each height, and the keys that each verifier trusts.

use super::*;
use crate::ledger::key::Signer;
use crate::ledger::merkle::list::{inclusion_in, root_of};
use crate::ledger::merkle::proof::InclusionProof;
use crate::ledger::notice::Notice;

fn origin() -> Name {
    Name::parse("example.org/ledger").unwrap()
}

fn key(seed: u8) -> Signer {
    Signer::new(origin(), &[seed; 32]).unwrap()
}

fn vkey(seed: u8) -> VerifierKey {
    key(seed).verifier().clone()
}

fn notice(kind: NoticeKind) -> Notice {
    Notice { ledger: origin(), received: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(), kind }
}

fn genesis(own: u8, next: u8) -> SignedNotice {
    let kind = NoticeKind::Genesis { mode: Mode::Live, key: vkey(own), next: vkey(next).commitment() };
    notice(kind).sign(&[&key(own)]).unwrap()
}

fn rotation(own: u8, next: u8, signers: &[u8]) -> SignedNotice {
    let kind = NoticeKind::Key { key: vkey(own), next: vkey(next).commitment() };
    let signers: Vec<_> = signers.iter().map(|seed| key(*seed)).collect();
    notice(kind).sign(&signers.iter().collect::<Vec<_>>()).unwrap()
}

fn history(notices: &[(u64, SignedNotice)]) -> Result<KeyHistory, KeyHistoryError> {
    let texts: Vec<_> = notices.iter().map(|(index, notice)| (LeafIndex(*index), notice.to_string())).collect();
    KeyHistory::of_notices(texts.iter().map(|(index, text)| (*index, text.as_str())))
}

/// Keys 1, 2 and 3, introduced at the leaves 0, 10 and 20.
fn three() -> KeyHistory {
    history(&[(0, genesis(1, 2)), (10, rotation(2, 3, &[2, 1])), (20, rotation(3, 4, &[3]))]).unwrap()
}

fn checkpoint(size: u64, signers: &[u8]) -> SignedCheckpoint {
    let checkpoint = Checkpoint { origin: origin(), size: TreeSize(size), root: Digest([7; 32]) };
    let mut text = checkpoint.clone().sign(&key(signers[0])).unwrap().note().to_string();
    for seed in &signers[1..] {
        let other = checkpoint.clone().sign(&key(*seed)).unwrap();
        text.push_str(&other.note().signatures()[0].to_string());
        text.push('\n');
    }
    SignedCheckpoint::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_history_follows_the_commitments_and_names_the_key_of_each_height() {
    let keys = three();
    assert_eq!(keys.periods().map(|period| period.key.clone()).collect::<Vec<_>>(), [vkey(1), vkey(2), vkey(3)]);
    assert_eq!(keys.periods().map(|period| period.signed_by_previous).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((keys.key_count(), keys.has_rotated(), keys.mode(), keys.origin()), (3, true, Mode::Live, &origin()));
    assert_eq!((&keys.current().key, &keys.previous().unwrap().key), (&vkey(3), &vkey(2)));
    for (index, seed) in [(0, 1), (9, 1), (10, 2), (19, 2), (20, 3), (99, 3)] {
        assert_eq!(keys.key_at(LeafIndex(index)).key, vkey(seed), "leaf {index}");
    }
    // A tree of 10 leaves ends with leaf 9.
    for (size, current, previous) in [(2, 1, None), (10, 1, None), (11, 2, Some(1)), (20, 2, Some(1)), (21, 3, Some(2))]
    {
        let accepted = keys.keys_accepted_at(TreeSize(size));
        assert_eq!(accepted.current.key, vkey(current), "size {size}");
        assert_eq!(accepted.previous.map(|period| period.key.clone()), previous.map(vkey), "size {size}");
    }
}

#[test]
fn notices_that_do_not_follow_are_rejected() {
    let first = || (0, genesis(1, 2));
    let of = |second| history(&[first(), second]).unwrap_err();
    assert_eq!(history(&[]).unwrap_err(), KeyHistoryError::Empty);
    assert!(matches!(history(&[(1, genesis(1, 2))]), Err(KeyHistoryError::NoGenesis { index: LeafIndex(1) })));
    assert!(matches!(history(&[(0, rotation(2, 3, &[2]))]), Err(KeyHistoryError::NoGenesis { .. })));
    assert!(matches!(of((10, genesis(1, 2))), KeyHistoryError::NoKey { .. }));
    assert!(matches!(of((0, rotation(2, 3, &[2, 1]))), KeyHistoryError::OutOfOrder { .. }));
    assert!(matches!(of((10, rotation(3, 4, &[3, 1]))), KeyHistoryError::NotTheSuccessor { .. }));
    assert!(matches!(of((10, rotation(2, 3, &[1]))), KeyHistoryError::Signature { .. }), "the new key must sign");
    assert!(history(&[first(), (10, rotation(2, 3, &[2]))]).is_ok(), "the old key may be lost");
    let reused = [first(), (10, rotation(2, 1, &[2, 1])), (20, rotation(1, 4, &[1, 2]))];
    assert!(matches!(history(&reused), Err(KeyHistoryError::ReusedKey { index: LeafIndex(20) })));
    // The old key's line may be missing, but a line in its name that does not verify is a forgery.
    let (good, other) = (rotation(2, 3, &[2, 1]), rotation(2, 4, &[1]));
    let own = good.note().signatures()[0].to_string();
    let forged = format!("{}\n{own}\n{}\n", good.note().text(), other.note().signatures()[0]);
    let forged = SignedNotice::parse(forged.as_bytes()).unwrap();
    assert!(matches!(of((10, forged)), KeyHistoryError::Signature { source: NoteError::BadSignature { .. }, .. }));
    let name = Name::parse("example.org/other").unwrap();
    let other = Signer::new(name.clone(), &[2; 32]).unwrap();
    let kind = NoticeKind::Key { key: other.verifier().clone(), next: Digest::ZERO };
    let foreign = Notice { ledger: name, ..notice(kind) }.sign(&[&other]).unwrap();
    assert!(matches!(of((10, foreign)), KeyHistoryError::OtherLedger { .. }));
    let malformed = KeyHistory::of_notices([(LeafIndex(0), "tiezheng notice v1\n")]);
    assert!(matches!(malformed, Err(KeyHistoryError::Malformed { .. })));
}

#[test]
fn the_key_of_the_height_must_sign_and_the_one_before_may() {
    let keys = three();
    for (size, signers, current, previous) in
        [(10, &[1][..], 1, None), (11, &[2], 2, None), (11, &[2, 1], 2, Some(1)), (21, &[2, 3], 3, Some(2))]
    {
        let signed = checkpoint(size, signers);
        let signers = keys.verify(&signed).unwrap();
        assert_eq!(signers.current.key, vkey(current));
        assert_eq!(signers.previous.map(|period| period.key.clone()), previous.map(vkey));
        assert_eq!(signers.replaced_at, [None, Some(LeafIndex(10)), Some(LeafIndex(20)), None][usize::from(current)]);
    }
    for (size, signer, replaced_at) in [(11, 1, 10), (21, 2, 20), (21, 1, 10)] {
        let error = keys.verify(&checkpoint(size, &[signer])).unwrap_err();
        assert_eq!(
            error,
            KeyHistoryError::RetiredKey { key: Box::new(vkey(signer)), replaced_at: LeafIndex(replaced_at) }
        );
    }
    for (size, signer) in [(10, 2), (11, 3), (21, 9)] {
        let error = keys.verify(&checkpoint(size, &[signer])).unwrap_err();
        assert!(matches!(error, KeyHistoryError::NotSigned { source: NoteError::UnknownKey, .. }), "{error}");
    }
    // A forged line of the old key rejects the note, as a forged line of the new key does.
    let forged = checkpoint(11, &[2, 1]).note().to_string().replace("\n11\n", "\n12\n");
    let mixed = format!("{}{}\n", checkpoint(11, &[2]).note(), checkpoint(12, &[1]).note().signatures()[0]);
    for text in [forged, mixed] {
        let error = keys.verify(&SignedCheckpoint::parse(text.as_bytes()).unwrap()).unwrap_err();
        assert!(matches!(error, KeyHistoryError::NotSigned { source: NoteError::BadSignature { .. }, .. }), "{error}");
    }
}

#[test]
fn trust_goes_forward_from_a_pinned_key_only() {
    let keys = three();
    let of_old = keys.extends_pinned(&[vkey(1)]).unwrap();
    assert_eq!(of_old.current().key, vkey(3));
    for (size, signer) in [(10, 1), (20, 2), (21, 3)] {
        assert!(of_old.verify(&checkpoint(size, &[signer])).is_ok());
    }
    assert!(matches!(of_old.verify(&checkpoint(21, &[1])), Err(KeyHistoryError::RetiredKey { .. })));
    let of_new = keys.extends_pinned(&[vkey(2)]).unwrap();
    assert_eq!(
        of_new.verify(&checkpoint(10, &[1])).unwrap_err(),
        KeyHistoryError::NotPinned { key: Box::new(vkey(1)) }
    );
    assert!(of_new.verify(&checkpoint(11, &[2, 1])).is_ok() && of_new.verify(&checkpoint(21, &[3])).is_ok());
    assert!(keys.extends_pinned(&[]).is_none() && keys.extends_pinned(&[vkey(9)]).is_none());
    assert!(keys.trusted().verify(&checkpoint(10, &[1])).is_ok());
}

#[test]
fn a_history_past_a_newer_pinned_key_is_not_believed() {
    // The thief of key 1 writes a history with a successor of their own.
    let forged = history(&[(0, genesis(1, 5)), (10, rotation(5, 6, &[5, 1]))]).unwrap();
    assert!(forged.extends_pinned(&[vkey(1)]).unwrap().verify(&checkpoint(11, &[5])).is_ok(), "who pins only key 1");
    for pinned in [vec![vkey(2)], vec![vkey(1), vkey(2)]] {
        let trusted = forged.extends_pinned(&pinned);
        let accepted = trusted.is_some_and(|trusted| trusted.verify(&checkpoint(11, &[5])).is_ok());
        assert!(!accepted, "{pinned:?}");
    }
    assert!(!forged.agrees_with(&three()) && !three().agrees_with(&forged));
    // The beginning of the true history is trusted up to the last pinned key.
    let beginning = history(&[(0, genesis(1, 2)), (10, rotation(2, 3, &[2, 1]))]).unwrap();
    let pinned = [vkey(1), vkey(2), vkey(3)];
    assert!(beginning.extends_pinned(&pinned).unwrap().verify(&checkpoint(11, &[2])).is_ok());
    assert!(beginning.agrees_with(&three()) && three().agrees_with(&beginning));
    // Keys of other ledgers do not matter.
    let other = Signer::new(Name::parse("example.org/other").unwrap(), &[2; 32]).unwrap().verifier().clone();
    assert!(three().extends_pinned(&[vkey(1), other]).unwrap().verify(&checkpoint(21, &[3])).is_ok());
}

#[test]
fn the_pin_follows_to_the_last_key() {
    let keys = three();
    assert_eq!(follow(&[vkey(1)], &keys), Some(&vkey(3)));
    assert_eq!(follow(&[vkey(2)], &keys), Some(&vkey(3)));
    for pinned in [vec![vkey(3)], vec![vkey(1), vkey(3)], vec![vkey(9)], vec![]] {
        assert_eq!(follow(&pinned, &keys), None, "{pinned:?}");
    }
}

#[test]
fn notices_count_only_at_their_place_in_the_tree() {
    let leaves = [genesis(1, 2).to_string(), "a header".into(), rotation(2, 3, &[2, 1]).to_string(), "another".into()];
    let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
    let tree = Checkpoint { origin: origin(), size: TreeSize(4), root: root_of(&hashes) };
    let at = |index: usize| KeyNotice {
        index: LeafIndex(index as u64),
        text: leaves[index].clone(),
        path: inclusion_in(&hashes, index).unwrap(),
    };
    let notices = vec![at(0), at(2)];
    assert_eq!(KeyHistory::proven(&notices, &tree).unwrap().current().index, LeafIndex(2));
    let moved = KeyNotice { index: LeafIndex(3), ..at(2) };
    let bare = KeyNotice { path: InclusionProof::from_hashes(vec![]).unwrap(), ..at(2) };
    for wrong in [moved, bare] {
        let error = KeyHistory::proven(&[at(0), wrong], &tree).unwrap_err();
        assert!(matches!(error, KeyHistoryError::NotInTree { .. }), "{error}");
    }
    let other = Checkpoint { origin: Name::parse("example.org/other").unwrap(), ..tree };
    assert!(matches!(KeyHistory::proven(&notices, &other), Err(KeyHistoryError::OtherLedger { .. })));
}
