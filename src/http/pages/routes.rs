//! All pages.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::http::app_state::AppState;
use crate::http::pages::{
    account, admin, admin_calendar, admin_courts, admin_erasures, admin_identity, admin_log, admin_node, assets, cases,
    chain, chain_events, deposit, deposit_list, documentation, guide, login, middleware, one_time_code, problems,
    record, record_path, register, start,
};
use crate::http::run_to_completion::run_to_completion;

/// The routes of the pages, with their middleware.
pub(in crate::http) fn routes(state: &Arc<AppState>) -> Router<Arc<AppState>> {
    Router::new()
        .route("/", get(start::start))
        .route("/search", get(start::search))
        .route("/d/{number}", get(record::record))
        .route("/d/{number}/path", get(record_path::record_path))
        .route("/chain", get(chain::chain))
        .route("/chain/events", get(chain_events::events))
        .route("/blocks/{height}", get(chain::block))
        .route("/docs", get(documentation::documentation))
        .route("/docs/shapes", get(documentation::shapes))
        .route("/guides", get(guide::guides))
        .route("/guides/{name}", get(guide::guide))
        .route("/problems", get(problems::problems))
        .route("/problems/{code}", get(problems::problem))
        .merge(accounts())
        .merge(deposits())
        .merge(cases::routes::routes().layer(from_fn(run_to_completion)))
        .route("/assets/{folder}/{*file}", get(assets::asset))
        .layer(from_fn_with_state(Arc::clone(state), middleware::page_middleware))
}

/// The pages of accounts. What a form changes is completed even if the browser is closed meanwhile.
fn accounts() -> Router<Arc<AppState>> {
    Router::new()
        .route("/privacy", get(register::privacy))
        .route("/register", get(register::register_form).post(register::register))
        .route("/login", get(login::login_form).post(login::log_in))
        .route("/login/one-time-code", get(one_time_code::code_form).post(one_time_code::enter_code))
        .merge(provider_logins())
        .route("/logout", post(login::log_out))
        .route("/reset", get(login::reset_form).post(login::reset))
        .route("/activate", get(login::activation_form).post(login::activate))
        .route("/account", get(account::account))
        .route("/account/second-factor", get(account::second_factor_form).post(account::confirm_second_factor))
        .route("/account/export", post(account::export))
        .route("/account/{action}", post(account::change))
        .route("/admin", get(admin::admin))
        .route("/admin/accounts", post(admin::open))
        .route("/admin/accounts/{id}", get(admin::account))
        .route("/admin/accounts/{id}/log", get(admin_log::log))
        .route("/admin/accounts/{id}/{action}", post(admin::change))
        .route("/admin/courts", get(admin_courts::courts))
        .route("/admin/courts/{action}", post(admin_courts::change))
        .route("/admin/calendar", get(admin_calendar::calendar).post(admin_calendar::load))
        .route("/admin/identity", get(admin_identity::providers).post(admin_identity::change))
        .route("/admin/node", get(admin_node::node))
        .route("/admin/node/clock", post(admin_node::confirm_clock))
        .route("/admin/erasures", get(admin_erasures::erasures).post(admin_erasures::erase))
        .layer(from_fn(run_to_completion))
}

/// Login with the identity providers of courts.
#[cfg(feature = "oidc")]
fn provider_logins() -> Router<Arc<AppState>> {
    use crate::http::pages::oidc;
    Router::new()
        .route("/login/oidc/{court}", get(oidc::begin))
        .route("/login/oidc/{court}/callback", get(oidc::callback))
        .route("/login/oidc/{court}/logout", get(oidc::log_out_at_provider))
}

#[cfg(not(feature = "oidc"))]
fn provider_logins() -> Router<Arc<AppState>> {
    Router::new()
}

/// The pages of the own deposits. A deposit is completed even if the browser is closed meanwhile.
fn deposits() -> Router<Arc<AppState>> {
    Router::new()
        .route("/deposit", get(deposit::deposit))
        .route("/deposit/on-behalf", post(deposit::deposit_on_behalf))
        .route("/deposits", get(deposit_list::deposit_list))
        .route("/deposits.csv", get(deposit_list::deposit_csv))
        .layer(from_fn(run_to_completion))
}
