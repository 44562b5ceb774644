//! `tiezheng case`: the commands of parties, agents, court staff and the operator, with a token.
//!
//! [`command`] defines the commands; [`connection`] sends requests; [`accounts`], [`filing`], [`evidence`], [`originals`],
//! [`erasures`], [`keys`], [`hand_overs`], [`service`], [`gateways`], [`appeal_courts`], [`identity_providers`] are the commands;
//! [`case_screen`], [`item_details`], [`next_steps`], [`record_screen`] and [`account_screen`] print cases and accounts.

pub mod account_screen;
pub mod accounts;
pub mod appeal_courts;
pub mod case_screen;
pub mod command;
pub mod connection;
pub mod erasures;
pub mod evidence;
pub mod filing;
pub mod gateways;
pub mod hand_overs;
pub mod identity_providers;
pub mod item_details;
pub mod keys;
pub mod logins;
pub mod next_steps;
pub mod originals;
pub mod record_screen;
pub mod records;
pub mod service;
