//! The command line: one module per command.
//!
//! [`command`] defines the command line. Commands: [`deposit`], [`statement`], [`lookup`], [`verify`], [`receipt`], [`trust`],
//! [`keygen`], [`case`], [`clock`] and, of a node, [`serve`], [`audit`], [`backup`], [`restore`], [`load`] ([`load_round`],
//! [`load_reads`]), [`demo`]. They use:
//!
//! - [`exit`]: exit codes and errors; [`usage`]: errors about the command line; [`help`]: its help texts; [`screen`], [`terminal`],
//!   [`width`], [`progress`]: output;
//! - [`config`]: the user's folder; [`case_key`]: depositors' keys; [`trust_store`]: trusted ledger keys;
//! - [`gather`] finds files, [`digest`] hashes them, [`compose`] makes statements, [`receipt_files`] and [`durable`] store them,
//!   [`deposit_run`] sends them, [`deposit_groups`] many of them together; [`storage_errors`] are the errors of storing them;
//! - [`connect`] and [`record`] query a node; [`facts_table`], [`history_table`] and [`report_screen`] print the results;
//! - [`public_key`] parses public keys, and rejects private ones;
//! - [`node_config`]: a node's settings, which [`config_command`] checks; [`log`]: its log; [`deposit_policy`]: the deposit policy of a node that starts;
//! - [`control`] commands a running node, [`node_snapshot`] is what a backup of it is made from;
//! - [`network_errors`]: errors of listeners and certificates; [`node_folder`] opens a node's folder; [`node_keys`] and [`folder_checks`] compare it with its ledger;
//! - [`folder_copy`] copies a ledger's folder and checks the copy; [`copy_report`] reports its content, [`originals_check`] checks
//!   originals in custody, [`resources`] the limits of the machine.

#[cfg(feature = "node")]
pub mod audit;
#[cfg(feature = "node")]
pub mod backup;
pub mod case;
pub mod case_key;
pub mod clock;
pub mod command;
pub mod compose;
pub mod config;
#[cfg(feature = "node")]
pub mod config_command;
pub mod connect;
#[cfg(feature = "node")]
pub mod control;
#[cfg(feature = "node")]
pub mod copy_report;
#[cfg(feature = "demo")]
pub mod demo;
pub mod deposit;
pub mod deposit_groups;
#[cfg(feature = "node")]
pub mod deposit_policy;
pub mod deposit_run;
#[cfg(feature = "node")]
pub mod descriptors;
pub mod digest;
pub mod durable;
pub mod exit;
pub mod facts_table;
#[cfg(feature = "node")]
pub mod filing_service;
#[cfg(feature = "node")]
pub mod folder_checks;
#[cfg(feature = "node")]
pub mod folder_copy;
pub mod gather;
pub mod help;
pub mod history_table;
#[cfg(feature = "node")]
pub mod index;
pub mod input;
pub mod keygen;
pub mod ledger_check;
#[cfg(feature = "load")]
pub mod load;
#[cfg(feature = "load")]
pub mod load_reads;
#[cfg(feature = "load")]
pub mod load_round;
#[cfg(feature = "node")]
pub mod log;
pub mod lookup;
pub mod manifest;
#[cfg(feature = "node")]
pub mod network_errors;
#[cfg(feature = "node")]
pub mod node_config;
#[cfg(feature = "node")]
pub mod node_folder;
#[cfg(feature = "node")]
pub mod node_keys;
#[cfg(feature = "node")]
pub mod node_snapshot;
pub mod normalization;
#[cfg(feature = "node")]
pub mod open_errors;
#[cfg(feature = "node")]
pub mod originals_check;
pub mod output;
pub mod presentation;
pub mod progress;
pub mod public_key;
pub mod receipt;
pub mod receipt_files;
pub mod record;
pub mod renamed;
pub mod report_screen;
#[cfg(feature = "node")]
pub mod resources;
#[cfg(feature = "node")]
pub mod restore;
pub mod screen;
#[cfg(feature = "node")]
pub mod serve;
#[cfg(feature = "node")]
pub mod serve_control;
#[cfg(feature = "node")]
pub mod serve_limits;
#[cfg(feature = "node")]
pub mod serve_timestamps;
#[cfg(feature = "node")]
pub mod serve_witnesses;
pub mod statement;
pub mod storage_errors;
pub mod terminal;
pub mod trust;
pub mod trust_store;
pub mod usage;
pub mod values;
pub mod verify;
pub mod width;
