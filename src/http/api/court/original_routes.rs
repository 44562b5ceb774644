//! The routes of deposits by token, originals in custody and erasures.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::api::court::{deposits_on_behalf, erasures, originals};
use crate::http::app_state::AppState;

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(routes!(deposits_on_behalf::deposit_on_behalf, deposits_on_behalf::list_deposits_on_behalf))
        .routes(routes!(deposits_on_behalf::view_private_content))
        .routes(routes!(deposits_on_behalf::deposit_access_log))
        .routes(routes!(originals::put_original, originals::get_original))
        .routes(routes!(erasures::erase))
        .routes(routes!(erasures::follow_erasure))
}
