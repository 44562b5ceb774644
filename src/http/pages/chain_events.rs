//! `GET /chain/events`: the last block as server-sent events.
//!
//! The id of an event is the height of the block. A browser that connects again sends the last one that it got as `Last-Event-ID`
//! and is answered at once if the chain has grown meanwhile; a page that opens a new connection says the same as `?after=`. Blocks
//! themselves are at `/v1/blocks`.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream::{self, StreamExt as _};

use crate::http::api::court::shutdown::ShutdownSignal;
use crate::http::app_state::AppState;
use crate::http::chain_listeners::Listener;
use crate::http::client_address::ClientAddress;
use crate::http::pages::form::PageParameters;
use crate::http::problem::ApiError;
use crate::http::request::header;
use crate::http::request_log::OpenEnded;

const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies of the nginx family pass each event on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Seconds after which a client that was refused may try again.
const RETRY_AFTER_S: u64 = 30;

/// A listener, and the shutdown that ends it.
struct Events {
    listener: Listener,
    closing: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Events {
    async fn step(mut self) -> Option<(Bytes, Self)> {
        let bytes = tokio::select! {
            biased;
            () = &mut self.closing => None,
            bytes = self.listener.next() => bytes,
        };
        Some((bytes?, self))
    }
}

/// The growth of the chain, until the client leaves.
///
/// # Errors
///
/// `busy` while as many listen as may.
pub async fn events(
    State(state): State<Arc<AppState>>,
    client: ClientAddress,
    shutdown: ShutdownSignal,
    headers: HeaderMap,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let after = Some(header(&headers, &LAST_EVENT)).filter(|id| !id.is_empty());
    let after = after.unwrap_or_else(|| parameters.text("after")).parse().ok();
    let listener = state.chain_listeners().listen(client.group(), after).ok_or_else(|| {
        let failure = ApiError::busy("listeners to the chain").retry_after(RETRY_AFTER_S);
        failure.in_chinese("订阅区块动态的连接过多，请稍后重试，或者改用 /v1/blocks 查询")
    })?;
    let events = Events { listener, closing: Box::pin(shutdown.wait()) };
    let events = stream::unfold(events, Events::step).map(Ok::<_, Infallible>);
    let mut response = Body::from_stream(events).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    response.extensions_mut().insert(OpenEnded);
    Ok(response)
}
