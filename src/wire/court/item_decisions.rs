//! The court's decisions on an item of evidence as screens show them: its lateness with the consequences, and its admission.

use serde::{Deserialize, Serialize};

use crate::court::act_position::Text;
use crate::court::calendar::Day;
use crate::court::case::decisions::ItemDecisions;
use crate::court::case::late_evidence::Lateness;
use crate::court::legal_figures::{FineBounds, fine_bounds};
use crate::court::words::SubjectKind;
use crate::ledger::number::DepositNumber;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::deadlines::HandedInJson;
use crate::wire::court::people::TextJson;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

fn word(word: &str, label: impl Fn(Language) -> &'static str) -> CodedText {
    coded(word, Bilingual::of(label))
}

/// The law that bounds a fine / 罚款幅度的依据.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FineBoundsJson {
    /// The law and article.
    pub source: Bilingual,
    /// The least, in yuan.
    pub least: u64,
    /// The most, in yuan.
    pub most: u64,
    /// True if the source was not confirmed: check before relying on it.
    pub unconfirmed: bool,
}

impl FineBoundsJson {
    fn of(bounds: &FineBounds) -> Self {
        let source = format!("{}{}", bounds.law, bounds.article);
        Self {
            source: Bilingual::new(source.clone(), source),
            least: bounds.least,
            most: bounds.most,
            unconfirmed: bounds.unconfirmed,
        }
    }
}

/// A decision of the court on an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemDecisionJson {
    /// The decision.
    pub decision: CodedText,
    /// The fine, in yuan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fine: Option<u64>,
    /// The bounds of the fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fine_bounds: Option<FineBoundsJson>,
    /// Deposit number of the document that states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The reason; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
    /// The account of the judge.
    pub by: String,
    /// When, Beijing time.
    pub at: String,
}

/// A reason of lateness that a party stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LatenessReasonJson {
    /// The reason; null once erased.
    pub reason: TextJson,
    /// Posted or handed in before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_in: Option<HandedInJson>,
    /// When, Beijing time.
    pub at: String,
}

/// Lateness of an item, and the court's decisions on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ItemDecisionsJson {
    /// `in-time`, `deemed-in-time` or `late`, as the period stands now.
    pub lateness: CodedText,
    /// When the court required the party to state its reason, Beijing time.
    pub reasons_required_at: Vec<String>,
    /// The reasons stated.
    pub reasons: Vec<LatenessReasonJson>,
    /// The decisions on the consequences of the lateness; the last entry counts.
    pub lateness_decisions: Vec<ItemDecisionJson>,
    /// Whether the court adopts it; the last entry counts.
    pub admission_decisions: Vec<ItemDecisionJson>,
}

impl ItemDecisionsJson {
    /// The decisions on an item of a party of this kind.
    #[must_use]
    pub fn of(decisions: &ItemDecisions, lateness: Lateness, subject: SubjectKind, texts: &Texts) -> Self {
        let fined = |at| fine_bounds(subject, Day::of(at)).map(FineBoundsJson::of);
        let (code, zh, en) = match lateness {
            Lateness::InTime => ("in-time", "未逾期", "in time"),
            Lateness::DeemedInTime(_) => ("deemed-in-time", "视为未逾期", "deemed in time"),
            Lateness::Late => ("late", "逾期举证（是否采纳由法院决定）", "late; the court decides on its admission"),
        };
        let reason = |reason: Option<Text>| reason.map(|reason| TextJson::of(reason, texts));
        Self {
            lateness: coded(code, Bilingual::new(zh, en)),
            reasons_required_at: decisions.reasons_required.iter().map(|one| beijing_time(one.at)).collect(),
            reasons: decisions
                .reasons
                .iter()
                .map(|one| LatenessReasonJson {
                    reason: TextJson::of(one.reason, texts),
                    handed_in: one.handed_in.map(HandedInJson::of),
                    at: beijing_time(one.position.at),
                })
                .collect(),
            lateness_decisions: decisions
                .lateness
                .iter()
                .map(|one| ItemDecisionJson {
                    decision: word(one.decision.word(), |language| one.decision.label(language)),
                    fine: one.fine,
                    fine_bounds: one.fine.and(fined(one.position.at)),
                    document: one.document.as_ref().map(DepositNumber::to_string),
                    reason: reason(one.reason),
                    by: one.by.to_string(),
                    at: beijing_time(one.position.at),
                })
                .collect(),
            admission_decisions: decisions
                .admission
                .iter()
                .map(|one| ItemDecisionJson {
                    decision: word(one.decision.word(), |language| one.decision.label(language)),
                    fine: None,
                    fine_bounds: None,
                    document: one.document.as_ref().map(DepositNumber::to_string),
                    reason: reason(one.reason),
                    by: one.by.to_string(),
                    at: beijing_time(one.position.at),
                })
                .collect(),
        }
    }
}
