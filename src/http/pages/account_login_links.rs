//! The part of `/account` for roles that are offered, and for logins at identity providers, which the holder links and unlinks.

use axum::http::HeaderValue;
use axum::response::Response;

use crate::court::acts::AcceptRole;
use crate::court::case_number::CourtCode;
use crate::court::line_value::LineValue as _;
use crate::court::words::Role;
use crate::error_code::ErrorCode;
use crate::filing::sign_in::SignedIn;
use crate::http::app_state::AppState;
use crate::http::client_address::ClientAddress;
use crate::http::pages::admin_common::request_context;
use crate::http::pages::form::Form;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::see_other;
use crate::http::problem::ApiError;

/// Days for which the page tells of a change of the links.
const TOLD_DAYS: u64 = 30;

/// What the page says about offered roles and linked logins.
pub struct LoginPart {
    /// Roles to accept: the word, the court, and both as a person reads them.
    pub offers: Vec<(String, String, String)>,
    /// The courts whose identity provider opens the account, each with the time of the link.
    pub links: Vec<(String, String)>,
    /// Courts to whose identity provider the holder may link the account.
    pub linkable: Vec<String>,
    /// When a link was made or ended, within the last days.
    pub changed: Option<String>,
    /// The address at the provider of a link that has begun.
    pub begun: Option<String>,
}

/// What the page says.
///
/// # Errors
///
/// Those of the node.
pub fn login_part(state: &AppState, who: &SignedIn, p: &Layout, begun: Option<String>) -> Result<LoginPart, ApiError> {
    let account = &who.actor.account;
    let offers = account.offered_roles.keys().map(|(role, court)| {
        let court = court.as_ref().map_or_else(String::new, CourtCode::to_string);
        let label = format!("{} {court}", role.label(p.language()));
        (role.word().to_owned(), court, label)
    });
    let links = account.login_links.iter().map(|(court, link)| (court.to_string(), p.moment(&link.since.at)));
    let courts = state.login_providers().into_iter().map(|provider| provider.court);
    let is_linkable = |court: &CourtCode| account.has_role_at(court) && !account.login_links.contains_key(court);
    let now = state.filing()?.now();
    let is_told =
        |at: &crate::court::case::state::ActPosition| at.at.after_days(TOLD_DAYS).is_some_and(|end| end > now);
    Ok(LoginPart {
        offers: offers.collect(),
        links: links.collect(),
        linkable: courts.filter(is_linkable).map(|court| court.to_string()).collect(),
        changed: account.login_links_changed.filter(is_told).map(|changed| p.moment(&changed.at)),
        begun,
    })
}

fn chosen_court(text: &str) -> Result<CourtCode, ApiError> {
    let bad = |_| ApiError::new(ErrorCode::BadValue, "choose the court").in_chinese("请选择法院");
    CourtCode::parse(text).map_err(bad)
}

/// Accepts a role that a court administrator has granted.
///
/// # Errors
///
/// `bad_value`, `no_such_grant`, `own_password_needed`, `foreign_token`; those of the node.
pub async fn accept_role(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, ApiError> {
    let bad = || ApiError::new(ErrorCode::BadValue, "choose a role").in_chinese("请选择角色");
    let role = Role::parse(form.text("role")).ok_or_else(bad)?;
    let court = form.some("court").map(chosen_court).transpose()?;
    let accept = AcceptRole { account: who.actor.id, role, court };
    state.filing()?.accept_role(&who.actor, &request_context("role")?, accept).await?;
    Ok(see_other("/account?done=role"))
}

/// Begins a link: the holder enters the password, and the one-time code where the account has a second factor. Returns the address at the
/// provider, shown as a link, since a form may lead to no other site; and what sets the cookie.
///
/// # Errors
///
/// `bad_value`, `wrong_password`, `wrong_one_time_code`, `no_login_provider`; those of the provider.
#[cfg(feature = "oidc")]
pub async fn begin_link(
    state: &AppState,
    who: &SignedIn,
    client: ClientAddress,
    form: &Form,
) -> Result<(String, Option<HeaderValue>), ApiError> {
    let court = chosen_court(form.text("link-court"))?;
    let filing = state.filing()?;
    filing.require_holder(who, form.raw("link-password"), form.text("link-code")).await?;
    crate::http::pages::oidc::begin_link(state, who.session.hash, (&court, client)).await
}

/// Without the feature `oidc` there is no provider.
///
/// # Errors
///
/// `bad_value`, `wrong_password`, `wrong_one_time_code`, `no_login_provider`.
#[cfg(not(feature = "oidc"))]
pub async fn begin_link(
    state: &AppState,
    who: &SignedIn,
    _: ClientAddress,
    form: &Form,
) -> Result<(String, Option<HeaderValue>), ApiError> {
    chosen_court(form.text("link-court"))?;
    state.filing()?.require_holder(who, form.raw("link-password"), form.text("link-code")).await?;
    Err(ApiError::new(ErrorCode::NoLoginProvider, "no identity provider is configured for this court"))
}

/// Ends a link, and all sessions of the account.
///
/// # Errors
///
/// `bad_value`, `no_such_login_link`; those of the node.
pub async fn end_link(state: &AppState, who: &SignedIn, form: &Form) -> Result<Response, ApiError> {
    let court = chosen_court(form.text("link-court"))?;
    state.filing()?.end_login_link(&who.actor, &request_context("login-link")?, who.actor.id, &court).await?;
    Ok(see_other("/login?done=unlinked"))
}
