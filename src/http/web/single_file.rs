//! Assembles a page that is one file: its modules, styles and worker inlined, under a content security policy that names exactly
//! them by their hashes. There is no build step: the sources in `web/` are those that run.
//!
//! A module is written with `import { a, b } from './name.js';` and `export`. Here each becomes a function of its own:
//!
//! ```text
//! const name$ = (() => {
//! const { a, b } = other$;
//! …
//! return { exported };
//! })();
//! ```
//!
//! # Invariants
//!
//! Modules are listed after those that they import. The template keeps the form that a browser prints of its document, so that
//! the page can compute the SHA-256 of its own file (tested in `tests/web`).
//!
//! Not here: which modules a page has (`verifier_page`).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::ledger::hash::sha256;

/// A module of a page.
#[derive(Debug, Clone, Copy)]
pub struct Module {
    /// Its name: `bytes` for `bytes.js`.
    pub name: &'static str,
    /// Its source.
    pub text: &'static str,
}

/// The parts of a page.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// The document, with `@csp@`, `@style@`, `@worker@` and `@script@` in place of the parts.
    pub template: &'static str,
    /// The styles.
    pub style: &'static str,
    /// The modules of the page.
    pub script: &'static [Module],
    /// The modules of its worker.
    pub worker: &'static [Module],
    /// The content security policy, with `@script@` and `@style@` in place of their hashes.
    pub policy: &'static str,
}

/// A page and the policy that it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The file.
    pub html: String,
    /// The content security policy.
    pub policy: String,
}

/// The page of these parts.
#[must_use]
pub fn assemble(parts: &Parts) -> Page {
    let (script, worker) = (format!("\n{}", bundle(parts.script)), format!("\n{}", bundle(parts.worker)));
    let style = format!("\n{}", parts.style);
    let policy = parts.policy.replace("@script@", &source(&script)).replace("@style@", &source(&style));
    let head = parts.template.replacen("@csp@", &policy, 1).replacen("@style@", &style, 1);
    let html = head.replacen("@worker@", &worker, 1).replacen("@script@", &script, 1);
    Page { html, policy }
}

/// How a content security policy names an inline part.
fn source(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(sha256(text.as_bytes()).as_bytes()))
}

/// One script of all modules.
fn bundle(modules: &[Module]) -> String {
    let parts: Vec<String> = modules.iter().map(inlined).collect();
    format!("\"use strict\";\n{}", parts.concat())
}

/// A module as a function of its own.
fn inlined(module: &Module) -> String {
    let mut body = String::new();
    let mut exported: Vec<&str> = Vec::new();
    let mut rest = module.text;
    while let Some((line, after)) = rest.split_once('\n') {
        if line.starts_with("import {")
            && let Some((import, after)) = rest.split_once(";\n")
        {
            // Writing to a String cannot fail.
            let _ = writeln!(body, "{}", import_of(import));
            rest = after;
            continue;
        }
        let plain = line.strip_prefix("export ").unwrap_or(line);
        if plain.len() != line.len() {
            exported.extend(name_of(plain));
        }
        let _ = writeln!(body, "{plain}");
        rest = after;
    }
    format!("const {}$ = (() => {{\n{body}return {{ {} }};\n}})();\n", module.name, exported.join(", "))
}

/// `import {…} from './name.js'` as a look-up in the other module's function.
fn import_of(import: &str) -> String {
    let names = import.split(['{', '}']).nth(1).unwrap_or_default();
    let names = names.split_whitespace().collect::<Vec<_>>().join(" ");
    let other = import.rsplit('/').next().and_then(|file| file.strip_suffix(".js'")).unwrap_or_default();
    format!("const {{ {} }} = {other}$;", names.trim_end_matches(','))
}

/// The name that a declaration declares.
fn name_of(declaration: &str) -> Option<&str> {
    let mut words =
        declaration.split([' ', '(']).filter(|word| !["async", "function", "class", "const"].contains(word));
    words.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTS: Parts = Parts {
        template: "<style>@style@</style>@csp@<i>@worker@</i><b>@script@</b>",
        style: "p{}\n",
        script: &[
            Module {
                name: "one",
                text: "// One.\nexport const ONE = 1;\nexport async function two() {}\nconst own = 2;\n",
            },
            Module { name: "three", text: "import {\n  ONE, two,\n} from './one.js';\n\nexport class Three {}\n" },
        ],
        worker: &[],
        policy: "script-src '@script@'; style-src '@style@'",
    };

    #[test]
    fn modules_become_functions_and_the_policy_names_their_hashes() {
        let Page { html, policy } = assemble(&PARTS);
        let script = "\n\"use strict\";\nconst one$ = (() => {\n// One.\nconst ONE = 1;\nasync function two() {}\nconst own = 2;\n\
                      return { ONE, two };\n})();\nconst three$ = (() => {\nconst { ONE, two } = one$;\n\nclass Three {}\n\
                      return { Three };\n})();\n";
        assert!(html.ends_with(&format!("<b>{script}</b>")), "{html}");
        let hash = |text: &str| BASE64_STANDARD.encode(sha256(text.as_bytes()).as_bytes());
        assert_eq!(policy, format!("script-src 'sha256-{}'; style-src 'sha256-{}'", hash(script), hash("\np{}\n")));
        assert!(html.starts_with(&format!("<style>\np{{}}\n</style>{policy}<i>")));
    }
}
