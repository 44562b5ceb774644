//! The records of a case as JSON: hearings, transcripts, mediation agreements.
//!
//! Not here: the rounds of confirmation (`rounds`).

use serde::{Deserialize, Serialize};

use crate::court::calendar::Calendar;
use crate::court::case::session_records::{Attendance, Hearing, Paper};
use crate::court::case::state::CaseFile;
use crate::court::case::{mediation, transcripts};
use crate::court::ids::{HearingNumber, TranscriptNumber};
use crate::court::line_value::LineValue as _;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::mediation::{AgreementJson, MediationJson};
use crate::wire::court::papers::{ActorJson, DocumentJson, VersionJson, versions_json};
use crate::wire::court::people::{CapacityJson, CheckedJson, TextJson, checked};
use crate::wire::court::rounds::RoundJson;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// A segment of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SegmentJson {
    /// Its number, from 1.
    pub segment: u32,
    /// The file.
    #[serde(flatten)]
    pub document: DocumentJson,
    /// The commitment to its path in the manifest.
    pub name_commitment: String,
    /// Beginning, by the recorder's clock, Beijing time.
    pub from: String,
    /// End.
    pub until: String,
}

/// The manifest over the segments of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordingManifestJson {
    /// Its deposit.
    pub deposit_number: String,
    /// RFC 6962 root over the item lines.
    pub root: String,
    /// Number of segments.
    pub count: u32,
    /// Who fixed it.
    pub closed: ActorJson,
}

/// A hearing session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HearingJson {
    /// Its number, from 1.
    pub hearing: u32,
    /// 开庭.
    pub begun: ActorJson,
    /// 休庭 or 结束庭审.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<ActorJson>,
    /// How it ended: 休庭 or 结束庭审.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<CodedText>,
    /// The recording.
    pub segments: Vec<SegmentJson>,
    /// The manifest, once it is fixed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<RecordingManifestJson>,
}

impl HearingJson {
    fn of(file: &CaseFile, number: u32, hearing: &Hearing) -> Self {
        let segments = (1..).zip(&hearing.segments).map(|(number, segment)| SegmentJson {
            segment: number,
            document: DocumentJson::of(&segment.document),
            name_commitment: segment.name.to_string(),
            from: beijing_time(segment.from),
            until: beijing_time(segment.until),
        });
        Self {
            hearing: number,
            begun: ActorJson::of(file, &hearing.begun),
            ended: hearing.ended.as_ref().map(|(actor, _)| ActorJson::of(file, actor)),
            end: hearing.ended.map(|(_, end)| coded(end.word(), Bilingual::of(|language| end.label(language)))),
            segments: segments.collect(),
            manifest: hearing.manifest.map(|(actor, number, root, count)| RecordingManifestJson {
                deposit_number: number.to_string(),
                root: root.to_string(),
                count,
                closed: ActorJson::of(file, &actor),
            }),
        }
    }
}

/// The presence of a participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttendanceJson {
    /// The activity.
    pub activity: CodedText,
    /// Who entered, and when.
    pub joined: ActorJson,
    /// The identity check made for it.
    pub identity: CheckedJson,
    /// When the participant left, Beijing time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_at: Option<String>,
}

impl AttendanceJson {
    fn of(file: &CaseFile, one: &Attendance) -> Self {
        let activity = one.activity;
        Self {
            activity: coded(activity.word(), Bilingual::of(|language| activity.label(language))),
            joined: ActorJson::of(file, &one.joined),
            identity: checked(&one.identity),
            left_at: one.left.map(beijing_time),
        }
    }
}

/// A request for correction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CorrectionJson {
    /// Its number, from 1.
    pub correction: u32,
    /// Who requested it.
    pub requested: ActorJson,
    /// Of which version.
    pub version: u32,
    /// Whose statement it is.
    pub speaker: CapacityJson,
    /// Why.
    pub ground: CodedText,
    /// The place; null once erased.
    pub place: TextJson,
    /// The wording asked for; null once erased.
    pub wording: TextJson,
    /// The segment of the recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<u32>,
    /// The decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<CodedText>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided: Option<ActorJson>,
    /// The reason; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
    /// The version that amended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amended_in: Option<u32>,
}

/// A transcript / 笔录.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TranscriptJson {
    /// Its number.
    pub transcript: u32,
    /// Its kind.
    pub kind: CodedText,
    /// Its state.
    pub state: CodedText,
    /// The hearing that it records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hearing: Option<u32>,
    /// Who opened it.
    pub opened: ActorJson,
    /// Its versions, the oldest first.
    pub versions: Vec<VersionJson>,
    /// Requests for correction.
    pub corrections: Vec<CorrectionJson>,
    /// The last day for reading the latest version (民诉法第一百五十条第二款).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading_until: Option<String>,
    /// Its rounds, the oldest first.
    pub rounds: Vec<RoundJson>,
    /// Who finalised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finalised: Option<ActorJson>,
    /// How many people confirmed the digest of the final version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Bilingual>,
}

impl TranscriptJson {
    fn of(file: &CaseFile, number: TranscriptNumber, texts: &Texts, calendar: &Calendar) -> Option<Self> {
        let found = file.records.transcripts.get(&number)?;
        let state = transcripts::state(file, number, found);
        let rounds = file.records.rounds_of(Paper::Transcript(number));
        let rounds: Vec<RoundJson> = rounds.map(|(number, round)| RoundJson::of(file, number, round, texts)).collect();
        let confirmed = rounds.last().map_or(0, |round| round.confirmed);
        let text = |text| TextJson::of(text, texts);
        let corrections = (1..).zip(&found.corrections).map(|(number, one)| CorrectionJson {
            correction: number,
            requested: ActorJson::of(file, &one.requested),
            version: one.version,
            speaker: CapacityJson::of(file, one.speaker),
            ground: coded(one.ground.word(), Bilingual::of(|language| one.ground.label(language))),
            place: text(one.place),
            wording: text(one.wording),
            segment: one.segment,
            decision: one
                .decision
                .map(|(_, decision, _)| coded(decision.word(), Bilingual::of(|language| decision.label(language)))),
            decided: one.decision.as_ref().map(|(actor, ..)| ActorJson::of(file, actor)),
            reason: one.decision.and_then(|(_, _, reason)| reason).map(text),
            amended_in: one.amended_in,
        });
        Some(Self {
            transcript: number.0,
            kind: coded(found.kind.word(), Bilingual::of(|language| found.kind.label(language))),
            state: coded(state.word(), Bilingual::of(|language| state.label(language))),
            hearing: found.hearing.map(|hearing| hearing.0),
            opened: ActorJson::of(file, &found.opened),
            versions: versions_json(file, &found.versions),
            corrections: corrections.collect(),
            reading_until: transcripts::reading_end(file, found, calendar).map(|day| day.to_string()),
            rounds,
            finalised: found.finalised.as_ref().map(|actor| ActorJson::of(file, actor)),
            comparison: found.finalised.map(|_| {
                Bilingual::new(
                    format!("定稿摘要与 {confirmed} 人确认的摘要一致"),
                    format!("the digest of the final version is the one that {confirmed} people confirmed"),
                )
            }),
        })
    }
}

/// An appointment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppointmentJson {
    /// The role.
    pub role: CodedText,
    /// The account.
    pub account: String,
}

/// The records of a case / 庭审、笔录和调解.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordsJson {
    /// The case.
    pub case: String,
    /// The appointments by the court.
    pub appointments: Vec<AppointmentJson>,
    /// Hearing sessions.
    pub hearings: Vec<HearingJson>,
    /// The attendance of participants.
    pub attendance: Vec<AttendanceJson>,
    /// Transcripts.
    pub transcripts: Vec<TranscriptJson>,
    /// The period of the mediation.
    pub mediation: MediationJson,
    /// Mediation agreements and records of undisputed facts.
    pub agreements: Vec<AgreementJson>,
    /// The act in the case's access log that recorded this access.
    pub access_sequence: u64,
}

impl RecordsJson {
    /// The records of `file`, which has only what the viewer may see.
    #[must_use]
    pub fn of(file: &CaseFile, texts: &Texts, calendar: &Calendar, access_sequence: u64) -> Self {
        let records = &file.records;
        let appointment =
            |(role, account): &(crate::court::words::Role, crate::court::ids::AccountId)| AppointmentJson {
                role: coded(role.word(), Bilingual::of(|language| role.label(language))),
                account: account.print(),
            };
        let hearings = (1..).map(HearingNumber).zip(&records.hearings);
        let transcript = |number: &TranscriptNumber| TranscriptJson::of(file, *number, texts, calendar);
        let agreements = records.agreements.keys();
        Self {
            case: file.id.to_string(),
            appointments: records.appointments.iter().map(appointment).collect(),
            hearings: hearings.map(|(number, hearing)| HearingJson::of(file, number.0, hearing)).collect(),
            attendance: records.attendance.values().map(|one| AttendanceJson::of(file, one)).collect(),
            transcripts: records.transcripts.keys().filter_map(transcript).collect(),
            mediation: MediationJson::of(file, &records.mediation, mediation::period_end(file, calendar), texts),
            agreements: agreements.filter_map(|number| AgreementJson::of(file, *number, texts, calendar)).collect(),
            access_sequence,
        }
    }
}
