//! The documents of a case and the state of their originals, as answers show them.

use serde::{Deserialize, Serialize};

use crate::court::acts::TakeCustody;
use crate::court::case::course::DecisionKind;
use crate::court::case::documents::DocumentUse;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::originals::OriginalStateJson;

/// What a deposit is in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DocumentUseJson {
    /// `transcript`, `agreement`, `mediation-document`, `served` or `decision`.
    #[schema(example = "transcript")]
    pub code: String,
    /// The text for people.
    #[serde(flatten)]
    pub text: Bilingual,
    /// Number of the transcript, the agreement or the service record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// Version of the transcript or the agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

fn decision_label(kind: DecisionKind, language: Language) -> &'static str {
    match (kind, language) {
        (DecisionKind::Judgment, Language::Chinese) => "判决书",
        (DecisionKind::Judgment, Language::English) => "judgment",
        (DecisionKind::RefusedFiling, Language::Chinese) => "不予立案裁定书",
        (DecisionKind::RefusedFiling, Language::English) => "ruling that refuses the filing",
        (DecisionKind::Ruling(_), Language::Chinese) => "裁定书",
        (DecisionKind::Ruling(_), Language::English) => "ruling",
    }
}

impl DocumentUseJson {
    /// A use.
    #[must_use]
    pub fn of(used_as: DocumentUse) -> Self {
        let (code, text, number, version) = match used_as {
            DocumentUse::Transcript(number, kind, version) => {
                let (zh, en) = (kind.label(Language::Chinese), kind.label(Language::English));
                let zh = format!("{zh} {number} 第 {version} 版");
                let text = Bilingual::new(zh, format!("{en} {number}, version {version}"));
                ("transcript", text, Some(number.0), Some(version))
            }
            DocumentUse::Agreement(number, version) => {
                let zh = format!("调解协议 {number} 第 {version} 版");
                let text = Bilingual::new(zh, format!("mediation agreement {number}, version {version}"));
                ("agreement", text, Some(number.0), Some(version))
            }
            DocumentUse::MediationDocument(number) => {
                let zh = format!("调解协议 {number} 的调解书");
                let text = Bilingual::new(zh, format!("mediation document of agreement {number}"));
                ("mediation-document", text, Some(number.0), None)
            }
            DocumentUse::Served(number, kind, _) => {
                let (zh, en) = (kind.label(Language::Chinese), kind.label(Language::English));
                let zh = format!("送达记录 {number} 的文书：{zh}");
                ("served", Bilingual::new(zh, format!("document of service {number}: {en}")), Some(number.0), None)
            }
            DocumentUse::Decision(kind) => {
                ("decision", Bilingual::of(|language| decision_label(kind, language).to_owned()), None, None)
            }
        };
        Self { code: code.into(), text, number, version }
    }
}

/// A document of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseDocumentJson {
    /// 存证编号.
    pub deposit_number: String,
    /// What it is in the case.
    pub uses: Vec<DocumentUseJson>,
    /// The state of its original, as this case shows it.
    pub original: OriginalStateJson,
    /// Whether the asking account may read the original.
    pub can_read: bool,
    /// Whether the asking account may give the original into custody.
    pub can_give: bool,
}

impl CaseDocumentJson {
    /// A document with these uses and this original: its custody act, when it came, and whether it is erased.
    #[must_use]
    pub fn of(
        deposit_number: String,
        uses: impl Iterator<Item = DocumentUse>,
        original: Option<(&TakeCustody, Timestamp, bool)>,
        (can_read, can_give): (bool, bool),
    ) -> Self {
        let state = original.map_or_else(OriginalStateJson::not_submitted, |(act, at, erased)| {
            OriginalStateJson::submitted(act, at, erased)
        });
        Self { deposit_number, uses: uses.map(DocumentUseJson::of).collect(), original: state, can_read, can_give }
    }

    /// Whether the original is in custody and not erased.
    #[must_use]
    pub fn is_in_custody(&self) -> bool {
        self.original.code == "in-custody"
    }
}

/// The documents of a case that the asking account may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaseDocumentsJson {
    /// A page of them, by deposit number.
    pub items: Vec<CaseDocumentJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}
