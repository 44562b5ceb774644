//! The routes of accounts, tokens, lists, feed and webhooks.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error_code::ErrorCode;
use crate::http::api::court::{
    account_logins, accounts, appeal_courts, feed, identity_providers, keys, lists, login_links, tokens, webhooks,
};
use crate::http::app_state::AppState;
use crate::http::openapi::{READS, WRITES, by_token, codes, public};

/// The rules that hold for every act upon the registry of accounts.
const ACTING: &[ErrorCode] = codes![NotFound, NotPermitted, NotOfTheRegistry];
/// Texts of an act.
const TEXTS: &[ErrorCode] = codes![TextTooLong, ControlCharacter];

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    account_routes().merge(role_routes()).merge(identity_routes()).merge(list_routes())
}

/// The routes of accounts, their keys and their tokens.
fn account_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(routes!(accounts::who_am_i), &[]))
        .routes(by_token(routes!(accounts::open_account), &[WRITES, ACTING, TEXTS, codes![AccountExists]]))
        .routes(by_token(routes!(accounts::view_account), &[WRITES, codes![NotFound]]))
        .routes(by_token(
            routes!(accounts::check_identity),
            &[WRITES, ACTING, TEXTS, codes![NoSuchAccount, AccountClosed]],
        ))
        .routes(by_token(
            routes!(login_links::link_login),
            &[
                WRITES,
                ACTING,
                TEXTS,
                codes![NoSuchAccount, AccountClosed, NoRoleAtCourt, LoginLinked, LoginLinkExists, NoLoginProvider],
            ],
        ))
        .routes(by_token(
            routes!(login_links::end_login_link),
            &[WRITES, ACTING, codes![NoSuchAccount, AccountClosed, NoSuchLoginLink]],
        ))
        .routes(by_token(routes!(accounts::account_access_log), &[WRITES, codes![NotFound]]))
        .routes(by_token(
            routes!(account_logins::issue_reset_code),
            &[WRITES, codes![NotFound, NotPermitted, NoPassword, NoSecondFactor]],
        ))
        .routes(by_token(routes!(account_logins::unlock_login), &[codes![NotFound, NotPermitted, NoPassword]]))
        .routes(by_token(routes!(keys::enrol_key), &[codes![TooManyKeys, Unavailable]]))
        .routes(by_token(routes!(keys::list_enrolled_keys), &[]))
        .routes(by_token(routes!(keys::remove_key), &[codes![NotFound, Unavailable]]))
        .routes(by_token(
            routes!(tokens::issue_token),
            &[
                WRITES,
                ACTING,
                codes![
                    NoSuchAccount,
                    AccountClosed,
                    TooManyTokens,
                    IssuingToken,
                    TokenExceedsIssuing,
                    TooManyGenerations,
                    TokenExists
                ],
            ],
        ))
        .routes(by_token(routes!(tokens::revoke_token), &[WRITES, codes![NotFound, NoSuchToken, NotDurable]]))
}

/// The routes of roles.
fn role_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(
            routes!(accounts::grant_role),
            &[
                WRITES,
                ACTING,
                codes![
                    NoSuchAccount,
                    AccountClosed,
                    CourtMismatch,
                    SecondPersonNeeded,
                    OwnPasswordNeeded,
                    ForeignToken
                ],
            ],
        ))
        .routes(by_token(
            routes!(accounts::accept_role),
            &[
                WRITES,
                ACTING,
                codes![NoSuchAccount, AccountClosed, NoSuchGrant, SignInNeeded, OwnPasswordNeeded, ForeignToken],
            ],
        ))
        .routes(by_token(
            routes!(accounts::revoke_role),
            &[WRITES, ACTING, codes![NoSuchAccount, AccountClosed, NoSuchGrant, CourtMismatch]],
        ))
}

/// The routes of providers of identity checks.
fn identity_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(routes!(identity_providers::register_identity_provider), &[WRITES, ACTING, TEXTS]))
        .routes(by_token(routes!(identity_providers::list_identity_providers), &[READS]))
        .routes(by_token(
            routes!(identity_providers::remove_identity_provider),
            &[WRITES, ACTING, codes![NoSuchIdentityProvider]],
        ))
        .routes(by_token(
            routes!(identity_providers::begin_verification),
            &[WRITES, ACTING, codes![NoSuchIdentityProvider, NoSuchAccount, AccountClosed]],
        ))
        .routes(by_token(
            routes!(identity_providers::confirm_identity),
            &[
                WRITES,
                TEXTS,
                codes![
                    NotFound,
                    NoSuchIdentityProvider,
                    NoSuchVerification,
                    AccountClosed,
                    BeyondProvider,
                    RequestReused
                ],
            ],
        ))
        .routes(public(
            routes!(identity_providers::send_identity_result),
            &[
                WRITES,
                TEXTS,
                codes![
                    NotFound,
                    BadValue,
                    BadProviderSignature,
                    NoSuchIdentityProvider,
                    NoSuchVerification,
                    AccountClosed,
                    BeyondProvider,
                    RequestReused,
                ],
            ],
        ))
}

/// The routes of lists, feed and webhooks.
fn list_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(routes!(lists::trust_ledger), &[WRITES, ACTING]))
        .routes(by_token(routes!(lists::list_ledgers), &[codes![BadValue]]))
        .routes(by_token(routes!(lists::distrust_ledger), &[WRITES, ACTING, codes![NotListed]]))
        .routes(by_token(
            routes!(lists::load_calendar),
            &[
                WRITES,
                ACTING,
                codes![
                    CalendarYear,
                    CalendarRepeatedYear,
                    CalendarOtherYear,
                    CalendarRepeatedDay,
                    CalendarNotWeekend,
                    CalendarRestTooLong,
                ],
            ],
        ))
        .routes(by_token(routes!(lists::list_calendars), &[]))
        .routes(by_token(
            routes!(appeal_courts::set_appeal_court),
            &[WRITES, ACTING, TEXTS, codes![CourtPairExists, SameCourt]],
        ))
        .routes(by_token(routes!(appeal_courts::list_appeal_courts), &[codes![BadValue]]))
        .routes(by_token(routes!(appeal_courts::end_appeal_court), &[WRITES, ACTING, TEXTS, codes![NoCourtPair]]))
        .routes(by_token(routes!(feed::follow_feed), &[READS, codes![BadValue, NotFound]]))
        .routes(by_token(
            routes!(webhooks::register_webhook),
            &[WRITES, ACTING, TEXTS, codes![HookExists, WebhookAddressRefused]],
        ))
        .routes(by_token(routes!(webhooks::list_webhooks), &[codes![BadValue, NotPermitted]]))
        .routes(by_token(routes!(webhooks::remove_webhook), &[WRITES, ACTING, codes![NoSuchHook]]))
}
