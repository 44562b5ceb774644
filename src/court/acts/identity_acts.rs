//! The fields of the acts by which roles are accepted, of those by which accounts are linked to logins at identity providers, and of those by which outside providers check
//! identities (实名核验).
//!
//! Not here: their words and names (`acts`), their rules (`registry`).

use crate::court::acts::grammar::act_types;
use crate::court::case_number::CourtCode;
use crate::court::ids::{AccountId, AnnexId, TokenId};
use crate::court::values::Code;
use crate::court::words::{IdentityLevel, IdentityMethod, Role};

act_types! {
    /// 接受角色: the holder of an account accepts a role that a court administrator has granted.
    AcceptRole {
        required account "account": AccountId,
        required role "role": Role,
        optional court "court": CourtCode,
    }
    /// 关联统一身份认证: a login at the identity provider of a court opens the account. Issuer and subject are an annex.
    LinkLogin {
        required account "account": AccountId,
        required court "court": CourtCode,
        required subject "subject": AnnexId,
    }
    /// 解除关联.
    EndLoginLink {
        required account "account": AccountId,
        required court "court": CourtCode,
    }

    /// Registers a provider of identity checks: how it checks, and how far its checks go at most. The secret signs its results.
    AddIdentityProvider {
        required provider "provider": TokenId,
        required method "method": IdentityMethod,
        required level "level": IdentityLevel,
        required name "name": AnnexId,
        required url "url": AnnexId,
        required secret "secret": AnnexId,
    }
    /// Removes a provider. What it checked stays.
    EndIdentityProvider {
        required provider "provider": TokenId,
    }
    /// The holder of an account asks a provider for a check.
    RequestIdentity {
        required verification "verification": TokenId,
        required account "account": AccountId,
        required provider "provider": TokenId,
    }
    /// The provider did not confirm the identity, or confirmed another person's.
    FailIdentity {
        required verification "verification": TokenId,
        required account "account": AccountId,
        required provider "provider": TokenId,
        required cause "cause": Code,
    }
}
