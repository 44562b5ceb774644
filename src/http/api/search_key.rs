//! Recognizes what a search is for: a deposit number, a hash or a block height, as people type it or paste it from a document.
//!
//! ```text
//! 存证编号：T20261122-0K7M-X9QT-3D5W-MP。        labels and punctuation around a value are dropped
//! sm3 66c7f0f4 62eeedd9 …                       so is the name of the algorithm; a hash may be in groups
//! 区块高度 1,234                                 heights with the separators that pages show
//! ```
//!
//! What is about as long as a number or a hash, and is none, gets an error that says what is wrong with it.
//!
//! Not here: the search itself (`search`), how a deposit number is typed (`ledger::number`).

use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;
use crate::ledger::block::Height;
use crate::ledger::hash::Digest;
use crate::ledger::number::{DepositNumber, NumberError};
use crate::ledger::text::half_width;

/// Longest query in bytes: a hash of 64 full-width digits in groups, with its label.
const QUERY_MAX: usize = 512;
/// Digits from which on a query is taken for a deposit number and not for a height.
const SHORTEST_NUMBER: usize = 20;
/// Digits of a hash.
const HASH_DIGITS: usize = 64;
/// Hexadecimal digits from which on a query is taken for a hash: those of MD5.
const SHORTEST_HASH: usize = 32;
/// What people write before a height, in lower case and without white space.
const BEFORE_HEIGHT: [&str; 7] = ["区块高度", "blockheight", "height", "高度", "区块", "block", "第"];
/// What people write behind it.
const BEHIND_HEIGHT: [&str; 4] = ["号区块", "个区块", "区块", "号"];

/// What is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum SearchKey {
    /// 存证编号.
    Number(DepositNumber),
    /// A digest of an original, or the id of a record or statement.
    Hash(Digest),
    /// 区块高度.
    Height(Height),
}

/// Recognizes a query.
///
/// # Errors
///
/// `mistyped_number`, `unrecognised_query`.
pub(in crate::http) fn read(query: &str) -> Result<SearchKey, ApiError> {
    if query.len() > QUERY_MAX {
        return Err(unrecognised());
    }
    let value = without_label(query);
    let plain: String = value.chars().filter(|c| !c.is_whitespace()).map(half_width).collect();
    let plain = plain.to_ascii_lowercase();
    let plain = plain.strip_prefix("0x").unwrap_or(&plain);
    if let Some(hash) = Digest::from_hex(plain) {
        return Ok(SearchKey::Hash(hash));
    }
    if let Some(height) = height(plain) {
        return height.map(SearchKey::Height);
    }
    match hashes(query).as_slice() {
        [] => {}
        [hash] => return Ok(SearchKey::Hash(*hash)),
        [_, ..] => {
            let failure = ApiError::new(ErrorCode::UnrecognisedQuery, "more than one hash; search for one at a time");
            return Err(failure.in_chinese("此处有不止一个哈希值，请逐个查询"));
        }
    }
    match DepositNumber::parse(query) {
        Ok(number) => Ok(SearchKey::Number(number)),
        // About as long as a deposit number, and not a hash: a mistyped number.
        Err(error @ NumberError::Length { found: 18..=26, .. }) => Err(error.into()),
        Err(NumberError::Length { .. }) => Err(mistyped_hash(plain).unwrap_or_else(unrecognised)),
        Err(error) => Err(mistyped_hash(plain).unwrap_or_else(|| error.into())),
    }
}

/// The query without a label before a colon, as people copy it from a document, and without quotes and punctuation around it.
fn without_label(query: &str) -> &str {
    let value = query.rsplit([':', '：']).find(|part| part.contains(char::is_alphanumeric)).unwrap_or(query);
    let value = value.trim_matches(|c: char| !c.is_alphanumeric() && !"+-".contains(c));
    // The algorithm, as the seven facts show it before a digest.
    let digest = ["sm3", "sha-256", "SM3", "SHA-256"].iter().find_map(|name| value.strip_prefix(name));
    digest.unwrap_or(value)
}

/// The height that `plain` gives, with or without a label and separators between thousands; `None` if it is none.
fn height(plain: &str) -> Option<Result<Height, ApiError>> {
    let label = BEFORE_HEIGHT.iter().find_map(|label| plain.strip_prefix(label));
    let value = label.unwrap_or(plain).trim_start_matches(['#', '.']);
    let value = BEHIND_HEIGHT.iter().find_map(|label| value.strip_suffix(label)).unwrap_or(value);
    let (first, groups) = value.split_once(',').map_or((value, None), |(first, rest)| (first, Some(rest)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_grouped = groups.is_none_or(|groups| groups.split(',').all(|group| group.len() == 3 && is_number(group)));
    if !is_number(first) || !is_grouped || (groups.is_some() && first.len() > 3) {
        return None;
    }
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    (digits.len() < SHORTEST_NUMBER).then(|| digits.parse().map(Height).map_err(|_| unrecognised()))
}

/// The different hashes in a text, each in one piece.
fn hashes(query: &str) -> Vec<Digest> {
    let plain: String = query.chars().map(|c| half_width(c).to_ascii_lowercase()).collect();
    let mut hashes: Vec<Digest> =
        plain.split(|c: char| !c.is_ascii_alphanumeric()).filter_map(Digest::from_hex).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// What is wrong with a value that is about as long as a hash; `None` if it is not.
fn mistyped_hash(plain: &str) -> Option<ApiError> {
    let length = plain.len();
    let failure = |en: String, zh: String| {
        let failure = ApiError::new(ErrorCode::UnrecognisedQuery, en).in_chinese(zh);
        Some(failure.expecting("64 hex digits"))
    };
    let foreign = (1..).zip(plain.chars()).find(|(_, c)| !c.is_ascii_hexdigit());
    match (length, foreign) {
        (32 | 40, None) => failure(
            format!("{length} digits: a digest of MD5 or SHA-1, which are not used here. Search by SHA-256 or SM3"),
            format!("{length} 位，是 MD5 或 SHA-1 摘要，本平台不采用。请以 SHA-256 或 SM3 摘要查询"),
        ),
        (SHORTEST_HASH.., None) => failure(
            format!("a hash has {HASH_DIGITS} hex digits, this one has {length}"),
            format!("哈希值应为 {HASH_DIGITS} 位十六进制数字，此处为 {length} 位"),
        ),
        (HASH_DIGITS, Some((position, found))) if plain.bytes().all(|b| b.is_ascii_alphanumeric()) => failure(
            format!("character {position} of the hash, `{found}`, is not a hex digit (0-9, a-f)"),
            format!("哈希值的第 {position} 位“{found}”不是十六进制数字（0-9、a-f）"),
        ),
        _ => None,
    }
}

fn unrecognised() -> ApiError {
    let expected = "a deposit number, 64 hex digits, or a block height";
    let failure = ApiError::new(ErrorCode::UnrecognisedQuery, format!("expected {expected}")).expecting(expected);
    failure.in_chinese("无法识别。请输入存证编号、64 位十六进制的哈希值或者区块高度")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_known_by_its_form() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        for typed in [
            "20261122-0K7M-X9QT-3D5W-C3",
            "２０２６１１２２ ok7m x9qt 3d5w c3",
            "存证编号：20261122-0K7M-X9QT-3D5W-C3。",
            "【存证编号】20261122-0K7M-X9QT-3D5W-C3，",
            "“20261122-0K7M-X9QT-3D5W-C3”",
            "https://node.example/d/20261122-0K7M-X9QT-3D5W-C3",
        ] {
            assert_eq!(read(typed), Ok(SearchKey::Number(number)), "{typed}");
        }
        let (hash, expected) = ("aB".repeat(32), Ok(SearchKey::Hash(Digest([0xab; 32]))));
        assert_eq!(read(&format!(" {hash}\n")), expected);
        let grouped = ["aBaBaBaB"; 8].join(" ");
        for labelled in [
            format!("区块哈希：{hash}。"),
            format!("sm3 {hash}"),
            format!("(SHA-256: {hash})"),
            format!("数据的哈希值（SM3）：{grouped}；"),
            format!("交易id {hash}"),
            format!("{hash}（SM3）"),
            format!("SHA256({hash})"),
            format!("0x{hash}"),
            format!("https://node.example/search?q={hash}"),
            format!("交易id：{hash}："),
        ] {
            assert_eq!(read(&labelled), expected, "{labelled}");
        }
        for (typed, expected) in [
            ("区块高度：12", 12),
            ("１２", 12),
            ("0", 0),
            ("区块高度 1,234", 1_234),
            ("1，234，567", 1_234_567),
            ("第12号区块", 12),
            ("Block #12", 12),
            ("height 12.", 12),
        ] {
            assert_eq!(read(typed), Ok(SearchKey::Height(Height(expected))), "{typed}");
        }
    }

    #[test]
    fn typing_errors_are_explained() {
        let failure = |query: &str| read(query).unwrap_err().problem();
        for mistyped in
            ["20261122-0K7M-X9QT-3D5V-C3", "20261122-0K7M-X9QT-3D5W-C", "编号：20261122-0K7M-X9QT-3D5V-C3。"]
        {
            assert_eq!(failure(mistyped).code.as_str(), "mistyped_number", "{mistyped}");
        }
        let (short, long) = ("ab".repeat(31), "ab".repeat(33));
        let mut foreign = "ab".repeat(32);
        foreign.replace_range(9..10, "g");
        for (query, says) in [
            (short.as_str(), "62 位"),
            (&long, "66 位"),
            (&foreign, "第 10 位“g”"),
            (&"ab".repeat(16), "MD5 或 SHA-1"),
            (&"ab".repeat(20), "MD5 或 SHA-1"),
            (&format!("{} {}", "ab".repeat(32), "cd".repeat(32)), "不止一个"),
        ] {
            let problem = failure(query);
            assert_eq!(problem.code.as_str(), "unrecognised_query", "{query}");
            assert!(problem.detail_zh.contains(says), "{query}: {}", problem.detail_zh);
        }
        for garbage in ["", "hello", &"9".repeat(300), "-1", "1.5", "1,23", "1234,567", "：", "???"] {
            assert_eq!(failure(garbage).code.as_str(), "unrecognised_query", "{garbage}");
        }
    }
}
