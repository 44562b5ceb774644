//! The statement: what a depositor says and signs.
//!
//! [`content`] are the digests it speaks of, [`text`] the lines and their grammar, [`keys`] those who sign, [`ownership`] who may link to whose
//! deposit, [`signed`] the note around them.

pub mod content;
pub mod keys;
pub mod ownership;
pub mod signed;
pub mod text;
