//! Founding a ledger, and recovering one: what happens before the first deposit.
//!
//! Recovery runs through the functions of normal operation: what was appended and not signed is read back, hashed anew
//! and signed by `ReadBack::then_sign` (`recovery`), exactly as if the append had just returned.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::ledger::chain::{self, PendingLeaf, Tip};
use crate::ledger::key::{Signer, VerifierKey};
use crate::ledger::notice::{Mode, Notice, NoticeKind};
use crate::sequencer::clock::{Clock, Guard};
use crate::sequencer::collecting::Collecting;
use crate::sequencer::delivering::Post;
use crate::sequencer::handle::Sequencer;
use crate::sequencer::pool::Pool;
use crate::sequencer::recovery::{StartError, sign_what_is_appended};
use crate::sequencer::run::Hands;
use crate::sequencer::seal::ReadBack;
use crate::sequencer::sealing::Sealing;
use crate::sequencer::state::State;
use crate::store::contract::{AppendLedger, ReadLedger};

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
    let clock = Arc::new(clock);
    let mut guard = Guard::begin(Arc::clone(&clock), appended.last_time, options.clock_gap_confirmed)?;
    if appended.size().is_empty() {
        let founding = founding.ok_or(StartError::Empty)?;
        found(&*store, &signer, founding, &appended, &mut guard)?;
    }
    let mode = sign_what_is_appended(&*store, &signer)?;
    let tip = store.tip()?;
    let (pool, inbox) = Pool::new(options.pool, Arc::clone(&clock) as Arc<dyn Clock>);
    let state = Arc::new(State::sealing());
    let read_back = ReadBack::from(&tip);
    let collecting = Mutex::new(Collecting::new(guard, tip.clone(), mode.is_test()));
    let post = Arc::new(Post::default());
    let sealing = Mutex::new(Sealing {
        store: Arc::clone(&store),
        signer,
        tip,
        read_back,
        post: Arc::clone(&post),
        turned_back: Vec::new(),
        to_recover: None,
        clock,
    });
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
    let block = chain::next(tip, vec![PendingLeaf::Notice(notice)], now).map_err(|e| founding_error(&e))?;
    store.append(&block, &[], &[])?;
    clock.sealed();
    Ok(())
}
