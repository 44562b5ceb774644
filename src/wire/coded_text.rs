//! A stable code for programs with its text for people.

use serde::{Deserialize, Serialize};

/// A code with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodedText {
    /// The stable code.
    pub code: String,
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
}
