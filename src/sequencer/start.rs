//! Starts the sequencer: creates a ledger with its genesis block or opens one, and starts the threads.
//!
//! Recovery after a crash uses the functions of normal operation: a block that was appended and not signed is read back,
//! verified, signed and published (`recovery`), as if the append had just returned.

use std::fmt::Display;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::ledger::chain::{self, PendingLeaf, Tip};
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::notice::{Mode, Notice, NoticeKind};
use crate::sequencer::admission::NumberSource;
use crate::sequencer::clock::{Clock, ClockGuard};
use crate::sequencer::collector::Collector;
use crate::sequencer::committer::Committer;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::ledger_keys::LedgerKeys;
use crate::sequencer::lifecycle::DurableTip;
use crate::sequencer::queue::RequestQueue;
use crate::sequencer::recovery::{StartError, publish_appended};
use crate::sequencer::state::SequencerState;
use crate::sequencer::writer;
use crate::store::traits::{LedgerReader, LogStore};

/// Options of the sequencer.
#[derive(Debug, Clone)]
pub struct Options {
    /// Maximum number of requests that are queued or being processed. Default 4,096: at 20 KiB each, 80 MiB.
    pub queue_capacity: usize,
    /// The operator has confirmed that the clock is right although the last block is more than a day old.
    pub clock_gap_confirmed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue_capacity: 4_096, clock_gap_confirmed: false }
    }
}

/// The content of a new ledger's genesis notice.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// Live or test; can never be changed.
    pub mode: Mode,
    /// The key that will succeed the first one. Only its commitment is written.
    pub successor: VerifierKey,
}

/// The threads of a running sequencer. Call [`Self::shutdown`] before dropping it.
#[derive(Debug)]
pub struct RunningSequencer {
    queue: RequestQueue,
    threads: Vec<JoinHandle<()>>,
}

impl RunningSequencer {
    /// Rejects further requests, commits those that are queued, then returns. Blocks the calling thread.
    pub fn shutdown(self) {
        self.queue.close();
        for thread in self.threads {
            if thread.join().is_err() {
                tracing::error!("a sequencer thread panicked");
            }
        }
    }
}

/// Opens the ledger in `store`, or creates one with `genesis` if the store is empty, and starts the threads. `keys` are
/// the available private ledger keys: the one in force, and after a rotation the previous one while both sign.
///
/// # Errors
///
/// [`StartError`]; each variant states what to do.
pub fn start<S: LogStore + 'static, C: Clock>(
    store: Arc<S>,
    keys: impl Into<LedgerKeys>,
    genesis: Option<&Genesis>,
    clock: C,
    options: &Options,
) -> Result<(Sequencer, RunningSequencer), StartError> {
    let (keys, appended) = (keys.into(), store.tip()?);
    let clock = Arc::new(clock);
    let mut guard = ClockGuard::new(Arc::clone(&clock), appended.last_time, options.clock_gap_confirmed)?;
    if appended.size().is_empty() {
        append_genesis(&*store, keys.first(), genesis.ok_or(StartError::Empty)?, &appended, &mut guard)?;
    }
    let history = publish_appended(&*store, &keys)?;
    let tip = store.tip()?;
    let (queue, inbox) = RequestQueue::new(options.queue_capacity, Arc::clone(&clock) as Arc<dyn Clock>);
    let state = Arc::new(SequencerState::writing_now());
    let collector = Collector::new(guard, tip.clone(), NumberSource::new(history.mode().is_test()));
    let committer = Committer::new(Arc::clone(&store), (keys, history), tip, clock);
    let reader: Arc<dyn LedgerReader> = Arc::clone(&store) as _;
    let threads = writer::spawn(inbox, Arc::clone(&state), store, collector, committer).map_err(StartError::Thread)?;
    let running = RunningSequencer { queue: queue.clone(), threads };
    Ok((Sequencer::new(queue, reader, state), running))
}

/// Appends block 0. [`publish_appended`] signs it.
fn append_genesis<S: LogStore, C: Clock>(
    store: &S,
    signer: &Signer,
    genesis: &Genesis,
    tip: &Tip,
    clock: &mut ClockGuard<C>,
) -> Result<(), StartError> {
    let failed = |error: &dyn Display| StartError::Genesis(error.to_string());
    let now = clock.check(tip.last_time)?;
    let notice = Notice {
        ledger: tip.origin.clone(),
        received: now,
        kind: NoticeKind::Genesis {
            mode: genesis.mode,
            key: signer.verifier().clone(),
            next: genesis.successor.commitment(),
        },
    };
    let notice = notice.sign(&[signer]).map_err(|error| failed(&error))?;
    let block = chain::next(tip, vec![PendingLeaf::Notice(notice)], now).map_err(|error| failed(&error))?;
    DurableTip::append(store, &block, &[], &[])?;
    clock.block_completed();
    Ok(())
}
