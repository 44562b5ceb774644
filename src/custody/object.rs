//! Name and key of an object: 32 random bytes each.
//!
//! # Invariants
//!
//! The name reveals nothing about the content. A key encrypts one object only, is wiped from memory when dropped, and is never
//! printed. Destroying the key makes all copies of the object unreadable.

use std::fmt;

use object_store::path::Path;
use zeroize::Zeroizing;

use crate::ledger::hash::lower_hex;

/// Bytes of a name, and of a key.
pub const LEN: usize = 32;

/// The name of an object: 64 lower-case hex digits, not secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; LEN]);

impl ObjectId {
    /// A new random name.
    ///
    /// # Errors
    ///
    /// The operating system supplies no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0; LEN];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The name with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; LEN]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; LEN] {
        &self.0
    }

    /// Parses exactly what `Display` prints.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }

    /// Its first byte: the number of its subfolder.
    pub(super) const fn subfolder(&self) -> u8 {
        let [first, ..] = self.0;
        first
    }

    /// Its path in a store.
    pub(super) fn location(&self) -> Path {
        Path::from(format!("{}/{self}", subfolder_name(self.subfolder())))
    }
}

/// The name of a subfolder: two hex digits.
pub(super) fn subfolder_name(subfolder: u8) -> String {
    format!("{subfolder:02x}")
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The key of one object.
// Boxed, so that moving it leaves no copy behind.
pub struct ObjectKey(Box<Zeroizing<[u8; LEN]>>);

impl ObjectKey {
    /// A new random key.
    ///
    /// # Errors
    ///
    /// The operating system supplies no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut key = Self(Box::new(Zeroizing::new([0; LEN])));
        getrandom::fill(key.0.as_mut_slice())?;
        Ok(key)
    }

    /// The key with a copy of these bytes. The caller wipes the original.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; LEN]) -> Self {
        let mut key = Self(Box::new(Zeroizing::new([0; LEN])));
        key.0.copy_from_slice(bytes);
        key
    }

    /// The 32 bytes, to store them.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; LEN] {
        &self.0
    }
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ObjectKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let id = ObjectId::from_bytes([0xab; LEN]);
        let text = "ab".repeat(LEN);
        assert_eq!(id.to_string(), text);
        assert_eq!(ObjectId::parse(&text), Some(id));
        assert_eq!(id.location().as_ref(), format!("ab/{text}"));
        for wrong in [text.to_uppercase(), text[2..].to_owned(), format!("{text}0"), text.replace("ab", "xy")] {
            assert_eq!(ObjectId::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_and_keys_are_drawn_anew() {
        assert_ne!(ObjectId::random().unwrap(), ObjectId::random().unwrap());
        assert_ne!(ObjectKey::random().unwrap().as_bytes(), ObjectKey::random().unwrap().as_bytes());
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = ObjectKey::from_bytes(&[0x5a; LEN]);
        assert_eq!(key.as_bytes(), &[0x5a; LEN]);
        assert_eq!(format!("{key:?}"), "ObjectKey(…)");
    }
}
