//! The verification report as JSON: stable codes for programs, texts for people.

use serde::{Deserialize, Serialize};

use crate::ledger::number::DepositNumber;
use crate::ledger::verify::report::{ComparisonKind, Outcome, Report, StepResult};
use crate::ledger::verify::{findings, wording};
use crate::wire::attested::{PolicyOwner, ReportWitnessJson, ReportWitnessesJson, TrustedTimeJson};
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::ChainFactsJson;
use crate::wire::report_contents::ReportContentsJson;
use crate::wire::report_subject::ReportSubject;

pub use crate::wire::coded_text::CodedText;
pub use crate::wire::report_context::{ReportContext, ReportNodeJson, VerifierJson};

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

    /// As [`Self::new`], with facts beside the verification: the operator, the case.
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

/// The owner of the policy: a node that verifies with its own key uses its own policy.
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
    use crate::ledger::time::Timestamp;

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
