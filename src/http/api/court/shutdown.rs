//! The end of the node, for whoever waits: a request that waits for news must not hold up the shutdown.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use tokio::sync::watch;

/// Becomes true when the node shuts down. Where nobody said so, it never does.
#[derive(Debug, Clone, Default)]
pub struct ShutdownSignal(Option<watch::Receiver<bool>>);

impl ShutdownSignal {
    /// The end as told through `receiver`.
    #[must_use]
    pub const fn from_receiver(receiver: watch::Receiver<bool>) -> Self {
        Self(Some(receiver))
    }

    /// Waits for it.
    pub async fn wait(mut self) {
        match &mut self.0 {
            // Whoever would have said so is gone: that is the end too.
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
