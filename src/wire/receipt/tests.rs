//! Receipts: only printed documents are parsed.

use proptest::prelude::*;

use super::*;

fn path(hashes: &[u8]) -> InclusionProof {
    InclusionProof::from_hashes(hashes.iter().map(|byte| Digest([*byte; 32])).collect()).unwrap()
}

fn receipt() -> Receipt {
    Receipt {
        entry: "tiezheng entry v1\n…\n".into(),
        index: LeafIndex(7),
        header: "tiezheng block v1\n".into(),
        entry_path: path(&[]),
        header_path: path(&[1, 2]),
        previous_path: path(&[3]),
        key_notices: vec![KeyNotice { index: LeafIndex(0), text: "notice\n".into(), path: path(&[4]) }],
        checkpoint: "example.org\n8\n".into(),
        time_tokens: vec!["dG9rZW4=".into()],
    }
}

#[test]
fn the_file_has_its_fields_in_order() {
    let text = print(&receipt());
    let names: Vec<_> =
        text.lines().filter_map(|line| line.strip_prefix("  \"")?.split_once('"')).map(|n| n.0).collect();
    assert_eq!(
        names,
        [
            "receipt",
            "entry",
            "index",
            "header",
            "entry_path",
            "header_path",
            "previous_path",
            "key_notices",
            "checkpoint",
            "time_tokens"
        ]
    );
    assert!(text.ends_with("}\n"));
    assert_eq!(parse(text.as_bytes()), Ok(receipt()));
}

#[test]
fn each_violation_has_its_code() {
    let text = print(&receipt());
    let code = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        parse(text.replacen(from, to, 1).as_bytes()).unwrap_err().code().as_str()
    };
    assert_eq!(code("receipt/v1", "receipt/v2"), "unknown_version");
    assert_eq!(code("\"entry\":", "\"entri\":"), "unexpected_json");
    assert_eq!(code("  \"index\": 7,\n", ""), "unexpected_json");
    assert_eq!(code("\"index\": 7", "\"index\": 7, \"index\": 7"), "unexpected_json");
    assert_eq!(code("\"index\": 7", "\"index\": 7, \"extra\": 7"), "unexpected_json");
    assert_eq!(code("\"index\": 7", "\"index\": -7"), "unexpected_json");
    assert_eq!(code("\"index\": 7", "\"index\": 7.0"), "unexpected_json");
    assert_eq!(code("\"index\": 7", "\"index\": 9223372036854775807"), "bad_value");
    assert_eq!(code(&"01".repeat(32), &"01".repeat(31)), "bad_value");
    assert_eq!(code(&"01".repeat(32), &"0A".repeat(32)), "bad_value");
    assert_eq!(code("\"entry_path\": []", &format!("\"entry_path\": [{}]", hashes(65))), "bad_value");
    assert_eq!(code("\n}\n", "\n} x"), "malformed_json");
    assert_eq!(code("\n}\n", ""), "malformed_json");
    assert_eq!(parse(b"[]").unwrap_err().code().as_str(), "unexpected_json");
    assert_eq!(parse(&vec![b' '; RECEIPT_MAX + 1]).unwrap_err().code().as_str(), "body_too_large");
    // A later version is reported even if everything else differs.
    assert_eq!(
        parse(b"{\"receipt\":\"tiezheng/receipt/v2\",\"new\":[]}").unwrap_err().code().as_str(),
        "unknown_version"
    );
}

fn hashes(count: usize) -> String {
    vec![format!("\"{}\"", "01".repeat(32)); count].join(",")
}

#[test]
fn the_longest_path_is_read() {
    let text = print(&receipt()).replacen("\"entry_path\": []", &format!("\"entry_path\": [{}]", hashes(64)), 1);
    assert_eq!(parse(text.as_bytes()).unwrap().entry_path.hashes().len(), 64);
}

proptest! {
    #[test]
    fn print_then_parse_gives_the_same_receipt(
        texts in proptest::array::uniform4("\\PC{0,40}"),
        index in 0..TreeSize::MAX.0,
        paths in proptest::array::uniform4(proptest::collection::vec(any::<u8>(), 0..64)),
        notices in 0..3_u64,
    ) {
        let [entry, header, checkpoint, token] = texts;
        let key_notice = |at| KeyNotice { index: LeafIndex(at), text: entry.clone(), path: path(&paths[3]) };
        let receipt = Receipt {
            key_notices: (0..notices).map(key_notice).collect(),
            entry: entry.clone(),
            index: LeafIndex(index),
            header,
            entry_path: path(&paths[0]),
            header_path: path(&paths[1]),
            previous_path: path(&paths[2]),
            checkpoint,
            time_tokens: vec![token],
        };
        prop_assert_eq!(parse(print(&receipt).as_bytes()), Ok(receipt));
    }

    #[test]
    fn a_damaged_file_is_rejected_or_another_receipt(at: proptest::sample::Index, byte: u8) {
        let good = print(&receipt()).into_bytes();
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(read) = parse(&bytes) {
            // White space inside JSON is the one thing that may differ without meaning.
            let same = read == receipt();
            prop_assert!(!same || bytes == good || byte.is_ascii_whitespace());
        }
    }

    #[test]
    fn no_bytes_panic(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }
}
