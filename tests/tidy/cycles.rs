//! Import cycles of files within a layer, and `mod.rs` files (module roots) with more than declarations.
//!
//! A `mod.rs` with an item that its children import is already a cycle, so it contains docs, `mod` lines and
//! `pub use` lines only, and its children import from the file that owns a thing.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::{Attribute, after_bracket, text, tokens};
use crate::paths::{Named, followed, named};
use crate::source::{Fault, File, Project};

type FileImports<'h> = BTreeMap<&'h str, Vec<(&'h str, Named)>>;

/// Cycles of files inside one layer.
pub(crate) fn cycles(project: &Project) -> Vec<Fault> {
    let file_imports = file_imports(project);
    let reachable: BTreeMap<&str, BTreeSet<&str>> =
        file_imports.keys().map(|from| (*from, reached(&file_imports, from))).collect();
    let leads = |from: &str, to: &str| reachable.get(from).is_some_and(|all| all.contains(to));
    let mut faults = Vec::new();
    for file in &project.files {
        let path = file.path.as_str();
        let back = file_imports.get(path).into_iter().flatten().filter(|(to, _)| leads(to, path));
        for (to, import) in back {
            let cycle: Vec<&str> = reachable.keys().copied().filter(|f| leads(path, f) && leads(f, path)).collect();
            let reason = format!("{to} imports this file in turn; the cycle holds {}", cycle.join(", "));
            faults.push(file.fault(import.at, &import.text, reason));
        }
    }
    faults
}

/// Per file, the files of the same layer that it imports something from.
fn file_imports(project: &Project) -> FileImports<'_> {
    let mut file_imports = FileImports::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        let from = file_imports.entry(file.path.as_str()).or_default();
        for import in named(file).into_iter().filter(|import| import.ours) {
            let path = followed(project, &import.path);
            let Some((owner, item)) = project.owner(&path) else { continue };
            // A folder named without an item imports nothing yet.
            let is_folder = owner.is_module_root() && item.is_empty();
            let known = from.iter().any(|(to, _)| *to == owner.path);
            if owner.layer() == file.layer() && owner.path != file.path && !is_folder && !known {
                from.push((owner.path.as_str(), import));
            }
        }
    }
    file_imports
}

fn reached<'h>(file_imports: &FileImports<'h>, from: &'h str) -> BTreeSet<&'h str> {
    let mut found = BTreeSet::new();
    let mut next: Vec<&str> = vec![from];
    while let Some(file) = next.pop() {
        next.extend(file_imports.get(file).into_iter().flatten().map(|(to, _)| *to).filter(|to| found.insert(*to)));
    }
    found
}

/// Module roots with items of their own, and imports from the own module root.
pub(crate) fn module_roots(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        if file.is_module_root() {
            faults.extend(superfluous_items(file));
        }
        for import in named(file).iter().filter(|import| import.ours) {
            let Some((root, item)) = project.owner(&import.path).filter(|(owner, _)| owner.is_module_root()) else {
                continue;
            };
            let is_own = root.path != file.path && !root.module.is_empty() && file.module.starts_with(&root.module);
            if is_own && !item.is_empty() {
                let reason =
                    format!("{} is a module root without items: import from the file that defines it", root.path);
                faults.push(file.fault(import.at, &import.text, reason));
            }
        }
    }
    faults
}

/// Items of a root that are neither a `mod` line nor, `lib.rs` excepted, a `pub use`.
fn superfluous_items(root: &File) -> Vec<Fault> {
    let tokens = tokens(&root.production);
    let mut faults = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if let Some(attribute) = Attribute::at(&tokens, i) {
            i = attribute.end;
            continue;
        }
        let start = i;
        let is_public = text(&tokens, i) == "pub";
        i += usize::from(is_public);
        if is_public && text(&tokens, i) == "(" {
            i = after_bracket(&tokens, i);
        }
        let is_map = root.module.is_empty();
        let fits = match text(&tokens, i) {
            "mod" => text(&tokens, i + 2) == ";",
            "use" => is_public && !is_map,
            _ => false,
        };
        let begins = text(&tokens, i);
        let is_use = begins == "use";
        while !matches!(text(&tokens, i), "{" | ";" | "") || (is_use && text(&tokens, i) == "{") {
            i += 1;
        }
        i = if text(&tokens, i) == "{" { after_bracket(&tokens, i) } else { i + 1 };
        if !fits {
            let may = if is_map { "docs and `mod` lines" } else { "docs, `mod` lines and `pub use` lines" };
            let at = tokens.get(start).map_or(0, |token| token.at);
            faults.push(root.fault(
                at,
                begins,
                format!("a module root contains {may} only: move this to its own file"),
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(faults: &[Fault]) -> Vec<String> {
        faults.iter().map(|f| format!("{}:{} {}", f.file, f.line, f.text)).collect()
    }

    #[test]
    fn a_cycle_is_found_through_names_modules_and_module_roots() {
        let project = Project::of(&[
            ("src/ledger/mod.rs", "//! Docs.\npub mod chain; pub mod merkle; pub mod hash;"),
            ("src/ledger/chain.rs", "//! Docs.\nuse super::merkle;\nfn f() { merkle::Proof::new() }"),
            ("src/ledger/merkle/mod.rs", "mod proof; pub use proof::Proof;"),
            (
                "src/ledger/merkle/proof.rs",
                "use crate::ledger::hash::Digest;\nfn f() { crate::ledger::chain::Tip::x() }",
            ),
            ("src/ledger/hash.rs", "pub struct Digest;"),
        ]);
        let found = cycles(&project);
        assert_eq!(
            show(&found),
            ["src/ledger/chain.rs:3 merkle::Proof::new", "src/ledger/merkle/proof.rs:2 crate::ledger::chain::Tip::x",]
        );
        let reason = &found.first().unwrap().reason;
        assert!(reason.ends_with("the cycle holds src/ledger/chain.rs, src/ledger/merkle/proof.rs"), "{reason}");
    }

    #[test]
    fn a_staircase_is_no_cycle() {
        let project = Project::of(&[
            ("src/ledger/chain.rs", "use super::block::Block; use super::hash;"),
            (
                "src/ledger/block.rs",
                "use super::hash::Digest;\n#[cfg(test)]\nmod tests { use crate::ledger::chain::Tip; }",
            ),
            ("src/ledger/hash.rs", "mod inner { use super::Digest; }\npub struct Digest;"),
        ]);
        assert_eq!(show(&cycles(&project)), [""; 0]);
    }

    #[test]
    fn a_root_holds_only_lines_of_modules_and_reexports() {
        let kept = Project::of(&[
            ("src/lib.rs", "//! Docs.\n#![warn(x)]\npub mod ledger;\n#[cfg(feature = \"node\")]\nmod http;"),
            (
                "src/store/mod.rs",
                "pub mod a;\n#[cfg(x)]\npub(crate) use a::{B, C};\n#[cfg(test)]\nmod tests { fn f() {} }",
            ),
            ("src/store/a.rs", "pub struct B;"),
        ]);
        assert_eq!(show(&module_roots(&kept)), [""; 0]);
        let broken = Project::of(&[
            ("src/lib.rs", "//! Docs.\npub mod ledger;\npub use ledger::hash::Digest;\n"),
            ("src/store/mod.rs", "mod a;\nuse a::{B};\npub trait T {\n fn f() {}\n}\nmod inline { }\nconst X: u8 = 1;"),
        ]);
        assert_eq!(
            show(&module_roots(&broken)),
            [
                "src/lib.rs:3 use",
                "src/store/mod.rs:2 use",
                "src/store/mod.rs:3 trait",
                "src/store/mod.rs:6 mod",
                "src/store/mod.rs:7 const",
            ]
        );
    }

    #[test]
    fn nobody_imports_from_the_root_of_the_own_layer() {
        let files = |import: &'static str| {
            Project::of(&[
                ("src/store/mod.rs", "mod a; pub mod rocks; pub use a::B;"),
                ("src/store/a.rs", "pub struct B;"),
                ("src/store/rocks/mod.rs", "mod store;"),
                ("src/store/rocks/store.rs", import),
            ])
        };
        assert_eq!(
            show(&module_roots(&files("//! Docs.\nuse crate::store::B;"))),
            ["src/store/rocks/store.rs:2 crate::store::B"]
        );
        assert_eq!(show(&module_roots(&files("use super::*;"))), ["src/store/rocks/store.rs:1 super::*"]);
        assert_eq!(show(&module_roots(&files("use crate::store::a::B;\nuse super::super::a;"))), [""; 0]);
    }
}
