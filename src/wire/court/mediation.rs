//! Mediations and their agreements as JSON. They state who has signed an agreement and when, never that it has legal force.

use serde::{Deserialize, Serialize};

use crate::court::calendar::{Calendar, Day};
use crate::court::case::mediation;
use crate::court::case::session_records::{Actor, Agreement, Mediation, Moment, Paper};
use crate::court::case::state::{CaseFile, Text};
use crate::court::ids::{AgreementNumber, PartyNumber};
use crate::court::session_words::{AgreementTrack, MediationEnd};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::TimeCheck;
use crate::wire::attested::TrustedTimeJson;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::papers::{ActorJson, VersionJson, versions_json};
use crate::wire::court::people::TextJson;
use crate::wire::court::rounds::RoundJson;
use crate::wire::facts::beijing_time;
use crate::wire::report::CodedText;

/// An act of a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PartyActJson {
    /// The party.
    pub party: u32,
    /// Its act.
    pub act: ActorJson,
}

fn party_acts<'a>(file: &CaseFile, acts: impl IntoIterator<Item = (&'a PartyNumber, &'a Actor)>) -> Vec<PartyActJson> {
    acts.into_iter().map(|(party, act)| PartyActJson { party: party.0, act: ActorJson::of(file, act) }).collect()
}

/// The end of a mediation without an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MediationEndJson {
    /// Why.
    pub reason: CodedText,
    /// A note; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<TextJson>,
    /// Who recorded it.
    pub act: ActorJson,
}

impl MediationEndJson {
    fn of(file: &CaseFile, (act, reason, note): &(Actor, MediationEnd, Option<Text>), texts: &Texts) -> Self {
        Self {
            reason: coded(reason.word(), Bilingual::of(|language| reason.label(language))),
            note: note.map(|note| TextJson::of(note, texts)),
            act: ActorJson::of(file, act),
        }
    }
}

/// Until when a party agreed to prolong a mediation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProlongationJson {
    /// The party.
    pub party: u32,
    /// The day.
    #[schema(example = "2026-12-31")]
    pub until: String,
}

/// The period of a mediation (在线调解规则第二十四条).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MediationJson {
    /// The mediator's acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<ActorJson>,
    /// The parties that agreed to it.
    pub agreed: Vec<PartyActJson>,
    /// The day on which it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_on: Option<String>,
    /// Its days by law.
    pub days: u32,
    /// The prolongations that parties agreed to. They hold once all parties named the same day.
    pub prolonged: Vec<ProlongationJson>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<String>,
    /// Its end without an agreement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<MediationEndJson>,
}

impl MediationJson {
    /// The mediation of `file`.
    #[must_use]
    pub fn of(file: &CaseFile, found: &Mediation, last_day: Option<Day>, texts: &Texts) -> Self {
        let prolonged = found.prolonged.iter();
        Self {
            accepted: found.accepted.as_ref().map(|actor| ActorJson::of(file, actor)),
            agreed: party_acts(file, &found.agreed),
            begun_on: mediation::begun(file).map(|day| day.to_string()),
            days: mediation::period_days(file),
            prolonged: prolonged
                .map(|(party, day)| ProlongationJson { party: party.0, until: day.to_string() })
                .collect(),
            last_day: last_day.map(|day| day.to_string()),
            ended: found.ended.as_ref().map(|end| MediationEndJson::of(file, end, texts)),
        }
    }
}

/// The moment at which all had signed a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MomentJson {
    /// The version.
    pub version: u32,
    /// The round.
    pub round: u32,
    /// The last required act: its time is the moment.
    pub last: ActorJson,
}

/// A time with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LabelledTimeJson {
    /// The text for people.
    pub label: Bilingual,
    /// Beijing time.
    pub time: String,
}

/// The times of the last required act of an agreement, each by its own clock / 最后一项必要签署行为的各项时间. The moment of the
/// agreement is 交易提交时间; the others corroborate it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MomentTimesJson {
    /// 交易提交时间: the moment of the agreement, by the clock of the node.
    pub tx_submitted_at: LabelledTimeJson,
    /// 区块生成时间 of the block that contains the act.
    pub block_generated_at: LabelledTimeJson,
    /// 可信时间 of the first timestamped checkpoint that covers the act: it was done no later than this. Absent where no authority
    /// that the node trusts has attested one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_time: Option<TrustedTimeJson>,
}

impl MomentTimesJson {
    /// The times of an act.
    #[must_use]
    pub fn of(submitted: Timestamp, block_generated: Timestamp, trusted: &TimeCheck) -> Self {
        let labelled =
            |zh: &str, en: &str, time| LabelledTimeJson { label: Bilingual::new(zh, en), time: beijing_time(time) };
        Self {
            tx_submitted_at: labelled("交易提交时间", "transaction submission time", submitted),
            block_generated_at: labelled("区块生成时间", "block generation time", block_generated),
            trusted_time: TrustedTimeJson::of(trusted),
        }
    }
}

/// An application of a party on the basis of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WayOutJson {
    /// What.
    pub way: CodedText,
    /// The party.
    pub party: u32,
    /// Its act.
    pub act: ActorJson,
    /// Whether all parties have applied for it.
    pub by_all: bool,
}

/// A mediation agreement, or a record of undisputed facts / 调解协议、无争议事实记载.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgreementJson {
    /// Its number.
    pub agreement: u32,
    /// Who must sign it, by which article.
    pub track: CodedText,
    /// Its state.
    pub state: CodedText,
    /// Its versions, the oldest first.
    pub versions: Vec<VersionJson>,
    /// The parties that agreed to confirm online.
    pub signing_agreed: Vec<PartyActJson>,
    /// When all had signed, for each version; the last is the current one.
    pub signed: Vec<MomentJson>,
    /// Since when it is in force, Beijing time: computed from the last required act. Absent for undisputed facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_at: Option<String>,
    /// The times of that act: submission, block, trusted time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_times: Option<MomentTimesJson>,
    /// Who has signed, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Bilingual>,
    /// Deposit number of the mediation document (调解书).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The parties that received it.
    pub received: Vec<PartyActJson>,
    /// Applications on its basis.
    pub ways_out: Vec<WayOutJson>,
    /// The last day for the joint application for judicial confirmation (民诉法第二百零五条).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmation_until: Option<String>,
    /// Its end without signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<MediationEndJson>,
    /// Its rounds, the oldest first.
    pub rounds: Vec<RoundJson>,
}

fn statement(track: AgreementTrack, moment: &Moment) -> Bilingual {
    let at = beijing_time(moment.act.position.at);
    match track {
        AgreementTrack::UndisputedFacts => {
            Bilingual::new(format!("各方当事人已于 {at} 全部确认"), format!("all parties had confirmed it at {at}"))
        }
        _ => Bilingual::new(
            format!("各方当事人已于 {at} 全部完成电子签名（签章）"),
            format!("all parties had completed their electronic signatures at {at}"),
        ),
    }
}

impl AgreementJson {
    /// An agreement with the texts.
    #[must_use]
    pub fn of(file: &CaseFile, number: AgreementNumber, texts: &Texts, calendar: &Calendar) -> Option<Self> {
        let found: &Agreement = file.records.agreements.get(&number)?;
        let (track, state) = (found.track, mediation::state(file, number, found));
        let by_all = |way| file.parties.keys().all(|party| found.ways_out.contains_key(&(way, *party)));
        let moment =
            |one: &Moment| MomentJson { version: one.version, round: one.round.0, last: ActorJson::of(file, &one.act) };
        let rounds = file.records.rounds_of(Paper::Agreement(number));
        Some(Self {
            agreement: number.0,
            track: coded(track.word(), Bilingual::of(|language| track.label(language))),
            state: coded(state.word(), Bilingual::of(|language| state.label(language))),
            versions: versions_json(file, &found.versions),
            signing_agreed: party_acts(file, &found.signing_agreed),
            signed: found.signed.iter().map(moment).collect(),
            in_force_at: mediation::in_force(file, found).map(|actor| beijing_time(actor.position.at)),
            // The view of a case adds them from the ledger.
            in_force_times: None,
            statement: found.signed.last().map(|moment| statement(track, moment)),
            document: found.document.map(|(_, number)| number.to_string()),
            received: party_acts(file, &found.received),
            ways_out: found
                .ways_out
                .iter()
                .map(|((way, party), act)| WayOutJson {
                    way: coded(way.word(), Bilingual::of(|language| way.label(language))),
                    party: party.0,
                    act: ActorJson::of(file, act),
                    by_all: by_all(*way),
                })
                .collect(),
            confirmation_until: mediation::confirmation_end(found, calendar).map(|day| day.to_string()),
            ended: found.ended.as_ref().map(|end| MediationEndJson::of(file, end, texts)),
            rounds: rounds.map(|(number, round)| RoundJson::of(file, number, round, texts)).collect(),
        })
    }
}
