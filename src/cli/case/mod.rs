//! `tiezheng case`: what parties, their agents, a court's staff and the operator do, by a token.
//!
//! [`command`] is the definition and what runs for each; [`connection`] reaches the node; [`accounts`], [`filing`],
//! [`evidence`], [`originals`], [`erasures`] are the commands; [`case_screen`] is how a case looks on a screen,
//! [`account_screen`] how an account does.

pub mod account_screen;
pub mod accounts;
pub mod case_screen;
pub mod command;
pub mod connection;
pub mod erasures;
pub mod evidence;
pub mod filing;
pub mod keys;
pub mod originals;
