//! The open block, to which deposits are added, and the complete block before its commit, each with its deposits.

use std::collections::{HashMap, HashSet};

use crate::ledger::chain::{Block, BlockBuilder, ChainError, PendingLeaf, Tip};
use crate::ledger::hash::Digest;
use crate::ledger::key::Name;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::sequencer::admission::{NumberCheck, NumberSource, admit};
use crate::sequencer::request::PendingDeposit;
use crate::sequencer::state::{Halt, StopReason};
use crate::store::admission::Streams;
use crate::store::traits::LedgerReader;

/// Deposits whose outcome depends on the commit of one block.
#[derive(Debug, Default)]
pub(in crate::sequencer) struct BlockDeposits {
    /// The deposits that are leaves of the block, in leaf order.
    pub(in crate::sequencer) leaves: Vec<PendingDeposit>,
    /// Deposits whose statement is a leaf of the block already, with the position of that leaf.
    pub(in crate::sequencer) duplicates: Vec<(usize, PendingDeposit)>,
    /// Deposits whose statement is a leaf of the previous block, which was not published when they were processed.
    pub(in crate::sequencer) duplicates_of_previous: Vec<PendingDeposit>,
}

impl BlockDeposits {
    pub(in crate::sequencer) fn into_all(self) -> impl Iterator<Item = PendingDeposit> {
        let duplicates = self.duplicates.into_iter().map(|(_, deposit)| deposit);
        self.leaves.into_iter().chain(duplicates).chain(self.duplicates_of_previous)
    }

    /// Resolves all deposits with the reason why nothing is written.
    pub(in crate::sequencer) fn halt(self, halt: &Halt) {
        self.into_all().for_each(|deposit| deposit.halt(halt));
    }
}

/// A complete block that is not committed yet: the state *sequenced* of `lifecycle`.
#[derive(Debug)]
pub(in crate::sequencer) struct PendingBlock {
    pub(in crate::sequencer) block: Block,
    pub(in crate::sequencer) deposits: BlockDeposits,
}

/// Data of the last complete block for admission, because that block may not be in the store yet.
#[derive(Debug, Default)]
pub(in crate::sequencer) struct PreviousBlock {
    statements: HashMap<Digest, usize>,
    streams: Streams,
}

/// The block that is being built: hashed leaf by leaf while the previous block is being committed.
pub(in crate::sequencer) struct OpenBlock {
    builder: BlockBuilder,
    origin: Name,
    deposits: BlockDeposits,
    /// The position of each statement's leaf.
    statements: HashMap<Digest, usize>,
    streams: Streams,
    /// The drawn numbers; `None` when numbers are not checked.
    numbers: Option<HashSet<DepositNumber>>,
}

impl OpenBlock {
    /// An empty block that follows `tip`. `check_numbers`: whether admission checks that a drawn number is free.
    pub(in crate::sequencer) fn new(tip: &Tip, check_numbers: bool) -> Self {
        Self {
            builder: BlockBuilder::new(tip),
            origin: tip.origin.clone(),
            deposits: BlockDeposits::default(),
            statements: HashMap::new(),
            streams: Streams::default(),
            numbers: check_numbers.then(HashSet::new),
        }
    }

    /// Processes a deposit at time `now`: it becomes a leaf of this block, or is kept as a duplicate, or is resolved.
    pub(in crate::sequencer) fn add<S: LedgerReader + ?Sized>(
        &mut self,
        deposit: PendingDeposit,
        now: Timestamp,
        store: &S,
        previous: &PreviousBlock,
        numbers: &mut NumberSource,
    ) {
        let id = deposit.statement.id();
        if let Some(position) = self.statements.get(&id) {
            self.deposits.duplicates.push((*position, deposit));
            return;
        }
        if previous.statements.contains_key(&id) {
            self.deposits.duplicates_of_previous.push(deposit);
            return;
        }
        let check = self.numbers.as_mut().map_or(NumberCheck::Skip, NumberCheck::Check);
        let streams = (&mut self.streams, &previous.streams);
        let number = match admit(store, self.origin.as_str(), &deposit.statement, streams, (numbers, check), now) {
            Ok(number) => number,
            Err(outcome) => return deposit.resolve(outcome),
        };
        match self.builder.add(PendingLeaf::Deposit { number, statement: deposit.statement.clone() }, now) {
            Ok(_) => {
                self.statements.insert(id, self.deposits.leaves.len());
                self.deposits.leaves.push(deposit);
            }
            // Unreachable: the clock was checked against this block, and the HTTP layer bounds the length.
            Err(error) => deposit.halt(&Halt::Stopped(StopReason::Build(error))),
        }
    }

    /// Number of leaves of the block.
    pub(in crate::sequencer) const fn len(&self) -> usize {
        self.deposits.leaves.len()
    }

    /// Whether no deposit depends on this block.
    pub(in crate::sequencer) const fn has_no_deposits(&self) -> bool {
        self.deposits.leaves.is_empty() && self.deposits.duplicates_of_previous.is_empty()
    }

    /// The time of the last leaf, or of the previous block: the next leaf may not be earlier.
    pub(in crate::sequencer) const fn last_time(&self) -> Timestamp {
        self.builder.last_time()
    }

    /// Discards the block, and returns its deposits.
    pub(in crate::sequencer) fn into_deposits(self) -> BlockDeposits {
        self.deposits
    }

    /// Completes the block at time `now`.
    ///
    /// # Errors
    ///
    /// [`ChainError`] with the deposits. Unreachable if the clock was checked and the block has a leaf.
    pub(in crate::sequencer) fn complete(
        self,
        now: Timestamp,
    ) -> Result<(PendingBlock, PreviousBlock), (ChainError, BlockDeposits)> {
        let Self { builder, deposits, statements, streams, .. } = self;
        match builder.seal(now) {
            Ok(block) => Ok((PendingBlock { block, deposits }, PreviousBlock { statements, streams })),
            Err(error) => Err((error, deposits)),
        }
    }
}
