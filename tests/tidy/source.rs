//! The source files of the project with their module paths, and the faults found in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fmt, fs, io};

use crate::mask::{Token, mask, text, tokens, without_tests};

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// The offending text.
    pub(crate) text: String,
    /// Why there is such a rule, or what to do instead.
    pub(crate) reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: `{}`: {}", self.file, self.line, self.text, self.reason)
    }
}

/// A Rust file in its several maskings, all with the same offsets.
pub(crate) struct File {
    /// From the project's folder, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Without comments and literals.
    pub(crate) code: String,
    /// Without literals.
    pub(crate) unquoted: String,
    /// `code` without tests; all blank in a file of tests.
    pub(crate) production: String,
    /// `["ledger", "hash"]`; empty for `lib.rs`.
    pub(crate) module: Vec<String>,
}

impl File {
    fn new(path: &str, source: &str) -> Self {
        let masked = mask(source);
        let is_test = !path.starts_with("src/") || path.split('/').any(|part| part == "tests" || part == "tests.rs");
        let production = if is_test { String::new() } else { without_tests(&masked.code) };
        Self {
            path: path.to_owned(),
            text: source.to_owned(),
            code: masked.code,
            unquoted: masked.unquoted,
            production,
            module: module_path(path),
        }
    }

    /// Whether it is of `src/`.
    pub(crate) fn is_source(&self) -> bool {
        self.path.starts_with("src/")
    }

    /// Whether it is a `mod.rs` or `lib.rs`.
    pub(crate) fn is_module_root(&self) -> bool {
        self.path.ends_with("/mod.rs") || self.path == "src/lib.rs"
    }

    /// The top folder or file of `src/`: `ledger`, `client`, `main`, `lib`.
    pub(crate) fn layer(&self) -> &str {
        self.module.first().map_or("lib", String::as_str)
    }

    /// Whether it is the file, or lies in the folder, that `place` names: `http/api`.
    pub(crate) fn is_in(&self, place: &str) -> bool {
        let own = self.path.strip_prefix("src/").unwrap_or_default();
        own.strip_prefix(place).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        1 + self.text[..at].matches('\n').count()
    }

    /// A fault at an offset.
    pub(crate) fn fault(&self, at: usize, offending: impl Into<String>, reason: impl Into<String>) -> Fault {
        Fault { file: self.path.clone(), line: self.line(at), text: offending.into(), reason: reason.into() }
    }

    /// Its `mod` lines and inline modules.
    pub(crate) fn modules(&self) -> Vec<ModuleDeclaration> {
        let tokens = tokens(&self.code);
        let mut scope = ModuleScope::default();
        let mut found = Vec::new();
        for (i, token) in tokens.iter().enumerate() {
            scope.enter(&tokens, i);
            if let Some(name) = declares_module(&tokens, i) {
                let mut path = [self.module.clone(), scope.modules()].concat();
                if self.module == ["main"] {
                    path.remove(0);
                }
                path.push(name.to_owned());
                let is_test = self.production.get(token.at..=token.at).is_none_or(|mark| mark == " ");
                found.push(ModuleDeclaration { path, is_inline: text(&tokens, i + 2) == "{", is_test });
            }
        }
        found
    }
}

/// A module that a file declares.
pub(crate) struct ModuleDeclaration {
    pub(crate) path: Vec<String>,
    pub(crate) is_inline: bool,
    pub(crate) is_test: bool,
}

fn declares_module<'a>(tokens: &[Token<'a>], i: usize) -> Option<&'a str> {
    let declares = text(tokens, i) == "mod" && matches!(text(tokens, i + 2), ";" | "{");
    declares.then(|| text(tokens, i + 1))
}

/// The inline modules scope a token: told of every token in turn.
#[derive(Default)]
pub(crate) struct ModuleScope {
    depth: usize,
    open: Vec<(String, usize)>,
}

impl ModuleScope {
    /// Takes in token `i`.
    pub(crate) fn enter(&mut self, tokens: &[Token<'_>], i: usize) {
        match text(tokens, i) {
            "{" => {
                if let Some(name) = i.checked_sub(2).and_then(|start| declares_module(tokens, start)) {
                    self.open.push((name.to_owned(), self.depth));
                }
                self.depth += 1;
            }
            "}" => {
                self.depth = self.depth.saturating_sub(1);
                self.open.retain(|(_, depth)| *depth < self.depth);
            }
            _ => {}
        }
    }

    /// Their names, the outermost first.
    pub(crate) fn modules(&self) -> Vec<String> {
        self.open.iter().map(|(name, _)| name.clone()).collect()
    }
}

fn module_path(path: &str) -> Vec<String> {
    let own = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    if own == "lib" {
        return Vec::new();
    }
    own.trim_end_matches("/mod").split('/').map(str::to_owned).collect()
}

/// All files that the rules look at.
pub(crate) struct Project {
    /// The Rust files of `src/`, `tests/` and `benches/`.
    pub(crate) files: Vec<File>,
    /// Everything else that belongs to the project: path and text.
    pub(crate) other_files: Vec<(String, String)>,
    by_module: BTreeMap<Vec<String>, usize>,
}

impl Project {
    /// A project of these files (path and text).
    pub(crate) fn of<P: AsRef<str>, T: AsRef<str>>(all: &[(P, T)]) -> Self {
        let (mut files, mut other_files) = (Vec::new(), Vec::new());
        for (path, source) in all {
            let (path, source) = (path.as_ref(), source.as_ref());
            let top = path.split('/').next().unwrap_or_default();
            if Path::new(path).extension().is_some_and(|name| name == "rs")
                && ["src", "tests", "benches"].contains(&top)
            {
                files.push(File::new(path, source));
            } else {
                other_files.push((path.to_owned(), source.to_owned()));
            }
        }
        let by_module = (0..).zip(&files).filter(|(_, f)| f.is_source()).map(|(i, f)| (f.module.clone(), i)).collect();
        let mut project = Self { files, other_files, by_module };
        project.blank_files_of_tests();
        project
    }

    /// Reads the project at `root`.
    pub(crate) fn read(root: &Path) -> io::Result<Self> {
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let mut paths = Vec::new();
        walk(root, "", &ignored, &mut paths)?;
        let mut all = Vec::new();
        for path in paths {
            let bytes = fs::read(root.join(&path))?;
            all.push((path, String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(Self::of(&all))
    }

    /// The file that is the module at `path`.
    pub(crate) fn module(&self, path: &[String]) -> Option<&File> {
        self.by_module.get(path).and_then(|i| self.files.get(*i))
    }

    /// The file that holds the item at `path`, and what is left of the path inside it.
    pub(crate) fn owner<'p>(&self, path: &'p [String]) -> Option<(&File, &'p [String])> {
        (0..=path.len()).rev().find_map(|length| {
            let (module, item) = path.split_at(length);
            self.module(module).map(|file| (file, item))
        })
    }

    /// Paths of the modules that `mod` lines lead to from `lib.rs` and `main.rs`.
    pub(crate) fn reached(&self) -> BTreeSet<Vec<String>> {
        let mut reached = BTreeSet::new();
        let mut next = vec![Vec::new(), vec!["main".to_owned()]];
        while let Some(path) = next.pop() {
            let Some(file) = self.module(&path) else { continue };
            if reached.insert(path) {
                next.extend(file.modules().into_iter().filter(|module| !module.is_inline).map(|module| module.path));
            }
        }
        reached
    }

    /// A file that is declared under `#[cfg(test)]`, or by such a file, is a test, whatever its name.
    fn blank_files_of_tests(&mut self) {
        loop {
            let declared = self.files.iter().filter(|file| file.is_source()).flat_map(File::modules);
            let tests: BTreeSet<_> = declared.filter(|module| module.is_test).map(|module| module.path).collect();
            let found = self.files.iter_mut().filter(|file| file.is_source() && tests.contains(&file.module));
            let found: Vec<_> = found.filter(|file| !file.production.is_empty()).collect();
            if found.is_empty() {
                return;
            }
            for file in found {
                file.production.clear();
            }
        }
    }
}

/// Collects the paths of files under `folder`, leaving out what the project does not keep.
fn walk(root: &Path, folder: &str, ignored: &str, paths: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let foreign = name.starts_with('.') && ![".cargo", ".ci", ".github", ".gitignore"].contains(&name.as_str());
        if foreign || is_ignored(&path, ignored) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &path, ignored, paths)?;
        } else if kind.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(())
}

/// Whether `.gitignore` names the path, in the forms `/folder`, `/folder/*` and `!/folder/file`.
fn is_ignored(path: &str, ignored: &str) -> bool {
    let lines = || ignored.lines().map(|line| line.trim().trim_end_matches('/'));
    let kept = lines().filter_map(|line| line.strip_prefix("!/")).any(|line| line == path);
    let named = lines()
        .filter_map(|line| line.strip_prefix('/'))
        .any(|line| line.strip_suffix('*').map_or(line == path, |folder| path.starts_with(folder)));
    named && !kept
}

/// Each fault of `rule` in these files as `FILE:LINE TEXT`.
#[cfg(test)]
pub(crate) fn show(rule: fn(&Project) -> Vec<Fault>, files: &[(&str, &str)]) -> Vec<String> {
    rule(&Project::of(files)).iter().map(|fault| format!("{}:{} {}", fault.file, fault.line, fault.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: impl IntoIterator<Item = Vec<String>>) -> BTreeSet<String> {
        paths.into_iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn modules_are_reached_from_lib_and_main() {
        let project = Project::of(&[
            ("src/lib.rs", "pub mod ledger;\n#[cfg(test)] mod fixtures;"),
            ("src/main.rs", "//! Front.\nfn main() {}"),
            ("src/ledger/mod.rs", "mod block; mod inner { mod deep; } #[cfg(test)] mod tests;"),
            ("src/ledger/block.rs", "mod part;"),
            ("src/ledger/block/part.rs", "fn a() {}"),
            ("src/ledger/inner/deep.rs", ""),
            ("src/ledger/tests.rs", "fn t() {}"),
            ("src/fixtures.rs", "mod sample;"),
            ("src/fixtures/sample.rs", "fn f() {}"),
        ]);
        let production = ["", "ledger", "ledger::block", "ledger::block::part", "ledger::inner::deep", "main"];
        let tests = ["fixtures", "fixtures::sample", "ledger::tests"];
        assert_eq!(names(project.reached()), production.iter().chain(&tests).map(|name| (*name).to_owned()).collect());
        let path = ["fixtures", "sample"].map(str::to_owned);
        assert_eq!(project.module(&path).unwrap().production, "");
        let path = ["ledger", "block", "Block", "new"].map(str::to_owned);
        let (owner, item) = project.owner(&path).unwrap();
        assert_eq!((owner.path.as_str(), item.join("::")), ("src/ledger/block.rs", "Block::new".to_owned()));
    }

    #[test]
    fn places_are_files_or_folders() {
        let project = Project::of(&[("src/http/api/blocks.rs", ""), ("src/client.rs", ""), ("src/httpd.rs", "")]);
        let within = |place: &str| project.files.iter().filter(|f| f.is_in(place)).count();
        assert_eq!((within("http"), within("http/api"), within("client"), within("htt")), (1, 1, 1, 0));
    }

    #[test]
    fn ignored_files_are_not_the_projects() {
        let ignored = "/target\n/chain-data/*\n!/chain-data/README.md\n";
        assert!(is_ignored("target", ignored));
        assert!(is_ignored("chain-data/CURRENT", ignored));
        assert!(!is_ignored("chain-data/README.md", ignored));
        assert!(!is_ignored("src", ignored));
    }
}
