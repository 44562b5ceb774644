//! The statement: what a depositor says and signs.
//!
//! [`content`] are the digests it speaks of, [`text`] the lines and their grammar, [`keys`] those who sign, [`signed`] the note around them.

pub mod content;
pub mod keys;
pub mod signed;
pub mod text;
