//! The story: what a depositor, a court, a forger and an auditor do, and what comes of it.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::demo::damage::flip_a_bit;
use crate::cli::demo::exhibits;
use crate::cli::demo::stage::{Ran, Stage};
use crate::cli::ending::{Complaint, Ending};
use crate::cli::progress::Progress;
use crate::cli::screen::{BAD, FAINT, GOOD, HEADING, Screen};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::number::DepositNumber;
use crate::wire::facts::LABELS;

/// Messages in the folder that is deposited whole: enough for a chain of many blocks.
const MESSAGES: usize = 240;
const CHAT: &str = "聊天记录.txt";
const PICTURE: &str = "现场照片.png";
const CONTRACT: &str = "买卖合同.pdf";
const IMAGE: &str = "硬盘镜像.img";
const FOLDER: &str = "邮件";

/// See it all happen: deposit, look up, verify, forge, audit; leaves nothing behind | 完整演示，不留痕迹
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

/// One thing that had to come out one way.
struct Told {
    zh: &'static str,
    en: &'static str,
    expected: String,
    found: String,
}

struct Story<'a> {
    screen: &'a Screen,
    stage: Stage,
    told: Vec<Told>,
}

/// Tells the story.
///
/// # Errors
///
/// The stage cannot be set: no space, no process. What comes out otherwise than it must is told, not an error.
pub async fn run(args: &DemoArgs, screen: &Screen) -> anyhow::Result<Ending> {
    let stage = Stage::new(args.folder.as_deref(), args.keep)?;
    clear_when_interrupted(&stage, args.keep);
    let mut story = Story { screen, stage, told: Vec::new() };
    screen.line(screen.paint(HEADING, "铁证 Tiezheng: 演示 demonstration"))?;
    let folder = story.stage.folder().display().to_string();
    screen.line(screen.paint(
        FAINT,
        &format!(
            "{}{folder}",
            screen.pick("一切发生在此文件夹，结束后删除：", "All happens in this folder, removed at the end: ")
        ),
    ))?;
    story.begin()?;
    let number = story.deposit_small()?;
    story.deposit_large(args.size_mib)?;
    story.look_up(&number).await?;
    story.verify(&number)?;
    story.verify_offline()?;
    story.audit()?;
    story.end()
}

/// A large file must not stay behind when somebody has seen enough.
fn clear_when_interrupted(stage: &Stage, keep: bool) {
    let folder = stage.folder().to_owned();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            if !keep {
                // The process ends here, whatever could be cleared away.
                let _ = fs::remove_dir_all(folder);
            }
            std::process::exit(130);
        }
    });
}

impl Story<'_> {
    fn heading(&self, zh: &str, en: &str) -> anyhow::Result<()> {
        self.screen.line("")?;
        Ok(self.screen.line(self.screen.paint(HEADING, &format!("■ {zh} · {en}")))?)
    }

    /// Runs a command and shows its line and what it says beside.
    fn command(&self, arguments: &[&str]) -> anyhow::Result<Ran> {
        self.watched(arguments, false)
    }

    fn watched(&self, arguments: &[&str], watched: bool) -> anyhow::Result<Ran> {
        let ran = self.stage.run(arguments, watched)?;
        self.screen.line(self.screen.paint(FAINT, &format!("  $ {}", ran.line)))?;
        for line in ran.said.lines() {
            self.screen.line(format!("    {line}"))?;
        }
        Ok(ran)
    }

    /// Puts on record what had to come out and what did.
    fn expect(&mut self, zh: &'static str, en: &'static str, expected: &str, found: &str) -> anyhow::Result<()> {
        let (style, sign) = if expected == found { (GOOD, "✓") } else { (BAD, "✗") };
        let text = format!("  {sign} {}: {found}", self.screen.pick(zh, en));
        self.screen.line(self.screen.paint(style, &text))?;
        if expected != found {
            self.screen.line(format!("    {}{expected}", self.screen.pick("应为：", "expected: ")))?;
        }
        self.told.push(Told { zh, en, expected: expected.to_owned(), found: found.to_owned() });
        Ok(())
    }

    fn facts(&self, document: &Value) -> anyhow::Result<()> {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or("—").to_owned();
        let mut rows = vec![vec!["  存证编号".to_owned(), "deposit number".to_owned(), text("/deposit_number")]];
        for (i, (_, zh, en)) in LABELS.iter().enumerate() {
            let (mut zh, mut en) = (format!("  {zh}"), (*en).to_owned());
            for line in text(&format!("/facts/{i}/value")).lines() {
                rows.push(vec![std::mem::take(&mut zh), std::mem::take(&mut en), line.to_owned()]);
            }
        }
        Ok(self.screen.table(&rows)?)
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        self.heading("启动节点（测试账本）", "Start a node (a test ledger)")?;
        let told = self.stage.start_node()?;
        let text = |name: &str| told.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.screen
            .line(self.screen.paint(FAINT, "  $ tiezheng serve --data chain-data --listen 127.0.0.1:0 --test"))?;
        self.screen.line(format!("  {}\n  {}", text("listening"), text("key")))?;
        let mode = text("mode");
        self.expect("节点已启动", "a node listens", "test", &mode)
    }

    /// The number of the contract, which the rest of the story is about.
    fn deposit_small(&mut self) -> anyhow::Result<String> {
        self.heading("存证：文本、图片、合同", "Deposit a text, a picture, a contract")?;
        exhibits::chat_log(&self.stage.file(CHAT))?;
        exhibits::picture(&self.stage.file(PICTURE))?;
        exhibits::contract(&self.stage.file(CONTRACT))?;
        let mut number = String::new();
        for file in [CHAT, PICTURE, CONTRACT] {
            let ran = self.command(&["deposit", file])?;
            self.facts(ran.documents.first().and_then(|document| document.get("deposit")).unwrap_or(&Value::Null))?;
            self.expect(
                "存证成功，回执已核验",
                "deposited, and the receipt holds",
                "deposited, 0",
                &outcome(&ran, "/status"),
            )?;
            number = ran.text("/deposit_number");
        }
        let again = self.command(&["deposit", CONTRACT])?;
        let same = format!("{}, {}", outcome(&again, "/status"), again.text("/deposit_number") == number);
        self.expect(
            "重复执行不会重复存证",
            "repeating it deposits nothing twice",
            "already_deposited, 0, true",
            &same,
        )?;

        self.heading("存证：整个文件夹", "Deposit a whole folder")?;
        exhibits::messages(&self.stage.file(FOLDER), MESSAGES)?;
        let ran = self.command(&["deposit", "--recursive", FOLDER, "--case", "(2026) 0192-1"])?;
        let deposited = ran.documents.iter().filter(|document| document["status"] == "deposited").count();
        let all = format!("{MESSAGES}, 0");
        self.expect(
            "文件夹中的文件均已存证",
            "all files of the folder deposited",
            &all,
            &format!("{deposited}, {}", ran.code),
        )?;
        Ok(number)
    }

    fn deposit_large(&mut self, mebibytes: u64) -> anyhow::Result<()> {
        let size = mebibytes << 20;
        self.heading(
            &format!("存证：{mebibytes} MiB 的硬盘镜像"),
            &format!("Deposit a disk image of {mebibytes} MiB"),
        )?;
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).map_err(std::io::Error::other)?;
        let path = self.stage.file(IMAGE);
        let progress = Progress::of_bytes(self.screen, size);
        let made = exhibits::disk_image(&path, size, u64::from_le_bytes(seed), &progress);
        drop(progress);
        made.map_err(|error| Complaint::io(&path, &error))?;
        let ran = self.watched(&["deposit", IMAGE, "--case", "(2026) 0192-1"], true)?;
        self.facts(ran.documents.first().and_then(|document| document.get("deposit")).unwrap_or(&Value::Null))?;
        self.expect(
            "大文件存证成功，文件未上传",
            "deposited; the file was not sent",
            "deposited, 0",
            &outcome(&ran, "/status"),
        )?;
        let ran = self.watched(&["verify", IMAGE], true)?;
        let expected = "consistent_with_reservation, 0";
        self.expect("大文件核验", "the large file verified", expected, &outcome(&ran, "/conclusion/code"))?;
        fs::remove_file(&path)?;
        Ok(())
    }

    async fn look_up(&mut self, number: &str) -> anyhow::Result<()> {
        self.heading("按存证编号查询（仅查询，未核验原文）", "Look up by number; no original is verified")?;
        let ran = self.command(&["lookup", number])?;
        self.facts(ran.documents.first().unwrap_or(&Value::Null))?;
        self.expect("查询到七项区块链存证信息", "the seven facts were found", "sealed, 0", &outcome(&ran, "/status"))?;
        let address = self.stage.address().to_owned();
        self.screen.line(self.screen.paint(FAINT, &format!("  GET {address}/v1/deposits/{number}")))?;
        let client = LedgerClient::new(&address).map_err(Complaint::from)?;
        let parsed = DepositNumber::parse(number)?;
        let told = client.facts(&parsed).await.map_err(Complaint::from)?;
        let same = told.chain.tx_id == ran.text("/tx_id") && told.chain.block_hash == ran.text("/block_hash");
        self.expect("HTTP 接口所述一致", "HTTP says the same", "true", &same.to_string())?;
        let mistyped = mistype(number);
        // Nobody listens there: what is answered is answered without asking.
        let ran = self.command(&["lookup", &mistyped, "--server", "http://127.0.0.1:1"])?;
        let expected = "mistyped_number, 64";
        self.expect(
            "输错的编号在查询之前即被发现",
            "a mistyped number is found before any look-up",
            expected,
            &outcome(&ran, "/error/code"),
        )
    }

    fn verify(&mut self, number: &str) -> anyhow::Result<()> {
        self.heading("核验：未改动的文件", "Verify the file as it was")?;
        let ran = self.command(&["verify", CONTRACT, "--number", number])?;
        self.conclusion(&ran)?;
        let expected = "consistent_with_reservation, 0";
        self.expect(
            "摘要一致，并说明保留",
            "the digests agree, with reservations",
            expected,
            &outcome(&ran, "/conclusion/code"),
        )?;

        self.heading("核验：改动了一个比特的文件", "Verify the file with one bit changed")?;
        let changed = "改动后的合同.pdf";
        let mut bytes = fs::read(self.stage.file(CONTRACT))?;
        let middle = bytes.len() / 2;
        if let Some(byte) = bytes.get_mut(middle) {
            *byte ^= 1;
        }
        fs::write(self.stage.file(changed), bytes)?;
        let ran = self.command(&["verify", changed, "--number", number])?;
        self.conclusion(&ran)?;
        self.expect(
            "比对结果不一致",
            "the changed file does not match",
            "mismatch, 1",
            &outcome(&ran, "/conclusion/code"),
        )?;

        self.heading("核验：从未存证的文件", "Verify a file that was never deposited")?;
        let ran = self.command(&["verify", changed])?;
        self.conclusion(&ran)?;
        self.expect("尚未存证", "it was never deposited", "not_found, 1", &outcome(&ran, "/conclusion/code"))
    }

    fn conclusion(&self, ran: &Ran) -> anyhow::Result<()> {
        let pointer = self.screen.pick("/conclusion/zh", "/conclusion/en");
        Ok(self.screen.line(format!("  {}", ran.text(pointer)))?)
    }

    fn verify_offline(&mut self) -> anyhow::Result<()> {
        self.heading("节点停止后，凭回执离线核验", "The node stopped: verify by the receipt, offline")?;
        let stopped = self.stage.stop_node()?;
        self.expect("节点已停止", "the node has stopped", "true", &stopped.to_string())?;
        let receipt = format!("{CONTRACT}.tiezheng-receipt.json");
        let ran = self.command(&["verify", CONTRACT, "--receipt", &receipt])?;
        self.conclusion(&ran)?;
        let found = format!("{}, {}", outcome(&ran, "/conclusion/code"), ran.text("/offline"));
        let expected = "consistent_with_reservation, 0, true";
        self.expect("以固定的密钥离线核验", "verified offline against the pinned key", expected, &found)
    }

    fn audit(&mut self) -> anyhow::Result<()> {
        self.heading("审计整条链", "Audit the whole chain")?;
        let ran = self.command(&["audit", "chain-data"])?;
        let counted = json!([ran.text("/entries"), ran.text("/blocks"), ran.text("/signatures")]);
        self.screen
            .line(format!("  {}{counted}", self.screen.pick("存证、区块、签名：", "deposits, blocks, signatures: ")))?;
        self.expect("全链核对未发现问题", "the whole chain holds", "true, 0", &outcome(&ran, "/clean"))?;

        self.heading("在备份中改动一个比特，再审计", "Flip one bit in a copy, and audit that")?;
        let copied = self.command(&["backup", "chain-data", "--to", "copy"])?;
        self.expect("备份并核对", "copied and checked", "0", &copied.code.to_string())?;
        let copy = self.stage.file("copy");
        let flipped = flip_a_bit(&copy)?;
        let place = flipped.map_or_else(|| "—".to_owned(), |bit| format!("{} @ {}", bit.file.display(), bit.offset));
        self.screen.line(format!("  {}{place}", self.screen.pick("改动的比特：", "the bit flipped: ")))?;
        let ran = self.command(&["audit", "copy"])?;
        let findings =
            ran.documents.first().and_then(|document| document["findings"].as_array().cloned()).unwrap_or_default();
        let located = findings.iter().filter(|finding| finding["index"].is_u64() && finding["block_height"].is_u64());
        let named: Vec<String> = located.take(3).map(|finding| self.finding(finding)).collect();
        for line in &named {
            self.screen.line(format!("  {line}"))?;
        }
        let found = format!("{}, {}", if named.is_empty() { "nothing" } else { "entry and block named" }, ran.code);
        self.expect(
            "审计指出受损的记录及其区块",
            "the audit names the damaged entry and its block",
            "entry and block named, 1",
            &found,
        )
    }

    fn finding(&self, finding: &Value) -> String {
        let number = self.number_at(finding["index"].as_u64().unwrap_or(0)).unwrap_or_default();
        let text =
            finding.pointer(self.screen.pick("/text/zh", "/text/en")).and_then(Value::as_str).unwrap_or_default();
        let (block, entry) = (self.screen.pick("区块", "block"), self.screen.pick("记录", "entry"));
        format!("{block} {}, {entry} {} {number}: {text}", finding["block_height"], finding["index"])
    }

    /// The deposit whose receipt names this place: the record itself can no longer be read.
    fn number_at(&self, index: u64) -> Option<String> {
        let folders = [self.stage.folder().to_owned(), self.stage.file(FOLDER)];
        let papers = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
        let mut receipts = papers.filter_map(|paper| {
            let is_receipt = paper.file_name().to_string_lossy().ends_with("receipt.json");
            serde_json::from_slice::<Value>(&fs::read(paper.path()).ok().filter(|_| is_receipt)?).ok()
        });
        let receipt = receipts.find(|receipt| receipt["index"] == index)?;
        receipt.get("entry")?.as_str()?.lines().nth(1)?.strip_prefix("number ").map(str::to_owned)
    }

    fn end(self) -> anyhow::Result<Ending> {
        let screen = self.screen;
        screen.line("")?;
        screen.line(screen.paint(HEADING, "■ 小结 · Summary"))?;
        let rows: Vec<_> = self
            .told
            .iter()
            .map(|told| {
                let good = told.expected == told.found;
                let sign = if good { screen.paint(GOOD, "✓") } else { screen.paint(BAD, "✗") };
                vec![format!("  {sign}"), told.zh.to_owned(), told.en.to_owned(), told.found.clone()]
            })
            .collect();
        screen.table(&rows)?;
        let good = self.told.iter().all(|told| told.expected == told.found);
        let steps: Vec<_> = self.told.iter().map(|told| json!({
            "step": told.en, "expected": told.expected, "found": told.found, "good": told.expected == told.found,
        })).collect();
        screen.document(&json!({ "good": good, "steps": steps }))?;
        screen.line("")?;
        if good {
            screen.line(screen.paint(GOOD, screen.pick("每一步都如预期。", "Every step came out as it must.")))?;
            screen.line(screen.pick("启动自己的节点：", "Start a node of your own:"))?;
            screen.line("  tiezheng serve --data chain-data")?;
            screen.line("  tiezheng deposit FILE")?;
        } else {
            screen.line(screen.paint(
                BAD,
                screen.pick("有步骤未如预期，见上。", "Some steps did not come out as they must; see above."),
            ))?;
        }
        Ok(if good { Ending::Good } else { Ending::Finding })
    }
}

/// What a command answered at `pointer`, and its exit code.
fn outcome(ran: &Ran, pointer: &str) -> String {
    format!("{}, {}", ran.text(pointer), ran.code)
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
