//! The source of a manifest: a list of known digests, or a folder that is measured into the same lines.
//!
//! Lines come in blocks of [`CHUNK`], the last one shorter, so that memory is bounded for any number of items. Their format is that of
//! `ledger::manifest::list`; they are not parsed here.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::cli::digest::{FileContent, content};
use crate::cli::exit::CliError;
use crate::cli::gather::{Exclusion, FoundFile, Skip, gather};
use crate::cli::manifest::lines::{LineError, Lines};
use crate::files::reason;
use crate::ledger::manifest::item::{ItemDigests, WantedDigests};
use crate::ledger::manifest::list::{KnownLine, check_path};
use crate::ledger::manifest::tree::CHUNK;

/// A source of lines.
#[derive(Debug)]
pub struct Source {
    path: PathBuf,
    kind: Kind,
    /// Files of the folder that are not items, with the reason.
    pub excluded: Vec<FoundFile>,
}

#[derive(Debug)]
enum Kind {
    List(Lines),
    Folder { files: Vec<Member>, next: usize },
}

/// A file of a folder.
#[derive(Debug)]
struct Member {
    /// Its path in the folder, with `/`.
    name: String,
    path: PathBuf,
    size: u64,
}

impl Source {
    /// Opens the list or the folder at `path`, without excluded files.
    ///
    /// # Errors
    ///
    /// [`CliError`]: it is neither, or a file of the folder cannot be an item. Unreadable files are never silently omitted, since the manifest
    /// would then prove less than the depositor expects.
    pub fn open(path: &Path, skip: Skip) -> Result<Self, CliError> {
        let metadata = fs::symlink_metadata(path).map_err(|error| CliError::io(path, &error))?;
        let (kind, excluded) = if metadata.is_dir() {
            let (files, excluded) = members(path, skip)?;
            (Kind::Folder { files, next: 0 }, excluded)
        } else if metadata.is_file() {
            (Kind::List(Lines::open(path).map_err(|error| CliError::io(path, &error))?), Vec::new())
        } else {
            let zh = format!("{}：既不是文件夹，也不是清单文件", path.display());
            let en = format!("{}: neither a folder nor a list", path.display());
            return Err(CliError::unable("not_a_manifest_source", zh, en));
        };
        Ok(Self { path: path.to_owned(), kind, excluded })
    }

    /// Total bytes, for the progress.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        match &self.kind {
            Kind::List(lines) => lines.total_bytes(),
            Kind::Folder { files, .. } => files.iter().map(|file| file.size).sum(),
        }
    }

    /// The list or the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The next block of lines with LF; `None` at the end. Of the files of a folder only the wanted digests are computed. Calls `read` with
    /// the bytes read.
    ///
    /// # Errors
    ///
    /// [`CliError`]: unreadable, changed meanwhile, not UTF-8, a line too long or cut short.
    pub fn next_block(
        &mut self,
        wanted: WantedDigests,
        read: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<String>, CliError> {
        match &mut self.kind {
            Kind::List(lines) => next_lines(&self.path, lines, read),
            Kind::Folder { files, next } => {
                let block: Vec<&Member> = files.iter().skip(*next).take(CHUNK).collect();
                *next += block.len();
                if block.is_empty() { Ok(None) } else { measured(&block, wanted, read).map(Some) }
            }
        }
    }
}

fn next_lines(path: &Path, lines: &mut Lines, read: &(dyn Fn(u64) + Sync)) -> Result<Option<String>, CliError> {
    let (mut text, mut total) = (String::with_capacity(256 * CHUNK), 0);
    for _ in 0..CHUNK {
        match lines.next(&mut text) {
            Ok(0) => break,
            Ok(count) => total += count as u64,
            Err(LineError::Io(error)) => return Err(CliError::io(path, &error)),
            Err(error) => {
                let (path, line) = (path.display(), lines.number());
                let zh = format!("{path} 第 {line} 行附近：{}", error.chinese());
                return Err(CliError::unable("bad_list", zh, format!("{path}, near line {line}: {error}")));
            }
        }
    }
    read(total);
    Ok(if text.is_empty() { None } else { Some(text) })
}

/// The files of a folder in bytewise order of their names, and the excluded ones.
fn members(folder: &Path, skip: Skip) -> Result<(Vec<Member>, Vec<FoundFile>), CliError> {
    let (mut files, mut excluded) = (Vec::new(), Vec::new());
    for found in gather(&[folder.to_owned()], true, skip) {
        match found.size {
            Ok(size) => files.push(Member { name: name_in(folder, &found.path)?, path: found.path, size }),
            Err(Exclusion::Unreadable(reason)) => {
                let path = found.path.display();
                let zh = format!("{path}：无法读取：{}", reason.zh);
                return Err(CliError::unable("unreadable", zh, format!("{path}: {}", reason.en)));
            }
            Err(_) => excluded.push(found),
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((files, excluded))
}

fn name_in(folder: &Path, path: &Path) -> Result<String, CliError> {
    let inner = path.strip_prefix(folder).unwrap_or(path);
    let name = inner.to_str().map(str::to_owned);
    name.filter(|name| check_path(name).is_ok()).ok_or_else(|| {
        let shown = path.to_string_lossy().escape_debug().to_string();
        let zh = format!("“{shown}”：文件名不是 UTF-8、含控制字符或过长，无法列入清单，请改名");
        let en = format!("`{shown}`: the name is not UTF-8, holds control characters or is too long; rename it");
        CliError::unable("bad_item_name", zh, en)
    })
}

/// The lines of some files, measured on all cores.
fn measured(files: &[&Member], wanted: WantedDigests, read: &(dyn Fn(u64) + Sync)) -> Result<String, CliError> {
    let next = AtomicUsize::new(0);
    let lines = Mutex::new(vec![String::new(); files.len()]);
    let cores = thread::available_parallelism().map_or(1, usize::from).min(files.len());
    let work = || -> Result<(), CliError> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(at) else { return Ok(()) };
            let line = line_of(file, wanted, read).inspect_err(|_| next.store(files.len(), Ordering::Relaxed))?;
            if let Ok(mut lines) = lines.lock()
                && let Some(place) = lines.get_mut(at)
            {
                *place = line;
            }
        }
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        // If the system starts fewer threads, the existing ones do all the work, at least this one.
        let start = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let workers: Vec<_> = (1..cores).filter_map(start).collect();
        let own = work();
        let others = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err(ended_early())));
        others.chain([own]).collect()
    });
    outcomes.into_iter().collect::<Result<(), _>>()?;
    lines.into_inner().map(|lines| lines.concat()).map_err(|_| ended_early())
}

fn line_of(file: &Member, wanted: WantedDigests, read: &(dyn Fn(u64) + Sync)) -> Result<String, CliError> {
    let FileContent { content, size } = content(&file.path, None, wanted, read)?;
    let digests = ItemDigests::new(content.sha256, content.sm3, size).map_err(|fault| {
        let path = file.path.display();
        CliError::unable(
            "file_changed",
            format!("{path}：文件正在被写入。请等写入完成后再存证"),
            format!("{path}: {fault}: the file is being written to; deposit it when the writer is done"),
        )
    })?;
    let mut line = String::with_capacity(256);
    KnownLine { digests, path: &file.name }.write(&mut line);
    Ok(line)
}

/// The error that the system starts no thread.
#[must_use]
pub fn no_thread(error: &io::Error) -> CliError {
    let zh = format!("无法启动工作线程：{}。请稍后重试，或提高限制（ulimit -u）", reason::chinese(error));
    let en = format!(
        "no worker thread can be started: {}. Try again later, or raise the limit (ulimit -u)",
        reason::english(error)
    );
    CliError::unable("too_few_threads", zh, en)
}

/// The error that a worker thread ended early.
#[must_use]
pub fn ended_early() -> CliError {
    CliError::unable("interrupted", "工作线程意外终止，请重试", "a worker thread ended early; try again")
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::ledger::hash::sha256;
    use crate::ledger::manifest::list::LINE_MAX;

    const BOTH: WantedDigests = WantedDigests { sha256: true, sm3: true };

    fn all(source: &mut Source) -> Result<Vec<String>, CliError> {
        let mut blocks = Vec::new();
        while let Some(block) = source.next_block(BOTH, &|_| {})? {
            blocks.push(block);
        }
        Ok(blocks)
    }

    #[test]
    fn a_folder_becomes_lines_in_the_order_of_the_names() {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir(top.path().join("a")).unwrap();
        for (name, bytes) in [
            ("a/2", "22"),
            ("a.txt", "1"),
            ("卷", "333"),
            ("empty", ""),
            ("x.tiezheng-manifest", "?"),
            (".DS_Store", "?"),
        ] {
            fs::write(top.path().join(name), bytes).unwrap();
        }
        symlink("a.txt", top.path().join("link")).unwrap();
        let mut source = Source::open(top.path(), Skip::FileManagerFiles).unwrap();
        assert_eq!(source.total_bytes(), 6);
        let blocks = all(&mut source).unwrap();
        let lines: Vec<_> = blocks[0].lines().map(|line| KnownLine::parse(line).unwrap()).collect();
        assert_eq!(lines.iter().map(|line| line.path).collect::<Vec<_>>(), ["a.txt", "a/2", "卷"]);
        assert_eq!(lines[1].digests.content().sha256, Some(sha256(b"22")));
        assert_eq!(lines[2].digests.size(), 3);
        let passed: Vec<_> = source.excluded.iter().map(|found| found.size.clone().unwrap_err()).collect();
        assert_eq!(passed, [Exclusion::FileManagers, Exclusion::Empty, Exclusion::Link, Exclusion::Own]);
    }

    #[test]
    fn names_that_no_line_can_hold_refuse_the_folder() {
        for name in [&b"a\xff"[..], b"a\nb"] {
            let top = tempfile::tempdir().unwrap();
            fs::write(top.path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
            assert_eq!(Source::open(top.path(), Skip::FileManagerFiles).unwrap_err().code, "bad_item_name");
        }
    }

    #[test]
    fn a_file_that_goes_away_stops_the_folder() {
        let top = tempfile::tempdir().unwrap();
        for n in 0..9 {
            fs::write(top.path().join(n.to_string()), "x").unwrap();
        }
        let mut source = Source::open(top.path(), Skip::FileManagerFiles).unwrap();
        fs::remove_file(top.path().join("4")).unwrap();
        assert_eq!(all(&mut source).unwrap_err().code, "io");
    }

    #[test]
    fn a_list_comes_in_blocks_and_is_whole() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("list");
        let write = |text: &str| fs::write(&path, text).unwrap();
        write(&"x\n".repeat(2 * CHUNK + 3));
        let blocks = all(&mut Source::open(&path, Skip::FileManagerFiles).unwrap()).unwrap();
        assert_eq!(blocks.iter().map(|block| block.lines().count()).collect::<Vec<_>>(), [CHUNK, CHUNK, 3]);
        write("");
        assert!(all(&mut Source::open(&path, Skip::FileManagerFiles).unwrap()).unwrap().is_empty());
        write("\u{FEFF}x\r\ny");
        assert_eq!(all(&mut Source::open(&path, Skip::FileManagerFiles).unwrap()).unwrap(), ["x\ny\n"]);
        for bad in [format!("{}\n", "x".repeat(LINE_MAX)).as_bytes(), b"\xff\n"] {
            fs::write(&path, bad).unwrap();
            assert_eq!(all(&mut Source::open(&path, Skip::FileManagerFiles).unwrap()).unwrap_err().code, "bad_list");
        }
        assert_eq!(
            Source::open(Path::new("/dev/null"), Skip::FileManagerFiles).unwrap_err().code,
            "not_a_manifest_source"
        );
    }
}
