//! How long a batch may keep its place while the server waits for its client.
//!
//! Only deposits count as progress: a client that sends lines which are rejected, or half a line, does not keep its place
//! with them. While other batches wait for a place, each deposit buys one more second, so a client that sends one now and
//! then gives way to others.

use std::time::Duration;

use tokio::time::Instant;

use crate::error_code::ErrorCode;
use crate::http::body::too_slow;
use crate::http::options::Options;
use crate::http::problem::Failure;

/// What each piece of lines with a deposit buys.
const CREDIT: Duration = Duration::from_secs(1);
/// How often it is looked whether others wait.
const ROUND: Duration = Duration::from_millis(250);

/// The waiting time of one batch. Time in which the server works on its lines does not count.
#[derive(Debug)]
pub struct BatchTimeout {
    /// Longest wait without a deposit.
    longest: Duration,
    /// Longest wait while others wait.
    longest_contended: Duration,
    /// For the client, since the last deposit.
    waited: Duration,
    /// For the client, without what deposits have bought.
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

    /// The server waits for the client from now on, or no more.
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

    /// In how long [`Self::end`] is to be asked again.
    #[must_use]
    pub fn next_check(&self) -> Duration {
        let left = self.longest.saturating_sub(self.waited);
        ROUND.min(self.longest_contended).min(left)
    }

    /// Why the batch ends now, if it does; `is_contended` while other batches wait for a place.
    pub fn end(&mut self, is_contended: bool) -> Option<Failure> {
        self.set_waiting(true);
        if self.waited >= self.longest {
            return Some(too_slow());
        }
        let detail = "no deposit came for too long while other batches waited; send the rest again";
        (is_contended && self.debt >= self.longest_contended).then(|| Failure::new(ErrorCode::BatchStalled, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waited(patience: &mut BatchTimeout, seconds: u64) {
        // As if the time had passed.
        patience.waited += Duration::from_secs(seconds);
        patience.debt += Duration::from_secs(seconds);
    }

    #[test]
    fn a_batch_ends_without_deposits_and_sooner_while_others_wait() {
        let second = Duration::from_secs(1);
        let options = Options { body_timeout: 30 * second, batch_progress: 5 * second, ..Options::default() };
        let code = |patience: &mut BatchTimeout, contended| patience.end(contended).map(|failure| failure.code());
        let mut patience = BatchTimeout::new(&options);
        assert_eq!(code(&mut patience, true), None);
        waited(&mut patience, 6);
        assert_eq!(code(&mut patience, false), None);
        assert_eq!(code(&mut patience, true), Some("batch_stalled"));
        // One deposit buys a second and not the whole time again.
        patience.renew();
        assert_eq!(code(&mut patience, true), Some("batch_stalled"));
        patience.renew();
        patience.renew();
        assert_eq!(code(&mut patience, true), None);
        waited(&mut patience, 29);
        assert_eq!(code(&mut patience, false), None);
        waited(&mut patience, 1);
        assert_eq!(code(&mut patience, false), Some("body_timeout"));
        patience.renew();
        assert_eq!(code(&mut patience, false), None);
    }
}
