//! The program under `strace`: the files that it wrote, flushed and renamed, and the bytes that it sent, in order.
//!
//! A flush, a new folder and a removal count from their end, everything else from its beginning. So "a flush before an answer"
//! means that it was complete before the answer began.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

/// System calls that are traced.
const CALLS: &str = "trace=write,pwrite64,writev,sendto,sendmsg,fsync,fdatasync,rename,renameat,renameat2,link,linkat,\
     mkdir,mkdirat,unlink,unlinkat,rmdir";

/// An action of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A file was written to.
    Write(PathBuf),
    /// A file or a folder was flushed to the disk.
    Flush(PathBuf),
    /// A file or a folder got a name, the second; the first is the one it had.
    Name(PathBuf, PathBuf),
    /// A folder was made.
    Folder(PathBuf),
    /// A file or a folder was removed.
    Remove(PathBuf),
    /// Bytes were sent: through a socket, or to standard output.
    Send(String),
}

/// All of it, in order.
#[derive(Debug, Clone)]
pub(crate) struct Trace(pub(crate) Vec<Event>);

/// `program` with its arguments, to be run under strace, which writes into `log`.
pub(crate) fn traced(program: &Command, log: &Path) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "64", "-e", CALLS, "-e", "signal=none", "-o"]).arg(log);
    strace.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => strace.env(name, value),
            None => strace.env_remove(name),
        };
    }
    strace
}

impl Trace {
    /// Reads the output of strace.
    pub(crate) fn read(log: &Path) -> Self {
        let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
        let mut unfinished: HashMap<String, String> = HashMap::new();
        let mut events = Vec::new();
        for line in text.lines() {
            let Some((pid, call)) = line.split_once(' ') else { continue };
            let call = call.trim_start();
            if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
                unfinished.insert(pid.to_owned(), begun.to_owned());
                events.extend(event(begun).filter(|event| !counts_from_its_end(event)));
            } else if call.starts_with("<... ") {
                let begun = unfinished.remove(pid).unwrap_or_default();
                let ended = event(&begun).filter(counts_from_its_end);
                events.extend(ended.filter(|_| call.ends_with("= 0")));
            } else if !call.contains("= -1 ") {
                events.extend(event(call));
            }
        }
        assert!(!events.is_empty(), "strace recorded nothing: {text}");
        Self(events)
    }

    /// Without the flushes for which `lost` is true.
    pub(crate) fn without(&self, lost: impl Fn(&Path) -> bool) -> Self {
        let kept = |event: &&Event| !matches!(event, Event::Flush(path) if lost(path));
        Self(self.0.iter().filter(kept).cloned().collect())
    }

    /// The events before the first thing sent that begins with `text`, which must be there.
    pub(crate) fn until(&self, text: &str) -> Self {
        let sent = |event: &Event| matches!(event, Event::Send(sent) if sent.starts_with(text));
        let end = self.0.iter().position(sent).unwrap_or_else(|| panic!("nothing was sent that begins with {text:?}"));
        Self(self.0[..end].to_vec())
    }

    /// The events before the last thing sent that begins with `text`, which must be there.
    pub(crate) fn until_last(&self, text: &str) -> Self {
        let sent = |event: &Event| matches!(event, Event::Send(sent) if sent.starts_with(text));
        let end = self.0.iter().rposition(sent).unwrap_or_else(|| panic!("nothing was sent that begins with {text:?}"));
        Self(self.0[..end].to_vec())
    }

    /// Names within `folder` that a power cut could take back after these events: a file that was named before it was
    /// flushed, or a folder that was not flushed afterwards.
    pub(crate) fn names_at_risk(&self, folder: &Path) -> Vec<String> {
        let mut unflushed: BTreeSet<&Path> = BTreeSet::new();
        let mut unflushed_folders: BTreeMap<&Path, &Path> = BTreeMap::new();
        let mut at_risk = Vec::new();
        for event in &self.0 {
            match event {
                Event::Write(path) => drop(unflushed.insert(path)),
                Event::Flush(path) => {
                    unflushed.remove(path.as_path());
                    unflushed_folders.remove(path.as_path());
                }
                Event::Name(from, to) if to.starts_with(folder) => {
                    if unflushed.contains(from.as_path()) {
                        at_risk.push(format!("{} was named before it was flushed", to.display()));
                    }
                    unflushed_folders.insert(to.parent().unwrap(), to);
                }
                Event::Folder(path) if path.starts_with(folder) => {
                    unflushed_folders.insert(path.parent().unwrap(), path);
                }
                Event::Name(..) | Event::Folder(_) | Event::Remove(_) | Event::Send(_) => {}
            }
        }
        let names = unflushed_folders.into_values();
        at_risk.extend(names.map(|to| format!("the folder of {} was not flushed after it got its name", to.display())));
        at_risk
    }

    /// Changes within `folder` that a power cut could take back after these events, apart from names that files were given
    /// ([`Self::names_at_risk`]): a file that was written to and not flushed, a folder that was not flushed after
    /// something in it was written for the first time, made or removed.
    pub(crate) fn changes_at_risk(&self, folder: &Path) -> Vec<String> {
        let (mut written, mut unflushed) = (BTreeSet::new(), BTreeMap::new());
        for event in &self.0 {
            match event {
                Event::Write(path) if path.starts_with(folder) => {
                    unflushed.insert(path.as_path(), format!("{} was not flushed", path.display()));
                    if written.insert(path) {
                        unflushed.insert(path.parent().unwrap(), format!("the new file {}", path.display()));
                    }
                }
                Event::Folder(path) if path.starts_with(folder) => {
                    unflushed.insert(path.parent().unwrap(), format!("the new folder {}", path.display()));
                }
                Event::Remove(path) if path.starts_with(folder) => {
                    written.remove(path);
                    unflushed.remove(path.as_path());
                    unflushed.insert(path.parent().unwrap(), format!("the removal of {}", path.display()));
                }
                Event::Flush(path) => drop(unflushed.remove(path.as_path())),
                _ => {}
            }
        }
        unflushed.into_iter().map(|(path, change)| format!("{} was not flushed: {change}", path.display())).collect()
    }

    /// The paths that were flushed.
    pub(crate) fn flushed(&self) -> BTreeSet<PathBuf> {
        let flushed = self.0.iter().filter_map(|event| match event {
            Event::Flush(path) => Some(path.clone()),
            _ => None,
        });
        flushed.collect()
    }
}

/// A flush is complete only at its end, and only then it is known whether a file was made or removed.
const fn counts_from_its_end(event: &Event) -> bool {
    matches!(event, Event::Flush(_) | Event::Folder(_) | Event::Remove(_))
}

fn event(call: &str) -> Option<Event> {
    let (name, rest) = call.split_once('(')?;
    let quoted = |nth: usize| rest.split('"').nth(2 * nth + 1).map(ToOwned::to_owned);
    // `-y` writes a descriptor as `7</path>`, `7<socket:[1]>` or `1<pipe:[1]>`.
    let target = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(target, _)| target);
    Some(match name {
        "fsync" | "fdatasync" => Event::Flush(target?.into()),
        "mkdir" | "mkdirat" => Event::Folder(quoted(0)?.into()),
        "unlink" | "unlinkat" | "rmdir" => Event::Remove(quoted(0)?.into()),
        "rename" | "renameat" | "renameat2" | "link" | "linkat" => Event::Name(quoted(0)?.into(), quoted(1)?.into()),
        _ if target?.starts_with('/') => Event::Write(target?.into()),
        _ => Event::Send(quoted(0)?),
    })
}
