//! Errors about a field, as pages show them: with the label of the field, where it is known, instead of the name that requests have for it.

use crate::error_code::ErrorCode;
use crate::http::pages::cases::forms::labels;
use crate::wire::bilingual::Bilingual;
use crate::wire::problem::{Problem, ProblemCode};

/// Labels of fields of pages that belong to no case, where they differ from those of the forms of a case or are not among them.
const OTHER_LABELS: &[(&str, &str, &str)] = &[
    ("key", "公钥", "Public key"),
    ("login", "登录名", "Login name"),
    ("scopes", "权限范围", "Scopes"),
    ("url", "地址", "Address"),
    ("uses", "可用次数", "Uses"),
];

fn label_of(name: &str) -> Option<(&'static str, &'static str)> {
    let other = OTHER_LABELS.iter().find(|(field, ..)| *field == name).map(|(_, zh, en)| (*zh, *en));
    other.or_else(|| labels::listed(name))
}

/// The field that an English detail begins with, and what follows: `` `number` is not a case number ``.
#[must_use]
pub fn named_field(detail: &str) -> Option<(&str, &str)> {
    detail.strip_prefix('`')?.split_once('`')
}

const fn is_about_a_value(code: &ProblemCode) -> bool {
    matches!(code, ProblemCode::Known(ErrorCode::BadValue | ErrorCode::ControlCharacter | ErrorCode::TextTooLong))
}

/// What is wrong, for people. `label` is that of the field on the page, in Chinese and English, if the page has one for it.
#[must_use]
pub fn detail(problem: &Problem, label: Option<(&str, &str)>) -> Bilingual {
    let unchanged = || Bilingual::new(problem.detail_zh.clone(), problem.detail.clone());
    let Some((name, rest)) = named_field(&problem.detail).filter(|_| is_about_a_value(&problem.code)) else {
        return unchanged();
    };
    let Some((label_zh, label_en)) = label.or_else(|| label_of(name)) else { return unchanged() };
    let zh = &problem.detail_zh;
    // `court::typed::field_fault` puts the name behind its Chinese name, or quotes it alone.
    let behind = zh.split_once(&format!("（{name}）")).map(|(_, reason)| reason);
    let zh = match behind.or_else(|| zh.strip_prefix(&format!("“{name}”"))) {
        Some(reason) => format!("{label_zh}{reason}"),
        None if *zh == problem.title_zh => format!("{label_zh}：{zh}"),
        None => zh.clone(),
    };
    let en = match rest.strip_prefix(" is not ") {
        Some(expected) => format!("{label_en}: enter {expected}"),
        None => format!("{label_en}{rest}"),
    };
    Bilingual::new(zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::case_number::CaseNumber;
    use crate::filing::filing_error::FilingError;
    use crate::http::api::court::json_request::value;
    use crate::http::problem::ApiError;

    #[test]
    fn a_field_is_named_by_its_label_and_not_as_requests_name_it() {
        let shown = |failure: ApiError, label| detail(&failure.problem(), label);
        let number = || value::<CaseNumber>("number", "x").unwrap_err();
        assert_eq!(number().problem().detail_zh, "“案号”（number）格式不正确，应如（2026）粤0192民初113号");
        let said = shown(number(), None);
        assert_eq!(said.zh, "案号格式不正确，应如（2026）粤0192民初113号");
        assert_eq!(said.en, "Case number: enter a case number like （2026）粤0192民初113号");
        assert!(shown(number(), Some(("原审案号", "Earlier number"))).zh.starts_with("原审案号格式不正确"));
        let days = shown(FilingError::bad("days", "1 to 366", "应为 1 至 366").into(), None);
        assert_eq!((&*days.zh, &*days.en), ("天数：应为 1 至 366", "Days: 1 to 366"));
        // A value in the detail is no field.
        let other = ApiError::new(ErrorCode::BadPath, "`days` is not a number").in_chinese("地址有误");
        assert_eq!(shown(other, None).zh, "地址有误");
    }
}
