//! A text for people in Chinese and English.

use serde::{Deserialize, Serialize};

use crate::ledger::verify::wording::Language;

/// The same text in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bilingual {
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
}

impl Bilingual {
    /// From both texts.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// From a function that gives the text in each language.
    #[must_use]
    pub fn of<T: Into<String>>(say: impl Fn(Language) -> T) -> Self {
        Self::new(say(Language::Chinese), say(Language::English))
    }

    /// The text in `language`.
    #[must_use]
    pub fn pick(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}
