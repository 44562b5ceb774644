//! The growth of the chain by hour and by day, read from block headers, and its charts.
//!
//! The windows end with the last block, not with the present time, so that a page about the same chain always shows the same. Times
//! of blocks never decrease, so each window costs a binary search over the headers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::http::problem::ApiError;
use crate::ledger::block::Height;
use crate::ledger::time::Timestamp;
use crate::query::records;
use crate::store::traits::{LedgerReader, ReadError};

/// How long a growth is shown before it is read again.
const FRESH: Duration = Duration::from_secs(10);
/// Hours of the first chart.
const HOURS: u64 = 24;
/// Days of the second chart.
const DAYS: u64 = 14;
const HOUR_MS: u64 = 60 * 60 * 1_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Beijing time is ahead of UTC, without daylight saving.
const BEIJING_MS: u64 = 8 * HOUR_MS;
/// Width and height of a chart in its own units.
pub const CHART: (u64, u64) = (720, 120);
/// Part of a column's width that stays empty, as one in so many.
const GAP: u64 = 4;

/// What was sealed in a window of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its begin in Beijing time: `2026-11-22 09:00` or `2026-11-22`.
    pub label: String,
    /// Number of blocks.
    pub blocks: u64,
    /// Number of leaves that are no block headers: deposits, notices, and acts of cases.
    pub records: u64,
}

/// A column of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Left edge.
    pub x: u64,
    /// Upper edge.
    pub y: u64,
    /// Width.
    pub width: u64,
    /// Height.
    pub height: u64,
}

/// A chart with the table of its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The windows, the earliest first.
    pub windows: Vec<Window>,
    /// A column for each, of its records.
    pub columns: Vec<Column>,
    /// The largest number of records in a window.
    pub most: u64,
    /// All records.
    pub total: u64,
}

impl Chart {
    fn of(windows: Vec<Window>) -> Self {
        let (full, high) = CHART;
        let most = windows.iter().map(|window| window.records).max().unwrap_or(0);
        let step = full / u64::try_from(windows.len()).unwrap_or(1).max(1);
        let column = |(at, window): (u64, &Window)| {
            // A window with records is never drawn as empty.
            let height = (window.records * high).checked_div(most).unwrap_or(0).max(u64::from(window.records > 0));
            Column { x: at * step, y: high - height, width: step - step / GAP, height }
        };
        let columns = (0..).zip(&windows).map(column).collect();
        let total = windows.iter().map(|window| window.records).sum();
        Self { windows, columns, most, total }
    }
}

/// The growth up to the last block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// By hour.
    pub hours: Chart,
    /// By day.
    pub days: Chart,
}

/// The last growth that was read. Reading it costs hundreds of headers, so it is read again after `FRESH` at the earliest.
#[derive(Debug, Default)]
pub struct GrowthCache(Mutex<Option<(Instant, Arc<Growth>)>>);

impl GrowthCache {
    /// The growth, unless it is too old.
    #[must_use]
    pub fn get(&self) -> Option<Arc<Growth>> {
        let (since, growth) = self.lock().clone()?;
        (since.elapsed() < FRESH).then_some(growth)
    }

    /// Keeps the growth that was read just now.
    pub fn put(&self, growth: Arc<Growth>) {
        *self.lock() = Some((Instant::now(), growth));
    }

    // Held for single assignments, so a panicked thread leaves a valid value.
    fn lock(&self) -> MutexGuard<'_, Option<(Instant, Arc<Growth>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Blocks and leaves before a time.
#[derive(Debug, Clone, Copy)]
struct Sealed {
    blocks: u64,
    leaves: u64,
}

/// Reads the growth up to the published block.
///
/// # Errors
///
/// Those of a read.
pub fn growth(reader: &dyn LedgerReader) -> Result<Growth, ApiError> {
    let published = records::published(reader)?;
    let all = Sealed { blocks: published.height.0.saturating_add(1), leaves: published.size().0 };
    let last = published.block_time.as_millis();
    let hours = windows(reader, all, (last - last % HOUR_MS, HOUR_MS, HOURS), 16)?;
    let of_day = (last + BEIJING_MS) % DAY_MS;
    let days = windows(reader, all, (last.saturating_sub(of_day), DAY_MS, DAYS), 10)?;
    Ok(Growth { hours: Chart::of(hours), days: Chart::of(days) })
}

/// `count` windows of `length` milliseconds, the last of which begins at `start`. Their labels are the first `shown` characters of
/// their begin.
fn windows(
    reader: &dyn LedgerReader,
    all: Sealed,
    (start, length, count): (u64, u64, u64),
    shown: usize,
) -> Result<Vec<Window>, ReadError> {
    let (mut after, mut windows) = (all, Vec::new());
    for number in 0..count {
        let Some(begin) = start.checked_sub(number * length).and_then(Timestamp::from_millis) else { break };
        let before = sealed_before(reader, after, begin)?;
        let blocks = after.blocks - before.blocks;
        let records = (after.leaves - before.leaves).saturating_sub(blocks);
        windows.push(Window { label: begin.beijing().chars().take(shown).collect(), blocks, records });
        after = before;
    }
    windows.reverse();
    Ok(windows)
}

/// What was sealed before `time`, which is not after the time of any of the blocks from `end` on.
fn sealed_before(reader: &dyn LedgerReader, end: Sealed, time: Timestamp) -> Result<Sealed, ReadError> {
    let (mut low, mut high, mut found) = (0, end.blocks, end);
    while low < high {
        let middle = low + (high - low) / 2;
        let missing = || ReadError::Damaged { what: "block", at: middle.to_string(), reason: "missing".into() };
        let header = records::block(reader, Height(middle))?.ok_or_else(missing)?;
        if header.time < time {
            low = middle + 1;
        } else {
            high = middle;
            found = Sealed { blocks: middle, leaves: header.first.0 };
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_show_their_windows_and_fit_the_chart() {
        let window = |records| Window { label: String::new(), blocks: 1, records };
        let chart = Chart::of(vec![window(0), window(1), window(1_000), window(500)]);
        assert_eq!((chart.most, chart.total), (1_000, 1_501));
        let heights: Vec<u64> = chart.columns.iter().map(|column| column.height).collect();
        assert_eq!(heights, [0, 1, 120, 60]);
        for column in &chart.columns {
            assert!(column.x + column.width <= CHART.0 && column.y + column.height == CHART.1, "{column:?}");
        }
        let empty = Chart::of(vec![window(0)]);
        assert_eq!((empty.most, empty.columns[0].height), (0, 0));
    }
}
