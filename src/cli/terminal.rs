//! Text on a terminal: the only place where untrusted text is escaped.
//!
//! A node's answers, file names, the fields of receipts, and error messages can contain anything: escape sequences that move the
//! cursor, bidirectional controls that reorder a line, line breaks that begin a line of their own, invisible
//! characters. All of these are shown as `\\u{…}`.
//!
//! # Invariants
//!
//! Everything that [`Screen`](crate::cli::screen::Screen) writes goes through [`rendered`], which lets no control character
//! pass: callers cannot forget it, and have no other way to a terminal (`tests/tidy` checks that). The only escape
//! sequences written are the styles of [`Tone`]. Callers mark them by noncharacters of Unicode, which no text needs.

use std::borrow::Cow;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::ledger::display::{alters_display, is_variation_selector};

/// The role of a piece of text, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Success.
    Good,
    /// Failure.
    Bad,
    /// A warning.
    Warning,
    /// A heading.
    Heading,
    /// Secondary text.
    Faint,
}

impl Tone {
    const ALL: [Self; 5] = [Self::Good, Self::Bad, Self::Warning, Self::Heading, Self::Faint];

    const fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Heading => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
        }
    }

    /// The mark that begins text in this tone.
    const fn mark(self) -> char {
        match self {
            Self::Good => '\u{FDD0}',
            Self::Bad => '\u{FDD1}',
            Self::Warning => '\u{FDD2}',
            Self::Heading => '\u{FDD3}',
            Self::Faint => '\u{FDD4}',
        }
    }

    fn of_mark(mark: char) -> Option<Self> {
        Self::ALL.into_iter().find(|tone| tone.mark() == mark)
    }
}

/// The mark that ends it.
const END: char = '\u{FDDF}';

/// `text`, escaped and marked to be shown in this tone.
#[must_use]
pub fn toned(tone: Tone, text: &str) -> String {
    format!("{}{}{END}", tone.mark(), escaped(text))
}

/// `text` with everything escaped that could alter the display, line breaks included.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_escaped(&mut safe, c);
    }
    Cow::Owned(safe)
}

/// An untrusted name, escaped; also leading and trailing spaces, which are invisible.
#[must_use]
pub fn escaped_name(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let inner = name.len() - name.trim_start().len()..name.trim_end().len();
    for (at, c) in name.char_indices() {
        if inner.contains(&at) {
            push_escaped(&mut text, c);
        } else {
            text.extend(c.escape_unicode());
        }
    }
    text
}

/// A part of a line, escaped except for marks.
#[must_use]
pub fn escaped_but_marks(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if is_mark(c) { safe.push(c) } else { push_escaped(&mut safe, c) }
    }
    safe
}

/// One line of output: escaped except for marks, which become styles if `colours`.
#[must_use]
pub fn rendered(line: &str, colours: bool) -> String {
    let mut text = String::with_capacity(line.len() + 16);
    let mut tone = None;
    for c in line.chars() {
        let (begins, ends) = (Tone::of_mark(c), c == END);
        if begins.is_none() && !ends {
            push_escaped(&mut text, c);
            continue;
        }
        if let Some(tone) = tone.take().filter(|_| colours) {
            let _ = write!(text, "{:#}", Tone::style(tone));
        }
        if let Some(begun) = begins {
            tone = Some(begun);
            if colours {
                let _ = write!(text, "{}", begun.style());
            }
        }
    }
    if let Some(tone) = tone.filter(|_| colours) {
        let _ = write!(text, "{:#}", Tone::style(tone));
    }
    text
}

/// Several lines of output: each line escaped, line breaks kept.
#[must_use]
pub fn rendered_lines(text: &str) -> String {
    text.split('\n').map(escaped).collect::<Vec<_>>().join("\n")
}

/// The same JSON value with everything escaped in its strings that could alter the display.
#[must_use]
pub fn escaped_json(json: &str) -> String {
    if !json.chars().any(is_unsafe) {
        return json.to_owned();
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if !is_unsafe(c) || c == '\n' {
            text.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

/// Whether this is a mark, which has no width.
#[must_use]
pub fn is_mark(c: char) -> bool {
    c == END || Tone::of_mark(c).is_some()
}

fn push_escaped(text: &mut String, c: char) {
    if is_unsafe(c) { text.extend(c.escape_unicode()) } else { text.push(c) }
}

/// Characters that alter the display, variation selectors, which terminals render in different ways, and noncharacters.
const fn is_unsafe(c: char) -> bool {
    let is_noncharacter = matches!(c as u32, 0xFDD0..=0xFDEF) || (c as u32) & 0xFFFE == 0xFFFE;
    alters_display(c) || is_variation_selector(c) || is_noncharacter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_reorder_hide_or_break_a_line() {
        assert_eq!(escaped_name("合同.pdf"), "合同.pdf");
        assert_eq!(escaped_name(" a b "), "\\u{20}a b\\u{20}");
        assert_eq!(escaped_name("  "), "\\u{20}\\u{20}");
        assert_eq!(escaped_name("a\u{202E}fdp.exe"), "a\\u{202e}fdp.exe");
        assert_eq!(escaped_name("a\u{200B}b\n\u{1b}[2J"), "a\\u{200b}b\\u{a}\\u{1b}[2J");
    }

    #[test]
    fn nothing_that_alters_the_display_is_rendered() {
        // Controls of both sets, CSI as one character, separators, bidirectional controls, zero width, tags.
        let bad = "\0\t\n\r\u{7}\u{8}\u{1b}\u{7f}\u{85}\u{9b}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{fff9}\u{e0041}\u{fdd7}\u{ffff}";
        for c in bad.chars() {
            for text in [rendered(&format!("a{c}b"), true), rendered_lines(&format!("a{c}b"))] {
                let kept = text.chars().any(|shown| shown == c && c != '\n');
                assert!(!kept && !text.contains('\u{1b}'), "{c:?}: {text:?}");
            }
            assert_eq!(rendered(&c.to_string(), true), c.escape_unicode().to_string());
        }
        let good = "合同 contract é e\u{301} — ⏎ ✓ ■";
        assert_eq!(rendered(good, true), good);
    }

    #[test]
    fn only_tones_become_escape_sequences() {
        let line = format!("{} and {}", toned(Tone::Good, "ok\u{1b}[31m"), toned(Tone::Faint, "x\u{FDDF}"));
        assert_eq!(rendered(&line, false), "ok\\u{1b}[31m and x\\u{fddf}");
        let coloured = rendered(&line, true);
        assert_eq!(coloured.matches('\u{1b}').count(), 5, "{coloured:?}");
        assert!(coloured.ends_with("\u{1b}[0m") && coloured.contains("ok\\u{1b}[31m\u{1b}[0m and "), "{coloured:?}");
        // A mark without an end ends with its line.
        assert!(rendered("\u{FDD0}a", true).ends_with("\u{1b}[0m"));
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "a\u{202e}": "x\u{9b}31m\u{2028}\u{e0041}\n", "b": "合同" });
        let text = escaped_json(&serde_json::to_string(&value).unwrap());
        assert!(text.chars().all(|c| !is_unsafe(c)), "{text:?}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
