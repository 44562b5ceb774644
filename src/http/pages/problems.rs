//! `/problems`: every error code, and where the `type` of a problem leads.

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
}

impl Row {
    fn of(code: ErrorCode) -> Self {
        Self { code: code.as_str(), status: code.status(), title: Bilingual::new(code.title_zh(), code.title()) }
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
    advice: Bilingual,
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
    let page = ProblemPage { p: visit.layout(code.title_zh(), code.title()), row: Row::of(code), advice: advice(code) };
    visit.page(Audience::Public, &page)
}

/// What a user does about an error with this status.
fn advice(code: ErrorCode) -> Bilingual {
    let (zh, en) = match code.status() {
        400 | 422 => (
            "请求未作任何更改。请按错误说明更正内容后重新提交。",
            "Nothing was changed. Correct the value that the message names, and send the request again.",
        ),
        401 => (
            "请重新登录；使用接口的，请检查令牌是否过期或已撤销。",
            "Sign in again. Programs: check whether the token has expired or was revoked.",
        ),
        403 => (
            "当前账号无权进行该操作。如认为有误，请联系法院或平台管理员。",
            "The account may not do this. If that is wrong, ask the court or the platform operator.",
        ),
        404 => (
            "请检查编号或地址。无权查看的内容也显示为未找到。",
            "Check the number or the address. What you may not see is reported as not found, too.",
        ),
        409 | 410 => (
            "当前状态不允许该操作。请查看记录的最新状态。",
            "The present state does not allow this. Look at the latest state of the record.",
        ),
        413 => ("内容超过上限，请缩小后重新提交。", "The content is over the limit. Send a smaller one."),
        429 => ("请求过于频繁，请稍后再试。", "Too many requests. Wait, then send the same request again."),
        503 | 507 => (
            "节点暂时不能处理，已存证的内容不受影响。请稍后重新提交相同内容。",
            "The node cannot process it now; deposits on the chain are not affected. Send the same request again later.",
        ),
        500..=599 => (
            "节点内部错误，已存证的内容不受影响。请将请求编号告知平台管理员。",
            "An error inside the node; deposits on the chain are not affected. Tell the operator the id of the request.",
        ),
        _ => ("请按错误说明更正后重新提交。", "Correct the request as the message says, and send it again."),
    };
    Bilingual::new(zh, en)
}
