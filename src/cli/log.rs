//! The node's log, on standard error or in a folder with one file a day.
//!
//! # Invariants
//!
//! The log never blocks or fails a thread of the node: lines are queued for a writer thread. A line that cannot be queued (the
//! pipe is not read) or written (the disk is full, the pipe is closed) is dropped and counted in the metric
//! `tiezheng_log_lines_dropped_total`.
//!
//! Log lines of sequencer, store and listener repeat while a shortage lasts. Of each such line one per minute is written: the first at
//! once, then the last of each minute with the number of suppressed ones (`recurring`).

use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use tracing::Metadata;
use tracing::callsite::Identifier;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::cli::exit::CliError;
use crate::cli::log::recurring::Recurring;
use crate::cli::screen::Screen;
use crate::files::placing::make_folders;
use crate::http::options::{LoggedRequests, RequestLogOptions};

mod recurring;

/// Capacity of the queue in lines.
const QUEUE: usize = 4_096;
/// How long the end of the program waits for queued lines.
const FLUSH: Duration = Duration::from_secs(1);
/// Bytes of lines that are written at once, if more lines are queued.
const AT_ONCE: usize = 64 * 1024;

/// The form of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Time, level, module, text, fields.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// Settings of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// Which lines are written, as in `RUST_LOG`, which overrides it.
    pub filter: String,
    /// Their form.
    pub format: LogFormat,
    /// Which requests have a line.
    pub requests: LoggedRequests,
    /// From what duration on a request is slow.
    pub slow: Duration,
    /// The folder of the files; `None` for standard error.
    pub folder: Option<PathBuf>,
    /// Most files that are kept, one a day.
    pub retention_days: usize,
}

impl Default for LogConfig {
    fn default() -> Self {
        let RequestLogOptions { requests, slow } = RequestLogOptions::default();
        Self { filter: "info".into(), format: LogFormat::default(), requests, slow, folder: None, retention_days: 200 }
    }
}

impl LogConfig {
    /// The settings of the HTTP server's log lines.
    #[must_use]
    pub const fn request_log(&self) -> RequestLogOptions {
        RequestLogOptions { requests: self.requests, slow: self.slow }
    }
}

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
            count_dropped(1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn count_dropped(lines: usize) {
    metrics::counter!("tiezheng_log_lines_dropped_total").increment(u64::try_from(lines).unwrap_or(u64::MAX));
}

/// Lines that are written together.
struct LineBuffer<W> {
    out: W,
    bytes: Vec<u8>,
    lines: usize,
}

impl<W: Write> LineBuffer<W> {
    /// Adds lines. Returns how many were lost because a full buffer could not be written.
    fn add(&mut self, lines: Vec<Vec<u8>>) -> usize {
        let mut lost = 0;
        for line in lines {
            self.bytes.extend_from_slice(&line);
            self.lines += 1;
            if self.bytes.len() >= AT_ONCE {
                lost += self.write();
            }
        }
        lost
    }

    /// Writes all lines. Returns how many were lost.
    fn write(&mut self) -> usize {
        if self.lines == 0 {
            return 0;
        }
        let lost = if self.out.write_all(&self.bytes).is_err() { self.lines } else { 0 };
        self.bytes.clear();
        self.lines = 0;
        lost
    }
}

/// The writer thread: writes queued lines, and counts failures.
fn write_queued(queue: &Receiver<Item>, out: impl Write, dropped: impl Fn(usize), now: impl Fn() -> Instant) {
    let mut recurring = Recurring::default();
    let mut buffer = LineBuffer { out, bytes: Vec::new(), lines: 0 };
    loop {
        let next = match queue.try_recv() {
            Ok(item) => Ok(item),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => {
                dropped(buffer.write());
                match recurring.wait(now()) {
                    None => queue.recv().map_err(|_| RecvTimeoutError::Disconnected),
                    Some(wait) => queue.recv_timeout(wait),
                }
            }
        };
        let mut confirm = None;
        let lines = match next {
            Ok(Item::Line(line, None)) => vec![line],
            Ok(Item::Line(line, Some(place))) => recurring.line(place, line, now()),
            Ok(Item::Flush(done)) => {
                confirm = Some(done);
                recurring.all(now())
            }
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => {
                let lost = buffer.add(recurring.all(now()));
                return dropped(lost + buffer.write());
            }
        };
        dropped(buffer.add(lines));
        dropped(buffer.add(recurring.due(now())));
        if let Some(done) = confirm {
            dropped(buffer.write());
            // The receiver may have timed out.
            let _ = done.try_send(());
        }
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
        let begun = now();
        // A full queue is being written.
        while let Err(TrySendError::Full(_)) = queue.try_send(Item::Flush(done.clone())) {
            if now().saturating_duration_since(begun) > FLUSH {
                return;
            }
            std::thread::sleep(FLUSH / 100);
        }
        drop(done);
        let _ = flushed.recv_timeout(FLUSH);
    }
}

/// Starts the log.
///
/// # Errors
///
/// [`CliError`]: the folder cannot be created, or no file in it.
pub fn begin(screen: &Screen, config: &LogConfig) -> Result<LogGuard, CliError> {
    metrics::describe_counter!("tiezheng_log_lines_dropped_total", "Lines of the log that could not be written.");
    let out: Box<dyn Write + Send> = match &config.folder {
        None => Box::new(io::stderr()),
        Some(folder) => {
            make_folders(folder, 0o750).map_err(|error| CliError::io(folder, &error))?;
            let files = RollingFileAppender::builder().rotation(Rotation::DAILY);
            let files = files.filename_prefix("tiezheng").filename_suffix("log").max_log_files(config.retention_days);
            let files = files.build(folder).map_err(|error| CliError::io(folder, &io::Error::other(error)))?;
            Box::new(files)
        }
    };
    let (queue, queued) = sync_channel(QUEUE);
    let thread = std::thread::Builder::new().name("log".into());
    let started = thread.spawn(move || write_queued(&queued, out, count_dropped, now));
    let writer = LogWriter { queue: started.is_ok().then_some(queue), place: None };
    let filter = std::env::var(EnvFilter::DEFAULT_ENV).ok().filter(|filter| !filter.is_empty());
    let filter = EnvFilter::try_new(filter.as_ref().unwrap_or(&config.filter)).map_err(|error| {
        let en = format!("{} or log.level: {error}", EnvFilter::DEFAULT_ENV);
        CliError::usage("bad_setting", format!("{} 或 log.level：{error}", EnvFilter::DEFAULT_ENV), en)
    })?;
    let colours = screen.is_interactive() && config.folder.is_none();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours);
    let log = log.log_internal_errors(false).with_writer(writer.clone());
    // A subscriber that is already installed stays.
    let _ = match config.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    Ok(LogGuard(writer))
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
        write_queued(&queued, Failing { room: 0 }, |lines| dropped.set(dropped.get() + lines), now);
        assert_eq!(dropped.get(), 5);
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
