//! Reads the list of a manifest that the depositor stores: recomputes its root, and finds single items.
//!
//! Every line is checked against the root in the statement; a list that was truncated, edited or confused with another is rejected.
//! Memory is bounded for any length.

use std::io;
use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::manifest::lines::{LineError, Lines};
use crate::cli::normalization::is_same_text;
use crate::ledger::hash::Digest;
use crate::ledger::manifest::claim::{ItemClaim, ItemName};
use crate::ledger::manifest::list::{FIRST_LINE, KeptLine};
use crate::ledger::manifest::tree::{CHUNK, Chunk, ManifestTree};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::statement::text::ManifestRoot;
use crate::wire::chinese;

/// Checks that the list at `path` has the root in the statement, and calls `see` with every line.
///
/// # Errors
///
/// [`CliError`]: unreadable, damaged, of another statement, or an error of `see`.
pub fn verify(
    path: &Path,
    stated: &ManifestRoot,
    see: impl FnMut(&KeptLine<'_>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    walk(path, stated, None, see).map(|_| ())
}

/// The claim of the item `name` in the list at `path`; `None` if there is none. An exact match comes first; otherwise the item whose name
/// differs only in its Unicode normalization, since macOS decomposes names.
///
/// # Errors
///
/// As [`verify`]; or no exact match, and several items with the name in another normalization.
pub fn claim(path: &Path, stated: &ManifestRoot, name: &str) -> Result<Option<ItemClaim>, CliError> {
    walk(path, stated, Some(name), |_| Ok(()))
}

fn walk(
    path: &Path,
    stated: &ManifestRoot,
    name: Option<&str>,
    mut see: impl FnMut(&KeptLine<'_>) -> Result<(), CliError>,
) -> Result<Option<ItemClaim>, CliError> {
    let damaged = |line: u64, zh: &str, en: &str| {
        let zh = format!("{} 第 {line} 行：不是清单：{zh}。请使用存证时生成的原文件", path.display());
        let en = format!("{}, line {line}: no manifest: {en}. Use the file that the deposit wrote", path.display());
        CliError::unable("manifest_damaged", zh, en)
    };
    let mut lines = Lines::open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound { missing(path) } else { CliError::io(path, &error) }
    })?;
    let (mut text, mut number) = (String::new(), 0_u64);
    let (mut tree, mut leaves) = (ManifestTree::new(), Vec::with_capacity(CHUNK));
    let mut sought = name.map(ItemSearch::for_name);
    loop {
        text.clear();
        number += 1;
        match lines.next(&mut text) {
            Ok(0) => break,
            Ok(_) => {}
            Err(LineError::Io(error)) => return Err(CliError::io(path, &error)),
            Err(error) => return Err(damaged(number, &error.chinese(), &error.to_string())),
        }
        let line = text.strip_suffix('\n').unwrap_or(&text);
        if number == 1 {
            if line != FIRST_LINE {
                return Err(damaged(
                    1,
                    &format!("首行应为“{FIRST_LINE}”"),
                    &format!("expected the first line `{FIRST_LINE}`"),
                ));
            }
            continue;
        }
        let kept =
            KeptLine::parse(line).map_err(|fault| damaged(number, &chinese::fault(&fault), &fault.to_string()))?;
        see(&kept)?;
        if let Some(search) = &mut sought {
            search.see(&kept, LeafIndex(number - 2));
        }
        leaves.push(kept.leaf());
        if leaves.len() == CHUNK {
            close(&mut tree, &mut leaves, &mut sought);
        }
    }
    close(&mut tree, &mut leaves, &mut sought);
    if tree.root().as_ref() != Some(stated) {
        return Err(not_the_stated(path));
    }
    let Some(sought) = sought.map_or(Ok(None), |search| search.found(path))? else { return Ok(None) };
    let proof = tree.path(sought.index, &sought.leaves).ok_or_else(|| not_the_stated(path))?;
    Ok(Some(ItemClaim { line: sought.line, index: sought.index, path: proof, name: Some(sought.name) }))
}

/// An item that was found, with the leaves of its chunk.
struct FoundItem {
    index: LeafIndex,
    line: String,
    name: ItemName,
    leaves: Vec<Digest>,
}

impl FoundItem {
    fn of(kept: &KeptLine<'_>, index: LeafIndex) -> Self {
        let name = ItemName { salt: kept.salt, path: kept.path.to_owned() };
        Self { index, line: kept.line.to_owned(), name, leaves: Vec::new() }
    }
}

/// The search for an item by its name.
struct ItemSearch<'n> {
    name: &'n str,
    exact: Option<FoundItem>,
    /// The first item whose name is the same in normalization form C.
    equivalent: Option<FoundItem>,
    /// How many such items there are.
    equivalents: usize,
}

impl<'n> ItemSearch<'n> {
    const fn for_name(name: &'n str) -> Self {
        Self { name, exact: None, equivalent: None, equivalents: 0 }
    }

    fn see(&mut self, kept: &KeptLine<'_>, index: LeafIndex) {
        if kept.path == self.name {
            self.exact.get_or_insert_with(|| FoundItem::of(kept, index));
        } else if is_same_text(kept.path, self.name) {
            self.equivalents += 1;
            self.equivalent.get_or_insert_with(|| FoundItem::of(kept, index));
        }
    }

    /// Stores the leaves of the chunk in which an item was found.
    fn take_leaves(&mut self, leaves: &[Digest]) {
        for sought in [&mut self.exact, &mut self.equivalent].into_iter().flatten() {
            if sought.leaves.is_empty() {
                sought.leaves.extend_from_slice(leaves);
            }
        }
    }

    fn found(self, list: &Path) -> Result<Option<FoundItem>, CliError> {
        if self.exact.is_none() && self.equivalents > 1 {
            let (path, count) = (list.display(), self.equivalents);
            let zh = format!("{path}：有 {count} 项的名称看似相同，仅 Unicode 写法不同。请照清单中的写法给出名称");
            let en = format!(
                "{path}: {count} items have this name in another Unicode normalization. Give the name exactly as the \
                 manifest has it"
            );
            return Err(CliError::unable("ambiguous_item", zh, en));
        }
        Ok(self.exact.or(self.equivalent))
    }
}

fn close(tree: &mut ManifestTree, leaves: &mut Vec<Digest>, sought: &mut Option<ItemSearch<'_>>) {
    if let Some(chunk) = Chunk::over(leaves) {
        // Chunks are closed when full, and after the last line.
        let _ = tree.push(chunk);
    }
    if let Some(search) = sought {
        search.take_leaves(leaves);
    }
    leaves.clear();
}

fn missing(path: &Path) -> CliError {
    let zh = format!("{}：清单不在此处。清单由存证人自行保管，遗失后无法证明其中任何一项", path.display());
    let en = format!(
        "{}: the manifest is not here. It stays with its depositor; without it no item can be proven",
        path.display()
    );
    CliError::unable("manifest_missing", zh, en)
}

fn not_the_stated(path: &Path) -> CliError {
    let zh = format!("{}：此清单的根或项数与声明不符，已损坏、被改动，或属于另一份声明", path.display());
    let en = format!(
        "{}: root or number of items are not what the statement says: it is damaged, was changed, or is of another statement",
        path.display()
    );
    CliError::unable("manifest_differs", zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::sha256;
    use crate::ledger::manifest::item::ItemDigests;
    use crate::ledger::manifest::list::KnownLine;

    /// A list of `count` items and its root in a statement.
    fn list(count: usize) -> (tempfile::TempDir, std::path::PathBuf, ManifestRoot) {
        list_of(&(0..count).map(|n| format!("{n:06}")).collect::<Vec<_>>())
    }

    fn list_of(names: &[String]) -> (tempfile::TempDir, std::path::PathBuf, ManifestRoot) {
        let mut text = format!("{FIRST_LINE}\n");
        let (mut tree, mut leaves) = (ManifestTree::new(), Vec::new());
        for (n, path) in names.iter().enumerate() {
            let digests = ItemDigests::new(Some(sha256(path.as_bytes())), None, 6).unwrap();
            let known = KnownLine { digests, path };
            leaves.push(KeptLine::write(&mut text, &known, &sha256(&n.to_be_bytes()).0));
        }
        for chunk in leaves.chunks(CHUNK) {
            tree.push(Chunk::over(chunk).unwrap()).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        std::fs::write(&path, text).unwrap();
        (folder, path, tree.root().unwrap())
    }

    #[test]
    fn every_item_can_be_claimed_and_what_is_not_there_cannot() {
        let count = CHUNK + 3;
        let (_folder, path, root) = list(count);
        for n in [0, 1, CHUNK - 1, CHUNK, CHUNK + 2] {
            let claim = claim(&path, &root, &format!("{n:06}")).unwrap().unwrap();
            assert_eq!(claim.index, LeafIndex(n as u64));
            claim.check(Some(&root)).unwrap();
        }
        assert_eq!(claim(&path, &root, "999999"), Ok(None));
        let mut seen = 0;
        verify(&path, &root, |_| {
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, count);
    }

    #[test]
    fn an_item_is_found_in_either_normalization_and_never_by_guessing() {
        let (composed, decomposed) = ("caf\u{e9}.wav", "cafe\u{301}.wav");
        let (_folder, path, root) = list_of(&["a".into(), composed.into()]);
        for name in [composed, decomposed] {
            let claim = claim(&path, &root, name).unwrap().unwrap();
            assert_eq!(claim.name.as_ref().unwrap().path, composed);
            claim.check(Some(&root)).unwrap();
        }
        assert_eq!(claim(&path, &root, "cafe.wav").unwrap(), None);
        // Two files may look the same: then only the exact name is one of them.
        let (_folder, path, root) = list_of(&[decomposed.into(), composed.into()]);
        for name in [composed, decomposed] {
            assert_eq!(claim(&path, &root, name).unwrap().unwrap().name.unwrap().path, name);
        }
        let (_folder, path, root) = list_of(&["\u{1e69}".into(), "\u{1e63}\u{307}".into()]);
        assert_eq!(claim(&path, &root, "s\u{307}\u{323}").unwrap_err().code, "ambiguous_item");
    }

    #[test]
    fn a_list_that_is_not_the_stated_one_is_refused_whatever_was_done_to_it() {
        let (_folder, path, root) = list(5);
        let good = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<_> = good.split_inclusive('\n').collect();
        let swapped = [lines[0], lines[2], lines[1], lines[3], lines[4], lines[5]].concat();
        let cases = [
            (lines[..5].concat(), "manifest_differs"),
            (swapped, "manifest_differs"),
            (format!("{good}{}", lines[5]), "manifest_differs"),
            (lines[0].to_owned(), "manifest_differs"),
            (good.trim_end_matches("000004\n").to_owned(), "manifest_damaged"),
            (good.replacen("path 000003", "path 000004", 1), "manifest_damaged"),
            (good.replacen("size 6", "size 7", 1), "manifest_differs"),
            (good.replacen("manifest v1", "manifest v2", 1), "manifest_damaged"),
            (String::new(), "manifest_differs"),
        ];
        for (text, code) in cases {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(claim(&path, &root, "000001").unwrap_err().code, code, "{text}");
        }
        for same in [good.trim_end().to_owned(), good.replace('\n', "\r\n"), format!("\u{FEFF}{good}")] {
            std::fs::write(&path, &same).unwrap();
            assert!(claim(&path, &root, "000001").unwrap().is_some(), "{same}");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(claim(&path, &root, "000001").unwrap_err().code, "manifest_missing");
    }
}
