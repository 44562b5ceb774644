//! Results of identity checks that providers send: signed, protected against replay, and recorded once.
//!
//! Signed as the reports of a gateway are, with the provider's secret: [`signed_reports`](crate::filing::signed_reports).
//!
//! # Invariants
//!
//! A result changes nothing unless its signature, its time and its check are good. One check has one result: the same again is the
//! same act, another one is refused. The name that the provider has verified must be that of the account: so nobody has another person
//! complete a check for an account of one's own. The name is compared and not kept; numbers of identity papers are refused.

use unicode_normalization::UnicodeNormalization as _;

use crate::court::acts::{Act, CheckIdentity, FailIdentity};
use crate::court::ids::TokenId;
use crate::court::personal_numbers::find_personal_numbers;
use crate::court::registry::RegistryError;
use crate::court::registry::entries::{IdentityProvider, Verification};
use crate::court::values::{Capacity, Code, IdentityCheck};
use crate::court::words::IdentityLevel;
use crate::filing::actor::RequestContext;
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::request_id;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::signed_reports::{ReportHead, within};
use crate::filing::streams::{StoredAct, text};
use crate::ledger::hash::sha256;
use crate::ledger::time::Timestamp;

/// Milliseconds after which a check without a result is over.
pub const OPEN_FOR: u64 = 24 * 60 * 60 * 1000;
/// Longest reference in characters.
const REFERENCE_MAX: usize = 200;

/// What a provider says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityOutcome {
    /// The person has this name.
    Verified {
        /// How far the check went.
        level: IdentityLevel,
        /// The name that was verified.
        name: String,
    },
    /// The identity was not confirmed.
    Failed {
        /// Why.
        cause: Code,
    },
}

/// A result of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityResult {
    /// The check.
    pub verification: TokenId,
    /// When it was made.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: IdentityOutcome,
    /// Under what the provider finds it.
    pub reference: Option<String>,
}

impl IdentityResult {
    /// What it says, by which the same result is recognized under another `webhook-id`.
    fn meaning(&self) -> String {
        let said = match &self.outcome {
            IdentityOutcome::Verified { level, name } => format!("verified {level} {}", comparable(name)),
            IdentityOutcome::Failed { cause } => format!("failed {}", cause.0),
        };
        format!("{}\n{}\n{said}\n{}\n", self.verification, self.at, self.reference.as_deref().unwrap_or_default())
    }

    fn check_reference(&self) -> Result<(), FilingError> {
        let reference = self.reference.as_deref().unwrap_or_default();
        if reference.chars().count() > REFERENCE_MAX {
            return Err(FilingError::bad("reference", format!("at most {REFERENCE_MAX} characters")));
        }
        if !find_personal_numbers(reference).is_empty() {
            return Err(FilingError::bad(
                "reference",
                "it contains the number of an identity paper, a card or a telephone",
            ));
        }
        Ok(())
    }
}

/// A name as it is compared: without spaces, in one form.
fn comparable(name: &str) -> String {
    name.nfkc().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
}

/// What became of a result.
#[derive(Debug)]
pub struct RecordedResult {
    /// The act.
    pub recorded: RecordedAct,
    /// Why the identity counts as not confirmed; `None` if it was confirmed.
    pub cause: Option<String>,
}

impl FilingService {
    /// Takes the result of a check.
    ///
    /// # Errors
    ///
    /// `no_such_identity_provider`; [`FilingError::ProviderSignature`] for a wrong signature or time; `no_such_verification`,
    /// `account_closed`, `beyond_provider`; [`FilingError::RequestReused`] for another result than the first;
    /// [`FilingError::BadValue`].
    pub async fn identity_result(
        &self,
        provider: TokenId,
        head: &ReportHead<'_>,
        body: &[u8],
        read: impl FnOnce(&[u8]) -> Result<IdentityResult, FilingError>,
    ) -> Result<RecordedResult, FilingError> {
        let known = self.registry().identity_providers.get(&provider).copied();
        let known = known.ok_or(FilingError::Registry(RegistryError::NoSuchIdentityProvider))?;
        if !self.is_report_of(known.secret, head, body).await? {
            return Err(FilingError::ProviderSignature);
        }
        let result = read(body)?;
        result.check_reference()?;
        // One check, one result: the request is the check, whatever the call is named.
        let request = format!("identity provider {provider}\n{}", result.verification);
        let request = request_id(self.platform_account(), &request);
        let context = RequestContext { request, body: sha256(result.meaning().as_bytes()), capacity: None };
        if let Some((recorded, act)) = self.act_of_request((context.request, context.body)).await? {
            return Ok(RecordedResult { recorded, cause: cause_of(&act) });
        }
        let open = self.registry().verifications.get(&result.verification).copied();
        let is_open = |open: &Verification| self.now().as_millis().saturating_sub(open.since.at.as_millis()) < OPEN_FOR;
        let open = open.filter(|open| open.provider == provider && is_open(open));
        let open = open.ok_or(FilingError::Registry(RegistryError::NoSuchVerification))?;
        let (act, cause) = self.act_of_result(&result, provider, (&known, &open)).await?;
        let make = |annexes: &mut Annexes| {
            Ok(match &act {
                Act::CheckIdentity(check) => {
                    let reference = annexes.add_some("reference", result.reference.as_deref())?;
                    Act::CheckIdentity(CheckIdentity { reference, ..check.clone() })
                }
                // Without a reference: what is not confirmed proves nothing.
                other => other.clone(),
            })
        };
        let recorded = self.write_registry(self.platform_account(), &[Capacity::Platform], &context, make).await?;
        tracing::info!(account = %open.account, %provider, confirmed = cause.is_none(), "the result of an identity check was recorded");
        Ok(RecordedResult { recorded, cause })
    }

    /// The act that records a result, and why it counts as not confirmed.
    async fn act_of_result(
        &self,
        result: &IdentityResult,
        provider: TokenId,
        (known, open): (&IdentityProvider, &Verification),
    ) -> Result<(Act, Option<String>), FilingError> {
        let (account, verification) = (open.account, result.verification);
        let failed = |cause: &str| {
            let act = FailIdentity { verification, account, provider, cause: Code(cause.to_owned()) };
            (Act::FailIdentity(act), Some(cause.to_owned()))
        };
        let (level, name) = match &result.outcome {
            IdentityOutcome::Failed { cause } => return Ok(failed(&cause.0)),
            IdentityOutcome::Verified { level, name } => (*level, name),
        };
        let own = self.registry().accounts.get(&account).and_then(|account| account.name);
        let own = match own {
            Some(own) => self.read(move |store| Ok(text(store, &own)?)).await?,
            None => None,
        };
        match own {
            None => return Ok(failed("name_missing")),
            Some(own) if comparable(&own) != comparable(name) => return Ok(failed("name_differs")),
            Some(_) => {}
        }
        let now = self.now().max(open.since.at);
        let at = within(result.at, open.since.at, now);
        if at < open.since.at || at > now {
            return Err(FilingError::bad("at", "a time between the beginning of the check and now"));
        }
        let identity = IdentityCheck { method: known.method, level, at };
        let (provider, verification) = (Some(provider), Some(verification));
        Ok((Act::CheckIdentity(CheckIdentity { account, identity, reference: None, provider, verification }), None))
    }
}

fn cause_of(act: &StoredAct) -> Option<String> {
    match &act.document.act {
        Act::FailIdentity(act) => Some(act.cause.0.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_written() {
        assert_eq!(comparable(" 张 三 "), comparable("张三"));
        assert_eq!(comparable("Ｌi Lei"), comparable("li lei"));
        assert_ne!(comparable("张三"), comparable("张叁"));
    }
}
