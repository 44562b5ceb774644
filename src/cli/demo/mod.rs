//! `demo`: the whole story before one's eyes, told by real commands against a real node, leaving nothing behind.
//!
//! [`story`] is the story, [`stage`] the folder, the node and the commands, [`exhibits`] the files that are deposited,
//! [`telling`] how it is told, [`damage`] flips the one bit.

pub mod damage;
pub mod exhibits;
pub mod stage;
pub mod story;
pub mod suit;
pub mod telling;
