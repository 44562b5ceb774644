//! The front door: one file a command.
//!
//! [`command`] is the definition of the command line. Commands: [`deposit`], [`statement`], [`lookup`], [`verify`],
//! [`receipt`], [`trust`], [`keygen`], [`case`] and, of a node, [`serve`], [`audit`], [`backup`], [`restore`], [`load`]
//! (a round of it is [`load_round`], of reads [`load_reads`]), [`demo`]. What they stand on:
//!
//! - [`exit`] are exit codes and complaints, [`usage`] those about the command line itself, [`help`] its help texts, [`screen`], [`terminal`],
//!   [`width`] and [`progress`] what people and machines see;
//! - [`config`] is the user's folder: [`case_key`] depositors' keys, [`trust_store`] the ledger keys that are trusted;
//! - [`gather`] finds files, [`digest`] hashes them, [`compose`] makes statements, [`receipt_files`] and [`durable`] keep them,
//!   [`deposit_run`] sends them, [`deposit_groups`] of them together, and [`storage_errors`] says why one is not kept;
//! - [`connect`] and [`record`] ask a node, [`facts_table`], [`history_table`] and [`report_screen`] show what came of it;
//! - [`public_key`] reads public keys, and rejects private ones;
//! - [`log`] is the node's log;
//! - [`clock`] tells a running node that its clock is right;
//! - [`deposit_policy`] says who may deposit with a node that starts;
//! - [`node_folder`] opens a node's folder, [`node_keys`] compares its keys and [`folder_checks`] all else in it with its ledger;
//! - [`folder_copy`] copies a ledger's folder and checks the copy, [`copy_report`] says what is in it, [`originals_check`]
//!   checks originals in custody, [`resources`] what the machine allows a node.

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
pub mod connect;
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
pub mod node_folder;
#[cfg(feature = "node")]
pub mod node_keys;
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
pub mod serve_limits;
pub mod statement;
pub mod storage_errors;
pub mod terminal;
pub mod trust;
pub mod trust_store;
pub mod usage;
pub mod values;
pub mod verify;
pub mod width;
