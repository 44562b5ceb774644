//! The configuration of a node: defaults, then the configuration file, then the environment, then the command line.
//!
//! ```text
//! default ◀─ tiezheng.toml ([network] listen = …) ◀─ TIEZHENG_NODE_NETWORK_LISTEN ◀─ --listen
//! ```
//!
//! # Invariants
//!
//! Each setting has one name, one parser and one description (`settings`). A key or a variable of that prefix that is no
//! setting is rejected, so that a mistyped name never leaves a default in force unnoticed. No setting holds a secret: keys and
//! tokens are in files that settings name, so a configuration can be printed.
//!
//! [`config`] has the settings, [`settings`] their table, [`setting_values`] parses values, [`mod@file`] parses a configuration
//! file, [`loading`] applies it and the environment.

pub mod config;
pub mod file;
pub mod loading;
pub mod setting_values;
pub mod settings;

#[cfg(test)]
mod tests;
