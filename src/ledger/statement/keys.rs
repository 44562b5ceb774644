//! Parsing of depositors' keys, and a bounded cache of parsed keys.
//!
//! Parsing a key decompresses a curve point and hashes twice: about five times the work of all other lines of a statement. Most
//! statements are signed by few keys, so callers that parse many statements pass a [`KeyCache`].
//!
//! # Invariants
//!
//! A cache does not change results: a key is cached under its whole text, and only after it was accepted. A cache belongs to
//! its caller; it is not shared.
//!
//! Not here: trust in keys, verification of signatures (`signed`).

use crate::ledger::hash::lower_hex;
use crate::ledger::key::{KeyTextError, VerifierKey};
use crate::ledger::keyword;
use crate::ledger::text::Fault;

/// Bytes of a depositor's vkey: `k-` and 16 hex digits, the key id in 8, base64 of 33 bytes in 44, and two `+`.
pub(in crate::ledger) const KEY_LEN: usize = 72;
/// Number of sets. Digits of the key's name, which is a hash, select the set.
const SETS: usize = 1024;
/// Maximum number of keys in a set; a further key replaces one of them.
const WAYS: usize = 4;

/// Maximum number of keys in a [`KeyCache`], about 1.3 MB.
pub const KEYS_REMEMBERED: usize = SETS * WAYS;

/// Set-associative cache of depositors' keys.
#[derive(Default)]
pub struct KeyCache {
    /// [`SETS`] sets, or none.
    sets: Vec<Vec<Cached>>,
    /// Counter that selects the key to replace.
    turn: usize,
}

/// A parsed key under its text.
struct Cached {
    text: [u8; KEY_LEN],
    key: VerifierKey,
}

impl KeyCache {
    /// A cache of up to [`KEYS_REMEMBERED`] keys.
    #[must_use]
    pub fn new() -> Self {
        Self { sets: (0..SETS).map(|_| Vec::new()).collect(), turn: 0 }
    }

    /// A cache that stores nothing, for parsing a single statement.
    #[must_use]
    pub const fn none() -> Self {
        Self { sets: Vec::new(), turn: 0 }
    }

    /// Number of keys in the cache.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.iter().map(Vec::len).sum()
    }

    /// Whether the cache is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Parses the value of a `key` line.
    pub(super) fn read(&mut self, value: &str) -> Result<VerifierKey, Fault> {
        let Some((text, set)) = place(&mut self.sets, value.as_bytes()) else { return read_key(value) };
        if let Some(known) = set.iter().find(|known| known.text == text) {
            return Ok(known.key.clone());
        }
        let key = read_key(value)?;
        let known = Cached { text, key: key.clone() };
        if set.len() < WAYS {
            set.push(known);
        } else if let Some(old) = set.get_mut(self.turn % WAYS) {
            *old = known;
            self.turn = self.turn.wrapping_add(1);
        }
        Ok(key)
    }
}

/// The set of `value`; `None` for a cache that stores nothing, and for a text that is not a depositor's key.
fn place<'s>(sets: &'s mut [Vec<Cached>], value: &[u8]) -> Option<([u8; KEY_LEN], &'s mut Vec<Cached>)> {
    let text = value.try_into().ok()?;
    let digits = std::str::from_utf8(value.get(2..6)?).ok()?;
    let set = usize::from(u16::from_be_bytes(lower_hex(digits)?)).checked_rem(sets.len())?;
    Some((text, sets.get_mut(set)?))
}

impl std::fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyCache({} keys)", self.len())
    }
}

fn read_key(value: &str) -> Result<VerifierKey, Fault> {
    let bad = |expected| Fault::BadValue { name: keyword::KEY, expected };
    let key = VerifierKey::parse(value).map_err(|error| match error {
        KeyTextError::Weak => Fault::WeakKey { name: keyword::KEY },
        KeyTextError::UnknownType => bad("an Ed25519 key (type 0x01)"),
        KeyTextError::Malformed | KeyTextError::WrongId => bad("a vkey `name+id+base64`"),
    })?;
    if !key.is_of_depositor() {
        return Err(bad("the key's name must be `k-` and the first 16 hex of SHA-256(0x01 ‖ public key)"));
    }
    if key.to_string() == value { Ok(key) } else { Err(bad("a vkey in its one spelling")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::Signer;

    fn key(n: u32) -> VerifierKey {
        let mut seed = [7; 32];
        seed[..4].copy_from_slice(&n.to_be_bytes());
        Signer::of_depositor(&seed).unwrap().verifier().clone()
    }

    #[test]
    fn a_key_read_before_is_the_one_remembered() {
        let (text, mut cache) = (key(1).to_string(), KeyCache::new());
        let [first, second] = [(), ()].map(|()| cache.read(&text).unwrap());
        assert_eq!((&first, &second, cache.len()), (&key(1), &key(1), 1));
        // The name shares its memory with the first result, so the key was not parsed again.
        assert_eq!(first.name().as_str().as_ptr(), second.name().as_str().as_ptr());
        let mut none = KeyCache::none();
        let [first, second] = [(), ()].map(|()| none.read(&text).unwrap());
        assert_ne!(first.name().as_str().as_ptr(), second.name().as_str().as_ptr());
        assert!(first == key(1) && none.is_empty());
    }

    #[test]
    fn more_keys_than_it_remembers_are_read_as_well_and_forgotten_in_turn() {
        let mut cache = KeyCache::new();
        let texts: Vec<String> = (0..6000).map(|n| key(n).to_string()).collect();
        for _ in 0..2 {
            for text in &texts {
                assert_eq!(cache.read(text).unwrap().to_string(), *text);
            }
            assert!(cache.sets.iter().all(|set| set.len() <= WAYS));
            assert!((3000..=KEYS_REMEMBERED).contains(&cache.len()), "{cache:?}");
        }
    }

    #[test]
    fn rejected_keys_are_rejected_again_and_not_cached() {
        let good = key(1).to_string();
        let mut cache = KeyCache::new();
        cache.read(&good).unwrap();
        // A valid key under another name: only the rule for depositors rejects it.
        let named =
            |name: &str| VerifierKey::new(crate::ledger::key::Name::parse(name).unwrap(), key(1).public().clone());
        for bad in [named("k-0123456789abcdef"), named(key(2).name().as_str()), named("k")] {
            for _ in 0..2 {
                assert_eq!(cache.read(&bad.to_string()), read_key(&bad.to_string()));
                assert_eq!(cache.read(&bad.to_string()).unwrap_err().code().as_str(), "bad_value");
            }
        }
        assert_eq!(cache.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn a_cache_changes_nothing(n in 0..3_u32, at: proptest::sample::Index, byte in b' '..b'~') {
            let mut cache = KeyCache::new();
            let mut bytes = key(n).to_string().into_bytes();
            for n in 0..3 {
                cache.read(&key(n).to_string()).unwrap();
            }
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let text = String::from_utf8(bytes).unwrap();
            proptest::prop_assert_eq!(cache.read(&text), read_key(&text));
            proptest::prop_assert_eq!(cache.read(&text), read_key(&text));
            proptest::prop_assert_eq!(cache.read(&text).is_ok(), text == key(n).to_string());
        }
    }
}
