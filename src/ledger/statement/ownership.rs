//! The ownership rule: the owners of a deposit, and the links that only an owner may make.
//!
//! A deposit is owned by the keys that signed it together with the account that it names (`on-behalf`). This is the only
//! implementation of the rule: admission, the audit, the node's answers and the client all call it.

use crate::ledger::key::VerifierKey;
use crate::ledger::statement::text::{LinkKind, Statement};

/// Whether the two lists of keys have a key in common.
#[must_use]
pub fn shares_a_key(a: &[VerifierKey], b: &[VerifierKey]) -> bool {
    a.iter().any(|key| b.contains(key))
}

/// Whether `later` comes from an owner of `earlier`: they have a key in common, and name the same account or both none.
#[must_use]
pub fn same_owner(later: &Statement, earlier: &Statement) -> bool {
    later.on_behalf == earlier.on_behalf && shares_a_key(&later.keys, &earlier.keys)
}

/// Whether `later` may link to `earlier` with this kind: `refers` is open to everyone, every other kind needs an owner.
#[must_use]
pub fn may_link(kind: LinkKind, later: &Statement, earlier: &Statement) -> bool {
    !kind.needs_ownership() || same_owner(later, earlier)
}
