//! The store: a block appended, signed and published; a number looked up, a leaf read, a receipt made. Every result is asserted.
//!
//! `BENCH_DIR` for the ledger (a temporary folder).

use std::env;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tiezheng::ledger::chain::{PendingLeaf, next};
use tiezheng::ledger::key::{Name, Signer};
use tiezheng::ledger::key_history::KeyHistory;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::verify::report::Conclusion;
use tiezheng::ledger::verify::trust::Trust;
use tiezheng::ledger::verify::verifier::{PresentedEvidence, Question, verify};
use tiezheng::load::deposits::make;
use tiezheng::query::key_history::key_history;
use tiezheng::query::receipts;
use tiezheng::query::records;
use tiezheng::sequencer::clock::{Clock as _, SystemClock};
use tiezheng::sequencer::ledger_keys::LedgerKeys;
use tiezheng::sequencer::lifecycle::DurableTip;
use tiezheng::sequencer::read_back::ReadBackVerifier;
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::store::traits::Index as _;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::LogStore as _;
use tiezheng::wire::deposit::DepositRequest;
use tokio::time::Instant;

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const A_BLOCK: usize = 100;
const BLOCKS: usize = 200;
/// A step through the numbers that meets all of them.
const STEP: usize = 7_919;

/// A ledger that the benchmark fills.
struct Ledger {
    store: Arc<RocksStore>,
    keys: LedgerKeys,
    history: KeyHistory,
    name: Name,
    verifier: ReadBackVerifier,
    clock: SystemClock,
    numbers: Vec<DepositNumber>,
    _folder: tempfile::TempDir,
}

impl Ledger {
    fn begin() -> Self {
        let folder = env::var_os("BENCH_DIR").map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a folder");
        let name = Name::parse("bench.example/store").expect("a name");
        let [signer, successor] = [1, 2].map(|seed| Signer::new(name.clone(), &[seed; 32]).expect("a key"));
        let store = RocksStore::create(&folder.path().join("ledger"), &name, &tuning::Options::default());
        let store = Arc::new(store.expect("a new ledger"));
        let genesis = Genesis { mode: Mode::Test, successor: successor.verifier().clone() };
        let key = Signer::new(name.clone(), &[1; 32]).expect("a key");
        let (_, running) =
            start(Arc::clone(&store), key, Some(&genesis), SystemClock::new(), &Options::default()).expect("a ledger");
        running.shutdown();
        let verifier = ReadBackVerifier::after(&store.tip().expect("a tip"));
        let history = key_history(&*store).expect("the ledger's keys");
        let keys = LedgerKeys::from(signer);
        Self { store, keys, history, name, verifier, clock: SystemClock::new(), numbers: Vec::new(), _folder: folder }
    }

    fn statements(&self) -> Vec<SignedStatement> {
        let requests = make(&self.name, 16, A_BLOCK).expect("signed statements");
        let read = |bytes: &Vec<u8>| {
            let request = DepositRequest::parse(bytes).expect("a request");
            request.read().expect("a statement").0.verify().expect("a good signature")
        };
        requests.iter().map(read).collect()
    }

    /// Seals one block; how long append, read-back, signature and publication took.
    fn seal(&mut self) -> Duration {
        let tip = self.store.tip().expect("a tip");
        let (now, first) = (self.clock.read().wall.max(tip.last_time), self.numbers.len() as u64);
        let numbers = (0..).filter_map(|draw| DepositNumber::draw(true, now.beijing_date(), first << 20 | draw));
        let numbered: Vec<_> = numbers.zip(self.statements()).collect();
        self.numbers.extend(numbered.iter().map(|(number, _)| *number));
        let waiting = numbered.into_iter().map(|(number, statement)| PendingLeaf::Deposit { number, statement });
        let block = next(&tip, waiting.collect(), now).expect("a block");
        let begun = Instant::now();
        let durable = DurableTip::append(&*self.store, &block, &[], &[]).expect("an append");
        let verified = self.verifier.verify(&*self.store, &durable).expect("a read-back");
        verified
            .sign(&self.keys, &self.history)
            .expect("a signature")
            .publish(&*self.store)
            .expect("a checkpoint file");
        let took = begun.elapsed();
        assert_eq!(self.store.published().expect("a checkpoint").size(), block.tip.size());
        took
    }
}

fn store(criterion: &mut Criterion) {
    let mut ledger = Ledger::begin();
    for _ in 0..BLOCKS {
        ledger.seal();
    }
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10).throughput(Throughput::Elements(A_BLOCK as u64));
    group.bench_function("a block of 100: append, read back, sign, mark", |bencher| {
        bencher.iter_custom(|blocks| (0..blocks).map(|_| ledger.seal()).sum());
    });
    let (store, numbers) = (&ledger.store, &ledger.numbers);
    let trust = Trust::new(vec![ledger.keys.first().verifier().clone()]);
    let mut at = 0;
    let mut another = || {
        at = (at + STEP) % numbers.len();
        numbers.get(at).expect("a number")
    };
    group.throughput(Throughput::Elements(1));
    group.bench_function("find a number", |bencher| {
        bencher.iter(|| store.index_of_number(black_box(another())).expect("a read").expect("a deposit"));
    });
    group.bench_function("read an entry", |bencher| {
        let index = store.index_of_number(another()).expect("a read").expect("a deposit");
        bencher.iter(|| records::entry(&**store, black_box(index)).expect("an entry"));
    });
    group.bench_function("make a receipt", |bencher| {
        bencher.iter(|| {
            let index = store.index_of_number(another()).expect("a read").expect("a deposit");
            let receipt = receipts::receipt(&**store, index).expect("a receipt");
            assert_eq!(receipt.index, index);
        });
    });
    group.finish();
    for number in numbers.iter().step_by(1_000) {
        let index = store.index_of_number(number).expect("a read").expect("a deposit");
        assert!(index > LeafIndex(0));
        let receipt = receipts::receipt(&**store, index).expect("a receipt");
        let presented = PresentedEvidence::Nothing;
        let question = Question { presented, ..Question::about(&receipt, &trust) };
        assert_eq!(verify(&question).conclusion, Conclusion::RecordOnly);
    }
}

criterion_group!(benches, store);
criterion_main!(benches);
