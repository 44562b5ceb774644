//! Requests that change something are completed even if their client disconnects.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::problem::ApiError;

/// Completes a request even if its client disconnects.
pub(in crate::http) async fn run_to_completion(request: Request, next: Next) -> Response {
    // Except requests that only wait for events.
    if request.uri().path() == "/v1/feed" {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => ApiError::internal(&error).into_response(),
    }
}
