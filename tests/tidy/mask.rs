//! What the rules look at: Rust source with its comments and strings blanked, byte for byte, so that every offset and
//! every line number stays what it was.
//!
//! Not here: a parser. Tokens and matching brackets are enough for all rules of this project.

/// Source in which parts are replaced by spaces; line breaks stay.
pub(crate) struct Masked {
    /// Without comments, and without the text of strings and character literals; a string's outer quotes stay.
    pub(crate) code: String,
    /// Without the text of strings and character literals only.
    pub(crate) unquoted: String,
}

/// Blanks comments and literals.
pub(crate) fn mask(source: &str) -> Masked {
    let mut masked = Masked { code: String::new(), unquoted: String::new() };
    let mut rest = source;
    while !rest.is_empty() {
        let (kind, length) = first_piece(rest);
        let (piece, later) = rest.split_at(length);
        match kind {
            Piece::Code => {
                masked.code.push_str(piece);
                masked.unquoted.push_str(piece);
            }
            Piece::Comment => {
                masked.code.push_str(&blank(piece));
                masked.unquoted.push_str(piece);
            }
            Piece::Literal => {
                masked.code.push_str(&blank_inside_quotes(piece));
                masked.unquoted.push_str(&blank_inside_quotes(piece));
            }
        }
        rest = later;
    }
    masked
}

/// `code` with everything blanked that only a test build compiles: items under `#[test]` or `#[cfg(test)]`.
pub(crate) fn without_tests(code: &str) -> String {
    let tokens = tokens(code);
    let mut kept = String::new();
    let mut from = 0;
    let mut i = 0;
    while i < tokens.len() {
        let Some(attribute) = Attribute::at(&tokens, i) else {
            i += 1;
            continue;
        };
        if !attribute.is_test() {
            i = attribute.end;
            continue;
        }
        let last = if attribute.inner { tokens.len() } else { item_end(&tokens, attribute.end) };
        let start = offset(&tokens, i, code);
        let end = offset(&tokens, last, code);
        kept.push_str(&code[from..start]);
        kept.push_str(&blank(&code[start..end]));
        from = end;
        i = last;
    }
    kept.push_str(&code[from..]);
    kept
}

/// A word, a number, a lifetime, `::` or one other character.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    /// Offset in bytes.
    pub(crate) at: usize,
}

impl Token<'_> {
    /// Whether it is an identifier or a keyword.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// The tokens of masked code.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let length = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            'r' if rest.starts_with("r#") && word_length(&rest[2..]) > 0 => {
                at += 2;
                word_length(&rest[2..])
            }
            '\'' => 1 + word_length(&rest[1..]),
            ':' if rest.starts_with("::") => 2,
            c => word_length(rest).max(c.len_utf8()),
        };
        found.push(Token { text: &code[at..at + length], at });
        at += length;
    }
    found
}

/// The text of token `i`, or nothing past the end.
pub(crate) fn text<'a>(tokens: &[Token<'a>], i: usize) -> &'a str {
    tokens.get(i).map_or("", |token| token.text)
}

/// The text of the token before `i`, or nothing.
pub(crate) fn text_before<'a>(tokens: &[Token<'a>], i: usize) -> &'a str {
    i.checked_sub(1).map_or("", |before| text(tokens, before))
}

/// The index after the bracket that closes the one at `open`.
pub(crate) fn after_bracket(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

/// `#[…]` or `#![…]`.
pub(crate) struct Attribute<'a> {
    /// What stands between its brackets.
    pub(crate) tokens: Vec<Token<'a>>,
    /// The index of the token after it.
    pub(crate) end: usize,
    /// Whether it is `#![…]`.
    pub(crate) inner: bool,
}

impl<'a> Attribute<'a> {
    /// The attribute that begins at token `i`.
    pub(crate) fn at(tokens: &[Token<'a>], i: usize) -> Option<Self> {
        let inner = text(tokens, i + 1) == "!";
        let open = i + 1 + usize::from(inner);
        if text(tokens, i) != "#" || text(tokens, open) != "[" {
            return None;
        }
        let end = after_bracket(tokens, open);
        Some(Self { tokens: tokens.get(open + 1..end.saturating_sub(1))?.to_vec(), end, inner })
    }

    /// All attributes of `tokens`.
    pub(crate) fn all(tokens: &[Token<'a>]) -> Vec<Self> {
        (0..tokens.len()).filter_map(|i| Self::at(tokens, i)).collect()
    }

    /// `test`, `tokio::test(…)`, `cfg(test)`, `cfg(all(test, …))`, but not `cfg(not(test))`, nor `cfg(any(test, …))`.
    fn is_test(&self) -> bool {
        let words: Vec<&str> = self.tokens.iter().map(|token| token.text).collect();
        if let ["cfg", "(", condition @ .., ")"] = words.as_slice() {
            return match condition {
                ["all", "(", list @ .., ")"] => top_level_has_test(list),
                alone => *alone == ["test"],
            };
        }
        words.split(|word| *word == "(").next().is_some_and(|path| path.last() == Some(&"test"))
    }
}

fn top_level_has_test(list: &[&str]) -> bool {
    let mut depth = 0;
    let mut term = Vec::new();
    for word in list.iter().chain(&[","]) {
        match *word {
            "(" => depth += 1,
            ")" => depth -= 1,
            "," if depth == 0 => {
                if term == ["test"] {
                    return true;
                }
                term.clear();
                continue;
            }
            _ => {}
        }
        term.push(*word);
    }
    false
}

/// The index after the item, field or statement that begins at token `i`, possibly with more attributes.
fn item_end(tokens: &[Token<'_>], mut i: usize) -> usize {
    while let Some(attribute) = Attribute::at(tokens, i) {
        i = attribute.end;
    }
    let is_field = !["pub", "mod", "fn", "use", "impl", "struct", "enum", "const", "static", "trait", "type", "unsafe"]
        .iter()
        .chain(&["async", "extern", "macro_rules", "let"])
        .any(|keyword| *keyword == text(tokens, i));
    while i < tokens.len() {
        match text(tokens, i) {
            ";" => return i + 1,
            "," if is_field => return i + 1,
            "{" => return after_bracket(tokens, i),
            "(" | "[" => i = after_bracket(tokens, i),
            ")" | "]" | "}" => return i,
            _ => i += 1,
        }
    }
    i
}

fn offset(tokens: &[Token<'_>], i: usize, code: &str) -> usize {
    tokens.get(i).map_or(code.len(), |token| token.at)
}

enum Piece {
    Code,
    Comment,
    Literal,
}

fn first_piece(rest: &str) -> (Piece, usize) {
    if rest.starts_with("//") {
        return (Piece::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Piece::Comment, block_comment_length(rest));
    }
    if let Some(length) = string_length(rest).or_else(|| char_length(rest)) {
        return (Piece::Literal, length);
    }
    let one = rest.chars().next().map_or(0, char::len_utf8);
    (Piece::Code, word_length(rest).max(one))
}

fn word_length(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
}

fn block_comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of the string literal that `rest` begins with, from its prefix to its last hash.
fn string_length(rest: &str) -> Option<usize> {
    let unprefixed = rest.strip_prefix(['b', 'c']).unwrap_or(rest);
    if let Some(raw) = unprefixed.strip_prefix('r') {
        let body = raw.trim_start_matches('#');
        let hashes = &raw[..raw.len() - body.len()];
        let body_at = rest.len() - body.len() + 1;
        let close = format!("\"{hashes}");
        return body
            .strip_prefix('"')
            .map(|body| body.find(&close).map_or(rest.len(), |end| body_at + end + close.len()));
    }
    let body = unprefixed.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(rest.len() - body.len() + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

/// The length of the character literal that `rest` begins with; lifetimes are none.
fn char_length(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('\'')?;
    let mut chars = body.char_indices();
    let (_, first) = chars.next()?;
    let body_at = rest.len() - body.len();
    if first == '\\' {
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| body_at + at + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'' && first != '\'').map(|(at, _)| body_at + at + 1)
}

fn blank(piece: &str) -> String {
    piece.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

fn blank_inside_quotes(piece: &str) -> String {
    match (piece.find('"'), piece.rfind('"')) {
        (Some(open), Some(close)) if open < close && !piece.starts_with(['\'']) && !piece.starts_with("b'") => {
            format!("{}\"{}\"{}", blank(&piece[..open]), blank(&piece[open + 1..close]), blank(&piece[close + 1..]))
        }
        _ => blank(piece),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        let masked = mask(source).code;
        assert_eq!(masked.len(), source.len(), "offsets stay");
        masked.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        assert_eq!(code("a // b \"c\nd"), "a d");
        assert_eq!(code("a /* b /* c */ d */ e"), "a e");
        assert_eq!(code(r#"f("存证 } \" // x", y)"#).replace(' ', ""), "f(\"\",y)");
        assert_eq!(code("g(r#\"a\" } \"#, br\"{\", b\"{\\\\\")").replace(' ', ""), "g(\"\",\"\",\"\")");
        assert_eq!(code(r#"match c { '{' | '\'' | '证' | b'\\' | '\u{7d}' | '"'=> 'a' }"#), "match c { | | | | | => }");
        assert_eq!(code("fn f<'a>(x: &'a str, r#type: u8) -> &'static str"), {
            "fn f<'a>(x: &'a str, r#type: u8) -> &'static str"
        });
        assert_eq!(mask("x // TEXT\n\"y\"").unquoted, "x // TEXT\n\" \"");
    }

    #[test]
    fn only_tests_are_left_out() {
        let left = |source: &str| without_tests(&mask(source).code).split_whitespace().collect::<String>();
        assert_eq!(left("fn a() {}\n#[cfg(test)]\nmod tests { fn b() { c() } }\nfn d() {}"), "fna(){}fnd(){}");
        assert_eq!(left("#[cfg(test)] #[path] use a::{b, c}; fn d() {}"), ";fnd(){}");
        assert_eq!(left("#[cfg(all(unix, test))] mod tests; fn d() {}"), "fnd(){}");
        assert_eq!(left("struct S { #[cfg(test)] a: u8, b: [u8; 2] }"), "structS{b:[u8;2]}");
        assert_eq!(left("#[tokio::test(flavor = \"x\")] async fn a() {} fn b() {}"), "fnb(){}");
        assert_eq!(left("#[cfg(not(test))] fn a() {}"), "#[cfg(not(test))]fna(){}");
        assert_eq!(left("#[cfg(any(test, unix))] fn a() {}"), "#[cfg(any(test,unix))]fna(){}");
        assert_eq!(left("#![cfg(test)] fn a() {}"), "");
    }
}
