//! Unicode normalization of names (UAX #15): `é` is one character or two, and looks the same.
//!
//! File systems and input methods differ: macOS returns decomposed names, other systems the name as typed. Names are compared in
//! normalization form C and recorded unchanged.

use unicode_normalization::UnicodeNormalization as _;

/// Whether two names are the same text.
#[must_use]
pub fn is_same_text(a: &str, b: &str) -> bool {
    // ASCII has only one form.
    a == b || (!a.is_ascii() && !b.is_ascii() && a.nfc().eq(b.nfc()))
}

/// `name` in normalization form C.
#[must_use]
pub fn composed(name: &str) -> String {
    name.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_the_same() {
        assert!(is_same_text("e\u{301}.wav", "\u{e9}.wav") && is_same_text("卷/合同", "卷/合同"));
        assert!(!is_same_text("e.wav", "\u{e9}.wav") && !is_same_text("a", "b"));
        assert_eq!(composed("e\u{301}"), "\u{e9}");
    }
}
