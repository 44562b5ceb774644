//! Accounts, their roles and tokens, as they are sent and shown.
//!
//! A token is shown once, in the answer that issues it; later only its id is shown.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::court::case_number::CourtCode;
use crate::court::ids::{AccountId, AnnexId, TokenId};
use crate::court::registry::Account;
use crate::court::registry::tokens::Token;
use crate::court::values::IdentityCheck;
use crate::court::words::{Role, Scope};
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::identity::LoginLinkJson;
use crate::wire::court::recorded_act::ActJson;
use crate::wire::facts::beijing_time;

/// Texts by their commitments; `None` for an erased one.
pub type Texts = HashMap<AnnexId, Option<String>>;

/// An account to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "subject": "natural-person", "name": "张三" }))]
pub struct OpenAccountRequest {
    /// Whose it is: `natural-person`, `legal-person`, `other-organisation`, `court-system` or `platform`.
    #[schema(example = "natural-person")]
    pub subject: String,
    /// The name. It stays off the chain and can be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// An account just opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OpenedAccountJson {
    /// Its id.
    pub account: String,
    /// The act.
    pub act: ActJson,
}

/// An identity check made elsewhere, or by a clerk who inspected the documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityCheckRequest {
    /// How: `alipay`, `wechat`, `face`, `court-offline`, `lawyer-system`, `certificate`, `court-system` or `other`. A
    /// clerk records `court-offline` only.
    #[schema(example = "court-offline")]
    pub method: String,
    /// How far it goes: `basic`, `substantial` or `high`.
    #[schema(example = "substantial")]
    pub level: String,
    /// When it was made: within the last seven days; by default now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub at: Option<String>,
    /// Where the check is on file. It stays off the chain and can be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// A role to be granted, accepted or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleRequest {
    /// The role.
    #[schema(example = "clerk")]
    pub role: String,
    /// 法院代字, for a role of a court and for no other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "粤0192")]
    pub court: Option<String>,
}

/// A request for a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "scopes": ["read", "case"], "days": 90 }))]
pub struct TokenRequest {
    /// What it may be used for: `deposit`, `read`, `case`, `court`, `manage`, `feed`.
    pub scopes: Vec<String>,
    /// How many days it is accepted, 1 to 3660.
    #[schema(example = 90)]
    pub days: u64,
}

/// A token that was issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IssuedTokenJson {
    /// The token itself. Shown once; absent where the same request is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The id by which it is revoked.
    pub id: String,
    /// Until when it is accepted, Beijing time.
    pub expires_at: String,
    /// The act.
    pub act: ActJson,
}

/// A token to be revoked, and with it all tokens that were issued with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevocationRequest {
    /// Keep the tokens that it issued to other accounts: for an operator or clerk who replaces a token that was not stolen.
    /// Tokens of the same account always end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keep_issued: bool,
}

/// What a revocation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RevocationJson {
    /// The token that was named.
    pub id: String,
    /// `recorded`: its act is on the chain. `pending`: it is in effect, survives a restart, and its act follows once the
    /// ledger accepts deposits again.
    #[schema(example = "recorded")]
    pub state: String,
    /// Tokens that were accepted before and no longer are, the one that was named among them.
    pub ended: Vec<String>,
    /// Tokens of other accounts that were issued with it and are still accepted.
    pub left: Vec<String>,
    /// The act; absent while it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<ActJson>,
}

/// A request without fields: its path contains everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyRequest {}

/// A role that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RoleJson {
    /// The role.
    #[schema(example = "clerk")]
    pub role: String,
    /// The court, for a role of a court.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub court: Option<String>,
    /// The label.
    pub label: Bilingual,
}

/// An identity check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IdentityJson {
    /// How.
    pub method: String,
    /// The label.
    pub method_label: Bilingual,
    /// How far it goes.
    pub level: String,
    /// The label.
    pub level_label: Bilingual,
    /// When, Beijing time.
    pub at: String,
    /// Where the check is on file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// There was a reference, and it was erased.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reference_erased: bool,
    /// The provider that made it, by its id; absent where the operator or a court recorded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
}

/// A token, as its owner sees it listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenJson {
    /// The id by which it is revoked.
    pub id: String,
    /// What it may be used for.
    pub scopes: Vec<String>,
    /// Until when it is accepted, Beijing time.
    pub expires_at: String,
    /// Whether it is accepted now: neither expired, nor revoked, nor issued with a token that is revoked.
    pub accepted: bool,
    /// The id of the token with which it was issued; absent where the platform issued it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issued_with: Option<String>,
    /// When it was itself revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
}

/// The account that sends the request, as the node knows it, without texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MeJson {
    /// The account.
    pub account: String,
    /// Whose it is.
    pub subject: String,
    /// The label.
    pub subject_label: Bilingual,
    /// The identity check that goes furthest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityJson>,
    /// Roles held now.
    pub roles: Vec<RoleJson>,
    /// Roles that a court administrator has granted, and that take effect when the holder accepts them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered_roles: Vec<RoleJson>,
    /// What the token may be used for.
    pub scopes: Vec<String>,
}

/// An account with its texts. The access is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AccountJson {
    /// The account.
    pub account: String,
    /// Whose it is.
    pub subject: String,
    /// The label.
    pub subject_label: Bilingual,
    /// When it was opened, Beijing time.
    pub opened_at: String,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// There was a name, and it was erased.
    #[serde(default, skip_serializing_if = "is_false")]
    pub name_erased: bool,
    /// All identity checks, the latest last.
    pub identities: Vec<IdentityJson>,
    /// Roles held now.
    pub roles: Vec<RoleJson>,
    /// Roles that a court administrator has granted, and that take effect when the holder accepts them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offered_roles: Vec<RoleJson>,
    /// All tokens, the revoked and expired ones too.
    pub tokens: Vec<TokenJson>,
    /// Sequence number of this access in the account's access log.
    pub access_sequence: u64,
}

/// A session of a browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionJson {
    /// Its name, which gives no access.
    pub name: String,
    /// When it began, Beijing time.
    pub since: String,
    /// Its last request, Beijing time.
    pub last: String,
    /// How the browser describes itself.
    pub browser: String,
}

/// What the owner stated at registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedJson {
    /// The field.
    pub field: String,
    /// The text.
    pub text: String,
}

/// All data that the platform stores about the owner of an account (个人信息保护法 art. 45), without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountExportJson {
    /// The account with its private content.
    #[serde(flatten)]
    pub account: AccountJson,
    /// The login name.
    pub login: String,
    /// When the password was set, Beijing time.
    pub password_set_at: String,
    /// Whether a second factor is in use.
    pub second_factor: bool,
    /// What was stated at registration.
    pub stated: Vec<StatedJson>,
    /// The sessions that have not ended.
    pub sessions: Vec<SessionJson>,
    /// The enrolled keys.
    pub enrolled_keys: Vec<String>,
    /// The logins at identity providers of courts that open the account.
    pub login_links: Vec<LoginLinkJson>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// A text, and whether there was one that is erased.
fn text_of(annex: Option<AnnexId>, texts: &Texts) -> (Option<String>, bool) {
    match annex.and_then(|annex| texts.get(&annex)) {
        Some(Some(text)) => (Some(text.clone()), false),
        Some(None) => (None, true),
        None => (None, false),
    }
}

/// The logins at identity providers that open an account.
#[must_use]
pub fn login_links(account: &Account, texts: &Texts) -> Vec<LoginLinkJson> {
    let links = account.login_links.iter().map(|(court, link)| LoginLinkJson {
        court: court.to_string(),
        subject: text_of(Some(link.subject.annex), texts).0,
        since: beijing_time(link.since.at),
    });
    links.collect()
}

impl RoleJson {
    fn of((role, court): &(Role, Option<CourtCode>)) -> Self {
        Self {
            role: role.word().into(),
            court: court.as_ref().map(CourtCode::to_string),
            label: Bilingual::of(|language| role.label(language)),
        }
    }
}

impl IdentityJson {
    /// A check without the text that states where it is filed.
    #[must_use]
    pub fn of(check: IdentityCheck) -> Self {
        Self {
            method: check.method.word().into(),
            method_label: Bilingual::of(|language| check.method.label(language)),
            level: check.level.word().into(),
            level_label: Bilingual::of(|language| check.level.label(language)),
            at: beijing_time(check.at),
            reference: None,
            reference_erased: false,
            provider: None,
        }
    }
}

impl TokenJson {
    fn of(id: TokenId, token: &Token, accepted: bool) -> Self {
        Self {
            id: id.to_string(),
            scopes: words(&token.scopes),
            expires_at: beijing_time(token.expires),
            accepted,
            issued_with: token.parent.map(|parent| parent.to_string()),
            revoked_at: token.revoked.map(beijing_time),
        }
    }
}

/// Scopes by their names.
fn words(scopes: &BTreeSet<Scope>) -> Vec<String> {
    scopes.iter().map(|scope| scope.word().to_owned()).collect()
}

impl MeJson {
    /// An account that asks with a token of these scopes.
    #[must_use]
    pub fn of(id: AccountId, account: &Account, scopes: &BTreeSet<Scope>) -> Self {
        Self {
            account: id.to_string(),
            subject: account.subject.word().into(),
            subject_label: Bilingual::of(|language| account.subject.label(language)),
            identity: account.identity().map(IdentityJson::of),
            roles: account.roles.iter().map(RoleJson::of).collect(),
            offered_roles: account.offered_roles.keys().map(RoleJson::of).collect(),
            scopes: words(scopes),
        }
    }
}

impl AccountJson {
    /// An account with its texts and tokens; this access has number `access_sequence` in its access log.
    #[must_use]
    pub fn of(
        id: AccountId,
        account: &Account,
        texts: &Texts,
        tokens: &[(TokenId, Token, bool)],
        access_sequence: u64,
    ) -> Self {
        let (name, name_erased) = text_of(account.name.map(|name| name.annex), texts);
        let identities = account.identities.iter().enumerate().map(|(place, (check, reference))| {
            let (reference, reference_erased) = text_of(reference.map(|reference| reference.annex), texts);
            let provider = account.checked_by.get(&place).map(ToString::to_string);
            IdentityJson { reference, reference_erased, provider, ..IdentityJson::of(*check) }
        });
        Self {
            account: id.to_string(),
            subject: account.subject.word().into(),
            subject_label: Bilingual::of(|language| account.subject.label(language)),
            opened_at: beijing_time(account.opened.at),
            name,
            name_erased,
            identities: identities.collect(),
            roles: account.roles.iter().map(RoleJson::of).collect(),
            offered_roles: account.offered_roles.keys().map(RoleJson::of).collect(),
            tokens: tokens.iter().map(|(id, token, accepted)| TokenJson::of(*id, token, *accepted)).collect(),
            access_sequence,
        }
    }
}

/// A code with which the holder of an account sets a new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ResetCodeJson {
    /// The account.
    pub account: String,
    /// The code: it is shown in this answer only.
    pub code: String,
    /// Until when it is good, Beijing time.
    pub expires_at: String,
    /// The act in the account's access log that recorded it.
    pub access_sequence: u64,
}

/// Reads a time as answers show it, or as the ledger writes it (UTC).
#[must_use]
pub fn read_time(text: &str) -> Option<Timestamp> {
    const EIGHT_HOURS: u64 = 8 * 60 * 60 * 1000;
    let Some(beijing) = text.strip_suffix("+08:00") else { return Timestamp::parse(text) };
    let shown = Timestamp::parse(&format!("{beijing}Z"))?;
    shown.as_millis().checked_sub(EIGHT_HOURS).and_then(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_shown() {
        let time = Timestamp::parse("2026-11-22T01:04:11.123Z").unwrap();
        assert_eq!(beijing_time(time), "2026-11-22T09:04:11.123+08:00");
        assert_eq!(read_time(&beijing_time(time)), Some(time));
        assert_eq!(read_time("2026-11-22T01:04:11.123Z"), Some(time));
        for bad in ["", "2026-11-22", "2026-11-22T01:04:11.123", "1970-01-01T07:59:59.999+08:00"] {
            assert_eq!(read_time(bad), None, "{bad}");
        }
    }
}
