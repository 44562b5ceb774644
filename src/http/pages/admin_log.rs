//! `/admin/accounts/{id}/log`: who was shown the private content of an account.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::court::ids::AccountId;
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::json_request::access_log_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::admin_common::require_manager;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Member, Visit};
use crate::http::problem::ApiError;
use crate::wire::court::lists::AccessLogJson;

/// Entries on one page.
const ENTRIES: u32 = 50;

#[derive(Template)]
#[template(path = "admin_log.html")]
struct LogPage {
    p: Layout,
    id: String,
    log: AccessLogJson,
}

/// The access log of an account.
///
/// # Errors
///
/// `not_found`, `second_factor_needed`, `bad_cursor`; those of a read.
pub async fn log(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    Path(id): Path<String>,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    require_manager(&state, &who)?;
    let account = AccountId::parse(&id).ok_or(FilingError::NotFound)?;
    let page = PageQuery { limit: Some(ENTRIES), cursor: parameters.some("cursor").map(str::to_owned) };
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let log = access_log_json(&state.filing()?.account_log(&who.actor, account, after, limit).await?);
    let p = visit.layout("账号访问日志", "Access log of an account");
    visit.page(Audience::Private, &LogPage { p, id: account.to_string(), log })
}
