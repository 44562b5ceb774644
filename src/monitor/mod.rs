//! The monitor: follows a ledger and its witnesses permanently, for an auditor who has neither the node's folder nor its keys.
//!
//! [`follower`] runs the rounds. A round fetches the checkpoints of witnesses and operator ([`checkpoints`]), audits every new
//! leaf ([`new_leaves`]) and looks for watched values in it ([`watch`]), hashes a part of the old leaves again ([`rehash`]), and
//! compares the witnesses with the operator ([`witnesses`]). Its findings are [`alarm`]s with [`evidence`]: [`round`] collects
//! them, [`alarm_store`] makes them durable, [`webhook`] and [`metrics`] publish them. [`state_dir`] and [`append_log`] store the
//! state. [`position_store`] stores the progress of an audit, also for the command `audit`; [`view`] is the state between rounds.
//!
//! Not here: the checks of an audit (`audit`), requests (`client`).

pub mod alarm;
pub mod alarm_store;
pub mod append_log;
pub mod checkpoints;
pub mod evidence;
pub mod follower;
pub mod metrics;
pub mod new_leaves;
pub mod position_store;
pub mod rehash;
pub mod round;
pub mod state_dir;
pub mod view;
pub mod watch;
pub mod webhook;
pub mod witnesses;
