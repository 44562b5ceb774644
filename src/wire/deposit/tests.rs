//! Strict parsing of requests, and the commitment of a statement to its private metadata.

use serde_json::json;

use super::*;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer};
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::Statement;

fn note(meta: Option<Digest>) -> StatementNote {
    let signer = Signer::of_depositor(&[1; 32]).unwrap();
    let statement = Statement {
        ledger: Name::parse("example.org/ledger").unwrap(),
        content: Some(Content { form: Form::Salted, sha256: Some(Digest([1; 32])), sm3: None }),
        manifest: None,
        media_type: None,
        meta,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce: [7; 16],
        keys: vec![signer.verifier().clone()],
    };
    SignedStatement::sign(statement, &[signer]).unwrap().note().clone()
}

fn held() -> PrivateMetadata {
    private(&"07".repeat(32), &json!({ "size": 1.0, "name": "合同" })).unwrap()
}

fn read(request: &Value) -> Result<(StatementNote, Option<PrivateMetadata>), DepositRequestError> {
    DepositRequest::parse(request.to_string().as_bytes())?.read()
}

#[test]
fn a_request_reads_back() {
    let statement = note(Some(held().commitment()));
    let request = DepositRequest::new(&statement, Some(&held())).unwrap();
    let sent = json::line(&request);
    assert_eq!(DepositRequest::parse(sent.as_bytes()).unwrap().read(), Ok((statement.clone(), Some(held()))));
    let bare = json::line(&DepositRequest::new(&statement, None).unwrap());
    assert!(!bare.contains("private"), "{bare}");
    assert_eq!(DepositRequest::parse(bare.as_bytes()).unwrap().read(), Ok((statement, None)));
    assert!(!format!("{request:?}").contains("合同"));
}

#[test]
fn what_is_wrong_is_said_by_code() {
    let good = note(Some(held().commitment())).to_string();
    let salt = "07".repeat(32);
    let private =
        |salt: &str, metadata: Value| json!({ "statement": good, "private": { "salt": salt, "metadata": metadata } });
    let name = json!({ "name": "合同" });
    let without_meta = note(None).to_string();
    for (code, request) in [
        ("unexpected_json", json!({})),
        ("unexpected_json", json!([good])),
        ("unexpected_json", json!({ "statement": 1 })),
        ("unexpected_json", json!({ "statement": good, "extra": 1 })),
        ("unexpected_json", json!({ "statement": good, "private": [salt, name] })),
        ("unexpected_json", json!({ "statement": good, "private": { "salt": salt } })),
        ("integer_too_large", private(&salt, json!({ "name": "x", "n": 1_u64 << 53 }))),
        ("statement_too_long", json!({ "statement": "x".repeat(ADMISSION_MAX + 1) })),
        ("missing_signature", json!({ "statement": "hello\n" })),
        ("unknown_version", json!({ "statement": good.replace("statement v1", "statement v2") })),
        ("bad_salt", private("07", name.clone())),
        ("metadata_not_canonical", private(&salt, json!("name"))),
        ("metadata_without_name", private(&salt, json!({}))),
        ("private_mismatch", private(&salt, name.clone())),
        ("private_mismatch", private(&"08".repeat(32), json!({ "size": 1, "name": "合同" }))),
        ("private_missing_meta", json!({ "statement": without_meta, "private": { "salt": salt, "metadata": name } })),
    ] {
        assert_eq!(read(&request).unwrap_err().code().as_str(), code, "{request}");
    }
    let raw = r#"{"statement":"x","statement":"x","private":null}"#;
    assert_eq!(DepositRequest::parse(raw.as_bytes()).unwrap_err().code().as_str(), "unexpected_json");
    let raw = r#"{"statement":"x","private":{"salt":"","metadata":{"name":"a","name":"b"}}}"#;
    assert_eq!(DepositRequest::parse(raw.as_bytes()).unwrap_err().code().as_str(), "unexpected_json");
}

#[test]
fn errors_have_their_line_and_limit() {
    let good = note(None).to_string();
    let error = read(&json!({ "statement": good.replace("nonce", "nonse") })).unwrap_err();
    assert_eq!((error.code().as_str(), error.line(), error.limit()), ("unknown_line", Some(4), None));
    let error = read(&json!({ "statement": "x".repeat(ADMISSION_MAX + 1) })).unwrap_err();
    assert_eq!((error.line(), error.limit()), (None, Some(ADMISSION_MAX)));
}
