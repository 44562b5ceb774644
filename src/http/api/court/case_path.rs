//! Path parameters of the routes under `/v1/cases`: a case, an item of a case. A malformed id is rejected before any look-up.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::court::ids::{CaseId, ItemNumber};
use crate::court::line_value::LineValue;
use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;

/// The case in the path.
#[derive(Debug)]
pub struct CasePath(pub CaseId);

/// The item of a case in the path.
#[derive(Debug)]
pub struct ItemPath(pub CaseId, pub ItemNumber);

fn named<T: LineValue>(text: &str) -> Result<T, ApiError> {
    let bad = || ApiError::new(ErrorCode::BadPath, format!("`{text}` is not {}", T::EXPECTED)).expecting(T::EXPECTED);
    T::parse(text).ok_or_else(bad)
}

impl<S: Send + Sync> FromRequestParts<S> for CasePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(case) = path.map_err(|error| ApiError::new(ErrorCode::BadPath, error.body_text()))?;
        Ok(Self(named(&case)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ItemPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        let Path((case, item)) = path.map_err(|error| ApiError::new(ErrorCode::BadPath, error.body_text()))?;
        Ok(Self(named(&case)?, named(&item)?))
    }
}
