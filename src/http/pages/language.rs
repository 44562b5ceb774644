//! The language of a page: the parameter `lang`, the cookie that it sets, the browser's languages, or Chinese.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};

use crate::http::request::header;
use crate::ledger::verify::wording::Language;

/// The cookie with the language that a visitor chose.
pub const LANGUAGE_COOKIE: &str = "__Host-language";

/// The word of a language, in parameters and cookies.
#[must_use]
pub const fn word(language: Language) -> &'static str {
    match language {
        Language::Chinese => "zh",
        Language::English => "en",
    }
}

/// The language of a word: `zh` or `en`.
#[must_use]
pub fn of_word(word: &str) -> Option<Language> {
    [Language::Chinese, Language::English].into_iter().find(|language| self::word(*language) == word)
}

/// The value of a cookie; `None` if it is not sent, or more than once.
#[must_use]
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    values.next().filter(|_| values.next().is_none())
}

/// The language for a request without a parameter.
#[must_use]
pub fn preferred(headers: &HeaderMap) -> Language {
    let remembered = cookie(headers, LANGUAGE_COOKIE).and_then(of_word);
    remembered.unwrap_or_else(|| of_browser(header(headers, &ACCEPT_LANGUAGE)))
}

/// The language that a browser prefers, by RFC 9110 section 12.5.4; Chinese if it says neither.
fn of_browser(accepted: &str) -> Language {
    let mut best = (Language::Chinese, 0.0);
    for range in accepted.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let primary = parts.next().unwrap_or_default().split('-').next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
        if let Some(language) = of_word(&primary)
            && weight > best.1
        {
            best = (language, weight);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_decides_unless_the_visitor_did() {
        for (accepted, expected) in [
            ("", Language::Chinese),
            ("fr", Language::Chinese),
            ("en-US,en;q=0.9", Language::English),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("fr, en;q=0.4, zh;q=0.5", Language::Chinese),
            ("en;q=0", Language::Chinese),
        ] {
            assert_eq!(of_browser(accepted), expected, "{accepted}");
        }
        let mut headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, "zh".parse().unwrap())]);
        headers.insert(COOKIE, "a=b; __Host-language=en".parse().unwrap());
        assert_eq!(preferred(&headers), Language::English);
        headers.insert(COOKIE, "__Host-language=en; __Host-language=zh".parse().unwrap());
        assert_eq!(preferred(&headers), Language::Chinese, "a repeated cookie is not read");
    }
}
