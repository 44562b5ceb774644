//! Names that belong to one place only, and names that belong nowhere.

use crate::mask::{Attribute, Token, text, text_before, tokens};
use crate::paths::named;
use crate::source::{Fault, File, Project};

/// Names bound to a place. A name with `::` is matched against whole paths, one with `!` against macro calls.
struct Bound {
    names: &'static [&'static str],
    place: Place,
    reason: &'static str,
}

enum Place {
    /// Nowhere but here.
    Only(&'static [&'static str]),
    /// Anywhere but here.
    Outside(&'static [&'static str]),
}

const BOUND: &[Bound] = &[
    Bound {
        names: &["rocksdb"],
        place: Place::Only(&["store/rocks"]),
        reason: "only store/rocks knows the engine, so that another store can stand beside it",
    },
    Bound {
        names: &["axum", "utoipa_axum", "tower", "tower_http"],
        place: Place::Only(&["http"]),
        reason: "only http knows the web framework; hand it what it serves",
    },
    Bound {
        names: &["hyper", "hyper_util", "http_body_util"],
        place: Place::Only(&["http", "load"]),
        reason: "only http speaks bare HTTP, and the load generator, which must cost next to nothing",
    },
    Bound {
        names: &[
            "async",
            "await",
            "tokio",
            "futures_util",
            "std::fs",
            "std::time",
            "std::net",
            "std::env",
            "std::thread",
        ],
        place: Place::Outside(&["ledger", "court"]),
        reason: "the pure layers cannot fail for outside reasons: what they need is passed in",
    },
    Bound {
        names: &["std::process", "getrandom", "tracing", "println!", "eprintln!", "print!", "eprint!", "reqwest"],
        place: Place::Outside(&["ledger", "court"]),
        reason: "the pure layers cannot fail for outside reasons: what they need is passed in",
    },
    Bound {
        names: &["serde", "serde_json", "serde_json_canonicalizer"],
        place: Place::Outside(&["ledger", "court"]),
        reason: "records have one spelling, written by hand; JSON shapes live in wire",
    },
    Bound {
        names: &["SystemTime", "Timestamp::now", "Zoned::now"],
        place: Place::Only(&["sequencer/clock"]),
        reason: "one caller of the system clock, so that tests can drive time: take the time as an argument",
    },
    Bound {
        names: &["println!", "eprintln!", "print!", "eprint!", "stdout", "stderr"],
        place: Place::Only(&["cli/screen", "cli/config", "cli/demo", "cli/log", "cli/serve", "cli/load_round"]),
        reason: "text reaches a terminal through cli/screen alone, which escapes what comes from outside",
    },
    Bound {
        names: &["anyhow"],
        place: Place::Only(&["cli", "main"]),
        reason: "below the command line an error is an enum of the operation that returns it",
    },
];

/// Where `Serialize` and `Deserialize` may be derived; `Deserialize` also where query parameters are read.
// The state and the alarms of a monitor are files of its own; what an identity provider says has the shapes of others.
const DERIVES: &[(&str, &[&str])] =
    &[("Serialize", &["wire", "cli", "monitor"]), ("Deserialize", &["wire", "cli", "http/api", "monitor", "oidc"])];

/// Names of other crates and of the clock outside their place.
pub(crate) fn bounds(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        let tokens = tokens(&file.production);
        for bound in BOUND.iter().filter(|bound| !bound.place.admits(file)) {
            for name in bound.names {
                let offsets = if name.contains("::") { in_paths(file, name) } else { in_code(&tokens, name) };
                faults.extend(offsets.into_iter().map(|at| file.fault(at, *name, bound.reason)));
            }
        }
    }
    faults
}

impl Place {
    fn admits(&self, file: &File) -> bool {
        match self {
            Self::Only(places) => places.iter().any(|place| file.is_in(place)),
            Self::Outside(places) => !places.iter().any(|place| file.is_in(place)),
        }
    }
}

fn in_code(tokens: &[Token<'_>], name: &str) -> Vec<usize> {
    let (word, is_macro) = name.strip_suffix('!').map_or((name, false), |word| (word, true));
    let named = tokens.iter().enumerate().filter(|(_, token)| token.text == word);
    named.filter(|(i, _)| !is_macro || text(tokens, i + 1) == "!").map(|(_, token)| token.at).collect()
}

fn in_paths(file: &File, name: &str) -> Vec<usize> {
    let wanted: Vec<&str> = name.split("::").collect();
    let holds = |path: &[String]| path.windows(wanted.len()).any(|part| part == wanted);
    named(file).iter().filter(|named| !named.ours && holds(&named.path)).map(|named| named.at).collect()
}

/// Shapes of JSON outside the layers that own them.
pub(crate) fn derives(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        for attribute in Attribute::all(&tokens(&file.production)) {
            let is_derive = attribute.tokens.iter().any(|token| token.text == "derive");
            for token in attribute.tokens.iter().filter(|_| is_derive) {
                let Some((_, places)) = DERIVES.iter().find(|(name, _)| *name == token.text) else { continue };
                if !places.iter().any(|place| file.is_in(place)) {
                    let reason = format!("JSON shapes live in wire, beside their conversions ({})", places.join(", "));
                    faults.push(file.fault(token.at, token.text, reason));
                }
            }
        }
    }
    faults
}

/// What no finished file holds: placeholders, skipped tests, silenced lints.
pub(crate) fn leftovers(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in &project.files {
        let tokens = tokens(&file.code);
        for name in ["todo!", "unimplemented!", "dbg!"] {
            let found = in_code(&tokens, name).into_iter();
            faults.extend(found.map(|at| file.fault(at, name, "a placeholder: finish it, or leave it out")));
        }
        for attribute in Attribute::all(&tokens) {
            for (i, token) in attribute.tokens.iter().enumerate() {
                let next = text(&attribute.tokens, i + 1);
                match token.text {
                    "ignore" if matches!(next, "" | "=" | ")") => {
                        faults.push(file.fault(token.at, "#[ignore]", "a test that does not run keeps nothing"));
                    }
                    "allow" if next == "(" => {
                        let reason = "write #[expect(…, reason = \"…\")]: it complains once it is no longer needed";
                        faults.push(file.fault(token.at, "#[allow]", reason));
                    }
                    _ => {}
                }
            }
        }
        for name in [concat!("TO", "DO"), concat!("FIX", "ME")] {
            let words = file.unquoted.match_indices(name).map(|(at, _)| at);
            let whole = words.filter(|at| is_whole_word(&file.unquoted, *at, name.len()));
            faults.extend(whole.map(|at| file.fault(at, name, "a plan belongs to the issue tracker, not to the code")));
        }
    }
    faults
}

fn is_whole_word(text: &str, at: usize, length: usize) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    !text[..at].ends_with(is_part) && !text[at + length..].starts_with(is_part)
}

/// Calls that end the process for a reason they do not tell.
pub(crate) fn panics(project: &Project) -> Vec<Fault> {
    /// Shorter than this, a text names no invariant.
    const SHORTEST_INVARIANT: usize = 15;
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        let tokens = tokens(&file.production);
        for (i, token) in tokens.iter().enumerate() {
            let is_call = matches!(text_before(&tokens, i), "." | "::");
            match token.text {
                "unwrap" if is_call => {
                    let reason = "return the error, or expect(\"…\") with the invariant that rules it out";
                    faults.push(file.fault(token.at, "unwrap", reason));
                }
                "expect" if is_call && text(&tokens, i + 1) == "(" && text(&tokens, i + 2) == "\"" => {
                    let quote = |i: usize| tokens.get(i).map_or(file.text.len(), |quote| quote.at);
                    let said = &file.text[quote(i + 2) + 1..quote(i + 3)];
                    if said.chars().count() < SHORTEST_INVARIANT {
                        let reason = "the text of an expect is the invariant that makes it safe, in a sentence";
                        faults.push(file.fault(token.at, format!("expect(\"{said}\")"), reason));
                    }
                }
                _ => {}
            }
        }
    }
    faults
}

/// Identifiers with a word that the glossary rules out.
pub(crate) fn glossary(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        for token in tokens(&file.code).iter().filter(|token| token.is_word()) {
            let word = token.text.to_lowercase();
            if word.contains("notarize") || word.contains("notarise") {
                faults.push(file.fault(token.at, token.text, "公证 is reserved to notaries; 存证 is `deposit`"));
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
    fn names_stay_in_their_places() {
        let kept = [
            ("src/store/rocks/store.rs", "use rocksdb::DB; // axum"),
            ("src/http/mod.rs", "use axum::Router; use tower_http::trace;"),
            (
                "src/ledger/a.rs",
                "/// No tokio.\nfn f() { \"std::fs\"; print(); }\n#[cfg(test)]\nmod tests { use std::fs; }",
            ),
            ("src/sequencer/clock.rs", "fn f() { jiff::Timestamp::now(); std::time::SystemTime::now() }"),
            ("src/cli/a.rs", "use anyhow::Result;"),
            ("src/main.rs", "use anyhow::Result;"),
            ("src/store/memory.rs", "use std::time::Duration; async fn f() { tokio::spawn(g()).await }"),
        ];
        assert_eq!(show(bounds, &kept), [""; 0]);
        let broken = [
            ("src/store/memory.rs", "//! Docs.\nuse rocksdb::DB;"),
            ("src/cli/serve.rs", "fn f() {\n axum::serve() }\nuse tower::Service;"),
            ("src/ledger/a.rs", "use std::{\n fmt,\n fs,\n time::Duration};\nasync fn f() { println!() }"),
            ("src/court/b.rs", "use serde::Serialize;\nfn f() { std::fs::read(p) }"),
            ("src/sequencer/run.rs", "\nfn f() { Timestamp::now() }\nuse std::time::SystemTime;"),
            ("src/filing.rs", "fn f() -> anyhow::Result<()> {}"),
            ("src/cli/audit.rs", "fn f() { std::io::stderr() }"),
        ];
        assert_eq!(
            show(bounds, &broken),
            [
                "src/store/memory.rs:2 rocksdb",
                "src/cli/serve.rs:2 axum",
                "src/cli/serve.rs:3 tower",
                "src/ledger/a.rs:5 async",
                "src/ledger/a.rs:3 std::fs",
                "src/ledger/a.rs:4 std::time",
                "src/ledger/a.rs:5 println!",
                "src/ledger/a.rs:5 println!",
                "src/court/b.rs:2 std::fs",
                "src/court/b.rs:1 serde",
                "src/sequencer/run.rs:3 SystemTime",
                "src/sequencer/run.rs:2 Timestamp::now",
                "src/filing.rs:1 anyhow",
                "src/cli/audit.rs:1 stderr",
            ]
        );
    }

    #[test]
    fn json_shapes_are_derived_in_wire() {
        let kept = [
            ("src/wire/a.rs", "#[derive(Serialize, Deserialize)]\nstruct A;"),
            ("src/http/api/a.rs", "#[derive(Debug, Deserialize)]\nstruct Query;"),
            (
                "src/http/b.rs",
                "#[derive(Debug)] struct Serialize;\n#[cfg(test)] mod tests { #[derive(Serialize)] struct T; }",
            ),
        ];
        assert_eq!(show(derives, &kept), [""; 0]);
        let broken = [
            ("src/http/api/a.rs", "#[derive(\n    Debug,\n    serde::Serialize,\n)]\nstruct Answer;"),
            ("src/audit/a.rs", "#[cfg_attr(x, derive(Deserialize))]\nstruct Report;"),
        ];
        assert_eq!(show(derives, &broken), ["src/http/api/a.rs:3 Serialize", "src/audit/a.rs:1 Deserialize"]);
    }

    #[test]
    fn nothing_is_left_over() {
        let kept =
            [("src/a.rs", "#[expect(x, reason = \"y\")]\nfn todo() { \"dbg!\"; }\n// MASTODON ignore\nfn allow() {}")];
        assert_eq!(show(leftovers, &kept), [""; 0]);
        let broken = [
            ("src/a.rs", "fn f() {\n    todo!()\n}\n#![allow(dead_code)]"),
            ("tests/it/b.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() { dbg!(1); unimplemented!() }"),
            ("benches/c.rs", concat!("//! Docs.\n\n// TO", "DO: measure\nfn f() {} // FIX", "ME")),
        ];
        assert_eq!(
            show(leftovers, &broken),
            [
                "src/a.rs:2 todo!",
                "src/a.rs:4 #[allow]",
                "tests/it/b.rs:3 unimplemented!",
                "tests/it/b.rs:3 dbg!",
                "tests/it/b.rs:2 #[ignore]",
                concat!("benches/c.rs:3 TO", "DO"),
                concat!("benches/c.rs:4 FIX", "ME"),
            ]
        );
    }

    #[test]
    fn panics_state_their_invariant() {
        let kept = [(
            "src/a.rs",
            "fn f() { a.expect(\"a digest is 32 bytes long\"); b.unwrap_or(0); reader.expect(b'x')?; \"c.unwrap()\" }\n\
             #[test]\nfn t() { a.unwrap(); b.expect(\"b\") }",
        )];
        assert_eq!(show(panics, &kept), [""; 0]);
        let broken = [("src/a.rs", "fn f() {\n a\n .unwrap();\n b.expect(\"一二三\");\n c.map(Option::unwrap) }")];
        assert_eq!(show(panics, &broken), ["src/a.rs:3 unwrap", "src/a.rs:4 expect(\"一二三\")", "src/a.rs:5 unwrap"]);
    }

    #[test]
    fn the_glossary_has_one_word_for_a_deposit() {
        assert_eq!(show(glossary, &[("src/a.rs", "// notarize\nstruct NotarialDeed;")]), [""; 0]);
        assert_eq!(show(glossary, &[("src/a.rs", "\nfn notarize_file() {}")]), ["src/a.rs:2 notarize_file"]);
    }
}
