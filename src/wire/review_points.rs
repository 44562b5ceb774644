//! The review points of a verification report, and the text of a verification step as the finding of a point.
//!
//! Not here: the texts of the points (`report_points`).

use serde::{Deserialize, Serialize};

use crate::ledger::verify::report::{Outcome, Report, Step};
use crate::ledger::verify::wording::Language;
use crate::ledger::verify::{findings, wording};
use crate::wire::bilingual::Bilingual;

/// One point of a list: a question of the law, and what the program can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReviewPointJson {
    /// Its number in the article.
    pub number: String,
    /// The question.
    pub question: Bilingual,
    /// What is known; 未取得 where nothing is.
    pub finding: Bilingual,
    /// Whether anything is known.
    pub provided: bool,
}

/// The points of one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ArticleJson {
    /// A stable code.
    #[schema(example = "online_litigation_17")]
    pub code: String,
    /// The article.
    pub title: Bilingual,
    /// Its points.
    pub points: Vec<ReviewPointJson>,
}

/// What would rebut the technical verification, and what this verification found of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RebuttalJson {
    /// The step that looked for it; absent if no step of the program can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    /// What would rebut.
    pub what: Bilingual,
    /// What was found.
    pub finding: Bilingual,
}

/// A step's label, outcome and detail as one text.
pub(in crate::wire) fn step_text(report: &Report, step: Step) -> Bilingual {
    Bilingual::of(|language| {
        let label = wording::step(step, language);
        let Some(result) = report.steps.iter().find(|result| result.step == step) else { return label.to_owned() };
        let outcome = wording::outcome(result.outcome, language);
        match (findings::detail(result, language), language) {
            (Some(detail), Language::Chinese) => format!("{label}：{outcome}（{detail}）"),
            (Some(detail), Language::English) => format!("{label}: {outcome} ({detail})"),
            (None, Language::Chinese) => format!("{label}：{outcome}"),
            (None, Language::English) => format!("{label}: {outcome}"),
        }
    })
}

/// Whether a step compared or found something.
pub(in crate::wire) fn was_performed(report: &Report, step: Step) -> bool {
    matches!(report.outcome(step), Some(Outcome::Passed | Outcome::Failed | Outcome::Checked))
}
