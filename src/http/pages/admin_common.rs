//! What the pages under `/admin` and `/account` share: who may open them, the context of an act, the outcome of a form.

use axum::http::StatusCode;

use crate::error_code::ErrorCode;
use crate::filing::actor::RequestContext;
use crate::filing::filing_error::FilingError;
use crate::filing::own_account::Management;
use crate::filing::secret::random_request_id;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::Visit;
use crate::http::problem::ApiError;
use crate::ledger::hash::sha256;

/// Days of a token that a form offers.
pub const TOKEN_DAYS: [u64; 4] = [1, 30, 90, 365];

/// Requires a role that manages accounts, and a second factor where it needs one. The holder's own account is under `/account`, where
/// closing asks for the password.
///
/// # Errors
///
/// `second_factor_needed`; `not_found` without such a role.
pub fn require_manager(state: &AppState, who: &SignedIn) -> Result<(), ApiError> {
    if who.lacks_second_factor {
        return Err(FilingError::SecondFactorNeeded.into());
    }
    Ok(state.filing()?.require_manager(&who.actor)?)
}

/// Requires a role for the lists of courts, the holidays, the erasures and the node: as [`require_manager`], without the court
/// administrator.
///
/// # Errors
///
/// `second_factor_needed`; `not_found` without such a role.
pub fn require_operating(state: &AppState, who: &SignedIn) -> Result<(), ApiError> {
    require_manager(state, who)?;
    let is_limited = Management::of(&who.actor.account) == Management::OneCourt;
    if is_limited { Err(FilingError::NotFound.into()) } else { Ok(()) }
}

/// The context of an act that a form asks for.
///
/// # Errors
///
/// `internal` without random bytes.
pub fn request_context(form: &str) -> Result<RequestContext, ApiError> {
    let request = random_request_id().map_err(|error| ApiError::internal(&error))?;
    Ok(RequestContext { request, body: sha256(form.as_bytes()), capacity: None })
}

/// A secret that a page shows once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub title: &'static str,
    /// The id of what it belongs to.
    pub id: String,
    /// The secret.
    pub text: String,
}

/// What became of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Why it was not done.
    pub fault: Option<String>,
    /// What was done.
    pub done: Option<&'static str>,
    /// A secret that the act made.
    pub secret: Option<Secret>,
}

impl Outcome {
    /// The form was refused. The field that an error names is shown by its label; `labels` are name, Chinese, English.
    ///
    /// # Errors
    ///
    /// The failure itself if the sender cannot correct it.
    pub fn refused(visit: &Visit, failure: ApiError, labels: &[(&str, &str, &str)]) -> Result<Self, ApiError> {
        if failure.status() >= 500 || [ErrorCode::NotFound, ErrorCode::ScopeNeeded].contains(&failure.code()) {
            return Err(failure);
        }
        Ok(Self { fault: Some(labelled(visit, &failure, labels)), ..Self::default() })
    }

    /// Status and head of the page that shows it.
    #[must_use]
    pub fn head(&self, visit: &Visit, title_zh: &str, title_en: &str) -> (StatusCode, Layout) {
        let status = if self.is_refused() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        (status, visit.form_layout(self.is_refused(), title_zh, title_en))
    }

    /// Whether the form was refused.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.fault.is_some()
    }
}

/// The text of a failure, with the label of the field that `bad_value` names in its English detail.
fn labelled(visit: &Visit, failure: &ApiError, labels: &[(&str, &str, &str)]) -> String {
    let problem = failure.problem();
    let named = problem.detail.strip_prefix('`').and_then(|rest| rest.split_once('`'));
    let label = named.and_then(|(name, rest)| Some((labels.iter().find(|(field, ..)| *field == name)?, rest)));
    match label {
        Some(((_, zh, en), rest)) => {
            visit.t(&format!("请正确填写“{zh}”：{}", problem.title_zh), &format!("{en}{rest}")).to_owned()
        }
        None => visit.t(&problem.detail_zh, &problem.detail).to_owned(),
    }
}
