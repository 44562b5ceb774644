//! Texts of others as pages and tables show them: names of files and of evidence, which may contain characters that reorder or hide text.

use std::fmt::Write as _;

/// The text with its control characters, bidirectional controls and characters without width as code points: `〔U+202E〕`.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_deceptive(c) {
            // Writing to a String cannot fail.
            let _ = write!(shown, "〔U+{:04X}〕", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether the character changes how others are shown, or is not seen itself.
const fn is_deceptive(c: char) -> bool {
    matches!(c as u32,
        0x0000..=0x001F | 0x007F..=0x009F                                       // controls
        | 0x00AD | 0x034F | 0x115F | 0x1160 | 0x17B4 | 0x17B5 | 0x180B..=0x180F // invisible
        | 0x061C | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F          // zero width, separators, bidirectional
        | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB                            // fillers, annotations
        | 0x1D173..=0x1D17A | 0xE0000..=0xE0FFF) // music, tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_reorder_or_hide() {
        assert_eq!(shown("合同 𪚥 (1).pdf"), "合同 𪚥 (1).pdf");
        assert_eq!(shown("a\u{202e}fdp.exe\u{200b}"), "a〔U+202E〕fdp.exe〔U+200B〕");
        assert_eq!(shown("a\nb\u{2028}c\u{e0041}"), "a〔U+000A〕b〔U+2028〕c〔U+E0041〕");
    }
}
