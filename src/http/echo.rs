//! A baseline server for measurements: parses the requests of `POST /v1/deposits` with the same code, checks signatures with
//! `verify_strict`, and answers with constant bytes. The difference to a node is the cost of the ledger. It stores nothing.

use std::io;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;

use crate::http::api::deposits::read;
use crate::http::problem::ApiError;
use crate::ledger::statement::signed::StatementError;
use crate::wire::deposit::REQUEST_MAX;

/// Serves until the process ends: `answer` to every good deposit and to every `GET /`.
///
/// # Errors
///
/// The listener's.
pub async fn serve(listener: TcpListener, answer: Vec<u8>) -> io::Result<()> {
    let answer = Bytes::from(answer);
    let router = Router::new().route("/v1/deposits", post(deposit)).route("/", get(bare)).with_state(answer);
    axum::serve(listener, router).await
}

async fn deposit(State(answer): State<Bytes>, body: Body) -> Response {
    match check(body).await {
        Ok(()) => (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], answer).into_response(),
        Err(failure) => failure.into_response(),
    }
}

async fn check(body: Body) -> Result<(), ApiError> {
    let bytes = axum::body::to_bytes(body, REQUEST_MAX).await.map_err(|error| ApiError::internal(&error))?;
    let (statement, _) = read(&bytes)?;
    match statement.strictly_forged_key() {
        None => Ok(()),
        Some(name) => Err(StatementError::BadSignature { name }.into()),
    }
}

async fn bare(State(answer): State<Bytes>) -> Response {
    ([(CONTENT_TYPE, "application/json")], answer).into_response()
}
