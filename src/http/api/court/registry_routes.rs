//! The routes of accounts, tokens, lists, feed and webhooks.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::api::court::{accounts, feed, keys, lists, tokens, webhooks};
use crate::http::app_state::AppState;

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(accounts::who_am_i))
        .routes(routes!(accounts::open_account))
        .routes(routes!(accounts::view_account))
        .routes(routes!(accounts::check_identity))
        .routes(routes!(accounts::grant_role))
        .routes(routes!(accounts::revoke_role))
        .routes(routes!(accounts::account_access_log))
        .routes(routes!(keys::enrol_key, keys::list_keys))
        .routes(routes!(keys::remove_key))
        .routes(routes!(tokens::issue_token))
        .routes(routes!(tokens::revoke_token))
        .routes(routes!(lists::trust_ledger, lists::list_ledgers))
        .routes(routes!(lists::distrust_ledger))
        .routes(routes!(lists::load_calendar, lists::list_calendars))
        .routes(routes!(feed::follow_feed))
        .routes(routes!(webhooks::register_webhook, webhooks::list_webhooks))
        .routes(routes!(webhooks::remove_webhook))
}
