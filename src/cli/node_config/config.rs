//! The settings of a node, and their conversion for other modules.

use std::path::PathBuf;

use crate::cli::deposit_policy::DepositArgs;
use crate::cli::exit::CliError;
use crate::cli::log::LogConfig;
use crate::cli::serve_limits::LimitArgs;
#[cfg(feature = "oidc")]
use crate::cli::serve_oidc::OidcArgs;
use crate::cli::serve_timestamps::TimestampArgs;
use crate::cli::serve_witnesses::WitnessArgs;
use crate::http::client_address::{NetworkList, ProxyNetwork};
use crate::http::listener::ListenAddress;
use crate::http::options::Options;
use crate::http::rate_limit::Limit;
use crate::http::request_limits::RequestLimits;
use crate::http::tls::TlsFiles;
use crate::ledger::notice::Mode;
use crate::sequencer::start;

/// The settings of a node.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeConfig {
    /// The ledger's folder.
    pub data: PathBuf,
    /// The permanent name of a new ledger.
    pub origin: Option<String>,
    /// The new file for the private key of a new ledger's successor key.
    pub next_key_out: Option<PathBuf>,
    /// Whether a new ledger is a test ledger.
    pub test: bool,
    /// Whether the clock is right whatever the age of the last block: NTP sets it before the node starts.
    pub confirm_clock_gap: bool,
    /// The name of the operator, as `/v1/ledger` and pages show it.
    pub operator_name: Option<String>,
    /// What kind of organisation it is.
    pub operator_nature: Option<String>,
    /// 区块链信息服务备案号.
    pub record_filing: Option<String>,
    /// From what the operator's clock is set, as `/v1/ledger` shows it.
    pub clock_source: Option<String>,
    /// The file to which the token of a new operator account is written.
    pub operator_token: Option<PathBuf>,
    /// The addresses to listen on.
    pub listen: Vec<ListenAddress>,
    /// The mode of Unix sockets.
    pub socket_mode: u32,
    /// The networks of reverse proxies.
    pub trusted_proxies: Vec<ProxyNetwork>,
    /// The file of the certificate chain.
    pub tls_certificate: Option<PathBuf>,
    /// The file of its private key.
    pub tls_key: Option<PathBuf>,
    /// Who may deposit, and how often.
    pub deposits: DepositArgs,
    /// The witnesses.
    pub witnesses: WitnessArgs,
    /// The timestamp authorities.
    pub timestamps: TimestampArgs,
    /// Most deposits that wait to be written.
    pub queue: usize,
    /// Requests of one address; `None` for the default of the ledger's mode.
    pub requests_per_address: Option<Limit>,
    /// Requests with tokens of one account; `None` likewise.
    pub requests_per_account: Option<Limit>,
    /// Requests of one address to one route.
    pub requests_per_route: Vec<(String, Limit)>,
    /// Limits of originals and webhooks.
    pub limits: LimitArgs,
    /// The identity providers of courts.
    #[cfg(feature = "oidc")]
    pub oidc: OidcArgs,
    /// Limits of connections and bodies.
    pub http: Options,
    /// The log.
    pub log: LogConfig,
}

impl Default for NodeConfig {
    fn default() -> Self {
        Self {
            data: PathBuf::from("chain-data"),
            origin: None,
            next_key_out: None,
            test: false,
            confirm_clock_gap: false,
            operator_name: None,
            operator_nature: None,
            record_filing: None,
            clock_source: None,
            operator_token: None,
            listen: vec![ListenAddress::Tcp(([127, 0, 0, 1], 7654).into())],
            socket_mode: 0o660,
            trusted_proxies: Vec::new(),
            tls_certificate: None,
            tls_key: None,
            deposits: DepositArgs::default(),
            witnesses: WitnessArgs::default(),
            timestamps: TimestampArgs::default(),
            queue: start::Options::default().queue_capacity,
            requests_per_address: None,
            requests_per_account: None,
            requests_per_route: Vec::new(),
            limits: LimitArgs::default(),
            #[cfg(feature = "oidc")]
            oidc: OidcArgs::default(),
            http: Options::default(),
            log: LogConfig::default(),
        }
    }
}

impl NodeConfig {
    /// Checks the settings that depend on each other.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn check(&self) -> Result<(), CliError> {
        if self.tls_certificate.is_some() != self.tls_key.is_some() {
            let en = "tls.certificate and tls.key must be set together";
            return Err(CliError::usage("bad_setting", "tls.certificate 与 tls.key 须同时设置", en));
        }
        if self.listen.is_empty() {
            let en = "network.listen names no address";
            return Err(CliError::usage("bad_setting", "network.listen 未列出任何地址", en));
        }
        #[cfg(feature = "oidc")]
        self.oidc.check()?;
        Ok(())
    }

    /// The certificate files, if TLS is configured.
    #[must_use]
    pub fn tls(&self) -> Option<TlsFiles> {
        let (certificate, key) = self.tls_certificate.clone().zip(self.tls_key.clone())?;
        Some(TlsFiles { certificate, key })
    }

    /// The limits of the HTTP server, with at most `connections`.
    #[must_use]
    pub fn http_options(&self, connections: usize) -> Options {
        let trusted_proxies = NetworkList::new(self.trusted_proxies.clone());
        let connections_per_client = self.http.connections_per_client.min(connections.div_ceil(2));
        Options { connections, connections_per_client, trusted_proxies, ..self.http.clone() }
    }

    /// The rate limits of requests; by default those of a live ledger, and none for a test ledger.
    #[must_use]
    pub fn request_limits(&self, mode: Mode) -> RequestLimits {
        let usual = if mode == Mode::Test { RequestLimits::none() } else { RequestLimits::default() };
        RequestLimits {
            per_address: self.requests_per_address.unwrap_or(usual.per_address),
            per_account: self.requests_per_account.unwrap_or(usual.per_account),
            // The operator's limits follow, since the last limit of a route is used.
            per_route: usual.per_route.into_iter().chain(self.requests_per_route.iter().cloned()).collect(),
        }
    }
}
