//! The house's own rules, checked over the text of the sources: it links nothing and runs in a second.
//!
//! | file | rules |
//! |---|---|
//! | `layers` | who may import whom |
//! | `cycles` | no circles of files inside a room; doors are only doors |
//! | `words` | names that belong to one place, and names that belong nowhere |
//! | `shape` | sizes, headers, names, dead files |
//!
//! Below them: `source` (files and modules), `paths` (imports made absolute), `mask` (source without comments and
//! strings). Each rule is a function from the house to its faults, tested beside itself on a few lines that keep it and a
//! few that break it. Code under `#[cfg(test)]`, and files named `tests.rs`, may import whatever they like.
//!
//! Not here: what rustfmt, clippy and rustc check already; see `[lints]` in Cargo.toml and clippy.toml.

mod cycles;
mod layers;
mod mask;
mod paths;
mod shape;
mod source;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;

use house::{Fault, House};

/// Fails with every fault that `rule` finds in this project.
fn keeps(rule: fn(&House) -> Vec<Fault>) {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = root.or(option_env!("CARGO_MANIFEST_DIR").map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("."));
    let house = House::read(&root).expect("the files of the project can be read");
    assert!(house.module(&[]).is_some(), "no src/lib.rs in {}: run it from the project's folder", root.display());
    let faults: BTreeSet<String> = rule(&house).iter().map(Fault::to_string).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    keeps(rooms::directions);
}

#[test]
fn files_of_a_room_import_each_other_in_no_circle() {
    keeps(circles::circles);
}

#[test]
fn doors_hold_only_docs_modules_and_reexports() {
    keeps(circles::doors);
}

#[test]
fn engines_and_clocks_are_named_in_their_places_only() {
    keeps(words::bounds);
}

#[test]
fn json_shapes_are_derived_in_wire_only() {
    keeps(words::derives);
}

#[test]
fn nothing_is_left_unfinished_or_silenced() {
    keeps(words::leftovers);
}

#[test]
fn panics_state_their_invariant() {
    keeps(words::panics);
}

#[test]
fn identifiers_follow_the_glossary() {
    keeps(words::glossary);
}

#[test]
fn files_and_functions_stay_small() {
    keeps(shape::sizes);
}

#[test]
fn every_file_says_what_it_is() {
    keeps(shape::headers);
}

#[test]
fn every_file_is_named_after_something() {
    keeps(shape::names);
}

#[test]
fn every_file_is_reached_by_a_module_line() {
    keeps(shape::dead_files);
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    keeps(shape::foreign_folders);
}
