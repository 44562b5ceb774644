//! Every code of the table is raised by something, and errors become the right problems.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::note::NoteError;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::clock::ClockFault;
use crate::sequencer::handle::EraseError;
use crate::sequencer::state::StopReason;
use crate::store::shortage::Shortage;
use crate::store::traits::AppendError;
use crate::wire::metadata::MetadataError;

fn clock(fault: ClockFault) -> ApiError {
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

fn deposit_failures() -> Vec<ApiError> {
    let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
    let statement = |error| ApiError::from(DepositError::Statement(error));
    let mut failures: Vec<ApiError> =
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
        ApiError::new(ErrorCode::WriteStalled, "said by the health page"),
        ConfirmError::NotPaused.into(),
        clock(ClockFault::Regressed { now: Timestamp::EPOCH, last: Timestamp::EPOCH }),
        clock(ClockFault::Jumped { now: Timestamp::EPOCH, ahead_ms: 1_001 }),
        DepositError::ShuttingDown.into(),
        DepositError::Read(ReadError::Unavailable("disk".into())).into(),
        ReadError::Beyond { asked: 9, size: TreeSize(8) }.into(),
        ReadError::Damaged { what: "leaf", at: "1".into(), reason: "x".into() }.into(),
        NumberError::Check.into(),
        ApiError::internal(&"x"),
    ]);
    let short = |shortage| Pause::Short { shortage, detail: "db/000004.log".into() };
    failures.extend(Shortage::ALL.map(|shortage| DepositError::Paused(short(shortage)).into()));
    failures
}

/// The sources of the crate outside of tests, without the table and without the lists of the API's description.
fn sources(folder: &Path, found: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|of| of == "rs") && !["tests.rs", "error_code.rs"].contains(&name) {
            found.push_str(fs::read_to_string(&path).unwrap().split("#[cfg(test)]\nmod tests").next().unwrap());
        }
    }
}

#[test]
fn every_code_is_raised_somewhere() {
    let mut text = String::new();
    sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut text);
    let raised: BTreeSet<&str> = text
        .split("ErrorCode::")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
        .collect();
    let never: Vec<_> = ErrorCode::ALL.iter().filter(|code| !raised.contains(format!("{code:?}").as_str())).collect();
    assert_eq!(never, Vec::<&ErrorCode>::new(), "rows that nothing answers");
}

#[test]
fn what_a_sender_can_mend_is_not_internal() {
    let internal = deposit_failures().iter().filter(|failure| failure.code() == ErrorCode::Internal).count();
    assert_eq!(internal, 1, "the last one, which is");
    assert_eq!(ApiError::from(Refusal::StatementExists).code(), ErrorCode::Internal);
    let erasure = FilingError::Erase(EraseError::PieceCount { count: 0 });
    let problem = ApiError::from(erasure).problem();
    assert_eq!((problem.status, problem.detail.as_str()), (500, "the node's log says more"));
}

#[test]
fn lines_limits_and_waits_are_told() {
    let busy = ApiError::from(DepositError::Busy { retry_after_ms: 1_001 }).into_response();
    assert_eq!(busy.headers()[RETRY_AFTER], "2");
    assert_eq!(busy.headers()[CONTENT_TYPE], "application/problem+json");
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    let fault = Fault::TooMany { name: "key", limit: 16 };
    let problem = ApiError::from(StatementError::Text(TextError { line: 3, fault })).problem();
    assert_eq!((problem.line, problem.limit, problem.status), (Some(3), Some(16), 400));
    let fault = Fault::BadValue { name: "key", expected: "a vkey" };
    let problem = ApiError::from(StatementError::Text(TextError { line: 3, fault })).problem();
    assert_eq!(problem.expected.as_deref(), Some("a vkey"));
    assert_eq!(problem.kind, "/problems/bad_value");
    assert_eq!(problem.detail, "line 3: bad value of `key`: a vkey");
}
