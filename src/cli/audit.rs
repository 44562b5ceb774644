//! `audit`: checks a whole ledger from its stored bytes, 审计.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::audit::periods::PeriodGap;
use crate::audit::report::{AuditReport, CourtReport, Fault, Finding, IneffectiveActFinding, ORIGINALS_NOT_CHECKED};
use crate::audit::walk::{Options, walk};
use crate::cli::audit_remote::{self, RemoteArgs, audit_log};
use crate::cli::config::Config;
use crate::cli::descriptors::database_options;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::filing_service::ORIGINALS;
use crate::cli::open_errors::{cannot_open, unreadable};
use crate::cli::originals_check::{OriginalsReport, decrypt_originals};
use crate::cli::progress::Progress;
use crate::cli::public_key::read_key;
use crate::cli::screen::{BAD, FAINT, GOOD, HEADING, Screen};
use crate::cli::trust_store::TrustStore;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::verify::wording::Language;
use crate::store::account_files::AccountFiles;
use crate::store::factory::{self, FolderReader};
use crate::store::traits::accounts::AccountStoreError;
use crate::store::traits::{LogReader as _, Published};

const EXAMPLES: &str = "\
Examples:
  tiezheng audit chain-data
  tiezheng audit /mnt/backup/2026-11-22 --key 'example.org/ledger+c74f20a3+ARpc…'
  tiezheng audit chain-data --structure-only
  tiezheng audit https://ledger.example.org --policy ledger.policy --state audit-state
  tiezheng audit https://ledger.example.org --policy ledger.policy --compare https://court.example.org

Re-derives every leaf, block, link, tile, root, checkpoint, signature, time, number and
index row from the stored bytes, decrypts every original in custody and compares its size and
digests with its record. Opens read-only and writes nothing; the node on it must be
stopped, or audit a backup. Of a running node the published log is audited over HTTP: everything
but index rows, cases, private content and originals. With a policy, its checkpoint must be signed and
cosigned as the policy says. An audit that was cut off goes on with the same --state.
|
示例：
  tiezheng audit chain-data
  tiezheng audit /mnt/backup/2026-11-22 --key 'example.org/ledger+c74f20a3+ARpc…'
  tiezheng audit chain-data --structure-only
  tiezheng audit https://ledger.example.org --policy ledger.policy --state audit-state
  tiezheng audit https://ledger.example.org --policy ledger.policy --compare https://court.example.org

由存储的字节重新推导并核对每条记录、每个区块、衔接、分片、根、检查点、签名、时间、编号和索引，
并解密每份托管原文，将其大小和摘要与记录比对。只读，不写入任何内容；请先停止节点，或审计其备份。
对运行中的节点，则通过网络审计其公开的账本记录：除索引、案件、非公开内容和托管原文外，均予核对。
给出策略文件的，其检查点须按策略签名和见证。审计中断后，以同一 --state 可继续。";

/// Re-check a whole ledger from its bytes | 审计：从存储的字节重新推导并核对整条链
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct AuditArgs {
    /// The ledger's folder, or the address of a running node (http:// or https://) | 账本文件夹，或运行中节点的网址
    dir: PathBuf,
    /// The ledger key to hold it against; default: the pinned one | 账本密钥
    #[arg(long, value_name = "VKEY", conflicts_with = "policy")]
    key: Option<String>,
    /// Leave out the depositors' signatures, the slowest part by far | 不核对存证人签名
    #[arg(long)]
    no_signatures: bool,
    /// Check the structure only, as a transparency log is checked: every record and tile is hashed, up to the signed root; blocks and
    /// ledger keys. Deposits are not parsed; index rows, cases and originals are left out | 仅核对结构：逐条重算哈希直至已签名的根，核对区块与账本密钥；不解析存证，不核对索引、案件与托管原文
    #[arg(long, conflicts_with_all = ["no_signatures", "state"])]
    structure_only: bool,
    /// Of a folder: check only what an audit over HTTP checks, without index rows, cases and originals | 仅核对网络审计可核对的内容：不核对索引、案件与托管原文
    #[arg(long)]
    log_only: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// Runs the command.
///
/// # Errors
///
/// There is no ledger, or it cannot be read.
pub async fn run(args: &AuditArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let given = args.key.as_deref().map(read_key).transpose()?;
    if let Some(address) = args.dir.to_str().filter(|text| is_address(text)) {
        return audit_node(address, given, args, config, screen).await;
    }
    if args.remote.is_for_addresses() {
        let zh = "--state 与 --compare 仅用于审计网址";
        return Err(
            CliError::usage("not_an_address", zh, "--state and --compare are for the audit of an address").into()
        );
    }
    let store =
        factory::open_read_only(&args.dir, &database_options()).map_err(|error| cannot_open(&args.dir, &error))?;
    let Some(published) = store.published() else {
        let en = format!("{}: nothing was signed yet, so there is nothing to audit", args.dir.display());
        return Err(CliError::unable(
            "nothing_signed",
            format!("{}：尚无已签名的内容可供审计", args.dir.display()),
            en,
        )
        .into());
    };
    let pinned = key_to_check(given, &published, args, config)?;
    let options = args.options(pinned);
    let progress = Progress::of_items(screen, published.size().0, screen.pick("条记录", "records"));
    let mut report =
        walk(&store, &options, |done| progress.set(done, published.size().0)).map_err(|error| unreadable(&error))?;
    drop(progress);
    if args.structure_only || args.log_only {
        return conclude(&report, &OriginalsReport::default(), screen);
    }
    let originals = check_originals(&store, args, &mut report, screen)?;
    check_account_files(&args.dir, &mut report)?;
    conclude(&report, &originals, screen)
}

impl AuditArgs {
    const fn options(&self, pinned: Option<VerifierKey>) -> Options {
        Options {
            pinned,
            signatures: !self.no_signatures,
            indexes: !self.log_only,
            structure_only: self.structure_only,
        }
    }
}

/// Prints the report.
fn conclude(report: &AuditReport, originals: &OriginalsReport, screen: &Screen) -> anyhow::Result<ExitStatus> {
    screen.document(&document(report, originals))?;
    show(screen, report, originals)?;
    Ok(if report.is_clean() { ExitStatus::Good } else { ExitStatus::Finding })
}

fn is_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
}

/// Audits the log that a running node publishes.
async fn audit_node(
    address: &str,
    given: Option<VerifierKey>,
    args: &AuditArgs,
    config: &Config,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let pinned = |origin: &Name| match given {
        Some(key) => Ok(Some(key)),
        None => pinned_for(origin, config),
    };
    let (report, remote) = audit_log(address, &args.remote, args.options(None), pinned, screen).await?;
    let originals = OriginalsReport::default();
    let mut document = document(&report, &originals);
    audit_remote::add_to_document(&mut document, &remote);
    screen.document(&document)?;
    show(screen, &report, &originals)?;
    audit_remote::show(screen, &remote)?;
    Ok(if report.is_clean() { ExitStatus::Good } else { ExitStatus::Finding })
}

/// Decrypts the originals in custody, and adds their faults to the findings.
///
/// # Errors
///
/// An original cannot be read.
fn check_originals(
    store: &FolderReader,
    args: &AuditArgs,
    report: &mut AuditReport,
    screen: &Screen,
) -> Result<OriginalsReport, CliError> {
    let records = std::mem::take(&mut report.court.originals);
    let progress = Progress::of_bytes(screen, records.iter().map(|record| record.act.size).sum());
    let originals = decrypt_originals(store, &args.dir.join(ORIGINALS), &records, |bytes| progress.add(bytes))?;
    drop(progress);
    report.court.originals = records;
    report.not_checked.retain(|what| *what != ORIGINALS_NOT_CHECKED);
    for fault in &originals.faults {
        let number =
            report.court.originals.iter().find(|record| record.index == fault.index).map(|record| record.number);
        let (index, detail) = (Some(fault.index), fault.to_string());
        report.find(Finding { fault: Fault::Original, index, height: None, number, detail });
    }
    Ok(originals)
}

/// Compares the account files with the inventory, and adds faults to the findings.
///
/// # Errors
///
/// An account file or the inventory cannot be read.
fn check_account_files(dir: &Path, report: &mut AuditReport) -> Result<(), CliError> {
    let files = AccountFiles::in_ledger(dir);
    let (missing, error) = match files.missing() {
        Ok(missing) => (missing, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let mut details: Vec<_> = missing.iter().map(ToString::to_string).collect();
    for error in error.into_iter().chain(files.unreadable()) {
        match error {
            AccountStoreError::Damaged { .. } => details.push(error.to_string()),
            AccountStoreError::Disk { ref document, ref reason } => {
                let zh = format!("无法读取 {document}：{reason}");
                return Err(CliError::unable("unreadable", zh, error.to_string()));
            }
        }
    }
    for detail in details {
        report.find(Finding { fault: Fault::AccountFiles, index: None, height: None, number: None, detail });
    }
    Ok(())
}

/// The key that the checkpoint must be signed with: `given`, or the pinned one of this ledger.
fn key_to_check(
    given: Option<VerifierKey>,
    published: &Published,
    args: &AuditArgs,
    config: &Config,
) -> Result<Option<VerifierKey>, CliError> {
    if given.is_some() {
        return Ok(given);
    }
    let origin = &published.checkpoint.checkpoint().origin;
    match args.remote.read_policy()? {
        Some(policy) => Ok(policy.keys_of(origin).into_iter().next()),
        None => pinned_for(origin, config),
    }
}

/// The key that the user has pinned for a ledger.
fn pinned_for(origin: &Name, config: &Config) -> Result<Option<VerifierKey>, CliError> {
    Ok(TrustStore::of(config)?.trust().keys_of(origin).into_iter().next())
}

fn document(report: &AuditReport, originals: &OriginalsReport) -> Value {
    let finding = |finding: &Finding| {
        let (zh, en) = finding.fault.text();
        json!({
            "code": finding.fault.code(),
            "text": { "zh": zh, "en": en },
            "index": finding.index.map(|index| index.0),
            "block_height": finding.height.map(|height| height.0),
            "deposit_number": finding.number.map(|number| number.to_string()),
            "detail": finding.detail,
        })
    };
    let void = |act: &IneffectiveActFinding| json!({ "index": act.index.0, "deposit_number": act.number.to_string(), "reason": act.code });
    let gap = |gap: &PeriodGap| {
        json!({
            "case": gap.case.to_string(), "window": gap.window.word(), "party": gap.party.map(|party| party.0), "gap": gap.kind.code(),
        })
    };
    let not_checked = |(zh, en): &(&str, &str)| json!({ "zh": zh, "en": en });
    json!({
        "ledger": report.origin,
        "mode": report.mode.map(crate::ledger::notice::Mode::word),
        "clean": report.is_clean(),
        "size": report.size.0,
        "block_height": report.height.0,
        "root": report.root.to_string(),
        "checkpoint": report.checkpoint,
        "keys": report.keys.iter().map(|(key, since)| json!({ "key": key.to_string(), "since": since.0 })).collect::<Vec<_>>(),
        "entries": report.entries,
        "notices": report.notices,
        "blocks": report.blocks,
        "signatures": report.signatures,
        "tiles": report.tiles,
        "index_rows": report.index_rows,
        "cases": report.court.cases,
        "acts": report.court.acts,
        "accesses": report.court.accesses,
        "annexes": report.court.annexes,
        "acts_unread": report.court.unread,
        "rounds": report.court.rounds,
        "rounds_completed": report.court.rounds_completed,
        "confirmations": report.court.confirmations,
        "not_confirmed": report.court.not_confirmed,
        "acts_void": report.court.void,
        "periods": report.court.periods.periods,
        "period_gaps": report.court.periods.listed.iter().map(gap).collect::<Vec<_>>(),
        "period_gaps_total": report.court.periods.gaps,
        "service": {
            "records": report.court.service.records,
            "effective": report.court.service.effective,
            "periods": report.court.service.periods,
            "certificates": report.court.service.certificates,
            "gaps": report.court.service.gaps,
            "gaps_total": report.court.service.gaps_total,
        },
        "hand_overs": report.court.hand_overs,
        "hand_overs_open": report.court.hand_overs_open,
        "hand_overs_incomplete": report.court.hand_overs_incomplete,
        "originals": originals.kept,
        "originals_bytes": originals.bytes,
        "originals_erased": originals.erased,
        "void_acts": report.court.void_acts.iter().map(void).collect::<Vec<_>>(),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "findings_total": report.findings_total,
        "not_checked": report.not_checked.iter().map(not_checked).collect::<Vec<_>>(),
    })
}

/// The coverage of cases. Acts without effect are information, not findings.
fn court_rows(court: &CourtReport) -> Vec<Vec<String>> {
    let row = |zh: &str, en: &str, value: u64| vec![zh.to_owned(), en.to_owned(), value.to_string()];
    let mut rows = vec![
        row("案件", "cases", court.cases),
        row("操作记录", "acts", court.acts),
        row("其中查阅", "of these, accesses", court.accesses),
        row("附件", "annexes", court.annexes),
        row("未生效的操作", "acts without effect", court.void),
        row("期限", "periods", court.periods.periods),
    ];
    if court.periods.gaps > 0 {
        rows.push(row(
            "其中未起算、缺节假日安排或依据待核",
            "of these, not begun, without holidays or with an unconfirmed source",
            court.periods.gaps,
        ));
    }
    let service = &court.service;
    if service.records > 0 {
        rows.push(row("送达记录", "service records", service.records));
        rows.push(row("其中已生效（重新推算）", "of these, effective (recomputed)", service.effective));
        rows.push(row("起算的期间（重新推算）", "periods begun (recomputed)", service.periods));
        rows.push(row("电子送达凭证", "certificates of service", service.certificates));
    }
    if service.gaps_total > 0 {
        rows.push(row("尚缺的电子送达凭证", "certificates that are due and missing", service.gaps_total));
    }
    if court.rounds > 0 {
        rows.push(row("确认轮", "confirmation rounds", court.rounds));
        rows.push(row("其中已完成", "of these, completed", court.rounds_completed));
        rows.push(row("有效确认", "confirmations", court.confirmations));
        rows.push(row(
            "已完成的确认轮中未确认的人员",
            "people of completed rounds who have not confirmed",
            court.not_confirmed,
        ));
    }
    if court.hand_overs > 0 {
        rows.push(row("移交清单重算", "manifests of hand-overs recomputed", court.hand_overs));
        rows.push(row("尚未接收或者退回的移交", "hand-overs neither accepted nor returned", court.hand_overs_open));
    }
    if court.hand_overs_incomplete > 0 {
        rows.push(row(
            "已接收、尚未立案的移交",
            "hand-overs accepted, not yet taken over",
            court.hand_overs_incomplete,
        ));
    }
    if court.unread > 0 {
        rows.push(row("文书不在的操作", "acts whose text is not held", court.unread));
    }
    rows
}

/// Prints the findings; the same fault of consecutive records is one line.
fn findings(screen: &Screen, report: &AuditReport) -> anyhow::Result<()> {
    for group in report.findings.chunk_by(is_next) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (zh, en) = first.fault.text();
        screen.line(format!(
            "{}  {}",
            screen.paint(BAD, screen.pick(zh, en)),
            screen.pick(&place_in_chinese(first, last, group.len()), &place_in_english(first, last, group.len()))
        ))?;
    }
    if !report.is_clean() && screen.language() == Language::Chinese {
        screen.line(screen.paint(FAINT, "各项的代码与技术细节见 --json 输出"))?;
    }
    Ok(())
}

/// Whether `next` is the same fault of the next record.
fn is_next(one: &Finding, next: &Finding) -> bool {
    let follows = one.index.zip(next.index).is_some_and(|(one, next)| next.0 == one.0 + 1);
    one.fault == next.fault && follows
}

fn place_in_chinese(first: &Finding, last: &Finding, count: usize) -> String {
    let span = |first: String, last: String| if first == last { first } else { format!("{first} 至 {last}") };
    let mut parts = Vec::new();
    if let (Some(from), Some(to)) = (first.height, last.height) {
        parts.push(format!("区块 {}", span(from.to_string(), to.to_string())));
    }
    if let (Some(from), Some(to)) = (first.index, last.index) {
        parts.push(format!("记录 {}", span(from.to_string(), to.to_string())));
    }
    match (first.number, count) {
        (Some(number), 1) => parts.push(format!("存证编号 {number}")),
        (_, 1) => {}
        (_, count) => parts.push(format!("共 {count} 条")),
    }
    parts.join("，")
}

fn place_in_english(first: &Finding, last: &Finding, count: usize) -> String {
    match (last.index, count) {
        (Some(last), 2..) => format!("{first} (and so on to entry {last}: {count} entries)"),
        _ => first.to_string(),
    }
}

fn show(screen: &Screen, report: &AuditReport, originals: &OriginalsReport) -> anyhow::Result<()> {
    let title = screen.pick("账本核查报告", "账本核查报告 Audit report");
    let title = format!("{title}  ·  tiezheng {}", env!("CARGO_PKG_VERSION"));
    screen.line(screen.paint(HEADING, &title))?;
    let row = |zh: &str, en: &str, value: String| vec![zh.to_owned(), en.to_owned(), value];
    let mut table = vec![
        row("链标识", "ledger", report.origin.clone()),
        row("区块高度", "block height", report.height.to_string()),
        row("记录数", "records", report.size.to_string()),
        row("存证", "deposits", report.entries.to_string()),
        row("区块", "blocks", report.blocks.to_string()),
        row("存证人签名", "depositors' signatures", report.signatures.to_string()),
        row("哈希分片", "tiles", report.tiles.to_string()),
        row("索引", "index rows", report.index_rows.to_string()),
    ];
    if report.court.acts > 0 {
        table.extend(court_rows(&report.court));
    }
    if originals.kept + originals.erased > 0 {
        table.push(row("托管原文（已解密核对）", "originals in custody, decrypted", originals.kept.to_string()));
    }
    table.push(row("默克尔根", "Merkle root", report.root.to_string()));
    screen.table(&table)?;
    screen.line("")?;
    findings(screen, report)?;
    let listed = report.findings.len() as u64;
    if report.findings_total > listed {
        let more = report.findings_total - listed;
        screen.line(format!("… {more} {}", screen.pick("项未列出", "more are not listed")))?;
    }
    for (zh, en) in &report.not_checked {
        screen.line(
            screen.paint(FAINT, &format!("{}{}", screen.pick("未核对：", "not checked: "), screen.pick(zh, en))),
        )?;
    }
    let total = report.findings_total;
    let (style, zh, en) = if report.is_clean() {
        (
            GOOD,
            "结论：所核对的内容未发现问题。".to_owned(),
            "Conclusion: nothing was found in what was checked.".to_owned(),
        )
    } else {
        (BAD, format!("结论：发现 {total} 处问题。"), format!("Conclusion: {total} findings."))
    };
    Ok(screen.line(screen.paint(style, screen.pick(&zh, &en)))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::block::Height;
    use crate::ledger::merkle::shape::LeafIndex;

    #[test]
    fn neighbouring_findings_are_told_as_one() {
        let finding = |index, height| Finding {
            fault: Fault::Damaged,
            index: Some(LeafIndex(index)),
            height: Some(Height(height)),
            number: None,
            detail: "x".into(),
        };
        let all = [finding(3, 1), finding(4, 1), finding(5, 2), finding(9, 3)];
        let groups: Vec<_> = all.chunk_by(is_next).map(<[Finding]>::len).collect();
        assert_eq!(groups, [3, 1]);
        assert_eq!(place_in_chinese(&all[0], &all[2], 3), "区块 1 至 2，记录 3 至 5，共 3 条");
        assert_eq!(place_in_chinese(&all[3], &all[3], 1), "区块 3，记录 9");
        assert!(place_in_english(&all[0], &all[2], 3).ends_with("(and so on to entry 5: 3 entries)"));
    }
}
