//! The project's structural rules, checked on the text of the sources. Links nothing and runs in a second.
//!
//! | file | rules |
//! |---|---|
//! | `layers` | which layer may import which |
//! | `cycles` | no import cycles of files within a layer; `mod.rs` files contain declarations only |
//! | `words` | names that are allowed in some places only, and banned names |
//! | `shape` | sizes, headers, names, dead files |
//!
//! Below them: `source` (files and modules), `paths` (imports made absolute), `mask` (source without comments and
//! strings). Each rule is a function from the project to its faults, with unit tests for both. Test code may import anything.
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

use source::{Fault, Project};

/// Fails with every fault that `rule` finds in this project.
fn keeps(rule: fn(&Project) -> Vec<Fault>) {
    let root = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = root.or(option_env!("CARGO_MANIFEST_DIR").map(PathBuf::from)).unwrap_or_else(|| PathBuf::from("."));
    let project = Project::read(&root).expect("the files of the project can be read");
    assert!(project.module(&[]).is_some(), "no src/lib.rs in {}: run it from the project's folder", root.display());
    let faults: BTreeSet<String> = rule(&project).iter().map(Fault::to_string).collect();
    assert!(faults.is_empty(), "\n{}\n", faults.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn layers_import_only_what_the_table_allows() {
    keeps(layers::forbidden_imports);
}

#[test]
fn files_of_a_layer_import_each_other_in_no_cycle() {
    keeps(cycles::cycles);
}

#[test]
fn module_roots_hold_only_docs_modules_and_reexports() {
    keeps(cycles::module_roots);
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
