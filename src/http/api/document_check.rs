//! `POST /v1/documents/verification`: whether the file of a served document is the one that was deposited. One of three answers.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::body::{self, UploadClient};
use crate::http::caching::{self, Caching};
use crate::http::client_address::ClientAddress;
use crate::http::openapi::AnyBytes;
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, content_type, unsupported};
use crate::ledger::entry::Entry;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Comparison, FileDigests, HashAlgorithm};
use crate::query::records;
use crate::store::traits::LedgerReader;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::court::service::DocumentAnswerJson;
use crate::wire::facts::beijing_time;

/// Most deposits of the digest that are looked at.
const DEPOSITS_MAX: usize = 16;

/// The document with which the file is compared.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentQuery {
    /// The deposit number on the document or its certificate of service. Without one, the deposit is looked up by the file's digests.
    #[param(example = "20261122-0K7M-X9QT-3D5W-C3")]
    number: Option<String>,
}

/// One of the three answers.
enum Answer {
    Consistent(Box<Entry>),
    NotDeposited,
    Mismatch(Box<Entry>),
}

/// The first deposit whose digests and size all agree with the file.
fn by_digest(reader: &dyn LedgerReader, file: &FileDigests) -> Result<Answer, ApiError> {
    let all = LeafIndex(0)..LeafIndex(u64::MAX);
    for index in reader.find_digest(HashAlgorithm::Sha256, &file.sha256, all, DEPOSITS_MAX)? {
        let entry = records::entry(reader, index)?;
        let content = entry.statement.statement().content;
        if content.is_some_and(|content| !content.is_salted() && content.compare(file) == Comparison::Match) {
            return Ok(Answer::Consistent(Box::new(entry)));
        }
    }
    Ok(Answer::NotDeposited)
}

fn by_number(reader: &dyn LedgerReader, number: DepositNumber, file: &FileDigests) -> Result<Answer, ApiError> {
    let Some((_, entry)) = records::find_entry(reader, number)? else { return Ok(Answer::NotDeposited) };
    let content = entry.statement.statement().content.filter(|content| !content.is_salted());
    let Some(content) = content else {
        // Not comparable is not a mismatch.
        let detail = "the digests of this deposit are salted, or it is a manifest: verify it with its salt";
        return Err(ApiError::new(ErrorCode::BadSalt, detail));
    };
    let agrees = content.compare(file) == Comparison::Match;
    Ok(if agrees { Answer::Consistent(Box::new(entry)) } else { Answer::Mismatch(Box::new(entry)) })
}

fn shown(answer: &Answer) -> DocumentAnswerJson {
    let (code, zh, en, entry) = match answer {
        Answer::Consistent(entry) => {
            ("consistent", "核验一致", "verified: the file agrees with the deposit", Some(entry))
        }
        Answer::NotDeposited => ("not_deposited", "尚未存证", "not deposited", None),
        Answer::Mismatch(entry) => {
            ("mismatch", "比对结果不一致", "the file does not agree with the deposit", Some(entry))
        }
    };
    DocumentAnswerJson {
        answer: coded(code, Bilingual::new(zh, en)),
        deposit_number: entry.map(|entry| entry.number.to_string()),
        deposited_at: entry.map(|entry| beijing_time(entry.received)),
        notice: Bilingual::new(
            "仅比对文件与链上存证的摘要，不表明文书的效力。逐项核验报告请使用存证核验。",
            "Only the digests of the file and of the deposit were compared; this says nothing about the effect of the document. \
             For a report of every step, verify the deposit.",
        ),
    }
}

/// Check the file of a served document / 核验送达文书
///
/// Send the file as `application/octet-stream`: it is hashed as it streams and not kept. The answer is one of three: it agrees with a
/// deposit (number and time), it is not deposited, or it does not agree with the deposit that was named. Salted deposits are verified
/// with their salt at `/v1/deposits/{number}/verification`.
///
/// 提交文书文件（边传边算，不留存），返回核验一致、尚未存证、比对结果不一致三者之一。
#[utoipa::path(
    post,
    path = "/v1/documents/verification",
    tag = "service",
    params(DocumentQuery),
    request_body(content((AnyBytes = "application/octet-stream"))),
    responses((status = 200, description = "The answer / 结果", body = DocumentAnswerJson)),
)]
pub(in crate::http) async fn check_document(
    State(state): State<Arc<AppState>>,
    Parameters(query): Parameters<DocumentQuery>,
    client: ClientAddress,
    headers: HeaderMap,
    content: Body,
) -> Result<Response, ApiError> {
    if content_type(&headers) != "application/octet-stream" {
        return Err(unsupported(&headers, "application/octet-stream"));
    }
    let number = query.number.as_deref().map(DepositNumber::parse).transpose()?;
    let file = body::measure(&state, UploadClient::Anonymous(client.group()), &headers, content, None).await?;
    state
        .read(move |reader| {
            let answer = match number {
                Some(number) => by_number(reader, number, &file)?,
                None => by_digest(reader, &file)?,
            };
            Ok(caching::json(&shown(&answer), Caching::Never))
        })
        .await
}
