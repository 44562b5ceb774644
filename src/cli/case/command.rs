//! `tiezheng case`: the definition of its commands, and their dispatch.

use std::path::PathBuf;

use crate::cli::case::accounts::{self, AccountCommand};
use crate::cli::case::appeal_courts::{self, AppealCourtCommand};
use crate::cli::case::connection::ConnectionArgs;
use crate::cli::case::erasures::{self, EraseArgs, ErasureArgs};
use crate::cli::case::evidence::{self, ImportArgs, VerifyItemArgs};
use crate::cli::case::filing::{self, AssociateArgs, ListArgs, OpenArgs, PassOnArgs};
use crate::cli::case::gateways::{self, GatewayCommand};
use crate::cli::case::hand_overs::{self, HandOverCommand};
use crate::cli::case::identity_providers::{self, IdentityCheckProviderCommand};
use crate::cli::case::originals::{self, DepositByTokenArgs, HoldArgs, ReleaseArgs};
use crate::cli::case::records;
use crate::cli::case::service;
use crate::cli::exit::ExitStatus;
use crate::cli::screen::Screen;

const EXAMPLES: &str = "\
Examples:
  export TIEZHENG_TOKEN=tzt_…
  tiezheng case open --court 粤0192 --name Zhang --title \"online sale\"
  tiezheng case import CASE 20261122-0K7M-X9QT-3D5W-C3 --name chat --content \"the price agreed\"
  tiezheng case do CASE add-party role=defendant subject=natural-person name=Li
  tiezheng case do CASE confirm-notice
  tiezheng case do CASE submit
  tiezheng case verify CASE 1 chat.txt
  tiezheng case do CASE reply item=1 authenticity=admitted relevance=disputed
  tiezheng case show CASE
CASE is a case reference (like 7K2M9X-QT3D5W), a case number (案号) or the id of 64 digits.
|
示例：
  export TIEZHENG_TOKEN=tzt_…
  tiezheng case open --court 粤0192 --name 张三 --title 网络购物合同纠纷
  tiezheng case import 案件 20261122-0K7M-X9QT-3D5W-C3 --name 聊天记录 --content 双方约定的价款
  tiezheng case do 案件 增加当事人 诉讼地位=被告 主体类型=自然人 名称=李四
  tiezheng case do 案件 确认诉前须知
  tiezheng case do 案件 提交起诉状
  tiezheng case verify 案件 1 chat.txt
  tiezheng case do 案件 质证意见 证据=1 真实性=认可 关联性=有异议
  tiezheng case show 案件
案件可写案件代号（如 7K2M9X-QT3D5W）、案号或 64 位编号。";

macro_rules! act_fields {
    () => {
        "\
  describe [title=] [claims=]                       add-party role= subject= name= [account=]
  add-agent party= account= authority= [name=] power= | relationship= [special= …] [instances= …]   end-agent agent=
  confirm-notice [document=]                        confirm-service [document=] [address=]
  submit   return-filing [reason=]   approve   reject [reason=]   refuse document= [reason=]   withdraw-filing
  file-case [number=]   bind-number number=   assign [judge=]   begin-hearing   adjourn-hearing
  restate item= name= content= [source=] [proves=] [form=] [copies=] [pages=]     withdraw-item item= [reason=]
  receive-item item= [form=] [copies=] [pages=]
  reply item= [item_version=] [authenticity=] [legality=] [relevance=] [grounds= …] [probative_value=] [reason=]
  judge document=   withdraw-suit   close         form-panel members= …
  rule ruling= document= [party=]                   object-jurisdiction reason= [ground=] [document=] [party=]
  answer document= [appeal=] [party=]               withdraw-appeal [party=]
  appeal decision= petition= against= … [filed_with=] [day=] [party=]
  file-document volume= form= pages= [deposit_number=] name=
  consent item=                                     order-erasure document= [deposit_number= | account=]
  hold deposit_number= | account= reason=           release deposit_number= | account= [reason=]
  appoint role= account=                            end-appointment role= account=
  end-hearing   join-session activity=              leave-session activity=
  add-recording document= name_commitment= from= until= [hearing=]   close-recording document= [hearing=]
  open-transcript kind= [hearing=]                  add-transcript-version transcript= source= document=
  request-correction transcript= ground= place= wording= [speaker=] [segment=]
  decide-correction transcript= correction= decision= [reason=]      finalise-transcript transcript=
  open-round transcript= | agreement= signers= …    record-refusal round= [person=] [reason=]
  confirm round= digest=sm3:HEX method= [person=] [document=]        withdraw-confirmation round= [person=]
  agree-mediation   accept-mediation                prolong-mediation until=
  draft-agreement track= document= [agreement=]     agree-signing agreement=
  end-mediation reason= [agreement=] [note=]        apply-way-out agreement= way=
  issue-mediation-document agreement= document=     forward-item item=
  set-period basis= days= [party=] [start=]         reset-period basis= days= ground= [party=] [start=]
  suspend-period on=   resume-period on=   extend-period days=   exchange-evidence day=
  allow-rebuttal party= item= days= [start=]        open-replies days= [start=] [party=]
  apply-deferral window= obstacle_ended= reason= [party=] [handed_in=] [about=]
  decide-deferral party= window= [last=] [reason=] [about=]  require-reason item= [days=]
  explain-lateness item= reason= [handed_in=]       decide-lateness item= decision= [fine=] [document=] [reason=]
  decide-admission item= decision= [document=] [reason=]
  change-claims change= claims= [document=] [party=] [handed_in=]
  counterclaim claims= [document=] [party=] [handed_in=]       convert-procedure procedure= [document=]
  consent-service scope= answer= form= [party=] [ticked=] [shown=] [clicked=] [document=]
  service-address kind= value= source= [party=] [active=] [replaces=] [document=]   end-service-address address=
  name-receiver agent=                              serve party= mode= kind= document= [days=] [beside=] [reason=]
  send-service service= channel= [address=] [published=]
  report-service service= attempt= step= [at=] [cause=] [own_act=]
  confirm-receipt service=   request-paper service=   object-service service= ground= [reason=]
  decide-service service= outcome= [reason=]        determine-service service= [reason=]
"
    };
}

const ACTS: &str = concat!(
    "Acts and their fields, those in [] may be left out:\n",
    act_fields!(),
    "
Words: role plaintiff defendant third-party appellant appellee applicant respondent; subject natural-person
legal-person other-organisation; authority general special statutory; authenticity, legality, relevance admitted disputed;
grounds contrary-evidence platform-rules platform-interest system-standards technology before-the-chain expert
original-form unlawfully-obtained unrelated; form original identical-copy output copy;
basis ordinary summary small-claims second-instance agreed discretion. Days are 2026-11-22: the day on which a
period starts, is suspended (and every day until it resumes, that day too) does not count. The evidence period of a
party begins with the service of the notice; start is for a notice served on paper, with party. ground legal-relation
party-joined remanded claims-changed procedure-converted; window evidence answer appeal-judgment appeal-ruling …,
about \"item 1\", \"document NUMBER\" or \"act 12\" with several periods of the kind;
decide-lateness decision in-time not-admitted admitted admonished fined; decide-admission decision adopted
partly-adopted not-adopted; change added changed waived; handed_in \"posted 2026-12-08\" or \"delivered 2026-12-08\".
kind (of a transcript) hearing mediation evidence-exchange inquiry pretrial-meeting deliberation; source machine clerk
amendment; ground (of a correction) omission mistake; method online e-seal handwritten offline; activity hearing
evidence-exchange mediation; track organisation court-record mediation-document undisputed-facts; way
judicial-confirmation mediation-document withdraw-suit performance; a signer is \"party 1\", \"agent 1\",
\"judge ACCOUNT\", \"witness NAME\".
Who may do what at which stage: PERMISSIONS.md. The words of service (scope, kind, channel, step …): docs/service.md
special admit waive change settle counterclaim appeal; instances first second retrial enforcement; ruling
allow-withdrawal refuse-withdrawal allow-appeal-withdrawal refuse-appeal-withdrawal sustain-objection dismiss-objection
transfer-jurisdiction dismiss-suit remand uphold set-aside direct; volume main second; form electronic converted paper;
filed_with first second.
|
操作与字段，[] 内可省略：\n",
    act_fields!(),
    "
代码词：role（诉讼地位）plaintiff 原告、defendant 被告、third-party 第三人、appellant 上诉人、appellee 被上诉人、
applicant 申请人、respondent 被申请人；subject（主体类型）natural-person 自然人、legal-person 法人、
other-organisation 非法人组织；authority（代理权限）general 一般、special 特别、statutory 法定代理（填 relationship 监护关系证明，不填 power）；authenticity 真实性、legality 合法性、
relevance 关联性：admitted 认可、disputed 不认可；grounds（质疑理由）contrary-evidence 相反证据、
platform-rules 平台规则、platform-interest 平台利害关系、system-standards 系统标准、technology 技术、
before-the-chain 上链前、expert 鉴定、
original-form 与原件不一致、unlawfully-obtained 取得不合法、unrelated 无关联；form（原件或复制件）original 原件、
identical-copy 副本、output 打印件、copy 复制件；以上操作、字段和代码词均可直接写中文；basis（期限依据）ordinary 普通程序、summary 简易程序、small-claims 小额诉讼、
second-instance 二审、agreed 当事人约定、discretion 法院酌定。日期写作 2026-11-22：期限开始之日不计入，中止之日
至恢复之日均不计入。举证期限自举证通知书送达该当事人起算；线下送达的，以 start 与 party 写明。ground（重新指定事由）
legal-relation 法律关系认定不一致、party-joined 追加当事人、remanded 发回重审、claims-changed 变更诉请或反诉、
procedure-converted 转换程序；window（期限）evidence 举证期限、answer 答辩期、appeal-judgment 与 appeal-ruling 上诉期等；
about（期限所涉，同类期限有多项时填写）\"证据 1\"、\"文书 存证编号\"、\"操作 12\"；
decide-lateness 的 decision：in-time 视为未逾期、not-admitted 不予采纳、admitted 采纳、admonished 采纳并训诫、
fined 采纳并罚款；decide-admission 的 decision：adopted 采信、partly-adopted 部分采信、not-adopted 不予采信；
change：added 增加、changed 变更、waived 放弃；handed_in：posted 交邮、delivered 递交，后接日期。
kind（笔录种类）hearing 庭审、mediation 调解、evidence-exchange 证据交换、inquiry 询问、pretrial-meeting 庭前会议、
deliberation 合议；source（版本来源）machine 语音识别、clerk 书记员、amendment 补正；补正的 ground：omission 遗漏、
mistake 差错；method（确认方式）online 在线确认、e-seal 电子签章、handwritten 手写板、offline 线下签名；activity
（在线活动）hearing、evidence-exchange、mediation；track（协议类型）organisation 调解组织、court-record 记入笔录、
mediation-document 制作调解书、undisputed-facts 无争议事实；way（后续）judicial-confirmation 司法确认、
mediation-document 出具调解书、withdraw-suit 撤诉、performance 履行；signers 写作 \"party 1\"、\"agent 1\"、
\"judge 账号\"、\"witness 姓名\"。
何人在何阶段可办理何事，见 PERMISSIONS.md；
送达各项代码词见 docs/service.zh-CN.md；
special（特别授权事项）admit 承认、waive 放弃、change 变更诉讼请求、settle 和解、counterclaim 反诉、appeal 上诉；
instances（另行授权的审级）first 一审、second 二审、retrial 再审、enforcement 执行；ruling（裁定事项）allow-withdrawal 准许撤诉、
refuse-withdrawal 不准许撤诉、allow-appeal-withdrawal 准许撤回上诉、refuse-appeal-withdrawal 不准许撤回上诉、
sustain-objection 管辖异议成立、dismiss-objection 驳回管辖异议、transfer-jurisdiction 移送管辖、dismiss-suit 驳回起诉、
remand 发回重审、uphold 维持原裁定、set-aside 撤销或者变更原裁定、direct 指令立案或者审理；volume（卷宗）main 正卷、
second 副卷；form（形式）electronic 电子、converted 已转化、paper 纸质；filed_with（上诉状提交法院）first 原审、second 二审。"
);

/// Cases: file, import by number, verify, reply, judge; by a token | 案件：立案、导入、核验、质证
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CaseArgs {
    #[command(flatten)]
    connection: ConnectionArgs,
    #[command(subcommand)]
    command: CaseCommand,
}

#[derive(Debug, Clone, clap::Subcommand)]
enum CaseCommand {
    /// Accounts, roles, tokens and lists | 账号、角色、令牌与名单
    #[command(subcommand)]
    Account(AccountCommand),
    Deposit(DepositByTokenArgs),
    /// Store an original in custody: hashed while it is sent, encrypted at rest | 提交原文保管
    PutOriginal {
        /// The deposit number | 存证编号
        number: String,
        /// The original | 原文文件
        file: PathBuf,
        /// The case of which it is a document: a transcript, an agreement, a judgment; not for your own deposit | 系何案件的文书（本人存证无须填写）
        #[arg(long, value_name = "CASE")]
        case: Option<String>,
    },
    /// The documents of a case that you may read, and whether their originals are in custody | 本案文书及原文保管情况
    Documents {
        /// The case | 案件
        case: String,
    },
    /// Fetch an original from custody; the access is recorded | 取得保管的原文（查阅将被记录）
    GetOriginal {
        /// The deposit number | 存证编号
        number: String,
        /// The new file | 保存为
        to: PathBuf,
        /// The case in which you see it; not needed for your own deposit | 所在案件（本人存证无须填写）
        #[arg(long, value_name = "CASE")]
        case: Option<String>,
    },
    Open(OpenArgs),
    List(ListArgs),
    /// Show a case with all its evidence; the access is recorded | 查看案件（查看将被记录）
    Show {
        /// The case | 案件
        case: String,
    },
    /// Any act: submit, approve, file-case, assign, restate, withdraw-item, reply, set-period, … | 案件操作
    #[command(after_help = ACTS)]
    Do {
        /// The case | 案件
        case: String,
        /// The act | 操作
        act: String,
        /// Its fields as name=value | 字段，写成 名称=值
        fields: Vec<String>,
    },
    Import(ImportArgs),
    Verify(VerifyItemArgs),
    /// Issue an association code for a party | 生成关联码
    Code {
        /// The case | 案件
        case: String,
        /// For which party | 为哪一方
        #[arg(long, value_name = "N")]
        party: u32,
        /// Uses by the party itself, 0 or 1 | 当事人可用次数
        #[arg(long, value_name = "N", default_value_t = 1)]
        party_uses: u32,
        /// Uses by its agents, 0 to 2 | 代理人可用次数
        #[arg(long, value_name = "N", default_value_t = 1)]
        agent_uses: u32,
        /// For how many days | 有效天数
        #[arg(long, value_name = "N", default_value_t = 30)]
        days: u64,
    },
    Associate(AssociateArgs),
    PassOn(PassOnArgs),
    /// The service of documents of a case; the access is recorded | 送达记录（查看将被记录）
    Service {
        /// The case | 案件
        case: String,
    },
    /// A certificate of electronic service | 电子送达凭证
    Certificate {
        /// The case | 案件
        case: String,
        /// The number of the service record | 送达记录序号
        service: u32,
    },
    #[command(subcommand)]
    Gateway(GatewayCommand),
    #[command(subcommand)]
    IdentityProvider(IdentityCheckProviderCommand),
    #[command(subcommand)]
    AppealCourt(AppealCourtCommand),
    /// Hearings, transcripts, mediation agreements; the access is recorded | 庭审、笔录、调解协议（查看将被记录）
    Records {
        /// The case | 案件
        case: String,
    },
    #[command(subcommand)]
    HandOver(HandOverCommand),
    /// The record of a case: date, actor with name and capacity, act; the access is recorded | 案件记录：日期、行为人、事项（查看将被记录）
    History {
        /// The case | 案件
        case: String,
        /// The documents on the chain instead, without names | 改为列出上链文书（不含姓名）
        #[arg(long)]
        documents: bool,
        /// After which sequence | 从哪个序号之后
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: u64,
    },
    /// Who saw private content of a case, or of a deposit | 访问日志
    AccessLog {
        /// The case | 案件
        #[arg(required_unless_present = "deposit")]
        case: Option<String>,
        /// A deposit number instead | 存证编号
        #[arg(long, value_name = "NUMBER", conflicts_with = "case")]
        deposit: Option<String>,
    },
    /// The events of a court, by long polling | 事件订阅
    Feed {
        /// The court | 法院代字
        court: String,
        /// The cursor of the last event seen | 从哪个位置之后
        #[arg(long, value_name = "N", default_value_t = 0)]
        after: u64,
        /// Seconds to wait for an event | 等待秒数
        #[arg(long, value_name = "S", default_value_t = 0)]
        wait: u64,
    },
    Erase(EraseArgs),
    Erasure(ErasureArgs),
    Hold(HoldArgs),
    Release(ReleaseArgs),
}

/// Runs it.
///
/// # Errors
///
/// [`crate::cli::exit::CliError`].
pub async fn run(args: &CaseArgs, screen: &Screen) -> anyhow::Result<ExitStatus> {
    if let CaseCommand::Gateway(command) = &args.command
        && let Some(status) = command.run_as_gateway(&args.connection, screen).await?
    {
        return Ok(status);
    }
    let connection = &args.connection.open(screen)?;
    match &args.command {
        CaseCommand::Account(command) => accounts::run(command, connection).await,
        CaseCommand::Deposit(args) => originals::deposit(args, connection).await,
        CaseCommand::PutOriginal { number, file, case } => {
            originals::put(number, file, case.as_deref(), connection).await
        }
        CaseCommand::Documents { case } => originals::documents(case, connection).await,
        CaseCommand::GetOriginal { number, to, case } => originals::get(number, to, case.as_deref(), connection).await,
        CaseCommand::Open(args) => filing::open(args, connection).await,
        CaseCommand::List(args) => filing::list(args, connection).await,
        CaseCommand::Show { case } => filing::show(case, connection).await,
        CaseCommand::Do { case, act, fields } => filing::act(case, act, fields, connection).await,
        CaseCommand::Import(args) => evidence::import(args, connection).await,
        CaseCommand::Verify(args) => evidence::verify(args, connection).await,
        CaseCommand::Code { case, party, party_uses, agent_uses, days } => {
            filing::code(case, *party, (*party_uses, *agent_uses), *days, connection).await
        }
        CaseCommand::Associate(args) => filing::associate(args, connection).await,
        CaseCommand::PassOn(args) => filing::transfer_case(args, connection).await,
        CaseCommand::Service { case } => service::show(case, connection).await,
        CaseCommand::Certificate { case, service } => service::certificate(case, *service, connection).await,
        CaseCommand::Gateway(command) => gateways::run(command, connection).await,
        CaseCommand::IdentityProvider(command) => identity_providers::run(command, connection).await,
        CaseCommand::AppealCourt(command) => appeal_courts::run(command, connection).await,
        CaseCommand::Records { case } => records::show(case, connection).await,
        CaseCommand::History { case, documents, after } => {
            filing::history(case, if *documents { "acts" } else { "record" }, *after, connection).await
        }
        CaseCommand::HandOver(command) => hand_overs::run(command, connection).await,
        CaseCommand::AccessLog { case: Some(case), .. } => filing::history(case, "access-log", 0, connection).await,
        CaseCommand::AccessLog { deposit, .. } => {
            originals::access_log(deposit.as_deref().unwrap_or_default(), connection).await
        }
        CaseCommand::Feed { court, after, wait } => filing::feed(court, *after, *wait, connection).await,
        CaseCommand::Erase(args) => erasures::erase(args, connection).await,
        CaseCommand::Erasure(args) => erasures::show(args, connection).await,
        CaseCommand::Hold(args) => originals::hold(args, connection).await,
        CaseCommand::Release(args) => originals::release(args, connection).await,
    }
}
