//! Runs blocking work on tokio's blocking threads.

/// Why blocking work has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockingError {
    /// The system could not start a thread, so the work was not begun. Try again later.
    #[error("no thread could be started")]
    NoThread,
    /// The work panicked, or the service is shutting down.
    #[error("the thread that did the work failed: {0}")]
    Thread(String),
}

/// Runs `work` on a thread that may block.
///
/// # Errors
///
/// [`BlockingError`].
pub async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingError> {
    // The runtime panics if it cannot start a single thread.
    let started = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tokio::task::spawn_blocking(work)));
    let started = started.map_err(|_| BlockingError::NoThread)?;
    started.await.map_err(|error| BlockingError::Thread(error.to_string()))
}
