//! `tiezheng case import` (导入存证平台证据) and `verify` (核验).

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::case::case_screen;
use crate::cli::case::connection::{CourtConnection, encoded, object, text};
use crate::cli::case::originals::open_original;
use crate::cli::compose::read_number;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::screen::{GOOD, WARNING};

/// Import evidence by its deposit number | 导入存证平台证据
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// The case | 案件
    case: String,
    /// The deposit number | 存证编号
    #[arg(required_unless_present = "list")]
    number: Option<String>,
    /// Name of the evidence (证据名称), as the importer calls it | 证据名称
    #[arg(long, required_unless_present = "list")]
    name: Option<String>,
    /// Content (证据内容): what it shows | 证据内容
    #[arg(long, required_unless_present = "list")]
    content: Option<String>,
    /// Source (来源), for the list of evidence | 来源
    #[arg(long)]
    source: Option<String>,
    /// What it is to prove (证明对象) | 证明对象
    #[arg(long)]
    proves: Option<String>,
    /// original, identical-copy, output or copy | 原件或复制件：原件、副本、打印件、复制件
    #[arg(long, value_name = "WORD")]
    form: Option<String>,
    /// Number of copies | 份数
    #[arg(long, value_name = "N")]
    copies: Option<u32>,
    /// Number of pages | 页数
    #[arg(long, value_name = "N")]
    pages: Option<u32>,
    /// For which party, if the court imports | 为哪一方导入
    #[arg(long, value_name = "N")]
    party: Option<u32>,
    /// The item that it replaces | 替换哪项证据
    #[arg(long, value_name = "ITEM")]
    replaces: Option<u32>,
    /// What it does to an item, like "cures 1": rebuts, cures, reinforces | 证明目的：rebuts 反驳、cures 补正、reinforces 补强
    #[arg(long, value_name = "WORD ITEM")]
    purpose: Option<String>,
    /// Day of posting or handing in, if the court enters it: "posted 2026-12-08", "delivered …" | 交邮日或递交日（法院代录）
    #[arg(long, value_name = "WAY DAY")]
    handed_in: Option<String>,
    /// Collected by the court: on-application, ex-officio | 法院调查收集
    #[arg(long, value_name = "WORD")]
    collected: Option<String>,
    /// Why it was not offered earlier: needed in second instance | 此前未提交的理由（二审须填）
    #[arg(long)]
    reason: Option<String>,
    /// Receipt of a deposit on another ledger | 其他账本的存证回执
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Many at once: a JSON file with a list of objects with `deposit_number`, `name` and `content` | 批量导入的 JSON 文件
    #[arg(long, value_name = "FILE", conflicts_with = "number")]
    list: Option<PathBuf>,
}

/// Verify an item of a case; the result is recorded | 核验案件证据（结果将被记录）
#[derive(Debug, Clone, clap::Args)]
pub struct VerifyItemArgs {
    /// The case | 案件
    case: String,
    /// The item | 证据序号
    item: u32,
    /// The original | 原文文件
    #[arg(required_unless_present = "digest")]
    file: Option<PathBuf>,
    /// A digest instead, as sm3:<64 hex> or sha-256:<64 hex> | 摘要
    #[arg(long, value_name = "DIGEST", conflicts_with = "file")]
    digest: Option<String>,
    /// Salt of a salted deposit, 64 hex digits | 盐值
    #[arg(long, value_name = "HEX")]
    salt: Option<String>,
}

/// Imports.
///
/// # Errors
///
/// [`CliError`]; a mistyped number is rejected before anything is sent.
pub async fn import(args: &ImportArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = format!("/v1/cases/{}/imports", encoded(&args.case));
    if let Some(list) = &args.list {
        return import_many(&format!("{path}/batch"), &input::json(list)?, connection).await;
    }
    let number = read_number(args.number.as_deref().unwrap_or_default())?;
    let receipt = args.receipt.as_deref().map(input::json).transpose()?;
    let body = object([
        ("deposit_number", Some(json!(number.to_string()))),
        ("name", args.name.as_ref().map(|name| json!(name))),
        ("content", args.content.as_ref().map(|content| json!(content))),
        ("source", args.source.as_ref().map(|source| json!(source))),
        ("proves", args.proves.as_ref().map(|proves| json!(proves))),
        ("form", args.form.as_ref().map(|form| json!(form))),
        ("copies", args.copies.map(|copies| json!(copies))),
        ("pages", args.pages.map(|pages| json!(pages))),
        ("party", args.party.map(|party| json!(party))),
        ("replaces", args.replaces.map(|item| json!(item))),
        ("purpose", args.purpose.as_ref().map(|purpose| json!(purpose))),
        ("handed_in", args.handed_in.as_ref().map(|handed_in| json!(handed_in))),
        ("collected", args.collected.as_ref().map(|collected| json!(collected))),
        ("reason", args.reason.as_ref().map(|reason| json!(reason))),
        ("receipt", receipt),
    ]);
    let answer = connection.act(&path, &body).await?;
    case_screen::item(connection.screen, &answer)?;
    Ok(ExitStatus::Good)
}

async fn import_many(path: &str, list: &Value, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let body = if list.is_array() { json!({ "imports": list }) } else { list.clone() };
    let answer = connection.post(path, &body).await?;
    connection.screen.document(&answer)?;
    let mut ending = ExitStatus::Good;
    let mut rows = Vec::new();
    for result in answer.get("results").and_then(Value::as_array).into_iter().flatten() {
        let field = |pointer: &str| text(result, pointer).unwrap_or_default();
        let imported = field("/status") == "imported";
        if !imported {
            ending = ending.max(ExitStatus::Finding);
        }
        let style = if imported { GOOD } else { WARNING };
        let word = connection
            .screen
            .pick(if imported { "已导入" } else { "未导入" }, if imported { "imported" } else { "refused" });
        let what = if imported { field("/import/deposit_number") } else { field("/problem/code") };
        rows.push(vec![field("/position"), connection.screen.paint(style, word), what, field("/problem/detail")]);
    }
    connection.screen.table(&rows)?;
    Ok(ending)
}

/// Verifies.
///
/// # Errors
///
/// [`CliError`].
pub async fn verify(args: &VerifyItemArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = format!("/v1/cases/{}/items/{}/verification", encoded(&args.case), args.item);
    let answer = match (&args.file, &args.digest) {
        (Some(file), _) => {
            let opened = open_original(file)?;
            let mut headers = vec![("idempotency-key", connection.request_key()?)];
            headers.extend(args.salt.clone().map(|salt| ("x-salt", salt)));
            connection.client.send_file(false, &path, opened, &headers).await.map_err(CliError::from)?
        }
        (None, digest) => {
            let digest = digest.as_deref().unwrap_or_default();
            let (algorithm, value) = digest.split_once(':').ok_or_else(|| {
                CliError::usage("bad_digest", "摘要应写成 sm3:… 或 sha-256:…", "a digest is sm3:… or sha-256:…")
            })?;
            connection.post(&path, &json!({ "algorithm": algorithm, "value": value })).await?
        }
    };
    connection.screen.document(&answer)?;
    let conclusion = text(&answer, "/report/conclusion/code").unwrap_or_default();
    case_screen::verification(connection.screen, &answer)?;
    Ok(match conclusion.as_str() {
        "consistent" | "consistent_with_reservation" | "record_only" => ExitStatus::Good,
        "unable" => ExitStatus::Unable,
        _ => ExitStatus::Finding,
    })
}
