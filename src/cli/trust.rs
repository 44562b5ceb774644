//! `trust`: which ledgers, witnesses and organisations this user trusts.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::config::Config;
use crate::cli::connect::identify_ledger;
use crate::cli::exit::{CliError, ExitStatus};
use crate::cli::members;
use crate::cli::policy_file::{policy_path, read_given_policy};
use crate::cli::public_key::{no_private_key, read_key};
use crate::cli::screen::{FAINT, Screen, WARNING};
use crate::cli::terminal::escaped_name;
use crate::cli::timestamp_authorities;
use crate::cli::trust_store::{self, PinState};
use crate::cli::user_trust::{PolicyArgs, UserTrust};
use crate::client::ledger_client::LedgerClient;
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::{Policy, PolicyLog};
use crate::ledger::verify::attestation::{Member, MemberKind};
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;

const EXAMPLES: &str = "\
Examples:
  tiezheng trust list
  tiezheng trust add 'example.org/ledger+c74f20a3+ARpc…' https://ledger.example.org
  tiezheng trust fetch https://ledger.example.org
  tiezheng trust policy court.policy
  tiezheng trust member 'witness.example+1a2b3c4d+BPl0…' --organisation 'Example Notary Office' --kind notary
  tiezheng trust tsa authority-ca.pem
  tiezheng trust remove example.org/ledger

A verification is worth what its ledger key is worth: take the key from the operator's
publication, from a judgment, from paper, and compare it. A policy (c2sp.org/tlog-policy) also
names the witnesses that must have signed; who they are, you say with `trust member`.
|
示例：
  tiezheng trust list
  tiezheng trust add 'example.org/ledger+c74f20a3+ARpc…' https://ledger.example.org
  tiezheng trust fetch https://ledger.example.org
  tiezheng trust policy 法院.policy
  tiezheng trust member 'witness.example+1a2b3c4d+BPl0…' --organisation 某某公证处 --kind notary
  tiezheng trust tsa 时间戳机构CA.pem
  tiezheng trust remove example.org/ledger

核验结论的可信程度取决于账本密钥：请从运营者公告、裁判文书等可靠来源取得密钥，并逐字核对。信任策略
（c2sp.org/tlog-policy）另载明须由哪些见证节点签名；各见证节点属于何机构，由您以 trust member 指明。";

/// The ledgers, witnesses and organisations that you trust | 管理受信任的账本、见证节点与机构
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TrustArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum Action {
    /// List ledgers, witnesses and organisations | 列出账本、见证节点与机构
    List,
    /// Pin a key that you have from a source you trust | 固定密钥
    Add {
        /// The ledger's key, a vkey | 账本密钥
        vkey: String,
        /// The address of its node | 节点地址
        url: Option<String>,
    },
    /// Ask a node for its ledger's key and pin it: compare it yourself | 从节点取得密钥并固定，请自行核对
    Fetch {
        /// The address of the node | 节点地址
        url: String,
    },
    /// Pin the policy in this file for each of its ledgers | 为文件中的各账本固定信任策略
    Policy {
        /// A file of c2sp.org/tlog-policy | 信任策略文件
        file: PathBuf,
    },
    /// Name the organisation that holds a key, for reports | 指明密钥所属的机构，供报告使用
    Member {
        /// The key of a witness or of a ledger, a vkey | 见证节点或账本的密钥
        vkey: String,
        /// The name of the organisation | 机构名称
        #[arg(long, value_name = "NAME")]
        organisation: String,
        /// The kind of the organisation | 机构类型
        #[arg(long, value_enum, value_name = "KIND")]
        kind: Kind,
    },
    /// Trust the timestamp authorities whose certificates these CA certificates issued | 信任由这些 CA 证书签发证书的时间戳机构
    Tsa {
        /// A PEM file of CA certificates | CA 证书的 PEM 文件
        file: PathBuf,
    },
    /// Trust a ledger no longer, named by vkey, origin or address | 取消信任
    Remove {
        /// A vkey, an origin or an address | 密钥、账本标识或地址
        ledger: String,
    },
}

/// The kinds of organisations as words of the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Court,
    Notary,
    Appraisal,
    Other,
}

impl From<Kind> for MemberKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Court => Self::Court,
            Kind::Notary => Self::Notary,
            Kind::Appraisal => Self::Appraisal,
            Kind::Other => Self::Other,
        }
    }
}

/// Runs it.
///
/// # Errors
///
/// Usage, an unreachable node, a key that conflicts with a pinned one.
pub async fn run(args: &TrustArgs, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    match &args.action {
        Action::List => list(config, screen),
        Action::Add { vkey, url } => {
            let key = read_key(vkey)?;
            // The normalized form of the address, as used for connections.
            let client = url.as_deref().map(LedgerClient::new).transpose().map_err(CliError::from)?;
            add(&key, client.as_ref().map(LedgerClient::address), config, screen)
        }
        Action::Fetch { url } => {
            let client = LedgerClient::new(url).map_err(CliError::from)?;
            let met = identify_ledger(&client).await?;
            let text = screen.pick(
                "密钥来自节点自身；请与运营者公布的密钥核对。",
                "This key is the node's own word; compare it with what the operator publishes.",
            );
            screen.aside(screen.paint(WARNING, text))?;
            add(&met.key, Some(client.address()), config, screen)
        }
        Action::Policy { file } => install(file, config, screen),
        Action::Member { vkey, organisation, kind } => {
            let member = Member { organisation: organisation.clone(), kind: (*kind).into() };
            name_member(vkey, &member, config, screen)
        }
        Action::Tsa { file } => trust_authorities(file, config, screen),
        Action::Remove { ledger } => {
            no_private_key(ledger)?;
            remove(ledger, config, screen)
        }
    }
}

fn list(config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let folder = config.policies()?;
    let user = UserTrust::load(&PolicyArgs::default(), config)?;
    let ledgers: Vec<_> = user.logs().map(|log| ledger_document(log, &user, &folder)).collect();
    let named = user.members().all().map(|(key, member)| member_document(key, member));
    screen.document(&json!({
        "folder": folder.to_string_lossy(),
        "ledgers": ledgers,
        "members": named.collect::<Vec<_>>(),
        "timestamp_authorities": user.authorities().collect::<Vec<_>>(),
    }))?;
    for log in user.logs() {
        screen.line(log.key.to_string())?;
        if let Some(url) = &log.url {
            screen.line(format!("  {url}"))?;
        }
        if let Some(member) = user.members().get(&log.key.to_string()) {
            screen.line(format!("  {}", organisation(screen, member)))?;
        }
        if let Some(policy) = user.policy_of(log.key.name()) {
            list_witnesses(policy, &user, screen)?;
        }
    }
    if ledgers.is_empty() {
        screen.line(screen.pick(
            "尚未固定任何账本密钥：tiezheng trust add 公钥",
            "no ledger key is pinned yet: tiezheng trust add VKEY",
        ))?;
    }
    for authority in user.authorities() {
        screen.line(format!(
            "{}{}",
            screen.pick("时间戳机构的 CA：", "CA of timestamp authorities: "),
            escaped_name(authority)
        ))?;
    }
    screen.line(screen.paint(FAINT, &folder.to_string_lossy()))?;
    Ok(ExitStatus::Good)
}

/// Stores CA certificates of timestamp authorities.
fn trust_authorities(file: &Path, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let (place, authorities) = timestamp_authorities::install(config, file)?;
    screen.document(&json!({ "file": place.to_string_lossy(), "timestamp_authorities": authorities }))?;
    for authority in &authorities {
        screen.line(format!("{}  {}", screen.pick("已信任", "trusted"), escaped_name(authority)))?;
    }
    let zh = format!("取消信任：删除 {}", place.display());
    let en = format!("To trust them no longer, delete {}", place.display());
    screen.line(screen.paint(FAINT, screen.pick(&zh, &en)))?;
    Ok(ExitStatus::Good)
}

/// Prints how many witnesses a policy requires, and each with its organisation.
fn list_witnesses(policy: &Policy, user: &UserTrust, screen: &Screen) -> anyhow::Result<()> {
    let (required, all) = (policy.required(), policy.counted_witnesses().count());
    let text = if policy.requires_witnesses() {
        let zh = format!("要求见证节点 {all} 家中至少 {required} 家签名");
        let en = format!("at least {required} of {all} witnesses must have signed");
        screen.pick(&zh, &en).to_owned()
    } else {
        screen.pick("不要求见证节点签名", "no witness is required").to_owned()
    };
    screen.line(format!("  {text}"))?;
    for witness in policy.witnesses() {
        let member = user.member(&witness.key);
        let unnamed =
            screen.pick("（所属机构未指明：tiezheng trust member）", "(organisation not named: tiezheng trust member)");
        let member = member.map_or_else(|| unnamed.to_owned(), |member| organisation(screen, &member));
        screen.line(format!("  {}  {member}", witness.key))?;
        if let Some(url) = &witness.url {
            screen.line(format!("    {url}"))?;
        }
    }
    Ok(())
}

fn organisation(screen: &Screen, Member { organisation, kind }: &Member) -> String {
    let kind = wording::member_kind(*kind, screen.language());
    let name = escaped_name(organisation);
    screen.pick(&format!("{name}（{kind}）"), &format!("{name} ({kind})")).to_owned()
}

fn ledger_document(log: &PolicyLog, user: &UserTrust, folder: &Path) -> Value {
    let mut shown = document(&log.key, log.url.as_deref());
    let (Some(fields), Some(policy)) = (shown.as_object_mut(), user.policy_of(log.key.name())) else { return shown };
    let witnesses = policy.witnesses().iter().map(|witness| {
        let key = witness.key.to_string();
        let counts = policy.counted_witnesses().any(|counted| counted.key == witness.key);
        let mut shown = json!({ "name": witness.name, "key": key, "url": witness.url, "counts": counts });
        let member = user.members().get(&key).map(|member| member_document(&key, member));
        if let (Some(shown), Some(Value::Object(member))) = (shown.as_object_mut(), member) {
            shown.extend(member);
        }
        shown
    });
    fields.insert("witnesses".into(), witnesses.collect());
    let quorum = json!({ "witnesses": policy.counted_witnesses().count(), "required": policy.required() });
    fields.insert("quorum".into(), quorum);
    fields.insert("policy".into(), policy_path(folder, log.key.name()).to_string_lossy().into());
    shown
}

fn member_document(key: &str, Member { organisation, kind }: &Member) -> Value {
    let text = Bilingual::of(|language| wording::member_kind(*kind, language));
    json!({ "key": key, "organisation": organisation, "kind": { "code": kind.word(), "zh": text.zh, "en": text.en } })
}

/// Pins a policy for each of its ledgers, unless one is pinned with another key.
fn install(path: &Path, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let file = read_given_policy(path)?;
    let origins = file.origins();
    if origins.is_empty() {
        let zh = format!("{} 没有 log 行，未指明任何账本。请补充 log 密钥", path.display());
        let en = format!("{} names no ledger. Add a line `log <vkey>`", path.display());
        return Err(CliError::unable("bad_policy", zh, en).into());
    }
    trust_store::update(config, |store| {
        for log in file.policy().logs() {
            // A policy that also names the pinned key adds another one to it, such as a successor.
            let keeps = |pinned: &PolicyLog| file.policy().logs().iter().any(|own| own.key == pinned.key);
            if let PinState::Conflicts(pinned) = store.pin_state(&log.key, log.url.as_deref())
                && !keeps(&pinned)
            {
                return Err(trust_store::key_changed(&pinned, &log.key, config));
            }
        }
        for origin in &origins {
            store.set(origin, file.for_ledger(origin));
        }
        Ok(())
    })?;
    let folder = config.policies()?;
    let user = UserTrust::load(&PolicyArgs::default(), config)?;
    let installed: Vec<_> = user.logs().filter(|log| origins.contains(log.key.name())).collect();
    let documents: Vec<_> = installed.iter().map(|log| ledger_document(log, &user, &folder)).collect();
    screen.document(&json!({ "ledgers": documents }))?;
    for log in installed {
        screen.line(format!("{}  {}", screen.pick("已固定", "pinned"), log.key))?;
        if let Some(policy) = user.policy_of(log.key.name()) {
            list_witnesses(policy, &user, screen)?;
        }
    }
    Ok(ExitStatus::Good)
}

/// Stores the organisation that holds a key.
fn name_member(vkey: &str, member: &Member, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    no_private_key(vkey)?;
    let key = vkey.trim();
    if !members::is_key(key) {
        let text = escaped_name(vkey);
        let zh = format!("“{text}”不是见证节点或账本的公钥。请给出公钥文本，不是文件名");
        let en =
            format!("`{text}` is no public key of a witness or ledger. Give the key's text, not the name of a file");
        return Err(CliError::usage("bad_key", zh, en).into());
    }
    let changed = members::set(config, key, member)?;
    let mut shown = member_document(key, member);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("changed".into(), changed.into());
    }
    screen.document(&shown)?;
    screen.line(format!("{key}  {}", organisation(screen, member)))?;
    Ok(ExitStatus::Good)
}

fn add(key: &VerifierKey, url: Option<&str>, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let is_new = trust_store::pin(config, key, url)?;
    let mut shown = document(key, url);
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("new".into(), is_new.into());
    }
    screen.document(&shown)?;
    let word =
        if is_new { screen.pick("已固定", "pinned") } else { screen.pick("此前已固定", "already pinned") };
    screen.line(format!("{word}  {key}"))?;
    Ok(ExitStatus::Good)
}

fn remove(ledger: &str, config: &Config, screen: &Screen) -> anyhow::Result<ExitStatus> {
    let removed = trust_store::update(config, |pinned| Ok(pinned.remove(ledger)))?;
    if removed == 0 {
        let en =
            format!("no pinned ledger has the key, origin or address `{ledger}`. `tiezheng trust list` shows them");
        let zh = format!("没有固定过“{ledger}”。已固定的密钥见 tiezheng trust list");
        return Err(CliError::finding("not_pinned", zh, en).into());
    }
    screen.document(&json!({ "removed": removed }))?;
    screen.line(format!("{}  {ledger}", screen.pick("已取消信任", "no longer trusted")))?;
    Ok(ExitStatus::Good)
}

fn document(key: &VerifierKey, url: Option<&str>) -> Value {
    json!({ "origin": key.name().as_str(), "key": key.to_string(), "url": url })
}
