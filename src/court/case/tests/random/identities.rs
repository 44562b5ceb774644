//! Random acts of identity checks by providers, and of logins at identity providers.

use super::Dice;
use crate::court::acts::*;
use crate::court::ids::TokenId;
use crate::court::values::Code;
use crate::court::words::{IdentityLevel, IdentityMethod, Role};

pub(in crate::court::case::tests::random) fn of_identities(d: &mut Dice, kind: ActKind) -> Act {
    let token = TokenId(d.digest());
    match kind {
        ActKind::AddIdentityProvider => Act::AddIdentityProvider(AddIdentityProvider {
            provider: token,
            method: d.of(IdentityMethod::ALL),
            level: d.of(IdentityLevel::ALL),
            name: d.annex(),
            url: d.annex(),
            secret: d.annex(),
        }),
        ActKind::EndIdentityProvider => Act::EndIdentityProvider(EndIdentityProvider { provider: token }),
        ActKind::RequestIdentity => Act::RequestIdentity(RequestIdentity {
            verification: TokenId(d.digest()),
            account: d.account(),
            provider: token,
        }),
        ActKind::FailIdentity => Act::FailIdentity(FailIdentity {
            verification: TokenId(d.digest()),
            account: d.account(),
            provider: token,
            cause: Code("not_confirmed".into()),
        }),
        ActKind::LinkLogin => Act::LinkLogin(LinkLogin { account: d.account(), court: d.court(), subject: d.annex() }),
        ActKind::EndLoginLink => Act::EndLoginLink(EndLoginLink { account: d.account(), court: d.court() }),
        ActKind::AcceptRole => {
            Act::AcceptRole(AcceptRole { account: d.account(), role: d.of(Role::ALL), court: d.optional(Dice::court) })
        }
        other => panic!("no random `{other}` is made here"),
    }
}
