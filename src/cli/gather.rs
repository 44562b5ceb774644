//! Collects the files to deposit: the named ones and, with `--recursive`, those in the named folders.
//!
//! Symbolic links are not followed, since their targets may change unnoticed. Excluded are this program's statement and receipt files, and
//! the files that file managers and office programs create, unless they are named or [`Skip::Nothing`] is set. Exclusions are reported,
//! except for statement and receipt files beside their evidence. A receipt file that is named and has no evidence beside it, such as the
//! other side's, is a file like any other.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::receipt_files::evidence_name_of;
use crate::cli::screen::Screen;
use crate::files::reason;
use crate::wire::bilingual::Bilingual;

/// Deepest nesting of folders, against loops through mounts.
const DEPTH_MAX: usize = 128;

/// Which further files of a folder are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skip {
    /// The files of file managers and office programs.
    FileManagerFiles,
    /// Nothing.
    Nothing,
}

/// Names of files and folders of file managers, in lower case.
const FILE_MANAGER_NAMES: [&str; 17] = [
    ".ds_store",
    ".localized",
    "icon\r",
    ".spotlight-v100",
    ".trashes",
    ".fseventsd",
    ".temporaryitems",
    ".appledouble",
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "ehthumbs_vista.db",
    "desktop.ini",
    "$recycle.bin",
    "system volume information",
    ".directory",
    "@eadir",
];

/// Whether this is the name of a file of a file manager or an office program: macOS attributes (`._x`), locks of open documents
/// (`~$x.docx`, `.~lock.x.odt#`), a wastebasket (`.Trash-1000`), and `FILE_MANAGER_NAMES`.
#[must_use]
pub fn is_file_managers(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_lowercase();
    let begins = ["._", "~$", ".trash-"].iter().any(|start| name.len() > start.len() && name.starts_with(start));
    begins || (name.starts_with(".~lock.") && name.ends_with('#')) || FILE_MANAGER_NAMES.contains(&name.as_str())
}

/// Why a file is not deposited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exclusion {
    /// A symbolic link.
    Link,
    /// A statement or receipt file of this program.
    Own,
    /// A file or folder of a file manager.
    FileManagers,
    /// A folder, and `--recursive` was not given.
    Folder,
    /// A device, a pipe, a socket.
    NotAFile,
    /// An empty file.
    Empty,
    /// It cannot be read.
    Unreadable(Bilingual),
    /// Named twice.
    Twice,
}

impl Exclusion {
    /// Whether it counts as a failure: the user named it.
    #[must_use]
    pub const fn is_failure(&self, named: bool) -> bool {
        match self {
            Self::Own | Self::FileManagers | Self::Twice => false,
            Self::Link | Self::NotAFile => named,
            Self::Folder | Self::Empty | Self::Unreadable(_) => true,
        }
    }

    /// Code, 中文, English.
    #[must_use]
    pub fn words(&self) -> (&'static str, String, String) {
        let (code, zh, en) = match self {
            Self::Link => ("symbolic_link", "符号链接，不跟随", "a symbolic link, not followed"),
            Self::Own => ("own_paper", "本程序生成的文件", "a file of this program"),
            Self::FileManagers => (
                "file_manager_file",
                "系统或办公软件自动生成的文件；如需存证请加 --all",
                "made by a file manager or an office program for itself; --all includes it",
            ),
            Self::Folder => ("is_a_folder", "是文件夹；请加 --recursive", "a folder; add --recursive"),
            Self::NotAFile => ("not_a_file", "不是普通文件", "not a regular file"),
            Self::Empty => (
                "empty_file",
                "空文件：空内容的摘要不能证明任何事",
                "an empty file: the digest of nothing proves nothing",
            ),
            Self::Twice => ("named_twice", "重复指定", "named twice"),
            Self::Unreadable(reason) => {
                return ("unreadable", format!("无法读取：{}", reason.zh), format!("cannot be read: {}", reason.en));
            }
        };
        (code, zh.into(), en.into())
    }
}

/// The label of an excluded file: skipped, or not deposited.
#[must_use]
pub const fn exclusion_word(screen: &Screen, failure: bool) -> &'static str {
    if failure { screen.pick("未存证", "not deposited") } else { screen.pick("略过", "passed over") }
}

/// A file to deposit, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its path.
    pub path: PathBuf,
    /// Its size in bytes, or why it is excluded.
    pub size: Result<u64, Exclusion>,
    /// Whether the user named it, rather than a folder above it.
    pub named: bool,
}

/// The files of `paths`, in the order of their names.
#[must_use]
pub fn gather(paths: &[PathBuf], recursive: bool, skip: Skip) -> Vec<FoundFile> {
    let mut found: Vec<FoundFile> = Vec::new();
    for path in paths {
        visit(path, (recursive, skip), 0, &mut found);
    }
    let mut seen = std::collections::HashSet::new();
    for one in found.iter_mut().filter(|one| one.size.is_ok()) {
        // A file that is named twice is deposited once.
        let place = fs::canonicalize(&one.path).unwrap_or_else(|_| one.path.clone());
        if !seen.insert(place) {
            one.size = Err(Exclusion::Twice);
        }
    }
    found
}

fn visit(path: &Path, (recursive, skip): (bool, Skip), depth: usize, found: &mut Vec<FoundFile>) {
    let mut say = |size| found.push(FoundFile { path: path.to_owned(), size, named: depth == 0 });
    let unreadable = |error: io::Error| {
        let ((step_zh, step_en), said) =
            (
                reason::next_step(&error),
                |text: String, stop: &str, step: &str| {
                    if step.is_empty() { text } else { format!("{text}{stop}{step}") }
                },
            );
        let zh = said(reason::chinese(&error), "。", step_zh);
        Exclusion::Unreadable(Bilingual::new(zh, said(reason::english(&error), ". ", step_en)))
    };
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return say(Err(unreadable(error))),
    };
    let kind = metadata.file_type();
    let is_skipped = depth > 0 && skip == Skip::FileManagerFiles && path.file_name().is_some_and(is_file_managers);
    if kind.is_symlink() {
        say(Err(Exclusion::Link));
    } else if is_skipped && (kind.is_file() || kind.is_dir()) {
        say(Err(Exclusion::FileManagers));
    } else if kind.is_file() && is_own_file(path, depth == 0) {
        // Not reported: in a folder they are beside every deposited file.
        if depth == 0 || !is_beside_evidence(path) {
            say(Err(Exclusion::Own));
        }
    } else if kind.is_file() {
        say(if metadata.len() == 0 { Err(Exclusion::Empty) } else { Ok(metadata.len()) });
    } else if !kind.is_dir() {
        say(Err(Exclusion::NotAFile));
    } else if !recursive {
        say(Err(Exclusion::Folder));
    } else if depth == DEPTH_MAX {
        let zh = format!("文件夹嵌套超过 {DEPTH_MAX} 层");
        say(Err(Exclusion::Unreadable(Bilingual::new(zh, format!("more than {DEPTH_MAX} folders deep")))));
    } else {
        match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => {
                let mut inner: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
                inner.sort();
                for path in inner {
                    visit(&path, (recursive, skip), depth + 1, found);
                }
            }
            Err(error) => say(Err(unreadable(error))),
        }
    }
}

/// Whether a file is a statement or receipt file of this program, and not meant as evidence itself.
fn is_own_file(path: &Path, named: bool) -> bool {
    let own = path.file_name().and_then(evidence_name_of).is_some();
    own && (!named || is_beside_evidence(path))
}

/// Whether the evidence of a statement or receipt file is beside it.
fn is_beside_evidence(path: &Path) -> bool {
    let file = path.file_name().and_then(evidence_name_of);
    file.is_some_and(|file| file.is_empty() || path.with_file_name(file).symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_folder_is_walked_in_order_and_what_is_passed_over_is_said() {
        let top = tempfile::tempdir().unwrap();
        let at = |name: &str| top.path().join(name);
        fs::create_dir(at("in")).unwrap();
        for (name, bytes) in [("b", "1"), ("in/a", "22"), ("empty", ""), ("b.tiezheng-receipt.json", "{}")] {
            fs::write(at(name), bytes).unwrap();
        }
        symlink(at("b"), at("link")).unwrap();
        symlink(top.path(), at("in/loop")).unwrap();
        let found = gather(&[top.path().to_owned(), at("b")], true, Skip::FileManagerFiles);
        let name = |found: &FoundFile| found.path.strip_prefix(top.path()).unwrap().display().to_string();
        let summary: Vec<_> = found.iter().map(|found| (name(found), found.size.clone())).collect();
        let expected = [
            ("b", Ok(1)),
            ("empty", Err(Exclusion::Empty)),
            ("in/a", Ok(2)),
            ("in/loop", Err(Exclusion::Link)),
            ("link", Err(Exclusion::Link)),
            ("b", Err(Exclusion::Twice)),
        ];
        assert_eq!(summary, expected.map(|(name, size)| (name.to_owned(), size)));
    }

    #[test]
    fn a_statement_without_its_file_is_reported_and_deposited_if_named() {
        let top = tempfile::tempdir().unwrap();
        let at = |name: &str| top.path().join(name);
        fs::create_dir(at("case.tiezheng-export")).unwrap();
        let all = ["a", "a.tiezheng-statement", "b.tiezheng-receipt.json", "case.tiezheng-export/c", "d.tiezheng-x"];
        for name in all {
            fs::write(at(name), "1").unwrap();
        }
        let summary = |found: Vec<FoundFile>| -> Vec<_> {
            let name = |found: &FoundFile| found.path.strip_prefix(top.path()).unwrap().display().to_string();
            found.iter().map(|found| (name(found), found.size.clone())).collect()
        };
        let walked = summary(gather(&[top.path().to_owned()], true, Skip::FileManagerFiles));
        let expected = [all[0], all[2], all[3], all[4]].map(str::to_owned);
        assert_eq!(walked, expected.into_iter().zip([Ok(1), Err(Exclusion::Own), Ok(1), Ok(1)]).collect::<Vec<_>>());
        let named = summary(gather(&[at(all[1]), at(all[2])], false, Skip::FileManagerFiles));
        assert_eq!(named.into_iter().map(|(_, size)| size).collect::<Vec<_>>(), [Err(Exclusion::Own), Ok(1)]);
    }

    #[test]
    fn what_file_managers_leave_is_reported_and_only_deposited_where_it_is_asked_for() {
        let top = tempfile::tempdir().unwrap();
        let at = |name: &str| top.path().join(name);
        fs::create_dir_all(at("__MACOSX/in")).unwrap();
        let left =
            ["$RECYCLE.BIN", ".DS_Store", "._照片.jpg", ".~lock.合同.odt#", "Desktop.ini", "Thumbs.db", "~$合同.docx"];
        let kept = [".notes", ".~x", "_x", "desktop.ini.txt", "~x.docx"];
        for name in left.iter().chain(&kept) {
            fs::write(at(name), "x").unwrap();
        }
        fs::write(at("__MACOSX/in/a"), "x").unwrap();
        let gathered = |paths: &[PathBuf], skip| gather(paths, true, skip);
        let found = gathered(&[top.path().to_owned()], Skip::FileManagerFiles);
        let names = |of: &dyn Fn(&FoundFile) -> bool| -> Vec<String> {
            let name = |found: &FoundFile| found.path.file_name().unwrap().to_str().unwrap().to_owned();
            found.iter().filter(|found| of(found)).map(name).collect()
        };
        assert_eq!(names(&|found| found.size == Ok(1)), kept);
        let mut expected: Vec<_> = left.iter().map(|name| (*name).to_owned()).chain(["__MACOSX".to_owned()]).collect();
        expected.sort();
        assert_eq!(names(&|found| found.size == Err(Exclusion::FileManagers)), expected);
        let all = gathered(&[top.path().to_owned()], Skip::Nothing);
        assert_eq!(all.iter().filter(|found| found.size == Ok(1)).count(), left.len() + kept.len() + 1);
        let meant = gathered(&[at(".DS_Store")], Skip::FileManagerFiles);
        assert_eq!(meant.first().unwrap().size, Ok(1), "what is named is meant");
        assert!(!Exclusion::FileManagers.is_failure(false));
    }

    #[test]
    fn what_was_named_and_is_not_done_counts() {
        let top = tempfile::tempdir().unwrap();
        symlink("nowhere", top.path().join("link")).unwrap();
        let found =
            gather(&[top.path().to_owned(), top.path().join("link"), top.path().join("none")], false, Skip::Nothing);
        assert!(found.iter().all(|found| found.size.as_ref().unwrap_err().is_failure(found.named)), "{found:?}");
        assert!(!Exclusion::Link.is_failure(false));
    }
}
