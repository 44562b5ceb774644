//! How many columns a text takes on a terminal, and how a name from outside is shown there.
//!
//! Chinese characters take two columns. What a name could do to a screen, reorder or hide text, is escaped: a file may
//! be called anything, and what people read must be what is there.

/// Columns of `text`; a colour takes none.
#[must_use]
pub fn columns(text: &str) -> usize {
    let mut in_colour = false;
    let mut count = 0;
    for c in text.chars() {
        if c == '\u{1b}' || in_colour {
            in_colour = c != 'm';
        } else if !is_invisible(c) {
            count += 1 + usize::from(is_wide(c));
        }
    }
    count
}

/// `text`, and spaces up to `width` columns.
#[must_use]
pub fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

/// A name from outside with control, bidirectional and zero-width characters escaped, and spaces at its ends.
#[must_use]
pub fn shown(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let inner = name.len() - name.trim_start().len()..name.trim_end().len();
    for (at, c) in name.char_indices() {
        if c.is_control() || is_invisible(c) || reorders(c) || !inner.contains(&at) {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text
}

/// Unicode's East Asian wide and full-width characters, as terminals draw them.
const fn is_wide(c: char) -> bool {
    matches!(c as u32,
        0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0xA4CF | 0xA960..=0xA97F | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
        | 0xFE10..=0xFE19 | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF | 0x1F900..=0x1F9FF | 0x20000..=0x3FFFD)
}

const fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0x0300..=0x036F | 0x200B..=0x200D | 0x2060..=0x2064 | 0xFE00..=0xFE0F | 0xFEFF)
}

const fn reorders(c: char) -> bool {
    matches!(c as u32, 0x061C | 0x200E | 0x200F | 0x202A..=0x202E | 0x2028 | 0x2029 | 0x2066..=0x2069)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_characters_take_two_columns() {
        assert_eq!(columns("交易id"), 6);
        assert_eq!(columns("block hash"), 10);
        assert_eq!(columns("〔，〕"), 6);
        assert_eq!(columns("\u{1b}[1;32m通过\u{1b}[0m."), 5);
        assert_eq!(padded("区块", 6), "区块  ");
        assert_eq!(padded("longer", 3), "longer");
    }

    #[test]
    fn a_name_cannot_reorder_or_hide_text() {
        assert_eq!(shown("合同.pdf"), "合同.pdf");
        assert_eq!(shown(" a b "), "\\u{20}a b\\u{20}");
        assert_eq!(shown("  "), "\\u{20}\\u{20}");
        assert_eq!(shown("a\u{202E}fdp.exe"), "a\\u{202e}fdp.exe");
        assert_eq!(shown("a\u{200B}b\n\u{1b}[2J"), "a\\u{200b}b\\u{a}\\u{1b}[2J");
    }
}
