//! Manifests 清单: thousands or millions of items under one statement.
//!
//! A statement's `manifest` line bears the RFC 6962 root over item lines and their number. The lines stay with the
//! depositor, who can prove any one of them without showing another: all that a proof holds of its neighbours are
//! hashes of lines that each bear a salted commitment, so that not even a guess at a neighbour can be tried.
//!
//! [`item`] is the line; [`tree`] makes the root and the paths, in pieces that several hands can work on; [`list`] is the
//! list that the depositor keeps, and the list of known digests that it may be made from; [`claim`] is one item, held
//! against the statement.
//!
//! Not here: files, salts drawn and threads (`cli`), the JSON of an item's receipt (`wire`), what it proves (`verify`).

pub mod claim;
pub mod item;
pub mod list;
pub mod tree;
