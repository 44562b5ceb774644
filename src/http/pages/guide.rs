//! `/guides`: the guides of `docs/` for parties, courts and auditors, as pages.
//!
//! A guide is written in a small part of Markdown: headings, paragraphs, lists, tables, and within a line `**bold**`, `` `code` `` and
//! `[text](address)`. Pictures are left out, because the reader has the pages themselves.

use askama::Template;
use axum::response::Response;

use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;

/// A guide.
struct Guide {
    word: &'static str,
    for_whom: (&'static str, &'static str),
    zh: &'static str,
    en: &'static str,
}

macro_rules! guide {
    ($word:literal, $zh:literal, $en:literal) => {
        Guide {
            word: $word,
            for_whom: ($zh, $en),
            zh: include_str!(concat!("../../../docs/guide-", $word, ".zh-CN.md")),
            en: include_str!(concat!("../../../docs/guide-", $word, ".md")),
        }
    };
}

const GUIDES: [Guide; 3] = [
    guide!("parties", "当事人与代理人", "Parties and their agents"),
    guide!("court", "书记员与法官", "Clerks and judges"),
    guide!("auditors", "审计人员", "Auditors"),
];

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Inline {
    Text(String),
    Bold(String),
    Code(String),
    Link { text: String, href: String },
}

/// A block of a guide.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Block {
    Title(String),
    Section(String),
    Paragraph(Vec<Inline>),
    Steps(Vec<Vec<Inline>>),
    Points(Vec<Vec<Inline>>),
    Command(String),
    Table { head: Vec<Vec<Inline>>, rows: Vec<Vec<Vec<Inline>>> },
}

#[derive(Template)]
#[template(path = "guides.html")]
struct GuidesPage {
    p: Layout,
    guides: Vec<(&'static str, Bilingual)>,
}

#[derive(Template)]
#[template(path = "guide.html")]
struct GuidePage {
    p: Layout,
    blocks: Vec<Block>,
}

/// Where a link leads on this site: to another guide, or to an address; documents of the sources have no page.
fn address(target: &str) -> Option<String> {
    if target.starts_with('/') || target.starts_with("https://") {
        return Some(target.to_owned());
    }
    let name = target.strip_prefix("guide-")?.split('.').next()?;
    GUIDES.iter().any(|guide| guide.word == name).then(|| format!("/guides/{name}"))
}

/// The marked part at the beginning of a text, and what follows it.
fn marked(text: &str) -> Option<(Inline, &str)> {
    let between = |open: &str, close: &str| text.strip_prefix(open)?.split_once(close);
    if let Some((bold, rest)) = between("**", "**") {
        return Some((Inline::Bold(bold.to_owned()), rest));
    }
    if let Some((code, rest)) = between("`", "`") {
        return Some((Inline::Code(code.to_owned()), rest));
    }
    let (label, rest) = between("[", "](")?;
    let (target, rest) = rest.split_once(')')?;
    let text = label.to_owned();
    let part = match address(target) {
        Some(href) => Inline::Link { text, href },
        None => Inline::Text(text),
    };
    Some((part, rest))
}

/// The parts of a line.
fn inline(text: &str) -> Vec<Inline> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (plain, mark) = rest.split_at(rest.find(['*', '`', '[']).unwrap_or(rest.len()));
        if !plain.is_empty() {
            parts.push(Inline::Text(plain.to_owned()));
        }
        rest = if let Some((part, after)) = marked(mark) {
            parts.push(part);
            after
        } else {
            parts.extend((!mark.is_empty()).then(|| Inline::Text(mark.to_owned())));
            ""
        };
    }
    parts
}

/// Joins lines of one paragraph: with a space, except between Chinese characters.
fn joined(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii());
        if is_latin(text.chars().next_back()) || (!text.is_empty() && is_latin(line.chars().next())) {
            text.push(' ');
        }
        text.push_str(line);
    }
    text
}

fn cells(line: &str) -> Vec<Vec<Inline>> {
    line.trim_matches('|').split('|').map(|cell| inline(cell.trim())).collect()
}

/// The text behind the mark of a list item, and whether the list is numbered.
fn item(line: &str) -> Option<(&str, bool)> {
    if let Some(text) = line.strip_prefix("- ") {
        return Some((text, false));
    }
    let (number, text) = line.split_once(". ")?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((text, true))
}

fn list(lines: &[&str]) -> Block {
    let (mut items, mut is_numbered): (Vec<Vec<&str>>, bool) = (Vec::new(), false);
    for line in lines {
        match item(line) {
            Some((text, numbered)) => {
                is_numbered = numbered;
                items.push(vec![text]);
            }
            None => items.last_mut().into_iter().for_each(|last| last.push(line.trim())),
        }
    }
    let items = items.iter().map(|lines| inline(&joined(lines))).collect();
    if is_numbered { Block::Steps(items) } else { Block::Points(items) }
}

/// The block of some lines without an empty one among them; none for pictures and for the link to the other language.
fn block(lines: &[&str]) -> Option<Block> {
    let first = *lines.first()?;
    if first.starts_with("![") || (lines.len() == 1 && first.starts_with('[') && first.ends_with(".md)")) {
        return None;
    }
    if let Some(title) = first.strip_prefix("# ") {
        return Some(Block::Title(title.to_owned()));
    }
    if let Some(title) = first.strip_prefix("## ") {
        return Some(Block::Section(title.to_owned()));
    }
    if first.starts_with("```") {
        let code = lines.iter().filter(|line| !line.starts_with("```")).copied().collect::<Vec<_>>();
        return Some(Block::Command(code.join("\n")));
    }
    if first.starts_with('|') {
        let rows = lines.iter().skip(2).map(|line| cells(line)).collect();
        return Some(Block::Table { head: cells(first), rows });
    }
    Some(if item(first).is_some() { list(lines) } else { Block::Paragraph(inline(&joined(lines))) })
}

fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    lines.split(|line| line.trim().is_empty()).filter_map(block).collect()
}

/// The list of guides.
///
/// # Errors
///
/// [`ApiError`].
pub async fn guides(visit: Visit) -> Result<Response, ApiError> {
    let named = |guide: &Guide| (guide.word, Bilingual::new(guide.for_whom.0, guide.for_whom.1));
    let page = GuidesPage { p: visit.layout("使用指南", "Guides"), guides: GUIDES.iter().map(named).collect() };
    visit.page(Audience::Public, &page)
}

/// A guide.
///
/// # Errors
///
/// `not_found` for a name that none has.
pub async fn guide(visit: Visit, name: PathParameter) -> Result<Response, ApiError> {
    let found = GUIDES.iter().find(|guide| guide.word == name.0);
    let found = found.ok_or_else(|| ApiError::not_found(format!("no such guide: {}", name.0)))?;
    let text = if visit.language == Language::Chinese { found.zh } else { found.en };
    let page = GuidePage {
        p: visit
            .layout(&format!("使用指南：{}", found.for_whom.0), &format!("Guide: {}", found.for_whom.1.to_lowercase())),
        blocks: blocks(text),
    };
    visit.page(Audience::Public, &page)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_marks_of_a_guide_become_parts() {
        let text = "# A\n\n[中文](guide-x.zh-CN.md)\n\nOne **two**\n`three` [four](guide-court.md)\n\n1. a\n   b\n2. c\n\n\
                    - d\n\n```sh\nx y\n```\n\n![e](f.png)\n\n| g | h |\n|---|---|\n| **i** | [j](k.md) |\n";
        let plain = |text: &str| Inline::Text(text.into());
        let link = Inline::Link { text: "four".into(), href: "/guides/court".into() };
        let expected = vec![
            Block::Title("A".into()),
            Block::Paragraph(vec![
                plain("One "),
                Inline::Bold("two".into()),
                plain(" "),
                Inline::Code("three".into()),
                plain(" "),
                link,
            ]),
            Block::Steps(vec![vec![plain("a b")], vec![plain("c")]]),
            Block::Points(vec![vec![plain("d")]]),
            Block::Command("x y".into()),
            Block::Table {
                head: vec![vec![plain("g")], vec![plain("h")]],
                rows: vec![vec![vec![Inline::Bold("i".into())], vec![plain("j")]]],
            },
        ];
        assert_eq!(blocks(text), expected);
        assert_eq!(joined(&["存证", "编号", "T1", "号"]), "存证编号 T1 号");
        assert_eq!(inline("a * b ** c"), [plain("a "), plain("* b ** c")]);
    }

    /// All text of the sources in which labels of pages stand.
    fn sources(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, text);
            } else if path.extension().is_some_and(|name| name == "rs" || name == "html" || name == "js") {
                text.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn each_label_that_a_guide_names_stands_on_a_page() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut text = String::new();
        for folder in ["templates", "src", "web"] {
            sources(&root.join(folder), &mut text);
        }
        let text = text.to_lowercase();
        let mut labels = 0;
        for guide in &GUIDES {
            for (lang, words) in [("zh", guide.zh), ("en", guide.en)] {
                let words = joined(&words.lines().map(str::trim).collect::<Vec<_>>());
                let bold = words.split("**").skip(1).step_by(2);
                for label in bold.map(str::trim) {
                    labels += 1;
                    assert!(text.contains(&label.to_lowercase()), "{} {lang}: no page says `{label}`", guide.word);
                }
            }
        }
        assert!(labels > 100, "{labels}");
    }
}
