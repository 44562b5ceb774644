//! `tiezheng case hand-over`: sends a dossier to another court, and what the receiving court does with it. `accept` and `differs` compute
//! the roots of both volumes from the manifest files that came with the dossier, never from what the node shows.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::case::connection::{CourtConnection, bilingual, encoded, object, text};
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::input;
use crate::cli::output::{self, Replace};
use crate::cli::screen::{GOOD, WARNING};
use crate::court::case::manifest::{FIRST_LINE, root};
use crate::court::course_words::Volume;
use crate::ledger::statement::text::ManifestRoot;

/// Hand-overs of a dossier between courts: send, receive, compare, accept or return | 案卷移交接收
#[derive(Debug, Clone, clap::Subcommand)]
pub enum HandOverCommand {
    /// Send the dossier to another court | 移交案卷
    Send(SendArgs),
    /// Those to your courts | 移交本院的案卷
    List,
    /// Show the manifest; the access is recorded | 查看移交清单（查看将被记录）
    Show(ShowArgs),
    /// Record that it has arrived | 收到案卷
    Receive(HandOverArgs),
    /// Compare it and accept it; opens the case that continues it | 核对相符并接收，自动立案
    Accept(AcceptArgs),
    /// Report that it differs | 核对不符
    Differs(DiffersArgs),
    /// Return it to be corrected | 退回补正
    Return(ReasonArgs),
}

/// Send the dossier to another court | 移交案卷
#[derive(Debug, Clone, clap::Args)]
pub struct SendArgs {
    /// The case | 案件
    case: String,
    /// second-instance, remand, dossier-return, jurisdiction, retrial | 移交类型
    #[arg(long, value_name = "WORD")]
    kind: String,
    /// The receiving court | 接收法院代字
    #[arg(long, value_name = "CODE")]
    to: String,
    /// Deposit number of the document that it is based on | 依据文书的存证编号
    #[arg(long, value_name = "NUMBER")]
    basis: String,
    /// Of a retrial: application (without it), ex-officio, protest | 再审事由
    #[arg(long, value_name = "WORD")]
    ground: Option<String>,
    /// A party that applies for the retrial; may be repeated | 再审申请人
    #[arg(long = "party", value_name = "N")]
    parties: Vec<u32>,
    /// How many documents follow on paper | 随案移送的纸质材料件数
    #[arg(long, value_name = "N")]
    on_paper: Option<u32>,
    /// Of a dossier that goes back: upheld, changed, remanded, directed, withdrawn, deemed-withdrawn, mediated, suit-dismissed,
    /// suit-withdrawn, suit-terminated | 二审结果（退还案卷时）
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    #[command(flatten)]
    save: SaveArgs,
}

/// Where the manifests are saved.
#[derive(Debug, Clone, clap::Args)]
pub struct SaveArgs {
    /// Save the manifest of the main volume, to be sent along with the dossier | 保存正卷清单，随案卷移送
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Save that of the second volume | 保存副卷清单
    #[arg(long, value_name = "FILE")]
    save_second: Option<PathBuf>,
}

impl SaveArgs {
    const fn is_empty(&self) -> bool {
        self.save.is_none() && self.save_second.is_none()
    }

    /// Saves the manifests in the answer of the node.
    fn save(&self, answer: &Value) -> Result<(), CliError> {
        for (name, file) in [("lines", &self.save), ("second_lines", &self.save_second)] {
            if let Some(file) = file {
                save(&lines_of(answer, name), file)?;
            }
        }
        Ok(())
    }
}

/// A hand-over of a case.
#[derive(Debug, Clone, clap::Args)]
pub struct HandOverArgs {
    /// The sending case | 移交法院的案件
    case: String,
    /// Its number there | 移交序号
    hand_over: u32,
}

/// Show the manifest; the access is recorded | 查看移交清单（查看将被记录）
#[derive(Debug, Clone, clap::Args)]
pub struct ShowArgs {
    #[command(flatten)]
    of: HandOverArgs,
    #[command(flatten)]
    save: SaveArgs,
}

/// The manifest files that came with a dossier.
#[derive(Debug, Clone, clap::Args)]
pub struct ReceivedArgs {
    /// The manifest of the main volume as it came with the dossier | 随案卷收到的正卷清单文件
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// That of the second volume | 随案卷收到的副卷清单文件
    #[arg(long, value_name = "FILE")]
    second_volume: Option<PathBuf>,
}

/// Report that the manifest differs from the one on the chain | 核对不符
#[derive(Debug, Clone, clap::Args)]
pub struct DiffersArgs {
    #[command(flatten)]
    of: HandOverArgs,
    #[command(flatten)]
    received: ReceivedArgs,
    /// The differences; kept off the chain | 不符之处（不上链）
    #[arg(long)]
    reason: String,
}

/// Compare the dossier and accept it; opens the case that continues it | 核对相符并接收，自动立案
#[derive(Debug, Clone, clap::Args)]
pub struct AcceptArgs {
    #[command(flatten)]
    of: HandOverArgs,
    #[command(flatten)]
    received: ReceivedArgs,
    /// Number of the new case | 新案件的案号
    #[arg(long)]
    number: Option<String>,
    /// By which procedure, for a retrial: ordinary, second-instance | 再审适用的程序
    #[arg(long, value_name = "WORD")]
    procedure: Option<String>,
}

/// Return the dossier to be corrected | 退回补正
#[derive(Debug, Clone, clap::Args)]
pub struct ReasonArgs {
    #[command(flatten)]
    of: HandOverArgs,
    /// What is missing; kept off the chain | 须补正的内容（不上链）
    #[arg(long)]
    reason: String,
}

fn path(of: &HandOverArgs) -> String {
    format!("/v1/cases/{}/hand-overs/{}", encoded(&of.case), of.hand_over)
}

/// Runs it.
///
/// # Errors
///
/// [`CliError`].
pub async fn run(command: &HandOverCommand, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    match command {
        HandOverCommand::Send(args) => send(args, connection).await,
        HandOverCommand::List => list(connection).await,
        HandOverCommand::Show(args) => show(args, connection).await,
        HandOverCommand::Receive(of) => step(of, &json!({ "step": "receive" }), connection).await,
        HandOverCommand::Accept(args) => accept(args, connection).await,
        HandOverCommand::Differs(args) => {
            let (manifest, second) = received_roots(&args.received)?;
            let body = object([
                ("step", Some(json!("differs"))),
                ("manifest", Some(shape(manifest))),
                ("second_volume", second.map(shape)),
                ("reason", Some(json!(args.reason))),
            ]);
            step(&args.of, &body, connection).await
        }
        HandOverCommand::Return(args) => {
            step(&args.of, &json!({ "step": "return", "reason": args.reason }), connection).await
        }
    }
}

async fn send(args: &SendArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let body = object([
        ("kind", Some(json!(args.kind))),
        ("to", Some(json!(args.to))),
        ("basis", Some(json!(args.basis))),
        ("ground", args.ground.as_ref().map(|word| json!(word))),
        ("parties", Some(json!(args.parties)).filter(|_| !args.parties.is_empty())),
        ("on_paper", args.on_paper.map(|count| json!(count))),
        ("outcome", args.outcome.as_ref().map(|word| json!(word))),
    ]);
    let sent = connection.act(&format!("/v1/cases/{}/hand-overs", encoded(&args.case)), &body).await?;
    if args.save.is_empty() {
        return Ok(ExitStatus::Good);
    }
    // A case has one open hand-over, its last.
    let case = format!("/v1/cases/{}", text(&sent, "/case").ok_or_else(no_manifest)?);
    let shown = connection.client.get(&case).await.map_err(CliError::from)?;
    let last = shown.pointer("/course/hand_overs").and_then(Value::as_array).and_then(|all| all.last());
    let number = last.and_then(|one| one.get("hand_over")).and_then(Value::as_u64).ok_or_else(no_manifest)?;
    let sent = connection.client.get(&format!("{case}/hand-overs/{number}")).await.map_err(CliError::from)?;
    args.save.save(&sent)?;
    Ok(ExitStatus::Good)
}

async fn list(connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let answer = connection.pages("/v1/hand-overs", None).await?;
    connection.screen.document(&answer)?;
    let mut rows = Vec::new();
    for one in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
        let field = |pointer: &str| text(one, pointer).unwrap_or_default();
        let label = |name: &str| bilingual(connection.screen, one.get(name));
        let route = format!("{} → {}", field("/from"), field("/to"));
        rows.push(vec![field("/sent_at"), route, label("kind"), label("state"), field("/case"), field("/hand_over")]);
    }
    Ok(connection.screen.table(&rows).map(|()| ExitStatus::Good)?)
}

async fn fetch(of: &HandOverArgs, connection: &CourtConnection<'_>) -> anyhow::Result<Value> {
    Ok(connection.client.get(&path(of)).await.map_err(CliError::from)?)
}

async fn show(args: &ShowArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let answer = fetch(&args.of, connection).await?;
    let screen = connection.screen;
    screen.document(&answer)?;
    screen.line(bilingual(screen, answer.get("text")))?;
    for name in ["lines", "second_lines"] {
        for line in answer.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            screen.line(format!("  {line}"))?;
        }
    }
    args.save.save(&answer)?;
    let manifest = root(&lines_of(&answer, "lines")).ok_or_else(no_manifest)?;
    let same = stated(&answer, "manifest").is_some_and(|stated| stated == manifest);
    let result = if same {
        screen.paint(GOOD, screen.pick("清单根与所列各行相符", "the root is that of these lines"))
    } else {
        screen.paint(WARNING, screen.pick("清单根与所列各行不符", "the root is not that of these lines"))
    };
    screen.line(format!("{}  {} {}", result, manifest.root, manifest.count))?;
    Ok(ExitStatus::Good)
}

async fn accept(args: &AcceptArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let (manifest, second) = received_roots(&args.received)?;
    let body = object([
        ("step", Some(json!("accept"))),
        ("manifest", Some(shape(manifest))),
        ("second_volume", second.map(shape)),
        ("procedure", args.procedure.as_ref().map(|word| json!(word))),
        ("number", args.number.as_ref().map(|number| json!(number))),
    ]);
    step(&args.of, &body, connection).await
}

async fn step(of: &HandOverArgs, body: &Value, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    connection.act(&path(of), body).await?;
    Ok(ExitStatus::Good)
}

fn shape(manifest: ManifestRoot) -> Value {
    json!({ "root": manifest.root.to_string(), "count": manifest.count })
}

/// The root that an answer states.
fn stated(answer: &Value, name: &str) -> Option<ManifestRoot> {
    let stated = answer.get(name)?;
    let root = crate::ledger::text::hex_value("root", stated.get("root")?.as_str()?).ok()?;
    Some(ManifestRoot { root: crate::ledger::hash::Digest(root), count: stated.get("count")?.as_u64()? })
}

fn no_manifest() -> CliError {
    CliError::usage("no_manifest", "没有移交清单", "there is no manifest")
}

/// The lines of a volume as the node shows them.
fn lines_of(answer: &Value, name: &str) -> Vec<String> {
    let lines = answer.get(name).and_then(Value::as_array).into_iter().flatten();
    lines.filter_map(Value::as_str).map(ToOwned::to_owned).collect()
}

/// Saves a manifest as a new file.
fn save(lines: &[String], path: &Path) -> Result<(), CliError> {
    if lines.is_empty() {
        return Err(no_manifest());
    }
    let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
    output::write(path, text.as_bytes(), 0o644, Replace::Never)
}

/// The roots over the manifests that came with the dossier; never those that the node states.
fn received_roots(received: &ReceivedArgs) -> Result<(ManifestRoot, Option<ManifestRoot>), CliError> {
    let second = received.second_volume.as_deref().map(|path| received_root(path, Volume::Second)).transpose()?;
    Ok((received_root(&received.manifest, Volume::Main)?, second))
}

fn received_root(path: &Path, volume: Volume) -> Result<ManifestRoot, CliError> {
    let text = input::text(path, input::DOCUMENT)?;
    let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(&text).split('\n').collect();
    let is_manifest =
        matches!(&lines[..], [first, second, ..] if *first == FIRST_LINE && *second == format!("volume {volume}"));
    let not_one = || {
        let (zh, en) = match volume {
            Volume::Main => ("不是正卷移交清单", "not the manifest of a main volume"),
            Volume::Second => ("不是副卷移交清单", "not the manifest of a second volume"),
        };
        CliError::usage("no_manifest", format!("{}：{zh}", path.display()), format!("{}: {en}", path.display()))
    };
    root(&lines).filter(|_| is_manifest).ok_or_else(not_one)
}
