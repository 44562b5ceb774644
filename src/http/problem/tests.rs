//! Every code of the table is answered by something, and every error has a row.

use std::collections::BTreeSet;

use super::*;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteError;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::ClockFault;
use crate::sequencer::state::StopReason;
use crate::store::shortage::Shortage;
use crate::store::traits::AppendError;
use crate::wire::metadata::MetadataError;

/// Codes that handlers name themselves; `tests/it/api` reaches each over HTTP.
const NAMED_BY_HANDLERS: &[&str] = &[
    "bad_path",
    "bad_cursor",
    "bad_query",
    "unrecognised_query",
    "bad_host",
    "misdirected",
    "deposit_by_token_only",
    "key_not_enrolled",
    "rate_limited",
    "no_such_route",
    "method_not_allowed",
    "not_acceptable",
    "body_timeout",
    "body_broken",
    "batch_too_long",
    "batch_stalled",
    "partial_body",
    "unsupported_content_encoding",
    "unsupported_transfer_encoding",
    "too_many_connections",
    "unsupported_media_type",
    "unknown_algorithm",
];

fn clock(fault: ClockFault) -> Failure {
    DepositError::Paused(Pause::Clock(fault)).into()
}

fn text_faults() -> Vec<Fault> {
    let name = "key";
    vec![
        Fault::InvalidUtf8,
        Fault::ControlCharacter { code_point: 7 },
        Fault::MissingFinalNewline,
        Fault::UnknownVersion { expected: "v1" },
        Fault::UnknownLine { name: "x".into() },
        Fault::RepeatedLine { name },
        Fault::MisorderedLine { name },
        Fault::MissingLine { name },
        Fault::WrongLength { name },
        Fault::UpperCaseHex { name },
        Fault::BadValue { name, expected: "a vkey" },
        Fault::WeakDigest { name, reason: "empty" },
        Fault::WeakKey { name },
        Fault::NotSorted { name },
        Fault::TooMany { name, limit: 16 },
        Fault::MistypedNumber { name },
    ]
}

fn deposit_failures() -> Vec<Failure> {
    let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
    let statement = |error| Failure::from(DepositError::Statement(error));
    let mut failures: Vec<Failure> =
        text_faults().into_iter().map(|fault| statement(TextError { line: 3, fault }.into())).collect();
    failures.extend([
        statement(NoteError::NoSignatures.into()),
        statement(NoteError::TooManySignatures.into()),
        statement(NoteError::MalformedSignature { line: 9 }.into()),
        statement(StatementError::SignatureOrder { expected: 1, found: 2, position: 2 }),
        statement(StatementError::BadSignature { name: "k".into() }),
        DepositRequestError::StatementTooLong { found: 20_000 }.into(),
        DepositRequestError::Metadata(MetadataError::NotCanonical("x".into())).into(),
        DepositRequestError::Metadata(MetadataError::WithoutName).into(),
        DepositRequestError::Metadata(MetadataError::TooLong { found: 20_000 }).into(),
        DepositRequestError::Metadata(MetadataError::BadSalt).into(),
        DepositRequestError::Metadata(MetadataError::ControlCharacter { code_point: 0, field: "name".into() }).into(),
        DepositRequestError::IntegerTooLarge { line: "size", value: 1 << 53 }.into(),
        DepositRequestError::PrivateMissingMeta.into(),
        DepositRequestError::PrivateMismatch.into(),
        DepositError::PrivateMismatch.into(),
        JsonError::TooLong { limit: 1, found: 2 }.into(),
        JsonError::IntegerTooLarge { value: "9007199254740993".into(), line: None }.into(),
        JsonError::Malformed { reason: "x".into(), line: Some(1) }.into(),
        JsonError::Unexpected { reason: "x".into(), line: Some(1) }.into(),
        Refusal::WrongLedger { found: "a".into(), expected: "b".into() }.into(),
        Refusal::SubjectSequence { expected: 2, found: 3 }.into(),
        Refusal::SubjectNotYours.into(),
        Refusal::LinkUnknown { number }.into(),
        DepositError::Refused(Refusal::LinkNotYours { number }).into(),
        DepositError::Busy { retry_after_ms: 1_001 }.into(),
        DepositError::Stopped(StopReason::Write(AppendError::Unknown("disk".into()))).into(),
        Failure::new("write_stalled", "said by the health page"),
        ConfirmError::NotPaused.into(),
        clock(ClockFault::Regressed { now: Timestamp::EPOCH, last: Timestamp::EPOCH }),
        clock(ClockFault::Jumped { now: Timestamp::EPOCH, ahead_ms: 1_001 }),
        DepositError::ShuttingDown.into(),
        DepositError::Read(ReadError::Unavailable("disk".into())).into(),
        ReadError::Beyond { asked: 9, size: TreeSize(8) }.into(),
        ReadError::Damaged { what: "leaf", at: "1".into(), reason: "x".into() }.into(),
        NumberError::Check.into(),
        Failure::internal(&"x"),
    ]);
    let short = |shortage| Pause::Short { shortage, detail: "db/000004.log".into() };
    failures.extend(Shortage::ALL.map(|shortage| DepositError::Paused(short(shortage)).into()));
    failures
}

#[test]
fn every_code_is_answered_by_something() {
    let mut answered: BTreeSet<&str> = deposit_failures().iter().map(Failure::code).collect();
    answered.extend(NAMED_BY_HANDLERS);
    let listed: BTreeSet<&str> = CODES.iter().map(|row| row.0).collect();
    assert_eq!(listed, answered);
    let all: Vec<&str> = all().map(|row| row.0).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each code has one row");
}

/// The codes that these files of the filing flow name.
fn named_in(sources: &[&str]) -> BTreeSet<String> {
    let literals = sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2));
    let code = |text: &&str| text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    literals.filter(code).map(str::to_owned).collect()
}

#[test]
fn every_code_of_the_filing_flow_has_a_row() {
    let borne = named_in(&[
        include_str!("../../filing/filing_error.rs"),
        include_str!("../../court/case/refusal.rs"),
        include_str!("../../court/registry.rs"),
        include_str!("../../court/registry/tokens.rs"),
        include_str!("../../court/permission.rs"),
        include_str!("../../court/calendar.rs"),
        include_str!("../../court/period.rs"),
        include_str!("../../court/period/basis.rs"),
    ]);
    // A warning, which is no problem.
    let without: Vec<_> =
        borne.iter().filter(|code| row(code).0 != *code && *code != "period_small_claims_over_seven").collect();
    assert_eq!(without, Vec::<&String>::new(), "codes without a row");
    let handlers = [
        include_str!("../api/court/originals.rs"),
        include_str!("../api/court/erasures.rs"),
        include_str!("../api/court/deposits_on_behalf.rs"),
        include_str!("../api/court/tokens.rs"),
        include_str!("../bearer.rs"),
        include_str!("../problem.rs"),
        include_str!("../../filing/originals.rs"),
        include_str!("../../filing/webhooks.rs"),
        include_str!("../../custody/space.rs"),
        include_str!("../../filing/deposits.rs"),
        include_str!("../../filing/erasure_requests.rs"),
        include_str!("../../store/refusal.rs"),
        include_str!("../../filing/accounts.rs"),
        include_str!("../../filing/annexes.rs"),
        include_str!("../../filing/filing_error.rs"),
    ];
    let named = |code: &str| handlers.iter().any(|source| source.contains(&format!("\"{code}\"")));
    let nobody: Vec<_> =
        COURT_CODES.iter().map(|row| row.0).filter(|code| !borne.contains(*code) && !named(code)).collect();
    assert_eq!(nobody, Vec::<&str>::new(), "rows that nothing answers");
}

#[test]
fn only_internal_is_internal() {
    let internal: Vec<_> = deposit_failures().into_iter().filter(|failure| failure.code() == "internal").collect();
    assert_eq!(internal.len(), 1, "a code without a row: {internal:?}");
    assert_eq!(Failure::from(Refusal::StatementExists).code(), "internal");
    assert_eq!(row("no such code").0, "internal");
}

#[test]
fn every_row_has_a_title_in_both_languages() {
    for (code, status, en, zh) in all() {
        assert!((400..600).contains(status), "{code}");
        assert!(en.is_ascii() && !zh.is_ascii(), "{code}");
        assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{code}");
    }
}

#[test]
fn lines_limits_and_waits_are_told() {
    let busy = Failure::from(DepositError::Busy { retry_after_ms: 1_001 }).into_response();
    assert_eq!(busy.headers()[RETRY_AFTER], "2");
    assert_eq!(busy.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    let fault = Fault::TooMany { name: "key", limit: 16 };
    let problem = Failure::from(StatementError::Text(TextError { line: 3, fault })).problem();
    assert_eq!((problem.line, problem.limit, problem.status), (Some(3), Some(16), 400));
    let fault = Fault::BadValue { name: "key", expected: "a vkey" };
    let problem = Failure::from(StatementError::Text(TextError { line: 3, fault })).problem();
    assert_eq!(problem.expected.as_deref(), Some("a vkey"));
    assert_eq!(problem.kind, "/problems/bad_value");
    assert_eq!(problem.detail, "line 3: bad value of `key`: a vkey");
}
