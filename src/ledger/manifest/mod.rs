//! Manifests 清单: thousands or millions of items under one statement.
//!
//! A statement's `manifest` line contains the RFC 6962 root over item lines and their number. The depositor keeps the
//! lines, and can prove any item without revealing another: a proof contains only hashes of other lines. Each line
//! contains a salted commitment, so guesses at other items cannot be checked.
//!
//! [`item`] is the item line; [`tree`] computes root and paths, in chunks that threads can hash in parallel; [`list`]
//! has the item list that the depositor keeps, and the digest list from which it may be made; [`claim`] proves one
//! item.
//!
//! Not here: files, random salts and threads (`cli`), the JSON of an item's receipt (`wire`), its verification (`verify`).

pub mod claim;
pub mod item;
pub mod list;
pub mod tree;
