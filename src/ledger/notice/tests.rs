//! Tests of notices: their grammar, and the keys that must have signed them.

use super::*;

fn signer(seed: u8) -> Signer {
    Signer::new(Name::parse("example.org/ledger").unwrap(), &[seed; 32]).unwrap()
}

fn notice(kind: NoticeKind) -> Notice {
    Notice {
        ledger: Name::parse("example.org/ledger").unwrap(),
        received: Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap(),
        kind,
    }
}

fn keys(own: u8, next: u8) -> (VerifierKey, Digest) {
    (signer(own).verifier().clone(), signer(next).verifier().commitment())
}

fn genesis() -> Notice {
    let (key, next) = keys(1, 2);
    notice(NoticeKind::Genesis { mode: Mode::Live, key, next })
}

fn rotation(own: u8) -> Notice {
    let (key, next) = keys(own, 3);
    notice(NoticeKind::Key { key, next })
}

fn erased(pieces: &[(u64, Piece)]) -> Notice {
    let pieces = pieces.iter().map(|&(index, piece)| ErasedPiece { index: LeafIndex(index), piece });
    notice(NoticeKind::Erased { pieces: pieces.collect() })
}

fn three() -> Notice {
    let annex = |byte| Piece::Annex(Digest([byte; 32]));
    erased(&[(5, Piece::Metadata), (5, annex(0)), (5, annex(1)), (12, Piece::Metadata)])
}

#[test]
fn notices_read_back_byte_for_byte() {
    for notice in [
        genesis().sign(&[&signer(1)]).unwrap(),
        rotation(2).sign(&[&signer(2), &signer(1)]).unwrap(),
        three().sign(&[&signer(1)]).unwrap(),
    ] {
        assert_eq!(SignedNotice::parse(notice.to_string().as_bytes()).unwrap(), notice);
    }
    assert!(genesis().sign(&[&signer(1)]).unwrap().signed_by_its_key());
    assert!(!genesis().sign(&[&signer(2)]).unwrap().signed_by_its_key());
}

#[test]
fn only_the_committed_key_succeeds() {
    let both = rotation(2).sign(&[&signer(2), &signer(1)]).unwrap();
    assert!(both.succeeds(&genesis()));
    assert!(rotation(2).sign(&[&signer(2)]).unwrap().succeeds(&genesis()), "the old key may be lost");
    assert!(!rotation(2).sign(&[&signer(1)]).unwrap().succeeds(&genesis()), "the new key must sign");
    assert!(!rotation(3).sign(&[&signer(3), &signer(1)]).unwrap().succeeds(&genesis()));
    assert!(!genesis().sign(&[&signer(1)]).unwrap().succeeds(&genesis()));
    let forged = SignedNotice::parse(both.to_string().replace("11.123Z", "12.123Z").as_bytes()).unwrap();
    assert!(!forged.succeeds(&genesis()));
    assert!(!both.succeeds(&three()), "an erasure brings in no key");
}

#[test]
fn an_erasure_is_believed_by_the_key_in_force_alone() {
    let signed = three().sign(&[&signer(1)]).unwrap();
    assert!(signed.signed_by(signer(1).verifier()) && !signed.signed_by(signer(2).verifier()));
    assert!(!signed.signed_by_its_key() && !signed.succeeds(&genesis()));
    let other = SignedNotice::parse(signed.to_string().replace("content 12 ", "content 13 ").as_bytes()).unwrap();
    assert!(!other.signed_by(signer(1).verifier()));
}

#[test]
fn erased_pieces_are_sorted_and_bounded_and_stand_once() {
    let text = three().sign(&[&signer(1)]).unwrap().to_string();
    let code = |from: &str, to: &str| {
        assert!(text.contains(from));
        SignedNotice::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().code().as_str()
    };
    assert_eq!(code("content 12 ", "content 4 "), "not_sorted");
    assert_eq!(code("content 12 metadata", "content 5 metadata"), "not_sorted");
    assert_eq!(code("content 12 metadata\n", "content 12 metadata\ncontent 12 metadata\n"), "not_sorted");
    assert_eq!(code("content 12 ", "content 012 "), "bad_value");
    assert_eq!(code("content 12 metadata", "content 12 Metadata"), "bad_value");
    assert_eq!(code("content 12 metadata", "content 12"), "bad_value");
    assert_eq!(code("kind erased\n", "kind erased\nmode live\n"), "missing_line");
    let none = erased(&[]).sign(&[&signer(1)]).unwrap().to_string();
    assert_eq!(SignedNotice::parse(none.as_bytes()).unwrap_err().code().as_str(), "missing_line");
    let many = |count: u64| {
        let pieces: Vec<_> = (0..count).map(|index| (index, Piece::Metadata)).collect();
        SignedNotice::parse(erased(&pieces).sign(&[&signer(1)]).unwrap().to_string().as_bytes())
    };
    assert!(many(256).is_ok());
    assert_eq!(many(257).unwrap_err().code().as_str(), "too_many_lines");
}

#[test]
fn each_violation_has_its_code() {
    let text = genesis().sign(&[&signer(1)]).unwrap().to_string();
    let code =
        |from: &str, to: &str| SignedNotice::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().code().as_str();
    assert_eq!(code("notice v1", "notice v2"), "unknown_version");
    assert_eq!(code("kind genesis", "kind freeze"), "bad_value");
    assert_eq!(code("mode live", "mode real"), "bad_value");
    assert_eq!(code("mode live\n", ""), "missing_line");
    assert_eq!(code("ledger example.org/ledger", "ledger example.org/other"), "bad_value");
    assert_eq!(code("next ", "next A"), "wrong_length");
}

proptest::proptest! {
    #[test]
    fn what_is_read_is_printed_back(at: proptest::sample::Index, byte: u8, erases: bool) {
        let notice = if erases { three() } else { genesis() };
        let mut bytes = notice.sign(&[&signer(1)]).unwrap().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(notice) = SignedNotice::parse(&bytes) {
            proptest::prop_assert_eq!(notice.to_string().into_bytes(), bytes);
            let _ = notice.signed_by_its_key();
        }
    }
}
