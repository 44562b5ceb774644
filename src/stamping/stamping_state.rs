//! The state of the stamper: each authority with its last token, for metrics and the health page.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::time::Timestamp;

/// An authority and its last token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityReport {
    /// Its address.
    pub url: String,
    /// The last stamped checkpoint, and the time that its token attests.
    pub last: Option<(TreeSize, Timestamp)>,
    /// The code of the last request's error; `None` if it gave a token, or none was sent.
    pub error: Option<&'static str>,
}

/// The state of the stamper.
#[derive(Debug)]
pub struct StampingState {
    reports: Mutex<Vec<AuthorityReport>>,
}

impl StampingState {
    /// The state before the first request.
    #[must_use]
    pub fn new(urls: impl IntoIterator<Item = String>) -> Self {
        let report = |url| AuthorityReport { url, last: None, error: None };
        Self { reports: Mutex::new(urls.into_iter().map(report).collect()) }
    }

    /// The authorities, in the order of the configuration.
    #[must_use]
    pub fn reports(&self) -> Vec<AuthorityReport> {
        self.lock().clone()
    }

    /// Records the last token of authority number `at`. Returns the error before it.
    pub(in crate::stamping) fn set_stamped(&self, at: usize, size: TreeSize, time: Timestamp) -> Option<&'static str> {
        let mut reports = self.lock();
        let report = reports.get_mut(at)?;
        report.last = Some((size, time));
        report.error.take()
    }

    /// Records a failed request to authority number `at`. Returns the error before it.
    pub(in crate::stamping) fn set_failed(&self, at: usize, code: &'static str) -> Option<&'static str> {
        self.lock().get_mut(at)?.error.replace(code)
    }

    // The lock is held for one assignment, so the value is valid even if a thread panicked.
    fn lock(&self) -> MutexGuard<'_, Vec<AuthorityReport>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
