//! The part of an account's page under `/admin` that links it to logins at identity providers.

use crate::court::case_number::CourtCode;
use crate::court::ids::AccountId;
use crate::court::words::Role;
use crate::error_code::ErrorCode;
use crate::filing::own_account::ManagedAccount;
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::login_links::link;
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

/// The courts with an identity provider at which the account has a role, and to which the actor may link it.
#[must_use]
pub fn linkable(state: &AppState, who: &SignedIn, managed: &ManagedAccount) -> Vec<String> {
    let own = &who.actor.account;
    let may = |court: &CourtCode| {
        let manages = managed.id == who.actor.id || own.administers_login(&managed.account);
        own.holds(Role::Operator, None) || (own.administers(court) && manages)
    };
    let courts = state.login_providers().into_iter().map(|provider| provider.court);
    courts.filter(|court| managed.account.has_role_at(court) && may(court)).map(|court| court.to_string()).collect()
}

/// Links the account to a login at the identity provider of a court, or ends the link.
///
/// # Errors
///
/// `bad_value`; those of the act.
pub async fn change_link(
    state: &AppState,
    who: &SignedIn,
    account: AccountId,
    links: bool,
    form: &Form,
) -> Result<(), ApiError> {
    let court = CourtCode::parse(form.text("link-court"))
        .map_err(|_| ApiError::new(ErrorCode::BadValue, "choose the court").in_chinese("请选择法院"))?;
    let context = request_context("login-link")?;
    if links {
        link(state, (&who.actor, &context), account, (&court, form.text("subject"))).await?;
    } else {
        state.filing()?.end_login_link(&who.actor, &context, account, &court).await?;
    }
    Ok(())
}
