//! The case that a page is about, and who asks for it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};

use crate::court::ids::CaseId;
use crate::filing::case_names::CaseName;
use crate::filing::filing_error::FilingError;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::pages::visit::Member;
use crate::http::problem::ApiError;

/// The case in the path of a page, and the holder of the session. A text that names no case gets the answer of a case that does not
/// exist, and so does a case that the account may not see.
#[derive(Debug)]
pub struct CaseRequest {
    /// The holder of the session.
    pub who: Arc<SignedIn>,
    /// The case.
    pub case: CaseId,
    /// How the path names it.
    pub name: String,
    /// The other parameters of the path.
    pub parameters: HashMap<String, String>,
}

impl CaseRequest {
    /// The path of the case's page.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/cases/{}", self.name)
    }

    /// A parameter of the path.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }
}

impl FromRequestParts<Arc<AppState>> for CaseRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<AppState>) -> Result<Self, Response> {
        let Member(who) = Member::from_request_parts(parts, state).await?;
        let not_found = || ApiError::from(FilingError::NotFound).into_response();
        let path = Path::<HashMap<String, String>>::from_request_parts(parts, state).await;
        let Path(mut parameters) = path.map_err(|_| not_found())?;
        let name = parameters.remove("reference").unwrap_or_default();
        let parsed = CaseName::parse(&name).map_err(|_| not_found())?;
        let filing = state.filing().map_err(ApiError::into_response)?;
        let found = filing.find_case(&who.actor, &parsed).await;
        let case = found.map_err(|failure| ApiError::from(failure).into_response())?;
        // In addresses a case is named by its reference, which has no characters to be encoded.
        let name = if name.is_ascii() { name } else { case.to_string() };
        Ok(Self { who, case, name, parameters })
    }
}
