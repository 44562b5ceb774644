//! Old rows on their way to the tables, in the order of their keys.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crate::ledger::hash::Digest;
use crate::ledger::merkle::shape::{LeafIndex, TreeSize};
use crate::ledger::number::DepositNumber;
use crate::store::contract::ReadError;
use crate::store::rocks::batch::Batch;
use crate::store::rocks::format::{DigestKey, Empty, ToDisk};
use crate::store::rocks::schema::{DIGESTS, NUMBERS, RECORDS, STATEMENTS, Table};
use crate::store::rocks::waiting::rows::Rows;

/// Rows of fewer leaves are put in order at once, those of more by a thread of its own.
const WORTH_A_THREAD: u64 = 2_048;

/// Rows of one table in the order of their keys, from the last to the first: the next is taken from the end.
type Stack<K, V> = Vec<(K, V)>;

/// Old rows in the order in which they are written.
#[derive(Debug)]
struct Sorted {
    numbers: Stack<DepositNumber, LeafIndex>,
    statements: Stack<Digest, LeafIndex>,
    records: Stack<Digest, LeafIndex>,
    digests: Stack<DigestKey, Empty>,
}

fn stack<K: Ord + Copy, V: Copy>(rows: impl Iterator<Item = (K, V)>) -> Stack<K, V> {
    let mut stack: Stack<K, V> = rows.collect();
    stack.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    stack
}

impl Sorted {
    fn of(rows: &Rows) -> Self {
        let place = |(key, index): (&Digest, &LeafIndex)| (*key, *index);
        Self {
            numbers: stack(rows.numbers.iter().map(|(number, index)| (*number, *index))),
            statements: stack(rows.statements.iter().map(place)),
            records: stack(rows.records.iter().map(place)),
            digests: stack(rows.digest_keys().map(|key| (key, Empty))),
        }
    }
}

/// One pass over old rows.
#[derive(Debug)]
pub(super) struct Pass {
    /// Where their leaves end.
    pub(super) end: TreeSize,
    order: Order,
}

#[derive(Debug)]
enum Order {
    /// They are being put in order.
    Coming(JoinHandle<Sorted>),
    Found(Sorted),
}

impl Pass {
    /// Over these.
    pub(super) fn over(rows: &Arc<Rows>) -> Self {
        let end = rows.end;
        if rows.leaves >= WORTH_A_THREAD {
            let theirs = Arc::clone(rows);
            let sorting = thread::Builder::new().name("sorting".into()).spawn(move || Sorted::of(&theirs));
            if let Ok(sorting) = sorting {
                return Self { end, order: Order::Coming(sorting) };
            }
        }
        Self { end, order: Order::Found(Sorted::of(rows)) }
    }

    /// Whether the rows are in their order, or will be as soon as somebody waits for it.
    pub(super) fn is_ready(&self) -> bool {
        match &self.order {
            Order::Coming(sorting) => sorting.is_finished(),
            Order::Found(_) => true,
        }
    }

    /// Adds the next rows to `batch`, of deposits' digests twice as many; whether these were the last.
    pub(super) fn put(&mut self, batch: &mut Batch<'_>, count: usize) -> Result<bool, ReadError> {
        if let Order::Coming(_) = &self.order {
            let none = Sorted { numbers: Vec::new(), statements: Vec::new(), records: Vec::new(), digests: Vec::new() };
            if let Order::Coming(sorting) = std::mem::replace(&mut self.order, Order::Found(none)) {
                let died = |_| ReadError::Unavailable("a thread died while it put index rows in order".into());
                self.order = Order::Found(sorting.join().map_err(died)?);
            }
        }
        let Order::Found(rows) = &mut self.order else { return Ok(false) };
        let numbers = put_next(batch, &NUMBERS, &mut rows.numbers, count)?;
        let statements = put_next(batch, &STATEMENTS, &mut rows.statements, count)?;
        let records = put_next(batch, &RECORDS, &mut rows.records, count)?;
        let digests = put_next(batch, &DIGESTS, &mut rows.digests, 2 * count)?;
        Ok(numbers && statements && records && digests)
    }
}

fn put_next<K: ToDisk, V: ToDisk>(
    batch: &mut Batch<'_>,
    table: &Table<K, V>,
    rows: &mut Stack<K, V>,
    count: usize,
) -> Result<bool, ReadError> {
    for (key, value) in rows.drain(rows.len().saturating_sub(count)..).rev() {
        batch.put(table, &key, &value)?;
    }
    Ok(rows.is_empty())
}
