//! Deposits by token, originals in custody, erasures: the routes.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use crate::http::node::Node;

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<Node>> {
    OpenApiRouter::new()
}
