//! Direction: who may import whom.
//!
//! Rust lets modules import each other in circles, and larger crates all end up with some. Here the rooms, the top
//! folders and files of `src/`, stand on floors, and a room imports only from rooms below it.

use crate::paths::{followed, named};
use crate::source::{Fault, House};

/// One row of the table.
struct Room {
    name: &'static str,
    /// Rooms, or single files of them, that it may import.
    imports: &'static [&'static str],
    /// What the room is, which is why it imports no more than that.
    reason: &'static str,
}

/// Who may import whom. A new room is a new row.
const TABLE: &[Room] = &[
    Room { name: "error_code", imports: &[], reason: "the codes of errors are named in every layer above" },
    Room {
        name: "ledger",
        imports: &["error_code"],
        reason: "the ledger is the pure core that server, client and auditor share; it knows nobody",
    },
    Room { name: "files", imports: &[], reason: "opening and naming files needs nothing of this program" },
    Room {
        name: "court",
        imports: &["error_code", "ledger"],
        reason: "court rules are pure: they know records, and no storage",
    },
    Room {
        name: "store",
        imports: &["error_code", "ledger", "files"],
        reason: "a store keeps what the ledger defines, and decides nothing",
    },
    Room {
        name: "wire",
        imports: &["error_code", "ledger", "court"],
        reason: "JSON shapes are shared by server and client, so they know neither",
    },
    Room {
        name: "custody",
        imports: &["error_code", "ledger", "files"],
        reason: "custody keeps bytes under lock and key; whose they are and who may read them is the filing's business",
    },
    Room {
        name: "sequencer",
        imports: &["error_code", "ledger", "store"],
        reason: "the one hand that writes knows no court and no HTTP",
    },
    Room {
        name: "audit",
        imports: &["error_code", "ledger", "court", "store/contract", "store/reading", "store/refusal", "store/memory"],
        reason: "an audit runs over any reader, local or remote, without a database engine",
    },
    Room {
        name: "witness",
        imports: &["error_code", "ledger", "store/contract", "store/reading", "store/refusal", "wire"],
        reason: "a witness is independent of the node that it watches",
    },
    Room {
        name: "filing",
        imports: &[
            "error_code",
            "ledger",
            "court",
            "store/contract",
            "store/reading",
            "store/refusal",
            "wire",
            "custody",
            "sequencer",
        ],
        reason: "the filing joins court rules to the sequencer; it knows no HTTP and no database engine",
    },
    Room {
        name: "client",
        imports: &["error_code", "files", "ledger", "store/contract", "store/reading", "store/refusal", "wire"],
        reason: "the client verifies what a server says and shares no code with it but the shapes",
    },
    Room {
        name: "http",
        imports: &[
            "error_code",
            "ledger",
            "court",
            "store/contract",
            "store/reading",
            "store/refusal",
            "store/shortage",
            "sequencer",
            "filing",
            "wire",
            "custody",
            "audit",
        ],
        reason: "the counter reads through the contract and writes through the sequencer; it opens no store itself",
    },
    Room {
        name: "load",
        imports: &["error_code", "ledger", "wire"],
        reason: "a load generator sees a node as strangers do: what it sends and checks is on the wire",
    },
    Room {
        name: "cli",
        imports: &[
            "error_code",
            "ledger",
            "files",
            "court",
            "store",
            "wire",
            "custody",
            "sequencer",
            "audit",
            "witness",
            "filing",
            "client",
            "http",
            "load",
        ],
        reason: "the front door wires all rooms together, so nothing stands above it but main",
    },
    Room { name: "main", imports: &["cli"], reason: "main only hands over to the front door" },
    Room { name: "lib", imports: &[], reason: "lib.rs is the map of the house: docs and `mod` lines" },
];

/// Imports that the table does not allow.
pub(crate) fn directions(house: &House) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in house.files.iter().filter(|file| file.is_source()) {
        let Some(room) = TABLE.iter().find(|room| room.name == file.room()) else {
            faults.push(file.fault(
                0,
                file.room(),
                "this room is not in the table of tests/tidy/rooms.rs: add its row",
            ));
            continue;
        };
        for import in named(file).iter().filter(|import| import.ours) {
            let path = followed(house, &import.path);
            let target = path.first().map_or("*", String::as_str);
            if target == room.name {
                continue;
            }
            if !TABLE.iter().any(|other| other.name == target) {
                let reason = "not a room: import from the file that owns it, never from lib.rs or the whole crate";
                faults.push(file.fault(import.at, &import.text, reason));
            } else if !room.imports.iter().any(|allowed| leads_into(&path, allowed)) {
                let allowed = if room.imports.is_empty() { "nothing".to_owned() } else { room.imports.join(", ") };
                let reason = format!("`{}` may import {allowed}: {}", room.name, room.reason);
                faults.push(file.fault(import.at, &import.text, reason));
            }
        }
    }
    faults
}

fn leads_into(path: &[String], allowed: &str) -> bool {
    let mut parts = path.iter();
    allowed.split('/').all(|wanted| parts.next().is_some_and(|part| part == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(files: &[(&str, &str)]) -> Vec<String> {
        directions(&House::of(files)).iter().map(|f| format!("{}:{} {}", f.file, f.line, f.text)).collect()
    }

    #[test]
    fn the_table_has_no_circle() {
        for (i, room) in TABLE.iter().enumerate() {
            for import in room.imports {
                let name = import.split('/').next();
                let floor = TABLE.iter().position(|other| Some(other.name) == name);
                assert!(
                    floor.is_some_and(|below| below < i),
                    "{} imports {import}, which does not stand below it",
                    room.name
                );
            }
        }
    }

    #[test]
    fn an_import_from_below_is_allowed() {
        let kept = [
            ("src/court/case.rs", "//! Docs.\nuse crate::ledger::{entry::Entry, hash};\nuse super::party;"),
            ("src/audit/walk.rs", "use crate::store::contract::Read;\nfn f() { crate::store::memory::new() }"),
            ("src/http/a.rs", "use crate::store::Read;\n#[cfg(test)]\nmod tests { use crate::store::rocks::Rocks; }"),
            ("src/store/mod.rs", "pub mod contract; pub use contract::Read;"),
            ("src/store/contract.rs", ""),
            ("src/ledger/tests.rs", "use crate::http::router;"),
            ("src/main.rs", "fn main() { tiezheng::cli::run() }"),
        ];
        assert_eq!(faults(&kept), [""; 0]);
    }

    #[test]
    fn an_import_from_above_is_named_with_its_line() {
        let broken = [
            ("src/ledger/a.rs", "//! Docs.\n\nuse crate::{\n    ledger::b,\n    store::{memory, contract},\n};"),
            ("src/store/b.rs", "//! Docs.\nfn f() {\n    super::super::wire::g()\n}"),
            ("src/audit/c.rs", "use crate::store;\nfn f() { store::rocks::open() }"),
            ("src/client.rs", "pub use crate::http::router as r;"),
            ("src/main.rs", "use tiezheng::http;"),
        ];
        assert_eq!(
            faults(&broken),
            [
                "src/ledger/a.rs:5 crate::store::memory",
                "src/ledger/a.rs:5 crate::store::contract",
                "src/store/b.rs:3 super::super::wire::g",
                "src/audit/c.rs:1 crate::store",
                "src/audit/c.rs:2 store::rocks::open",
                "src/client.rs:1 crate::http::router",
                "src/main.rs:1 tiezheng::http",
            ]
        );
    }

    #[test]
    fn the_crate_root_is_no_room() {
        let broken = [("src/cli/a.rs", "use crate::Digest;\nuse crate::*;\nuse crate as house;")];
        assert_eq!(
            faults(&broken),
            ["src/cli/a.rs:1 crate::Digest", "src/cli/a.rs:2 crate::*", "src/cli/a.rs:3 crate"]
        );
        assert_eq!(faults(&[("src/attic/a.rs", "//! Docs.")]), ["src/attic/a.rs:1 attic"]);
    }
}
