//! The routes of cases, evidence and parties.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::api::court::{acts, association, cases, imports, transfer, verification};
use crate::http::app_state::AppState;

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(cases::open_case, cases::list_cases))
        .routes(routes!(cases::view_case))
        .routes(routes!(acts::act_upon_case, acts::list_acts))
        .routes(routes!(cases::case_access_log))
        .routes(routes!(association::issue_code))
        .routes(routes!(association::associate))
        .routes(routes!(imports::import))
        .routes(routes!(imports::import_batch))
        .routes(routes!(cases::view_item))
        .routes(routes!(verification::verify_item))
        .routes(routes!(transfer::transfer_case))
}
