//! Court pairs: which court hears appeals from which.

use serde::{Deserialize, Serialize};

use crate::court::case_number::CourtCode;
use crate::court::registry::appeal_courts::AppealCourt;

/// A court that hears, or from a day on no longer hears, appeals from the court in the path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealCourtRequest {
    /// The court of appeal.
    #[schema(example = "粤01")]
    pub hears: String,
    /// The first day, or the first day on which it no longer does.
    #[schema(example = "2025-11-01")]
    pub from: String,
    /// The source that states this.
    #[schema(example = "法释〔2025〕14号")]
    pub source: String,
}

/// A court pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppealCourtJson {
    /// The court of appeal.
    pub hears: String,
    /// The first day.
    pub from: String,
    /// The first day on which it no longer does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The source; null once erased.
    pub source: Option<String>,
}

/// The courts that hear or heard appeals from a court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppealCourtsJson {
    /// 法院代字.
    pub court: String,
    /// In the order in which they were entered.
    pub items: Vec<AppealCourtJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
}

impl AppealCourtsJson {
    /// The list of a court; each pair with the text of its source.
    #[must_use]
    pub fn of(court: &CourtCode, pairs: &[(AppealCourt, Option<String>)]) -> Self {
        let shown = |(pair, source): &(AppealCourt, Option<String>)| AppealCourtJson {
            hears: pair.hears.to_string(),
            from: pair.from.to_string(),
            until: pair.until.map(|day| day.to_string()),
            source: source.clone(),
        };
        Self { court: court.to_string(), items: pairs.iter().map(shown).collect(), next_cursor: None }
    }
}
