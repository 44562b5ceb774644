//! Sends the request of a form to the function that answers the same request of the API.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::court::ids::CaseId;
use crate::court::line_value::LineValue as _;
use crate::court::values::Capacity;
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::filing_error::FilingError;
use crate::filing::secret::{random, request_id};
use crate::http::api::court::{acts, association, cases, erasures, hand_overs, imports, service, transfer};
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::field::Shape;
use crate::http::pages::form::Form;
use crate::http::problem::ApiError;
use crate::ledger::hash::sha256;
use crate::wire::court::act::ActOutcomeJson;
use crate::wire::report::CodedText;

/// What became of a form.
#[derive(Debug)]
pub struct SubmissionResult {
    /// Whether the act is new, and not that of an earlier submission of the same form.
    pub fresh: bool,
    /// Another case in which it goes on.
    pub goes_on_in: Option<String>,
    /// The case of the act.
    pub case: String,
    /// An association code, which is shown once.
    pub code: Option<String>,
    /// What is unusual and was done all the same.
    pub warnings: Vec<CodedText>,
}

impl SubmissionResult {
    fn of(fresh: bool, shown: ActOutcomeJson) -> Self {
        Self { fresh, goes_on_in: None, case: shown.case, code: shown.code, warnings: shown.warnings }
    }
}

/// A key for a form that is shown: submitted twice, it acts once.
///
/// # Errors
///
/// `internal` without random bytes.
pub fn new_key() -> Result<String, ApiError> {
    let key: [u8; 16] = random().map_err(|error| ApiError::internal(&error))?;
    Ok(hex::encode(key))
}

/// The context of a form that was sent to `path`.
///
/// # Errors
///
/// `bad_idempotency_key` without the key of the form; `bad_value` for a capacity that is none.
pub fn form_context(actor: &Actor, path: &str, form: &Form) -> Result<RequestContext, ApiError> {
    let key = form.text("key");
    if key.len() != 32 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let failure = ApiError::new(ErrorCode::BadIdempotencyKey, "open the form again, and send it from there");
        return Err(failure.in_chinese("请重新打开该页面后提交"));
    }
    let capacity = form.some("as").map(|text| {
        let unknown = || ApiError::new(ErrorCode::BadValue, "`as` names no capacity").in_chinese("办理身份有误");
        Capacity::parse(text).ok_or_else(unknown)
    });
    let fields = form.pairs().flat_map(|(name, value)| [name, "=", value, "\n"]);
    let text: String = [path, "\n"].into_iter().chain(fields).collect();
    let body = sha256(text.as_bytes());
    Ok(RequestContext { request: request_id(actor.id, &format!("form {key}")), body, capacity: capacity.transpose()? })
}

/// The shape of a request.
///
/// # Errors
///
/// `bad_value` for a value that the shape does not take.
pub fn shape<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|error| ApiError::new(ErrorCode::BadValue, error.to_string()))
}

/// Sends the request.
///
/// # Errors
///
/// Those of the API.
pub async fn send(
    state: &AppState,
    actor: &Actor,
    case: Option<CaseId>,
    context: &RequestContext,
    (kind, value): (Shape, Value),
) -> Result<SubmissionResult, ApiError> {
    let (recorded, shown) = match kind {
        Shape::Open => cases::open(state, actor, context, &shape(value)?).await?,
        Shape::Association => association::join(state, actor, context, shape(value)?).await?,
        _ => {
            let case = case.ok_or_else(|| ApiError::from(FilingError::NotFound))?;
            return send_in_case(state, actor, case, context, (kind, value)).await;
        }
    };
    Ok(SubmissionResult::of(recorded.fresh, shown))
}

async fn send_in_case(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    (kind, value): (Shape, Value),
) -> Result<SubmissionResult, ApiError> {
    let (recorded, shown) = match kind {
        Shape::Act => acts::act(state, actor, case, context, &shape(value)?).await?,
        Shape::Service => service::serve(state, actor, case, context, &shape(value)?).await?,
        Shape::Code => association::issue(state, actor, case, context, &shape(value)?).await?,
        Shape::HandOver => hand_overs::send(state, actor, case, context, shape(value)?).await?,
        Shape::Transfer => {
            let (recorded, shown) = transfer::transfer(state, actor, case, context, &shape(value)?).await?;
            let goes_on_in = Some(shown.case.clone());
            return Ok(SubmissionResult { goes_on_in, ..SubmissionResult::of(recorded.fresh, shown) });
        }
        Shape::Import => {
            let (recorded, shown) = imports::import_one(state.filing()?, actor, case, context, shape(value)?).await?;
            // That no original was verified is shown with the item.
            let unusual = shown.warnings.into_iter().filter(|one| one.code != "not_verified");
            let (case, warnings) = (case.to_string(), unusual.collect());
            return Ok(SubmissionResult { fresh: recorded.fresh, goes_on_in: None, case, code: None, warnings });
        }
        Shape::Open | Shape::Association => return Err(FilingError::NotFound.into()),
        Shape::Erasure => {
            let (erasure, _) = erasures::erase_content(state, actor, context, &shape(value)?).await?;
            let (fresh, case) = (erasure.recorded.fresh, case.to_string());
            return Ok(SubmissionResult { fresh, goes_on_in: None, case, code: None, warnings: Vec::new() });
        }
    };
    Ok(SubmissionResult::of(recorded.fresh, shown))
}
