//! A text that people read, in both languages.

use serde::{Deserialize, Serialize};

use crate::ledger::verify::wording::Language;

/// The same text in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bilingual {
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// Both texts.
    #[must_use]
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// What `say` says in each language.
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
