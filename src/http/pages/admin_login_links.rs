//! The part of an account's page under `/admin` for its links with logins at identity providers: they are shown and ended there. The
//! holder makes them, under `/account`.

use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::error_code::ErrorCode;
use crate::filing::own_account::ManagedAccount;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::request_context;
use crate::http::pages::form::Form;
use crate::http::pages::layout::Layout;
use crate::http::problem::ApiError;

/// The links of an account to logins at identity providers: court and time.
#[must_use]
pub fn links_of(managed: &ManagedAccount, p: &Layout) -> Vec<(String, String)> {
    managed.account.login_links.iter().map(|(court, link)| (court.to_string(), p.moment(&link.since.at))).collect()
}

/// Ends the link of the account with a login at the identity provider of a court.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub async fn end_link(state: &AppState, who: &SignedIn, account: AccountId, form: &Form) -> Result<(), ApiError> {
    let court = CourtCode::parse(form.text("link-court"))
        .map_err(|_| ApiError::new(ErrorCode::BadValue, "choose the court").in_chinese("请选择法院"))?;
    state.filing()?.end_login_link(&who.actor, &request_context("login-link")?, account, &court).await?;
    Ok(())
}
