//! Cosignatures of witnesses: levels of proof, quorums, faults of witnesses, and the check at a start.

mod faults;
mod levels;
mod quorum;
mod starting;

use std::sync::Arc;
use std::time::Duration;

use tiezheng::cosigning::collector::{Collector, CollectorParts};
use tiezheng::cosigning::cosigning_state::Cosigning;
use tiezheng::cosigning::witness_client::WitnessTimeouts;
use tiezheng::cosigning::witness_policy::WitnessPolicy;
use tiezheng::query::service::QueryService;
use tiezheng::sequencer::ledger_keys::PreviousKey;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::traits::{Annotations, LedgerReader};
use tokio::sync::oneshot;

use crate::support::depositor::{ledger_key, origin};
use crate::support::fake_witness::FakeWitness;
use crate::support::test_node::{NodeConfig, TestNode};

/// Of requests to fake witnesses, of which the silent ones never answer.
const TIMEOUTS: WitnessTimeouts =
    WitnessTimeouts { connect: Duration::from_secs(5), request: Duration::from_millis(500) };

/// A policy over witnesses `w1`, `w2`, … with these further lines.
fn policy(witnesses: &[FakeWitness], lines: &str) -> Arc<WitnessPolicy> {
    let mut text = format!("log {}\n", ledger_key().verifier());
    for (number, witness) in (1..).zip(witnesses) {
        text += &witness.line(&format!("w{number}"));
    }
    Arc::new(WitnessPolicy::parse(&(text + lines), ledger_key().verifier()).unwrap())
}

async fn witnesses<const N: usize>() -> [FakeWitness; N] {
    let mut started = Vec::new();
    for number in 1..=N {
        started.push(FakeWitness::start(u8::try_from(number).unwrap(), ledger_key().verifier()).await);
    }
    started.try_into().unwrap_or_else(|_| unreachable!())
}

/// A node in memory whose collector asks the witnesses of `policy`.
struct Witnessed {
    node: TestNode,
    store: Arc<MemoryStore>,
    /// Dropped, it stops the collector.
    _stop: oneshot::Sender<()>,
}

impl Witnessed {
    async fn start(policy: Arc<WitnessPolicy>, wait: Option<Duration>) -> Self {
        Self::over(Arc::new(MemoryStore::new(origin())), policy, wait).await
    }

    async fn over(store: Arc<MemoryStore>, policy: Arc<WitnessPolicy>, wait: Option<Duration>) -> Self {
        let annotations = Arc::clone(&store) as Arc<dyn Annotations>;
        Self::keeping(store, annotations, policy, wait).await
    }

    /// A node over `store` that keeps its cosignatures in `annotations`.
    async fn keeping(
        store: Arc<MemoryStore>,
        annotations: Arc<dyn Annotations>,
        policy: Arc<WitnessPolicy>,
        wait: Option<Duration>,
    ) -> Self {
        let queries = Arc::new(QueryService::new(Arc::clone(&store) as Arc<dyn LedgerReader>, 16));
        let (stop, stopped) = oneshot::channel::<()>();
        let plan = NodeConfig {
            cosigning: Some(Box::new(move |sequencer| {
                let keys = vec![ledger_key().verifier().clone()];
                let (previous_key, timeouts) = (PreviousKey::default(), TIMEOUTS);
                let parts = CollectorParts {
                    queries,
                    store: annotations,
                    sequencer,
                    keys,
                    previous_key,
                    remove_previous_key: Arc::new(|| Ok(false)),
                    policy,
                    timeouts,
                };
                let (collector, state) = Collector::new(parts).unwrap();
                tokio::spawn(collector.run(async { drop(stopped.await) }));
                Cosigning { state, wait }
            })),
            ..NodeConfig::default()
        };
        let node = TestNode::over(Arc::clone(&store), plan).await;
        Self { node, store, _stop: stop }
    }
}
