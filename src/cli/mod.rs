//! The command line: one file a command.

pub mod case_key;
pub mod compose;
pub mod config;
pub mod deposit;
pub mod digest;
pub mod durable;
pub mod ending;
pub mod facts_table;
pub mod gather;
pub mod papers;
pub mod pinned;
pub mod progress;
pub mod reach;
pub mod round;
pub mod screen;
pub mod width;
