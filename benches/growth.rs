//! Grows a ledger quickly with real records. Each statement is signed and read back through the parser; each block is appended,
//! read back, signed and published as the sequencer does. There are no requests, and new signatures are not checked.
//!
//! `cargo bench --bench growth -- FOLDER DEPOSITS` grows the ledger in FOLDER to this number of deposits, and creates it first if
//! there is none; `tiezheng serve` opens it like any other. `NUMBERS=FILE` keeps up to a million deposit numbers, spread over the
//! whole ledger, for `tiezheng load --read FILE`. `LINES=all` makes statements with every optional line, `KEYS` depositors' keys
//! (default 1,000), `BLOCK` deposits a block (default 1,000). `COMPACT=1` compacts all tables at the end. One JSON line has the
//! result.

#![expect(
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::similar_names,
    reason = "a bench speaks on standard output, and stops when something is not there"
)]

use std::env;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use serde_json::json;
use tiezheng::ledger::chain::{PendingLeaf, next};
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::key::{Name, Signer, VerifierKey};
use tiezheng::ledger::media::MediaType;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::notice::Mode;
use tiezheng::ledger::number::{DepositNumber, RANDOM_BITS};
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::{Link, LinkKind, ManifestRoot, Statement, Subject};
use tiezheng::query::key_history::key_history;
use tiezheng::sequencer::clock::{Clock as _, SystemClock};
use tiezheng::sequencer::ledger_keys::LedgerKeys;
use tiezheng::sequencer::lifecycle::DurableTip;
use tiezheng::sequencer::read_back::ReadBackVerifier;
use tiezheng::sequencer::start::{Genesis, Options, start};
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::store::traits::{LogReader as _, LogStore as _};
use tokio::time::Instant;

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Numbers kept at most.
const NUMBERS: u64 = 1_000_000;

fn setting(name: &str, default: usize) -> usize {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}

/// The ledger in `folder`, with its keys beside it.
fn open(folder: &Path) -> (RocksStore, Signer) {
    let options = tuning::Options::default();
    let key_file = folder.join("ledger.key");
    if key_file.exists() {
        let text = fs::read_to_string(&key_file).expect("a key file");
        let signer = Signer::parse(text.trim()).expect("a key");
        return (RocksStore::open(folder, &options).expect("the ledger"), signer);
    }
    let name = Name::parse("bench.example/growth").expect("a name");
    let [signer, successor] = [random::<32>(), random()].map(|seed| Signer::new(name.clone(), &seed).expect("a key"));
    let store = RocksStore::create(folder, &name, &options).expect("a new ledger");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("a folder of one's own");
    for (file, key) in [("next.key", &successor), ("ledger.key", &signer)] {
        let mut file =
            File::options().create_new(true).write(true).mode(0o600).open(folder.join(file)).expect("a file");
        writeln!(file, "{}", *key.to_private_text()).expect("a key file");
    }
    (store, signer)
}

/// The form of the statements.
#[derive(Clone)]
struct Shape {
    ledger: Name,
    keys: usize,
    all_lines: bool,
    /// The first deposit, which all others refer to.
    target: DepositNumber,
}

fn statement(shape: &Shape, signer: &Signer, is_first: bool) -> SignedStatement {
    let digest = || Some(Digest(random()));
    let all = shape.all_lines;
    let statement = Statement {
        ledger: shape.ledger.clone(),
        content: Some(Content {
            form: Form::Plain { size: 1 + u64::from(random::<1>()[0]) },
            sha256: digest(),
            sm3: digest(),
        }),
        manifest: all.then(|| ManifestRoot { root: Digest(random()), count: 1_000 }),
        media_type: MediaType::parse("application/pdf"),
        meta: digest().filter(|_| all),
        subject: all.then(|| Subject { id: Digest(random()), sequence: 1 }),
        links: (all && !is_first)
            .then_some(Link { kind: LinkKind::Refers, number: shape.target })
            .into_iter()
            .collect(),
        on_behalf: digest().filter(|_| all),
        nonce: random(),
        keys: vec![signer.verifier().clone()],
    };
    SignedStatement::sign_unproven(statement, std::slice::from_ref(signer)).expect("a signed statement")
}

/// Makes statements on a separate thread, a block at a time.
fn makers(shape: &Shape, block: usize, blocks: u64) -> Receiver<Vec<SignedStatement>> {
    let (give, take) = sync_channel(4);
    let cores = thread::available_parallelism().map_or(1, usize::from) as u64;
    for core in 0..cores {
        let (give, shape) = (give.clone(), shape.clone());
        thread::spawn(move || {
            let share = shape.keys.div_ceil(cores as usize).max(1);
            let seed = |n: usize| sha256(&[core.to_be_bytes(), (n as u64).to_be_bytes()].concat()).0;
            let signers: Vec<Signer> = (0..share).map(|n| Signer::of_depositor(&seed(n)).expect("a key")).collect();
            for _ in (core..blocks).step_by(cores as usize) {
                let made = (0..block).zip(signers.iter().cycle()).map(|(_, signer)| statement(&shape, signer, false));
                if give.send(made.collect()).is_err() {
                    return;
                }
            }
        });
    }
    take
}

fn draw(clock: &SystemClock) -> DepositNumber {
    let date = clock.read().wall.beijing_date();
    loop {
        let bits = u64::from_be_bytes(random()) >> (u64::BITS - RANDOM_BITS);
        if let Some(number) = DepositNumber::draw(true, date, bits) {
            return number;
        }
    }
}

/// The number of the first deposit: of the ledger, or the one that it will get.
fn first_number(store: &RocksStore, deposits: u64, clock: &SystemClock) -> DepositNumber {
    if deposits == 0 {
        return draw(clock);
    }
    let first = store.leaf(LeafIndex(2)).expect("the first deposit");
    Entry::parse(&first).expect("an entry").number
}

/// The key that the genesis notice announces as the successor.
fn successor(folder: &Path) -> VerifierKey {
    let text = fs::read_to_string(folder.join("next.key")).expect("the successor's key");
    Signer::parse(text.trim()).expect("a key").verifier().clone()
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [folder, deposits] = arguments.as_slice() else {
        // `cargo bench` without arguments runs every bench: this one has nothing to do then.
        println!("growth: cargo bench --bench growth -- FOLDER DEPOSITS");
        return;
    };
    let (folder, wanted): (PathBuf, u64) = (folder.into(), deposits.parse().expect("a number of deposits"));
    let (store, signer) = open(&folder);
    let (store, name) = (Arc::new(store), signer.verifier().name().clone());
    let genesis = Genesis { mode: Mode::Test, successor: successor(&folder) };
    let key_text = signer.to_private_text();
    let options = Options { clock_gap_confirmed: true, ..Options::default() };
    let (_, running) =
        start(Arc::clone(&store), signer, Some(&genesis), SystemClock::new(), &options).expect("a sound ledger");
    running.shutdown();
    let keys = LedgerKeys::from(Signer::parse(&key_text).expect("a key"));
    let history = key_history(&*store).expect("a key history");
    let (block, clock) = (setting("BLOCK", 1_000), SystemClock::new());
    let mut tip = store.tip().expect("a tip");
    // Without the headers and the genesis notice.
    let before = tip.size().0 - tip.next_height.0 - 1;
    let shape = Shape {
        ledger: name,
        keys: setting("KEYS", 1_000),
        all_lines: env::var("LINES").is_ok_and(|lines| lines == "all"),
        target: first_number(&store, before, &clock),
    };
    let (target, blocks) = (shape.target, wanted.saturating_sub(before).div_ceil(block as u64));
    let mut numbers = env::var_os("NUMBERS")
        .map(|path| BufWriter::new(File::options().create(true).append(true).open(path).expect("a file for numbers")));
    let keep_each = wanted.div_ceil(NUMBERS).max(1);
    let (begun, mut count) = (Instant::now(), before);
    let (mut verifier, depositor) = (ReadBackVerifier::after(&tip), Signer::of_depositor(&random()).expect("a key"));
    let first = (before == 0).then(|| vec![statement(&shape, &depositor, true)]);
    for statements in first.into_iter().chain(makers(&shape, block, blocks)) {
        let now = clock.read().wall.max(tip.last_time);
        let waiting = statements.into_iter().map(|statement| {
            let number = if count == 0 { target } else { draw(&clock) };
            count += 1;
            if let Some(numbers) = numbers.as_mut().filter(|_| count % keep_each == 0) {
                writeln!(numbers, "{number}").expect("a number kept");
            }
            PendingLeaf::Deposit { number, statement }
        });
        let next = next(&tip, waiting.collect(), now).expect("a block");
        let durable = DurableTip::append(&*store, &next, &[], &[]).expect("an append");
        let verified = verifier.verify(&*store, &durable).expect("a read-back");
        verified.sign(&keys, &history).expect("a signature").publish(&*store).expect("a checkpoint file");
        tip = next.tip;
    }
    if let Some(mut numbers) = numbers {
        numbers.flush().expect("the numbers kept");
    }
    let grown = begun.elapsed();
    if setting("COMPACT", 0) == 1 {
        store.compact().expect("a compaction");
    }
    let size = store.tip().expect("a tip").size();
    drop(store);
    let bytes = bytes_in(&folder.join("db"));
    let line = json!({
        "deposits": count,
        "leaves": size.0,
        "grown_per_second": (count - before) as f64 / grown.as_secs_f64(),
        "db_bytes": bytes,
        "bytes_per_deposit": bytes as f64 / count as f64,
    });
    println!("{line}");
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("the database");
    entries.map(|entry| entry.expect("a file").metadata().expect("its size").len()).sum()
}
