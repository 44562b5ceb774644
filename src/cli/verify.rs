//! `verify`: compares a file with its record on the chain, 核验.
//!
//! The command computes everything locally: digests, hashes, proofs, signatures. A node only supplies the record; the command
//! never uses the node's conclusion. It trusts the ledger keys that the user pinned or gave with `--key`, never a key from a
//! receipt.

use std::path::{Path, PathBuf};

use crate::cli::attesting::ReceiptAttestations;
use crate::cli::compose::read_number;
use crate::cli::config::Config;
use crate::cli::connect::{DEFAULT_SERVER, warn_of_other_mode};
use crate::cli::digest_search::{by_digest, not_found_by_digest};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::institution::institution;
use crate::cli::key_following::trusted_checkpoint;
use crate::cli::ledger_check::{self, LedgerCheck};
use crate::cli::presentation::{Presentation, measure_file};
use crate::cli::public_key::read_key;
use crate::cli::receipt_files::ReceiptFiles;
use crate::cli::record::{Record, fetch, history, read_record};
use crate::cli::report_screen::{self, ReportView, SignedBy};
use crate::cli::screen::{Screen, WARNING};
use crate::cli::user_trust::{AuthorityArgs, PolicyArgs, UserTrust};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::ledger::receipt::Receipt;
use crate::ledger::statement::content::{FileDigests, HashAlgorithm};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::report::{Conclusion, LedgerFault, Obstacle, Report, SkipReason};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Question, RecordSource, verify};
use crate::ledger::verify::wording::{Language, skipped};
use crate::sequencer::clock::{Clock as _, SystemClock};
use crate::wire::report::ReportNodeJson;

const EXAMPLES: &str = "\
Examples:
  tiezheng verify contract.pdf                        by its receipt, else by its digest
  tiezheng verify contract.pdf --number 20261122-0K7M-X9QT-3D5W-C3
  tiezheng verify contract.pdf --receipt r.json       the node is asked for later withdrawals
  tiezheng verify contract.pdf --receipt r.json --offline       no node is asked
  tiezheng verify 0042.wav --receipt 0042.json        the receipt of one item of a manifest
  tiezheng verify note.txt --number 20261122-0K7M-X9QT-3D5W-C3 --salt 07…    a salted deposit
  tiezheng verify contract.pdf --receipt r.json --key 'example.org/ledger+c74f20a3+ARpc…'

With a receipt, the node is asked whether its ledger continues the one in the receipt and what
was said of the deposit later: the node of --server, else the one pinned for that ledger
(tiezheng trust), else the one on this machine. The report says so if none answered.

A salted deposit (deposit --salt) cannot be found by a digest: name its number, and keep its
statement beside the file or give --salt.

Exit codes: 0 consistent, also with reservation; 1 mismatch, not found, contradictory, chain
fault; 2 could not look, for instance because the ledger's key is not pinned; 64 mistyped
number or wrong usage.
|
示例：
  tiezheng verify 合同.pdf                        按文件旁的回执核验，无回执则按摘要查找
  tiezheng verify 合同.pdf --number 20261122-0K7M-X9QT-3D5W-C3
  tiezheng verify 合同.pdf --receipt r.json       并向节点查询其后的撤回、更正
  tiezheng verify 合同.pdf --receipt r.json --offline       不查询节点
  tiezheng verify 0042.wav --receipt 0042.json    清单存证中单项的回执
  tiezheng verify 便条.txt --number 20261122-0K7M-X9QT-3D5W-C3 --salt 07…    加盐存证
  tiezheng verify 合同.pdf --receipt r.json --key 'example.org/ledger+c74f20a3+ARpc…'

本命令自行完成全部计算，不采信任何节点的结论。持回执核验时，向节点查询其账本是否为回执所载账本的
延续，以及其后的更正、撤回：先问 --server 指定的节点，否则问为该账本固定的节点（tiezheng trust），
再否则问本机节点；无节点应答时报告予以注明。

加盐存证（deposit --salt）按摘要查不到：请给出存证编号，并将声明文件放在文件旁，或以 --salt 给出盐值。

退出码：0 一致（含有保留的一致）；1 不一致、查无记录、记录矛盾或链上数据有误；2 未能核验，如账本
密钥尚未固定；64 编号输错或用法有误。";

/// Verify a file against its record on the chain | 核验：将文件与链上记录比对
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group(clap::ArgGroup::new("what").args(["file", "number", "receipt", "digest"]).required(true).multiple(true)))]
pub struct VerifyArgs {
    /// The file | 待核验的文件
    file: Option<PathBuf>,
    /// Its deposit number | 存证编号
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Its receipt; default: the one beside the file | 存证回执，默认为文件旁的回执
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Trust exactly these ledger keys instead of the pinned ones | 仅信任此账本密钥
    #[arg(long = "key", value_name = "VKEY", conflicts_with = "policy")]
    keys: Vec<String>,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    authorities: AuthorityArgs,
    /// The salt of salted digests; default: from the statement beside the file | 盐值
    #[arg(long, value_name = "HEX")]
    salt: Option<String>,
    /// A digest instead of the file: only a look-up | 仅比对摘要，不构成核验
    #[arg(long, value_name = "ALG:HEX", conflicts_with = "file")]
    digest: Option<String>,
    /// Print the review points of the law too | 一并列出法定审查要点（在线诉讼规则第17至19条等）
    #[arg(long)]
    articles: bool,
    /// Ask no node: later corrections and withdrawals stay unknown | 离线核验，不查询节点
    #[arg(long)]
    offline: bool,
    /// Address of the node; default: the one pinned for the receipt's ledger, else <http://127.0.0.1:7654> | 节点地址；默认为该账本所固定的节点，否则为本机节点
    #[arg(long, alias = "node", value_name = "URL", env = "TIEZHENG_SERVER")]
    server: Option<String>,
}

/// The parsed arguments.
struct Request<'a> {
    args: &'a VerifyArgs,
    number: Option<DepositNumber>,
    digest: Option<(HashAlgorithm, Digest)>,
    salt: Option<[u8; SALT_LEN]>,
    user: UserTrust,
    trust: Trust,
}

/// Runs `tiezheng verify`.
///
/// # Errors
///
/// Usage, an unreadable file or receipt, an unreachable node.
pub async fn run(args: &VerifyArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let user = read_trust(args, config)?;
    let request = Request {
        args,
        number: args.number.as_deref().map(read_number).transpose()?,
        digest: args.digest.as_deref().map(read_digest).transpose()?,
        salt: args.salt.as_deref().map(read_salt).transpose()?,
        trust: user.trust(),
        user,
    };
    let sought = find(&request, screen).await?;
    match &sought.record {
        Some(record) => by_record(&request, &sought, record, screen).await,
        None => without_record(&request, &sought, screen).await,
    }
}

/// Verifies the file against the record that [`find`] returned, and prints the report.
async fn by_record(
    request: &Request<'_>,
    sought: &FoundRecord,
    record: &Record,
    screen: &Screen,
) -> anyhow::Result<ExitStatus> {
    let found = Entry::parse(record.receipt.entry.as_bytes()).ok();
    let number = found.as_ref().map(|entry| entry.number);
    let (check, node) = match &sought.client {
        Some(client) => {
            let history = history(client, record, &request.trust).await?;
            let fault = contradiction(request, client, number).await?;
            let check = LedgerCheck { history, without_history: SkipReason::DamagedReceipt, fault, answered: true };
            (check, ReportNodeJson::queried(origin_of(&record.receipt), client.address()))
        }
        None => ask_ledger(request, record, number, screen).await?,
    };
    let attested = request.attested(&record.receipt, sought.client.as_ref()).await?;
    let report = judge(request, sought, record, (&check, &attested), screen)?;
    let asked = match (&sought.client, check.answered) {
        (Some(client), _) => Some(client.clone()),
        (None, true) => Some(request.client(origin_of(&record.receipt).as_deref())?),
        (None, false) => None,
    };
    let verified = ReportView {
        report: &report.report,
        file: request.args.file.as_deref(),
        measured: report.measured,
        at: now(),
        node: &node,
        is_item: record.item.is_some(),
        signed: SignedBy::of(&record.receipt),
        institution: institution(asked.as_ref()).await,
        articles: request.args.articles,
    };
    show(screen, &verified)
}

/// A report and the digests of the file.
struct VerificationResult {
    report: Report,
    measured: Option<FileDigests>,
}

/// Verifies the presented file or digest against the record, without printing.
fn judge(
    request: &Request<'_>,
    sought: &FoundRecord,
    record: &Record,
    (check, attested): (&LedgerCheck, &ReceiptAttestations),
    screen: &Screen,
) -> anyhow::Result<VerificationResult> {
    let found = Entry::parse(record.receipt.entry.as_bytes()).ok();
    // Digests of a manifest item are never salted: its own digests are compared, not those of the deposit.
    let salted = found.as_ref().filter(|_| record.item.is_none());
    let presentation = Presentation { file: request.args.file.as_deref(), digest: request.digest, salt: request.salt };
    let (presented, measured) = presentation.measured_for(salted, sought.measured, screen)?;
    let report = verify(&Question {
        number: request.number,
        source: if sought.client.is_some() { RecordSource::Node } else { RecordSource::Receipt },
        item: record.item.as_ref(),
        presented,
        history: check.history.as_ref(),
        without_history: check.without_history,
        fault: check.fault,
        attestations: attested.attestations(),
        ..Question::about(&record.receipt, &request.trust)
    });
    Ok(VerificationResult { report, measured })
}

/// Queries a node about a given receipt, unless `--offline` is set. Prints a warning if the node did not answer.
async fn ask_ledger(
    request: &Request<'_>,
    record: &Record,
    number: Option<DepositNumber>,
    screen: &Screen,
) -> anyhow::Result<(LedgerCheck, ReportNodeJson)> {
    let origin = origin_of(&record.receipt);
    let Some(number) = number.filter(|_| !request.args.offline) else {
        let why = if request.args.offline { SkipReason::Offline } else { SkipReason::DamagedReceipt };
        return Ok((LedgerCheck::not_asked(why), ReportNodeJson::offline(origin)));
    };
    let client = request.client(origin.as_deref())?;
    let check = ledger_check::check(&client, record, &number, &request.trust).await?;
    if check.answered {
        return Ok((check, ReportNodeJson::queried(origin, client.address())));
    }
    let (why_zh, why_en) =
        (skipped(check.without_history, Language::Chinese), skipped(check.without_history, Language::English));
    let address = client.address();
    let zh = format!("{address}：{why_zh}。存证之后的更正、撤回未予查明；可用 --server 指定节点，--offline 表示不查询");
    let en = format!(
        "{address}: {why_en}. Later corrections and withdrawals were not checked; name a node with --server, or say --offline"
    );
    screen.aside(screen.paint(WARNING, screen.pick(&zh, &en)))?;
    let node = match check.without_history {
        SkipReason::OtherLedger => ReportNodeJson::of_another_ledger(origin, address),
        _ => ReportNodeJson::unanswered(origin, address),
    };
    Ok((check, node))
}

/// Reports that the node has no record of the number or digest. If a receipt beside the file proves that the ledger had it,
/// reports the contradiction instead.
async fn without_record(request: &Request<'_>, sought: &FoundRecord, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let client = match &sought.client {
        Some(client) => client.clone(),
        None => request.client(None)?,
    };
    let file = request.args.file.as_deref();
    let shown = pinned_ledger(&client, &request.trust).await?;
    let node = ReportNodeJson::queried(shown.clone(), client.address());
    if let Some(held) = request.adjacent_receipt() {
        let number = request.number.unwrap_or(held.number);
        let check = ledger_check::check(&client, &held.record, &number, &request.trust).await?;
        let by_receipt = FoundRecord { record: None, client: None, measured: sought.measured };
        let attested = request.attested(&held.record.receipt, Some(&client)).await?;
        let judged = judge(request, &by_receipt, &held.record, (&check, &attested), screen)?;
        if judged.report.fault.is_some() {
            let VerificationResult { report, measured } = &judged;
            let is_item = held.record.item.is_some();
            let signed = SignedBy::of(&held.record.receipt);
            let (institution, articles) = (institution(Some(&client)).await, request.args.articles);
            let measured = *measured;
            let verified =
                ReportView { report, file, measured, at: now(), node: &node, is_item, signed, institution, articles };
            return show(screen, &verified);
        }
    }
    let mut report = Report::not_found(request.number);
    if shown.is_none() {
        // The answer of an unpinned ledger proves nothing about the ledger that the user trusts.
        (report.conclusion, report.obstacle) = (Conclusion::Unable, Some(Obstacle::UnknownKey));
    }
    let measured = sought.measured;
    let verified = ReportView {
        report: &report,
        file,
        measured,
        at: now(),
        node: &node,
        is_item: false,
        signed: None,
        institution: institution(Some(&client)).await,
        articles: request.args.articles,
    };
    let ending = show(screen, &verified)?;
    if report.conclusion != Conclusion::NotFound {
        return Ok(ending);
    }
    match request.number {
        Some(number) => warn_of_other_mode(&client, number, screen).await?,
        None => not_found_by_digest(screen)?,
    }
    Ok(ending)
}

/// How the node's ledger contradicts the receipt beside the file; `None` if it does not, or if that receipt does not verify.
/// For records that were found by number.
async fn contradiction(
    request: &Request<'_>,
    client: &LedgerClient,
    number: Option<DepositNumber>,
) -> Result<Option<LedgerFault>, CliError> {
    let Some((held, number)) = request.adjacent_receipt().zip(number) else { return Ok(None) };
    let holds = verify(&Question::about(&held.record.receipt, &request.trust)).conclusion == Conclusion::RecordOnly;
    if !holds || held.number != number {
        return Ok(None);
    }
    Ok(ledger_check::check(client, &held.record, &number, &request.trust).await?.fault)
}

/// The receipt beside the file.
struct AdjacentReceipt {
    record: Record,
    number: DepositNumber,
}

impl Request<'_> {
    /// The node to query: the one given, else the one pinned for the ledger, else the one on this machine.
    fn client(&self, origin: Option<&str>) -> Result<LedgerClient, CliError> {
        let pinned = || origin.and_then(|origin| self.user.url_of(origin));
        let url = self.args.server.as_deref().or_else(pinned);
        Ok(LedgerClient::new(url.unwrap_or(DEFAULT_SERVER))?)
    }

    /// The attestations of other organisations on a receipt. Witnesses are queried unless `--offline` is set.
    async fn attested(&self, receipt: &Receipt, node: Option<&LedgerClient>) -> Result<ReceiptAttestations, CliError> {
        if self.args.offline {
            return Ok(ReceiptAttestations::in_receipt(receipt, &self.user, SkipReason::Offline));
        }
        let node = match node {
            Some(node) => node.clone(),
            None => self.client(origin_of(receipt).as_deref())?,
        };
        Ok(ReceiptAttestations::online(receipt, &self.user, &[node]).await)
    }

    /// The node to query for a record.
    fn online(&self) -> Result<LedgerClient, CliError> {
        if self.args.offline {
            return Err(CliError::usage(
                "offline_needs_receipt",
                "离线核验需要回执：请用 --receipt 指定，或将回执放在文件旁",
                "an offline verification needs a receipt: name it with --receipt, or put it beside the file",
            ));
        }
        self.client(None)
    }

    /// The receipt beside the file, if it is readable and of the requested number.
    fn adjacent_receipt(&self) -> Option<AdjacentReceipt> {
        let files = ReceiptFiles::of(self.args.file.as_deref()?, None).ok()?;
        let record = read_record(&files.receipt).ok()?;
        let number = Entry::parse(record.receipt.entry.as_bytes()).ok()?.number;
        self.number.is_none_or(|asked| asked == number).then_some(AdjacentReceipt { record, number })
    }
}

/// The ledger that a receipt names.
fn origin_of(receipt: &Receipt) -> Option<String> {
    let checkpoint = SignedCheckpoint::parse(receipt.checkpoint.as_bytes()).ok()?;
    Some(checkpoint.checkpoint().origin.to_string())
}

/// The time of a report.
fn now() -> Timestamp {
    SystemClock::new().read().wall
}

/// The origin of the node's ledger, if a pinned key signed its checkpoint.
async fn pinned_ledger(client: &LedgerClient, trust: &Trust) -> Result<Option<String>, CliError> {
    let claimed = client.ledger().await?;
    let Ok(checkpoint) = SignedCheckpoint::parse(claimed.checkpoint.as_bytes()) else { return Ok(None) };
    let origin = &checkpoint.checkpoint().origin;
    let trusted = trusted_checkpoint(client, &claimed.checkpoint, trust, origin).await;
    Ok(trusted.map(|_| origin.to_string()))
}

/// Prints the report, and returns the exit status of its conclusion.
fn show(screen: &Screen, verified: &ReportView<'_>) -> anyhow::Result<ExitStatus> {
    report_screen::show(screen, verified)?;
    Ok(match verified.report.conclusion {
        Conclusion::Consistent | Conclusion::ConsistentWithReservation | Conclusion::RecordOnly => ExitStatus::Good,
        Conclusion::Mismatch | Conclusion::NotFound | Conclusion::ChainFault | Conclusion::Contradictory => {
            ExitStatus::Finding
        }
        Conclusion::Unable => ExitStatus::Unable,
    })
}

/// The record found, with the file's plain digests if they were needed to find it.
#[derive(Default)]
struct FoundRecord {
    record: Option<Record>,
    /// The node that supplied the record; `None` for a given receipt.
    client: Option<LedgerClient>,
    measured: Option<FileDigests>,
}

/// Finds the record: from the given receipt, by the given number, from the receipt beside the file, or by the file's digest.
async fn find(request: &Request<'_>, screen: &Screen) -> anyhow::Result<FoundRecord> {
    let from_file = |path: &Path| {
        let record = Some(read_record(path)?);
        Ok::<_, CliError>(FoundRecord { record, ..FoundRecord::default() })
    };
    if let Some(path) = &request.args.receipt {
        return Ok(from_file(path)?);
    }
    if request.args.offline
        && let Some(held) = request.adjacent_receipt()
    {
        return Ok(FoundRecord { record: Some(held.record), ..FoundRecord::default() });
    }
    if let Some(number) = &request.number {
        let client = request.online()?;
        let record = fetch(&client, number).await?;
        return Ok(FoundRecord { record, client: Some(client), measured: None });
    }
    let mut measured = None;
    let digests = match (&request.args.file, request.digest) {
        (Some(file), _) => {
            let files = ReceiptFiles::of(file, None).map_err(|error| CliError::io(file, &error))?;
            if files.receipt.is_file() {
                return Ok(from_file(&files.receipt)?);
            }
            let plain = measure_file(file, None, screen)?;
            measured = Some(plain);
            HashAlgorithm::ALL.map(|algorithm| plain.digest(algorithm)).to_vec()
        }
        (None, Some((_, digest))) => vec![digest],
        (None, None) => return Err(CliError::usage("nothing_to_verify", "未指定核验对象", "nothing to verify").into()),
    };
    let client = request.online()?;
    let record = by_digest(&client, &digests, screen).await?;
    Ok(FoundRecord { record, client: Some(client), measured })
}

fn read_trust(args: &VerifyArgs, config: &Config) -> Result<UserTrust, CliError> {
    let user = if args.keys.is_empty() {
        UserTrust::load(&args.policy, config)?
    } else {
        let keys = args.keys.iter().map(|text| read_key(text)).collect::<Result<_, _>>()?;
        UserTrust::of_keys(keys, config)?
    };
    user.with_authorities(&args.authorities)
}

fn read_digest(text: &str) -> Result<(HashAlgorithm, Digest), CliError> {
    let lower = text.to_ascii_lowercase();
    let parts = lower.split_once(':');
    let parsed = parts.and_then(|(name, hex)| Some((HashAlgorithm::parse(name)?, Digest::from_hex(hex)?)));
    parsed.ok_or_else(|| {
        let en = format!("`{text}` is no digest: expected sha-256:HEX or sm3:HEX with 64 hex digits");
        CliError::usage("bad_digest", format!("“{text}”不是摘要：应为 sha-256:HEX 或 sm3:HEX，64 位十六进制"), en)
    })
}

fn read_salt(text: &str) -> Result<[u8; SALT_LEN], CliError> {
    lower_hex(&text.to_ascii_lowercase())
        .ok_or_else(|| CliError::usage("bad_salt", "盐值应为 64 位十六进制", "a salt is 64 hex digits"))
}
