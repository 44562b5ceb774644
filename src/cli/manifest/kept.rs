//! Reads the list that the depositor keeps: its root again, and a single item of it.
//!
//! Every line is recomputed on the way, and what does not agree with the statement is never used: a list that was cut
//! short, edited or mixed up proves nothing any more, and says so. Memory is bounded whatever its length.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::Path;

use crate::cli::ending::Complaint;
use crate::ledger::hash::Digest;
use crate::ledger::manifest::claim::{ItemClaim, ItemName};
use crate::ledger::manifest::list::{FIRST_LINE, KeptLine, LINE_MAX};
use crate::ledger::manifest::tree::{CHUNK, Chunk, ManifestTree};
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::statement::text::ManifestRoot;

/// Bytes read at once.
const BUFFER: usize = 1 << 20;

/// Walks the list at `path`, shows `see` every line, and checks that it is the one whose root the statement bears.
///
/// # Errors
///
/// [`Complaint`]: unreadable, damaged, of another statement, or what `see` says.
pub fn hold(
    path: &Path,
    stated: &ManifestRoot,
    see: impl FnMut(&KeptLine<'_>) -> Result<(), Complaint>,
) -> Result<(), Complaint> {
    walk(path, stated, None, see).map(|_| ())
}

/// The claim of the item called `name` in the list at `path`; `None` where no item is called so.
///
/// # Errors
///
/// As [`hold`].
pub fn claim(path: &Path, stated: &ManifestRoot, name: &str) -> Result<Option<ItemClaim>, Complaint> {
    walk(path, stated, Some(name), |_| Ok(()))
}

fn walk(
    path: &Path,
    stated: &ManifestRoot,
    name: Option<&str>,
    mut see: impl FnMut(&KeptLine<'_>) -> Result<(), Complaint>,
) -> Result<Option<ItemClaim>, Complaint> {
    let damaged = |line: u64, reason: &str| {
        let zh = format!("{} 第 {line} 行：不是清单：{reason}", path.display());
        Complaint::unable("manifest_damaged", zh, format!("{}, line {line}: no manifest: {reason}", path.display()))
    };
    let mut reader = File::open(path).map(|file| BufReader::with_capacity(BUFFER, file)).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound { missing(path) } else { Complaint::io(path, &error) }
    })?;
    let (mut text, mut number) = (String::new(), 0_u64);
    let (mut tree, mut leaves) = (ManifestTree::new(), Vec::with_capacity(CHUNK));
    let mut sought: Option<Sought> = None;
    loop {
        text.clear();
        let count = (&mut reader).take(LINE_MAX as u64).read_line(&mut text);
        number += 1;
        if count.map_err(|error| Complaint::io(path, &error))? == 0 {
            break;
        }
        let line = text.strip_suffix('\n').ok_or_else(|| damaged(number, "cut short, or too long"))?;
        if number == 1 {
            if line != FIRST_LINE {
                return Err(damaged(1, &format!("expected the first line `{FIRST_LINE}`")));
            }
            continue;
        }
        let kept = KeptLine::parse(line).map_err(|fault| damaged(number, &fault.to_string()))?;
        see(&kept)?;
        if sought.is_none() && name == Some(kept.path) {
            sought = Some(Sought::of(&kept, LeafIndex(number - 2)));
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
    let Some(sought) = sought else { return Ok(None) };
    let proof = tree.path(sought.index, &sought.leaves).ok_or_else(|| not_the_stated(path))?;
    Ok(Some(ItemClaim { line: sought.line, index: sought.index, path: proof, name: Some(sought.name) }))
}

/// An item that was found, and the leaves of its chunk once that is read.
struct Sought {
    index: LeafIndex,
    line: String,
    name: ItemName,
    leaves: Vec<Digest>,
}

impl Sought {
    fn of(kept: &KeptLine<'_>, index: LeafIndex) -> Self {
        let name = ItemName { salt: kept.salt, path: kept.path.to_owned() };
        Self { index, line: kept.line.to_owned(), name, leaves: Vec::new() }
    }
}

fn close(tree: &mut ManifestTree, leaves: &mut Vec<Digest>, sought: &mut Option<Sought>) {
    if let Some(chunk) = Chunk::over(leaves) {
        // Chunks are closed when full, and once more behind the last line.
        let _ = tree.push(chunk);
    }
    if let Some(sought) = sought.as_mut().filter(|sought| sought.leaves.is_empty()) {
        sought.leaves.clone_from(leaves);
    }
    leaves.clear();
}

fn missing(path: &Path) -> Complaint {
    let zh = format!("{}：清单不在此处。清单由存证人自行保管，遗失后无法证明其中任何一项", path.display());
    let en = format!(
        "{}: the manifest is not here. It stays with its depositor; without it no item can be proven",
        path.display()
    );
    Complaint::unable("manifest_missing", zh, en)
}

fn not_the_stated(path: &Path) -> Complaint {
    let zh = format!("{}：此清单的根或项数与声明不符，已损坏、被改动，或属于另一份声明", path.display());
    let en = format!(
        "{}: root or number of items are not what the statement says: it is damaged, was changed, or is of another statement",
        path.display()
    );
    Complaint::unable("manifest_differs", zh, en)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::sha256;
    use crate::ledger::manifest::item::ItemDigests;
    use crate::ledger::manifest::list::KnownLine;

    /// A list of `count` items and what a statement says of it.
    fn list(count: usize) -> (tempfile::TempDir, std::path::PathBuf, ManifestRoot) {
        let mut text = format!("{FIRST_LINE}\n");
        let (mut tree, mut leaves) = (ManifestTree::new(), Vec::new());
        for n in 0..count {
            let path = format!("{n:06}");
            let digests = ItemDigests::new(Some(sha256(path.as_bytes())), None, 6).unwrap();
            let known = KnownLine { digests, path: &path };
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
        hold(&path, &root, |_| {
            seen += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, count);
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
            (good.trim_end().to_owned(), "manifest_damaged"),
            (good.replacen("path 000003", "path 000004", 1), "manifest_damaged"),
            (good.replacen("size 6", "size 7", 1), "manifest_differs"),
            (good.replacen("manifest v1", "manifest v2", 1), "manifest_damaged"),
            (String::new(), "manifest_differs"),
        ];
        for (text, code) in cases {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(claim(&path, &root, "000001").unwrap_err().code, code, "{text}");
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(claim(&path, &root, "000001").unwrap_err().code, "manifest_missing");
    }
}
