//! Upload and download of originals in custody, both streamed.
//!
//! # Invariants
//!
//! No original is held in memory or stored unencrypted. The number of concurrent uploads is limited, in all and per account. A
//! client that sends too slowly is disconnected; the node's own processing time does not count. If an original turns out to be
//! damaged during a download, the connection is closed: the announced length tells the client that the download is incomplete.

use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use axum::response::Response;
use futures_util::stream::{self, Stream};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use crate::court::acts::ActKind;
use crate::court::document::Stream as Kind;
use crate::court::ids::CaseId;
use crate::custody::upload::KeepError;
use crate::error_code::ErrorCode;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::originals::{OriginalError, OriginalUpload, StoredOriginal};
use crate::filing::service::FilingService;
use crate::http::api::court::case_path::named_by;
use crate::http::api::court::json_request::{act_json, created};
use crate::http::app_state::AppState;
use crate::http::bearer::{Bearer, context};
use crate::http::body::{BodyDeadline, announced, too_large, too_slow};
use crate::http::openapi::AnyBytes;
use crate::http::options::Options;
use crate::http::problem::ApiError;
use crate::http::request::{Parameters, PathParameter, header, require_content_type};
use crate::ledger::hash::lower_hex;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::wire::court::originals::CustodyJson;

const SALT_HEADER: HeaderName = HeaderName::from_static("x-salt");

/// Why an upload ended early.
#[derive(Debug, Clone, thiserror::Error)]
enum BodyEnd {
    #[error("the body came too slowly")]
    Late,
    #[error("{0}")]
    Broken(String),
}

impl From<OriginalError> for ApiError {
    fn from(error: OriginalError) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        match (code, error) {
            (Some(code), _) => Self::new(code, detail),
            (None, OriginalError::FilingService(error)) => filing_failure(error),
            (None, error) => Self::internal(&error),
        }
    }
}

fn filing_failure(error: FilingError) -> ApiError {
    match error {
        FilingError::Keep(KeepError::TooLarge { limit }) => too_large(limit),
        FilingError::Keep(KeepError::Stream(error)) => match error.downcast_ref::<BodyEnd>() {
            Some(BodyEnd::Late) => too_slow(),
            _ => ApiError::new(ErrorCode::BodyBroken, error.to_string()),
        },
        error => error.into(),
    }
}

/// The frames of a body, with the deadlines of the options.
fn paced(body: Body, options: &Options) -> impl Stream<Item = Result<Bytes, BodyEnd>> + Send + use<> {
    let waiting = Waiting { body: body.into_data_stream(), pace: BodyDeadline::new(options) };
    stream::try_unfold(waiting, async |mut waiting| {
        let since = Instant::now();
        let frame = timeout_at(waiting.pace.deadline(), waiting.body.next()).await.map_err(|_| BodyEnd::Late)?;
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame.map_err(|error| BodyEnd::Broken(error.to_string()))?;
        waiting.pace.arrived(since.elapsed(), frame.len());
        Ok(Some((frame, waiting)))
    })
}

struct Waiting {
    body: BodyDataStream,
    pace: BodyDeadline,
}

/// Store an original in custody / 提交原文保管
///
/// For the account of the deposit. With `case`, of a document of that case: a version of a transcript or a mediation agreement, a
/// mediation document, a served document, a judgment or a ruling; for its depositor, the account that recorded it, and the court's
/// staff, of a mediation also its mediators. It is then shown in that case to those who may read the document. The file is hashed
/// while it is received and must match the deposit, or nothing is stored. It is encrypted under its own key. For a deposit with
/// salted digests, send the salt in `x-salt`.
///
/// 由存证账号本人提交；以 `case` 指明案件的，为本案文书（笔录、调解协议、调解书、送达文书、裁判文书）提交原文，由存证人、登记该文书的账号或者本院人员提交，
/// 仅供本案有权阅读的人员查阅。边传边算并与存证比对，不一致则不留存。加密保存，一文一钥。
#[utoipa::path(
    put,
    path = "/v1/deposits/{number}/original",
    tag = "originals",
    params(
        ("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"),
        ("x-salt" = Option<String>, Header, description = "64 hex digits"),
        InCaseQuery,
    ),
    request_body(content((AnyBytes = "application/octet-stream"))),
    responses(
        (status = 201, description = "In custody / 已接收保管", body = CustodyJson),
        (status = 200, description = "The same request had given it / 该请求此前已完成", body = CustodyJson),
    ),
)]
pub(in crate::http) async fn put_original(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
    Parameters(query): Parameters<InCaseQuery>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    let case = query.case(state.filing()?, &actor).await?;
    let taken = take(&state, &actor, (number, case), (&uri, &headers), body).await?;
    let act = act_json(ActKind::TakeCustody, Kind::Custody, None, &taken.recorded);
    Ok(created(&taken.recorded, &CustodyJson::of(&taken.act, act)))
}

/// Receives an original into custody: for its depositor, or as a document of a case.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn take(
    state: &AppState,
    actor: &Actor,
    (number, case): (DepositNumber, Option<CaseId>),
    (uri, headers): (&Uri, &HeaderMap),
    body: Body,
) -> Result<StoredOriginal, ApiError> {
    require_content_type(headers, "application/octet-stream")?;
    let salt = read_salt(headers)?;
    let limit = state.options().file_max;
    let announced = announced(headers);
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let named = case.map(|case| case.to_string()).unwrap_or_default();
    let context = context(actor, headers, uri.path(), named.as_bytes())?;
    let _place = state.upload_permit(actor.id).await?;
    let incoming = OriginalUpload { stream: paced(body, state.options()), announced, limit };
    Ok(state.filing()?.store_original(actor, (number, case), &context, salt, incoming).await?)
}

fn read_salt(headers: &HeaderMap) -> Result<Option<[u8; SALT_LEN]>, ApiError> {
    if !headers.contains_key(SALT_HEADER) {
        return Ok(None);
    }
    let salt = lower_hex(header(headers, &SALT_HEADER));
    salt.map(Some).ok_or_else(|| ApiError::new(ErrorCode::BadSalt, "the salt is not 64 lower-case hex digits"))
}

/// The case in which the content of a deposit is viewed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InCaseQuery {
    /// The case of which the deposit is an item or a document; not needed by the account of the deposit.
    /// 该存证所在案件；存证账号本人无须填写。
    case: Option<String>,
}

impl InCaseQuery {
    /// The case.
    ///
    /// # Errors
    ///
    /// `bad_value`, `not_found`, `several_cases`.
    pub async fn case(&self, filing: &FilingService, actor: &Actor) -> Result<Option<CaseId>, ApiError> {
        named_by("case", self.case.as_deref(), filing, actor).await
    }
}

/// Download an original / 调取原文
///
/// For the account of the deposit. Other accounts name a case to which they have access: one in which the deposit is an item of its
/// depositor, or a document that they may read and whose original was given for that case. The access is recorded on the chain
/// before the first byte is sent. If fewer bytes arrive than announced, they are not the original.
///
/// 存证账号本人可调取；其他人须以 `case` 指明其有权查看的案件：该存证由当事人在案件中提交，或者系本案文书且本人有权阅读。查阅记录先于首字节上链。
/// 传输中断的内容不是完整原文。
#[utoipa::path(
    get,
    path = "/v1/deposits/{number}/original",
    tag = "originals",
    params(("number" = String, Path, description = "存证编号", example = "20261122-0K7M-X9QT-3D5W-C3"), InCaseQuery),
    responses(
        (status = 200, description = "The original, byte for byte / 原文", body = AnyBytes, content_type = "application/octet-stream"),
    ),
)]
pub(in crate::http) async fn get_original(
    State(state): State<Arc<AppState>>,
    Bearer(actor): Bearer,
    parameter: PathParameter,
    Parameters(query): Parameters<InCaseQuery>,
) -> Result<Response, ApiError> {
    let number = parameter.number()?;
    let case = query.case(state.filing()?, &actor).await?;
    original(&state, &actor, number, case).await
}

/// An original for its account, or for an actor who sees it in a case. The access is recorded before.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn original(
    state: &AppState,
    actor: &Actor,
    number: DepositNumber,
    case: Option<CaseId>,
) -> Result<Response, ApiError> {
    let given = state.filing()?.open_original_for(actor, number, case).await?;
    let stream = given.stream.inspect_err(move |error| {
        tracing::error!(%number, %error, "an original broke off on its way out");
    });
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, given.size.into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // An uploaded file is never rendered as a page of this site.
    let name = HeaderValue::try_from(format!("attachment; filename=\"{number}\""));
    headers.insert(CONTENT_DISPOSITION, name.unwrap_or(HeaderValue::from_static("attachment")));
    Ok(response)
}
