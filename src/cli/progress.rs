//! A progress bar with throughput on anything longer than a second, on standard error, only on a terminal.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::screen::Screen;

/// Shorter work shows no bar.
const SHOW_AFTER: Duration = Duration::from_secs(1);
/// Maximum redraws per second.
const FRAMES: u8 = 10;

/// The progress of one piece of work.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    interactive: bool,
    shown: AtomicBool,
}

impl Progress {
    /// Of `total` bytes.
    #[must_use]
    pub fn of_bytes(screen: &Screen, total: u64) -> Self {
        Self::with(screen, total, "{bar:30} {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta}")
    }

    /// Of `total` things, called `noun`.
    #[must_use]
    pub fn of_items(screen: &Screen, total: u64, noun: &str) -> Self {
        Self::with(screen, total, &format!("{{bar:30}} {{human_pos}}/{{human_len}} {noun}  {{per_sec}}  {{eta}}"))
    }

    fn with(screen: &Screen, total: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, interactive: screen.is_interactive(), shown: AtomicBool::new(false) }
    }

    /// `count` more are done.
    pub fn add(&self, count: u64) {
        self.bar.inc(count);
        self.show_when_long();
    }

    /// `position` of `total` are done.
    pub fn set(&self, position: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(position);
        self.show_when_long();
    }

    fn show_when_long(&self) {
        if self.interactive && self.bar.elapsed() > SHOW_AFTER && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(FRAMES));
        }
    }

    /// Writes other output with the bar hidden.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
