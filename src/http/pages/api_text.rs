//! The bilingual texts of the API's description, cut into the parts of each language.
//!
//! Handlers document themselves in English, followed by Chinese: `Read a block / 查询区块`, or a paragraph each. A page shows the part
//! of its language, and marks whatever is in the other.

use crate::ledger::verify::wording::Language;

/// A piece of text, and its language if that is not the page's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// `zh-CN` or `en`; `None` in the language of the page.
    pub lang: Option<&'static str>,
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3000}'..='\u{303f}' | '\u{ff00}'..='\u{ffef}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}')
}

/// Whether a text is Chinese: it has Chinese characters, and not many more Latin letters than those.
fn is_chinese(text: &str) -> bool {
    let han = text.chars().filter(|c| is_ideograph(*c)).count();
    let latin = text.split('`').step_by(2).flat_map(str::chars).filter(char::is_ascii_alphabetic).count();
    han > 0 && latin <= 2 * han
}

/// The English and the Chinese part of a text; either may be empty.
fn parts(text: &str) -> (&str, &str) {
    let text = text.trim();
    if let Some((en, zh)) = text.rsplit_once(" / ")
        && is_chinese(zh)
        && !is_chinese(en)
    {
        return (en.trim(), zh.trim());
    }
    // A Chinese sentence after an English one.
    for (at, _) in text.match_indices(". ") {
        let (en, zh) = text.split_at(at + 1);
        if !is_chinese(en) && is_chinese(zh) && zh.trim_start().starts_with(is_ideograph) {
            return (en.trim(), zh.trim());
        }
    }
    if is_chinese(text) { ("", text) } else { (text, "") }
}

/// The text in `language`; in the other one if it says nothing in this.
#[must_use]
pub fn pieces(text: &str, language: Language) -> Vec<Piece> {
    match (parts(text), language) {
        (("", ""), _) => Vec::new(),
        ((en, ""), Language::Chinese) => vec![Piece { text: en.to_owned(), lang: Some("en") }],
        ((_, zh), Language::Chinese) => clauses(zh),
        ((en, zh), Language::English) => cut(if en.is_empty() { zh } else { en }),
    }
}

/// Chinese text with the English clauses in it marked.
fn clauses(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for clause in text.split_inclusive(['。', '；', '，', ';', ',', '：', ':']) {
        let letters = clause.chars().filter(char::is_ascii_alphabetic).count();
        let lang = (letters > 0 && !is_chinese(clause)).then_some("en");
        match pieces.last_mut() {
            Some(last) if last.lang == lang => last.text.push_str(clause),
            _ => pieces.push(Piece { text: clause.to_owned(), lang }),
        }
    }
    pieces
}

/// English text with the Chinese terms in it marked.
fn cut(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for c in text.chars() {
        let lang = is_han(c).then_some("zh-CN");
        match pieces.last_mut() {
            Some(last) if last.lang == lang => last.text.push(c),
            _ => pieces.push(Piece { text: c.to_string(), lang }),
        }
    }
    pieces
}

/// The paragraphs of a description in `language`. Paragraphs of the other language are left out if there are any of this one.
#[must_use]
pub fn paragraphs(text: &str, language: Language) -> Vec<Vec<Piece>> {
    let all: Vec<&str> = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()).collect();
    let wanted = |paragraph: &&str| is_chinese(paragraph) == (language == Language::Chinese);
    let own: Vec<&str> = all.iter().copied().filter(wanted).collect();
    let shown = if own.is_empty() { all } else { own };
    shown.iter().map(|paragraph| pieces(&paragraph.replace('\n', " "), language)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str, language: Language) -> String {
        pieces(source, language).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn each_language_gets_its_part() {
        for (source, zh, en) in [
            ("Read a block / 查询区块", "查询区块", "Read a block"),
            ("One a page. 每页一个。", "每页一个。", "One a page."),
            ("存证编号", "存证编号", "存证编号"),
            ("64 hex digits", "64 hex digits", "64 hex digits"),
            ("Origins like a / b", "Origins like a / b", "Origins like a / b"),
            ("仅限 `clock_jumped` 暂停时", "仅限 `clock_jumped` 暂停时", "仅限 `clock_jumped` 暂停时"),
        ] {
            assert_eq!((text(source, Language::Chinese), text(source, Language::English)), (zh.into(), en.into()));
        }
    }

    #[test]
    fn the_other_language_is_marked() {
        let english = pieces("The 存证编号 of its act, which never changes", Language::English);
        let langs: Vec<_> = english.iter().map(|piece| piece.lang).collect();
        assert_eq!(langs, [None, Some("zh-CN"), None]);
        assert_eq!(pieces("64 hex digits", Language::Chinese)[0].lang, Some("en"));
        let mixed = pieces("区块链信息服务备案号; `null` if there is none.", Language::Chinese);
        assert_eq!((mixed[0].lang, mixed[1].lang), (None, Some("en")), "{mixed:?}");
        let both = paragraphs("One.\nTwo.\n\n第一段。\n\n第二段。", Language::Chinese);
        assert_eq!(both.len(), 2);
        assert_eq!(paragraphs("One.\nTwo.\n\n第一段。", Language::English)[0][0].text, "One. Two.");
    }
}
