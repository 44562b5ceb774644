//! The statement: a depositor's signed declaration about an original.
//!
//! [`content`] has the digests, [`text`] the lines and their grammar, [`keys`] the parser of signers' keys,
//! [`ownership`] the rule for links between deposits, [`signed`] the signed note.

pub mod content;
pub mod keys;
pub mod ownership;
pub mod signed;
pub mod text;
