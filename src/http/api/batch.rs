//! `POST /v1/deposits/batch`: many deposits, one verdict each.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, StreamExt as _};

use crate::http::api::deposits::{one, status};
use crate::http::body;
use crate::http::locality::require_local;
use crate::http::node::Node;
use crate::http::problem::Failure;
use crate::http::request::require_content_type;
use crate::wire::deposit::BatchVerdict;
use crate::wire::json;
use crate::wire::problem::Problem;
use crate::wire::receipt::ReceiptJson;

/// Most lines of a batch.
pub const LINES_MAX: usize = 1_000;
/// Longest batch in bytes, 16 MiB: a thousand deposits of 16 KiB.
pub const BATCH_MAX: usize = 16 << 20;
/// Deposits of one batch that wait together: they share blocks, and leave the pool to others.
const TOGETHER: usize = 256;
/// The media type of both request and answer.
const NDJSON: &str = "application/x-ndjson";

/// Deposit a batch / 批量存证
///
/// One deposit request a line (NDJSON), at most 1,000 lines and 16 MiB; one verdict a line comes back, in their order, as
/// soon as it is known. Every line stands for itself: good ones are kept where others are bad. After a broken connection
/// send the batch again: what is on the chain already answers 200.
///
/// 每行一个存证请求 (NDJSON), 按原次序逐行返回结果; 各行互不影响。连接中断后可整批重发。
#[utoipa::path(
    post,
    path = "/v1/deposits/batch",
    tag = "deposits",
    request_body(content = String, content_type = "application/x-ndjson", description = "One `DepositRequest` a line"),
    responses(
        (status = 200, description = "One `BatchVerdict` a line / 每行一个结果", body = BatchVerdict, content_type = "application/x-ndjson"),
        (status = 400, description = "`body_broken`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_local`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_timeout`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`, `batch_too_long`: nothing was deposited", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn deposit_batch(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    require_local(&node, &headers)?;
    require_content_type(&headers, NDJSON)?;
    let bytes = body::read(&headers, body, BATCH_MAX, node.options().body_timeout).await?;
    let lines = lines(&bytes);
    if lines.len() > LINES_MAX {
        let most = u64::try_from(LINES_MAX).unwrap_or(u64::MAX);
        return Err(Failure::new("batch_too_long", format!("at most {LINES_MAX} lines")).limited(most));
    }
    let verdicts = stream::iter((1..).zip(lines)).map(move |(line, bytes)| {
        let node = Arc::clone(&node);
        async move { Ok::<_, std::convert::Infallible>(json::line(&verdict(&node, line, &bytes).await)) }
    });
    let mut response = Body::from_stream(verdicts.buffered(TOGETHER)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The lines, without copying them; a last line may lack its LF.
fn lines(bytes: &Bytes) -> Vec<Bytes> {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    if body.is_empty() {
        return Vec::new();
    }
    body.split(|b| *b == b'\n').map(|line| bytes.slice_ref(line)).collect()
}

async fn verdict(node: &Node, line: usize, bytes: &[u8]) -> BatchVerdict {
    match one(node, bytes).await {
        Ok(deposited) => BatchVerdict {
            line,
            status: status(&deposited).as_u16(),
            receipt: Some(ReceiptJson::from(&deposited.receipt)),
            problem: None,
        },
        Err(failure) => {
            BatchVerdict { line, status: failure.status(), receipt: None, problem: Some(failure.problem()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_into_its_lines() {
        let cut = |text: &'static str| lines(&Bytes::from_static(text.as_bytes()));
        assert_eq!(cut("a\nb\n"), ["a", "b"]);
        assert_eq!(cut("a\n\nb"), ["a", "", "b"]);
        assert_eq!(cut("\n\n"), ["", ""]);
        assert_eq!(cut("\n"), [""; 0]);
        assert_eq!(cut(""), [""; 0]);
    }
}
