//! The commands that open, act upon, show and transfer cases.

use serde_json::{Map, Value, json};

use crate::cli::case::case_screen;
use crate::cli::case::connection::{CourtConnection, PAGE, bilingual, encoded, object, text};
use crate::cli::case::record_screen;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::screen::WARNING;
use crate::court::acts::ActKind;
use crate::court::typed;
use crate::wire::court::typed_act;

/// Open a case | 创建案件
#[derive(Debug, Clone, clap::Args)]
pub struct OpenArgs {
    /// The court, like 粤0192 | 法院代字
    #[arg(long, value_name = "CODE")]
    court: String,
    /// civil-first, civil-second, mediation, … | 案件类型
    #[arg(long, value_name = "WORD", default_value = "civil-first")]
    kind: String,
    /// ordinary, summary, small-claims, second-instance | 程序
    #[arg(long, value_name = "WORD", default_value = "ordinary")]
    procedure: String,
    /// Role of the party that brings it: plaintiff, appellant, applicant | 起诉方身份
    #[arg(long, value_name = "WORD", default_value = "plaintiff")]
    role: String,
    /// natural-person, legal-person, other-organisation | 主体类型
    #[arg(long, value_name = "WORD", default_value = "natural-person")]
    subject: String,
    /// Who files: principal, agent, statutory-agent or court | 提交人：principal（我是原告）、agent（我是代理人）、statutory-agent（法定代理人）、court（法院）
    #[arg(long, value_name = "WORD", default_value = "principal")]
    filer: String,
    /// An agent's authority: general, special | 代理权限
    #[arg(long, value_name = "WORD")]
    authority: Option<String>,
    /// An agent's power of attorney: its number or description | 授权委托书
    #[arg(long)]
    power: Option<String>,
    /// A statutory agent's document of the relationship: its number or description | 监护关系证明
    #[arg(long)]
    relationship: Option<String>,
    /// An act of art. 62 (2) that it names: admit, waive, change, settle, counterclaim, appeal | 特别授权事项
    #[arg(long, value_name = "WORD")]
    special: Vec<String>,
    /// A further instance that it names: second, retrial, enforcement | 另行授权的审级
    #[arg(long = "instance", value_name = "WORD")]
    instances: Vec<String>,
    /// Name of the party, kept off the chain | 当事人姓名或名称（不上链）
    #[arg(long)]
    name: String,
    /// Cause of action (案由), kept off the chain | 案由（不上链）
    #[arg(long)]
    title: Option<String>,
    /// The claims and their grounds, kept off the chain | 诉讼请求、事实和理由（不上链）
    #[arg(long)]
    claims: Option<String>,
}

/// Go on in another case: from mediation into a suit | 诉调衔接等转入后续案件
#[derive(Debug, Clone, clap::Args)]
pub struct PassOnArgs {
    /// The case | 案件
    case: String,
    /// second-instance, suit, retrial | 转入方式
    #[arg(long, value_name = "WORD")]
    transfer: String,
    /// The receiving court | 接收法院代字
    #[arg(long, value_name = "CODE")]
    court: String,
    /// The kind of the new proceeding | 案件类型
    #[arg(long, value_name = "WORD")]
    kind: String,
    /// By which procedure | 程序
    #[arg(long, value_name = "WORD")]
    procedure: String,
    /// The party that brings the new case | 由哪一方提起
    #[arg(long, value_name = "N")]
    brought_by: Option<u32>,
}

/// My cases: parties, cause, number, stage; names are private, so each access is recorded | 我的诉讼：当事人、案由、案号、状态（查看将被记录）
#[derive(Debug, Clone, clap::Args)]
pub struct ListArgs {
    /// All of them, not only the latest | 列出全部
    #[arg(long)]
    all: bool,
    /// Without names and causes, so that no look is recorded | 不显示姓名与案由，不记录查阅
    #[arg(long)]
    without_names: bool,
}

/// Cases that a list shows unless all are asked for.
const LISTED: u32 = 20;

/// Opens a case.
///
/// # Errors
///
/// [`CliError`].
pub async fn open(args: &OpenArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let some = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let body = object([
        ("court", Some(json!(args.court))),
        ("kind", Some(json!(args.kind))),
        ("procedure", Some(json!(args.procedure))),
        ("role", Some(json!(args.role))),
        ("subject", Some(json!(args.subject))),
        ("filer", Some(json!(args.filer))),
        ("authority", some(&args.authority)),
        ("power", some(&args.power)),
        ("relationship", some(&args.relationship)),
        ("special", Some(json!(args.special)).filter(|_| !args.special.is_empty())),
        ("instances", Some(json!(args.instances)).filter(|_| !args.instances.is_empty())),
        ("name", Some(json!(args.name))),
        ("title", some(&args.title)),
        ("claims", some(&args.claims)),
    ]);
    connection.act("/v1/cases", &body).await?;
    Ok(ExitStatus::Good)
}

/// Any act without a command of its own: `submit`, `approve`, `reply item=1 authenticity=disputed`, ….
///
/// # Errors
///
/// [`CliError`].
pub async fn act(
    case: &str,
    act: &str,
    fields: &[String],
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let mut body = Map::new();
    body.insert("act".into(), json!(typed_act::act_name(act)));
    let of_service = typed::act(act).is_some_and(ActKind::is_of_service);
    for field in fields {
        let (name, value) = field.split_once('=').ok_or_else(|| {
            let zh = format!("“{field}”应写成 名称=值");
            CliError::usage("bad_field", zh, format!("`{field}` is not name=value"))
        })?;
        put(&mut body, &typed_act::field_name(name), value, of_service);
    }
    // Acts of service have a path of their own.
    let path = if of_service { "service" } else { "acts" };
    connection.act(&format!("/v1/cases/{}/{path}", encoded(case)), &Value::Object(body)).await?;
    Ok(ExitStatus::Good)
}

/// Numbers are sent as numbers, repeated names as lists.
fn put(body: &mut Map<String, Value>, name: &str, value: &str, of_service: bool) {
    const NUMBERS: [&str; 18] = [
        "item",
        "party",
        "agent",
        "days",
        "fine",
        "copies",
        "pages",
        "item_version",
        "hearing",
        "transcript",
        "version",
        "segment",
        "correction",
        "agreement",
        "round",
        "person",
        "appeal",
        "against",
    ];
    const OF_SERVICE: [&str; 6] = ["service", "attempt", "address", "replaces", "beside", "own_act"];
    const LISTS: [&str; 6] = ["grounds", "signers", "special", "instances", "members", "against"];
    if let Some((algorithm, digest)) = value.split_once(':').filter(|_| name == "digest") {
        body.insert(name.to_owned(), json!({ "algorithm": algorithm, "value": digest }));
        return;
    }
    let number =
        value.parse::<u64>().ok().filter(|_| NUMBERS.contains(&name) || (of_service && OF_SERVICE.contains(&name)));
    let value = number.map_or_else(|| json!(value), |number| json!(number));
    if LISTS.contains(&name) {
        if let Some(list) = body.entry(name).or_insert_with(|| json!([])).as_array_mut() {
            list.push(value);
        }
    } else {
        body.insert(name.to_owned(), value);
    }
}

/// Lists the cases of the account.
///
/// # Errors
///
/// [`CliError`].
pub async fn list(args: &ListArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = if args.without_names { "/v1/cases" } else { "/v1/cases?texts=true" };
    let answer = if args.all {
        connection.pages(path, None).await?
    } else {
        let join = if args.without_names { '?' } else { '&' };
        connection.client.get(&format!("{path}{join}limit={LISTED}")).await.map_err(CliError::from)?
    };
    connection.screen.document(&answer)?;
    record_screen::cases(connection.screen, &answer)?;
    if answer.get("next_cursor").is_some_and(Value::is_string) {
        let zh = format!("仅列最近 {LISTED} 件；全部：tiezheng case list --all");
        let en = format!("the latest {LISTED} only; all of them: tiezheng case list --all");
        connection.screen.line(connection.screen.pick(&zh, &en))?;
    }
    Ok(ExitStatus::Good)
}

/// Shows a case with all its evidence. The access is recorded.
///
/// # Errors
///
/// [`CliError`].
pub async fn show(case: &str, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let answer = connection.pages(&format!("/v1/cases/{}", encoded(case)), None).await?;
    connection.screen.document(&answer)?;
    case_screen::case(connection.screen, &answer)?;
    Ok(ExitStatus::Good)
}

/// Lists the acts of a case, or its access log.
///
/// # Errors
///
/// [`CliError`].
pub async fn history(
    case: &str,
    part: &str,
    after: u64,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let answer = connection.pages(&format!("/v1/cases/{}/{part}", encoded(case)), Some(after.to_string())).await?;
    connection.screen.document(&answer)?;
    if part == "record" {
        record_screen::record(connection.screen, &answer)?;
        return Ok(ExitStatus::Good);
    }
    case_screen::history(connection.screen, &answer)?;
    Ok(ExitStatus::Good)
}

/// Issues an association code.
///
/// # Errors
///
/// [`CliError`].
pub async fn code(
    case: &str,
    party: u32,
    (party_uses, agent_uses): (u32, u32),
    days: u64,
    connection: &CourtConnection<'_>,
) -> anyhow::Result<ExitStatus> {
    let body = json!({ "party": party, "party_uses": party_uses, "agent_uses": agent_uses, "days": days });
    let answer = connection.act(&format!("/v1/cases/{}/codes", encoded(case)), &body).await?;
    if let Some(code) = text(&answer, "/code") {
        let screen = connection.screen;
        screen.line(format!(
            "  {}  {}",
            screen.pick("关联码（仅显示一次）", "association code, shown once"),
            screen.paint(WARNING, &code)
        ))?;
    }
    Ok(ExitStatus::Good)
}

/// Join a case by an association code | 以关联码关联案件
#[derive(Debug, Clone, clap::Args)]
pub struct AssociateArgs {
    /// The code | 关联码
    code: String,
    /// As the party's agent | 以代理人身份
    #[arg(long)]
    agent: bool,
    /// As the statutory agent of a party without capacity to litigate | 以法定代理人身份
    #[arg(long, conflicts_with = "agent", requires = "relationship")]
    statutory_agent: bool,
    /// An agent's authority: general, special | 代理权限
    #[arg(long, value_name = "WORD")]
    authority: Option<String>,
    /// The agent's name, kept off the chain | 代理人姓名（不上链）
    #[arg(long)]
    name: Option<String>,
    /// An agent's power of attorney: its number or description | 授权委托书
    #[arg(long)]
    power: Option<String>,
    /// A statutory agent's document of the relationship: its number or description | 监护关系证明
    #[arg(long)]
    relationship: Option<String>,
}

/// Joins a case by an association code.
///
/// # Errors
///
/// [`CliError`].
pub async fn associate(args: &AssociateArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let some = |text: &Option<String>| text.as_ref().map(|text| json!(text));
    let filer = match (args.agent, args.statutory_agent) {
        (true, _) => "agent",
        (_, true) => "statutory-agent",
        _ => "principal",
    };
    let body = object([
        ("code", Some(json!(args.code))),
        ("filer", Some(json!(filer))),
        ("authority", some(&args.authority)),
        ("name", some(&args.name)),
        ("power", some(&args.power)),
        ("relationship", some(&args.relationship)),
    ]);
    connection.act("/v1/associations", &body).await?;
    Ok(ExitStatus::Good)
}

/// Transfers a case.
///
/// # Errors
///
/// [`CliError`].
pub async fn transfer_case(args: &PassOnArgs, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let body = object([
        ("transfer", Some(json!(args.transfer))),
        ("court", Some(json!(args.court))),
        ("kind", Some(json!(args.kind))),
        ("procedure", Some(json!(args.procedure))),
        ("brought_by", args.brought_by.map(|party| json!(party))),
    ]);
    connection.act(&format!("/v1/cases/{}/transfer", encoded(&args.case)), &body).await?;
    Ok(ExitStatus::Good)
}

/// Prints the events of a court.
///
/// # Errors
///
/// [`CliError`].
pub async fn feed(court: &str, after: u64, wait: u64, connection: &CourtConnection<'_>) -> anyhow::Result<ExitStatus> {
    let path = format!("/v1/feed?court={}&cursor={after}&wait={wait}&limit={PAGE}", encoded(court));
    let answer = connection.client.get(&path).await.map_err(CliError::from)?;
    connection.screen.document(&answer)?;
    let mut rows = Vec::new();
    for event in answer.get("items").and_then(Value::as_array).into_iter().flatten() {
        let field = |pointer: &str| text(event, pointer).unwrap_or_default();
        let label = bilingual(connection.screen, event.get("label"));
        let short: String = field("/case").chars().take(12).collect();
        rows.push(vec![field("/cursor"), field("/at"), short, label, field("/item"), field("/finding")]);
    }
    connection.screen.table(&rows)?;
    let next = text(&answer, "/next_cursor").unwrap_or_default();
    connection.screen.line(format!("{}--after {next}", connection.screen.pick("继续：", "go on with ")))?;
    Ok(ExitStatus::Good)
}
