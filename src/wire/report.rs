//! The verification report as JSON: stable codes for programs, texts for people.

use serde::{Deserialize, Serialize};

use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::report::{ComparisonKind, Outcome, Report, StepResult};
use crate::ledger::verify::{findings, wording};
use crate::wire::attested::{PolicyOwner, ReportWitnessJson, ReportWitnessesJson, TrustedTimeJson};
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::{ChainFactsJson, beijing_time};
use crate::wire::report_contents::{ReportContentsJson, ReportSubject};

/// A digest to compare with a record instead of the file. It shows only that the digests are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestRequest {
    /// `sm3` or `sha-256`; required, since both have the same length.
    #[schema(example = "sm3")]
    pub algorithm: String,
    /// 64 lower-case hex digits.
    #[schema(example = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    pub value: String,
}

/// A code with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodedText {
    /// The stable code.
    pub code: String,
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
}

/// A value that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ValueJson {
    /// Its name.
    pub name: String,
    /// The value; hashes in hex.
    pub value: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepJson {
    /// Its number in the printed report, 1 to 17.
    pub number: u8,
    /// The stable code.
    pub code: String,
    /// Its label.
    pub label: Bilingual,
    /// `passed`, `failed`, `checked`, `not_performed` or `not_applicable`.
    pub outcome: CodedText,
    /// Why it was not performed or does not apply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Bilingual>,
    /// What was compared or looked up; absent if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Bilingual>,
    /// The finding of a step with outcome `checked`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<Bilingual>,
    /// The values.
    pub values: Vec<ValueJson>,
}

/// Who verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VerifierJson {
    /// `command_line`, `anonymous` or `account`.
    #[schema(example = "account")]
    pub code: String,
    /// The text in Chinese.
    pub zh: String,
    /// The text in English.
    pub en: String,
    /// The account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The account's capacity in the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
}

impl VerifierJson {
    fn unnamed(code: &str, zh: &str, en: &str) -> Self {
        Self { code: code.into(), zh: zh.into(), en: en.into(), account: None, capacity: None }
    }

    /// The user of the command line.
    #[must_use]
    pub fn command_line() -> Self {
        Self::unnamed("command_line", "命令行用户，身份未核实", "command-line user, identity not checked")
    }

    /// The sender of a request without a token.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::unnamed("anonymous", "匿名请求", "anonymous request")
    }

    /// An account of the platform; `label` is its role, its capacity in the case or its kind.
    #[must_use]
    pub fn account(account: &str, capacity: Option<String>, label: Bilingual) -> Self {
        Self { code: "account".into(), zh: label.zh, en: label.en, account: Some(account.into()), capacity }
    }
}

/// The node that was queried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportNodeJson {
    /// The ledger's origin, as far as it is known / 链标识.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
    /// The address of the node; absent offline, and in a report by the node itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether no node was queried, or none answered.
    pub offline: bool,
    /// The text for people.
    #[serde(flatten)]
    pub text: Bilingual,
}

impl ReportNodeJson {
    /// No node was queried, or none answered.
    #[must_use]
    pub fn offline(ledger: Option<String>) -> Self {
        let text = match &ledger {
            Some(ledger) => Bilingual::new(format!("离线（账本 {ledger}）"), format!("offline (ledger {ledger})")),
            None => Bilingual::new("离线", "offline"),
        };
        Self { ledger, address: None, offline: true, text }
    }

    /// No node answered at `address`.
    #[must_use]
    pub fn unanswered(ledger: Option<String>, address: &str) -> Self {
        let text = Bilingual::new(format!("{address} 无应答"), format!("{address} did not answer"));
        Self { ledger, address: None, offline: true, text }
    }

    /// The node at `address` answered, and serves another ledger than `ledger`, or one that is not trusted.
    #[must_use]
    pub fn of_another_ledger(ledger: Option<String>, address: &str) -> Self {
        let named = ledger.clone().unwrap_or_else(|| "—".into());
        let text = Bilingual::new(
            format!("{address}（不是账本 {named} 的节点，或其密钥不受信任）"),
            format!("{address} (not a node of ledger {named}, or its key is not trusted)"),
        );
        Self { ledger, address: Some(address.into()), offline: false, text }
    }

    /// The node at `address` was queried.
    #[must_use]
    pub fn queried(ledger: Option<String>, address: &str) -> Self {
        let text = match &ledger {
            Some(ledger) => {
                Bilingual::new(format!("{address}（账本 {ledger}）"), format!("{address} (ledger {ledger})"))
            }
            None => Bilingual::new(address, address),
        };
        Self { ledger, address: Some(address.into()), offline: false, text }
    }

    /// The node of this ledger made the report itself.
    #[must_use]
    pub fn own(ledger: &str) -> Self {
        let text = Bilingual::new(format!("账本 {ledger} 的节点"), format!("the node of ledger {ledger}"));
        Self { ledger: Some(ledger.into()), address: None, offline: false, text }
    }
}

/// Time, verifier, program and node of a verification: part of every report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportContext {
    /// 核验时间, Beijing time.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub verified_at: String,
    /// 核验人.
    pub verifier: VerifierJson,
    /// Name and version of the program.
    #[schema(example = "tiezheng 0.1.0")]
    pub program: String,
    /// The node that was queried.
    pub node: ReportNodeJson,
}

impl ReportContext {
    /// The context of a verification by this program at `at`.
    #[must_use]
    pub fn new(at: Timestamp, verifier: VerifierJson, node: ReportNodeJson) -> Self {
        let program = concat!("tiezheng ", env!("CARGO_PKG_VERSION")).to_owned();
        Self { verified_at: beijing_time(at), verifier, program, node }
    }
}

/// The report of a verification / 核验报告.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportJson {
    /// Time, verifier, program and node of the verification.
    #[serde(flatten)]
    pub context: ReportContext,
    /// The requested number, or that of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// `consistent`, `consistent_with_reservation`, `mismatch`, `not_found`, `record_only`, `chain_fault`,
    /// `contradictory` or `unable`, with the fixed sentence for the judge.
    pub conclusion: CodedText,
    /// Why it could not be performed; only with `unable`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<CodedText>,
    /// How the node's ledger contradicts the receipt; only with `chain_fault`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<CodedText>,
    /// The reservations; only with `consistent_with_reservation`.
    pub reservations: Vec<CodedText>,
    /// All steps, in their order.
    pub steps: Vec<StepJson>,
    /// What a report does not decide.
    pub limits: Bilingual,
    /// Report number, technical verification, institution, and the review points of the law.
    pub contents: ReportContentsJson,
    /// The facts of the deposit, if the record could be parsed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit: Option<ChainFactsJson>,
    /// 可信时间: what trusted timestamp authorities attest; `null` if none does.
    #[serde(default)]
    pub trusted_time: Option<TrustedTimeJson>,
    /// The signatures of witnesses on the receipt's checkpoint; absent if the verifier has no policy for the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witnesses: Option<ReportWitnessesJson>,
    /// The checkpoints of witnesses with which the receipt's was compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared_with: Vec<ReportWitnessJson>,
}

fn coded(code: &str, text: Bilingual) -> CodedText {
    CodedText { code: code.into(), zh: text.zh, en: text.en }
}

impl ReportJson {
    /// A report with the context in which it was made, of a deposit by itself.
    #[must_use]
    pub fn new(report: &Report, context: ReportContext) -> Self {
        Self::about(report, context, ReportSubject::default())
    }

    /// As [`Self::new`], with what is known beside the verification: the operator, the case.
    #[must_use]
    pub fn about(report: &Report, context: ReportContext, subject: ReportSubject) -> Self {
        Self {
            contents: ReportContentsJson::of(report, &context, subject),
            context,
            deposit_number: report.number.as_ref().map(DepositNumber::to_string),
            conclusion: coded(
                report.conclusion.code(),
                Bilingual::of(|language| wording::conclusion(report, language)),
            ),
            obstacle: report
                .obstacle
                .as_ref()
                .map(|one| coded(one.code(), Bilingual::of(|language| wording::obstacle(one, language).0))),
            fault: report
                .fault
                .map(|one| coded(one.code(), Bilingual::of(|language| wording::ledger_fault(one, language)))),
            reservations: report
                .reservations
                .iter()
                .map(|one| coded(one.code(), Bilingual::of(|language| wording::reservation(*one, language))))
                .collect(),
            steps: steps(report),
            limits: Bilingual::of(wording::limits),
            deposit: report.facts.as_ref().map(ChainFactsJson::from),
            trusted_time: TrustedTimeJson::of(&report.time),
            witnesses: ReportWitnessesJson::of(&report.witnesses, policy_owner(report)),
            compared_with: ReportWitnessJson::compared(&report.member),
        }
    }
}

/// A node that verifies with its own key does so by its own policy.
fn policy_owner(report: &Report) -> PolicyOwner {
    let by_node = |result: &StepResult| result.compared == Some(ComparisonKind::CheckpointWithNodeKey);
    if report.steps.iter().any(by_node) { PolicyOwner::Node } else { PolicyOwner::Verifier }
}

/// All steps of a report, in their order.
#[must_use]
pub fn steps(report: &Report) -> Vec<StepJson> {
    report.steps.iter().map(StepJson::from).collect()
}

impl From<&StepResult> for StepJson {
    fn from(result: &StepResult) -> Self {
        let StepResult { step, outcome, compared, values } = result;
        let found = *outcome == Outcome::Checked;
        Self {
            number: step.number(),
            code: step.code().into(),
            label: Bilingual::of(|language| wording::step(*step, language)),
            outcome: coded(outcome.code(), Bilingual::of(|language| wording::outcome(*outcome, language))),
            reason: outcome.reason().map(|why| Bilingual::of(|language| wording::skipped(why, language))),
            compared: compared.map(|what| Bilingual::of(|language| findings::compared(what, language))),
            finding: found.then(|| Bilingual::of(|language| findings::finding(result, language))),
            values: values
                .iter()
                .map(|(name, value)| ValueJson { name: (*name).into(), value: value.clone() })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_tells_codes_to_machines_and_words_to_people() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        let at = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        let context = ReportContext::new(at, VerifierJson::command_line(), ReportNodeJson::offline(None));
        let json = ReportJson::new(&Report::not_found(Some(number)), context);
        assert_eq!(json.context.verified_at, "2026-11-22T09:04:11.123+08:00");
        assert_eq!(json.context.verifier.en, "command-line user, identity not checked");
        assert_eq!(json.context.verifier.zh, "命令行用户，身份未核实");
        assert!(json.context.program.starts_with("tiezheng ") && json.context.node.offline);
        assert_eq!(json.conclusion.code, "not_found");
        assert_eq!(json.conclusion.zh, "该文件（编号）尚未在本平台存证。");
        let numbers: Vec<u8> = json.steps.iter().map(|step| step.number).collect();
        assert_eq!(numbers, (1..=17).collect::<Vec<u8>>());
        let exists = &json.steps[1];
        assert_eq!((exists.code.as_str(), exists.outcome.code.as_str()), ("record_exists", "failed"));
        assert_eq!(json.steps[4].reason.as_ref().unwrap().en, "there is no record to look at");
        let text = crate::wire::json::pretty(&json);
        assert_eq!(serde_json::from_str::<ReportJson>(&text).unwrap(), json);
    }
}
