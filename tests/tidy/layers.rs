//! Directions of imports between layers.
//!
//! Rust allows cyclic imports between modules. Here the top folders and files of `src/` are layers, and a layer imports only from layers
//! below it, as listed in [`TABLE`].

use crate::paths::{followed, named};
use crate::source::{Fault, Project};

/// One row of the table.
struct Layer {
    name: &'static str,
    /// Layers, or single modules of them, that it may import.
    imports: &'static [&'static str],
    /// The reason for the limit, for the error message.
    reason: &'static str,
}

/// The allowed imports of each layer, bottom up.
const TABLE: &[Layer] = &[
    Layer { name: "error_code", imports: &[], reason: "every layer above names error codes" },
    Layer {
        name: "ledger",
        imports: &["error_code"],
        reason: "the ledger is the pure core that server, client and auditor share; it has no dependencies",
    },
    Layer { name: "files", imports: &[], reason: "opening and naming files needs nothing of this program" },
    Layer {
        name: "court",
        imports: &["error_code", "ledger"],
        reason: "court rules are pure: they know records, and no storage",
    },
    Layer {
        name: "store",
        imports: &["error_code", "ledger", "files"],
        reason: "a store keeps what the ledger defines, and decides nothing",
    },
    Layer {
        name: "query",
        imports: &["error_code", "ledger", "store/traits", "store/bounds", "store/record_codec", "store/memory"],
        reason: "the read side answers from any reader, without a database engine",
    },
    Layer {
        name: "wire",
        imports: &["error_code", "ledger", "court"],
        reason: "JSON shapes are shared by server and client, so they know neither",
    },
    Layer {
        name: "custody",
        imports: &["error_code", "ledger", "files"],
        reason: "custody stores encrypted bytes; ownership and access control are in filing",
    },
    Layer {
        name: "sequencer",
        imports: &["error_code", "ledger", "store", "query"],
        reason: "the single writer knows neither court rules nor HTTP",
    },
    Layer {
        name: "cosigning",
        imports: &["error_code", "ledger", "store/traits", "query", "sequencer"],
        reason: "cosignatures are collected beside the writer; it knows no court rules and no HTTP server",
    },
    Layer {
        name: "audit",
        imports: &["error_code", "ledger", "court", "store/traits", "query", "store/refusal", "store/memory"],
        reason: "an audit runs over any reader, local or remote, without a database engine",
    },
    Layer {
        name: "filing",
        imports: &[
            "error_code",
            "ledger",
            "court",
            "store/traits",
            "query",
            "store/refusal",
            "wire",
            "custody",
            "sequencer",
        ],
        reason: "the filing joins court rules to the sequencer; it knows no HTTP and no database engine",
    },
    Layer {
        name: "client",
        imports: &["error_code", "files", "ledger", "store/traits", "store/bounds", "query", "store/refusal", "wire"],
        reason: "the client verifies what a server says and shares no code with it but the shapes",
    },
    Layer {
        name: "timestamp",
        imports: &["error_code", "ledger", "files", "wire"],
        reason: "it asks timestamp authorities and stores nothing; the ledger verifies their tokens",
    },
    Layer {
        name: "witness",
        imports: &[
            "error_code",
            "files",
            "ledger",
            "store/traits",
            "query",
            "store/refusal",
            "wire",
            "sequencer/clock",
            "client",
        ],
        reason: "a witness is independent of the node that it watches, and reads it as any client does",
    },
    Layer {
        name: "stamping",
        imports: &["ledger", "store/traits", "query", "sequencer", "timestamp"],
        reason: "tokens are requested and stored beside the writer; it knows no court rules and no HTTP server",
    },
    Layer {
        name: "oidc",
        imports: &["error_code", "ledger", "court", "wire/webhook_call"],
        reason: "it says who has logged in at a provider; accounts and sessions are in filing, pages in http",
    },
    Layer {
        name: "http",
        imports: &[
            "error_code",
            "files",
            "ledger",
            "court",
            "store/traits",
            "query",
            "store/refusal",
            "store/shortage",
            "sequencer",
            "cosigning",
            "stamping",
            "filing",
            "oidc",
            "wire",
            "custody",
            "audit",
            "witness",
        ],
        reason: "the HTTP layer reads through the traits and writes through the sequencer; it opens no store itself",
    },
    Layer {
        name: "monitor",
        imports: &[
            "files",
            "ledger",
            "store/traits",
            "query",
            "audit",
            "client",
            "sequencer/clock",
            "wire/webhook_call",
        ],
        reason: "a monitor is independent of the node that it follows: it uses what an auditor uses",
    },
    Layer { name: "load", imports: &["ledger", "wire"], reason: "a load generator uses a node as any client does" },
    Layer {
        name: "cli",
        imports: &[
            "error_code",
            "ledger",
            "files",
            "court",
            "store/factory",
            "store/account_files",
            "store/traits",
            "store/shortage",
            "store/memory",
            "store/refusal",
            "query",
            "wire",
            "custody",
            "sequencer",
            "cosigning",
            "stamping",
            "audit",
            "witness",
            "filing",
            "oidc",
            "client",
            "timestamp",
            "http",
            "load",
            "monitor",
        ],
        reason: "the command line connects all layers; only main is above it",
    },
    Layer { name: "main", imports: &["cli"], reason: "main only calls the command line" },
    Layer { name: "lib", imports: &[], reason: "lib.rs has docs and `mod` lines only" },
];

/// Imports that the table does not allow.
pub(crate) fn forbidden_imports(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in project.files.iter().filter(|file| file.is_source()) {
        let Some(layer) = TABLE.iter().find(|layer| layer.name == file.layer()) else {
            faults.push(file.fault(
                0,
                file.layer(),
                "this layer is not in the table of tests/tidy/layers.rs: add its row",
            ));
            continue;
        };
        for import in named(file).iter().filter(|import| import.ours) {
            let path = followed(project, &import.path);
            let target = path.first().map_or("*", String::as_str);
            if target == layer.name {
                continue;
            }
            if !TABLE.iter().any(|other| other.name == target) {
                let reason = "not a layer: import from the file that owns it, never from lib.rs or the whole crate";
                faults.push(file.fault(import.at, &import.text, reason));
            } else if !layer.imports.iter().any(|allowed| is_within(&path, allowed)) {
                let allowed = if layer.imports.is_empty() { "nothing".to_owned() } else { layer.imports.join(", ") };
                let reason = format!("`{}` may import {allowed}: {}", layer.name, layer.reason);
                faults.push(file.fault(import.at, &import.text, reason));
            }
        }
    }
    faults
}

fn is_within(path: &[String], allowed: &str) -> bool {
    let mut parts = path.iter();
    allowed.split('/').all(|wanted| parts.next().is_some_and(|part| part == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        forbidden_imports(&Project::of(files)).iter().map(|f| format!("{}:{} {}", f.file, f.line, f.text)).collect()
    }

    #[test]
    fn the_table_has_no_cycle() {
        for (i, layer) in TABLE.iter().enumerate() {
            for import in layer.imports {
                let name = import.split('/').next();
                let floor = TABLE.iter().position(|other| Some(other.name) == name);
                assert!(
                    floor.is_some_and(|below| below < i),
                    "{} imports {import}, which does not stand below it",
                    layer.name
                );
            }
        }
    }

    #[test]
    fn an_import_from_below_is_allowed() {
        let kept = [
            ("src/court/case.rs", "//! Docs.\nuse crate::ledger::{entry::Entry, hash};\nuse super::party;"),
            ("src/audit/walk.rs", "use crate::store::traits::Read;\nfn f() { crate::store::memory::new() }"),
            ("src/http/a.rs", "use crate::store::Read;\n#[cfg(test)]\nmod tests { use crate::store::rocks::Rocks; }"),
            ("src/store/mod.rs", "pub mod traits; pub use traits::Read;"),
            ("src/store/traits.rs", ""),
            ("src/ledger/tests.rs", "use crate::http::router;"),
            ("src/main.rs", "fn main() { tiezheng::cli::run() }"),
        ];
        assert_eq!(faults(&kept), [""; 0]);
    }

    #[test]
    fn an_import_from_above_is_named_with_its_line() {
        let broken = [
            ("src/ledger/a.rs", "//! Docs.\n\nuse crate::{\n    ledger::b,\n    store::{memory, traits},\n};"),
            ("src/store/b.rs", "//! Docs.\nfn f() {\n    super::super::wire::g()\n}"),
            ("src/audit/c.rs", "use crate::store;\nfn f() { store::rocks::open() }"),
            ("src/client.rs", "pub use crate::http::router as r;"),
            ("src/main.rs", "use tiezheng::http;"),
        ];
        assert_eq!(
            faults(&broken),
            [
                "src/ledger/a.rs:5 crate::store::memory",
                "src/ledger/a.rs:5 crate::store::traits",
                "src/store/b.rs:3 super::super::wire::g",
                "src/audit/c.rs:1 crate::store",
                "src/audit/c.rs:2 store::rocks::open",
                "src/client.rs:1 crate::http::router",
                "src/main.rs:1 tiezheng::http",
            ]
        );
    }

    #[test]
    fn the_crate_root_is_no_layer() {
        let broken = [("src/cli/a.rs", "use crate::Digest;\nuse crate::*;\nuse crate as project;")];
        assert_eq!(
            faults(&broken),
            ["src/cli/a.rs:1 crate::Digest", "src/cli/a.rs:2 crate::*", "src/cli/a.rs:3 crate"]
        );
        assert_eq!(faults(&[("src/attic/a.rs", "//! Docs.")]), ["src/attic/a.rs:1 attic"]);
    }
}
