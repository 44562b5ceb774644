//! Rules of procedure as pure functions: days, periods, numbers of cases.
//!
//! The ledger knows nothing of courts; here stands what a court's filing flow needs to read its records. The same code
//! runs in the node, at the command line and with whoever checks them.
//!
//! # Invariants
//!
//! No input or output, no clock, no randomness, no async, no log line, no serde: what a function needs is passed in, the
//! calendar of holidays too.
//!
//! In reading order: [`calendar`] counts days, [`period`] says until when evidence is in time, [`case_number`] names the
//! case.

pub mod acts;
pub mod calendar;
pub mod case;
pub mod case_number;
pub mod document;
pub mod event;
pub mod ids;
pub mod labels;
pub mod line_value;
pub mod period;
pub mod permission;
pub mod personal_numbers;
pub mod registry;
pub mod values;
pub mod words;
