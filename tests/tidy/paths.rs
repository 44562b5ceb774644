//! Every path that a file's production code names: the leaves of its `use` trees and the paths inside its code, made
//! absolute.
//!
//! Not here: what a path means; `Project::owner` finds the file, `layers` and `cycles` judge it. Scopes of blocks are
//! not followed: a name imported anywhere in a file counts in all of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::mask::{Token, text, text_before, tokens};
use crate::source::{File, ModuleScope, Project};

/// The name under which `main.rs` knows the library.
const LIBRARY: &str = "tiezheng";

/// A path as code names it.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    /// Its parts: from the root of the library if `ours`, else from the root of another crate.
    pub(crate) path: Vec<String>,
    /// Whether it leads into this library.
    pub(crate) ours: bool,
    /// As written, the nested braces of a `use` resolved.
    pub(crate) text: String,
    /// Offset in the file.
    pub(crate) at: usize,
    /// For the leaf of a `use`: the name it is known by from there on.
    pub(crate) binds: Option<String>,
    /// Whether it is a leaf of a `pub use`.
    pub(crate) public: bool,
}

/// All paths in the production code of `file`.
pub(crate) fn named(file: &File) -> Vec<Named> {
    let tokens = tokens(&file.production);
    let mut found = Reader::new(file).uses(&tokens);
    let known: BTreeMap<String, Vec<String>> = found
        .iter()
        .filter(|named| named.ours)
        .filter_map(|named| Some((named.binds.clone()?, named.path.clone())))
        .collect();
    let inline = Reader { known, ..Reader::new(file) }.inline(&tokens);
    found.extend(inline);
    found
}

/// Where `path` leads once the re-exports of `module_roots` are followed.
pub(crate) fn followed(project: &Project, path: &[String]) -> Vec<String> {
    let mut path = path.to_vec();
    // A chain of `module_roots` is never longer than the deepest folder.
    for _ in 0..8 {
        let Some((root, [item, rest @ ..])) = project.owner(&path).filter(|(file, _)| file.is_module_root()) else {
            break;
        };
        let exports = named(root);
        let Some(exported) = exports.iter().find(|n| n.public && n.ours && n.binds.as_ref() == Some(item)) else {
            break;
        };
        path = [exported.path.as_slice(), rest].concat();
    }
    path
}

struct Reader<'f> {
    file: &'f File,
    /// Modules declared in the file itself, which it may name without a prefix.
    children: BTreeSet<String>,
    /// Names that its `use` lines bind to something of ours.
    known: BTreeMap<String, Vec<String>>,
}

impl<'f> Reader<'f> {
    fn new(file: &'f File) -> Self {
        let depth = if file.module == ["main"] { 0 } else { file.module.len() };
        let children = file.modules().into_iter().filter(|module| module.path.len() == depth + 1);
        Self { file, children: children.filter_map(|m| m.path.last().cloned()).collect(), known: BTreeMap::new() }
    }

    fn uses(&self, tokens: &[Token<'_>]) -> Vec<Named> {
        let mut scope = ModuleScope::default();
        let mut found = Vec::new();
        for (i, token) in tokens.iter().enumerate() {
            scope.enter(tokens, i);
            // `use<'a>` in a return type captures lifetimes.
            if token.text == "use" && !matches!(text(tokens, i + 1), "<" | "") {
                let mut leaves = Vec::new();
                read_tree(tokens, i + 1, &[], &mut leaves);
                let public = matches!(text_before(tokens, i), "pub" | ")");
                for leaf in leaves {
                    let (path, ours) = self.absolute(&leaf.parts, &scope.modules());
                    let text = leaf.parts.join("::");
                    found.push(Named { path, ours, text, at: leaf.at, binds: leaf.binds, public });
                }
            }
        }
        found
    }

    fn inline(&self, tokens: &[Token<'_>]) -> Vec<Named> {
        let mut scope = ModuleScope::default();
        let mut found = Vec::new();
        let mut i = 0;
        while let Some(token) = tokens.get(i) {
            scope.enter(tokens, i);
            if token.text == "use" && text(tokens, i + 1) != "<" {
                while !matches!(text(tokens, i), ";" | "") {
                    i += 1;
                }
            } else if token.is_word() && text(tokens, i + 1) == "::" && !continues(tokens, i) {
                let (parts, end) = read_path(tokens, i);
                if parts.len() > 1 {
                    let (path, ours) = self.absolute(&parts, &scope.modules());
                    found.push(Named { path, ours, text: parts.join("::"), at: token.at, binds: None, public: false });
                }
                i = end;
            } else {
                i += 1;
            }
        }
        found
    }

    /// The path from the root it belongs to, and whether that is ours.
    fn absolute(&self, parts: &[String], inside: &[String]) -> (Vec<String>, bool) {
        let Some((first, mut rest)) = parts.split_first() else { return (Vec::new(), false) };
        let mut path = match first.as_str() {
            "crate" => Vec::new(),
            LIBRARY if self.file.module == ["main"] => Vec::new(),
            "self" | "super" => [self.file.module.clone(), inside.to_vec()].concat(),
            child if self.children.contains(child) => [self.file.module.clone(), vec![child.to_owned()]].concat(),
            name => match self.known.get(name) {
                Some(path) => path.clone(),
                None => return (parts.iter().filter(|part| !part.is_empty()).cloned().collect(), false),
            },
        };
        if first == "super" {
            path.pop();
        }
        while let Some((_, later)) = rest.split_first().filter(|(next, _)| *next == "super") {
            path.pop();
            rest = later;
        }
        path.extend(rest.iter().cloned());
        (path, true)
    }
}

/// Whether the word at `i` is the middle of a path, a method, or part of `pub(in path)`.
fn continues(tokens: &[Token<'_>], i: usize) -> bool {
    match text_before(tokens, i) {
        "::" | "." => true,
        "in" => text_before(tokens, i - 1) == "(",
        _ => false,
    }
}

fn read_path(tokens: &[Token<'_>], start: usize) -> (Vec<String>, usize) {
    let mut parts = vec![text(tokens, start).to_owned()];
    let mut i = start + 1;
    while text(tokens, i) == "::" && tokens.get(i + 1).is_some_and(Token::is_word) {
        parts.push(text(tokens, i + 1).to_owned());
        i += 2;
    }
    (parts, i)
}

struct Leaf {
    parts: Vec<String>,
    at: usize,
    binds: Option<String>,
}

/// Reads one tree of a `use` from token `i`; returns the index after it. `::x` has an empty first part.
fn read_tree(tokens: &[Token<'_>], mut i: usize, prefix: &[String], leaves: &mut Vec<Leaf>) -> usize {
    let mut parts = prefix.to_vec();
    let at = tokens.get(i).map_or(0, |token| token.at);
    loop {
        match text(tokens, i) {
            "::" if parts.is_empty() => parts.push(String::new()),
            "{" => {
                i += 1;
                while !matches!(text(tokens, i), "}" | ";" | "") {
                    i = if text(tokens, i) == "," { i + 1 } else { read_tree(tokens, i, &parts, leaves) };
                }
                return i + 1;
            }
            "*" => {
                parts.push("*".to_owned());
                leaves.push(Leaf { parts, at, binds: None });
                return i + 1;
            }
            "self" | "::" if !parts.is_empty() => {}
            word if tokens.get(i).is_some_and(Token::is_word) && word != "as" => parts.push(word.to_owned()),
            _ => break,
        }
        i += 1;
    }
    let renamed = text(tokens, i) == "as";
    let binds = if renamed { Some(text(tokens, i + 1).to_owned()) } else { parts.last().cloned() };
    leaves.push(Leaf { parts, at, binds });
    // An odd token is stepped over, or a malformed tree would never end.
    let ends = matches!(text(tokens, i), "," | "}" | ";" | "");
    i + if renamed { 2 } else { usize::from(!ends) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, source: &str) -> Vec<String> {
        let project = Project::of(&[(path, source)]);
        let file = project.files.first().unwrap();
        let show =
            |n: &Named| format!("{}:{} {}", file.line(n.at), if n.ours { "ours" } else { "" }, n.path.join("::"));
        named(file).iter().map(show).collect()
    }

    #[test]
    fn nested_uses_are_read_leaf_by_leaf() {
        let source =
            "use crate::{\n  ledger::{self, hash::Digest as D},\n  store::traits::*,\n};\nuse std::{fs, io::{self}};";
        assert_eq!(
            paths("src/http/api/a.rs", source),
            ["2:ours ledger", "2:ours ledger::hash::Digest", "3:ours store::traits::*", "5: std::fs", "5: std::io",]
        );
    }

    #[test]
    fn relative_paths_become_absolute() {
        let source = "use super::tile::Tile;\nuse super::super::hash;\nmod part;\npub use part::Part;\n\
                      mod inner { use super::super::proof::P; }\nuse self::part::Q;";
        assert_eq!(
            paths("src/ledger/merkle/shape.rs", source),
            [
                "1:ours ledger::merkle::tile::Tile",
                "2:ours ledger::hash",
                "4:ours ledger::merkle::shape::part::Part",
                "5:ours ledger::merkle::proof::P",
                "6:ours ledger::merkle::shape::part::Q",
            ]
        );
    }

    #[test]
    fn paths_in_code_are_found_and_prose_is_not() {
        let source = "// crate::http::a\nuse crate::ledger::hash;\nfn a() -> crate::wire::W { hash::leaf(\"crate::cli::b\") }\n\
                      pub(in crate::court) fn f() { x.map($crate::filing::g); std::fs::read(p).expect(\"\") }\n\
                      fn g() -> impl Sized + use<'_> { u8::MAX }";
        assert_eq!(
            paths("src/http/a.rs", source),
            [
                "2:ours ledger::hash",
                "3:ours wire::W",
                "3:ours ledger::hash::leaf",
                "4:ours filing::g",
                "4: std::fs::read",
                "5: u8::MAX",
            ]
        );
    }

    #[test]
    fn main_knows_the_library_by_name() {
        assert_eq!(paths("src/main.rs", "fn main() { tiezheng::cli::run() }"), ["1:ours cli::run"]);
        assert_eq!(paths("src/cli/mod.rs", "fn main() { tiezheng::cli::run() }"), ["1: tiezheng::cli::run"]);
    }

    #[test]
    fn reexports_lead_to_the_owner() {
        let project = Project::of(&[
            ("src/store/mod.rs", "mod traits; pub use traits::{Read as Reader, Append};"),
            ("src/store/traits.rs", "pub trait Append {}"),
        ]);
        let lead = |path: &str| followed(&project, &path.split("::").map(str::to_owned).collect::<Vec<_>>()).join("::");
        assert_eq!(lead("store::Reader"), "store::traits::Read");
        assert_eq!(lead("store::Append::grow"), "store::traits::Append::grow");
        assert_eq!(lead("store::traits::Append"), "store::traits::Append");
        assert_eq!(lead("store::Unknown"), "store::Unknown");
    }
}
