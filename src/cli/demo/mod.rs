//! `demo`: a scenario of real commands against a real node in a temporary folder.
//!
//! [`scenario`] has the steps, [`lawsuit`] those of a case, [`federation`] those with members and a [`timestamp_authority`]; [`sandbox`]
//! runs commands and each server as a [`server_process`], [`fixtures`] makes the deposited files, [`report`] prints, [`damage`] flips a bit.

pub mod damage;
pub mod federation;
pub mod fixtures;
pub mod lawsuit;
pub mod report;
pub mod sandbox;
pub mod scenario;
pub mod server_process;
pub mod timestamp_authority;
