//! Runs blocking work of the filing service on tokio's blocking threads.

use crate::filing::filing_error::FilingError;

/// Runs `work` on a thread that may block.
///
/// # Errors
///
/// [`FilingError::NoThread`]: the system gave none, and the work was not begun. [`FilingError::Thread`]: the thread panicked.
pub async fn on_blocking_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FilingError> {
    // The runtime panics where not a single thread can be started.
    let started = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tokio::task::spawn_blocking(work)));
    let started = started.map_err(|_| FilingError::NoThread)?;
    started.await.map_err(|error| FilingError::Thread(error.to_string()))
}
