//! A whole node on its own port with a client. When it is dropped, its ledger is audited.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use tiezheng::audit::walk::{self, walk};
use tiezheng::cosigning::cosigning_state::Cosigning;
use tiezheng::custody::space::Limits;
use tiezheng::custody::store::EncryptedObjectStore;
use tiezheng::filing::deposit_policy::DepositPolicy;
use tiezheng::filing::service::FilingStore;
use tiezheng::filing::service::{Dependencies, FilingService};
use tiezheng::filing::webhook_addresses::WebhookAddresses;
use tiezheng::http::admission::DepositLimits;
use tiezheng::http::app_state::AppState;
use tiezheng::http::listener::Listener;
use tiezheng::http::options::Options;
use tiezheng::http::request_limits::RequestLimits;
use tiezheng::http::server::serve;
use tiezheng::ledger::key::Signer;
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::receipt::Receipt;
use tiezheng::ledger::statement::signed::StatementNote;
use tiezheng::ledger::time::Timestamp;
use tiezheng::ledger::verify::attestation_trust::AttestationTrust;
use tiezheng::oidc::logins::OidcLogins;
use tiezheng::query::service::QueryService;
use tiezheng::sequencer::clock::ManualClock;
use tiezheng::sequencer::handle::Sequencer;
use tiezheng::sequencer::start::{self, Genesis, RunningSequencer};
use tiezheng::store::account_memory::MemoryAccounts;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::traits::accounts::AccountStore;
use tiezheng::store::traits::{LedgerReader, LogStore};
use tiezheng::wire::deposit::DepositRequest;
use tiezheng::wire::{json, receipt};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::depositor::{ledger_key, origin, successor};
use crate::support::described::assert_documented;
use crate::support::stores::small;

/// The configuration of a test node.
pub(crate) struct NodeConfig {
    pub(crate) http: Options,
    /// Most deposits waiting.
    pub(crate) pool: usize,
    pub(crate) clock: ManualClock,
    /// Of the ledger.
    pub(crate) mode: Mode,
    /// The reader of the HTTP layer, instead of the ledger's own store.
    pub(crate) reader: Option<Arc<dyn LedgerReader>>,
    /// The store of the filing service, instead of the ledger's own store.
    pub(crate) filing_store: Option<Arc<dyn FilingStore>>,
    /// Who may deposit.
    pub(crate) deposits: DepositPolicy,
    /// How often they may deposit.
    pub(crate) limits: DepositLimits,
    /// How often requests are accepted.
    pub(crate) requests: RequestLimits,
    /// The store of enrolled keys and pending revocations; by default in memory.
    pub(crate) accounts: Arc<dyn AccountStore>,
    /// Limits of originals in custody.
    pub(crate) originals: Limits,
    /// Networks that webhooks may call although they are not public.
    pub(crate) webhook_networks: Vec<ipnet::IpNet>,
    /// Starts the collection of cosignatures, if there is any.
    pub(crate) cosigning: Option<StartCosigning>,
    /// The identity providers of courts.
    pub(crate) oidc: OidcLogins,
    /// The witnesses and timestamp authorities that the node trusts.
    pub(crate) attesters: AttestationTrust,
}

/// Starts the collection of cosignatures beside a sequencer.
pub(crate) type StartCosigning = Box<dyn FnOnce(Sequencer) -> Cosigning + Send>;

impl Default for NodeConfig {
    fn default() -> Self {
        let noon = Timestamp::parse("2026-11-22T12:00:00.000Z").unwrap();
        Self {
            http: Options::default(),
            pool: 1_000,
            clock: ManualClock::at(noon),
            mode: Mode::Test,
            reader: None,
            filing_store: None,
            deposits: DepositPolicy::Open,
            limits: DepositLimits::none(),
            requests: RequestLimits::none(),
            accounts: Arc::new(MemoryAccounts::default()),
            originals: Limits::NONE,
            webhook_networks: vec!["127.0.0.0/8".parse().unwrap()],
            cosigning: None,
            oidc: OidcLogins::default(),
            attesters: AttestationTrust::default(),
        }
    }
}

/// A running node.
pub(crate) struct TestNode {
    pub(crate) client: reqwest::Client,
    pub(crate) sequencer: Sequencer,
    pub(crate) store: Arc<dyn FilingStore>,
    pub(crate) filing: Arc<FilingService>,
    pub(crate) clock: ManualClock,
    address: SocketAddr,
    running: Option<RunningSequencer>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<std::io::Result<()>>>,
    /// Originals in custody, removed with the node.
    pub(crate) originals: tempfile::TempDir,
    /// Removed with the node.
    folder: Option<tempfile::TempDir>,
}

/// The answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl TestNode {
    /// A node over RocksDB, in a folder of its own.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = RocksStore::create(&folder.path().join("ledger"), &origin(), &small()).unwrap();
        let mut state = Self::over(Arc::new(store), NodeConfig::default()).await;
        state.folder = Some(folder);
        state
    }

    /// A node in memory.
    pub(crate) async fn in_memory(plan: NodeConfig) -> Self {
        Self::over(Arc::new(MemoryStore::new(origin())), plan).await
    }

    /// A node over `store`.
    pub(crate) async fn over<S: LogStore + FilingStore + 'static>(store: Arc<S>, plan: NodeConfig) -> Self {
        let genesis = Genesis { mode: plan.mode, successor: successor() };
        let options = start::Options { queue_capacity: plan.pool, clock_gap_confirmed: false };
        let clock = plan.clock.share();
        let (sequencer, running) =
            start::start(Arc::clone(&store), ledger_key(), Some(&genesis), clock, &options).unwrap();
        let store: Arc<dyn FilingStore> = store;
        let reader = plan.reader.unwrap_or_else(|| Arc::clone(&store) as Arc<dyn LedgerReader>);
        let originals = tempfile::tempdir().unwrap();
        let queries = Arc::new(QueryService::new(reader, plan.http.reads));
        let filing = Arc::new(
            FilingService::open(Dependencies {
                queries: match &plan.filing_store {
                    Some(store) => {
                        Arc::new(QueryService::new(Arc::clone(store) as Arc<dyn LedgerReader>, plan.http.reads))
                    }
                    None => Arc::clone(&queries),
                },
                store: plan.filing_store.unwrap_or_else(|| Arc::clone(&store)),
                sequencer: sequencer.clone(),
                platform: Signer::of_depositor(&[77; 32]).unwrap(),
                originals: EncryptedObjectStore::in_folder(originals.path()).unwrap().within(plan.originals),
                accounts: plan.accounts,
                webhook_addresses: WebhookAddresses::allowing(&plan.webhook_networks),
                clock: Box::new(plan.clock.share()),
            })
            .unwrap()
            .with_attestation_trust(plan.attesters),
        );
        let state = AppState::new(queries, sequencer.clone(), plan.http).with_filing(Arc::clone(&filing));
        let state = state.with_oidc(plan.oidc);
        let state = state.with_cosigning(plan.cosigning.map(|start| start(sequencer.clone())));
        let state = state.with_admission(plan.deposits, &plan.limits).with_request_limits(&plan.requests);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server =
            tokio::spawn(serve(vec![Listener::plain(listener)], state, async move { stopped.await.unwrap_or(()) }));
        Self {
            client: client(),
            sequencer,
            store,
            filing,
            clock: plan.clock,
            originals,
            address,
            running: Some(running),
            stop: Some(stop),
            server: Some(server),
            folder: None,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(self.url(path))).await
    }

    pub(crate) async fn post(&self, path: &str, media_type: &str, body: impl Into<reqwest::Body>) -> Answer {
        self.send(self.client.post(self.url(path)).header(CONTENT_TYPE, media_type).body(body)).await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let answer = client.execute(request).await.unwrap();
        let mut headers = answer.headers().clone();
        // Every answer has a random request id, which tests do not compare.
        assert!(headers.remove("x-request-id").is_some());
        let answer =
            Answer { status: answer.status().as_u16(), headers, bytes: answer.bytes().await.unwrap().to_vec() };
        assert_documented(&method, &path, &answer);
        answer
    }

    /// Requests a deposit.
    pub(crate) async fn post_deposit(&self, statement: &StatementNote) -> Answer {
        self.post("/v1/deposits", "application/json", request(statement)).await
    }

    /// Makes a deposit that must succeed.
    pub(crate) async fn deposit(&self, statement: &StatementNote) -> Receipt {
        let answer = self.post_deposit(statement).await;
        assert!([200, 201].contains(&answer.status), "{}", answer.text());
        receipt::parse(&answer.bytes).unwrap()
    }

    /// The deposit number in a receipt.
    pub(crate) fn number(receipt: &Receipt) -> String {
        receipt.entry.lines().nth(1).unwrap().strip_prefix("number ").unwrap().into()
    }

    /// Stops the sequencer: deposits fail, and reads still work.
    pub(crate) fn stop_sequencer(&mut self) {
        self.running.take().unwrap().shutdown();
    }

    /// Stops accepting connections, and returns the task of the server.
    pub(crate) fn begin_shutdown(&mut self) -> JoinHandle<std::io::Result<()>> {
        let _ = self.stop.take().unwrap().send(());
        self.server.take().unwrap()
    }
}

impl Drop for TestNode {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.abort();
        }
        if let Some(running) = self.running.take() {
            running.shutdown();
        }
        if !std::thread::panicking() {
            audit(&*self.store);
        }
        drop(self.folder.take());
    }
}

/// Audits the whole ledger, which must have no finding.
fn audit(store: &dyn LedgerReader) {
    let options = walk::Options { pinned: Some(ledger_key().verifier().clone()), ..walk::Options::default() };
    let report = walk(store, &options, |_| {}).unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
}

fn client() -> reqwest::Client {
    // Of several tests in one process, the first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().no_gzip().build().unwrap()
}

/// The body of a deposit.
pub(crate) fn request(statement: &StatementNote) -> String {
    json::line(&DepositRequest::new(statement, None).unwrap())
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of a problem, whose form is checked.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        assert_eq!(self.header("cache-control"), "no-store");
        let problem = self.json();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert_eq!(problem["status"], self.status);
        for text in ["title", "title_zh", "detail"] {
            assert!(!problem[text].as_str().unwrap().is_empty(), "{problem}");
        }
        (self.status, code.into())
    }
}
