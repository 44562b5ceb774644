//! Tests of the record codec: every record is restored byte for byte, and canonical lines get their short form.

use super::*;

const STATEMENT: &str = "tiezheng statement v1\nledger court.example/ledger\n";

fn packed(record: &[u8]) -> Vec<u8> {
    let mut row = b"what was there".to_vec();
    pack(record, &mut row);
    row
}

fn unpacked(row: &[u8]) -> Vec<u8> {
    let mut record = b"what was there".to_vec();
    unpack(row, &mut record);
    record
}

/// A deposit with two keys, and every kind of line.
fn deposit() -> String {
    let key = |n: u8| format!("k-{}+{}+{}", hex::encode([n; 8]), hex::encode([n; 4]), BASE64_STANDARD.encode([n; 33]));
    let signature = |n: u8, id: u8| {
        let signed: Vec<u8> = [id; 4].into_iter().chain([n; 64]).collect();
        format!("— k-{} {}\n", hex::encode([n; 8]), BASE64_STANDARD.encode(signed))
    };
    let digest = |n: u8| hex::encode([n; 32]);
    let head = "tiezheng entry v1\nnumber 20261122-0K7M-X9QT-3D5W-C3\nreceived 2026-11-22T01:04:11.123Z\n\n";
    let content = format!("sha-256 {}\nsm3 {}\nsize 12345\nmanifest {} 1000\n", digest(1), digest(0xff), digest(10));
    let about = format!("type application/pdf\nmeta {}\nsubject {} 7\n", digest(4), digest(b'\n'));
    let links = "link corrects 20261122-0K7M-X9QT-3D5W-C3\nlink refers T20261122-0K7M-X9QT-3D5W-MP\n";
    let rest = format!("on-behalf {}\nnonce {}\nkey {}\nkey {}\n\n", digest(6), hex::encode([8; 16]), key(1), key(2));
    // The second key signs first, and the last signature names an id that no key has.
    let signatures = [signature(2, 2), signature(1, 1), signature(1, 9)].concat();
    [head, STATEMENT, &content, &about, links, &rest, &signatures].concat()
}

#[test]
fn digits_are_kept_as_the_bytes_that_they_spell() {
    let text = deposit();
    let row = packed(text.as_bytes());
    assert_eq!(unpacked(&row), text.as_bytes());
    let nonce: Vec<u8> = [FIRST_CODE + 20].into_iter().chain([8; 16]).collect();
    assert!(row.windows(17).any(|window| window == nonce));
    assert!(!row.windows(8).any(|window| window == b"08080808"), "no digits are left");
    let first = [FIRST_CODE + 22, 1].into_iter().chain([2; 64]).collect::<Vec<_>>();
    assert!(row.windows(66).any(|window| window == first), "the second key's signature");
    // The binary sizes that `LINES` gives, with 224 bytes for seven digests.
    let binary = 2 * 12 + 12 + 6 + 7 * 32 + 16 + 2 * 45 + 2 * 65;
    assert!(row.len() < binary + 240, "{} of {}", row.len(), text.len());
}

#[test]
fn a_line_that_is_spelled_otherwise_is_kept_as_it_is() {
    let digest = "ab".repeat(32);
    for line in [
        format!("sha-256 {}\n", digest.to_uppercase()),
        format!("sha-256 {digest}0\n"),
        format!("sha-256 {digest}\r\n"),
        format!("sha-256 {digest}"),
        "sha-256 \n".into(),
        format!("manifest {digest}\n"),
        format!("manifest {digest}\t1\n"),
        format!("nonce {digest}\n"),
        "number 20261122-0K7M-X9QT-3D5W-C4\n".into(),
        "number 202611220K7MX9QT3D5WC3\n".into(),
        "received 2026-11-22T01:04:11.123z\n".into(),
        "received 2026-02-30T01:04:11.123Z\n".into(),
        "key k-ab+cd+ef\n".into(),
        "— k-0101010101010101 AQEBAQ==\n".into(),
        "size 5".into(),
        "\n".into(),
        String::new(),
    ] {
        assert_eq!(packed(line.as_bytes()), [&[PACKED], line.as_bytes()].concat(), "{line}");
        assert_eq!(unpacked(&packed(line.as_bytes())), line.as_bytes(), "{line}");
    }
}

#[test]
fn base64_in_a_second_spelling_is_kept_as_it_is() {
    let text = deposit();
    // The last character before `=` has two bits that no byte uses.
    let other = text.replacen("I=\n", "J=\n", 1);
    assert_ne!(other, text);
    assert_eq!(unpacked(&packed(other.as_bytes())), other.as_bytes());
}

#[test]
fn a_line_that_begins_like_a_short_form_is_never_taken_for_one() {
    for record in [&b"\x80abc\n"[..], b"size 5\n\xbf", &[PACKED], &[PLAIN], b"\x01\x80\n", b"\xff\xfe"] {
        assert_eq!(unpacked(&packed(record)), record);
    }
    assert_eq!(packed(b"size 5\n\x84"), b"\x00size 5\n\x84");
}

#[test]
fn bytes_that_are_no_row_come_back_as_they_are() {
    let row = packed(deposit().as_bytes());
    let cut = row.len() - 300;
    for bytes in [
        &b""[..],
        b"x",
        &[2],
        &[PACKED, FIRST_CODE + 27],
        &[PACKED, FIRST_CODE + 5, 1, 2],
        // No time, a signature of no key.
        &[[PACKED, FIRST_CODE + 2].as_slice(), &[0xff; 6]].concat(),
        &[[PACKED, FIRST_CODE + 22].as_slice(), &[0; 65]].concat(),
        &row[..cut],
    ] {
        assert_eq!(unpacked(bytes), bytes);
    }
}

proptest::proptest! {
    #[test]
    fn every_record_comes_back(record: Vec<u8>) {
        proptest::prop_assert_eq!(unpacked(&packed(&record)), record);
    }

    #[test]
    fn a_changed_record_comes_back(at: proptest::sample::Index, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..3), cut in 0..40_usize) {
        let mut record = deposit().into_bytes();
        let at = at.index(record.len());
        record.splice(at..(at + cut).min(deposit().len()), bytes);
        proptest::prop_assert_eq!(unpacked(&packed(&record)), record);
    }

    #[test]
    fn no_row_panics(row: Vec<u8>) {
        unpacked(&row);
        unpacked(&[&[PACKED], row.as_slice()].concat());
    }
}
