//! The node's log, on standard error.
//!
//! # Invariants
//!
//! Standard error never blocks or fails a thread of the node: lines are queued for a writer thread. A line that cannot be queued (the
//! pipe is not read) or written (the disk is full, the pipe is closed) is dropped and counted in the metric
//! `tiezheng_log_lines_dropped_total`.
//!
//! Log lines of sequencer, store and listener repeat while a shortage lasts. Of each such line one per minute is written: the first at
//! once, then the last of each minute with the number of suppressed ones (`recurring`).

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use tracing::Metadata;
use tracing::callsite::Identifier;
use tracing_subscriber::fmt::MakeWriter;

use crate::cli::log::recurring::Recurring;
use crate::cli::screen::Screen;

mod recurring;

/// Capacity of the queue in lines.
const QUEUE: usize = 4_096;
/// How long the end of the program waits for queued lines.
const FLUSH: Duration = Duration::from_secs(1);

/// An entry of the queue.
enum Item {
    /// A line, and its call site if it may recur.
    Line(Vec<u8>, Option<Identifier>),
    /// A request to confirm that all earlier lines are written.
    Flush(SyncSender<()>),
}

/// Modules whose lines repeat while a shortage lasts.
const RECURRING: [&str; 3] = ["tiezheng::sequencer", "tiezheng::store", "tiezheng::http::server"];

/// The writer for `tracing`, which queues lines.
#[derive(Clone)]
struct LogWriter {
    queue: Option<SyncSender<Item>>,
    /// The call site of the line, if it may recur.
    place: Option<Identifier>,
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self {
        let recurs = event.module_path().is_some_and(|module| RECURRING.iter().any(|known| module.starts_with(known)));
        Self { place: recurs.then(|| event.callsite()), ..self.clone() }
    }
}

impl Write for LogWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = match &self.queue {
            Some(queue) => queue.try_send(Item::Line(line.to_vec(), self.place.clone())).is_ok(),
            // Without a writer thread the line is written directly.
            None => io::stderr().lock().write_all(line).is_ok(),
        };
        if !written {
            count_dropped();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn count_dropped() {
    metrics::counter!("tiezheng_log_lines_dropped_total").increment(1);
}

/// The writer thread: writes queued lines, and counts failures.
fn write_queued(queue: &Receiver<Item>, mut out: impl Write, dropped: impl Fn(), now: impl Fn() -> Instant) {
    let mut recurring = Recurring::default();
    let mut write = |lines: Vec<Vec<u8>>| {
        let failed = lines.into_iter().filter(|line| out.write_all(line).is_err());
        failed.for_each(|_| dropped());
    };
    loop {
        let next = match recurring.wait(now()) {
            None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(wait) => queue.recv_timeout(wait),
        };
        match next {
            Ok(Item::Line(line, None)) => write(vec![line]),
            Ok(Item::Line(line, Some(place))) => write(recurring.line(place, line, now())),
            Ok(Item::Flush(done)) => {
                write(recurring.all(now()));
                // The receiver may have timed out.
                let _ = done.try_send(());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return write(recurring.all(now())),
        }
        write(recurring.due(now()));
    }
}

#[expect(clippy::disallowed_methods, reason = "when a line was written last; nothing is recorded by it")]
fn now() -> Instant {
    Instant::now()
}

/// Waits for queued lines when dropped, at most `FLUSH`.
#[must_use = "the last lines are lost without it"]
pub struct LogGuard(LogWriter);

impl Drop for LogGuard {
    fn drop(&mut self) {
        let Some(queue) = &self.0.queue else { return };
        let (done, flushed) = sync_channel(1);
        if queue.try_send(Item::Flush(done)).is_ok() {
            let _ = flushed.recv_timeout(FLUSH);
        }
    }
}

/// Starts the log on standard error, filtered by `RUST_LOG`.
pub fn begin(screen: &Screen) -> LogGuard {
    metrics::describe_counter!("tiezheng_log_lines_dropped_total", "lines of the log that could not be written");
    let (queue, queued) = sync_channel(QUEUE);
    let thread = std::thread::Builder::new().name("log".into());
    let started = thread.spawn(move || write_queued(&queued, io::stderr(), count_dropped, now));
    let writer = LogWriter { queue: started.is_ok().then_some(queue), place: None };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(screen.is_interactive());
    let lines = writer.clone();
    // A subscriber that is already installed stays.
    let _ = log.log_internal_errors(false).with_writer(lines).try_init();
    LogGuard(writer)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Takes `room` lines and fails from then on.
    struct Failing {
        room: usize,
    }

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.room = self.room.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_that_cannot_be_written_are_counted_and_the_log_goes_on() {
        let (queue, queued) = sync_channel(8);
        for _ in 0..5 {
            queue.try_send(Item::Line(b"a line\n".to_vec(), None)).unwrap();
        }
        drop(queue);
        let dropped = Cell::new(0);
        write_queued(&queued, Failing { room: 2 }, || dropped.set(dropped.get() + 1), now);
        assert_eq!(dropped.get(), 3);
    }

    #[test]
    fn a_full_queue_makes_nobody_wait_and_no_write_fail() {
        let (queue, queued) = sync_channel(1);
        let mut writer = LogWriter { queue: Some(queue), place: None };
        for _ in 0..3 {
            writer.write_all(b"a line\n").unwrap();
        }
        assert_eq!(queued.try_iter().count(), 1);
        drop(queued);
        writer.write_all(b"a line after the thread ended\n").unwrap();
    }
}
