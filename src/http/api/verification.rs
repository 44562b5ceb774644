//! `POST /v1/deposits/{number}/verification`: compares a file or a digest with the chain, step by step.
//!
//! A convenience for users who trust this node. Others run `tiezheng verify`, which computes everything itself.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use serde::Deserialize;

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::bearer::{account_verifier, bearer_token};
use crate::http::body::{self, UploadClient};
use crate::http::caching::{self, Caching};
use crate::http::client_address::ClientAddress;
use crate::http::openapi::AnyBytes;
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter, content_type, header, unsupported};
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::key::VerifierKey;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::ledger::text::hex_value;
use crate::ledger::verify::attestation_trust::AttestationTrust;
use crate::ledger::verify::report::Report;
use crate::ledger::verify::trust::{KeySource, Trust};
use crate::ledger::verify::verifier::{PresentedEvidence, Question, RecordSource, verify};
use crate::query::records;
use crate::query::{history, key_history, receipts};
use crate::store::traits::LedgerReader;
use crate::wire::json;
use crate::wire::report::{DigestRequest, ReportContext, ReportJson, ReportNodeJson, VerifierJson};
use crate::wire::report_contents::ReportSubject;

/// Longest digest request in bytes: two short strings.
const DIGEST_MAX: usize = 1024;
/// Header for the salt, as an alternative to the query, which may be logged.
const SALT_HEADER: HeaderName = HeaderName::from_static("x-salt");

/// The salt of a salted record.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VerificationQuery {
    /// 64 hex digits, for a record whose digests are salted. The header `x-salt` does as well, and stays out of logs.
    salt: Option<String>,
}

/// Verify a file or a digest / 核验
///
/// Send the file as `application/octet-stream`: it is hashed as it streams and not kept. Or send a digest as JSON: the
/// best conclusion then is "digest equal", since the file was not presented. The answer is a report of named steps and one
/// conclusion, also if the file does not match or the number does not exist: those are findings, not errors.
/// The report trusts the node's own key, and its witness policy and timestamp authorities if it has any; to verify without trusting the node, verify offline against a pinned key.
///
/// 提交原文 (边传边算，不留存) 或摘要，与链上记录逐项比对，返回核验报告。
#[utoipa::path(
    post,
    path = "/v1/deposits/{number}/verification",
    tag = "deposits",
    params(
        ("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"),
        VerificationQuery,
        ("x-salt" = Option<String>, Header, description = "64 hex digits"),
    ),
    security((), ("token" = [])),
    request_body(content((AnyBytes = "application/octet-stream"), (DigestRequest = "application/json"))),
    responses(
        (status = 200, description = "The report / 核验报告", body = ReportJson),
    ),
)]
pub(in crate::http) async fn verify_deposit(
    State(state): State<Arc<AppState>>,
    parameter: PathParameter,
    Parameters(query): Parameters<VerificationQuery>,
    client: ClientAddress,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    let salt = read_salt(query.salt.as_deref(), &headers)?;
    let verifier = verifier(&state, &headers);
    let presented = match content_type(&headers).as_str() {
        "application/json" => {
            let bytes = body::read(&state, client.group(), &headers, body, DIGEST_MAX).await?;
            read_digest(&json::object(&bytes, DIGEST_MAX)?)?
        }
        "application/octet-stream" => {
            // An unknown number is reported before a large file is received.
            let (known, ledger) =
                state.read(move |reader| Ok((reader.find_number(&number)?.is_some(), ledger(reader)?))).await?;
            if !known {
                return Ok(answer(&state, &Report::not_found(Some(number)), &ledger, verifier));
            }
            let measured = body::measure(&state, UploadClient::Anonymous(client.group()), &headers, body, salt).await?;
            PresentedEvidence::File { measured, salted: salt.is_some() }
        }
        _ => return Err(unsupported(&headers, "application/octet-stream or application/json")),
    };
    let filing = state.filing().ok();
    let platform = filing.as_ref().map(|filing| filing.platform_key().clone());
    let attesters = filing.map(|filing| Arc::clone(filing.attestation_trust())).unwrap_or_default();
    let (report, ledger) = state
        .read(move |reader| Ok((report(reader, number, presented, (platform.as_ref(), &attesters))?, ledger(reader)?)))
        .await?;
    Ok(answer(&state, &report, &ledger, verifier))
}

/// The verifier in the report: the account of a valid token, else anonymous.
fn verifier(state: &AppState, headers: &HeaderMap) -> VerifierJson {
    let actor = state.filing().ok().and_then(|filing| filing.authenticate(bearer_token(headers)).ok());
    actor.map_or_else(VerifierJson::anonymous, |actor| account_verifier(&actor))
}

fn ledger(reader: &dyn LedgerReader) -> Result<String, ApiError> {
    Ok(records::published(reader)?.checkpoint.checkpoint().origin.to_string())
}

fn answer(state: &AppState, report: &Report, ledger: &str, verifier: VerifierJson) -> Response {
    let context = ReportContext::new(state.now(), verifier, ReportNodeJson::own(ledger));
    let subject = ReportSubject { institution: state.description().institution(), ..ReportSubject::default() };
    caching::json(&ReportJson::about(report, context, subject), Caching::Never)
}

fn report(
    reader: &dyn LedgerReader,
    number: DepositNumber,
    presented: PresentedEvidence,
    (platform, attesters): (Option<&VerifierKey>, &AttestationTrust),
) -> Result<Report, ApiError> {
    let Some((place, bytes)) = records::find(reader, number)? else { return Ok(Report::not_found(Some(number))) };
    let history = history::history(reader, place, &records::entry_of(place.index, &bytes)?)?;
    let receipt = receipts::receipt_of(reader, place, bytes)?;
    let trust = Trust::default().with_history(key_history::key_history(reader)?).from_source(KeySource::OwnNode);
    let attested = attesters.evaluate(&receipt);
    let question = Question {
        attestations: attested.attestations(),
        number: Some(number),
        source: RecordSource::OwnLedger,
        presented,
        history: Some(&history),
        platform,
        ..Question::about(&receipt, &trust)
    };
    Ok(verify(&question))
}

pub(in crate::http) fn read_salt(query: Option<&str>, headers: &HeaderMap) -> Result<Option<[u8; SALT_LEN]>, ApiError> {
    let given = query.unwrap_or_else(|| header(headers, &SALT_HEADER));
    if given.is_empty() {
        return Ok(None);
    }
    let salt = lower_hex(given);
    salt.map(Some).ok_or_else(|| ApiError::new(ErrorCode::BadSalt, "the salt is not 64 lower-case hex digits"))
}

pub(in crate::http) fn read_digest(digest: &DigestRequest) -> Result<PresentedEvidence, ApiError> {
    let algorithm = HashAlgorithm::parse(&digest.algorithm).ok_or_else(|| {
        let names = HashAlgorithm::ALL.map(HashAlgorithm::name).join(" or ");
        ApiError::new(ErrorCode::UnknownAlgorithm, format!("the algorithm is {names}; it is named, never guessed"))
            .expecting(names)
    })?;
    let value = hex_value("value", &digest.value).map(Digest);
    let value =
        value.map_err(|fault| ApiError::new(fault.code(), fault.to_string()).expecting("64 lower-case hex digits"))?;
    Ok(PresentedEvidence::Digest { algorithm, value })
}
