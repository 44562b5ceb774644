//! `/problems`: every error code with advice, and where the `type` of a problem leads.

use askama::Template;
use axum::response::Response;

use crate::error_code::ErrorCode;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::http::request::PathParameter;
use crate::wire::bilingual::Bilingual;

/// One error code.
struct Row {
    code: &'static str,
    status: u16,
    title: Bilingual,
    advice: Bilingual,
}

impl Row {
    fn of(code: ErrorCode) -> Self {
        Self {
            code: code.as_str(),
            status: code.status(),
            title: Bilingual::new(code.title_zh(), code.title()),
            advice: Bilingual::new(code.advice_zh(), code.advice()),
        }
    }
}

#[derive(Template)]
#[template(path = "problems.html")]
struct ProblemsPage {
    p: Layout,
    sections: Vec<(Bilingual, Vec<Row>)>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    p: Layout,
    row: Row,
    /// The section of the code.
    section: Bilingual,
}

/// All error codes.
///
/// # Errors
///
/// [`ApiError`].
pub async fn problems(visit: Visit) -> Result<Response, ApiError> {
    let sections = ErrorCode::SECTIONS.iter().map(|(en, zh, codes)| {
        let rows = codes.iter().copied().map(Row::of).collect();
        (Bilingual::new(*zh, *en), rows)
    });
    let page = ProblemsPage { p: visit.layout("错误代码", "Error codes"), sections: sections.collect() };
    visit.page(Audience::Public, &page)
}

/// One error code.
///
/// # Errors
///
/// `not_found`.
pub async fn problem(visit: Visit, parameter: PathParameter) -> Result<Response, ApiError> {
    let code = ErrorCode::parse(&parameter.0).ok_or_else(|| {
        ApiError::not_found("no such error code; /problems lists them")
            .in_chinese("没有该错误代码，全部代码见 /problems")
    })?;
    let section = ErrorCode::SECTIONS.iter().find(|(.., codes)| codes.contains(&code));
    let section = section.map_or_else(|| Bilingual::new("", ""), |(en, zh, _)| Bilingual::new(*zh, *en));
    let page = ProblemPage { p: visit.layout(code.title_zh(), code.title()), row: Row::of(code), section };
    visit.page(Audience::Public, &page)
}
