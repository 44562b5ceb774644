//! The course of a case as its view shows it: dossier, panel, decisions, appeals, objections, answers, hand-overs.

use serde::{Deserialize, Serialize};

use crate::court::calendar::Calendar;
use crate::court::case::course::{Appeal, Decision, Origin, ReturnedDossier, WithdrawalRequest};
use crate::court::case::legal_force::legal_force;
use crate::court::case::state::CaseFile;
use crate::court::course_words::Volume;
use crate::court::ids::{AppealNumber, PartyNumber};
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::hand_over::{HandOverBriefJson, ManifestRootJson};
use crate::wire::court::people::TextJson;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// A decision of the court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecisionJson {
    /// `judgment`, `refused-filing`, or the subject of the ruling.
    pub kind: CodedText,
    /// Deposit number of its document.
    pub document: String,
    /// Account of the judge who recorded it.
    pub by: String,
    /// When, Beijing time.
    pub at: String,
    /// Days of the appeal period, from the service on each party; absent where there is no appeal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal_days: Option<u32>,
}

/// An application to withdraw the suit or an appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WithdrawalJson {
    /// For which party.
    pub party: u32,
    /// When, Beijing time.
    pub at: String,
    /// Whether the court allowed it; null until it has ruled.
    pub allowed: Option<bool>,
}

/// An answer to the suit or to an appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AnswerJson {
    /// Of which party.
    pub party: u32,
    /// Deposit number of its document.
    pub document: String,
    /// When, Beijing time.
    pub at: String,
}

/// An appeal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AppealJson {
    /// Its number in the case.
    pub appeal: u32,
    /// The appellant.
    pub party: u32,
    /// Deposit number of the decision appealed.
    pub decision: String,
    /// Deposit number of the petition.
    pub petition: String,
    /// The parties appealed against.
    pub against: Vec<u32>,
    /// Where it was filed.
    pub filed_with: CodedText,
    /// The day of filing or mailing.
    pub filed_on: String,
    /// Whether it was filed within its period.
    pub timeliness: CodedText,
    /// The answers to it.
    pub answers: Vec<AnswerJson>,
    /// The application to withdraw it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<WithdrawalJson>,
    /// The hand-over with which it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<u32>,
}

/// An objection to jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ObjectionJson {
    /// Of which party.
    pub party: u32,
    /// What it alleges; absent for territorial jurisdiction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<CodedText>,
    /// The reason.
    pub reason: TextJson,
    /// Its effect.
    pub effect: CodedText,
    /// When, Beijing time.
    pub at: String,
}

/// The hand-over by which a case came to its court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OriginJson {
    /// The case there.
    pub case: String,
    /// Its number there.
    pub hand_over: u32,
    /// The court that sent it.
    pub court: String,
    /// The kind of the hand-over.
    pub kind: CodedText,
    /// The manifest that was accepted.
    pub manifest: ManifestRootJson,
    /// When it was taken over, Beijing time.
    pub at: String,
}

/// A dossier that came back from the second instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReturnedDossierJson {
    /// The case of second instance.
    pub case: String,
    /// The number of the hand-over there.
    pub hand_over: u32,
    /// Deposit number of the decision of second instance.
    pub decision: String,
    /// Its result.
    pub outcome: CodedText,
    /// When, Beijing time.
    pub at: String,
}

/// The course of a case / 办案进程.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CourseJson {
    /// Documents and pages of the main volume.
    pub documents: usize,
    /// Their pages.
    pub pages: u64,
    /// Accounts of the panel's members.
    pub panel: Vec<String>,
    /// Accounts of the judges and panel members who heard it in the instances before. After a remand or in a retrial, none of
    /// them may hear the case (民诉法第四十一条).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_judges: Vec<String>,
    /// Decisions in their order.
    pub decisions: Vec<DecisionJson>,
    /// The last application to withdraw the suit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawal: Option<WithdrawalJson>,
    /// In a second instance: applications to withdraw appeals.
    pub appeal_withdrawals: Vec<WithdrawalJson>,
    /// Appeals against its decisions.
    pub appeals: Vec<AppealJson>,
    /// Answers to the suit.
    pub answers: Vec<AnswerJson>,
    /// Objections to jurisdiction.
    pub objections: Vec<ObjectionJson>,
    /// Hand-overs to other courts.
    pub hand_overs: Vec<HandOverBriefJson>,
    /// The hand-over by which it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginJson>,
    /// Dossiers that came back.
    pub returned: Vec<ReturnedDossierJson>,
}

fn decision(one: &Decision) -> DecisionJson {
    let text = match one.kind {
        crate::court::case::course::DecisionKind::Judgment => Bilingual::new("判决", "judgment"),
        crate::court::case::course::DecisionKind::RefusedFiling => Bilingual::new("不予立案", "the filing is refused"),
        crate::court::case::course::DecisionKind::Ruling(kind) => Bilingual::of(|language| kind.label(language)),
    };
    DecisionJson {
        kind: coded(one.kind.word(), text),
        document: one.document.to_string(),
        by: one.by.to_string(),
        at: beijing_time(one.position.at),
        appeal_days: one.kind.appeal_days(),
    }
}

fn withdrawal(one: &WithdrawalRequest) -> WithdrawalJson {
    WithdrawalJson { party: one.party.0, at: beijing_time(one.position.at), allowed: one.allowed }
}

fn answer((party, one): (&PartyNumber, &crate::court::case::course::AnswerRecord)) -> AnswerJson {
    AnswerJson { party: party.0, document: one.document.to_string(), at: beijing_time(one.position.at) }
}

fn appeal((number, one): (&AppealNumber, &Appeal)) -> AppealJson {
    AppealJson {
        appeal: number.0,
        party: one.party.0,
        decision: one.decision.to_string(),
        petition: one.petition.to_string(),
        against: one.against.iter().map(|party| party.0).collect(),
        filed_with: coded(one.filed_with.word(), Bilingual::of(|language| one.filed_with.label(language))),
        filed_on: one.filed_on.to_string(),
        timeliness: coded(one.timeliness.word(), Bilingual::of(|language| one.timeliness.label(language))),
        answers: one.answers.iter().map(answer).collect(),
        withdrawal: one.withdrawal.as_ref().map(withdrawal),
        hand_over: one.handed_over.map(|number| number.0),
    }
}

fn origin(one: &Origin) -> OriginJson {
    OriginJson {
        case: one.case.to_string(),
        hand_over: one.hand_over.0,
        court: one.court.to_string(),
        kind: coded(one.kind.word(), Bilingual::of(|language| one.kind.label(language))),
        manifest: one.manifest.into(),
        at: beijing_time(one.position.at),
    }
}

fn returned(one: &ReturnedDossier) -> ReturnedDossierJson {
    ReturnedDossierJson {
        case: one.case.to_string(),
        hand_over: one.hand_over.0,
        decision: one.document.to_string(),
        outcome: coded(one.outcome.word(), Bilingual::of(|language| one.outcome.label(language))),
        at: beijing_time(one.position.at),
    }
}

impl CourseJson {
    /// The course of `file`.
    #[must_use]
    pub fn of(file: &CaseFile, texts: &Texts) -> Self {
        let course = &file.course;
        let main = || course.documents.values().filter(|one| one.volume == Volume::Main);
        let objection = |one: &crate::court::case::course::JurisdictionObjection| ObjectionJson {
            party: one.party.0,
            ground: one.ground.map(|ground| coded(ground.word(), Bilingual::of(|language| ground.label(language)))),
            reason: TextJson::of(one.reason, texts),
            effect: coded(one.effect.word(), Bilingual::of(|language| one.effect.label(language))),
            at: beijing_time(one.position.at),
        };
        Self {
            documents: main().count(),
            pages: main().map(|one| u64::from(one.pages)).sum(),
            panel: course.panel.iter().map(ToString::to_string).collect(),
            former_judges: course.former_judges.iter().map(ToString::to_string).collect(),
            decisions: course.decisions.iter().map(decision).collect(),
            withdrawal: course.withdrawal.as_ref().map(withdrawal),
            appeal_withdrawals: course.appeal_withdrawals.values().map(withdrawal).collect(),
            appeals: course.appeals.iter().map(appeal).collect(),
            answers: course.answers.iter().map(answer).collect(),
            objections: course.objections.iter().map(objection).collect(),
            hand_overs: course
                .hand_overs
                .iter()
                .map(|(number, one)| HandOverBriefJson::of(file, *number, one))
                .collect(),
            origin: course.origin.as_ref().map(origin),
            returned: course.returned.iter().map(returned).collect(),
        }
    }
}

/// A decision and its legal effect / 裁判是否生效.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecisionForceJson {
    /// Deposit number of its document.
    pub document: String,
    /// Its legal effect (民诉法 art. 158).
    pub force: CodedText,
    /// The first day on which it is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// The decisions of a case and their legal effect at `now`.
#[must_use]
pub fn decisions(file: &CaseFile, now: Timestamp, calendar: &Calendar) -> Vec<DecisionForceJson> {
    let one = |decision: &crate::court::case::course::Decision| {
        let found = legal_force(file, decision, now, calendar);
        DecisionForceJson {
            document: decision.document.to_string(),
            force: coded(found.force.word(), Bilingual::of(|language| found.force.label(language))),
            since: found.since.map(|day| day.to_string()),
        }
    };
    file.course.decisions.iter().map(one).collect()
}
