//! Path parameters of the routes under `/v1/cases`: a case, an item of a case. A case is named by its reference, its case number or
//! its id; a malformed name is rejected before any look-up, and a name other than an id is looked up only for a valid token.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::court::ids::{CaseId, ItemNumber};
use crate::court::line_value::LineValue;
use crate::error_code::ErrorCode;
use crate::filing::actor::Actor;
use crate::filing::case_names::CaseName;
use crate::filing::service::FilingService;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;

/// The case in the path.
#[derive(Debug)]
pub struct CasePath(pub CaseId);

/// The item of a case in the path.
#[derive(Debug)]
pub struct ItemPath(pub CaseId, pub ItemNumber);

fn bad(text: &str, expected: &'static str) -> ApiError {
    ApiError::new(ErrorCode::BadPath, format!("`{text}` is not {expected}")).expecting(expected)
}

/// The case that a request names: in its path, or in its query.
///
/// # Errors
///
/// `bad_path`; those of authentication, `not_found` and `several_cases` for a name other than an id.
pub async fn named_case(text: &str, parts: &mut Parts, state: &Arc<AppState>) -> Result<CaseId, ApiError> {
    let name = CaseName::parse(text).map_err(|why| {
        let looks_typed = text.is_ascii() && (10..=16).contains(&text.len());
        if looks_typed {
            let error = ApiError::new(ErrorCode::BadPath, format!("`{text}`: {why}"));
            return error.in_chinese(format!("“{text}”：{}", why.chinese())).expecting(CaseName::EXPECTED);
        }
        bad(text, CaseName::EXPECTED)
    })?;
    if let CaseName::Id(case) = name {
        return Ok(case);
    }
    let Bearer(actor) = Bearer::from_request_parts(parts, state).await?;
    Ok(state.filing()?.find_case(&actor, &name).await?)
}

/// The case that a field or a query parameter names.
///
/// # Errors
///
/// `bad_value`; those of [`FilingService::find_case`].
pub async fn named_by(
    field: &str,
    text: Option<&str>,
    filing: &FilingService,
    actor: &Actor,
) -> Result<Option<CaseId>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let bad = |_| {
        let expected = CaseName::EXPECTED;
        ApiError::new(ErrorCode::BadValue, format!("`{field}` is not {expected}")).expecting(expected)
    };
    Ok(Some(filing.find_case(actor, &CaseName::parse(text).map_err(bad)?).await?))
}

impl FromRequestParts<Arc<AppState>> for CasePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(case) = path.map_err(|error| ApiError::new(ErrorCode::BadPath, error.body_text()))?;
        Ok(Self(named_case(&case, parts, state).await?))
    }
}

impl FromRequestParts<Arc<AppState>> for ItemPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((case, item)) = path.map_err(|error| ApiError::new(ErrorCode::BadPath, error.body_text()))?;
        let item = ItemNumber::parse(&item).ok_or_else(|| bad(&item, ItemNumber::EXPECTED))?;
        Ok(Self(named_case(&case, parts, state).await?, item))
    }
}
