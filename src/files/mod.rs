//! Files by name, where the standard library leaves something open: opening one without ever waiting, and giving one a
//! name that nothing else has.
//!
//! - [`regular`] opens regular files for reading, and rejects named pipes, sockets and devices without blocking;
//! - [`placing`] renames a file without replacing another, on file systems with and without hard links;
//! - [`reason`] says in Chinese and English why the operating system refused an operation.
//!
//! Not here: what the files mean, and when they are fsynced.

pub mod placing;
pub mod reason;
pub mod regular;
