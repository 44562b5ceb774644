//! Reads text files that a user names or may have edited.
//!
//! Text is UTF-8. Additions of editors and mail programs are accepted and removed: a byte order mark, CRLF line ends. Whether the
//! last line needs a line end is decided by the parser of the format. Text that Windows programs save as UTF-16 with a byte order
//! mark is converted. All other encodings are rejected, never guessed.
//!
//! Not here: evidence, whose bytes are only ever hashed (`digest`).

use std::path::Path;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::cli::exit::CliError;
use crate::files::regular;

/// Size limit of settings and keys in bytes.
pub const SMALL: usize = 1 << 20;
/// Size limit of JSON documents for a node in bytes.
pub const DOCUMENT: usize = 64 << 20;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Why bytes are not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Another encoding, such as GBK, or not text.
    #[error("it is not UTF-8 text (perhaps GBK or UTF-16); save it as UTF-8")]
    NotUtf8,
    /// It begins with the byte order mark of UTF-16 and is not UTF-16.
    #[error("it is damaged UTF-16 text; save it as UTF-8")]
    DamagedUtf16,
}

impl EncodingError {
    /// In Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::NotUtf8 => "不是 UTF-8 文本（可能是 GBK 或 UTF-16 编码），请另存为 UTF-8",
            Self::DamagedUtf16 => "UTF-16 文本已损坏，请另存为 UTF-8",
        }
    }
}

/// The text of a file: without byte order mark, with LF line ends.
///
/// # Errors
///
/// [`EncodingError`].
pub fn decode(bytes: &[u8]) -> Result<String, EncodingError> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        bytes => {
            let bytes = bytes.strip_prefix(BOM).unwrap_or(bytes);
            std::str::from_utf8(bytes).map_err(|_| EncodingError::NotUtf8)?.to_owned()
        }
    };
    Ok(if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, EncodingError> {
    let (units, rest) = bytes.as_chunks::<2>();
    let text = String::from_utf16(&units.iter().map(|bytes| unit(*bytes)).collect::<Vec<_>>());
    text.ok().filter(|_| rest.is_empty()).ok_or(EncodingError::DamagedUtf16)
}

/// A line of a text file that is read line by line: without its line end, the first one without a byte order mark.
/// `number` counts from 1.
#[must_use]
pub fn bare_line(line: &str, number: u64) -> &str {
    let line = if number == 1 { line.strip_prefix('\u{FEFF}').unwrap_or(line) } else { line };
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
///
/// [`CliError`] that names the file.
pub fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
    regular::read(path, limit).map_err(|error| CliError::io(path, &error))
}

/// Reads a text file of at most `limit` bytes.
///
/// # Errors
///
/// [`CliError`] that names the file.
pub fn text(path: &Path, limit: usize) -> Result<String, CliError> {
    decode(&bytes(path, limit)?).map_err(|error| not_text(path, error))
}

/// As [`text`]; `None` if there is no such file.
///
/// # Errors
///
/// As [`text`]; an existing file that cannot be read is an error.
pub fn text_if_present(path: &Path, limit: usize) -> Result<Option<String>, CliError> {
    let bytes = regular::read_if_present(path, limit).map_err(|error| CliError::io(path, &error))?;
    bytes.map(|bytes| decode(&bytes).map_err(|error| not_text(path, error))).transpose()
}

/// Reads a secret, which is wiped from memory when dropped.
///
/// # Errors
///
/// As [`text`].
pub fn secret(path: &Path) -> Result<Zeroizing<String>, CliError> {
    let bytes = Zeroizing::new(bytes(path, SMALL)?);
    decode(&bytes).map(Zeroizing::new).map_err(|error| not_text(path, error))
}

/// Reads a JSON document for a node.
///
/// # Errors
///
/// As [`text`]; [`CliError`] with the file and the position for invalid JSON.
pub fn json(path: &Path) -> Result<Value, CliError> {
    serde_json::from_str(&text(path, DOCUMENT)?).map_err(|error| {
        let what = if error.is_eof() { "内容不完整，JSON 中途截断" } else { "不是有效的 JSON" };
        let zh = format!("{}：{what}（第 {} 行第 {} 列）。请改正", path.display(), error.line(), error.column());
        CliError::unable("malformed_json", zh, format!("{}: not valid JSON: {error}. Correct it", path.display()))
    })
}

fn not_text(path: &Path, error: EncodingError) -> CliError {
    let zh = format!("{}：{}", path.display(), error.chinese());
    CliError::unable("not_utf8", zh, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_editors_add_is_removed() {
        for bytes in
            [&b"a\nb\n"[..], b"\xEF\xBB\xBFa\r\nb\r\n", b"\xFF\xFEa\0\r\0\n\0b\0\n\0", b"\xFE\xFF\0a\0\r\0\n\0b\0\n"]
        {
            assert_eq!(decode(bytes).unwrap(), "a\nb\n");
        }
        assert_eq!(decode("证据".as_bytes()).unwrap(), "证据");
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn other_encodings_are_rejected() {
        assert_eq!(decode(b"\xba\xcf\xcd\xac"), Err(EncodingError::NotUtf8));
        assert_eq!(decode(b"\xFF\xFEa"), Err(EncodingError::DamagedUtf16));
        assert_eq!(decode(b"\xFF\xFE\0\xD8"), Err(EncodingError::DamagedUtf16));
    }

    #[test]
    fn lines_that_are_read_one_by_one_are_bare_too() {
        assert_eq!(bare_line("\u{FEFF}a\r\n", 1), "a");
        assert_eq!(bare_line("\u{FEFF}a", 2), "\u{FEFF}a");
        assert_eq!((bare_line("a\n", 3), bare_line("a", 3), bare_line("\n", 3)), ("a", "a", ""));
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("来源.json");
        let name = path.display().to_string();
        assert!(json(&path).unwrap_err().zh.starts_with(&name));
        for (bytes, code) in [(&b"{\n x"[..], "malformed_json"), (b"\xba", "not_utf8")] {
            std::fs::write(&path, bytes).unwrap();
            let error = json(&path).unwrap_err();
            assert_eq!(error.code, code);
            assert!(error.zh.starts_with(&name) && error.en.starts_with(&name), "{error:?}");
        }
        assert_eq!(json(folder.path()).unwrap_err().code, "not_a_file");
        assert_eq!(text_if_present(&folder.path().join("none"), 9).unwrap(), None);
    }
}
