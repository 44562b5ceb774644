//! Custody of originals 原文保管: bytes under lock and key.
//!
//! [`store`] is the whole of it: where objects lie, and what may be done with them. [`upload`] takes an original in:
//! hashed on arrival, encrypted with a key of its own, durable before it is answered. [`download`] gives it out again,
//! [`removing`] removes it and sweeps up after a crash. [`space`] limits how much room originals take. [`checking`] checks an
//! object at rest. [`sealing`] is the format of an object, [`object`] its name and
//! key. Inside, `encryptor` hashes and seals, `draft` makes sure that only whole objects are ever seen, and `storage` and
//! `folder` are the disk.
//!
//! Not here: whose an original is, who may read it, and where its key lies. Whoever calls [`originals::EncryptedObjectStore`] keeps the
//! object's name, its key and its size, and decides.

pub mod checking;
pub mod download;
mod draft;
mod encryptor;
mod folder;
pub mod object;
pub mod removing;
pub mod sealing;
pub mod space;
mod storage;
pub mod store;
pub mod upload;
