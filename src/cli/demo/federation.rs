//! The demo of independent members: an operator, three mirrors that cosign, a timestamp authority.
//!
//! ```text
//! a file verifies as consistent ─▶ the operator is killed: it verifies against a mirror ─▶ the operator's disk is rolled back: no signature
//! ```
//!
//! The ledger is a live one, since a verification on a test ledger is never without reservation. It is removed with the sandbox.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::time::sleep;

use crate::cli::config::make_private_folder;
use crate::cli::demo::fixtures;
use crate::cli::demo::report::{DemoReport, outcome};
use crate::cli::demo::sandbox::{CommandRun, line_of};
use crate::cli::demo::server_process::ServerProcess;
use crate::cli::demo::timestamp_authority::TimestampAuthority;
use crate::cli::exit::CliError;
use crate::cli::screen::{FAINT, WARNING};

const ORIGIN: &str = "demo.example/ledger";
/// The operator's folder, and a copy of it that is older than what was signed.
const DATA: &str = "operator";
const OLD_COPY: &str = "operator-old";
const POLICY: &str = "members.policy";
const FIRST_FILE: &str = "收货确认.txt";
const FILE: &str = "补充协议.pdf";
/// How often, and how many times, the demo checks whether all members have cosigned and the authority has stamped.
const RETRY: Duration = Duration::from_millis(250);
const TRIES: usize = 240;

/// Kind, and the names of the organisation.
const MEMBERS: [(&str, &str, &str); 3] = [
    ("court", "示例法院", "Example Court"),
    ("notary", "示例公证处", "Example Notary Office"),
    ("appraisal", "示例司法鉴定中心", "Example Appraisal Institution"),
];

/// A member of the consortium, with its mirror.
#[derive(Debug)]
struct Member {
    kind: &'static str,
    organisation: &'static str,
    mirror: ServerProcess,
}

/// The processes.
#[derive(Debug)]
struct Federation {
    operator: ServerProcess,
    /// The operator's `serve`, to start it again.
    serve: Vec<String>,
    members: Vec<Member>,
    authority: Option<TimestampAuthority>,
}

/// Runs it.
///
/// # Errors
///
/// A process cannot be started. An unexpected result is reported, not an error.
pub async fn run(demo: &mut DemoReport<'_>) -> anyhow::Result<()> {
    let mut federation = begin(demo)?;
    deposit(demo, &federation).await?;
    verify(demo, &federation)?;
    verify_against_a_mirror(demo, &mut federation)?;
    roll_back(demo, &federation)
}

fn begin(demo: &mut DemoReport<'_>) -> anyhow::Result<Federation> {
    demo.heading("运营者：正式账本，并留一份旧的磁盘副本", "The operator: a live ledger, and an old copy of its disk")?;
    let found = ["--origin", ORIGIN, "--deposits", "open", "--next-key-out", "operator-next.key"];
    let data = ["serve", "--data", DATA, "--listen"];
    let mut first = start(demo, &[&data[..], &["127.0.0.1:0"], &found].concat(), DATA)?;
    let (key, url) = (first.text("key").to_owned(), first.address().to_owned());
    demo.sandbox.set_address(&url);
    fixtures::chat_log(&demo.sandbox.file(FIRST_FILE))?;
    let deposited = demo.command(&["deposit", FIRST_FILE])?;
    demo.check("已存证", "deposited", "deposited, 0", &outcome(&deposited, "/status"))?;
    first.stop()?;
    copy_folder(&demo.sandbox.file(DATA), &demo.sandbox.file(OLD_COPY))?;
    demo.command_line(&format!("cp -a {DATA} {OLD_COPY}"))?;

    demo.heading("三家成员单位，各持密钥与完整副本", "Three members, each with its own key and a complete copy")?;
    let members = start_members(demo, &format!("{key} {url}"))?;
    let kinds: Vec<_> = members.iter().map(|member| member.mirror.text("kind")).collect();
    demo.check(
        "三家成员单位的节点已启动",
        "three members' nodes listen",
        "court, notary, appraisal",
        &kinds.join(", "),
    )?;

    demo.heading("时间戳机构（RFC 3161）", "A timestamp authority (RFC 3161)")?;
    let authority = start_authority(demo)?;

    demo.heading(
        "运营者与用户采用同一策略：三家中至少两家签名",
        "Operator and user take one policy: two of three members must sign",
    )?;
    write_policy(demo, &format!("log {key} {url}"), &members)?;
    let listen = url.trim_start_matches("http://");
    let mut serve: Vec<String> =
        [&data[..], &[listen, "--policy", POLICY]].concat().into_iter().map(str::to_owned).collect();
    if let Some(authority) = &authority {
        let ca = ca_of(demo, authority);
        serve.extend(["--tsa", authority.url(), "--tsa-ca", &ca, "--tsa-interval", "1s"].map(str::to_owned));
    }
    let operator = start(demo, &words(&serve), DATA)?;
    let federation = Federation { operator, serve, members, authority };
    trust(demo, &federation)?;
    Ok(federation)
}

fn words(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Starts a server; prints its command line and address.
fn start(demo: &DemoReport<'_>, arguments: &[&str], log: &str) -> anyhow::Result<ServerProcess> {
    demo.command_line(&line_of(arguments))?;
    let server = demo.sandbox.start_server(arguments, log).map_err(|error| not_started(&error))?;
    demo.screen.line(format!("  {}", server.address()))?;
    Ok(server)
}

fn not_started(error: &io::Error) -> CliError {
    CliError::unable("demo", format!("未能启动：{error}"), format!("a process did not start: {error}"))
}

/// Starts the mirrors of the ledger `ledger`, which is its key and address, all at once.
fn start_members(demo: &DemoReport<'_>, ledger: &str) -> anyhow::Result<Vec<Member>> {
    let arguments = MEMBERS.map(|(kind, zh, en)| {
        let (name, organisation) = (format!("{kind}.example"), demo.screen.pick(zh, en));
        let about = ["--name", &name, "--organisation", organisation, "--kind", kind];
        let follows = ["--mirror", "--ledger", ledger];
        let all = [&["witness", "--data", kind, "--listen", "127.0.0.1:0"][..], &follows, &about].concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    });
    let sandbox = &demo.sandbox;
    let started = thread::scope(|scope| {
        let starting = MEMBERS.iter().zip(&arguments);
        let starting = starting.map(|((kind, ..), all)| scope.spawn(|| sandbox.start_server(&words(all), kind)));
        let starting: Vec<_> = starting.collect();
        let joined =
            starting.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(io::Error::other("a thread failed"))));
        joined.collect::<Vec<_>>()
    });
    let mut members = Vec::new();
    for (((kind, zh, en), all), mirror) in MEMBERS.into_iter().zip(&arguments).zip(started) {
        let mirror = mirror.map_err(|error| not_started(&error))?;
        demo.command_line(&line_of(&words(all)))?;
        demo.screen.line(format!("  {}", mirror.address()))?;
        demo.screen.line(format!("  {}", mirror.text("key")))?;
        members.push(Member { kind, organisation: demo.screen.pick(zh, en), mirror });
    }
    Ok(members)
}

fn start_authority(demo: &mut DemoReport<'_>) -> anyhow::Result<Option<TimestampAuthority>> {
    let authority =
        TimestampAuthority::start(&demo.sandbox.file("tsa"), "openssl").map_err(|error| not_started(&error))?;
    if let Some(authority) = &authority {
        demo.command_line("openssl ts -reply -config openssl.cnf -section tsa -queryfile query")?;
        demo.screen.line(format!("  {}", authority.url()))?;
    } else {
        let text = demo.screen.pick(
            "未找到 openssl：演示继续进行，但没有可信时间，核验结论将附保留。安装后重试：apt-get install openssl",
            "openssl was not found: the demo goes on without trusted time, and the verdict is with reservation. To have it: apt-get install openssl",
        );
        demo.screen.line(demo.screen.paint(WARNING, &format!("  {text}")))?;
    }
    Ok(authority)
}

/// The authority's root certificate, as commands in the sandbox name it.
fn ca_of(demo: &DemoReport<'_>, authority: &TimestampAuthority) -> String {
    let path = authority.ca();
    path.strip_prefix(demo.sandbox.folder()).unwrap_or(path).display().to_string()
}

/// Writes and prints the policy (c2sp.org/tlog-policy).
fn write_policy(demo: &DemoReport<'_>, log: &str, members: &[Member]) -> anyhow::Result<()> {
    let mut lines = vec![log.to_owned()];
    for Member { kind, mirror, .. } in members {
        lines.push(format!("witness {kind} {} {}", mirror.text("key"), mirror.address()));
    }
    let names: Vec<_> = members.iter().map(|member| member.kind).collect();
    lines.push(format!("group members 2 {}", names.join(" ")));
    lines.push("quorum members".to_owned());
    fs::write(demo.sandbox.file(POLICY), lines.join("\n") + "\n")?;
    demo.command_line(&format!("cat {POLICY}"))?;
    for line in lines {
        demo.screen.line(demo.screen.paint(FAINT, &format!("    {line}")))?;
    }
    Ok(())
}

/// The user pins the policy, and names the members. The keys come from the members' own publications.
fn trust(demo: &mut DemoReport<'_>, federation: &Federation) -> anyhow::Result<()> {
    let pinned = demo.command(&["trust", "policy", POLICY])?;
    for Member { kind, organisation, mirror } in &federation.members {
        demo.command(&["trust", "member", mirror.text("key"), "--organisation", organisation, "--kind", kind])?;
    }
    if let Some(authority) = &federation.authority {
        demo.command(&["trust", "tsa", &ca_of(demo, authority)])?;
    }
    let quorum = ["required", "witnesses"].map(|name| pinned.text(&format!("/ledgers/0/quorum/{name}"))).join("/");
    demo.check("用户已固定策略", "the user has pinned the policy", "2/3, 0", &format!("{quorum}, {}", pinned.code))
}

/// Deposits the file, and waits until its receipt has all attestations.
async fn deposit(demo: &mut DemoReport<'_>, federation: &Federation) -> anyhow::Result<()> {
    demo.heading("存证，成员单位签名，加盖时间戳", "Deposit; the members cosign, the authority stamps")?;
    fixtures::contract(&demo.sandbox.file(FILE))?;
    let deposited = demo.command(&["deposit", FILE])?;
    demo.facts(deposited.documents.first().and_then(|document| document.get("deposit")).unwrap_or(&Value::Null))?;
    demo.check("已存证", "deposited", "deposited, 0", &outcome(&deposited, "/status"))?;
    let refresh = ["receipt", FILE, "--refresh"];
    let expected = format!("3/3, true, {}", federation.authority.is_some());
    // A mirror cosigns once it holds the leaves; the authority stamps once the quorum has signed. The receipt shows the progress.
    let mut proven = String::new();
    for _ in 0..TRIES {
        let run = demo.sandbox.run(&refresh, false)?;
        proven = ["cosignatures", "witnesses"].map(|name| run.text(&format!("/after/{name}"))).join("/");
        for name in ["quorum_reached", "trusted_time"] {
            proven = format!("{proven}, {}", run.text(&format!("/after/{name}")));
        }
        if proven == expected {
            break;
        }
        sleep(RETRY).await;
    }
    demo.command_line(&line_of(&refresh))?;
    demo.check(
        "回执已更新：成员签名、达到法定数、可信时间",
        "receipt refreshed: cosignatures, quorum, trusted time",
        &expected,
        &proven,
    )
}

/// The conclusion that is expected.
const fn conclusion(federation: &Federation) -> &'static str {
    if federation.authority.is_some() { "consistent, 0" } else { "consistent_with_reservation, 0" }
}

fn verify(demo: &mut DemoReport<'_>, federation: &Federation) -> anyhow::Result<()> {
    demo.heading("核验：法定数成员已签名，有可信时间", "Verify: the quorum has signed, and there is trusted time")?;
    let run = demo.command(&["verify", FILE])?;
    print_verification(demo, &run)?;
    demo.check(
        "核验结论",
        "the conclusion of the verification",
        conclusion(federation),
        &outcome(&run, "/conclusion/code"),
    )
}

/// Prints the steps about signatures and time, who signed and when, and the conclusion.
fn print_verification(demo: &DemoReport<'_>, run: &CommandRun) -> anyhow::Result<()> {
    let text = |value: &Value, pointer: &str| {
        let pointer = format!("{pointer}{}", demo.screen.pick("/zh", "/en"));
        value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let steps = run.documents.first().and_then(|document| document.get("steps")).and_then(Value::as_array);
    let mut rows = Vec::new();
    for step in steps.into_iter().flatten() {
        // Signatures, the members' own checkpoints, trusted time.
        if let Some(number @ (9 | 10 | 12)) = step.get("number").and_then(Value::as_u64) {
            rows.push(vec![format!("  {number:>2}"), text(step, "/label"), text(step, "/outcome")]);
        }
    }
    demo.screen.table(&rows)?;
    let document = run.documents.first().unwrap_or(&Value::Null);
    let mut signed = Vec::new();
    for witness in document.pointer("/witnesses/items").and_then(Value::as_array).into_iter().flatten() {
        let plain = |name: &str| witness.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        signed.push(vec![format!("      {}", plain("organisation")), text(witness, "/kind"), plain("signed_at")]);
    }
    if let Some(time) = document.pointer("/trusted_time/not_later_than").and_then(Value::as_str) {
        let (label, kind) = (demo.screen.pick("可信时间", "trusted time"), demo.screen.pick("不晚于", "no later than"));
        signed.push(vec![format!("      {label}"), kind.to_owned(), time.to_owned()]);
    }
    demo.screen.table(&signed)?;
    demo.conclusion(run)
}

fn verify_against_a_mirror(demo: &mut DemoReport<'_>, federation: &mut Federation) -> anyhow::Result<()> {
    demo.heading(
        "强制终止运营者的节点，向公证处的镜像核验",
        "The operator's node is killed: verify against the notary office's mirror",
    )?;
    federation.operator.kill()?;
    demo.command_line("kill -9 …")?;
    let gone = demo.command(&["audit", demo.sandbox.address()])?;
    demo.check(
        "运营者的节点不再应答",
        "the operator's node does not answer",
        "unreachable, 2",
        &outcome(&gone, "/error/code"),
    )?;
    let mirror = federation.members.iter().find(|member| member.kind == "notary");
    let mirror = mirror.map(|member| member.mirror.address()).unwrap_or_default();
    let run = demo.command(&["verify", FILE, "--server", mirror])?;
    print_verification(demo, &run)?;
    demo.check(
        "向镜像核验的结论",
        "the conclusion against a mirror",
        conclusion(federation),
        &outcome(&run, "/conclusion/code"),
    )?;
    let audited = demo.command(&["audit", mirror])?;
    demo.check(
        "镜像的全链审计未发现问题",
        "an audit of the mirror finds no fault",
        "true, 0",
        &outcome(&audited, "/clean"),
    )
}

fn roll_back(demo: &mut DemoReport<'_>, federation: &Federation) -> anyhow::Result<()> {
    demo.heading(
        "运营者的磁盘回退到旧副本：节点拒绝签名",
        "The operator's disk is rolled back to the old copy: its node refuses to sign",
    )?;
    fs::remove_dir_all(demo.sandbox.file(DATA))?;
    fs::rename(demo.sandbox.file(OLD_COPY), demo.sandbox.file(DATA))?;
    demo.command_line(&format!("rm -r {DATA}; mv {OLD_COPY} {DATA}"))?;
    let run = demo.sandbox.run_server(&words(&federation.serve))?;
    demo.command_line(&run.line)?;
    demo.screen.line(format!("    {}", run.text("/error/message")))?;
    demo.check(
        "节点拒绝启动，未签署任何内容",
        "the node refuses to start and signs nothing",
        "rolled_back, 1",
        &outcome(&run, "/error/code"),
    )
}

/// Copies a folder of a stopped node as it is.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    make_private_folder(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
