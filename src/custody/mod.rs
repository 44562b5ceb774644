//! Custody of originals 原文保管: an encrypted object store.
//!
//! [`store`] has the type [`store::EncryptedObjectStore`]. [`upload`] stores an original: hashed while it arrives, encrypted with its
//! own key, durable before the call returns. [`download`] decrypts it as a stream, [`removing`] removes it and cleans up after a
//! crash. [`space`] limits the space that originals use. [`checking`] checks an object at rest. [`sealing`] is the format of an
//! object, [`object`] its name and key. Internally, `encryptor` hashes and encrypts, `draft` makes an object visible only when it
//! is complete, and `storage` and `folder` access the disk.
//!
//! Not here: the owner of an original, access control, and the storage of its key. The caller keeps an object's name, key and size.

pub mod age;
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
