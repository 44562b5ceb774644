//! Waiting for a condition, and for timers that the test moves itself: no test sleeps.

use std::pin::pin;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A longer wait is a hang, and fails. Nothing else depends on it.
const HANG: Duration = Duration::from_mins(2);

#[expect(clippy::disallowed_methods, reason = "ends a test that hangs, and decides nothing else")]
fn now() -> Instant {
    Instant::now()
}

/// Returns once `is_so`.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = now();
    while !is_so() {
        assert!(now() - begun < HANG, "in vain: {what}");
        tokio::task::yield_now().await;
    }
}

/// The first value that `look` returns.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(now() - begun < HANG, "in vain: {what}");
        tokio::task::yield_now().await;
    }
}

/// The timers of the test's own runtime stand still from now on, except in [`Timers::passing`]. Sockets and threads are not
/// affected, however long they take.
pub(crate) struct Timers {
    _held: mpsc::Sender<()>,
}

impl Timers {
    pub(crate) fn stop() -> Self {
        tokio::time::pause();
        // Tokio lets paused time pass by itself while the runtime is idle, unless a blocking task runs.
        let (held, end) = mpsc::channel();
        tokio::task::spawn_blocking(move || end.recv());
        Self { _held: held }
    }

    /// The outcome of `future`, with time passing step by step until it is ready.
    pub(crate) async fn passing<T>(&self, step: Duration, future: impl Future<Output = T>) -> T {
        let (begun, mut future) = (now(), pin!(future));
        loop {
            tokio::select! {
                biased;
                outcome = &mut future => return outcome,
                () = tokio::time::advance(step) => assert!(now() - begun < HANG, "in vain"),
            }
        }
    }
}
