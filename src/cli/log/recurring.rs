//! Suppression of repeated log lines: at most one per minute and call site, with the number of suppressed ones.
//!
//! The first line is written at once. Of those within the next minute the last is written when the minute ends or before another line is
//! written, so lines stay in order and the last ones show the current state.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::time::{Duration, Instant};

use tracing::callsite::Identifier;

/// Interval between lines of a call site.
const EVERY: Duration = Duration::from_mins(1);

/// The last written and the pending lines. `P` identifies the call site.
#[derive(Debug)]
pub(super) struct Recurring<P = Identifier> {
    places: HashMap<P, Place>,
    /// Number of lines so far, which orders the pending ones.
    lines: u64,
}

impl<P> Default for Recurring<P> {
    fn default() -> Self {
        Self { places: HashMap::new(), lines: 0 }
    }
}

#[derive(Debug)]
struct Place {
    written: Instant,
    waiting: Option<PendingLine>,
}

#[derive(Debug)]
struct PendingLine {
    last: Vec<u8>,
    /// Its number among all lines.
    order: u64,
    /// Number of suppressed lines before it.
    left_out: u64,
}

impl PendingLine {
    fn line(mut self) -> Vec<u8> {
        if self.left_out > 0 {
            if self.last.last() == Some(&b'\n') {
                self.last.pop();
            }
            let is_json = self.last.first() == Some(&b'{') && self.last.pop_if(|last| *last == b'}').is_some();
            let note = if is_json {
                format!(",\"suppressed\":{}}}\n", self.left_out)
            } else {
                format!(" (and {} more such lines since the last one)\n", self.left_out)
            };
            self.last.extend_from_slice(note.as_bytes());
        }
        self.last
    }
}

impl<P: Eq + Hash> Recurring<P> {
    /// Adds a line of call site `place`. Returns the lines to write now.
    pub(super) fn line(&mut self, place: P, line: Vec<u8>, now: Instant) -> Vec<Vec<u8>> {
        let order = self.lines;
        self.lines += 1;
        let known = self.places.entry(place);
        let is_due = match &known {
            Entry::Occupied(known) => now.saturating_duration_since(known.get().written) >= EVERY,
            Entry::Vacant(_) => true,
        };
        let place = known.or_insert(Place { written: now, waiting: None });
        let left_out = place.waiting.take().map_or(0, |before| before.left_out + 1);
        place.waiting = Some(PendingLine { last: line, order, left_out });
        if is_due { self.all(now) } else { Vec::new() }
    }

    /// The time until a pending line is due; `None` if there is none.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let waiting = self.places.values().filter(|place| place.waiting.is_some());
        waiting.map(|place| (place.written + EVERY).saturating_duration_since(now)).min()
    }

    /// The lines to write when a pending line is due.
    pub(super) fn due(&mut self, now: Instant) -> Vec<Vec<u8>> {
        if self.wait(now).is_some_and(|wait| wait.is_zero()) { self.all(now) } else { Vec::new() }
    }

    /// All pending lines in order.
    pub(super) fn all(&mut self, now: Instant) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for place in self.places.values_mut() {
            if let Some(waiting) = place.waiting.take() {
                place.written = now;
                lines.push(waiting);
            }
        }
        lines.sort_by_key(|waiting| waiting.order);
        lines.into_iter().map(PendingLine::line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four minutes of a shortage, with a line of each of two call sites every 0.7 seconds.
    #[test]
    fn a_line_that_recurs_is_written_once_a_minute_with_a_count_and_its_last_word_is_never_lost() {
        #[expect(clippy::disallowed_methods, reason = "a beginning; the test counts from it")]
        let begin = Instant::now();
        let mut recurring = Recurring::default();
        let mut written = Vec::new();
        for n in 0..343_u64 {
            let now = begin + Duration::from_millis(700 * n);
            for place in ["a", "b"] {
                written.extend(recurring.line(place, format!("{place} {n}\n").into_bytes(), now));
            }
            written.extend(recurring.due(now));
        }
        assert_eq!(written.len(), 8, "{written:?}");
        assert_eq!(written[..2], [b"a 0\n".to_vec(), b"b 0\n".to_vec()]);
        let text = |line: &[u8]| String::from_utf8(line.to_vec()).unwrap();
        assert_eq!(text(&written[2]), "b 85 (and 84 more such lines since the last one)\n");
        assert_eq!(text(&written[3]), "a 86 (and 85 more such lines since the last one)\n");
        let now = begin + Duration::from_millis(700 * 342);
        assert!(recurring.wait(now).unwrap() <= EVERY);
        let last = recurring.all(now);
        assert!(last[0].starts_with(b"a 342 (and ") && last[1].starts_with(b"b 342 (and "), "{last:?}");
        assert_eq!((recurring.wait(now), recurring.all(now).len()), (None, 0));
        // Long after, a line is written at once again.
        assert_eq!(recurring.line("a", b"again\n".to_vec(), now + 2 * EVERY), [b"again\n".to_vec()]);
    }

    #[test]
    fn the_end_of_a_shortage_is_told_at_once_after_all_that_came_before() {
        #[expect(clippy::disallowed_methods, reason = "a beginning; the test counts from it")]
        let begin = Instant::now();
        let mut recurring = Recurring::default();
        let mut line = |place, text: &str, seconds| {
            let lines = recurring.line(place, format!("{text}\n").into_bytes(), begin + Duration::from_secs(seconds));
            lines.into_iter().map(|line| String::from_utf8(line).unwrap()).collect::<String>()
        };
        assert_eq!(line("paused", "paused at 0", 0), "paused at 0\n");
        assert_eq!(line("paused", "paused at 1", 1), "");
        assert_eq!(line("resumed", "resumed at 2", 2), "paused at 1\nresumed at 2\n");
        assert_eq!(line("resumed", "resumed at 3", 3) + &line("paused", "paused at 4", 4), "");
        let due = recurring.due(begin + EVERY);
        assert_eq!(due, Vec::<Vec<u8>>::new(), "a minute since the last paused line, which was the one of second 1");
        let due = recurring.due(begin + EVERY + Duration::from_secs(2));
        assert_eq!(due, [b"resumed at 3\n".to_vec(), b"paused at 4\n".to_vec()]);
    }

    #[test]
    fn the_count_is_a_field_of_a_json_line() {
        let line =
            |last: &str, left_out| String::from_utf8(PendingLine { last: last.into(), order: 0, left_out }.line());
        assert_eq!(line("{\"a\":1}\n", 7).unwrap(), "{\"a\":1,\"suppressed\":7}\n");
        assert_eq!(line("{\"a\":1}\n", 0).unwrap(), "{\"a\":1}\n");
        assert_eq!(line("a text}\n", 2).unwrap(), "a text} (and 2 more such lines since the last one)\n");
    }
}
