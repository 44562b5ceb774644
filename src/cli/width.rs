//! Width of text on a terminal in columns. Chinese characters take two.

use crate::cli::terminal::is_mark;

/// Width of the escaped `text` in columns; a tone mark has none.
#[must_use]
pub fn columns(text: &str) -> usize {
    let shown = text.chars().filter(|c| !is_mark(*c) && !is_combining(*c));
    shown.map(|c| 1 + usize::from(is_wide(c))).sum()
}

/// `text`, padded with spaces to `width` columns.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// Unicode's East Asian wide and full-width characters, as terminals draw them.
const fn is_wide(c: char) -> bool {
    matches!(c as u32,
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE10..=0xFE19 | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF | 0x1F900..=0x1F9FF | 0x20000..=0x3FFFD)
}

const fn is_combining(c: char) -> bool {
    matches!(c as u32, 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::terminal::{Tone, toned};

    #[test]
    fn chinese_characters_take_two_columns() {
        assert_eq!(columns("交易id"), 6);
        assert_eq!(columns("block hash"), 10);
        assert_eq!(columns("〔，〕"), 6);
        assert_eq!(columns(&format!("{}.", toned(Tone::Good, "通过"))), 5);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(padded("区块", 6), "区块  ");
        assert_eq!(padded("longer", 3), "longer");
    }
}
