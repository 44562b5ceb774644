//! `/docs`: the description of the API.

use askama::Template;
use axum::response::Response;

use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;

#[derive(Template)]
#[template(path = "docs.html")]
struct DocumentationPage {
    p: Layout,
}

/// The description of the API.
///
/// # Errors
///
/// [`ApiError`].
pub async fn documentation(visit: Visit) -> Result<Response, ApiError> {
    visit.page(Audience::Public, &DocumentationPage { p: visit.layout("接口文档", "API documentation") })
}
