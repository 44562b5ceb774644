//! Hand-overs of a dossier to another court: requests of both courts, the manifest, and the lists.

use serde::{Deserialize, Serialize};

use crate::court::case::course::HandOver;
use crate::court::case::state::CaseFile;
use crate::court::course_words::{HandOverState, Volume};
use crate::court::ids::{DocumentNumber, HandOverNumber};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::ManifestRoot;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::court::people::TextJson;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// The dossier of a case, to be sent to another court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendHandOverRequest {
    /// `second-instance`, `remand`, `dossier-return`, `jurisdiction` or `retrial`.
    #[schema(example = "second-instance")]
    pub kind: String,
    /// The receiving court.
    #[schema(example = "粤01")]
    pub to: String,
    /// Deposit number of the document that it is based on: the decision appealed, the ruling.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub basis: String,
    /// The ground of a retrial: `application` (without one), `ex-officio` or `protest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// The parties that apply for the retrial; none on another ground.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parties: Vec<u32>,
    /// How many documents follow on paper: all that were not converted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_paper: Option<u32>,
    /// Where the dossier goes back: `upheld`, `changed`, `remanded`, `directed`, `withdrawn`, `deemed-withdrawn`, `mediated` (with the
    /// mediation document as basis, once all have received it), `suit-dismissed`, `suit-withdrawn` or `suit-terminated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// The root over the lines of a manifest, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestRootJson {
    /// 64 hex digits: RFC 6962 over the lines without LF, in SHA-256.
    pub root: String,
    /// How many lines.
    pub count: u64,
}

impl From<ManifestRoot> for ManifestRootJson {
    fn from(manifest: ManifestRoot) -> Self {
        Self { root: manifest.root.to_string(), count: manifest.count }
    }
}

/// A step of the receiving court. The roots are those that it computed from the lines it received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each field is the line of the same name of the act")]
pub enum ReceiverStepRequest {
    /// 收到案卷.
    Receive {},
    /// 核对相符并接收.
    Accept {
        manifest: ManifestRootJson,
        second_volume: Option<ManifestRootJson>,
        procedure: Option<String>,
        number: Option<String>,
    },
    /// 核对不符.
    Differs { manifest: ManifestRootJson, second_volume: Option<ManifestRootJson>, reason: String },
    /// 退回补正, with the list of what is missing.
    Return { reason: String },
}

/// A hand-over as both cases show it: no lines, no texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandOverBriefJson {
    /// The sending case.
    pub case: String,
    /// Its number there.
    pub hand_over: u32,
    /// 案号 of the sending case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The kind.
    pub kind: CodedText,
    /// The ground of a retrial.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<CodedText>,
    /// The sending court.
    pub from: String,
    /// The receiving court.
    pub to: String,
    /// Deposit number of the document that it is based on.
    pub basis: String,
    /// The state.
    pub state: CodedText,
    /// For parties, in one sentence.
    pub text: Bilingual,
    /// The main volume.
    pub manifest: ManifestRootJson,
    /// How many documents of the dossier it has, and how many of them on paper.
    pub documents: u32,
    /// Documents that follow on paper.
    pub on_paper: u32,
    /// When it was sent, Beijing time.
    pub sent_at: String,
    /// When its receipt was recorded, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// When it was accepted, reported as different, or returned, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The case in which it is continued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continued_in: Option<String>,
}

/// A document of the dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DossierDocumentJson {
    /// Its number.
    pub document: u32,
    /// Its volume.
    pub volume: CodedText,
    /// Its form.
    pub form: CodedText,
    /// How many pages.
    pub pages: u32,
    /// Its deposit number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// Its name; in the second volume with deposit number and digests. Null once erased.
    pub name: TextJson,
}

/// A hand-over with its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandOverJson {
    /// The facts that lists show too.
    #[serde(flatten)]
    pub brief: HandOverBriefJson,
    /// The lines of the manifest of the main volume, without LF.
    pub lines: Vec<String>,
    /// The second volume, for those who handle cases at the two courts only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_volume: Option<ManifestRootJson>,
    /// Its lines, for the same.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub second_lines: Vec<String>,
    /// The documents, those of the second volume for the same.
    pub documents_of_the_dossier: Vec<DossierDocumentJson>,
    /// The differences, or the reason of the return; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
}

/// Hand-overs to the courts of the account, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HandOversJson {
    /// A page of them.
    pub items: Vec<HandOverBriefJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// 案卷已于〔日期〕报送，〔日期〕经二审法院核对接收.
fn sentence(one: &HandOver) -> Bilingual {
    let sent = beijing_time(one.sent.at);
    let ended = one.ended.map(|at| beijing_time(at.at));
    let (zh, en) = match (one.state, ended) {
        (HandOverState::Accepted, Some(ended)) => {
            (format!("，{ended} 经{}核对接收", one.to), format!(", compared and accepted by {} on {ended}", one.to))
        }
        (HandOverState::Differs, Some(ended)) => {
            (format!("，{ended} 经{}核对不符", one.to), format!(", compared by {} on {ended}: it differs", one.to))
        }
        (HandOverState::Returned, Some(ended)) => {
            (format!("，{ended} 由{}退回补正", one.to), format!(", returned by {} on {ended} to be corrected", one.to))
        }
        (HandOverState::Received, _) => {
            (format!("，{}已收到，尚未核对接收", one.to), format!(", received by {}", one.to))
        }
        _ => (format!("，{}尚未确认收到", one.to), format!(", not yet received by {}", one.to)),
    };
    let what = match one.kind {
        crate::court::words::TransferKind::SecondInstance => "报送",
        _ => "移交",
    };
    Bilingual::new(format!("案卷已于 {sent} {what}{zh}"), format!("The dossier was sent on {sent}{en}"))
}

impl HandOverBriefJson {
    /// A hand-over of `file`.
    #[must_use]
    pub fn of(file: &CaseFile, number: HandOverNumber, one: &HandOver) -> Self {
        let before = |sequence: u64| sequence < one.sent.sequence;
        let documents = file.course.documents.values().filter(|document| before(document.position.sequence));
        let of_main = documents.filter(|document| document.volume == Volume::Main).count();
        Self {
            case: file.id.to_string(),
            hand_over: number.0,
            number: file.number.as_ref().map(ToString::to_string),
            kind: coded(one.kind.word(), Bilingual::of(|language| one.kind.label(language))),
            ground: one.ground.map(|ground| coded(ground.word(), Bilingual::of(|language| ground.label(language)))),
            from: file.court.to_string(),
            to: one.to.to_string(),
            basis: one.basis.to_string(),
            state: coded(one.state.word(), Bilingual::of(|language| one.state.label(language))),
            text: sentence(one),
            manifest: one.manifest.into(),
            documents: u32::try_from(of_main).unwrap_or(u32::MAX),
            on_paper: one.on_paper,
            sent_at: beijing_time(one.sent.at),
            received_at: one.received.map(|position| beijing_time(position.at)),
            ended_at: one.ended.map(|position| beijing_time(position.at)),
            continued_in: one.case.map(|case| case.to_string()),
        }
    }
}

impl DossierDocumentJson {
    /// A document of `file` with its text.
    #[must_use]
    pub fn of(file: &CaseFile, number: DocumentNumber, text: Option<&String>) -> Option<Self> {
        let one = file.course.documents.get(&number)?;
        Some(Self {
            document: number.0,
            volume: coded(one.volume.word(), Bilingual::of(|language| one.volume.label(language))),
            form: coded(one.form.word(), Bilingual::of(|language| one.form.label(language))),
            pages: one.pages,
            deposit_number: one.deposit.as_ref().map(DepositNumber::to_string),
            name: TextJson(text.cloned()),
        })
    }
}
