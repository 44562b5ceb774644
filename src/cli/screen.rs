//! What people and machines see: the one writer of standard output and standard error.
//!
//! People get aligned text in one language (labels of the chain's facts always in both), coloured only on a terminal.
//! With `--json`, standard output holds JSON documents and nothing else; what is said to people goes to standard error.

use std::io::{self, Write as _};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::json;

use crate::cli::ending::{Complaint, Ending};
use crate::cli::width::{columns, padded};
use crate::ledger::verify::wording::Language;

/// Good news.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Bad news.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What to heed.
pub const HEED: Style = AnsiColor::Yellow.on_default().bold();
/// Headings.
pub const HEADING: Style = Style::new().bold();
/// What matters less.
pub const FAINT: Style = Style::new().dimmed();

/// Standard output and standard error, in one language.
#[derive(Debug)]
pub struct Screen {
    language: Language,
    json: bool,
    /// Whether standard output may be coloured.
    colours: bool,
    /// Whether somebody watches standard error.
    watched: bool,
}

impl Screen {
    /// A screen in `language`; JSON documents instead of text where `json`.
    #[must_use]
    pub const fn new(language: Language, json: bool, colours: bool, watched: bool) -> Self {
        Self { language, json, colours, watched }
    }

    /// Whether documents are asked for.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// The language of the text.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Whether a progress bar has anybody to watch it.
    #[must_use]
    pub const fn is_watched(&self) -> bool {
        self.watched
    }

    /// The text in the screen's language.
    #[must_use]
    pub const fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    /// `text` in `style`, on a terminal.
    #[must_use]
    pub fn paint(&self, style: Style, text: &str) -> String {
        if self.colours { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A line for people; nothing where documents are asked for.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn line(&self, text: impl AsRef<str>) -> io::Result<()> {
        if self.json { Ok(()) } else { raw(format!("{}\n", text.as_ref()).as_bytes()) }
    }

    /// A line beside the result, on standard error: what was done on the way, what to heed.
    ///
    /// # Errors
    ///
    /// Standard error cannot be written.
    pub fn aside(&self, text: impl AsRef<str>) -> io::Result<()> {
        io::stderr().lock().write_all(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// A document for machines, on one line; nothing where text is asked for.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written.
    pub fn document(&self, value: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            let mut text = serde_json::to_string(value)?;
            text.push('\n');
            raw(text.as_bytes())?;
        }
        Ok(())
    }

    /// Two or more aligned columns; the last may be of any length.
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

    /// Says why a command failed, and how it therefore ends.
    ///
    /// # Errors
    ///
    /// Neither stream can be written.
    pub fn complain(&self, error: &anyhow::Error) -> anyhow::Result<Ending> {
        let complaint = error.downcast_ref::<Complaint>().cloned();
        let complaint = complaint.unwrap_or_else(|| {
            let text = format!("{error:#}");
            Complaint::unable("failed", text.clone(), text)
        });
        self.document(&json!({ "error": { "code": complaint.code, "message": complaint.en } }))?;
        let label = self.pick("错误：", "error: ");
        self.aside(format!("{label}{}", self.pick(&complaint.zh, &complaint.en)))?;
        Ok(complaint.ending)
    }
}

/// Writes bytes to standard output as they are.
///
/// # Errors
///
/// Standard output cannot be written.
pub fn raw(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn aligned(rows: &[Vec<String>]) -> Vec<String> {
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

    #[test]
    fn only_a_terminal_gets_colours() {
        let plain = Screen::new(Language::English, false, false, false);
        assert_eq!(plain.paint(GOOD, "ok"), "ok");
        let coloured = Screen::new(Language::English, false, true, false);
        assert_ne!(coloured.paint(GOOD, "ok"), "ok");
    }
}
