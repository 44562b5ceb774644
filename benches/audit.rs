//! Audit of a whole ledger in RocksDB: deposits per second by kind of check, beside the signature throughput of the
//! cores. The result of each audit is asserted.
//!
//! `cargo bench --bench audit`. `AUDIT_DEPOSITS` sets the size (200,000), `AUDIT_LEDGER` a folder in which the ledger is made
//! once and kept. An argument after `--` runs only the audits that begin with it. Deposits are 618 bytes long, signed by 16 keys,
//! 1,000 to a block; all pages lie in the page cache.

use std::env;
use std::error::Error;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tiezheng::audit::walk::{Options, walk};
use tiezheng::ledger::chain::{self, PendingLeaf};
use tiezheng::ledger::checkpoint::Checkpoint;
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::hash::{Digest, sha256};
use tiezheng::ledger::key::{Name, SIGNATURE_LEN, Signer, VerifierKey};
use tiezheng::ledger::media::MediaType;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::note::Note;
use tiezheng::ledger::notice::{Mode, Notice, NoticeKind};
use tiezheng::ledger::number::DepositNumber;
use tiezheng::ledger::statement::content::{Content, Form};
use tiezheng::ledger::statement::signed::SignedStatement;
use tiezheng::ledger::statement::text::Statement;
use tiezheng::ledger::time::Timestamp;
use tiezheng::store::rocks::reader::RocksReader;
use tiezheng::store::rocks::store::RocksStore;
use tiezheng::store::rocks::tuning;
use tiezheng::store::traits::LogReader as _;
use tiezheng::store::traits::{LogStore as _, Published};

/// The allocator of the program, so that the benchmark runs as the program does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const A_BLOCK: u64 = 1_000;
const KEYS: u8 = 16;
/// Number of signatures with which the ceiling is measured.
const SAMPLE: u64 = 20_000;
const RUNS: usize = 3;

type Failure = Box<dyn Error + Send + Sync>;

fn origin() -> Name {
    Name::parse("bench.example/ledger").expect("a name")
}

fn ledger_key() -> Signer {
    Signer::new(origin(), &[9; 32]).expect("a key")
}

fn depositor(n: u64) -> Signer {
    let [n, ..] = (n % u64::from(KEYS)).to_le_bytes();
    Signer::of_depositor(&[n + 1; 32]).expect("a key")
}

fn second(n: u64) -> Timestamp {
    let start = Timestamp::parse("2026-11-21T16:00:00.000Z").expect("a time");
    Timestamp::from_millis(start.as_millis() + 1_000 * n).expect("a time")
}

fn deposit(n: u64) -> PendingLeaf {
    let digest = |kind: u8| Some(sha256(&[&n.to_be_bytes()[..], &[kind]].concat()));
    let (signer, Digest(account)) = (depositor(n), sha256(&n.to_be_bytes()));
    let mut nonce = [0; 16];
    nonce.copy_from_slice(&account[..16]);
    let statement = Statement {
        ledger: origin(),
        content: Some(Content { form: Form::Plain { size: 123_456 + n }, sha256: digest(0), sm3: digest(1) }),
        manifest: None,
        media_type: MediaType::parse("application/pdf"),
        meta: None,
        subject: None,
        links: vec![],
        on_behalf: Some(Digest(account)),
        nonce,
        keys: vec![signer.verifier().clone()],
    };
    let statement = SignedStatement::sign(statement, &[signer]).expect("a statement");
    let number = (0..).find_map(|draw| DepositNumber::draw(true, 20_261_122, n << 8 | draw)).expect("a number");
    PendingLeaf::Deposit { number, statement }
}

fn seal(store: &RocksStore, waiting: Vec<PendingLeaf>) -> Result<(), Failure> {
    let tip = store.tip()?;
    let block = chain::next(&tip, waiting, second(tip.next_height.0))?;
    store.append(&block, &[], &[])?;
    let checkpoint = Checkpoint { origin: origin(), size: block.tip.size(), root: block.tip.root() };
    let checkpoint = checkpoint.sign(&ledger_key())?;
    let (height, block_time) = (block.header.height, block.header.time);
    store.publish(Published { checkpoint, height, block_hash: block.hash, block_time })?;
    Ok(())
}

/// Makes the ledger; one thread per core signs blocks in advance.
fn grow(folder: &Path, deposits: u64) -> Result<(), Failure> {
    let store = RocksStore::create(folder, &origin(), &tuning::Options::default())?;
    let kind = NoticeKind::Genesis { mode: Mode::Test, key: ledger_key().verifier().clone(), next: Digest([1; 32]) };
    let genesis = Notice { ledger: origin(), received: second(0), kind }.sign(&[&ledger_key()])?;
    seal(&store, vec![PendingLeaf::Notice(genesis)])?;
    let firsts: Vec<u64> = (0..deposits).step_by(1_000).collect();
    for some in firsts.chunks(cores()) {
        let blocks: Vec<Vec<PendingLeaf>> = thread::scope(|scope| {
            let sign = |first: u64| (first..deposits.min(first + A_BLOCK)).map(deposit).collect();
            let signing: Vec<_> = some.iter().map(|first| scope.spawn(move || sign(*first))).collect();
            signing.into_iter().map(|block| block.join().expect("no signer panics")).collect()
        });
        blocks.into_iter().try_for_each(|block| seal(&store, block))?;
    }
    Ok(())
}

fn cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed(work: impl FnOnce()) -> Duration {
    let since = Instant::now();
    work();
    since.elapsed()
}

/// Runs `work` several times, if it is selected, and prints the number of `things` per second, median and range.
fn report(what: &str, things: u64, mut work: impl FnMut()) -> Result<Option<f64>, Failure> {
    if env::args().skip(1).any(|wanted| !wanted.starts_with("--") && !what.starts_with(&wanted)) {
        return Ok(None);
    }
    let mut times: Vec<Duration> = (0..RUNS).map(|_| timed(&mut work)).collect();
    times.sort();
    let rate = |time: &Duration| f64::from(u32::try_from(things).unwrap_or(u32::MAX)) / time.as_secs_f64();
    let rates: Vec<f64> = times.iter().map(rate).collect();
    let [best, .., worst] = rates.as_slice() else { return Ok(None) };
    let median = rates.get(RUNS / 2).copied();
    let shown = median.unwrap_or_default();
    writeln!(io::stdout(), "{what:<28} {shown:>11.0} a second ({worst:.0} to {best:.0})")?;
    Ok(median)
}

fn audit(store: &RocksReader, deposits: u64, (structure_only, signatures, indexes): (bool, bool, bool)) {
    let options = Options { pinned: Some(ledger_key().verifier().clone()), signatures, indexes, structure_only };
    let report = walk(store, &options, |_| {}).expect("there is a ledger");
    assert!(report.is_clean(), "{:#?}", report.findings);
    let blocks = deposits.div_ceil(A_BLOCK) + 1;
    assert_eq!((report.entries, report.notices, report.blocks), (deposits, 1, blocks));
    assert_eq!(report.signatures, if signatures { deposits } else { 0 });
    // Five rows a deposit, two a block, one for genesis.
    assert_eq!(report.index_rows, if indexes { 5 * deposits + 2 * blocks + 1 } else { 0 });
    assert_eq!(report.tiles, report.size.0 / 256 + report.size.0 / 65_536 + report.size.0 / 16_777_216);
}

/// Message, signature and key of the first deposits.
fn sample(store: &RocksReader, count: u64) -> Result<Vec<(String, [u8; SIGNATURE_LEN], VerifierKey)>, Failure> {
    let mut entries = Vec::new();
    for leaf in store.leaves(LeafIndex(0), count + count / A_BLOCK + 3)? {
        let Ok(entry) = Entry::parse(&leaf) else { continue };
        let note = Note::parse(entry.statement.to_string().as_bytes())?;
        let keys = &entry.statement.statement().keys;
        let (Some(signed), Some(key)) = (note.signatures().first(), keys.first()) else { continue };
        entries.push((note.text().to_owned(), signed.bytes.as_slice().try_into()?, key.clone()));
    }
    Ok(entries)
}

fn main() -> Result<(), Failure> {
    let deposits: u64 = env::var("AUDIT_DEPOSITS").ok().map_or(Ok(200_000), |text| text.parse())?;
    let temporary = tempfile::tempdir()?;
    let kept = env::var_os("AUDIT_LEDGER").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| temporary.path().join("ledger"));
    if !folder.exists() {
        grow(&folder, deposits)?;
    }
    let store = RocksStore::open_read_only(&folder, &tuning::Options::default())?;
    report("structure", deposits, || audit(&store, deposits, (true, false, false)))?;
    report("without signatures", deposits, || audit(&store, deposits, (false, false, false)))?;
    let signed = report("with signatures", deposits, || audit(&store, deposits, (false, true, false)))?;
    let signatures = sample(&store, SAMPLE.min(deposits / 2))?;
    let ceiling = report("verify_strict alone", signatures.len() as u64, || {
        thread::scope(|scope| {
            for part in signatures.chunks(signatures.len().div_ceil(cores())) {
                scope.spawn(move || {
                    let good = |(text, signature, key): &(String, _, VerifierKey)| {
                        key.public().verify_strict(black_box(text.as_bytes()), signature)
                    };
                    assert!(part.iter().all(good));
                });
            }
        });
    })?;
    if let Some((signed, ceiling)) = signed.zip(ceiling) {
        writeln!(io::stdout(), "with signatures, of that     {:>11.3}", signed / ceiling)?;
    }
    report("with index rows", deposits, || audit(&store, deposits, (false, false, true)))?;
    report("with all", deposits, || audit(&store, deposits, (false, true, true)))?;
    Ok(())
}
