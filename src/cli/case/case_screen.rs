//! Prints a case: parties, evidence with the seven facts, verifications and replies.

use std::fmt::Write as _;

use serde_json::Value;

use crate::cli::case::connection::{bilingual, text};
use crate::cli::case::{item_details, next_steps};
use crate::cli::report_contents;
use crate::cli::screen::{BAD, FAINT, GOOD, HEADING, Screen, WARNING};
use crate::cli::terminal::escaped_name;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::text::LinkKind;
use crate::ledger::verify::report::Conclusion;
use crate::ledger::verify::wording;

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn field(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default()
}

/// A text that may be erased (null) or absent.
pub(in crate::cli::case) fn erasable_text(screen: &Screen, value: Option<&Value>) -> String {
    match value {
        // Escaped and on one line, so that the text cannot imitate other output.
        Some(Value::String(text)) => text.lines().map(escaped_name).collect::<Vec<_>>().join(" ⏎ "),
        Some(Value::Null) => screen.pick("（已删除）", "(erased)").to_owned(),
        _ => String::new(),
    }
}

/// The end of a period, or its state. The law says 24:00 of the day; 00:00 would be read as the day after.
fn period_end(screen: &Screen, period: &Value) -> String {
    match text(period, "/last_day") {
        Some(day) => format!("{day} 24:00 {}", screen.pick("北京时间", "Beijing time")),
        None => bilingual(screen, period.get("state")),
    }
}

/// A case.
///
/// # Errors
///
/// The screen.
pub fn case(screen: &Screen, case: &Value) -> anyhow::Result<()> {
    let number = text(case, "/number").unwrap_or_else(|| screen.pick("（尚无案号）", "(no case number yet)").into());
    screen.line(format!("{}  {}", screen.paint(HEADING, &number), bilingual(screen, case.get("stage"))))?;
    let mut rows = Vec::new();
    if let Some(reference) = text(case, "/reference") {
        rows.push(vec![screen.pick("案件代号", "case reference").to_owned(), reference]);
    }
    rows.push(vec![screen.pick("案件", "case").to_owned(), field(case, "/case")]);
    rows.push(vec![screen.pick("法院", "court").to_owned(), field(case, "/court")]);
    let title = erasable_text(screen, case.get("title"));
    if !title.is_empty() {
        rows.push(vec![screen.pick("案由", "cause of action").to_owned(), title]);
    }
    for party in list(case, "parties") {
        let name = erasable_text(screen, party.get("name"));
        rows.push(vec![bilingual(screen, party.get("role")), format!("{} {name}", field(party, "/party"))]);
    }
    for agent in list(case, "agents") {
        let name = erasable_text(screen, agent.get("name"));
        let of = list(case, "parties").find(|party| party.get("party") == agent.get("party"));
        let of = of.map(|party| {
            format!("{} {}", bilingual(screen, party.get("role")), erasable_text(screen, party.get("name")))
        });
        let of = of.unwrap_or_default();
        let authority = bilingual(screen, agent.get("authority"));
        let zh = format!("{name}（代理{of}，{authority}）");
        let en = format!("{name} (of {of}, {authority})");
        let is_statutory = agent.pointer("/authority/code").and_then(Value::as_str) == Some("statutory");
        let (zh_label, en_label) =
            if is_statutory { ("法定代理人", "statutory agent") } else { ("代理人", "agent") };
        rows.push(vec![screen.pick(zh_label, en_label).to_owned(), screen.pick(&zh, &en).to_owned()]);
    }
    if let Some(period) = case.get("period").filter(|period| period.is_object()) {
        rows.push(vec![screen.pick("举证期限至", "evidence period until").to_owned(), period_end(screen, period)]);
    }
    for party in list(case, "periods") {
        let end = party.get("period").map(|period| period_end(screen, period)).unwrap_or_default();
        let label = screen.pick("举证期限至", "evidence period until").to_owned();
        rows.push(vec![label, format!("{} · {end}", field(party, "/party"))]);
    }
    for window in list(case, "due").filter(|one| text(one, "/kind/code").as_deref() != Some("evidence")) {
        let party = text(window, "/party").map(|party| format!("{party} · ")).unwrap_or_default();
        let end = match (text(window, "/last_day"), text(window, "/ends_at")) {
            (None, Some(at)) => at,
            _ => period_end(screen, window),
        };
        rows.push(vec![bilingual(screen, window.get("kind")), format!("{party}{end}")]);
    }
    for (name, zh, en) in [("claims", "诉讼请求", "claims"), ("reason", "理由", "reason")] {
        let said = erasable_text(screen, case.get(name));
        if !said.is_empty() {
            rows.push(vec![screen.pick(zh, en).to_owned(), said]);
        }
    }
    for hold in list(case, "holds") {
        let content = text(hold, "/deposit_number").or_else(|| text(hold, "/account")).unwrap_or_default();
        let who = bilingual(screen, hold.pointer("/capacity/label"));
        let reason = erasable_text(screen, hold.get("reason"));
        let label = screen.pick("暂停删除", "erasure suspended").to_owned();
        rows.push(vec![label, format!("{content}  {} · {who} · {reason}", field(hold, "/at"))]);
    }
    screen.table(&rows)?;
    for one in list(case, "items") {
        screen.line("")?;
        item(screen, one)?;
    }
    next_steps::show(screen, case)
}

/// An item of evidence: the importer's claims apart from what the chain says.
///
/// # Errors
///
/// The screen.
pub fn item(screen: &Screen, item: &Value) -> anyhow::Result<()> {
    let heading = format!(
        "{} {}  {}",
        screen.pick("证据", "item"),
        field(item, "/item"),
        erasable_text(screen, item.pointer("/claimed/name"))
    );
    screen.line(screen.paint(HEADING, &heading))?;
    let mut rows = vec![
        vec![
            screen.pick("  证据内容", "  content").to_owned(),
            erasable_text(screen, item.pointer("/claimed/content")),
        ],
        vec![screen.pick("  存证编号", "  deposit number").to_owned(), field(item, "/deposit_number")],
    ];
    for fact in list(item, "facts") {
        let mut label = format!("  {}", bilingual(screen, fact.get("label")));
        for line in field(fact, "/value").lines() {
            // A second digest has a row under the first.
            rows.push(vec![std::mem::take(&mut label), fact_line(screen, line)]);
        }
    }
    let mut row = |zh: &str, en: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![format!("  {}", screen.pick(zh, en)), value]);
        }
    };
    let coded = |name: &str| bilingual(screen, item.get(name));
    row(
        "提交方",
        "for party",
        format!(
            "{} · {}",
            bilingual(screen, item.get("party_text")),
            bilingual(screen, item.pointer("/claimed/capacity/label"))
        ),
    );
    item_details::rows(screen, item, &mut row);
    row("导入时间", "imported", field(item, "/imported_at"));
    if item.get("first_imported_at") != item.get("imported_at") {
        row("首次导入时间", "first imported", field(item, "/first_imported_at"));
    }
    row("阶段", "phase", coded("phase"));
    row("状态", "status", coded("status"));
    row("存证人", "depositor", coded("depositor"));
    row("原文", "original", bilingual(screen, item.get("custody")));
    row("同一摘要的更早存证", "earlier deposits of the digest", page(screen, item.get("earlier_deposits")));
    row("其后（存证人所为）", "later, by its owner", page(screen, item.get("later_links")));
    row("其后（任何人均可提及）", "later (anybody may refer to it)", page(screen, item.get("references")));
    screen.table(&rows)?;
    remarks(screen, item)
}

/// A line of a fact: a digest or another value as it is, of a manifest the root and the number of items.
fn fact_line(screen: &Screen, line: &str) -> String {
    match line.strip_prefix("manifest ").and_then(|manifest| manifest.split_once(' ')) {
        Some((root, count)) => {
            let items = if count == "1" { "item" } else { "items" };
            screen
                .pick(&format!("{root}（清单根，{count} 项）"), &format!("{root} (manifest root, {count} {items})"))
                .to_owned()
        }
        None => line.to_owned(),
    }
}

/// The first page of a list of deposits, with the total if there are more.
fn page(screen: &Screen, page: Option<&Value>) -> String {
    let Some(page) = page.filter(|page| page.is_object()) else {
        return screen.pick("未查询", "not asked for").to_owned();
    };
    let one = |one: &Value| {
        let status = field(one, "/status");
        let status = if status == "verified" { String::new() } else { format!(" ({status} {})", field(one, "/fault")) };
        let standing = match field(one, "/standing").as_str() {
            "withdrawn" => format!(
                "{}{}",
                screen.pick("，已由存证人撤回：", ", withdrawn in turn by "),
                field(one, "/withdrawn_by")
            ),
            "unchecked" => screen.pick("，其后是否被撤回未核对", ", not checked for a withdrawal in turn").to_owned(),
            _ => String::new(),
        };
        let number = field(one, "/deposit_number");
        let link = LinkKind::parse(&field(one, "/kind")).zip(DepositNumber::parse_exact(&number));
        let said = link.map_or(number, |(kind, number)| wording::later_link(kind, &number, screen.language()));
        format!("{said}{status}{standing}")
    };
    let mut text = list(page, "items").map(one).collect::<Vec<_>>().join(", ");
    if page.get("next_cursor").is_some_and(Value::is_string) {
        let exact = page.get("total_is_exact").and_then(Value::as_bool) == Some(true);
        let least = if exact { "" } else { screen.pick("至少 ", "at least ") };
        let total = field(page, "/total");
        let _ = write!(text, " … ({}{least}{total})", screen.pick("清单不完整，共 ", "incomplete list, in all "));
    }
    text
}

fn is_adverse(conclusion: &str) -> bool {
    Conclusion::from_code(conclusion).is_some_and(Conclusion::is_adverse)
}

/// Warnings, verifications and replies of an item.
fn remarks(screen: &Screen, item: &Value) -> anyhow::Result<()> {
    let notice = bilingual(screen, item.pointer("/claimed/notice"));
    screen.line(screen.paint(FAINT, &format!("  {notice}")))?;
    let style = match field(item, "/original/code").as_str() {
        "verified" => GOOD,
        code if is_adverse(code) => BAD,
        _ => WARNING,
    };
    let by = bilingual(screen, item.get("original_verified_by"));
    let by = if by.is_empty() { by } else { format!("{by}{}", screen.pick("：", ": ")) };
    screen.line(format!("  {}", screen.paint(style, &format!("{by}{}", bilingual(screen, item.get("original"))))))?;
    let standing = field(item, "/status/code");
    if standing == "withdrawn" || standing == "replaced" {
        screen.line(format!("  {}", screen.paint(BAD, &bilingual(screen, item.get("status")))))?;
    }
    if item.get("late").and_then(Value::as_bool) == Some(true) {
        screen.line(format!(
            "  {}",
            screen.paint(
                WARNING,
                screen.pick(
                    "逾期举证（是否采纳由法院决定）",
                    "after the evidence period (the court decides on its admission)"
                )
            )
        ))?;
    }
    if let Some(alarm) = item.get("divergence").filter(|alarm| alarm.is_object()) {
        screen.line(format!("  {}", screen.paint(BAD, &bilingual(screen, Some(alarm)))))?;
    }
    item_details::remarks(screen, item)?;
    // A finding against the item first, then in order of time.
    let against = |one: &&Value| is_adverse(&field(one, "/conclusion/code"));
    let (first, rest): (Vec<&Value>, Vec<&Value>) = list(item, "verifications").partition(against);
    for one in first.into_iter().chain(rest) {
        let who = bilingual(screen, one.pointer("/capacity/label"));
        let what = bilingual(screen, one.get("presented"));
        let conclusion = bilingual(screen, one.get("conclusion"));
        let word = screen.pick("核验", "verified");
        screen.line(format!("  {word} {} · {who} · {what}: {conclusion}", field(one, "/at")))?;
    }
    let replied = bilingual(screen, item.get("replied_text"));
    if !replied.is_empty() {
        screen.line(format!("  {replied}"))?;
    }
    for reply in list(item, "replies") {
        reply_version(screen, reply)?;
    }
    Ok(())
}

/// One version of a party's reply: the three properties, the grounds, the text.
fn reply_version(screen: &Screen, reply: &Value) -> anyhow::Result<()> {
    let said = [("authenticity", "真实性"), ("legality", "合法性"), ("relevance", "关联性")];
    let said = said.into_iter().filter_map(|(name, zh)| {
        let opinion = bilingual(screen, reply.get(name));
        (!opinion.is_empty()).then(|| format!("{} {opinion}", screen.pick(zh, name)))
    });
    let head = format!(
        "  {} {} ({} {}) {}: {}",
        screen.pick("质证意见", "reply of"),
        escaped_name(&bilingual(screen, reply.get("party_text"))),
        screen.pick("第几次", "reply"),
        field(reply, "/version"),
        field(reply, "/at"),
        said.collect::<Vec<_>>().join(", ")
    );
    screen.line(head)?;
    let answered = field(reply, "/item_version");
    let since = if reply.get("item_restated_since").and_then(Value::as_bool) == Some(true) {
        screen.pick("（该证据其后已修改）", " (restated since)")
    } else {
        ""
    };
    let zh = format!("    针对证据第 {answered} 版{since}");
    let en = format!("    answers version {answered} of the item{since}");
    screen.line(screen.pick(&zh, &en))?;
    if reply.get("late").and_then(Value::as_bool) == Some(true) {
        screen.line(screen.pick("    逾期质证", "    made after the period for replies"))?;
    }
    for ground in list(reply, "grounds") {
        screen.line(format!("    {}", bilingual(screen, Some(ground))))?;
    }
    for (name, zh, en) in [("probative_value", "证明力", "probative value"), ("reason", "理由", "reason")] {
        let text = erasable_text(screen, reply.get(name));
        if !text.is_empty() {
            screen.line(format!("    {}: {text}", screen.pick(zh, en)))?;
        }
    }
    Ok(())
}

/// Prints the result of a verification.
///
/// # Errors
///
/// The screen.
pub fn verification(screen: &Screen, answer: &Value) -> anyhow::Result<()> {
    let report = answer.get("report").unwrap_or(&Value::Null);
    let good = field(report, "/conclusion/code").starts_with("consistent");
    let conclusion = bilingual(screen, report.get("conclusion"));
    screen.line(screen.paint(if good { GOOD } else { BAD }, &conclusion))?;
    let head = [
        ("核验时间", "verified at", field(report, "/verified_at")),
        ("核验人", "verifier", bilingual(screen, report.get("verifier"))),
        ("程序", "program", field(report, "/program")),
        ("节点", "node", bilingual(screen, report.get("node"))),
    ];
    let head: Vec<_> =
        head.into_iter().map(|(zh, en, value)| vec![format!("  {}", screen.pick(zh, en)), value]).collect();
    screen.table(&head)?;
    report_contents::show(screen, report, true)?;
    let mut rows = Vec::new();
    for step in list(report, "steps") {
        let outcome = bilingual(screen, step.get("outcome"));
        let details = ["finding", "reason", "compared"].map(|name| bilingual(screen, step.get(name)));
        let detail = details.into_iter().find(|text| !text.is_empty());
        let said =
            detail.map_or_else(|| outcome.clone(), |detail| format!("{outcome}{}{detail}", screen.pick("：", ": ")));
        rows.push(vec![format!("  {}", field(step, "/number")), bilingual(screen, step.get("label")), said]);
    }
    screen.table(&rows)?;
    screen.line(screen.paint(FAINT, &bilingual(screen, report.get("limits"))))?;
    let number = field(answer, "/act/deposit_number");
    Ok(screen.line(format!("{} {number}", screen.pick("核验已记录，编号", "recorded as")))?)
}

/// Prints the documents of a case: what each is, and whether its original is in custody.
///
/// # Errors
///
/// The screen.
pub fn documents(screen: &Screen, answer: &Value) -> anyhow::Result<()> {
    for one in list(answer, "items") {
        let uses: Vec<String> = list(one, "uses").map(|used| bilingual(screen, Some(used))).collect();
        screen.line(format!("{}  {}", field(one, "/deposit_number"), uses.join(screen.pick("；", "; "))))?;
        screen.line(format!("  {}", bilingual(screen, one.get("original"))))?;
    }
    Ok(())
}

/// Prints the documents of acts, in order.
///
/// # Errors
///
/// The screen.
pub fn history(screen: &Screen, answer: &Value) -> anyhow::Result<()> {
    for entry in list(answer, "items") {
        let act = entry.get("act").filter(|act| act.is_object()).unwrap_or(entry);
        let label = bilingual(screen, act.get("label"));
        let heading = format!("{}  {}  {label}", field(act, "/sequence"), field(act, "/at"));
        screen.line(screen.paint(HEADING, &heading))?;
        screen.line(format!("  {}", field(act, "/deposit_number")))?;
        if let Some(by) = text(entry, "/by") {
            screen.line(screen.paint(FAINT, &format!("  {} {by}", field(entry, "/capacity"))))?;
        }
        for line in field(entry, "/document").lines().skip(1) {
            screen.line(screen.paint(FAINT, &format!("  {line}")))?;
        }
        let ineffective = bilingual(screen, entry.get("ineffective"));
        if !ineffective.is_empty() {
            screen.line(format!("  {}", screen.paint(WARNING, &ineffective)))?;
        }
    }
    Ok(())
}
