//! What stands at the top of every page of a case.

use crate::wire::court::case::CaseFactsJson;
use crate::wire::report::CodedText;

/// A case as its pages name it. It has no private text.
#[derive(Debug, Clone)]
pub struct CaseHead {
    /// The path of its page.
    pub path: String,
    /// 案件代号, or the beginning of the id.
    pub name: String,
    /// 案号.
    pub number: Option<String>,
    /// The court.
    pub court: String,
    /// The kind of proceeding.
    pub kind: CodedText,
    /// The stage.
    pub stage: CodedText,
}

impl CaseHead {
    /// The head of a case that its address calls `name`.
    #[must_use]
    pub fn of(facts: &CaseFactsJson, name: &str) -> Self {
        let short = || facts.case.chars().take(12).collect();
        Self {
            path: format!("/cases/{name}"),
            name: facts.reference.clone().unwrap_or_else(short),
            number: facts.number.clone(),
            court: facts.court.clone(),
            kind: facts.kind.clone(),
            stage: facts.stage.clone(),
        }
    }
}
