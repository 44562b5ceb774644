//! The contents of a verification report (核验报告) beside its steps. They are its number, the line of technical verification that
//! can be quoted (在线诉讼规则 art. 16) and its rebuttals, the review points of arts. 17 and 18, the bundle for an expert (art. 19),
//! and annexes for 互联网法院规定 art. 11 and 证据规定 arts. 93, 94.
//!
//! # Invariants
//!
//! A point for which the program has nothing says 未取得 and is marked as not provided. Nothing here decides a question of the court.
//!
//! Not here: the texts of the points (`report_points`).

use serde::{Deserialize, Serialize};

use crate::ledger::hash::sha256;
use crate::ledger::verify::report::{Conclusion, Report};
use crate::wire::coded_text::CodedText;
use crate::wire::report_context::ReportContext;
use crate::wire::report_points;

pub use crate::wire::report_subject::{InstitutionJson, ReportCaseJson, ReportSubject};
pub use crate::wire::review_points::{ArticleJson, RebuttalJson, ReviewPointJson};

/// The contents of a report beside its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportContentsJson {
    /// 核验报告编号.
    #[schema(example = "HY-20261122-0K7M-X9QT-3D5W-C3")]
    pub report_number: String,
    /// Whether an act on the chain records this verification, so that the report number can be looked up.
    pub recorded: bool,
    /// 技术核验: `consistent`, `inconsistent` or `not_concluded`, as a line that can be quoted (art. 16).
    pub technical: CodedText,
    /// What would rebut it.
    pub rebuttal: Vec<RebuttalJson>,
    /// The institution that runs the platform.
    pub institution: InstitutionJson,
    /// The case and the item; absent for the verification of a deposit by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<ReportCaseJson>,
    /// 在线诉讼规则 arts. 17, 18, 19, 互联网法院规定 art. 11, 证据规定 arts. 93, 94.
    pub articles: Vec<ArticleJson>,
}

/// 技术核验 (art. 16): agreement says no more than that the comparison agreed.
#[must_use]
pub fn technical(report: &Report) -> CodedText {
    let number = report.number.map_or_else(|| "—".to_owned(), |number| number.to_string());
    let (code, zh, en) = match report.conclusion {
        Conclusion::Consistent | Conclusion::ConsistentWithReservation => (
            "consistent",
            format!("技术核验：一致（存证编号 {number}）"),
            format!("Technical verification: consistent (deposit number {number})"),
        ),
        Conclusion::Mismatch | Conclusion::Contradictory | Conclusion::ChainFault => (
            "inconsistent",
            format!("技术核验：不一致（存证编号 {number}）"),
            format!("Technical verification: inconsistent (deposit number {number})"),
        ),
        Conclusion::NotFound | Conclusion::RecordOnly | Conclusion::Unable => (
            "not_concluded",
            "技术核验：未作出（未比对原文，或者未能完成）".to_owned(),
            "Technical verification: none (no original was compared, or it could not be completed)".to_owned(),
        ),
    };
    CodedText { code: code.into(), zh, en }
}

/// The number of a report that no act records: a hash of its content.
fn unrecorded_number(report: &Report, context: &ReportContext) -> String {
    let steps: Vec<String> =
        report.steps.iter().map(|result| format!("{} {}", result.step.code(), result.outcome.code())).collect();
    let number = report.number.map(|number| number.to_string()).unwrap_or_default();
    let said = format!("{}\n{number}\n{}\n{}", context.verified_at, report.conclusion.code(), steps.join("\n"));
    let day: String = context.verified_at.chars().take(10).filter(char::is_ascii_digit).collect();
    let digest: String = sha256(said.as_bytes()).to_string().chars().take(12).collect();
    format!("HY-{day}-{}", digest.to_uppercase())
}

impl ReportContentsJson {
    /// The contents of a report.
    #[must_use]
    pub fn of(report: &Report, context: &ReportContext, subject: ReportSubject) -> Self {
        let report_number = match &subject.recorded_as {
            Some(number) => format!("HY-{number}"),
            None => unrecorded_number(report, context),
        };
        Self {
            report_number,
            recorded: subject.recorded_as.is_some(),
            technical: technical(report),
            rebuttal: report_points::rebuttal(report),
            articles: report_points::articles(report, &subject, &context.program),
            institution: subject.institution,
            case: subject.case,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::number::DepositNumber;
    use crate::ledger::time::Timestamp;
    use crate::wire::report_context::{ReportNodeJson, VerifierJson};

    fn contents(report: &Report, subject: ReportSubject) -> ReportContentsJson {
        let at = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        let context = ReportContext::new(at, VerifierJson::command_line(), ReportNodeJson::offline(None));
        ReportContentsJson::of(report, &context, subject)
    }

    fn report(conclusion: Conclusion) -> Report {
        Report { conclusion, ..Report::not_found(DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").ok()) }
    }

    #[test]
    fn the_line_that_is_quoted_has_three_answers() {
        for (conclusion, code) in [
            (Conclusion::Consistent, "consistent"),
            (Conclusion::ConsistentWithReservation, "consistent"),
            (Conclusion::Mismatch, "inconsistent"),
            (Conclusion::ChainFault, "inconsistent"),
            (Conclusion::RecordOnly, "not_concluded"),
            (Conclusion::Unable, "not_concluded"),
        ] {
            let line = technical(&report(conclusion));
            assert_eq!(line.code, code);
            assert!(line.zh.starts_with("技术核验：") && line.en.is_ascii());
        }
        assert_eq!(
            technical(&report(Conclusion::Consistent)).zh,
            "技术核验：一致（存证编号 20261122-0K7M-X9QT-3D5W-C3）"
        );
    }

    #[test]
    fn a_point_without_anything_says_so() {
        let contents = contents(&report(Conclusion::NotFound), ReportSubject::default());
        let codes: Vec<&str> = contents.articles.iter().map(|article| article.code.as_str()).collect();
        assert_eq!(
            codes,
            [
                "online_litigation_17",
                "online_litigation_18",
                "online_litigation_19",
                "internet_courts_11",
                "evidence_93",
                "evidence_94"
            ]
        );
        let points: Vec<usize> = contents.articles.iter().map(|article| article.points.len()).collect();
        assert_eq!(points, [4, 6, 8, 6, 7, 6]);
        for point in contents.articles.iter().flat_map(|article| &article.points) {
            assert_eq!(point.provided, !point.finding.zh.starts_with("未取得"), "{}", point.finding.zh);
        }
        let seventeen = &contents.articles[0];
        assert!(seventeen.points[0].finding.zh.starts_with("未取得"), "{}", seventeen.points[0].finding.zh);
    }

    #[test]
    fn what_the_operator_says_is_shown_where_it_is_asked_for() {
        let institution = InstitutionJson {
            operator: Some("示例电子存证服务".into()),
            nature: Some("企业法人".into()),
            record_filing: Some("粤网信备00000000000000000号".into()),
            clock_source: Some("NTP: ntp.ntsc.ac.cn".into()),
        };
        let contents =
            contents(&report(Conclusion::Consistent), ReportSubject { institution, ..ReportSubject::default() });
        let seventeen = &contents.articles[0].points;
        assert!(seventeen[0].provided && seventeen[0].finding.zh.contains("粤网信备"));
        assert!(seventeen[1].finding.zh.contains("示例电子存证服务（企业法人）"), "{}", seventeen[1].finding.zh);
    }

    #[test]
    fn the_number_of_a_report_follows_from_what_it_says() {
        let one = contents(&report(Conclusion::Consistent), ReportSubject::default());
        assert_eq!(
            one.report_number,
            contents(&report(Conclusion::Consistent), ReportSubject::default()).report_number
        );
        assert_ne!(one.report_number, contents(&report(Conclusion::Mismatch), ReportSubject::default()).report_number);
        assert!(one.report_number.starts_with("HY-20261122-") && !one.recorded);
        let recorded_as = Some("20261122-0K7M-X9QT-3D5W-C3".to_owned());
        let recorded =
            contents(&report(Conclusion::Consistent), ReportSubject { recorded_as, ..ReportSubject::default() });
        assert_eq!(recorded.report_number, "HY-20261122-0K7M-X9QT-3D5W-C3");
        assert!(recorded.recorded);
    }
}
