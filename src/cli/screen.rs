//! The output of a command: the only writer of standard output and standard error.
//!
//! Text is aligned, in one language (labels of the chain's facts always in both), and coloured only on a terminal.
//! All output is escaped here ([`crate::cli::terminal`]).
//! With `--json`, standard output is JSON documents only; messages go to standard error.
//!
//! A closed standard output (`| head`) does not stop a command: further output is silently dropped, and the exit code reports
//! the result. Any other failure to write standard output, such as a full disk, is an error. A message that cannot be written
//! to standard error is dropped.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;

use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::terminal::{Tone, escaped_but_marks, escaped_json, rendered, rendered_lines, toned};
use crate::cli::width::{columns, padded};
use crate::files::reason;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;

/// Success.
pub const GOOD: Tone = Tone::Good;
/// Failure.
pub const BAD: Tone = Tone::Bad;
/// A warning.
pub const WARNING: Tone = Tone::Warning;
/// A heading.
pub const HEADING: Tone = Tone::Heading;
/// Secondary text.
pub const FAINT: Tone = Tone::Faint;

/// Standard output and standard error, in one language.
#[derive(Debug)]
pub struct Screen {
    language: Language,
    json: bool,
    /// Whether standard output may be coloured.
    colours: bool,
    /// Whether standard error is a terminal.
    interactive: bool,
}

impl Screen {
    /// A screen in `language`; JSON documents instead of text if `json`.
    #[must_use]
    pub const fn new(language: Language, json: bool, colours: bool, interactive: bool) -> Self {
        Self { language, json, colours, interactive }
    }

    /// Whether JSON documents are printed instead of text.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// The language of the text.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Whether standard error is a terminal, so that progress bars are shown.
    #[must_use]
    pub const fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// The text in the language of this screen.
    #[must_use]
    pub const fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    /// `text` in this tone: escaped, and coloured on a terminal.
    #[must_use]
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        toned(tone, text)
    }

    /// Prints a line of text; nothing with `--json`. Line breaks in it are escaped.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn line(&self, text: impl AsRef<str>) -> io::Result<()> {
        if self.json { Ok(()) } else { write_out(&format!("{}\n", rendered(text.as_ref(), self.colours))) }
    }

    /// Prints a line beside the result to standard error, escaped likewise. Dropped if standard error cannot be written.
    ///
    /// # Errors
    ///
    /// None; a `Result` like the other methods, so that callers treat all of them alike.
    pub fn aside(&self, text: impl AsRef<str>) -> io::Result<()> {
        let line = format!("{}\n", rendered(text.as_ref(), self.colours));
        let _ = io::stderr().lock().write_all(line.as_bytes());
        Ok(())
    }

    /// Prints a JSON document on one line; nothing without `--json`.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn document(&self, value: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            let mut text = escaped_json(&serde_json::to_string(value)?);
            text.push('\n');
            write_out(&text)?;
        }
        Ok(())
    }

    /// Prints aligned columns; the last may be of any length.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn table(&self, rows: &[Vec<String>]) -> io::Result<()> {
        for row in aligned(rows) {
            self.line(row)?;
        }
        Ok(())
    }

    /// Prints why a command failed, and returns its exit status.
    #[must_use]
    pub fn report_error(&self, error: &anyhow::Error) -> ExitStatus {
        let known = error.downcast_ref::<CliError>().cloned();
        let known = known.or_else(|| error.downcast_ref::<io::Error>().map(cannot_print));
        let error = known.unwrap_or_else(|| {
            let zh = "操作未能完成：程序内部错误。请用 --lang en 重新运行，并将输出报告给运营者";
            CliError::unable("failed", zh, format!("{error:#}"))
        });
        let lines = |pick: fn(&Bilingual) -> &str| error.more.iter().map(pick).collect::<Vec<_>>();
        let message = [vec![error.en.as_str()], lines(|line| &line.en)].concat().join("\n");
        // The exit code reports it too.
        let _ = self.document(&json!({ "error": { "code": error.code, "message": message } }));
        let label = self.pick("错误：", "error: ");
        let _ = self.aside(format!("{label}{}", self.pick(&error.zh, &error.en)));
        for line in &error.more {
            let _ = self.aside(line.pick(self.language));
        }
        error.status
    }
}

/// Writes a document of several lines, such as a receipt, to standard output: unchanged to a file or pipe, escaped on a
/// terminal.
///
/// # Errors
///
/// Standard output is open and cannot be written.
pub fn write_text(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() { write_out(&rendered_lines(text)) } else { write_out(text) }
}

/// Writes help rendered by the command line library, with its colours. A failure is dropped: there is no other output.
pub fn print_rendered(text: &str, is_error: bool) {
    let _ = if is_error { io::stderr().lock().write_all(text.as_bytes()) } else { write_out(text) };
}

/// Whether standard output was found closed.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes text to standard output; nothing once it was found closed.
fn write_out(text: &str) -> io::Result<()> {
    if CLOSED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written,
    }
}

/// The command completed; only its output is lost.
fn cannot_print(error: &io::Error) -> CliError {
    let zh = format!("无法写出结果：{}。请检查输出位置；操作本身可能已经完成", reason::chinese(error));
    let en = format!(
        "cannot write the output: {}. Check where it goes; the command itself may have done its work",
        reason::english(error)
    );
    CliError::unable("output_failed", zh, en)
}

fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    // Escaped before the width is measured.
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escaped_but_marks(cell)).collect()).collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() > column + 1).filter_map(|row| row.get(column));
        cells.map(|cell| columns(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_whatever_the_language() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let rows =
            [row(&["交易id", "transaction id", "ab"]), row(&["前一区块哈希", "hash", "cd"]), row(&["", "", "ef"])];
        assert_eq!(
            aligned(&rows),
            [
                "交易id        transaction id  ab",
                "前一区块哈希  hash            cd",
                "                              ef"
            ]
        );
    }

    #[test]
    fn a_last_cell_never_widens_the_others() {
        let rows = [vec!["a".to_owned(), "b".repeat(90)], vec!["a".into(), "c".into(), "d".into()]];
        assert_eq!(aligned(&rows).last().unwrap(), "a  c  d");
    }
}
