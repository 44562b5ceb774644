//! Operations whose cost must not depend on the size of the ledger, at 1,000 and at 100,000 records: the audit's index
//! checks of deposits of one digest, of an original and of a case with that many accesses, pages of their logs and of lists.
//!
//! `cargo bench --bench bounded`. A bounded operation costs the same at both sizes. The audit as a whole is linear: its
//! throughput per deposit is bounded.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use futures_util::stream;
use serde_json::Map;
use tiezheng::audit::walk::{Options, walk};
use tiezheng::court::acts::{Act, Open};
use tiezheng::court::case::rules_version::RulesVersion;
use tiezheng::court::case_number::CourtCode;
use tiezheng::court::ids::{CaseId, PartyNumber};
use tiezheng::court::values::{Capacity, Filer, IdentityCheck};
use tiezheng::court::words::{
    AccessedContent, CaseKind, IdentityLevel, IdentityMethod, PartyRole, Procedure, Scope, SubjectKind,
};
use tiezheng::custody::store::EncryptedObjectStore;
use tiezheng::filing::access::AccessTarget;
use tiezheng::filing::actor::{Actor, RequestContext};
use tiezheng::filing::deposits::OnBehalfCommand;
use tiezheng::filing::originals::OriginalUpload;
use tiezheng::filing::secret::random_request_id;
use tiezheng::filing::service::{Dependencies, FilingService};
use tiezheng::filing::webhook_addresses::WebhookAddresses;
use tiezheng::ledger::chain::{self, PendingLeaf};
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::notice::{Mode, Notice, NoticeKind};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::Statement;
use tiezheng::ledger::time::Timestamp;
use tiezheng::query::service::QueryService;
use tiezheng::sequencer::clock::SystemClock;
use tiezheng::sequencer::start::{self, Genesis, RunningSequencer};
use tiezheng::store::account_memory::MemoryAccounts;
use tiezheng::store::memory::MemoryStore;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::store::traits::LedgerReader;
use tiezheng::store::traits::{LogStore as _, Published};
use tokio::runtime::Runtime;
use tokio_util::bytes::Bytes;

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [u64; 2] = [1_000, 100_000];
const A_BLOCK: u64 = 1_000;
const PAGE: usize = 50;
const ORIGINAL: &[u8] = b"the original of the benchmark";

fn origin() -> Name {
    Name::parse("bench.example/bounded").expect("a name")
}

fn ledger_key() -> Signer {
    Signer::new(origin(), &[9; 32]).expect("a key")
}

fn content() -> Content {
    let sm3 = <sm3::Sm3 as sha2::Digest>::digest(ORIGINAL);
    let size = ORIGINAL.len() as u64;
    Content { form: Form::Plain { size }, sha256: Some(sha256(ORIGINAL)), sm3: Some(Digest(sm3.into())) }
}

/// Deposit `n`: always of the same digest.
fn deposit(n: u64) -> PendingLeaf {
    let signer = Signer::of_depositor(&[1; 32]).expect("a key");
    let mut nonce = [0; 16];
    nonce[..8].copy_from_slice(&n.to_be_bytes());
    let statement = Statement {
        ledger: origin(),
        content: Some(content()),
        manifest: None,
        media_type: None,
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: None,
        nonce,
        keys: vec![signer.verifier().clone()],
    };
    let statement = SignedStatement::sign(statement, &[signer]).expect("a statement");
    let number = (0..).find_map(|draw| DepositNumber::draw(true, 20_261_122, n << 8 | draw)).expect("a number");
    PendingLeaf::Deposit { number, statement }
}

fn second(n: u64) -> Timestamp {
    let start = Timestamp::parse("2026-11-21T16:00:00.000Z").expect("a time");
    Timestamp::from_millis(start.as_millis() + 1_000 * n).expect("a time")
}

fn seal(store: &RocksStore, waiting: Vec<PendingLeaf>) {
    let tip = store.tip().expect("a tip");
    let block = chain::next(&tip, waiting, second(tip.next_height.0)).expect("a block");
    store.append(&block, &[], &[]).expect("appended");
    let checkpoint = Checkpoint { origin: origin(), size: block.tip.size(), root: block.tip.root() };
    let checkpoint = checkpoint.sign(&ledger_key()).expect("a checkpoint");
    let (height, block_time) = (block.header.height, block.header.time);
    store.publish(Published { checkpoint, height, block_hash: block.hash, block_time }).expect("published");
}

/// The audit of `n` deposits of one digest: each deposit's index rows are checked.
fn audit(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("audit of one digest");
    group.sample_size(10).warm_up_time(Duration::from_millis(100));
    for size in SIZES {
        let folder = tempfile::tempdir().expect("a folder");
        let store = RocksStore::create(&folder.path().join("ledger"), &origin(), &tuning::Options::default());
        let store = store.expect("a ledger");
        let genesis = Notice {
            ledger: origin(),
            received: second(0),
            kind: NoticeKind::Genesis { mode: Mode::Test, key: ledger_key().verifier().clone(), next: Digest([1; 32]) },
        };
        seal(&store, vec![PendingLeaf::Notice(genesis.sign(&[&ledger_key()]).expect("a notice"))]);
        for first in (0..size).step_by(usize::try_from(A_BLOCK).expect("small")) {
            seal(&store, (first..size.min(first + A_BLOCK)).map(deposit).collect());
        }
        let options = Options { signatures: false, ..Options::default() };
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::from_parameter(size), |bench| {
            bench.iter(|| {
                let report = walk(&store, &options, |_| {}).expect("an audit");
                assert!(report.is_clean() && report.entries == size, "{:?}", report.findings);
            });
        });
    }
    group.finish();
}

/// A filing service over a ledger in memory, and an account with all permissions.
struct FilingBench {
    filing: FilingService,
    actor: Actor,
    runtime: Runtime,
    running: Option<RunningSequencer>,
    _originals: tempfile::TempDir,
}

fn new_request() -> RequestContext {
    RequestContext { request: random_request_id().expect("randomness"), body: Digest([0; 32]), capacity: None }
}

impl FilingBench {
    fn open() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let store = Arc::new(MemoryStore::new(origin()));
        let genesis =
            Genesis { mode: Mode::Test, successor: Signer::new(origin(), &[8; 32]).expect("a key").verifier().clone() };
        let options = start::Options { queue_capacity: 1_000, clock_gap_confirmed: false };
        let started = start::start(Arc::clone(&store), ledger_key(), Some(&genesis), SystemClock::new(), &options);
        let (sequencer, running) = started.expect("a sequencer");
        let originals = tempfile::tempdir().expect("a folder");
        let filing = FilingService::open(Dependencies {
            queries: Arc::new(QueryService::new(Arc::clone(&store) as Arc<dyn LedgerReader>, 16)),
            store,
            sequencer,
            platform: Signer::of_depositor(&[77; 32]).expect("a key"),
            originals: EncryptedObjectStore::in_folder(originals.path()).expect("custody"),
            accounts: Arc::new(MemoryAccounts::default()),
            webhook_addresses: WebhookAddresses::allowing(&[]),
            clock: Box::new(SystemClock::new()),
        });
        let filing = filing.expect("a filing");
        let (id, token) = runtime.block_on(filing.make_operator(30)).expect("an operator");
        let mut account = filing.registry().accounts.get(&id).expect("the account").clone();
        let identity = IdentityCheck { method: IdentityMethod::Face, level: IdentityLevel::High, at: second(0) };
        account.identities.push((identity, None));
        let actor =
            Actor { id, token: token.id(), session: None, account, scopes: Scope::ALL.iter().copied().collect() };
        Self { filing, actor, runtime, running: Some(running), _originals: originals }
    }

    fn deposit_on_behalf(&self) -> DepositNumber {
        let mut metadata = Map::new();
        metadata.insert("name".into(), "合同".into());
        let entrusted =
            OnBehalfCommand { content: content(), media_type: None, links: vec![], metadata, texts: vec![] };
        self.runtime
            .block_on(self.filing.deposit_on_behalf(&self.actor, &new_request(), &entrusted))
            .expect("a deposit")
            .number
    }

    fn give(&self, number: DepositNumber) {
        let parts = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(ORIGINAL))]);
        let incoming = OriginalUpload { stream: parts, announced: None, limit: 1 << 20 };
        let request = new_request();
        let taken = self.filing.store_original(&self.actor, (number, None), &request, None, incoming);
        self.runtime.block_on(taken).expect("custody");
    }

    fn open_case(&self) -> CaseId {
        let court = CourtCode::parse("粤0192").expect("a court");
        let request = new_request();
        let opened = self.filing.open_case(&self.actor, &request, &court, Filer::Principal, |annexes| {
            Ok(Act::Open(Open {
                court: court.clone(),
                kind: CaseKind::CivilFirst,
                procedure: Procedure::Ordinary,
                role: PartyRole::Plaintiff,
                subject: SubjectKind::NaturalPerson,
                filer: Filer::Principal,
                authority: None,
                identity: self.actor.identity(),
                from: None,
                transfer: None,
                account: None,
                name: annexes.add("name", "原告")?,
                title: None,
                claims: None,
                power: None,
                rules: Some(RulesVersion::CURRENT),
                special: Vec::new(),
                instance: Vec::new(),
                former_role: None,
                hand_over: None,
                relationship: None,
            }))
        });
        self.runtime.block_on(opened).expect("a case").file.id
    }

    fn look(&self, capacity: Capacity, target: AccessTarget, times: u64) {
        self.runtime.block_on(async {
            for _ in 0..times {
                self.filing.record_access(&self.actor, capacity, target).await.expect("recorded");
            }
        });
    }
}

impl Drop for FilingBench {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown();
        }
    }
}

fn requests(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("requests");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    for size in SIZES {
        let office = FilingBench::open();
        let (number, case) = (office.deposit_on_behalf(), office.open_case());
        office.give(number);
        office.look(Capacity::Oneself, AccessTarget::Deposit(number, AccessedContent::Original), size);
        office.look(Capacity::Party(PartyNumber(1)), AccessTarget::Case(case, AccessedContent::CaseFile, None), size);
        for _ in 0..size {
            office.deposit_on_behalf();
        }
        let (filing, actor, runtime) = (&office.filing, &office.actor, &office.runtime);
        group.bench_function(BenchmarkId::new("original", size), |bench| {
            bench.iter(|| {
                drop(black_box(runtime.block_on(filing.open_original_for(actor, number, None)).expect("given")));
            });
        });
        group.bench_function(BenchmarkId::new("case", size), |bench| {
            bench.iter(|| black_box(runtime.block_on(filing.view_case(actor, case, 0, PAGE)).expect("seen")));
        });
        group.bench_function(BenchmarkId::new("log of a deposit", size), |bench| {
            bench.iter(|| black_box(runtime.block_on(filing.deposit_log(actor, number, 0, PAGE)).expect("a page")));
        });
        group.bench_function(BenchmarkId::new("log of a case", size), |bench| {
            let last = size - PAGE as u64;
            bench.iter(|| black_box(runtime.block_on(filing.access_log(actor, case, last, PAGE)).expect("a page")));
        });
        group.bench_function(BenchmarkId::new("own deposits", size), |bench| {
            bench.iter(|| black_box(runtime.block_on(filing.own_deposits(actor, None, PAGE)).expect("a page")));
        });
        group.bench_function(BenchmarkId::new("cases", size), |bench| {
            bench.iter(|| black_box(runtime.block_on(filing.cases_of(actor, None, PAGE)).expect("a page")));
        });
    }
    group.finish();
}

fn main() {
    let mut bench = Criterion::default().configure_from_args();
    audit(&mut bench);
    requests(&mut bench);
    bench.final_summary();
}
