//! Encrypted archives for recipient keys, in the format of the program `age` (age-encryption.org/v1, X25519 recipients).
//!
//! [`keys`] are recipients and identities; [`header`] wraps the file key for each recipient; [`stream`] encrypts and
//! decrypts the payload in bounded memory. The primitives are those of `ring` and `curve25519-dalek`, which the node
//! links anyway. The program `age` creates keys and decrypts the archives, too.

pub mod header;
pub mod keys;
pub mod stream;
