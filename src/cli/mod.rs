//! The command line: one module per command.
//!
//! [`command`] defines the command line. Commands: [`deposit`], [`statement`], [`lookup`], [`verify`], [`receipt`] ([`refresh`]),
//! [`consistency`], [`trust`], [`key`], [`case`], [`clock`], [`monitor`], [`contradiction`] and, of a node, [`serve`],
//! [`witness`] ([`witness_key`], [`witness_copies`]), [`audit`], [`backup`], [`restore`], [`load`] ([`load_round`],
//! [`load_reads`]), [`demo`]. They use:
//!
//! - [`exit`]: exit codes and errors; [`usage`]: errors about the command line; [`help`]: its help texts; [`screen`], [`terminal`],
//!   [`width`], [`progress`]: output;
//! - [`config`]: the user's folder; [`case_key`]: depositors' keys; [`user_trust`]: the user's trusted keys and organisations,
//!   from [`trust_store`], [`policy_file`], [`trust_migration`], [`members`] and [`timestamp_authorities`]; [`key_following`]
//!   follows ledger keys through rotations ([`key_history_file`]);
//! - [`gather`] finds files, [`digest`] hashes them, [`compose`] makes statements, [`receipt_files`] and [`durable`] store them,
//!   [`deposit_run`] sends them, [`deposit_groups`] many of them together; [`storage_errors`] are the errors of storing them;
//! - [`connect`], [`record`], [`digest_search`] and [`attesting`] query nodes and witnesses; [`facts_table`], [`history_table`]
//!   and [`report_screen`] print the results;
//! - [`public_key`] parses public keys, and rejects private ones;
//! - [`node_config`]: a node's settings, which [`config_command`] checks; [`log`]: its log; [`deposit_policy`]: the deposit
//!   policy of a node that starts;
//! - [`auditor`]: shared parts of the commands of auditors;
//! - [`control`] commands a running node, [`timestamp`] its timestamps, [`node_snapshot`] makes the source of its backup;
//! - [`network_errors`]: errors of listeners and certificates; [`node_folder`] opens a node's folder, [`start_errors`]: errors of
//!   a ledger that does not start; [`node_keys`] and [`folder_checks`] compare it with its ledger; [`key_files`] names its keys
//!   after a rotation;
//! - [`backups`]: the parts of `backup` and `restore`; [`folder_copy`] checks a copy; [`copy_report`] reports its content,
//!   [`originals_check`] checks originals in custody, [`resources`] the limits of the machine.

pub mod attesting;
#[cfg(feature = "node")]
pub mod audit;
#[cfg(feature = "node")]
pub mod audit_remote;
#[cfg(feature = "node")]
pub mod audit_witnesses;
pub mod auditor;
#[cfg(feature = "node")]
pub mod backup;
#[cfg(feature = "node")]
pub mod backups;
pub mod case;
pub mod case_key;
pub mod clock;
pub mod command;
pub mod compose;
pub mod config;
#[cfg(feature = "node")]
pub mod config_command;
pub mod connect;
pub mod consistency;
pub mod contradiction;
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
pub mod digest_search;
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
pub mod institution;
pub mod key;
#[cfg(feature = "node")]
pub mod key_files;
pub mod key_following;
pub mod key_history_file;
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
pub mod members;
pub mod monitor;
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
pub mod policy_file;
pub mod presentation;
pub mod progress;
pub mod public_key;
pub mod receipt;
pub mod receipt_files;
pub mod record;
pub mod refresh;
pub mod renamed;
pub mod report_contents;
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
#[cfg(feature = "oidc")]
pub mod serve_oidc;
#[cfg(feature = "node")]
pub mod serve_timestamps;
#[cfg(feature = "node")]
pub mod serve_witnesses;
#[cfg(feature = "node")]
pub mod start_errors;
pub mod statement;
pub mod storage_errors;
pub mod terminal;
#[cfg(feature = "node")]
pub mod timestamp;
pub mod timestamp_authorities;
pub mod trust;
pub mod trust_migration;
pub mod trust_store;
pub mod usage;
pub mod user_trust;
pub mod values;
pub mod verify;
pub mod width;
#[cfg(feature = "node")]
pub mod witness;
#[cfg(feature = "node")]
pub mod witness_copies;
#[cfg(feature = "node")]
pub mod witness_key;
