//! The shutdown signal for requests that wait for events, so that they do not delay the shutdown.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::watch;

/// Completes when the node shuts down; never, in a router without a signal.
#[derive(Debug, Clone, Default)]
pub struct ShutdownSignal(Option<watch::Receiver<bool>>);

impl ShutdownSignal {
    /// The signal that becomes true in `receiver`.
    #[must_use]
    pub const fn from_receiver(receiver: watch::Receiver<bool>) -> Self {
        Self(Some(receiver))
    }

    /// Waits for the shutdown.
    pub async fn wait(mut self) {
        match &mut self.0 {
            // A dropped sender also means shutdown.
            Some(receiver) => drop(receiver.wait_for(|closing| *closing).await),
            None => std::future::pending().await,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for ShutdownSignal {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}
