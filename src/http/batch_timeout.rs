//! The time for which the server waits for the client of a batch before it ends the batch.
//!
//! Only accepted deposits count as progress, not rejected or incomplete lines. While other batches wait for a permit, each chunk
//! with a deposit extends the wait by one second, so a slow client does not keep its permit for long.

use std::time::Duration;

use tokio::time::Instant;

use crate::error_code::ErrorCode;
use crate::http::body::too_slow;
use crate::http::options::Options;
use crate::http::problem::ApiError;

/// Extension of the wait per chunk of lines with a deposit.
const CREDIT: Duration = Duration::from_secs(1);
/// Interval of the checks whether other batches wait.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// The time that one batch has waited for its client. The server's own processing time does not count.
#[derive(Debug)]
pub struct BatchTimeout {
    /// Longest wait without a deposit.
    longest: Duration,
    /// Longest wait while others wait.
    longest_contended: Duration,
    /// Time waited since the last deposit.
    waited: Duration,
    /// Time waited, less the extensions.
    debt: Duration,
    since: Option<Instant>,
}

impl BatchTimeout {
    /// At the beginning of a batch.
    #[must_use]
    pub const fn new(options: &Options) -> Self {
        let (longest, longest_contended) = (options.body_timeout, options.batch_progress);
        Self { longest, longest_contended, waited: Duration::ZERO, debt: Duration::ZERO, since: None }
    }

    /// Sets whether the server waits for the client now.
    pub fn set_waiting(&mut self, waits: bool) {
        let now = Instant::now();
        if let Some(since) = self.since.take() {
            let waited = now.saturating_duration_since(since);
            self.waited = self.waited.saturating_add(waited);
            self.debt = self.debt.saturating_add(waited);
        }
        self.since = waits.then_some(now);
    }

    /// Lines with a deposit came.
    pub fn renew(&mut self) {
        self.waited = Duration::ZERO;
        self.debt = self.debt.saturating_sub(CREDIT);
    }

    /// The time until [`Self::end`] must be called again.
    #[must_use]
    pub fn next_check(&self) -> Duration {
        let left = self.longest.saturating_sub(self.waited);
        CHECK_INTERVAL.min(self.longest_contended).min(left)
    }

    /// The reason to end the batch now, if there is one; `is_contended` while other batches wait for a permit.
    pub fn end(&mut self, is_contended: bool) -> Option<ApiError> {
        self.set_waiting(true);
        if self.waited >= self.longest {
            return Some(too_slow());
        }
        let detail = "no deposit came for too long while other batches waited; send the rest again";
        (is_contended && self.debt >= self.longest_contended).then(|| ApiError::new(ErrorCode::BatchStalled, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn wait(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_ends_without_deposits_and_sooner_while_others_wait() {
        let second = Duration::from_secs(1);
        let options = Options { body_timeout: 30 * second, batch_progress: 5 * second, ..Options::default() };
        let code =
            |timeout: &mut BatchTimeout, contended| timeout.end(contended).map(|failure| failure.code().as_str());
        let mut timeout = BatchTimeout::new(&options);
        assert_eq!(code(&mut timeout, true), None);
        wait(6).await;
        assert_eq!(code(&mut timeout, false), None);
        assert_eq!(code(&mut timeout, true), Some("batch_stalled"));
        // One deposit buys a second and not the whole time again.
        timeout.renew();
        assert_eq!(code(&mut timeout, true), Some("batch_stalled"));
        timeout.renew();
        timeout.renew();
        assert_eq!(code(&mut timeout, true), None);
        wait(29).await;
        assert_eq!(code(&mut timeout, false), None);
        wait(1).await;
        assert_eq!(code(&mut timeout, false), Some("body_timeout"));
        timeout.renew();
        assert_eq!(code(&mut timeout, false), None);
        // Time in which the server works on its lines does not count.
        timeout.set_waiting(false);
        wait(60).await;
        assert_eq!(code(&mut timeout, false), None);
    }
}
