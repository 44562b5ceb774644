//! The API's own description: OpenAPI 3.1, generated from the handlers, locked by a snapshot test.

use utoipa::OpenApi;
use utoipa::openapi::OpenApi as Document;

use crate::wire::deposit::BatchVerdict;

/// What the handlers cannot say themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tiezheng 铁证",
        description = "Blockchain evidence notarization: deposit digests, take home a number and a receipt that proves itself, look up, verify.\n\n区块链电子存证: 提交摘要，取得存证编号与可自证的回执，查询，核验。\n\nErrors are RFC 9457 problems with a stable `code`; see /problems.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "deposits", description = "Deposit, look up, verify / 存证、查询、核验"),
        (name = "ledger", description = "Search, blocks, leaves / 搜索、区块、记录"),
        (name = "proofs", description = "Merkle proofs / 默克尔证明"),
        (name = "log", description = "The transparency log (C2SP tlog-tiles) / 透明日志"),
        (name = "accounts", description = "Accounts, roles, tokens, lists / 账号、角色、令牌、名单"),
        (name = "cases", description = "Cases and their evidence / 案件与证据"),
        (name = "feed", description = "What court systems are told / 事件订阅与推送"),
        (name = "originals", description = "Deposits by token, custody, erasure / 代为存证、原文保管、删除"),
        (name = "operation", description = "Health and metrics / 运行状态"),
    ),
    components(schemas(BatchVerdict)),
)]
struct ApiDoc;

/// Bytes of any kind, as they are.
#[derive(Debug, utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct AnyBytes(pub Vec<u8>);

/// The document without paths.
#[must_use]
pub fn described() -> Document {
    ApiDoc::openapi()
}

/// The document as it is answered: axum's pattern for the rest of a path is none of `OpenAPI`'s.
#[must_use]
pub fn published(mut document: Document) -> String {
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    crate::wire::json::pretty(&document)
}
