//! An item of evidence as parties and judges see it: the chain's facts, the importer's statements, and later verifications and
//! replies.
//!
//! The facts are those frozen at the import, in the terms and the order of the manual. The importer's own statements are
//! separate, with a notice that they were not checked.

use serde::{Deserialize, Serialize};

use crate::court::acts::{Import, Verify};
use crate::court::calendar::Calendar;
use crate::court::case::headline::{Headline, VerifiedBy};
use crate::court::case::late_evidence::Lateness;
use crate::court::case::state::{CaseFile, Item, ReplyVersion, Text, Verification};
use crate::court::ids::{ItemNumber, PartyNumber};
use crate::court::words::{Divergence, SubjectKind};
use crate::ledger::receipt::Facts;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::verify::history::History;
use crate::ledger::verify::report::{Conclusion, Obstacle, Outcome, Report, Reservation};
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::Texts;
use crate::wire::court::act::coded;
use crate::wire::court::deadlines::{HandedInJson, ItemPurposeJson};
use crate::wire::court::item_decisions::ItemDecisionsJson;
use crate::wire::court::item_details::ItemDetailsJson;
use crate::wire::court::originals::OriginalStateJson;
use crate::wire::court::people::{CapacityJson, TextJson, party_label};
use crate::wire::facts::{ChainFactsJson, beijing_time};
use crate::wire::history::{EarlierDepositsJson, LaterLinksJson};
use crate::wire::report::CodedText;

/// The importer's statements about an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimedJson {
    /// 证据名称; null once erased.
    pub name: TextJson,
    /// 证据内容; null once erased.
    pub content: TextJson,
    /// Account that imported it.
    pub by: String,
    /// In which capacity.
    pub capacity: CapacityJson,
    /// 导入人填写，未经核实.
    pub notice: Bilingual,
}

/// A verification as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerificationJson {
    /// Account that verified it.
    pub by: String,
    /// In which capacity.
    pub capacity: CapacityJson,
    /// Who carried it out: `court`, `party` or `other`.
    pub verified_by: CodedText,
    /// `file`, `digest` or `receipt`.
    pub presented: CodedText,
    /// The conclusion, with its fixed sentence.
    pub conclusion: CodedText,
    /// When, Beijing time.
    pub at: String,
    /// The act's sequence in the case.
    pub sequence: u64,
}

/// A version of a party's reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReplyJson {
    /// Whose.
    pub party: u32,
    /// Role and name of that party.
    pub party_text: Bilingual,
    /// Which version, from 1.
    pub version: u32,
    /// The version of the item that it answers.
    pub item_version: u32,
    /// 质证后修改: whether the item was restated since.
    pub item_restated_since: bool,
    /// 逾期质证: whether it came after the period that the court opened for replies at different times (在线诉讼规则 art. 14).
    pub late: bool,
    /// Who wrote it.
    pub by: String,
    /// 真实性.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticity: Option<CodedText>,
    /// 合法性.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legality: Option<CodedText>,
    /// 关联性.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relevance: Option<CodedText>,
    /// The grounds of objections.
    pub grounds: Vec<CodedText>,
    /// 证明力; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probative_value: Option<TextJson>,
    /// The reason; null once erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<TextJson>,
    /// When, Beijing time.
    pub at: String,
}

/// Where a carried item came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CarriedJson {
    /// The case.
    pub case: String,
    /// The item there.
    pub item: u32,
}

/// An item of evidence / 导入的存证平台证据.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportJson {
    /// Its number in the case.
    pub item: u32,
    /// The party that imported it.
    pub party: u32,
    /// `stands`, `withdrawn` or `replaced`.
    pub status: CodedText,
    /// The item that replaces it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<u32>,
    /// 区块链存证信息, frozen at the import.
    #[serde(flatten)]
    pub chain: ChainFactsJson,
    /// The importer's statements about an item.
    pub claimed: ClaimedJson,
    /// Versions, list of evidence, receipt, verifications, objections.
    #[serde(flatten)]
    pub details: ItemDetailsJson,
    /// Whether the importer is the depositor.
    pub depositor: CodedText,
    /// Submitted with the complaint, or later.
    pub phase: CodedText,
    /// Imported after the evidence period, as the period stands now; the court decides on its admission.
    pub late: bool,
    /// Lateness, and the court's decisions on the item.
    pub decisions: ItemDecisionsJson,
    /// Its purpose with regard to another item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<ItemPurposeJson>,
    /// Posted or handed in before the court entered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_in: Option<HandedInJson>,
    /// Collected by the court.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collected: Option<CodedText>,
    /// Whether it can no longer be edited or withdrawn.
    pub locked: bool,
    /// Stage of the case at the import.
    pub stage_at_import: CodedText,
    /// When, Beijing time.
    pub imported_at: String,
    /// When it was imported first, in this case or the one it came from.
    pub first_imported_at: String,
    /// The case from which it was transferred.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried_from: Option<CarriedJson>,
    /// Whether an original was compared with the chain in this case: `not_verified`, `verified`, or the
    /// conclusion against it. A mismatch is shown until the court, or the same verifier with the same original, has verified
    /// again. Of a salted deposit the same original means a file of the same size: digests under another salt differ.
    pub original: CodedText,
    /// The verifier in `original`: `court`, `party` or `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_verified_by: Option<CodedText>,
    /// 原文: whether it was given into custody.
    pub custody: OriginalStateJson,
    /// Earlier deposits of the same digest; null if the ledger was not queried, as for a deposit of another ledger.
    pub earlier_deposits: Option<EarlierDepositsJson>,
    /// Later links by an owner of the deposit; null if the ledger was not queried.
    pub later_links: Option<LaterLinksJson>,
    /// Later deposits that refer to it; null if the ledger was not queried.
    pub references: Option<LaterLinksJson>,
    /// Alarm: the ledger differs from what was imported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<CodedText>,
    /// By all verifiers, in order of time.
    pub verifications: Vec<VerificationJson>,
    /// All versions of all parties.
    pub replies: Vec<ReplyJson>,
    /// 【×人已回复】.
    pub replied_text: Bilingual,
}

/// The current data of an item on the ledger.
#[derive(Debug, Clone)]
pub struct PresentState<'a> {
    /// The alarm.
    pub divergence: Option<Divergence>,
    /// State of the original in custody.
    pub custody: OriginalStateJson,
    /// Its history; `None` if the ledger was not queried.
    pub history: Option<&'a History>,
    /// Whether digests are salted.
    pub salted: bool,
    /// The manifest of the deposit.
    pub manifest: Option<ManifestRoot>,
    /// Whether it is late, as the periods stand.
    pub lateness: Lateness,
    /// The calendar by which periods are counted.
    pub calendar: &'a Calendar,
}

/// The facts of an import. It records the digests alone; whether they are salted and the manifest are read from its deposit.
fn facts(import: &Import, salted: bool, manifest: Option<ManifestRoot>) -> Facts {
    Facts {
        ledger: import.ledger.clone(),
        number: import.deposit,
        tx_id: import.tx_id,
        block_hash: import.block_hash,
        block_height: import.block_height,
        prev_block_hash: import.prev_block_hash,
        data_hash: import.data_hash.clone(),
        salted,
        manifest,
        tx_submitted_at: import.tx_submitted_at,
        block_generated_at: import.block_generated_at,
    }
}

/// The text of a recorded conclusion, in the wording of reports.
fn sentence(item: &Item, found: &Verify, salted: bool) -> CodedText {
    let code = found.conclusion.0.as_str();
    let conclusion = Conclusion::ALL.into_iter().find(|one| one.code() == code).unwrap_or(Conclusion::Unable);
    let said = |one: &Reservation| found.reservation.iter().any(|code| code.0 == one.code());
    let obstacle = found.obstacle.as_ref();
    let obstacle = Obstacle::ALL.into_iter().find(|one| obstacle.is_some_and(|code| code.0 == one.code()));
    let mut report = Report {
        conclusion,
        reservations: Reservation::ALL.into_iter().filter(said).collect(),
        obstacle: obstacle.filter(|_| conclusion == Conclusion::Unable),
        // A conclusion says nothing of a manifest.
        facts: Some(facts(&item.import, salted, None)),
        ..Report::not_found(Some(found.deposit))
    };
    // The sentence about an invalid receipt names the step that failed.
    for result in &mut report.steps {
        let recorded = found.step.iter().find(|one| one.step == result.step.code());
        let failed = recorded.is_some_and(|one| one.outcome == Outcome::Failed.code());
        result.outcome = if failed { Outcome::Failed } else { Outcome::Checked };
    }
    coded(code, Bilingual::of(|language| wording::conclusion(&report, language)))
}

/// The decisive verification of an item, and its verifier.
fn original(item: &Item, salted: bool) -> (CodedText, Option<CodedText>) {
    let (one, code) = match item.headline(salted) {
        Headline::NotVerified => return (not_verified(), None),
        Headline::Verified(one) => (one, Some("verified")),
        Headline::Adverse(one) | Headline::Unable(one) => (one, None),
    };
    let said = sentence(item, &one.found, salted);
    let code = code.map_or_else(|| said.code.clone(), str::to_owned);
    (CodedText { code, ..said }, Some(verified_by(one.verified_by())))
}

fn verified_by(by: VerifiedBy) -> CodedText {
    let (code, zh, en) = match by {
        VerifiedBy::Court => ("court", "法院核验", "verified by the court"),
        VerifiedBy::Party => ("party", "当事人自行核验", "verified by a party itself"),
        VerifiedBy::Other => ("other", "其他人员核验", "verified by another person"),
    };
    coded(code, Bilingual::new(zh, en))
}

/// 未核验原文.
#[must_use]
pub fn not_verified() -> CodedText {
    coded("not_verified", Bilingual::new("仅查询，未核验原文", "looked up only; no original was verified"))
}

impl ImportJson {
    /// An item with its current data and its texts.
    #[must_use]
    pub fn of(file: &CaseFile, number: ItemNumber, item: &Item, now: PresentState<'_>, texts: &Texts) -> Self {
        let import = &item.import;
        let replied = item.replies.len();
        let subject = file.parties.get(&import.party).map_or(SubjectKind::LegalPerson, |party| party.subject);
        let (original, original_verified_by) = original(item, now.salted);
        Self {
            item: number.0,
            party: import.party.0,
            status: status(item),
            replaced_by: item.replaced_by.map(|by| by.0),
            chain: ChainFactsJson::from(&facts(import, now.salted, now.manifest)),
            claimed: ClaimedJson {
                name: TextJson::of(item.name, texts),
                content: TextJson::of(item.content, texts),
                by: item.by.to_string(),
                capacity: CapacityJson::named(file, item.by, item.capacity, texts),
                notice: Bilingual::new("导入人填写，未经核实", "stated by the importer, not checked"),
            },
            details: ItemDetailsJson::of(file, number, item, texts),
            depositor: coded(import.depositor.word(), Bilingual::of(|language| import.depositor.label(language))),
            phase: coded(import.phase.word(), Bilingual::of(|language| import.phase.label(language))),
            late: now.lateness.is_late(),
            decisions: ItemDecisionsJson::of(&item.decisions, now.lateness, subject, texts),
            purpose: import.purpose.map(ItemPurposeJson::of),
            handed_in: import.handed_in.map(HandedInJson::of),
            collected: import
                .collected
                .map(|collected| coded(collected.word(), Bilingual::of(|language| collected.label(language)))),
            locked: item.locked,
            stage_at_import: coded(item.stage.word(), Bilingual::of(|language| item.stage.label(language))),
            imported_at: beijing_time(item.position.at),
            first_imported_at: beijing_time(item.first_imported_at),
            carried_from: import
                .carried
                .map(|carried| CarriedJson { case: carried.case.to_string(), item: carried.item.0 }),
            original,
            original_verified_by,
            custody: now.custody,
            earlier_deposits: now.history.map(|history| EarlierDepositsJson::from(&history.earlier)),
            later_links: now.history.map(|history| LaterLinksJson::from(&history.owner_links)),
            references: now.history.map(|history| LaterLinksJson::from(&history.references)),
            divergence: now.divergence.map(|what| coded(what.word(), Bilingual::of(|language| what.label(language)))),
            verifications: verifications(file, item, now.salted, texts),
            replies: item
                .replies
                .iter()
                .flat_map(|(party, versions)| {
                    let late = |one: &ReplyVersion| file.is_late_reply(*party, one.position.at, now.calendar);
                    (1..).zip(versions).map(move |(version, one)| ReplyJson {
                        late: late(one),
                        ..reply(file, item, (*party, version), one, texts)
                    })
                })
                .collect(),
            replied_text: Bilingual::new(
                format!("【{replied}人已回复】"),
                format!("{replied} {}", if replied == 1 { "reply" } else { "replies" }),
            ),
        }
    }
}

impl ImportJson {
    /// The version that counts instead of a reply; `None` for the last one of its party.
    #[must_use]
    pub fn version_instead_of(&self, reply: &ReplyJson) -> Option<u32> {
        let of_party = self.replies.iter().filter(|one| one.party == reply.party);
        of_party.map(|one| one.version).max().filter(|last| *last > reply.version)
    }
}

fn status(item: &Item) -> CodedText {
    let (code, zh, en) = match (item.withdrawn, item.replaced_by) {
        (Some(_), _) => ("withdrawn", "已撤回", "withdrawn"),
        (None, Some(_)) => ("replaced", "已被替换", "replaced"),
        (None, None) => ("stands", "在案", "on file"),
    };
    coded(code, Bilingual::new(zh, en))
}

/// All verifications, in order of time.
fn verifications(file: &CaseFile, item: &Item, salted: bool, texts: &Texts) -> Vec<VerificationJson> {
    item.verifications.iter().map(|one| verification(file, item, one, salted, texts)).collect()
}

fn verification(file: &CaseFile, item: &Item, one: &Verification, salted: bool, texts: &Texts) -> VerificationJson {
    let presented = one.found.presented;
    VerificationJson {
        by: one.by.to_string(),
        capacity: CapacityJson::named(file, one.by, one.capacity, texts),
        verified_by: verified_by(one.verified_by()),
        presented: coded(presented.word(), Bilingual::of(|language| presented.label(language))),
        conclusion: sentence(item, &one.found, salted),
        at: beijing_time(one.position.at),
        sequence: one.position.sequence,
    }
}

fn reply(
    file: &CaseFile,
    item: &Item,
    (party, version): (PartyNumber, u32),
    one: &ReplyVersion,
    texts: &Texts,
) -> ReplyJson {
    let answered = item.version_answered(one);
    let opinion = |opinion: Option<crate::court::words::Opinion>| {
        opinion.map(|opinion| coded(opinion.word(), Bilingual::of(|language| opinion.label(language))))
    };
    let text = |text: Option<Text>| text.map(|text| TextJson::of(text, texts));
    let ground =
        |ground: &crate::court::words::Ground| coded(ground.word(), Bilingual::of(|language| ground.label(language)));
    ReplyJson {
        party: party.0,
        party_text: party_label(file, party, texts),
        version,
        item_version: answered,
        item_restated_since: answered < item.version(),
        late: false,
        by: one.by.to_string(),
        authenticity: opinion(one.authenticity),
        legality: opinion(one.legality),
        relevance: opinion(one.relevance),
        grounds: one.grounds.iter().map(ground).collect(),
        probative_value: text(one.probative_value),
        reason: text(one.reason),
        at: beijing_time(one.position.at),
    }
}
