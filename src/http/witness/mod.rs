//! The HTTP server of a witness: submissions of checkpoints, and what the witness cosigned.
//!
//! [`routes`] lists all routes, [`state`] is what they share, [`handlers`] answer them.

pub mod handlers;
pub mod routes;
pub mod state;
