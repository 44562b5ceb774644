//! The rules of court procedure as pure functions over acts.
//!
//! The ledger knows nothing of courts. These rules give its records their meaning for the filing flow. Node, command line and audit run
//! the same code.
//!
//! # Invariants
//!
//! No I/O, clock, randomness, async, logging or serde: all inputs are parameters, including the calendar of holidays.
//!
//! [`acts`] defines the acts, [`document`] their text, [`case`] replays them to the state of a case and [`registry`] to accounts and
//! tokens; [`permission`] is the table of who may do what; [`calendar`], [`period`] and [`window`] compute deadlines;
//! [`time_limits`] lists the numbers of days with their sources, [`legal_figures`] the other figures of the law.

pub mod act_position;
pub mod acts;
pub mod calendar;
pub mod case;
pub mod case_number;
pub mod course_words;
pub mod document;
pub mod event;
pub mod ids;
pub mod labels;
pub mod legal_figures;
pub mod line_value;
pub mod masked_address;
pub mod party_roles;
pub mod period;
pub mod permission;
pub mod personal_numbers;
pub mod registry;
mod roles;
pub mod service_words;
pub mod session_words;
pub mod short_forms;
pub mod signer;
pub mod subject;
pub mod time_limits;
pub mod typed;
pub mod values;
pub mod window;
pub mod windows;
pub mod words;
