//! Builds the list of a manifest from the lines of a source, on all cores, and the root over its items.
//!
//! Each worker takes the next block, draws the salts, makes the lines and hashes the chunk; the caller's thread writes the blocks in order.
//! A worker holds one block, so memory is bounded.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::cli::exit::CliError;
use crate::cli::manifest::source::{Source, ended_early, no_thread};
use crate::ledger::hash::Digest;
use crate::ledger::manifest::item::WantedDigests;
use crate::ledger::manifest::list::{FIRST_LINE, KeptLine, KnownLine};
use crate::ledger::manifest::tree::{CHUNK, Chunk, ManifestTree};
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::text::ManifestRoot;
use crate::ledger::text::Fault;

/// The form of a line in a list of known digests.
const LINE_FORM: &str = "sha-256 <64 hex> sm3 <64 hex> size <bytes> path <path>";
const LINE_FORM_ZH: &str = "sha-256 <64 位十六进制> sm3 <64 位十六进制> size <字节数> path <路径>";

/// Blocks waiting to be written; more would only take memory.
const WAITING: usize = 4;

/// A finished block.
struct BuiltBlock {
    kept: String,
    chunk: Chunk,
    first: String,
    last: String,
}

type NumberedBlock = (usize, Result<BuiltBlock, CliError>);

/// Writes the list to `out`, and returns the root for the statement. Calls `read` with the bytes read.
///
/// # Errors
///
/// [`BuildError`]: an error of the source, an invalid line, paths that do not ascend, no items, no randomness, or `out` cannot be
/// written.
pub fn make(
    source: &mut Source,
    wanted: WantedDigests,
    out: &mut impl Write,
    read: &(dyn Fn(u64) + Sync),
) -> Result<ManifestRoot, BuildError> {
    let path = source.path().to_owned();
    writeln!(out, "{FIRST_LINE}")?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let blocks = Mutex::new((0, source));
    let tree = thread::scope(|scope| {
        let (done, finished) = sync_channel(WAITING);
        let mut started = 0;
        for _ in 0..workers {
            let (done, blocks, path) = (done.clone(), &blocks, &path);
            let working = move || work(blocks, wanted, read, &path.display().to_string(), &done);
            match thread::Builder::new().spawn_scoped(scope, working) {
                Ok(_) => started += 1,
                // The existing threads do all the work.
                Err(_) if started > 0 => break,
                Err(error) => return Err(no_thread(&error).into()),
            }
        }
        drop(done);
        // The receiver is dropped with this call, which ends the workers.
        collect(finished, |kept| out.write_all(kept.as_bytes()), &path.display().to_string())
    })?;
    tree.root().ok_or_else(|| {
        let zh = format!("{}：没有可列入清单的内容", path.display());
        let en = format!("{}: there is nothing to put into a manifest", path.display());
        BuildError::Refused(CliError::unable("empty_manifest", zh, en))
    })
}

/// Why the list was not built. The caller knows the name of the file that cannot be written.
#[derive(Debug)]
pub enum BuildError {
    /// The source is invalid or unreadable.
    Refused(CliError),
    /// The list cannot be written.
    Unwritten(io::Error),
}

impl From<io::Error> for BuildError {
    fn from(error: io::Error) -> Self {
        Self::Unwritten(error)
    }
}

impl From<CliError> for BuildError {
    fn from(error: CliError) -> Self {
        Self::Refused(error)
    }
}

fn work(
    blocks: &Mutex<(usize, &mut Source)>,
    wanted: WantedDigests,
    read: &(dyn Fn(u64) + Sync),
    list: &str,
    done: &SyncSender<NumberedBlock>,
) {
    loop {
        let Ok(mut held) = blocks.lock() else { return };
        let number = held.0;
        let block = held.1.next_block(wanted, read);
        held.0 += 1;
        drop(held);
        let worked = match block {
            Ok(None) => return,
            Ok(Some(block)) => {
                build_block(&block, wanted, |at, reason| bad_line(list, number * CHUNK + at + 1, &reason))
            }
            Err(error) => Err(error),
        };
        let failed = worked.is_err();
        if done.send((number, worked)).is_err() || failed {
            return;
        }
    }
}

/// Writes the finished blocks in order.
fn collect(
    finished: Receiver<NumberedBlock>,
    mut write: impl FnMut(&str) -> io::Result<()>,
    list: &str,
) -> Result<ManifestTree, BuildError> {
    let (mut early, mut tree, mut previous) = (BTreeMap::new(), ManifestTree::new(), None::<String>);
    let mut next = 0;
    for (number, worked) in finished {
        early.insert(number, worked);
        while let Some(block) = early.remove(&next) {
            let block = block?;
            if previous.is_some_and(|previous| previous >= block.first) {
                return Err(bad_line(list, next * CHUNK + 1, &Reason::NotAscending).into());
            }
            write(&block.kept)?;
            // Only the last block of a source is shorter.
            tree.push(block.chunk).map_err(|_| ended_early())?;
            previous = Some(block.last);
            next += 1;
        }
    }
    if early.is_empty() { Ok(tree) } else { Err(ended_early().into()) }
}

/// Why a line is refused.
enum Reason {
    Fault(Fault),
    NoneWanted,
    NotAscending,
    NoRandomness,
}

/// Builds one block of the list from known lines.
fn build_block(
    block: &str,
    wanted: WantedDigests,
    refused: impl Fn(usize, Reason) -> CliError,
) -> Result<BuiltBlock, CliError> {
    let count = block.bytes().filter(|byte| *byte == b'\n').count();
    let mut salts = vec![[0; SALT_LEN]; count];
    getrandom::fill(salts.as_flattened_mut()).map_err(|_| refused(0, Reason::NoRandomness))?;
    let mut kept = String::with_capacity(block.len() + 192 * count);
    let mut leaves: Vec<Digest> = Vec::with_capacity(count);
    let (mut first, mut last) = (None, "");
    for (at, (line, salt)) in block.split_terminator('\n').zip(&salts).enumerate() {
        let mut known = KnownLine::parse(line).map_err(|fault| refused(at, Reason::Fault(fault)))?;
        known.digests = known.digests.only(wanted).map_err(|_| refused(at, Reason::NoneWanted))?;
        if at > 0 && last >= known.path {
            return Err(refused(at, Reason::NotAscending));
        }
        leaves.push(KeptLine::write(&mut kept, &known, salt));
        first.get_or_insert(known.path);
        last = known.path;
    }
    let chunk = Chunk::over(&leaves).ok_or_else(ended_early)?;
    Ok(BuiltBlock { kept, chunk, first: first.unwrap_or_default().to_owned(), last: last.to_owned() })
}

/// Texts of faults, for the parts of a line.
fn fault_en(fault: &Fault) -> String {
    match fault {
        Fault::MissingLine { name } => format!("there is no `{name}` where it belongs"),
        other => other.to_string(),
    }
}

fn fault_zh(fault: &Fault) -> String {
    match fault {
        Fault::MissingLine { name } => format!("应有 `{name}` 之处没有"),
        other => format!("写法有误（{}）", other.code().as_str()),
    }
}

fn bad_line(list: &str, line: usize, reason: &Reason) -> CliError {
    let (code, zh, en) = match reason {
        Reason::Fault(fault) => (
            "bad_list",
            format!("{}。每行应为：{LINE_FORM_ZH}（十六进制小写，两种摘要至少一种）", fault_zh(fault)),
            format!(
                "{}. A line reads: {LINE_FORM} (hex in lower case, one of the two digests or both)",
                fault_en(fault)
            ),
        ),
        Reason::NoneWanted => (
            "bad_list",
            "该行没有 --digests 所选的摘要".to_owned(),
            "the line has none of the digests chosen by --digests".to_owned(),
        ),
        Reason::NotAscending => (
            "not_ascending",
            "路径未按字节升序排列或有重复（LC_ALL=C sort -k8 可排序含两种摘要的行）".to_owned(),
            "paths do not ascend bytewise, or one repeats (LC_ALL=C sort -k8 sorts lines with both digests)".to_owned(),
        ),
        Reason::NoRandomness => ("no_randomness", "无法取得随机数".to_owned(), "no randomness".to_owned()),
    };
    CliError::unable(code, format!("{list} 第 {line} 行：{zh}"), format!("{list}, line {line}: {en}"))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::path::Path;

    use super::*;
    use crate::cli::gather::Skip;
    use crate::ledger::hash::sha256;
    use crate::ledger::manifest::item::ItemDigests;
    use crate::ledger::merkle::list::root_of;

    const BOTH: WantedDigests = WantedDigests { sha256: true, sm3: true };

    fn line(path: &str) -> String {
        let digests = ItemDigests::new(Some(sha256(path.as_bytes())), Some(sha256(b"sm3")), 7).unwrap();
        let mut text = String::new();
        KnownLine { digests, path }.write(&mut text);
        text
    }

    fn make_of(text: &str, wanted: WantedDigests) -> Result<(ManifestRoot, String), CliError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, text).unwrap();
        let mut kept = Vec::new();
        let made = make(&mut Source::open(&path, Skip::FileManagerFiles).unwrap(), wanted, &mut kept, &|_| {});
        let root = made.map_err(|error| match error {
            BuildError::Refused(error) => error,
            BuildError::Unwritten(error) => panic!("memory can be written: {error}"),
        })?;
        Ok((root, String::from_utf8(kept).unwrap()))
    }

    #[test]
    fn the_kept_list_has_every_item_in_order_and_the_root_is_over_them() {
        for count in [1, CHUNK, 5 * CHUNK + 77] {
            let text: String = (0..count).map(|n| line(&format!("{n:06}"))).collect();
            let (root, kept) = make_of(&text, BOTH).unwrap();
            let mut lines = kept.lines();
            assert_eq!(lines.next(), Some(FIRST_LINE));
            let kept: Vec<_> = lines.map(|line| KeptLine::parse(line).unwrap()).collect();
            assert_eq!((kept.len(), root.count), (count, count as u64));
            let leaves: Vec<_> = kept.iter().map(KeptLine::leaf).collect();
            assert_eq!(root.root, root_of(&leaves));
            for (kept, known) in kept.iter().zip(text.lines()) {
                let known = KnownLine::parse(known).unwrap();
                assert_eq!((kept.path, kept.item.digests), (known.path, known.digests));
            }
            assert_eq!(kept.iter().map(|kept| kept.salt).collect::<HashSet<_>>().len(), count, "a salt is used twice");
        }
    }

    #[test]
    fn only_the_wanted_digests_go_into_the_items() {
        let only = WantedDigests { sha256: false, sm3: true };
        let (_, kept) = make_of(&line("a"), only).unwrap();
        assert!(kept.contains("item v1 sm3 ") && !kept.contains("sha-256"), "{kept}");
        let bare = line("a").replacen(&format!("sm3 {} ", sha256(b"sm3")), "", 1);
        let error = make_of(&bare, only).unwrap_err();
        assert_eq!(error.code, "bad_list");
        assert!(error.en.ends_with("line 1: the line has none of the digests chosen by --digests"), "{error:?}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let good: String = (0..CHUNK + 5).map(|n| line(&format!("{n:06}"))).collect();
        let error = |text: &str| {
            let error = make_of(text, BOTH).unwrap_err();
            (error.code.into_owned(), error.en)
        };
        let (code, text) = error(&format!("{good}{}", line("000003")));
        assert_eq!(code, "not_ascending");
        assert!(text.contains(&format!("line {}:", CHUNK + 6)), "{text}");
        // Between two blocks.
        let twice = good.replacen(&line(&format!("{CHUNK:06}")), &line(&format!("{:06}", CHUNK - 1)), 1);
        let (code, text) = error(&twice);
        assert_eq!(code, "not_ascending");
        assert!(text.contains(&format!("line {}:", CHUNK + 1)), "{text}");
        let (code, text) = error(&format!("{good}\n"));
        assert_eq!(code, "bad_list");
        assert!(text.contains(&format!("line {}:", CHUNK + 6)), "{text}");
        assert_eq!(error(&good.replacen("size 7", "size 0", 1)).0, "bad_list");
        // Users often have the output of sha256sum.
        let (code, text) = error(&format!("{}  contract.pdf\n", sha256(b"x")));
        assert_eq!(code, "bad_list");
        assert!(text.contains("line 1: there is no `size`") && text.contains("size <bytes> path <path>"), "{text}");
        assert_eq!(error("").0, "empty_manifest");
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        struct Full(usize);
        impl Write for Full {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        let text: String = (0..20 * CHUNK).map(|n| line(&format!("{n:06}"))).collect();
        std::fs::write(&path, text).unwrap();
        for room in [0, 1 << 20, 5 << 20] {
            let mut source = Source::open(Path::new(&path), Skip::Nothing).unwrap();
            let error = make(&mut source, BOTH, &mut Full(room), &|_| {}).unwrap_err();
            assert!(matches!(error, BuildError::Unwritten(error) if error.kind() == io::ErrorKind::StorageFull));
        }
    }
}
