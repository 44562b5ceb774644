//! The subject of a login at an identity provider: `sub`, OpenID Connect Core 1.0 section 2.

/// Longest subject in characters.
pub const SUBJECT_MAX: usize = 255;

/// An identity provider's permanent name for a person: 1 to 255 visible ASCII characters, with spaces between them only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject(String);

impl Subject {
    /// Parses a subject, as a token or a form has it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let is_whole = !text.is_empty() && text.len() <= SUBJECT_MAX && text.trim() == text;
        (is_visible && is_whole).then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_visible_and_has_no_spaces_around_it() {
        for good in ["zhang.san", "a b", &"x".repeat(SUBJECT_MAX)] {
            assert_eq!(Subject::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", " x", "x ", "a\nb", "张三", "a\u{7f}", &"x".repeat(SUBJECT_MAX + 1)] {
            assert_eq!(Subject::parse(bad), None, "{bad:?}");
        }
    }
}
