//! The private texts of a new act: each becomes an annex, committed to with its own salt.

use crate::court::ids::AnnexId;
use crate::error_code::ErrorCode;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::with_salt;
use crate::ledger::metadata::{METADATA_MAX, PrivateMetadata};
use crate::ledger::text::{Lines, forbidden_character};

/// Fields whose text must be one line; other texts may have several lines.
const OF_ONE_LINE: [&str; 3] = ["name", "title", "reference"];

/// The texts of one act.
#[derive(Debug, Default)]
pub struct Annexes(Vec<PrivateMetadata>);

impl Annexes {
    /// No annexes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text, and returns its commitment.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`] if it is empty, too long, or holds control characters.
    pub fn add(&mut self, field: &'static str, text: &str) -> Result<AnnexId, FilingError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FilingError::bad(field, "the text is empty", "内容不得为空"));
        }
        let lines = if OF_ONE_LINE.contains(&field) { Lines::One } else { Lines::Several };
        if let Some(control) = forbidden_character(text, lines) {
            let reason = format!("the text holds the control character U+{:04X}; remove it", u32::from(control));
            let reason_zh = Some(format!("：不得含有控制字符 U+{:04X}", u32::from(control)));
            return Err(FilingError::BadValue { field, reason, reason_zh, code: ErrorCode::ControlCharacter });
        }
        if text.len() > METADATA_MAX {
            let reason = format!("the text has {} bytes, more than {METADATA_MAX}", text.len());
            let reason_zh = Some(format!("：共 {} 字节，不得超过 {METADATA_MAX} 字节", text.len()));
            return Err(FilingError::BadValue { field, reason, reason_zh, code: ErrorCode::TextTooLong });
        }
        let piece = with_salt(text)?;
        let id = AnnexId(piece.commitment());
        self.0.push(piece);
        Ok(id)
    }

    /// As [`Self::add`], for an optional text.
    ///
    /// # Errors
    ///
    /// As [`Self::add`].
    pub fn add_some(&mut self, field: &'static str, text: Option<&str>) -> Result<Option<AnnexId>, FilingError> {
        text.map(|text| self.add(field, text)).transpose()
    }

    /// All annexes, in the order of their addition.
    #[must_use]
    pub fn into_pieces(self) -> Vec<PrivateMetadata> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;

    fn code(field: &'static str, text: &str) -> Option<&'static str> {
        Annexes::new().add(field, text).err().and_then(|error| error.code()).map(ErrorCode::as_str)
    }

    #[test]
    fn texts_are_trimmed_and_each_lies_under_its_own_commitment() {
        let mut annexes = Annexes::new();
        let ids = [" 张三\n", "张三"].map(|name| annexes.add("name", name).unwrap());
        assert_eq!(annexes.add_some("title", None).unwrap(), None);
        let pieces = annexes.into_pieces();
        assert!(pieces.iter().all(|piece| piece.json == "张三"));
        assert_eq!(pieces.iter().map(|piece| AnnexId(piece.commitment())).collect::<Vec<_>>(), ids);
        assert_ne!(ids[0], ids[1]);
    }

    #[test]
    fn empty_and_long_texts_and_control_characters_are_refused() {
        assert_eq!((code("reason", " \n"), code("reason", "")), (Some("bad_value"), Some("bad_value")));
        assert_eq!((code("reason", "a\nb"), code("name", "a\nb")), (None, Some("control_character")));
        assert_eq!(
            (code("reason", "a\u{0}b"), code("reason", "a\u{1b}[1m")),
            (Some("control_character"), Some("control_character"))
        );
        let longest = "x".repeat(METADATA_MAX);
        assert_eq!((code("reason", &longest), code("reason", &format!("{longest}x"))), (None, Some("text_too_long")));
    }
}
