//! Tokenizer for deposit numbers as users type or paste them: runs of characters that numbers are made of, and the characters
//! between them.
//!
//! ```text
//! 存证编号：２０２６１１２２-0k7m x9qt 3d5w c3。      one run of 22 characters; `存证编号：` before it, `。` after it
//! ```
//!
//! Dashes, white space and invisible characters do not end a run. Full-width characters are folded to ASCII. Known labels in
//! Latin letters at the start of a run are dropped. The caller decides which run is the number.

use crate::ledger::text::half_width;

/// Labels in lower case. A label is a whole word.
const LABELS: [&str; 10] = ["deposit", "evidence", "id", "no", "nr", "num", "number", "numbers", "receipt", "tiezheng"];

/// A character of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Typed {
    /// As typed.
    pub(super) found: char,
    /// Its position among the visible characters, from 1.
    pub(super) position: usize,
    /// In ASCII and upper case; `O` is `0`, `I` and `L` are `1`.
    pub(super) folded: u8,
    /// Number of the word that it belongs to.
    word: usize,
}

/// A character that numbers do not contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// As typed.
    pub(super) found: char,
    /// Its position among the visible characters, from 1.
    pub(super) position: usize,
    /// The Latin letter that it looks like, for a Greek or Cyrillic letter.
    pub(super) latin: Option<char>,
}

impl Foreign {
    /// Whether it is usual around a number: punctuation, brackets, Chinese characters.
    pub(super) fn is_ordinary(&self) -> bool {
        const AROUND: &str = "\"'`“”‘’「」『』《》〈〉()（）[]【】〔〕{}<>.,;:!?#/|=…。，、；：！？·№";
        let is_chinese = matches!(u32::from(self.found), 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF);
        is_chinese || AROUND.contains(half_width(self.found)) || AROUND.contains(self.found)
    }
}

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Characters that numbers are made of.
    Run(Vec<Typed>),
    /// A character that ends a run.
    Foreign(Foreign),
}

/// The parts of `text`, in order. No run is empty.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let (mut parts, mut run) = (Vec::new(), Vec::new());
    let (mut position, mut word) = (0, 0);
    for found in text.chars().filter(|c| !is_invisible(*c)) {
        position += 1;
        let plain = half_width(found);
        if plain.is_whitespace() {
            word += 1;
        } else if let Some(folded) = folded(plain) {
            run.push(Typed { found, position, folded, word });
        } else if !is_dash(plain) {
            close(&mut parts, &mut run);
            parts.push(Part::Foreign(Foreign { found, position, latin: latin(found) }));
        }
    }
    close(&mut parts, &mut run);
    parts
}

/// Ends the current run, without the labels at its start.
fn close(parts: &mut Vec<Part>, run: &mut Vec<Typed>) {
    let start = labels_end(run);
    if start < run.len() {
        parts.push(Part::Run(run.split_off(start)));
    }
    run.clear();
}

/// Length of the labels at the start of a run.
fn labels_end(run: &[Typed]) -> usize {
    let mut start = 0;
    for word in run.chunk_by(|a, b| a.word == b.word) {
        let text: String = word.iter().map(|c| half_width(c.found).to_ascii_lowercase()).collect();
        if !LABELS.contains(&text.as_str()) {
            break;
        }
        start += word.len();
    }
    start
}

/// The upper-case ASCII letter or digit of a number that `plain` means.
const fn folded(plain: char) -> Option<u8> {
    if !plain.is_ascii_alphanumeric() {
        return None;
    }
    Some(match plain.to_ascii_uppercase() {
        'O' => b'0',
        'I' | 'L' => b'1',
        c => c as u8,
    })
}

/// Hyphens, dashes, the minus sign, the long vowel mark that input methods offer for a dash, and the underscore.
const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{30FC}' | '\u{FE58}' | '\u{FE63}')
}

/// Invisible characters that messages and word processors add: soft hyphens, joiners, direction marks, byte order marks,
/// variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The Latin letter that a Cyrillic or Greek letter looks like.
const fn latin(c: char) -> Option<char> {
    Some(match c {
        'А' | 'а' | 'Α' | 'α' => 'A',
        'В' | 'в' | 'Β' => 'B',
        'С' | 'с' | 'Ϲ' => 'C',
        'Е' | 'е' | 'Ё' | 'ё' | 'Ε' => 'E',
        'Н' | 'н' | 'Η' => 'H',
        'І' | 'і' | 'Ι' | 'ι' => 'I',
        'Ј' | 'ј' => 'J',
        'К' | 'к' | 'Κ' | 'κ' => 'K',
        'М' | 'м' | 'Μ' => 'M',
        'Ν' => 'N',
        'О' | 'о' | 'Ο' | 'ο' => 'O',
        'Р' | 'р' | 'Ρ' | 'ρ' => 'P',
        'Ѕ' | 'ѕ' => 'S',
        'Т' | 'т' | 'Τ' | 'τ' => 'T',
        'ν' => 'V',
        'Ѡ' | 'ω' => 'W',
        'Х' | 'х' | 'Χ' | 'χ' => 'X',
        'У' | 'у' | 'Υ' | 'γ' => 'Y',
        'Ζ' => 'Z',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(text: &str) -> Vec<String> {
        let run = |part| match part {
            Part::Run(run) => Some(run.iter().map(|c| char::from(c.folded)).collect()),
            Part::Foreign(_) => None,
        };
        parts(text).into_iter().filter_map(run).collect()
    }

    #[test]
    fn dashes_spaces_and_invisible_characters_do_not_end_a_run() {
        assert_eq!(runs("2o-il_３Ｚ\u{200E} \u{AD}x\u{2060}—y\n"), ["20113ZXY"]);
        assert_eq!(runs("存证编号：a1。b2”"), ["A1", "B2"]);
        assert!(runs(" -\u{FEFF}（）").is_empty());
    }

    #[test]
    fn labels_are_whole_words_at_the_start() {
        assert_eq!(runs("Deposit Number 2026 a"), ["2026A"]);
        assert_eq!(runs("No. 2026"), ["2026"]);
        assert_eq!(runs("No2026 no"), ["N02026N0"]);
        assert_eq!(runs("T 2026"), ["T2026"]);
    }

    #[test]
    fn positions_count_what_is_seen() {
        let parts = parts("\u{FEFF}1\u{200B}-*");
        assert_eq!(parts.last(), Some(&Part::Foreign(Foreign { found: '*', position: 3, latin: None })));
    }
}
