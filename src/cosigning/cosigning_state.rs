//! The state of the collector: its witnesses and the progress of the quorum. API answers, metrics, and deposits that wait for a
//! quorum read it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

use crate::cosigning::last_cosigned::LastCosigned;
use crate::cosigning::witness_policy::{ConfiguredWitness, WitnessPolicy};
use crate::ledger::merkle::shape::TreeSize;
use crate::ledger::policy::Policy;

/// The result of the last request to a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WitnessHealth {
    /// No request since the start.
    Unknown,
    /// It has cosigned at the last request.
    Cosigning,
    /// It has not; the code of the error.
    Failing(&'static str),
}

impl WitnessHealth {
    /// Its name in answers.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Cosigning => "cosigning",
            Self::Failing(_) => "failing",
        }
    }

    /// The code of the error.
    #[must_use]
    pub const fn error(self) -> Option<&'static str> {
        match self {
            Self::Failing(code) => Some(code),
            Self::Unknown | Self::Cosigning => None,
        }
    }
}

/// A witness and its last cosignature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessReport {
    /// The witness.
    pub witness: ConfiguredWitness,
    /// The result of the last request.
    pub health: WitnessHealth,
    /// The last checkpoint that it cosigned.
    pub last: Option<LastCosigned>,
}

/// A deposit's checkpoint did not get its quorum in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{collected} of the {required} cosignatures that are required were collected in time")]
pub struct QuorumTimeout {
    /// How many witnesses of the quorum have cosigned a checkpoint that covers the deposit.
    pub collected: usize,
    /// The smallest number of cosignatures with which the quorum can be reached.
    pub required: usize,
}

/// The checkpoint that the witnesses are asked for, and how many of the quorum have cosigned it.
#[derive(Debug, Clone, Copy)]
struct Progress {
    size: TreeSize,
    collected: usize,
}

/// The state of the collector, shared with answers and metrics.
#[derive(Debug)]
pub struct CosigningState {
    policy: Arc<WitnessPolicy>,
    reports: Mutex<Vec<WitnessReport>>,
    progress: Mutex<Progress>,
    witnessed: watch::Sender<TreeSize>,
}

impl CosigningState {
    /// The state before the first request. The checkpoint of `witnessed` leaves is the largest that has its quorum; `last` is the
    /// last checkpoint that each witness has cosigned.
    #[must_use]
    pub fn new(policy: Arc<WitnessPolicy>, witnessed: TreeSize, last: Vec<Option<LastCosigned>>) -> Self {
        let report = |(witness, last): (&ConfiguredWitness, _)| {
            let (witness, health) = (witness.clone(), WitnessHealth::Unknown);
            WitnessReport { witness, health, last }
        };
        let last = last.into_iter().chain(std::iter::repeat(None));
        let reports = policy.witnesses().iter().zip(last).map(report).collect();
        let progress = Mutex::new(Progress { size: TreeSize::EMPTY, collected: 0 });
        Self { policy, reports: Mutex::new(reports), progress, witnessed: watch::Sender::new(witnessed) }
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        self.policy.policy()
    }

    /// The witnesses, in the order of the policy.
    #[must_use]
    pub fn reports(&self) -> Vec<WitnessReport> {
        lock(&self.reports).clone()
    }

    /// The size of the largest checkpoint that has its quorum; 0 if there is none.
    #[must_use]
    pub fn witnessed(&self) -> TreeSize {
        *self.witnessed.borrow()
    }

    /// Waits until a checkpoint of at least `end` leaves has its quorum, for `limit` at most.
    ///
    /// # Errors
    ///
    /// [`QuorumTimeout`].
    pub async fn wait_for_quorum(&self, end: TreeSize, limit: Duration) -> Result<(), QuorumTimeout> {
        let mut witnessed = self.witnessed.subscribe();
        // The sender lives as long as `self`.
        let reached = witnessed.wait_for(|witnessed| *witnessed >= end);
        if matches!(timeout(limit, reached).await, Ok(Ok(_))) {
            return Ok(());
        }
        let progress = *lock(&self.progress);
        let collected = if progress.size >= end { progress.collected } else { 0 };
        Err(QuorumTimeout { collected, required: self.policy().required() })
    }

    /// Records that `collected` witnesses of the quorum have cosigned the checkpoint of `size` leaves.
    pub(in crate::cosigning) fn set_progress(&self, size: TreeSize, collected: usize) {
        *lock(&self.progress) = Progress { size, collected };
    }

    /// Records that the checkpoint of `size` leaves has its quorum, and that this is stored.
    pub(in crate::cosigning) fn set_witnessed(&self, size: TreeSize) {
        self.witnessed.send_if_modified(|witnessed| {
            let is_larger = *witnessed < size;
            *witnessed = size.max(*witnessed);
            is_larger
        });
    }

    /// Records the result of a request to witness number `at`, with its cosignature if there is one. Returns the result before.
    pub(in crate::cosigning) fn set_health(
        &self,
        at: usize,
        health: WitnessHealth,
        cosigned: Option<LastCosigned>,
    ) -> WitnessHealth {
        let mut reports = lock(&self.reports);
        let Some(report) = reports.get_mut(at) else { return health };
        let is_larger = |new: &LastCosigned| report.last.as_ref().is_none_or(|last| new.size >= last.size);
        if let Some(cosigned) = cosigned.filter(is_larger) {
            report.last = Some(cosigned);
        }
        std::mem::replace(&mut report.health, health)
    }
}

/// The cosignatures of a node, and whether deposits wait for them.
#[derive(Debug, Clone)]
pub struct Cosigning {
    /// The collector's state.
    pub state: Arc<CosigningState>,
    /// For how long a deposit waits for its quorum; `None` if it is acknowledged when it is sealed.
    pub wait: Option<Duration>,
}

// Each lock is held for one assignment, so the value is valid even if a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
