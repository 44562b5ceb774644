//! The demo of a lawsuit: deposit, import by number, verification by the other side, reply, the judge's view.

use crate::cli::demo::report::{DemoReport, outcome};
use crate::cli::demo::sandbox::CommandRun;
use crate::cli::exit::CliError;

const COURT: &str = "粤0192";

/// Runs a `case` command with the token in the file `who`; prints it if `is_printed`.
fn filing(demo: &DemoReport<'_>, who: &str, arguments: &[&str], is_printed: bool) -> anyhow::Result<CommandRun> {
    let mut all = vec!["case"];
    all.extend(arguments);
    let file = format!("{who}.token");
    all.extend(["--token-file", &file]);
    let run = if is_printed { demo.command(&all)? } else { demo.sandbox.run(&all, false)? };
    if !is_printed && run.code != 0 {
        return Err(CliError::unable("demo", run.messages.clone(), format!("{}: {}", run.line, run.messages)).into());
    }
    Ok(run)
}

/// Opens an account with an identity check, a role, and a token in a file of its name.
fn open_account(demo: &DemoReport<'_>, who: &str, name: &str, role: Option<&str>) -> anyhow::Result<()> {
    let account = filing(demo, "operator", &["account", "open", "--name", name], false)?.text("/account");
    let identity = ["account", "identity", &account, "--method", "face", "--level", "high"];
    filing(demo, "operator", &identity, false)?;
    let file = format!("{who}.token");
    let mut token = vec!["account", "token", &account, "--save", &file, "--scope", "read", "--scope", "case"];
    match role {
        Some(role) => {
            filing(demo, "operator", &["account", "grant", &account, role, "--court", COURT], false)?;
            token.extend(["--scope", "court"]);
        }
        None => token.extend(["--scope", "deposit"]),
    }
    filing(demo, "operator", &token, false)?;
    Ok(())
}

/// Runs the lawsuit with `file` as the evidence.
///
/// # Errors
///
/// A command cannot be run. An unexpected result is reported, not an error.
pub fn run(demo: &mut DemoReport<'_>, file: &str) -> anyhow::Result<()> {
    demo.heading(
        "诉讼：当事人、书记员、法官各有账号与令牌",
        "A suit: party, clerk and judge each have an account and a token",
    )?;
    for (who, name, role) in [
        ("plaintiff", "张三", None),
        ("defendant", "李四", None),
        ("clerk", "书记员王某", Some("clerk")),
        ("judge", "法官赵某", Some("judge")),
    ] {
        open_account(demo, who, name, role)?;
    }
    let me = filing(demo, "plaintiff", &["account", "me"], true)?;
    demo.check("原告已实名", "the plaintiff is identified", "face, 0", &outcome(&me, "/identity/method"))?;

    demo.heading("存证（平台代为签名）并起诉，按存证编号导入", "Deposit by token, bring the suit, import by number")?;
    let deposited = filing(demo, "plaintiff", &["deposit", file, "--name", "与被告的聊天记录"], true)?;
    let number = deposited.text("/deposit_number");
    let open = ["open", "--court", COURT, "--name", "张三", "--title", "网络购物合同纠纷"];
    let case = filing(demo, "plaintiff", &open, true)?.text("/case");
    let defendant = ["do", &case, "add-party", "role=defendant", "subject=natural-person", "name=李四"];
    filing(demo, "plaintiff", &defendant, true)?;
    let import = ["import", &case, &number, "--name", "聊天记录", "--content", "证明双方约定的价款"];
    let imported = filing(demo, "plaintiff", &import, true)?;
    demo.facts(imported.documents.first().unwrap_or(&serde_json::Value::Null))?;
    demo.check(
        "导入成功；仅查询，未核验原文",
        "imported; looked up, no original verified",
        "not_verified, 0",
        &outcome(&imported, "/original/code"),
    )?;
    filing(demo, "plaintiff", &["do", &case, "confirm-notice"], true)?;
    let submitted = filing(demo, "plaintiff", &["do", &case, "submit"], true)?;
    demo.check(
        "已提交，证据锁定",
        "submitted; the evidence is locked",
        "under-review, 0",
        &outcome(&submitted, "/stage"),
    )?;
    let change = ["do", &case, "withdraw-item", "item=1"];
    let refused = filing(demo, "plaintiff", &change, true)?;
    demo.check(
        "锁定后不能撤回",
        "it cannot be withdrawn any more",
        "wrong_stage, 1",
        &outcome(&refused, "/error/code"),
    )?;

    court_files(demo, &case)?;
    other_side(demo, &case, file)?;
    judge_sees(demo, &case)
}

fn court_files(demo: &mut DemoReport<'_>, case: &str) -> anyhow::Result<()> {
    demo.heading("立案，被告以关联码关联案件", "The court files it; the defendant finds it by an association code")?;
    filing(demo, "clerk", &["do", case, "approve"], true)?;
    let filed = filing(demo, "clerk", &["do", case, "file-case", "number=（2026）粤0192民初113号"], true)?;
    demo.check("已立案", "filed", "awaiting-assignment, 0", &outcome(&filed, "/stage"))?;
    let code = filing(demo, "clerk", &["code", case, "--party", "2"], true)?.text("/code");
    let joined = filing(demo, "defendant", &["associate", &code], true)?;
    demo.check("被告已关联", "the defendant is in the case", &format!("{case}, 0"), &outcome(&joined, "/case"))
}

fn other_side(demo: &mut DemoReport<'_>, case: &str, file: &str) -> anyhow::Result<()> {
    demo.heading("对方核验原文并质证", "The other side verifies the original, and replies")?;
    let verified = filing(demo, "defendant", &["verify", case, "1", file], true)?;
    demo.check(
        "对方核验：摘要一致",
        "verified by the other side: the digests agree",
        "consistent_with_reservation, 0",
        &outcome(&verified, "/report/conclusion/code"),
    )?;
    let reply = [
        "do",
        case,
        "reply",
        "item=1",
        "authenticity=admitted",
        "legality=admitted",
        "relevance=disputed",
        "probative_value=不能证明价款已经支付",
    ];
    let replied = filing(demo, "defendant", &reply, true)?;
    demo.check("质证意见已上链", "the reply is on the chain", "reply, 0", &outcome(&replied, "/act/act"))
}

fn judge_sees(demo: &mut DemoReport<'_>, case: &str) -> anyhow::Result<()> {
    demo.heading("法官查看：导入、核验、质证", "What the judge sees: import, verification, reply")?;
    let seen = filing(demo, "judge", &["show", case], true)?;
    let found = format!("{}, {}", seen.text("/items/0/original/code"), seen.text("/items/0/replied_text/zh"));
    demo.check("法官看到双方所为", "the judge sees what both sides did", "verified, 【1人已回复】", &found)?;
    let log = filing(demo, "plaintiff", &["access-log", case], true)?;
    let first = log.text("/items/0/sequence");
    demo.check("当事人看到谁查阅过", "the party sees who looked", "1, 0", &format!("{first}, {}", log.code))
}
