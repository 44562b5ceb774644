//! The keys that statements name, and a bounded memory of those read before.
//!
//! To read a key is to find a point on a curve, to hash its name and its id, and to spell it again: some five times as
//! much work as all other lines of a statement together. Few keys sign most statements, so whoever reads many statements
//! lends each read a [`KeyCache`].
//!
//! # Invariants
//!
//! A cache never changes what is read: a key is remembered under its whole text, byte for byte, once that text has passed
//! every rule, and what was refused is not remembered. It is a plain value of whoever reads, shared with nobody.
//!
//! Not here: whether a key is one that anybody trusts, whether its signature verifies (`signed`).

use crate::ledger::hash::lower_hex;
use crate::ledger::key::{KeyTextError, VerifierKey};
use crate::ledger::text::Fault;

/// Bytes of a depositor's vkey: `k-` and 16 hex digits, the key id in 8, base64 of 33 bytes in 44, and two `+`.
pub(in crate::ledger) const KEY_LEN: usize = 72;
/// Where a key is looked for follows from digits of its own hash.
const SETS: usize = 1024;
/// Keys in one set; a fifth takes the place of one of the four.
const WAYS: usize = 4;

/// Most keys that a [`KeyCache`] remembers: some 1.3 MB.
pub const KEYS_REMEMBERED: usize = SETS * WAYS;

/// Keys of depositors that were read before.
#[derive(Default)]
pub struct KeyCache {
    /// [`SETS`] of them, or none at all.
    sets: Vec<Vec<Known>>,
    /// Whose turn it is to make room.
    turn: usize,
}

struct Known {
    text: [u8; KEY_LEN],
    key: VerifierKey,
}

impl KeyCache {
    /// Remembers up to [`KEYS_REMEMBERED`] keys.
    #[must_use]
    pub fn new() -> Self {
        Self { sets: (0..SETS).map(|_| Vec::new()).collect(), turn: 0 }
    }

    /// Remembers nothing: for a single statement.
    #[must_use]
    pub const fn none() -> Self {
        Self { sets: Vec::new(), turn: 0 }
    }

    /// How many keys it remembers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.iter().map(Vec::len).sum()
    }

    /// Whether it remembers none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of this text, if it was read before.
    pub(in crate::ledger) fn known(&mut self, text: &[u8; KEY_LEN]) -> Option<&VerifierKey> {
        let (_, set) = place(&mut self.sets, text)?;
        set.iter().find(|known| known.text == *text).map(|known| &known.key)
    }

    /// Reads the value of a `key` line.
    pub(super) fn read(&mut self, value: &str) -> Result<VerifierKey, Fault> {
        let Some((text, set)) = place(&mut self.sets, value.as_bytes()) else { return read_key(value) };
        if let Some(known) = set.iter().find(|known| known.text == text) {
            return Ok(known.key.clone());
        }
        let key = read_key(value)?;
        let known = Known { text, key: key.clone() };
        if set.len() < WAYS {
            set.push(known);
        } else if let Some(old) = set.get_mut(self.turn % WAYS) {
            *old = known;
            self.turn = self.turn.wrapping_add(1);
        }
        Ok(key)
    }
}

/// The set in which `value` is remembered; `None` where nothing is, and for what cannot be a depositor's key.
fn place<'s>(sets: &'s mut [Vec<Known>], value: &[u8]) -> Option<([u8; KEY_LEN], &'s mut Vec<Known>)> {
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
    let bad = |expected| Fault::BadValue { name: "key", expected };
    let key = VerifierKey::parse(value).map_err(|error| match error {
        KeyTextError::Weak => Fault::WeakKey { name: "key" },
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
        // Its name is the same piece of memory: it was not read a second time.
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
    fn what_is_refused_is_refused_again_and_not_remembered() {
        let good = key(1).to_string();
        let mut cache = KeyCache::new();
        cache.read(&good).unwrap();
        // A good key under a stranger's name: only the rule for depositors refuses it.
        let named =
            |name: &str| VerifierKey::new(crate::ledger::key::Name::parse(name).unwrap(), key(1).public().clone());
        for bad in [named("k-0123456789abcdef"), named(key(2).name().as_str()), named("k")] {
            for _ in 0..2 {
                assert_eq!(cache.read(&bad.to_string()), read_key(&bad.to_string()));
                assert_eq!(cache.read(&bad.to_string()).unwrap_err().code(), "bad_value");
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
