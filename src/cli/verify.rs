//! `verify`: holds a file against what the chain says of it, 核验.
//!
//! Everything is computed here: digests, hashes, paths, signatures. A node only hands over the record; its own verdict is
//! never asked for. Which ledger keys count is what the user pinned, or `--key`: never a key that came with a receipt.

use std::path::{Path, PathBuf};

use crate::cli::compose::read_number;
use crate::cli::config::Config;
use crate::cli::digest::measure;
use crate::cli::ending::{Complaint, Ending};
use crate::cli::papers::{Papers, StatementPaper};
use crate::cli::pinned::Pinned;
use crate::cli::progress::Progress;
use crate::cli::reach::ServerArgs;
use crate::cli::record::{Record, fetch, history, read_record};
use crate::cli::report_screen::{self, Verified};
use crate::cli::screen::{HEED, Screen};
use crate::cli::terminal::escaped;
use crate::client::ledger_client::LedgerClient;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::Entry;
use crate::ledger::hash::{Digest, lower_hex};
use crate::ledger::key::VerifierKey;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{HashAlgorithm, Measured};
use crate::ledger::verify::report::{Conclusion, Obstacle, Report};
use crate::ledger::verify::trust::Trust;
use crate::ledger::verify::verifier::{Presented, Question, verify};

const EXAMPLES: &str = "\
Examples | 示例:
  tiezheng verify contract.pdf                        by its receipt, else by its digest
  tiezheng verify contract.pdf --number 20261122-0K7M-X9QT-3D5W-C3
  tiezheng verify contract.pdf --receipt r.json       offline: no node is asked
  tiezheng verify 0042.wav --receipt 0042.json        the receipt of one item of a manifest
  tiezheng verify contract.pdf --receipt r.json --key 'example.org/ledger+c74f20a3+ARpc…'

Exit codes: 0 consistent, also with reservation; 1 mismatch, not found, contradictory, chain
fault; 2 could not look, for instance because the ledger's key is not pinned; 64 mistyped
number or wrong usage.
本命令自行完成全部计算，不采信任何节点的结论。";

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
    /// Its receipt: then no node is asked | 存证回执（离线核验）
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Trust exactly these ledger keys instead of the pinned ones | 仅信任此账本密钥
    #[arg(long = "key", value_name = "VKEY")]
    keys: Vec<String>,
    /// The salt of salted digests; default: from the statement beside the file | 盐值
    #[arg(long, value_name = "HEX")]
    salt: Option<String>,
    /// A digest instead of the file: never more than a look-up | 仅比对摘要，不构成核验
    #[arg(long, value_name = "ALG:HEX", conflicts_with = "file")]
    digest: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
}

/// [`VerifyArgs`], read.
struct Request<'a> {
    args: &'a VerifyArgs,
    number: Option<DepositNumber>,
    digest: Option<(HashAlgorithm, Digest)>,
    salt: Option<[u8; SALT_LEN]>,
    trust: Trust,
}

/// Runs it.
///
/// # Errors
///
/// Usage, an unreadable file or receipt, an unreachable node.
pub async fn run(args: &VerifyArgs, config: &Config, screen: &Screen) -> anyhow::Result<Ending> {
    let request = Request {
        args,
        number: args.number.as_deref().map(read_number).transpose()?,
        digest: args.digest.as_deref().map(read_digest).transpose()?,
        salt: args.salt.as_deref().map(read_salt).transpose()?,
        trust: read_trust(&args.keys, config)?,
    };
    let client = args.server.client()?;
    let file = args.file.as_deref();
    let Sought { record, measured: plain } = find(&request, &client, screen).await?;
    let Some(record) = record else {
        let mut report = Report::not_found(request.number);
        if !answers_for_a_pinned_ledger(&client, &request.trust).await? {
            // A stranger's "no" says nothing about the ledger that the user trusts.
            (report.conclusion, report.obstacle) = (Conclusion::Unable, Some(Obstacle::UnknownKey));
        }
        let ending =
            show(screen, &Verified { report: &report, file, measured: plain, offline: false, is_item: false })?;
        if report.conclusion == Conclusion::NotFound && request.number.is_none() {
            perhaps_an_item(screen)?;
        }
        return Ok(ending);
    };
    let found = Entry::parse(record.receipt.entry.as_bytes()).ok();
    let history = history(&client, &record, &request.trust).await?;
    // Nothing is salted in an item of a manifest: its own digests count, and not those of the deposit.
    let salted = found.as_ref().filter(|_| record.item.is_none());
    let (presented, measured) = present(&request, salted, plain, screen)?;
    let question = Question {
        number: request.number,
        receipt: &record.receipt,
        item: record.item.as_ref(),
        presented,
        history: history.as_ref(),
        trust: &request.trust,
    };
    let report = verify(&question);
    let (offline, is_item) = (record.told.is_none(), record.item.is_some());
    show(screen, &Verified { report: &report, file, measured, offline, is_item })
}

/// A digest does not find an item of a manifest: only its own receipt leads to the record.
fn perhaps_an_item(screen: &Screen) -> anyhow::Result<()> {
    let text = screen.pick(
        "按摘要只能找到单独存证的文件。该文件若是清单存证中的一项，请用该项的回执核验：tiezheng verify 文件 --receipt 回执\
         （取回执：tiezheng receipt --manifest 清单 --item 名称 -o 回执）",
        "A digest finds files that were deposited by themselves. If this one is an item of a manifest, verify it by the item's \
         receipt: tiezheng verify FILE --receipt RECEIPT (tiezheng receipt --manifest MANIFEST --item PATH -o RECEIPT)",
    );
    Ok(screen.aside(screen.paint(HEED, text))?)
}

/// Whether the node shows a checkpoint that a pinned key signed.
async fn answers_for_a_pinned_ledger(client: &LedgerClient, trust: &Trust) -> Result<bool, Complaint> {
    let told = client.ledger().await?;
    let checkpoint = SignedCheckpoint::parse(told.checkpoint.as_bytes()).ok();
    Ok(checkpoint
        .is_some_and(|checkpoint| checkpoint.verified_by(&trust.keys_of(&checkpoint.checkpoint().origin)).is_ok()))
}

fn show(screen: &Screen, verified: &Verified<'_>) -> anyhow::Result<Ending> {
    report_screen::show(screen, verified)?;
    Ok(match verified.report.conclusion {
        Conclusion::Consistent | Conclusion::ConsistentWithReservation | Conclusion::RecordOnly => Ending::Good,
        Conclusion::Mismatch | Conclusion::NotFound | Conclusion::ChainFault | Conclusion::Contradictory => {
            Ending::Finding
        }
        Conclusion::Unable => Ending::CouldNotLook,
    })
}

/// What was found, and the file's plain digests where they were needed to find it.
#[derive(Default)]
struct Sought {
    record: Option<Record>,
    measured: Option<Measured>,
}

/// The record: from the receipt named, by the number named, from the receipt beside the file, or by the file's digest.
async fn find(request: &Request<'_>, client: &LedgerClient, screen: &Screen) -> anyhow::Result<Sought> {
    let from_file = |path: &Path| {
        let record = Some(read_record(path)?);
        Ok::<_, Complaint>(Sought { record, ..Sought::default() })
    };
    if let Some(path) = &request.args.receipt {
        return Ok(from_file(path)?);
    }
    if let Some(number) = &request.number {
        return Ok(Sought { record: fetch(client, number).await?, ..Sought::default() });
    }
    let mut measured = None;
    let digests = match (&request.args.file, request.digest) {
        (Some(file), _) => {
            let papers = Papers::of(file, None).map_err(|error| Complaint::io(file, &error))?;
            if papers.receipt.is_file() {
                return Ok(from_file(&papers.receipt)?);
            }
            let plain = measure_file(file, None, screen)?;
            measured = Some(plain);
            HashAlgorithm::ALL.map(|algorithm| plain.digest(algorithm)).to_vec()
        }
        (None, Some((_, digest))) => vec![digest],
        (None, None) => return Err(Complaint::usage("nothing_to_verify", "未指定核验对象", "nothing to verify").into()),
    };
    Ok(Sought { record: by_digest(client, &digests, screen).await?, measured })
}

/// The earliest deposit of a digest that the node names. Which deposits there are is the node's claim; that the one it names
/// bears the digest is checked.
async fn by_digest(client: &LedgerClient, digests: &[Digest], screen: &Screen) -> anyhow::Result<Option<Record>> {
    for digest in digests {
        let found = client.search(&digest.to_string()).await.map_err(Complaint::from)?;
        let deposits = found.items.iter().filter_map(|hit| hit.deposit_number.as_deref());
        let Some(first) = deposits.clone().next() else { continue };
        let number = DepositNumber::parse_exact(first).filter(|_| found.total >= deposits.count() as u64);
        let number = number.ok_or_else(|| unsound_search(client, first))?;
        if found.total > 1 {
            let (zh_least, en_least) = if found.total_is_exact { ("", "") } else { ("至少 ", "at least ") };
            let total = found.total;
            let zh = format!("节点称同一摘要有 {zh_least}{total} 次存证（节点自述，未核验），以下核验其所称最早的一次");
            let en = format!(
                "the node says that this digest was deposited {en_least}{total} times (claimed, not verified); the earliest it names is verified here"
            );
            screen.aside(screen.pick(&zh, &en))?;
        }
        let Some(record) = fetch(client, &number).await? else { return Err(unsound_search(client, first).into()) };
        let entry = Entry::parse(record.receipt.entry.as_bytes()).ok();
        let content = entry.and_then(|entry| entry.statement.statement().content);
        // Otherwise the file would be held against a deposit that has nothing to do with it.
        let bears = content.is_some_and(|content| content.digests().any(|(_, recorded)| recorded == *digest));
        return if bears { Ok(Some(record)) } else { Err(unsound_search(client, first).into()) };
    }
    Ok(None)
}

fn unsound_search(client: &LedgerClient, named: &str) -> Complaint {
    let (address, named) = (client.address(), escaped(named));
    Complaint::unable(
        "unsound_search",
        format!("{address} 按摘要给出的存证“{named}”并不含该摘要，搜索结果不可采信；请按存证编号核验：--number"),
        format!(
            "{address} names the deposit `{named}` for the digest, which it does not bear: do not rely on its search; verify by the deposit number: --number"
        ),
    )
}

/// What is held against the record, measured as the record wants it.
fn present(
    request: &Request<'_>,
    entry: Option<&Entry>,
    plain: Option<Measured>,
    screen: &Screen,
) -> anyhow::Result<(Presented, Option<Measured>)> {
    let Some(file) = &request.args.file else {
        let digest = request.digest.map(|(algorithm, value)| Presented::Digest { algorithm, value });
        return Ok((digest.unwrap_or(Presented::Nothing), None));
    };
    let content = entry.and_then(|entry| entry.statement.statement().content);
    let is_salted = content.is_some_and(|content| content.is_salted());
    let salt = match (is_salted, request.salt, entry) {
        (false, _, _) | (true, None, None) => None,
        (true, Some(salt), _) => Some(salt),
        (true, None, Some(entry)) => salt_beside(file, entry)?,
    };
    let measured = match plain.filter(|_| salt.is_none()) {
        Some(plain) => plain,
        None => measure_file(file, salt.as_ref(), screen)?,
    };
    Ok((Presented::File { measured, salted: salt.is_some() }, Some(measured)))
}

/// The salt from the statement beside the file, if it is this record's statement, now or before another deposit.
fn salt_beside(file: &Path, entry: &Entry) -> Result<Option<[u8; SALT_LEN]>, Complaint> {
    let papers = Papers::of(file, None).map_err(|error| Complaint::io(file, &error))?;
    let earlier = papers.earlier(&entry.statement);
    for path in [&papers.statement, &earlier.statement] {
        if let Some(paper) = StatementPaper::load(path)?
            && paper.note().is_some_and(|note| note.id() == entry.statement.id())
        {
            return Ok(paper.salt());
        }
    }
    Ok(None)
}

fn measure_file(file: &Path, salt: Option<&[u8; SALT_LEN]>, screen: &Screen) -> Result<Measured, Complaint> {
    let size = std::fs::metadata(file).map_err(|error| Complaint::io(file, &error))?.len();
    let progress = Progress::of_bytes(screen, size);
    Ok(measure(file, salt, &|bytes| progress.add(bytes))?)
}

fn read_trust(keys: &[String], config: &Config) -> Result<Trust, Complaint> {
    if keys.is_empty() {
        return Ok(Pinned::load(&config.trust_policy())?.trust());
    }
    keys.iter().map(|text| read_key(text)).collect::<Result<_, _>>().map(Trust::new)
}

/// Reads a ledger key as users give it.
///
/// # Errors
///
/// [`Complaint`] of usage.
pub fn read_key(text: &str) -> Result<VerifierKey, Complaint> {
    // Never repeated on a screen or in a log.
    let text = if text.contains("PRIVATE+KEY") { "PRIVATE+KEY+…" } else { text };
    VerifierKey::parse(text).map_err(|error| {
        Complaint::usage(
            "bad_key",
            format!("“{text}”不是账本密钥：{error}"),
            format!("`{text}` is no ledger key: {error}"),
        )
    })
}

fn read_digest(text: &str) -> Result<(HashAlgorithm, Digest), Complaint> {
    let lower = text.to_ascii_lowercase();
    let parts = lower.split_once(':');
    let parsed = parts.and_then(|(name, hex)| Some((HashAlgorithm::parse(name)?, Digest::from_hex(hex)?)));
    parsed.ok_or_else(|| {
        let en = format!("`{text}` is no digest: expected sha-256:HEX or sm3:HEX with 64 hex digits");
        Complaint::usage("bad_digest", format!("“{text}”不是摘要：应为 sha-256:HEX 或 sm3:HEX，64 位十六进制"), en)
    })
}

fn read_salt(text: &str) -> Result<[u8; SALT_LEN], Complaint> {
    lower_hex(&text.to_ascii_lowercase())
        .ok_or_else(|| Complaint::usage("bad_salt", "盐值应为 64 位十六进制", "a salt is 64 hex digits"))
}
