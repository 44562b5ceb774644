//! The story of a suit: deposit, import by number, verification by the other side, reply, the judge's view.

use crate::cli::demo::report::{DemoReport, outcome};
use crate::cli::demo::sandbox::Ran;
use crate::cli::exit::CliError;

const COURT: &str = "粤0192";

/// A command of the filing, by whoever's token lies in `who`; told when `aloud`.
fn filing(tell: &DemoReport<'_>, who: &str, arguments: &[&str], aloud: bool) -> anyhow::Result<Ran> {
    let mut all = vec!["case"];
    all.extend(arguments);
    let file = format!("{who}.token");
    all.extend(["--token-file", &file]);
    let ran = if aloud { tell.command(&all)? } else { tell.stage.run(&all, false)? };
    if !aloud && ran.code != 0 {
        return Err(CliError::unable("demo", ran.said.clone(), format!("{}: {}", ran.line, ran.said)).into());
    }
    Ok(ran)
}

/// An account with its identity checked, what it may be, and a token in a file of its name.
fn person(tell: &DemoReport<'_>, who: &str, name: &str, role: Option<&str>) -> anyhow::Result<()> {
    let account = filing(tell, "operator", &["account", "open", "--name", name], false)?.text("/account");
    let identity = ["account", "identity", &account, "--method", "face", "--level", "high"];
    filing(tell, "operator", &identity, false)?;
    let file = format!("{who}.token");
    let mut token = vec!["account", "token", &account, "--save", &file, "--scope", "read", "--scope", "case"];
    match role {
        Some(role) => {
            filing(tell, "operator", &["account", "grant", &account, role, "--court", COURT], false)?;
            token.extend(["--scope", "court"]);
        }
        None => token.extend(["--scope", "deposit"]),
    }
    filing(tell, "operator", &token, false)?;
    Ok(())
}

/// Plays it, with `file` as the evidence.
///
/// # Errors
///
/// A command cannot be run. What comes out otherwise than it must is told, not an error.
pub fn play(tell: &mut DemoReport<'_>, file: &str) -> anyhow::Result<()> {
    tell.heading(
        "诉讼：当事人、书记员、法官各有账号与令牌",
        "A suit: party, clerk and judge each have an account and a token",
    )?;
    for (who, name, role) in [
        ("plaintiff", "张三", None),
        ("defendant", "李四", None),
        ("clerk", "书记员王某", Some("clerk")),
        ("judge", "法官赵某", Some("judge")),
    ] {
        person(tell, who, name, role)?;
    }
    let me = filing(tell, "plaintiff", &["account", "me"], true)?;
    tell.must("原告已实名", "the plaintiff is identified", "face, 0", &outcome(&me, "/identity/method"))?;

    tell.heading("存证（平台代为签名）并起诉，按存证编号导入", "Deposit by token, bring the suit, import by number")?;
    let deposited = filing(tell, "plaintiff", &["deposit", file, "--name", "与被告的聊天记录"], true)?;
    let number = deposited.text("/deposit_number");
    let open = ["open", "--court", COURT, "--name", "张三", "--title", "网络购物合同纠纷"];
    let case = filing(tell, "plaintiff", &open, true)?.text("/case");
    let defendant = ["do", &case, "add-party", "role=defendant", "subject=natural-person", "name=李四"];
    filing(tell, "plaintiff", &defendant, true)?;
    let import = ["import", &case, &number, "--name", "聊天记录", "--content", "证明双方约定的价款"];
    let imported = filing(tell, "plaintiff", &import, true)?;
    tell.facts(imported.documents.first().unwrap_or(&serde_json::Value::Null))?;
    tell.must(
        "导入成功；仅查询，未核验原文",
        "imported; looked up, no original verified",
        "not_verified, 0",
        &outcome(&imported, "/original/code"),
    )?;
    let submitted = filing(tell, "plaintiff", &["do", &case, "submit"], true)?;
    tell.must(
        "已提交，证据锁定",
        "submitted; the evidence is locked",
        "under-review, 0",
        &outcome(&submitted, "/stage"),
    )?;
    let change = ["do", &case, "withdraw-item", "item=1"];
    let refused = filing(tell, "plaintiff", &change, true)?;
    tell.must(
        "锁定后不能撤回",
        "it cannot be withdrawn any more",
        "wrong_stage, 1",
        &outcome(&refused, "/error/code"),
    )?;

    court_files(tell, &case)?;
    other_side(tell, &case, file)?;
    judge_sees(tell, &case)
}

fn court_files(tell: &mut DemoReport<'_>, case: &str) -> anyhow::Result<()> {
    tell.heading("立案，被告以关联码关联案件", "The court files it; the defendant finds it by an association code")?;
    filing(tell, "clerk", &["do", case, "approve"], true)?;
    let filed = filing(tell, "clerk", &["do", case, "file-case", "number=（2026）粤0192民初113号"], true)?;
    tell.must("已立案", "filed", "awaiting-assignment, 0", &outcome(&filed, "/stage"))?;
    let code = filing(tell, "clerk", &["code", case, "--party", "2"], true)?.text("/code");
    let joined = filing(tell, "defendant", &["associate", &code], true)?;
    tell.must("被告已关联", "the defendant is in the case", &format!("{case}, 0"), &outcome(&joined, "/case"))
}

fn other_side(tell: &mut DemoReport<'_>, case: &str, file: &str) -> anyhow::Result<()> {
    tell.heading("对方核验原文并质证", "The other side verifies the original, and replies")?;
    let verified = filing(tell, "defendant", &["verify", case, "1", file], true)?;
    tell.must(
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
    let replied = filing(tell, "defendant", &reply, true)?;
    tell.must("质证意见已上链", "the reply is on the chain", "reply, 0", &outcome(&replied, "/act/act"))
}

fn judge_sees(tell: &mut DemoReport<'_>, case: &str) -> anyhow::Result<()> {
    tell.heading("法官查看：导入、核验、质证", "What the judge sees: import, verification, reply")?;
    let seen = filing(tell, "judge", &["show", case], true)?;
    let found = format!("{}, {}", seen.text("/items/0/original/code"), seen.text("/items/0/replied_text/zh"));
    tell.must("法官看到双方所为", "the judge sees what both sides did", "verified, 【1人已回复】", &found)?;
    let log = filing(tell, "plaintiff", &["access-log", case], true)?;
    let first = log.text("/items/0/sequence");
    tell.must("当事人看到谁查阅过", "the party sees who looked", "1, 0", &format!("{first}, {}", log.code))
}
