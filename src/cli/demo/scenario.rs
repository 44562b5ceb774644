//! The steps of the demo: deposit, look-up, verification, forgery, audit, independent members.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::cli::demo::damage::flip_a_bit;
use crate::cli::demo::federation;
use crate::cli::demo::fixtures;
use crate::cli::demo::lawsuit;
use crate::cli::demo::report::{DemoReport, outcome};
use crate::cli::demo::sandbox::Sandbox;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::progress::Progress;
use crate::cli::receipt_files::is_own;
use crate::cli::record::read_receipt;
use crate::cli::screen::{FAINT, HEADING, Screen};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::block::BlockHeader;
use crate::ledger::entry::Entry;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;

/// Messages in the folder that is deposited: enough for many blocks.
const MESSAGES: usize = 240;
const CHAT: &str = "聊天记录.txt";
const PICTURE: &str = "现场照片.png";
const CONTRACT: &str = "买卖合同.pdf";
const IMAGE: &str = "硬盘镜像.img";
const FOLDER: &str = "邮件";

/// Demonstrate deposit, look-up, verification, forgery, audit, members and timestamps in a temporary folder | 完整演示，不留痕迹
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// Size of the large file in MiB | 大文件的大小（MiB）
    #[arg(long, value_name = "N", default_value_t = 1024)]
    size_mib: u64,
    /// Where to make the temporary folder; default: the system's | 临时文件夹的位置
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Keep the folder, without the large file | 保留临时文件夹
    #[arg(long)]
    keep: bool,
}

/// Runs the demo.
///
/// # Errors
///
/// No space, or a process cannot be started. An unexpected result is reported, not an error.
pub async fn run(args: &DemoArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let sandbox = Sandbox::new(args.folder.as_deref(), screen.pick("zh", "en"), args.keep)?;
    clear_when_interrupted(&sandbox, args.keep);
    let mut telling = DemoReport::new(screen, sandbox);
    let demo = &mut telling;
    screen.line(screen.paint(HEADING, "铁证 Tiezheng: 演示 demonstration"))?;
    let folder = demo.sandbox.folder().display().to_string();
    screen.line(screen.paint(
        FAINT,
        &format!(
            "{}{folder}",
            screen.pick("一切发生在此文件夹，结束后删除：", "All happens in this folder, removed at the end: ")
        ),
    ))?;
    begin(demo)?;
    let number = deposit_small(demo)?;
    deposit_large(demo, args.size_mib)?;
    look_up(demo, &number).await?;
    lawsuit::run(demo, CHAT)?;
    verify(demo, &number)?;
    verify_offline(demo)?;
    audit(demo)?;
    federation::run(demo).await?;
    telling.end()
}

/// Removes the folder when the user interrupts the demo.
fn clear_when_interrupted(sandbox: &Sandbox, keep: bool) {
    let folder = sandbox.folder().to_owned();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            if !keep {
                // The process ends even if the removal failed.
                let _ = fs::remove_dir_all(folder);
            }
            std::process::exit(130);
        }
    });
}

fn begin(demo: &mut DemoReport<'_>) -> anyhow::Result<()> {
    demo.heading("启动节点（测试账本）", "Start a node (a test ledger)")?;
    demo.command_line("tiezheng serve --data chain-data --listen 127.0.0.1:0 --test")?;
    let node = demo.sandbox.start_node()?;
    let [address, key, mode] = ["listening", "key", "mode"].map(|name| node.text(name).to_owned());
    demo.screen.line(format!("  {address}"))?;
    demo.screen.line(format!("  {key}"))?;
    demo.check("节点已启动", "a node listens", "test", &mode)
}

/// Deposits the small files. Returns the number of the contract.
fn deposit_small(demo: &mut DemoReport<'_>) -> anyhow::Result<String> {
    demo.heading("存证：文本、图片、合同", "Deposit a text, a picture, a contract")?;
    fixtures::chat_log(&demo.sandbox.file(CHAT))?;
    fixtures::picture(&demo.sandbox.file(PICTURE))?;
    fixtures::contract(&demo.sandbox.file(CONTRACT))?;
    let mut number = String::new();
    for file in [CHAT, PICTURE, CONTRACT] {
        let run = demo.command(&["deposit", file])?;
        demo.facts(run.documents.first().and_then(|document| document.get("deposit")).unwrap_or(&Value::Null))?;
        demo.check(
            "存证成功，回执已核验",
            "deposited, and the receipt holds",
            "deposited, 0",
            &outcome(&run, "/status"),
        )?;
        number = run.text("/deposit_number");
    }
    let again = demo.command(&["deposit", CONTRACT])?;
    let same = format!("{}, {}", outcome(&again, "/status"), again.text("/deposit_number") == number);
    demo.check("重复执行不会重复存证", "repeating it deposits nothing twice", "already_deposited, 0, true", &same)?;

    demo.heading("存证：整个文件夹", "Deposit a whole folder")?;
    fixtures::messages(&demo.sandbox.file(FOLDER), MESSAGES)?;
    let run = demo.command(&["deposit", "--recursive", FOLDER, "--case", "(2026) 0192-1"])?;
    let deposited = run.documents.iter().filter(|document| document["status"] == "deposited").count();
    let all = format!("{MESSAGES}, 0");
    demo.check(
        "文件夹中的文件均已存证",
        "all files of the folder deposited",
        &all,
        &format!("{deposited}, {}", run.code),
    )?;
    Ok(number)
}

fn deposit_large(demo: &mut DemoReport<'_>, mebibytes: u64) -> anyhow::Result<()> {
    let size = mebibytes << 20;
    demo.heading(&format!("存证：{mebibytes} MiB 的硬盘镜像"), &format!("Deposit a disk image of {mebibytes} MiB"))?;
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
    let path = demo.sandbox.file(IMAGE);
    let progress = Progress::of_bytes(demo.screen, size);
    let made = fixtures::disk_image(&path, size, u64::from_le_bytes(seed), &progress);
    drop(progress);
    made.map_err(|error| CliError::io(&path, &error))?;
    let run = demo.command_with_progress(&["deposit", IMAGE, "--case", "(2026) 0192-1"], true)?;
    demo.facts(run.documents.first().and_then(|document| document.get("deposit")).unwrap_or(&Value::Null))?;
    demo.check(
        "大文件存证成功，文件未上传",
        "deposited; the file was not sent",
        "deposited, 0",
        &outcome(&run, "/status"),
    )?;
    let run = demo.command_with_progress(&["verify", IMAGE], true)?;
    let expected = "consistent_with_reservation, 0";
    demo.check("大文件核验", "the large file verified", expected, &outcome(&run, "/conclusion/code"))?;
    fs::remove_file(&path)?;
    Ok(())
}

async fn look_up(demo: &mut DemoReport<'_>, number: &str) -> anyhow::Result<()> {
    demo.heading("按存证编号查询（仅查询，未核验原文）", "Look up by number; no original is verified")?;
    let run = demo.command(&["lookup", number])?;
    demo.facts(run.documents.first().unwrap_or(&Value::Null))?;
    demo.check("查询到七项区块链存证信息", "the seven facts were found", "sealed, 0", &outcome(&run, "/status"))?;
    let address = demo.sandbox.address().to_owned();
    demo.screen.line(demo.screen.paint(FAINT, &format!("  GET {address}/v1/deposits/{number}")))?;
    let client = LedgerClient::new(&address).map_err(CliError::from)?;
    let parsed = DepositNumber::parse(number)?;
    let claimed = client.facts(&parsed).await.map_err(CliError::from)?;
    let same = claimed.chain.tx_id == run.text("/tx_id") && claimed.chain.block_hash == run.text("/block_hash");
    demo.check("HTTP 接口所述一致", "HTTP says the same", "true", &same.to_string())?;
    let mistyped = mistype(number);
    // No node listens there, which shows that no request is sent.
    let run = demo.command(&["lookup", &mistyped, "--server", "http://127.0.0.1:1"])?;
    let expected = "mistyped_number, 64";
    demo.check(
        "输错的编号在查询之前即被发现",
        "a mistyped number is found before any look-up",
        expected,
        &outcome(&run, "/error/code"),
    )
}

fn verify(demo: &mut DemoReport<'_>, number: &str) -> anyhow::Result<()> {
    demo.heading("核验：未改动的文件", "Verify the file as it was")?;
    let run = demo.command(&["verify", CONTRACT, "--number", number])?;
    demo.conclusion(&run)?;
    let expected = "consistent_with_reservation, 0";
    demo.check(
        "摘要一致，并说明保留",
        "the digests agree, with reservations",
        expected,
        &outcome(&run, "/conclusion/code"),
    )?;

    demo.heading("核验：改动了一个比特的文件", "Verify the file with one bit changed")?;
    let changed = "改动后的合同.pdf";
    let mut bytes = fs::read(demo.sandbox.file(CONTRACT))?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    fs::write(demo.sandbox.file(changed), bytes)?;
    let run = demo.command(&["verify", changed, "--number", number])?;
    demo.conclusion(&run)?;
    demo.check("比对结果不一致", "the changed file does not match", "mismatch, 1", &outcome(&run, "/conclusion/code"))?;

    demo.heading("核验：从未存证的文件", "Verify a file that was never deposited")?;
    let run = demo.command(&["verify", changed])?;
    demo.conclusion(&run)?;
    demo.check("尚未存证", "it was never deposited", "not_found, 1", &outcome(&run, "/conclusion/code"))
}

fn verify_offline(demo: &mut DemoReport<'_>) -> anyhow::Result<()> {
    demo.heading("节点停止后，凭回执离线核验", "The node stopped: verify by the receipt, offline")?;
    let stopped = demo.sandbox.stop_node()?;
    demo.check("节点已停止", "the node has stopped", "true", &stopped.to_string())?;
    let receipt = format!("{CONTRACT}.tiezheng-receipt.json");
    let run = demo.command(&["verify", CONTRACT, "--receipt", &receipt])?;
    demo.conclusion(&run)?;
    let found = format!("{}, {}", outcome(&run, "/conclusion/code"), run.text("/offline"));
    let expected = "consistent_with_reservation, 0, true";
    demo.check("以固定的密钥离线核验", "verified offline against the pinned key", expected, &found)
}

fn audit(demo: &mut DemoReport<'_>) -> anyhow::Result<()> {
    demo.heading("审计整条链", "Audit the whole chain")?;
    let run = demo.command(&["audit", "chain-data"])?;
    let counted = ["/entries", "/blocks", "/signatures"].map(|pointer| run.text(pointer)).join(", ");
    demo.screen
        .line(format!("  {}{counted}", demo.screen.pick("存证、区块、签名：", "deposits, blocks, signatures: ")))?;
    demo.check("全链核对未发现问题", "the whole chain holds", "true, 0", &outcome(&run, "/clean"))?;

    demo.heading("在备份中改动一个比特，再审计", "Flip one bit in a copy, and audit that")?;
    let copied = demo.command(&["backup", "chain-data", "--to", "copy"])?;
    demo.check("备份并核对", "copied and checked", "0", &copied.code.to_string())?;
    let copy = demo.sandbox.file("copy");
    let known = deposits(demo);
    let flipped = flip_a_bit(&copy, |index, height| known.get(&index).is_some_and(|(_, own)| *own == height))?;
    let place = flipped.map_or_else(|| "—".to_owned(), |bit| format!("{} @ {}", bit.file.display(), bit.offset));
    demo.screen.line(format!("  {}{place}", demo.screen.pick("改动的比特：", "the bit flipped: ")))?;
    let run = demo.command(&["audit", "copy"])?;
    let findings =
        run.documents.first().and_then(|document| document["findings"].as_array().cloned()).unwrap_or_default();
    let damaged: Vec<_> = findings.iter().filter(|finding| finding["code"] == "damaged").collect();
    let named: Vec<String> = damaged.iter().filter_map(|finding| finding_line(demo.screen, &known, finding)).collect();
    for line in named.iter().take(3) {
        demo.screen.line(format!("  {line}"))?;
    }
    let others = damaged.len() - named.len().min(3);
    if others > 0 {
        let text =
            demo.screen.pick("同一数据页中另有记录受损：", "more damaged records in the same page of the database: ");
        demo.screen.line(demo.screen.paint(FAINT, &format!("  {text}{others}")))?;
    }
    let found = format!("{}, {}", if named.is_empty() { "nothing" } else { "entry and block named" }, run.code);
    demo.check(
        "审计指出受损的记录及其区块",
        "the audit names the damaged entry and its block",
        "entry and block named, 1",
        &found,
    )
}

/// A finding on a deposit, with its number from the receipt, since the record itself is unreadable. After a damaged header the audit
/// cannot know the block, so the receipt must agree.
fn finding_line(screen: &Screen, known: &Deposits, finding: &Value) -> Option<String> {
    let index = finding.get("index")?.as_u64()?;
    let (number, height) = known.get(&index)?;
    let named = finding.get("block_height")?.as_u64().filter(|named| named == height)?;
    let text = finding.pointer(screen.pick("/text/zh", "/text/en"))?.as_str()?;
    let (block, entry) = (screen.pick("区块", "block"), screen.pick("记录", "entry"));
    Some(format!("{block} {named}, {entry} {index}, {number}: {text}"))
}

/// Deposits by index: number and block height.
type Deposits = HashMap<u64, (DepositNumber, u64)>;

/// All deposits of the demo, from their receipts.
fn deposits(demo: &DemoReport<'_>) -> Deposits {
    let folders = [demo.sandbox.folder().to_owned(), demo.sandbox.file(FOLDER)];
    let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let receipts =
        files.filter(|paper| is_own(&paper.file_name())).filter_map(|paper| read_receipt(&paper.path()).ok());
    let deposit = |receipt: Receipt| {
        let entry = Entry::parse(receipt.entry.as_bytes()).ok()?;
        let header = BlockHeader::parse(receipt.header.as_bytes()).ok()?;
        Some((receipt.index.0, (entry.number, header.height.0)))
    };
    receipts.filter_map(deposit).collect()
}

/// A number with its last check character mistyped.
fn mistype(number: &str) -> String {
    let mut typed = number.to_owned();
    let last = typed.pop().unwrap_or('0');
    typed.push(if last == '7' { '8' } else { '7' });
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_number_is_no_number() {
        for number in ["20261122-0K7M-X9QT-3D5W-C3", "T20261122-0K7M-X9QT-3D5W-MP"] {
            assert!(DepositNumber::parse(number).is_ok());
            assert!(DepositNumber::parse(&mistype(number)).is_err());
        }
    }
}
