//! Identity checks by outside providers, and links of accounts to logins at identity providers.

use serde::{Deserialize, Serialize};

use crate::wire::bilingual::Bilingual;
use crate::wire::court::recorded_act::ActJson;

/// A login at the identity provider of a court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginLinkRequest {
    /// The court whose provider it is / 法院代字.
    #[schema(example = "粤0192")]
    pub court: String,
    /// The subject (`sub`) of the person at the provider / 登录标识.
    #[schema(example = "zhang.san")]
    pub subject: String,
}

/// The link of an account to a login at the identity provider of a court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LoginLinkJson {
    /// 法院代字.
    pub court: String,
    /// Issuer and subject, each on a line; absent where it is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it was made, Beijing time.
    pub since: String,
}

/// The court whose link ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndLoginLinkRequest {
    /// The court / 法院代字.
    #[schema(example = "粤0192")]
    pub court: String,
}

/// A provider of identity checks that is to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityCheckProviderRequest {
    /// Its name on pages / 名称.
    #[schema(example = "国家网络身份认证公共服务")]
    pub name: String,
    /// How it checks: alipay, wechat, face, lawyer-system, certificate, court-system, other / 核验方式.
    #[schema(example = "face")]
    pub method: String,
    /// The highest level of its checks: basic, substantial, high / 最高核验级别.
    #[schema(example = "high")]
    pub level: String,
    /// The address that a browser opens, with the parameter `verification` added; `https`. It stays off the chain.
    #[schema(example = "https://identity.example/start")]
    pub url: String,
}

/// A provider just registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredIdentityCheckProviderJson {
    /// Its id: it sends results to `/v1/identity-providers/{id}/results`.
    pub id: String,
    /// The key that signs results. Shown once; absent where the same request is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The act.
    pub act: ActJson,
}

/// A provider of identity checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityCheckProviderJson {
    /// Its id.
    pub id: String,
    /// Its name on pages.
    pub name: String,
    /// How it checks.
    pub method: String,
    /// The label.
    pub method_label: Bilingual,
    /// The highest level of its checks.
    pub level: String,
    /// The label.
    pub level_label: Bilingual,
    /// When it was registered, Beijing time.
    pub registered_at: String,
}

/// The providers of identity checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityCheckProvidersJson {
    /// The providers, in the order of their registration.
    pub items: Vec<IdentityCheckProviderJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
}

/// The provider that is asked for a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerificationRequest {
    /// Its id.
    #[schema(example = "cb7a1c6f9e3d4e1f8a2b5c6d7e8f90123456789abcdef0123456789abcdef012")]
    pub provider: String,
}

/// A check that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BegunVerificationJson {
    /// Its id, which the provider's result names. 64 hex digits.
    pub verification: String,
    /// The address that the holder's browser opens.
    pub url: String,
    /// The act.
    pub act: ActJson,
}

/// The code with which a provider has sent the browser of a person back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationRequest {
    /// The parameter `code` of the address.
    #[schema(example = "4f1c2a7d9b3e5f60718293a4b5c6d7e8f90123456789abcdef0123456789abcd")]
    pub code: String,
}

/// The result of a check, as its provider sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "verification": "cb7a1c6f9e3d4e1f8a2b5c6d7e8f90123456789abcdef0123456789abcdef012", "outcome": "verified", "at": "2026-11-22T09:04:11.123+08:00", "level": "high", "name": "张三", "reference": "R-20261122-77" }))]
pub struct IdentityResultRequest {
    /// The check.
    pub verification: String,
    /// `verified` or `failed`.
    #[schema(example = "verified")]
    pub outcome: String,
    /// When the check was made / 核验时间.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub at: String,
    /// How far it went; with `verified` / 核验级别.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "high")]
    pub level: Option<String>,
    /// The name that was verified; with `verified`. It is compared with that of the account, and not stored / 经核验的姓名.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "张三")]
    pub name: Option<String>,
    /// Why the identity was not confirmed, as a code; with `failed` / 未通过原因代码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "face_differs")]
    pub cause: Option<String>,
    /// The provider's reference for the check. A personal number is rejected / 业务流水号，不得含证件号码.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "R-20261122-77")]
    pub reference: Option<String>,
}

/// The outcome of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityResultJson {
    /// The check.
    pub verification: String,
    /// Whether the provider has confirmed the identity of the account.
    pub confirmed: bool,
    /// With `confirmed`: the page of this node to which the provider sends the browser of the person whom it has checked. The result is
    /// recorded when the holder of the account confirms it there. Absent once it is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_path: Option<String>,
    /// Why not: the provider's code, or `name_differs`, `name_missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The deposit number of the act that recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
}
