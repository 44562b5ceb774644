//! Sizes, headers, names and reachability of files, and what no file of the project may say.

use crate::mask::{Attribute, Token, after_bracket, text, tokens};
use crate::source::{Fault, Project};

/// Longest file of `src/`, in lines.
const LONGEST_FILE: usize = 500;
/// Longest function anywhere, from `fn` to its last brace, in lines.
const LONGEST_FUNCTION: usize = 70;
/// Names that say nothing; a crate-wide `error` is where cycles begin.
const EMPTY_NAMES: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "error", "errors"];

/// Files and functions that do not fit a reader's head.
pub(crate) fn sizes(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &project.files {
        let lines = file.text.lines().count();
        if file.is_source() && lines > LONGEST_FILE {
            let reason = format!("a file has at most {LONGEST_FILE} lines: split it by what it does");
            let end = file.text.len().saturating_sub(1);
            let at = file.text.char_indices().rev().map(|(at, _)| at).find(|at| *at <= end).unwrap_or(0);
            faults.push(file.fault(at, format!("{lines} lines"), reason));
        }
        let tokens = tokens(&file.code);
        for (i, token) in tokens.iter().enumerate() {
            let Some(end) = function_end(&tokens, i) else { continue };
            let lines = 1 + file.line(end) - file.line(token.at);
            if lines > LONGEST_FUNCTION {
                let reason = format!("{lines} lines; a function has at most {LONGEST_FUNCTION}: split it");
                faults.push(file.fault(token.at, format!("fn {}", text(&tokens, i + 1)), reason));
            }
        }
    }
    faults
}

/// The offset of the last brace of the function whose `fn` is token `i`.
fn function_end(tokens: &[Token<'_>], i: usize) -> Option<usize> {
    if text(tokens, i) != "fn" || !tokens.get(i + 1)?.is_word() {
        return None;
    }
    let mut open = i + 2;
    loop {
        match text(tokens, open) {
            "{" => break,
            ";" | "" => return None,
            "(" | "[" => open = after_bracket(tokens, open),
            _ => open += 1,
        }
    }
    tokens.get(after_bracket(tokens, open) - 1).map(|brace| brace.at)
}

/// Files that do not say what they are.
pub(crate) fn headers(project: &Project) -> Vec<Fault> {
    let bare = project.files.iter().filter(|file| !file.text.starts_with("//! "));
    let reason = "a file begins with `//!` docs: what it is, what it promises, what it is not";
    bare.map(|file| file.fault(0, file.text.lines().next().unwrap_or_default(), reason)).collect()
}

/// Files of `src/` with a name that says nothing.
pub(crate) fn names(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        if let Some(part) = file.module.iter().find(|part| EMPTY_NAMES.contains(&part.as_str())) {
            let reason = "name the thing of the domain that it holds; an error lives in the file that raises it";
            faults.push(file.fault(0, part, reason));
        }
    }
    faults
}

/// Files that no `mod` line leads to, and `mod` lines that lead elsewhere than to their own name.
pub(crate) fn dead_files(project: &Project) -> Vec<Fault> {
    let reached = project.reached();
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        if !reached.contains(&file.module) {
            faults.push(file.fault(
                0,
                &file.path,
                "no `mod` line leads here: add it to its parent, or remove the file",
            ));
        }
        for attribute in Attribute::all(&tokens(&file.code)) {
            for (i, token) in attribute.tokens.iter().enumerate() {
                // `path = "…"` inside another attribute is a route or the like.
                let own = i == 0 || attribute.tokens.first().is_some_and(|first| first.text == "cfg_attr");
                if own
                    && token.text == "path"
                    && text(&attribute.tokens, i + 1) == "="
                    && text(&attribute.tokens, i + 2) == "\""
                {
                    faults.push(file.fault(token.at, "#[path]", "a module lies where its name says"));
                }
            }
        }
    }
    faults
}

/// Folders of the machine a file was written on.
pub(crate) fn foreign_folders(project: &Project) -> Vec<Fault> {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    let sources = project.files.iter().map(|file| (&file.path, &file.text));
    let other_files = project.other_files.iter().map(|(path, text)| (path, text));
    let mut faults = Vec::new();
    for (path, content) in sources.chain(other_files) {
        for (number, line) in (1..).zip(content.lines()) {
            // Behind a word it is the middle of a longer path or of an address.
            let is_absolute = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~}".contains(c));
            for folder in folders.iter().filter(|folder| line.match_indices(**folder).any(|(at, _)| is_absolute(at))) {
                let reason = "a folder of one machine means nothing on another".to_owned();
                faults.push(Fault { file: path.clone(), line: number, text: (*folder).to_owned(), reason });
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::show;

    #[test]
    fn files_and_functions_have_a_longest_size() {
        let body = |lines: usize| {
            format!("//! Docs.\nconst F: fn(u8) = g;\nfn f(x: [u8; 2]) {{{}}}\n", "\n".repeat(lines - 1))
        };
        let (fits, long) = (body(70), body(71));
        let brackets = format!("//! Docs.\nfn f() {{ \"{{\"; '{{'; /* {{ */ }}\n{}fn g();", "//\n".repeat(90));
        let lines = |count: usize| "//! Docs.\n".repeat(count);
        let kept =
            [("src/a.rs", &*fits), ("tests/b.rs", &brackets), ("src/c.rs", &lines(500)), ("tests/d.rs", &lines(501))];
        assert_eq!(show(sizes, &kept), [""; 0]);
        let broken = [("benches/a.rs", &*long), ("src/c.rs", &lines(501))];
        assert_eq!(show(sizes, &broken), ["benches/a.rs:3 fn f", "src/c.rs:501 501 lines"]);
    }

    #[test]
    fn files_begin_with_docs() {
        assert_eq!(show(headers, &[("src/a.rs", "//! Docs.\n"), ("README.md", "# A")]), [""; 0]);
        assert_eq!(show(headers, &[("src/a.rs", "use b;\n//! Docs.\n")]), ["src/a.rs:1 use b;"]);
        assert_eq!(show(headers, &[("tests/a.rs", "")]), ["tests/a.rs:1 "]);
    }

    #[test]
    fn names_say_something() {
        assert_eq!(show(names, &[("src/ledger/note.rs", ""), ("tests/it/common.rs", "")]), [""; 0]);
        let broken = [("src/store/error.rs", ""), ("src/utils/mod.rs", "")];
        assert_eq!(show(names, &broken), ["src/store/error.rs:1 error", "src/utils/mod.rs:1 utils"]);
    }

    #[test]
    fn every_file_is_reached() {
        let kept = [("src/lib.rs", "pub mod a;"), ("src/a.rs", "#[cfg(test)]\nmod tests;"), ("src/a/tests.rs", "")];
        assert_eq!(show(dead_files, &kept), [""; 0]);
        let broken = [
            ("src/lib.rs", "// mod a;\n#[path = \"b/c.rs\"]\nmod b;"),
            ("src/a.rs", ""),
            ("src/b/c.rs", ""),
            ("src/b/mod.rs", ""),
        ];
        assert_eq!(
            show(dead_files, &broken),
            ["src/lib.rs:2 #[path]", "src/a.rs:1 src/a.rs", "src/b/c.rs:1 src/b/c.rs"]
        );
    }

    #[test]
    fn no_file_knows_the_machine_it_was_written_on() {
        let kept = [("a.md", "https://example.org/work/a framework/ ./root/ $HOME/work/x ${TOP}/work/y")];
        assert_eq!(show(foreign_folders, &kept), [""; 0]);
        let work = concat!("/wo", "rk/main");
        let broken = [("Makefile", format!("a\nCACHE = {work}\n")), ("src/a.rs", format!("// {work}"))];
        let found = foreign_folders(&Project::of(&broken));
        let lines: Vec<_> = found.iter().map(|fault| (fault.file.as_str(), fault.line)).collect();
        assert_eq!(lines, [("src/a.rs", 1), ("Makefile", 2)]);
    }
}
