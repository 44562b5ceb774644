//! Providers of identity checks: whose results count, and for whom.

use super::*;
use crate::court::acts::{AddIdentityProvider, EndIdentityProvider, FailIdentity, RequestIdentity};
use crate::court::ids::AnnexId;
use crate::court::values::Code;

/// A result is recorded by the platform, for an open check of its provider; an account cannot write one.
#[test]
fn a_result_of_a_provider_belongs_to_an_open_check() {
    let mut registry = staffed();
    let annex = AnnexId(Digest([8; 32]));
    let add = |provider: u8| {
        let (method, level) = (IdentityMethod::Face, IdentityLevel::Substantial);
        Act::AddIdentityProvider(AddIdentityProvider {
            provider: id(provider),
            method,
            level,
            name: annex,
            url: annex,
            secret: annex,
        })
    };
    let ask = |verification: u8, of: u8, provider: u8| {
        let (verification, account, provider) = (id(verification), account(of), id(provider));
        Act::RequestIdentity(RequestIdentity { verification, account, provider })
    };
    let result = |verification: u8, of: u8, provider: u8, level: IdentityLevel| {
        let identity =
            IdentityCheck { method: IdentityMethod::Face, level, at: Timestamp::from_millis(START).unwrap() };
        let (provider, verification) = (Some(id(provider)), Some(id(verification)));
        Act::CheckIdentity(CheckIdentity { account: account(of), identity, reference: None, provider, verification })
    };
    let fail = |verification: u8, of: u8| {
        let (verification, account, provider, cause) = (id(verification), account(of), id(70), Code("x".into()));
        Act::FailIdentity(FailIdentity { verification, account, provider, cause })
    };
    let (own, real) = (Capacity::Oneself, IdentityLevel::Substantial);
    assert_eq!(does(&mut registry, 2, CLERK, add(70)), Err(RegistryError::NotPermitted));
    assert_eq!(does(&mut registry, 4, own, ask(1, 4, 70)), Err(RegistryError::NoSuchIdentityProvider));
    does(&mut registry, 1, OPERATOR, add(70)).unwrap();
    does(&mut registry, 1, OPERATOR, add(71)).unwrap();
    does(&mut registry, 4, own, ask(1, 4, 70)).unwrap();
    assert_eq!(does(&mut registry, 4, own, ask(2, 5, 70)), Err(RegistryError::NotPermitted), "for another account");
    for (by, capacity) in [(1, OPERATOR), (4, own), (2, CLERK)] {
        for act in [result(1, 4, 70, real), fail(1, 4)] {
            assert_eq!(does(&mut registry, by, capacity, act), Err(RegistryError::NotPermitted), "{by}");
        }
    }
    let platform = Capacity::Platform;
    for (act, reason) in [
        (result(1, 4, 71, real), RegistryError::NoSuchVerification),
        (result(1, 5, 70, real), RegistryError::NoSuchVerification),
        (result(9, 4, 70, real), RegistryError::NoSuchVerification),
        (result(1, 4, 70, IdentityLevel::High), RegistryError::BeyondProvider),
    ] {
        assert_eq!(does(&mut registry, 0, platform, act.clone()), Err(reason), "{act:?}");
    }
    // The next check replaces the first.
    does(&mut registry, 4, own, ask(2, 4, 70)).unwrap();
    assert_eq!(does(&mut registry, 0, platform, result(1, 4, 70, real)), Err(RegistryError::NoSuchVerification));
    does(&mut registry, 0, platform, result(2, 4, 70, real)).unwrap();
    assert_eq!(
        does(&mut registry, 0, platform, result(2, 4, 70, real)),
        Err(RegistryError::NoSuchVerification),
        "once"
    );
    let checked = registry.accounts[&account(4)].clone();
    assert_eq!((checked.identities.len(), checked.checked_by[&0], checked.open_verification), (1, id(70), None));
    does(&mut registry, 4, own, ask(3, 4, 70)).unwrap();
    does(&mut registry, 0, platform, fail(3, 4)).unwrap();
    assert!(registry.accounts[&account(4)].failed_verification.is_some() && registry.verifications.is_empty());
    does(&mut registry, 4, own, ask(4, 4, 70)).unwrap();
    does(&mut registry, 1, OPERATOR, Act::EndIdentityProvider(EndIdentityProvider { provider: id(70) })).unwrap();
    assert_eq!(does(&mut registry, 0, platform, result(4, 4, 70, real)), Err(RegistryError::NoSuchIdentityProvider));
}
