//! Founding a ledger, and recovering one: what happens before the first deposit.
//!
//! Recovery runs through the functions of normal operation: what was appended and not signed is read back, hashed anew
//! and signed by [`ReadBack::then_sign`], exactly as if the append had just returned.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::ledger::block::Height;
use crate::ledger::chain::{self, Tip, Waiting};
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::frontier::Frontier;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::merkle::tile::{TILE_WIDTH, items_at, partial_width};
use crate::ledger::notice::{Mode, Notice, NoticeKind};
use crate::sequencer::clock::{Clock, ClockFault, Guard};
use crate::sequencer::collecting::Collecting;
use crate::sequencer::delivering::Post;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::pool::Pool;
use crate::sequencer::run::Hands;
use crate::sequencer::seal::{Disagreement, ReadBack};
use crate::sequencer::sealing::Sealing;
use crate::sequencer::state::State;
use crate::store::contract::{AppendError, AppendLedger, Published, ReadError, ReadLedger};

/// How a sequencer runs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Most deposits waiting or being sealed at any time. Default 4,096: at 20 KiB each, 80 MiB.
    pub pool: usize,
    /// The operator has confirmed that the clock is right although the last block is more than a day old.
    pub clock_gap_confirmed: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { pool: 4_096, clock_gap_confirmed: false }
    }
}

/// What a new ledger begins with.
#[derive(Debug, Clone)]
pub struct Founding {
    /// Live or test, for good.
    pub mode: Mode,
    /// The key that will succeed the first one; only its commitment goes on the chain.
    pub successor: VerifierKey,
}

/// Why a sequencer did not start. Nothing was changed but what is said.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The store is empty and the caller did not ask to found a ledger.
    #[error("the store holds no ledger yet")]
    Empty,
    /// The store holds a ledger of another key: the wrong folder or the wrong key file.
    #[error("the ledger is signed by another key ({found}) than the one given ({given})")]
    OtherKey {
        /// The chain's.
        found: String,
        /// The one given.
        given: String,
    },
    /// The chain does not begin with a genesis notice.
    #[error("the chain does not begin with a genesis notice: {0}")]
    NoGenesis(String),
    /// The durable mark is not signed by the ledger key.
    #[error("the mark is not signed by the ledger's key: {0}")]
    MarkForged(String),
    /// What was appended and not signed does not hold. Restore from a mirror or backup.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// The clock. Set it right, or confirm that it is.
    #[error(transparent)]
    Clock(#[from] ClockFault),
    /// Reading.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writing.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The first block could not be made.
    #[error("cannot make the first block: {0}")]
    Founding(String),
    /// The thread could not be started.
    #[error("cannot start the sealing thread: {0}")]
    Thread(std::io::Error),
}

/// A running sequencer. Drop it after [`Running::shutdown`].
#[derive(Debug)]
pub struct Running {
    pool: Pool,
    hands: Vec<JoinHandle<()>>,
}

impl Running {
    /// Admits nobody any more, seals what is waiting, then returns. Everyone is answered as soon as the tasks that wait are
    /// run again.
    pub fn shutdown(self) {
        self.pool.close();
        for hand in self.hands {
            if hand.join().is_err() {
                tracing::error!("a sealing thread panicked");
            }
        }
    }
}

/// Founds or recovers the ledger in `store` and begins to seal.
///
/// # Errors
///
/// [`StartError`]: each variant says what to do.
pub fn start<S: AppendLedger + 'static, C: Clock>(
    store: Arc<S>,
    signer: Signer,
    founding: Option<&Founding>,
    clock: C,
    options: &Options,
) -> Result<(Sequencer, Running), StartError> {
    let appended = store.tip()?;
    let mut guard = Guard::begin(clock, appended.last_time, options.clock_gap_confirmed)?;
    if appended.size().is_empty() {
        let founding = founding.ok_or(StartError::Empty)?;
        found(&*store, &signer, founding, &appended, &mut guard)?;
    }
    let mode = recover(&*store, &signer)?;
    let tip = store.tip()?;
    let (pool, inbox) = Pool::new(options.pool);
    let state = Arc::new(State::sealing());
    let read_back = ReadBack::from(&tip);
    let collecting = Mutex::new(Collecting::new(guard, tip.clone(), mode.is_test()));
    let post = Arc::new(Post::default());
    let turned_back = Vec::new();
    let sealing = Sealing { store: Arc::clone(&store), signer, tip, read_back, post: Arc::clone(&post), turned_back };
    let sealing = Mutex::new(sealing);
    let both = Hands { inbox, collecting, sealing, store: Arc::clone(&store), state: Arc::clone(&state) };
    let both = Arc::new(both);
    let mut hands = Vec::new();
    for _ in 0..2 {
        let both = Arc::clone(&both);
        let hand = std::thread::Builder::new().name("sequencer".into()).spawn(move || both.work());
        match hand {
            Ok(hand) => hands.push(hand),
            Err(error) => {
                Running { pool, hands }.shutdown();
                return Err(StartError::Thread(error));
            }
        }
    }
    let reader: Arc<dyn ReadLedger> = store;
    Ok((Sequencer::new(pool.clone(), reader, state, post), Running { pool, hands }))
}

/// Appends block 0. Recovery signs it.
fn found<S: AppendLedger, C: Clock>(
    store: &S,
    signer: &Signer,
    founding: &Founding,
    tip: &Tip,
    clock: &mut Guard<C>,
) -> Result<(), StartError> {
    let founding_error = |error: &dyn std::fmt::Display| StartError::Founding(error.to_string());
    let now = clock.check(tip.last_time)?;
    let notice = Notice {
        ledger: tip.origin.clone(),
        received: now,
        kind: NoticeKind::Genesis {
            mode: founding.mode,
            key: signer.verifier().clone(),
            next: founding.successor.commitment(),
        },
    };
    let notice = notice.sign(&[signer]).map_err(|e| founding_error(&e))?;
    let block = chain::next(tip, vec![Waiting::Notice(notice)], now).map_err(|e| founding_error(&e))?;
    store.append(&block, &[], &[])?;
    clock.sealed();
    Ok(())
}

/// Checks that this key is the chain's, and signs what was appended and not signed.
fn recover<S: AppendLedger>(store: &S, signer: &Signer) -> Result<Mode, StartError> {
    let first = store.appended_leaves(LeafIndex(0), 1)?.pop().unwrap_or_default();
    let mode = match Leaf::parse(&first) {
        Ok(Leaf::Notice(genesis)) => {
            let NoticeKind::Genesis { mode, key, .. } = &genesis.notice().kind else {
                return Err(StartError::NoGenesis("another notice".into()));
            };
            if key != signer.verifier() {
                return Err(StartError::OtherKey { found: key.to_string(), given: signer.verifier().to_string() });
            }
            if !genesis.signed_by_its_key() {
                return Err(StartError::NoGenesis("it is not signed by its key".into()));
            }
            *mode
        }
        Ok(_) => return Err(StartError::NoGenesis("another kind of record".into())),
        Err(error) => return Err(StartError::NoGenesis(error.to_string())),
    };
    let published = store.published();
    if let Some(published) = &published {
        let ours = published.checkpoint.verified_by(std::slice::from_ref(signer.verifier()));
        ours.map_err(|error| StartError::MarkForged(error.to_string()))?;
    }
    let appended = store.tip()?;
    let from = match &published {
        Some(published) => published_tip(store, published)?,
        None => Tip::before_genesis(appended.origin.clone()),
    };
    if appended.size() > from.size() {
        if !from.size().is_empty() {
            tracing::warn!(signed = from.size().0, appended = appended.size().0, "signing what a stop left unsigned");
        }
        let published = ReadBack::from(&from).then_sign(store, signer, &appended)?;
        store.publish(published)?;
    }
    Ok(mode)
}

/// The chain as it was when the last checkpoint was signed.
fn published_tip<S: ReadLedger>(store: &S, published: &Published) -> Result<Tip, StartError> {
    let size = published.size();
    let mut partial = Vec::new();
    for level in 0..8 {
        let width = partial_width(level, size);
        let first = items_at(level, size) / u64::from(TILE_WIDTH) * u64::from(TILE_WIDTH);
        partial.push(if width == 0 { Vec::new() } else { store.tile_hashes(level, first, width)? });
    }
    let frontier = Frontier::restore(size, partial).map_err(|error| ReadError::Damaged {
        what: "tile",
        at: size.to_string(),
        reason: error.to_string(),
    })?;
    Ok(Tip {
        origin: published.checkpoint.checkpoint().origin.clone(),
        next_height: Height(published.height.0 + 1),
        last_block: published.block_hash,
        last_time: published.block_time,
        frontier: Arc::new(frontier),
    })
}
