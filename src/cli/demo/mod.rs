//! `demo`: a scenario of real commands against a real node in a temporary folder.
//!
//! [`scenario`] has the steps, [`lawsuit`] those of a case; [`sandbox`] runs node and commands, [`fixtures`] makes the deposited files,
//! [`report`] prints, [`damage`] flips a bit.

pub mod damage;
pub mod fixtures;
pub mod lawsuit;
pub mod report;
pub mod sandbox;
pub mod scenario;
