//! The table of all settings of a node. The sample file, the names of environment variables and the documentation are generated
//! from it.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::cli::log::LogFormat;
use crate::cli::node_config::config::NodeConfig;
use crate::cli::node_config::setting_values::{
    count, each, filter, flag, limit, memory, mode, no_number, one_text, parsed, path, seconds, size, text, to,
};
use crate::cli::serve_timestamps::{days, interval};
use crate::cli::serve_witnesses::AckMode;
use crate::cli::values::network;
use crate::filing::deposit_policy::DepositPolicy;
use crate::http::client_address::{NetworkList, ProxyNetwork};
use crate::http::listener::ListenAddress;
use crate::http::options::LoggedRequests;
use crate::http::router::is_route;
use crate::wire::bilingual::Bilingual;

/// The beginning of the names of environment variables.
pub const VARIABLE_PREFIX: &str = "TIEZHENG_NODE_";

/// Sets a setting to values in text form: one, or those of a list.
type Apply = fn(&mut NodeConfig, &str, &[String]) -> Result<(), Bilingual>;

/// A setting.
pub struct Setting {
    /// Its name in the configuration file, with the table. One that ends in `.*` stands for all keys of its table.
    pub key: &'static str,
    /// Whether its value is a list.
    pub is_list: bool,
    /// Whether its value is a path.
    pub is_path: bool,
    /// A value as the sample file shows it: the default, where there is one.
    pub sample: &'static str,
    /// What it does, in Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    apply: Apply,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Setting {
    /// The setting of this key.
    #[must_use]
    pub fn named(key: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| match setting.key.strip_suffix('*') {
            Some(table) => key.len() > table.len() && key.starts_with(table),
            None => setting.key == key,
        })
    }

    /// The environment variable that sets it; empty for a setting that stands for many keys.
    #[must_use]
    pub fn variable(&self) -> String {
        if self.key.ends_with('*') {
            return String::new();
        }
        format!("{VARIABLE_PREFIX}{}", self.key.to_ascii_uppercase().replace('.', "_"))
    }

    /// Sets it in `config`.
    ///
    /// # Errors
    ///
    /// What is wrong with the value.
    pub fn apply(&self, config: &mut NodeConfig, key: &str, values: &[String]) -> Result<(), Bilingual> {
        let named =
            |reason: Bilingual| Bilingual::new(format!("{key}：{}", reason.zh), format!("{key}: {}", reason.en));
        (self.apply)(config, key, values).map_err(named)
    }
}

/// One setting: its key, whether it is a list or a path, a sample, both descriptions, and how it is applied.
macro_rules! setting {
    ($key:literal, $sample:literal, $zh:literal, $en:literal, $apply:expr) => {
        setting!(@ $key, false, false, $sample, $zh, $en, $apply)
    };
    (list $key:literal, $sample:literal, $zh:literal, $en:literal, $apply:expr) => {
        setting!(@ $key, true, false, $sample, $zh, $en, $apply)
    };
    (path $key:literal, $sample:literal, $zh:literal, $en:literal, $apply:expr) => {
        setting!(@ $key, false, true, $sample, $zh, $en, $apply)
    };
    (@ $key:literal, $list:literal, $path:literal, $sample:literal, $zh:literal, $en:literal, $apply:expr) => {
        Setting { key: $key, is_list: $list, is_path: $path, sample: $sample, zh: $zh, en: $en, apply: $apply }
    };
}

/// All settings, in the order of the sample file.
pub static SETTINGS: &[Setting] = &[
    setting!(path "ledger.data", "\"/var/lib/tiezheng\"", "账本文件夹，不存在则创建", "the ledger's folder, created if missing",
        |config, _, values| to(&mut config.data, path(values))),
    setting!(
        "ledger.origin",
        "\"ledger.example.org/1\"",
        "新账本的永久标识；缺省为 tiezheng/ 加密钥哈希",
        "permanent name of a new ledger; default: tiezheng/ and the hash of its key",
        |config, _, values| to(&mut config.origin, text(values).map(Some))
    ),
    setting!(path "ledger.next_key_out", "\"/var/lib/tiezheng-admin/next.key\"", "新账本后继私钥的新文件，须在账本文件夹之外；新建正式账本时必填，此后不再使用", "new file for the private key of a new ledger's successor key, outside of the ledger's folder; required when a live ledger is created, not used later",
        |config, _, values| to(&mut config.next_key_out, path(values).map(Some))),
    setting!(
        "ledger.confirm_clock_gap",
        "false",
        "启动时不因最后区块已过一天以上而停止：仅在 NTP 于节点启动前校时的机器上设置",
        "start although the last block is more than a day old: only where NTP sets the clock before the node starts",
        |config, _, values| to(&mut config.confirm_clock_gap, flag(values))
    ),
    setting!(
        "ledger.test",
        "false",
        "新账本为测试账本，此后不可更改",
        "make a new ledger a test ledger, permanently",
        |config, _, values| to(&mut config.test, flag(values))
    ),
    setting!(
        "operator.name",
        "\"示例电子存证服务\"",
        "运营者名称，显示于 /v1/ledger 和网页",
        "name of the operator, shown in /v1/ledger and on pages",
        |config, _, values| to(&mut config.operator_name, text(values).map(Some))
    ),
    setting!(
        "operator.nature",
        "\"企业法人\"",
        "运营者性质，显示于 /v1/ledger 和核验报告",
        "what kind of organisation the operator is, shown in /v1/ledger and in verification reports",
        |config, _, values| to(&mut config.operator_nature, text(values).map(Some))
    ),
    setting!(
        "operator.record_filing",
        "\"粤网信备00000000000000000号\"",
        "区块链信息服务备案号，显示于 /v1/ledger 和核验报告",
        "number of the record-filing as a blockchain information service, shown in /v1/ledger and in verification reports",
        |config, _, values| to(&mut config.record_filing, text(values).map(Some))
    ),
    setting!(
        "operator.clock_source",
        "\"NTP: ntp.ntsc.ac.cn\"",
        "节点时钟的校时来源，显示于 /v1/ledger",
        "from what the node's clock is set, shown in /v1/ledger",
        |config, _, values| to(&mut config.clock_source, text(values).map(Some))
    ),
    setting!(path "operator.token", "\"/var/lib/tiezheng-admin/operator.token\"", "首次启动时生成平台管理员账号并将令牌写入此文件；已有本账本令牌的文件保留", "at the first start, create an operator account and write its token to this file; a file with a token of this ledger is kept",
        |config, _, values| to(&mut config.operator_token, path(values).map(Some))),
    setting!(list "network.listen", "[\"127.0.0.1:7654\"]", "监听地址：127.0.0.1:7654、https://0.0.0.0:443、http://[::1]:7654、unix:/run/tiezheng/http.sock。不写协议时，配置证书即用 TLS。非回环地址的明文 HTTP 只接受可信代理", "addresses to listen on: 127.0.0.1:7654, https://0.0.0.0:443, http://[::1]:7654, unix:/run/tiezheng/http.sock. Without a scheme, TLS is used if a certificate is set. Plain HTTP on other than loopback addresses is for trusted proxies only",
        |config, _, values| to(&mut config.listen, each::<ListenAddress>(values, |value, error| Bilingual::new(format!("“{value}”{}", error.in_chinese()), error.to_string())))),
    setting!(
        "network.socket_mode",
        "\"0660\"",
        "Unix 套接字的权限（八进制）",
        "mode of Unix sockets, octal",
        |config, _, values| to(&mut config.socket_mode, mode(values))
    ),
    setting!(list "network.trusted_proxies", "[\"127.0.0.1\"]", "可信反向代理的网段；仅采信其 Forwarded 或 X-Forwarded-For，用于限额和日志。缺省为无", "networks of reverse proxies, whose Forwarded or X-Forwarded-For gives the client's address for limits and logs; default: none",
        |config, _, values| to(&mut config.trusted_proxies, each::<ProxyNetwork>(values, |value, error| Bilingual::new(format!("“{value}”{}", error.in_chinese()), error.to_string())))),
    setting!(path "tls.certificate", "\"/etc/tiezheng/tls/fullchain.pem\"", "证书链（PEM）：先节点证书，后各级签发者证书。SIGHUP 后重新读取", "certificate chain as PEM: the node's certificate, then those of its issuers. Read again at SIGHUP",
        |config, _, values| to(&mut config.tls_certificate, path(values).map(Some))),
    setting!(path "tls.key", "\"/etc/tiezheng/tls/key.pem\"", "证书的私钥（PEM，未加密）", "private key of the certificate as PEM, not encrypted",
        |config, _, values| to(&mut config.tls_key, path(values).map(Some))),
    setting!(
        "deposits.policy",
        "\"accounts\"",
        "存证策略：open（任何人）、enrolled（已登记公钥）、accounts（仅凭令牌）；缺省为账本中所记录的",
        "who may deposit: open (anybody), enrolled (keys that an account has enrolled), accounts (by token only); default: the recorded policy",
        |config, _, values| to(
            &mut config.deposits.deposits,
            parsed::<DepositPolicy>(values, "open | enrolled | accounts").map(Some)
        )
    ),
    setting!(
        "deposits.queue",
        "4096",
        "等待写入的存证上限",
        "most deposits that wait to be written",
        |config, _, values| to(&mut config.queue, count(values))
    ),
    setting!(
        "deposits.limit_per_address",
        "\"1200\"",
        "每地址每分钟存证请求数：none、N 或 N/BURST（一次至多）。测试账本缺省不限",
        "deposit requests a minute of one address: none, N or N/BURST (at once). Default of a test ledger: none",
        |config, _, values| to(&mut config.deposits.limit_per_address, limit(values).map(Some))
    ),
    setting!(
        "deposits.limit_per_key",
        "\"600\"",
        "每公钥每分钟新存证数",
        "new deposits a minute of one key",
        |config, _, values| to(&mut config.deposits.limit_per_key, limit(values).map(Some))
    ),
    setting!(
        "deposits.limit_per_account",
        "\"600\"",
        "每账号每分钟新存证数（enrolled 策略）",
        "new deposits a minute of one account, under `enrolled`",
        |config, _, values| to(&mut config.deposits.limit_per_account, limit(values).map(Some))
    ),
    setting!(path "witnesses.policy", "\"/etc/tiezheng/witnesses.policy\"", "见证策略文件（C2SP tlog-policy）：为本账本检查点共同签名的见证节点及法定数；缺省为无", "witness policy (C2SP tlog-policy): the witnesses that cosign this ledger's checkpoints, and their quorum; default: none",
        |config, _, values| to(&mut config.witnesses.policy, path(values).map(Some))),
    setting!(
        "witnesses.ack",
        "\"sealed\"",
        "存证应答时机：sealed（上链后）或 witnessed（达到法定见证数后）",
        "when a deposit is acknowledged: sealed, or witnessed by the quorum",
        |config, _, values| to(&mut config.witnesses.ack, parsed::<AckMode>(values, "sealed | witnessed").map(Some))
    ),
    setting!(
        "witnesses.timeout",
        "10",
        "witnessed 时存证等候法定见证数的时限（秒）；逾时应答 504，存证仍有效",
        "seconds for which a deposit waits for its quorum under `witnessed`; then it is answered 504, and is on the chain nevertheless",
        |config, _, values| to(&mut config.witnesses.timeout, seconds(values).map(Some))
    ),
    setting!(
        "witnesses.require_at_start",
        "false",
        "全部见证节点应答之前不启动；缺省跳过 10 秒内未应答者",
        "do not start before every witness has answered; by default those that do not answer within 10 s are skipped",
        |config, _, values| to(&mut config.witnesses.require_witnesses_at_start, flag(values))
    ),
    setting!(@ "timestamps.authorities", true, false, "[\"http://tsa.example.org/tsr\"]", "时间戳机构（RFC 3161）的地址；缺省为无", "addresses of timestamp authorities (RFC 3161); default: none",
        |config, _, values| to(&mut config.timestamps.authorities, Ok(values.to_vec()))),
    setting!(@ "timestamps.certificates", true, true, "[\"/etc/tiezheng/tsa-ca.pem\"]", "各时间戳机构的根证书文件（PEM），次序与 authorities 相同", "files with the certificates (PEM) that the authorities must lead to, in the same order",
        |config, _, values| to(&mut config.timestamps.certificates, Ok(values.iter().map(PathBuf::from).collect()))),
    setting!(@ "timestamps.interval", false, false, "\"10m\"", "同一机构两次时间戳的间隔：秒数，或带 s、m、h", "time between two timestamps of an authority: seconds, or with s, m or h",
        |config, _, values| to(&mut config.timestamps.interval, text(values).and_then(|value| interval(&value).map_err(one_text)).map(Some))),
    setting!(@ "timestamps.renew_before", false, false, "90", "时间戳效力届满前多少天续签", "days before all timestamps of a checkpoint become weak at which they are renewed",
        |config, _, values| to(&mut config.timestamps.renewal, text(values).and_then(|value| days(&value).map_err(one_text)).map(Some))),
    setting!(@ "timestamps.revocation_lists", true, true, "[\"/etc/tiezheng/tsa.crl\"]", "时间戳机构的证书吊销列表文件（DER 或 PEM），与时间戳令牌一并保存", "files with revocation lists of the authorities (DER or PEM), stored with the tokens",
        |config, _, values| to(&mut config.timestamps.revocation_lists, Ok(values.iter().map(PathBuf::from).collect()))),
    setting!(
        "requests.limit_per_address",
        "\"6000/3000\"",
        "每地址每分钟请求总数（各接口合计）。测试账本缺省不限",
        "requests a minute of one address, of all routes together. Default of a test ledger: none",
        |config, _, values| to(&mut config.requests_per_address, limit(values).map(Some))
    ),
    setting!(
        "requests.limit_per_account",
        "\"6000/3000\"",
        "每账号每分钟凭令牌请求数",
        "requests with tokens a minute of one account",
        |config, _, values| to(&mut config.requests_per_account, limit(values).map(Some))
    ),
    setting!(
        list "requests.monitoring",
        "[\"127.0.0.0/8\", \"::1/128\"]",
        "可读取 /metrics 和 /health/ready 所载原因的网段",
        "networks that may read /metrics, and the reasons in /health/ready",
        |config, _, values| to(
            &mut config.http.monitoring,
            each::<ProxyNetwork>(values, |value, error| Bilingual::new(format!("“{value}”{}", error.in_chinese()), error.to_string()))
                .map(NetworkList::new)
        )
    ),
    setting!(
        "requests.routes.*",
        "\"POST /v1/deposits/{number}/verification\" = \"60/30\"",
        "单个接口的限额：每地址每分钟请求数，接口写法同 OpenAPI；登录、注册、重置密码等表单缺省有限额，如 POST /login 为 30/60（测试账本不限）",
        "limit of one route, spelled as in OpenAPI: requests a minute of one address. Forms like POST /login have limits by default (30/60; POST /register 10/30), except on a test ledger",
        |config, key, values| {
            let route = key.strip_prefix("requests.routes.").unwrap_or(key);
            if !is_route(route) {
                return Err(Bilingual::new(format!("没有接口 {route}"), format!("there is no route {route}")));
            }
            let limit = limit(values)?;
            config.requests_per_route.push((route.to_owned(), limit));
            Ok(())
        }
    ),
    setting!(
        "http.connections",
        "10000",
        "连接总数上限；其中每地址至多一半",
        "most connections; one address has at most half of them",
        |config, _, values| to(&mut config.http.connections, count(values))
    ),
    setting!(
        "http.connections_per_address",
        "5000",
        "每地址连接数上限（可信代理除外）",
        "most connections of one address, trusted proxies excepted",
        |config, _, values| to(&mut config.http.connections_per_client, count(values))
    ),
    setting!(
        "http.header_timeout",
        "10",
        "收齐请求头、完成 TLS 握手及空闲连接的时限（秒）",
        "seconds for the head of a request, for the TLS handshake, and for an idle connection",
        |config, _, values| to(&mut config.http.header_timeout, seconds(values))
    ),
    setting!(
        "http.body_timeout",
        "30",
        "收齐请求体或其下一部分的时限（秒）",
        "seconds for a body, or the next part of a streamed one",
        |config, _, values| to(&mut config.http.body_timeout, seconds(values))
    ),
    setting!(
        "http.write_timeout",
        "30",
        "客户端不接收应答的时限（秒）",
        "seconds for which a client may leave an answer untaken",
        |config, _, values| to(&mut config.http.write_timeout, seconds(values))
    ),
    setting!(
        "http.shutdown_timeout",
        "30",
        "停止时等待处理中请求的时限（秒）",
        "seconds for requests in flight at the shutdown",
        |config, _, values| to(&mut config.http.shutdown, seconds(values))
    ),
    setting!(
        "http.body_memory",
        "\"64MiB\"",
        "未收齐的请求体所占内存上限",
        "most memory of bodies that have not arrived completely",
        |config, _, values| to(&mut config.http.body_memory, memory(values))
    ),
    setting!(
        "http.body_memory_per_address",
        "\"16MiB\"",
        "其中每地址上限",
        "likewise, of one address",
        |config, _, values| to(&mut config.http.body_memory_per_client, memory(values))
    ),
    setting!(
        "http.file_max",
        "\"64GiB\"",
        "可核验文件的最大长度",
        "largest file that is verified",
        |config, _, values| to(&mut config.http.file_max, size(values))
    ),
    setting!(
        "originals.quota",
        "\"500GiB\"",
        "托管原文总限额；缺省为保留空间之外的全部",
        "most bytes of all originals in custody; default: what is not reserved",
        |config, _, values| to(&mut config.limits.originals_quota, size(values).map(Some))
    ),
    setting!(
        "originals.quota_per_account",
        "\"10GiB\"",
        "每账号托管原文限额",
        "most bytes of the originals of one account",
        |config, _, values| to(&mut config.limits.originals_quota_per_account, size(values).map(Some))
    ),
    setting!(
        "originals.reserved_space",
        "\"1GiB\"",
        "为存证和删除保留的磁盘空间",
        "disk space reserved for deposits and erasures",
        |config, _, values| to(&mut config.limits.reserved_space, size(values).map(Some))
    ),
    setting!(list "webhooks.allow", "[\"10.1.0.0/16\"]", "允许事件推送的内网网段；缺省只允许公网地址", "private networks that webhooks may call; default: public addresses only",
        |config, _, values| to(&mut config.limits.webhook_networks, values.iter().map(|value| network(value).map_err(one_text)).collect())),
    #[cfg(feature = "oidc")]
    setting!(
        "oidc.*",
        "\"粤0192\" = { issuer = \"https://id.court.example\", client_id = \"tiezheng\", client_secret_file = \"/etc/tiezheng/oidc.secret\", label = \"统一身份认证\", redirect_uri = \"https://node.example.org/login/oidc/%E7%B2%A40192/callback\" }",
        "法院的统一身份认证（OpenID Connect），以法院代字为键：issuer 与其令牌所载完全一致；redirect_uri 为本节点的 /login/oidc/法院代字/callback；可选 trusts_amr（默认 false）、post_logout_redirect_uri",
        "identity provider of a court (OpenID Connect), by the court's code: issuer exactly as its tokens have it; redirect_uri is this node's /login/oidc/COURT/callback; optional: trusts_amr (default false), post_logout_redirect_uri",
        |config, key, values| config.oidc.set(key.strip_prefix("oidc.").unwrap_or(key), text(values)?)
    ),
    setting!(
        "log.level",
        "\"info\"",
        "日志级别：error、warn、info、debug，或 RUST_LOG 的写法",
        "level of the log: error, warn, info, debug, or a filter as in RUST_LOG",
        |config, _, values| to(&mut config.log.filter, text(values).and_then(filter))
    ),
    setting!(
        "log.format",
        "\"text\"",
        "日志格式：text 或 json",
        "form of the log: text or json",
        |config, _, values| to(&mut config.log.format, parsed::<LogFormat>(values, "text | json"))
    ),
    setting!(
        "log.requests",
        "\"all\"",
        "记录哪些请求：all（全部）、errors（4xx、5xx 与慢请求）、none（不记录）",
        "which requests are logged: all, errors (4xx, 5xx and slow ones), none",
        |config, _, values| to(&mut config.log.requests, parsed::<LoggedRequests>(values, "all | errors | none"))
    ),
    setting!(
        "log.slow_ms",
        "1000",
        "慢请求的界限（毫秒）",
        "from how many milliseconds on a request is slow",
        |config, _, values| to(
            &mut config.log.slow,
            count(values).and_then(|ms| u64::try_from(ms).map_err(|_| no_number(""))).map(Duration::from_millis)
        )
    ),
    setting!(path "log.folder", "\"/var/log/tiezheng\"", "日志文件夹，每日一个文件；缺省写到标准错误（systemd 日志）", "folder of log files, one a day; default: standard error (systemd's journal)",
        |config, _, values| to(&mut config.log.folder, path(values).map(Some))),
    setting!(
        "log.retention_days",
        "200",
        "日志文件保留天数；《区块链信息服务管理规定》第十七条要求不少于六个月",
        "days for which log files are kept; article 17 of the Provisions on Blockchain Information Services requires six months",
        |config, _, values| to(&mut config.log.retention_days, count(values))
    ),
];

/// A configuration file with every setting, commented out.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(
        "# 铁证节点配置。各项均为注释，所示为缺省值或示例；去掉行首的“#”即生效。\n\
         # Configuration of a Tiezheng node. Every setting is commented out and shows its default, or an example.\n\
         # 优先级 / precedence: 命令行 command line > 环境变量 environment (TIEZHENG_NODE_<TABLE>_<KEY>) > 本文件 this file > 缺省 default\n\
         # 检查 / check: tiezheng config check FILE\n",
    );
    let mut table = "";
    for setting in SETTINGS {
        let (of, key) = setting.key.rsplit_once('.').unwrap_or(("", setting.key));
        if of != table {
            // Writing to a string does not fail.
            let _ = write!(text, "\n[{of}]\n");
            table = of;
        }
        let _ = write!(text, "# {}\n# {}\n", setting.zh, setting.en);
        let _ = match key {
            "*" => writeln!(text, "#{}", setting.sample),
            key => writeln!(text, "#{key} = {}", setting.sample),
        };
    }
    text
}

/// The table of settings for the documentation, in Markdown.
#[must_use]
pub fn documentation(in_chinese: bool) -> String {
    let mut text = String::from(if in_chinese {
        "| 设置 | 缺省或示例 | 说明 |\n|---|---|---|\n"
    } else {
        "| setting | default or example | what it does |\n|---|---|---|\n"
    });
    for setting in SETTINGS {
        let description = if in_chinese { setting.zh } else { setting.en };
        let _ = writeln!(text, "| `{}` | `{}` | {description} |", setting.key, setting.sample);
    }
    text
}
