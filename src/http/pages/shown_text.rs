//! User-supplied text as pages and tables show it. It may contain characters that reorder or hide other text.
//!
//! [`PageText`] is the default escaper of all templates (`askama.toml`). Values of form fields opt out with the filter `escape("value")`,
//! which escapes for HTML only: a form that is sent again must not change the text. [`shown`] is for tables, which no template renders.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

use crate::ledger::display::alters_display;

/// The text with its control characters, bidirectional controls and zero-width characters as code points: `〔U+202E〕`.
#[must_use]
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if alters_display(c) {
            // Writing to a String cannot fail.
            let _ = write_code_point(&mut shown, c);
        } else {
            shown.push(c);
        }
    }
    shown
}

fn write_code_point(dest: &mut impl Write, c: char) -> fmt::Result {
    write!(dest, "〔U+{:04X}〕", u32::from(c))
}

/// The escaper of templates: escapes for HTML texts and attributes, and writes deceptive characters as code points. A text keeps its
/// lines and tabs, which HTML shows as such or as spaces.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageText;

impl Escaper for PageText {
    fn write_escaped_str<W: Write>(&self, mut dest: W, string: &str) -> fmt::Result {
        let mut rest = string;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| alters_display(*c) && !is_layout(*c)) {
            let (before, after) = rest.split_at(at);
            Html.write_escaped_str(&mut dest, before)?;
            write_code_point(&mut dest, c)?;
            rest = after.get(c.len_utf8()..).unwrap_or_default();
        }
        Html.write_escaped_str(dest, rest)
    }
}

/// Ends of lines and tabs.
const fn is_layout(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_reorder_or_hide() {
        assert_eq!(shown("合同 𪚥 (1).pdf"), "合同 𪚥 (1).pdf");
        assert_eq!(shown("a\u{202e}fdp.exe\u{200b}"), "a〔U+202E〕fdp.exe〔U+200B〕");
        assert_eq!(shown("a\nb\u{2028}c\u{e0041}"), "a〔U+000A〕b〔U+2028〕c〔U+E0041〕");
        assert_eq!(shown("a\u{e0080}b\u{e0fff}c\u{1bca0}"), "a〔U+E0080〕b〔U+E0FFF〕c〔U+1BCA0〕");
        assert_eq!(shown("葛\u{e0100}城"), "葛\u{e0100}城", "a variant of a Han character in a name");
    }

    #[test]
    fn a_template_writes_no_deceptive_character_and_keeps_lines() {
        #[derive(askama::Template)]
        #[template(source = "<p title=\"{{ text }}\">{{ text }}</p>", ext = "html")]
        struct Page<'a> {
            text: &'a str,
        }
        #[derive(askama::Template)]
        #[template(source = "<input value=\"{{ text|escape(\"value\") }}\">", ext = "html")]
        struct Field<'a> {
            text: &'a str,
        }
        let field = askama::Template::render(&Field { text: "\"a\u{200b}b" }).unwrap();
        assert_eq!(field, "<input value=\"&#34;a\u{200b}b\">", "a form that is sent again does not change the text");
        let page = |text| askama::Template::render(&Page { text }).unwrap();
        assert_eq!(page("合同\r\n\t1"), "<p title=\"合同\r\n\t1\">合同\r\n\t1</p>");
        let written = "&#60;b&#62;〔U+202E〕0001〔U+202C〕 元〔U+3164〕";
        assert_eq!(page("<b>\u{202e}0001\u{202c} 元\u{3164}"), format!("<p title=\"{written}\">{written}</p>"));
    }
}
