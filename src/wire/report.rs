//! A verification's report as JSON: its codes for machines, its fixed wording for people.

use serde::{Deserialize, Serialize};

use crate::ledger::number::DepositNumber;
use crate::ledger::verify::report::{Outcome, Report, StepResult};
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::ChainFactsJson;

/// What may be held against a record instead of the file: a digest. It never says more than "digest equal".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestRequest {
    /// `sm3` or `sha-256`: named, never guessed from a length.
    #[schema(example = "sm3")]
    pub algorithm: String,
    /// 64 lower-case hex digits.
    #[schema(example = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")]
    pub value: String,
}

/// A code and what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CodedText {
    /// The stable code.
    pub code: String,
    /// 中文.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ValueJson {
    /// What it is.
    pub name: String,
    /// The value; hashes in hex.
    pub value: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StepJson {
    /// Its number on paper, 1 to 17.
    pub number: u8,
    /// The stable code.
    pub code: String,
    /// What it is called.
    pub label: Bilingual,
    /// `passed`, `failed`, `not_performed` or `not_applicable`.
    pub outcome: CodedText,
    /// Why it was not performed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Bilingual>,
    /// What was compared.
    pub values: Vec<ValueJson>,
}

/// The report of a verification / 核验报告.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportJson {
    /// The number asked for or found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// `consistent`, `consistent_with_reservation`, `mismatch`, `not_found`, `record_only`, `chain_fault`,
    /// `contradictory` or `unable`, with the fixed sentence for the judge.
    pub conclusion: CodedText,
    /// Why a file that agrees is not simply consistent.
    pub reservations: Vec<CodedText>,
    /// All steps, in their order.
    pub steps: Vec<StepJson>,
    /// What no report says.
    pub limits: Bilingual,
    /// What the chain says of the deposit, as far as a record could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit: Option<ChainFactsJson>,
}

fn coded(code: &str, text: Bilingual) -> CodedText {
    CodedText { code: code.into(), zh: text.zh, en: text.en }
}

impl From<&Report> for ReportJson {
    fn from(report: &Report) -> Self {
        Self {
            deposit_number: report.number.as_ref().map(DepositNumber::to_string),
            conclusion: coded(
                report.conclusion.code(),
                Bilingual::of(|language| wording::conclusion(report, language)),
            ),
            reservations: report
                .reservations
                .iter()
                .map(|one| coded(one.code(), Bilingual::of(|language| wording::reservation(*one, language))))
                .collect(),
            steps: report.steps.iter().map(StepJson::from).collect(),
            limits: Bilingual::of(wording::limits),
            deposit: report.facts.as_ref().map(ChainFactsJson::from),
        }
    }
}

impl From<&StepResult> for StepJson {
    fn from(result: &StepResult) -> Self {
        let StepResult { step, outcome, values } = result;
        let reason = match outcome {
            Outcome::NotPerformed(why) => Some(Bilingual::of(|language| wording::skipped(*why, language))),
            _ => None,
        };
        Self {
            number: step.number(),
            code: step.code().into(),
            label: Bilingual::of(|language| wording::step(*step, language)),
            outcome: coded(outcome.code(), Bilingual::of(|language| wording::outcome(*outcome, language))),
            reason,
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
        let json = ReportJson::from(&Report::not_found(Some(number)));
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
