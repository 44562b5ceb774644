//! `demo`: the whole story before one's eyes, told by real commands against a real node, leaving nothing behind.
//!
//! [`scenario`] is the story, [`sandbox`] the folder, the node and the commands, [`fixtures`] the files that are deposited,
//! [`report`] how it is told, [`damage`] flips the one bit.

pub mod damage;
pub mod fixtures;
pub mod lawsuit;
pub mod report;
pub mod sandbox;
pub mod scenario;
