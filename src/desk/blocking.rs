//! Runs blocking work of the filing service on tokio's blocking threads.

use crate::desk::declined::DeskError;

/// Runs `work` on a thread that may block.
///
/// # Errors
///
/// [`DeskError::NoThread`]: the system gave none, and the work was not begun. [`DeskError::Thread`]: the thread panicked.
pub async fn on_blocking_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, DeskError> {
    // The runtime panics where not a single thread can be started.
    let started = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| tokio::task::spawn_blocking(work)));
    let started = started.map_err(|_| DeskError::NoThread)?;
    started.await.map_err(|error| DeskError::Thread(error.to_string()))
}
