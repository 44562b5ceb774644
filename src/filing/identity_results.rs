//! Results of identity checks that providers send: signed, protected against replay, confirmed by the holder, and recorded once.
//!
//! Signed as the reports of a gateway are, with the provider's secret: [`signed_reports`](crate::filing::signed_reports).
//!
//! # Invariants
//!
//! A result changes nothing unless its signature, its time and its check are good. One check has one result: the same again is the
//! same act, another one is refused. The name that the provider has verified must be that of the account; it is compared and not kept.
//! Numbers of identity papers are refused.
//!
//! A result that confirms an identity is recorded only after the holder of the account has confirmed it with a code. The provider gets
//! the code as the answer to its result, and hands it to the browser of the person whom it has checked. So who registers under the
//! name of another person and sends that person the address of the check gets nothing: the code is in the other person's browser,
//! which is not signed in to the account.

use unicode_normalization::UnicodeNormalization as _;

use crate::court::acts::{Act, CheckIdentity, FailIdentity};
use crate::court::case::state::ActPosition;
use crate::court::document::{Document, Stream};
use crate::court::ids::TokenId;
use crate::court::personal_numbers::find_personal_numbers;
use crate::court::registry::RegistryError;
use crate::court::registry::entries::{IdentityCheckProvider, Verification};
use crate::court::values::{Capacity, Code, IdentityCheck};
use crate::court::words::IdentityLevel;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::{derive, request_id};
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::signed_reports::{ReportHead, clamp_to_tolerance};
use crate::filing::streams::{StoredAct, text};
use crate::filing::unconfirmed_results::UnconfirmedResult;
use crate::ledger::hash::sha256;
use crate::ledger::merkle::shape::LeafIndex;
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
            return Err(FilingError::bad(
                "reference",
                format!("at most {REFERENCE_MAX} characters"),
                format!("至多 {REFERENCE_MAX} 个字符"),
            ));
        }
        if !find_personal_numbers(reference).is_empty() {
            return Err(FilingError::bad(
                "reference",
                "it contains the number of an identity paper, a card or a telephone",
                "不得含有证件号码、卡号或者电话号码",
            ));
        }
        Ok(())
    }
}

/// Whether it is a Chinese character.
const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Characters that are typed between the parts of a name instead of the middle dot of GB 18030, U+00B7.
const fn is_dot(c: char) -> bool {
    matches!(c, '\u{2022}' | '\u{2027}' | '\u{30fb}' | '\u{ff65}' | '.')
}

/// A name as it is compared: without spaces, in one form, with one dot between the parts of the names of minorities.
fn comparable(name: &str) -> String {
    let plain: Vec<char> = name.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let is_between = |at: usize| {
        let neighbour = |at: Option<usize>| at.and_then(|at| plain.get(at)).is_some_and(|c| is_han(*c));
        neighbour(at.checked_sub(1)) && neighbour(at.checked_add(1))
    };
    let chars = plain.iter().enumerate();
    chars.map(|(at, c)| if is_dot(*c) && is_between(at) { '\u{b7}' } else { *c }).collect()
}

/// What became of a result.
#[derive(Debug)]
pub struct ResultOutcome {
    /// The act; `None` while the holder has not confirmed the result.
    pub recorded: Option<RecordedAct>,
    /// Why the identity counts as not confirmed; `None` if the provider confirmed it.
    pub cause: Option<String>,
    /// The code that the browser of the person brings back; `None` for a recorded result.
    pub code: Option<String>,
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
    ) -> Result<ResultOutcome, FilingError> {
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
            return Ok(ResultOutcome { recorded: Some(recorded), cause: cause_of(&act), code: None });
        }
        let open = self.open_verification(result.verification).filter(|open| open.provider == provider);
        let open = open.ok_or(FilingError::Registry(RegistryError::NoSuchVerification))?;
        if let Some(known) = self.unconfirmed_results.get(result.verification) {
            let is_same = known.body == context.body;
            let outcome = ResultOutcome { recorded: None, cause: None, code: Some(known.code) };
            return if is_same { Ok(outcome) } else { Err(FilingError::RequestReused) };
        }
        let (act, cause) = self.act_of_result(&result, provider, (&known, &open)).await?;
        let Act::CheckIdentity(check) = act else {
            // Without a reference: what is not confirmed proves nothing.
            let recorded =
                self.write_registry(self.platform_account(), &[Capacity::Platform], &context, |_| Ok(act.clone()));
            let recorded = recorded.await?;
            tracing::info!(account = %open.account, %provider, "an identity was not confirmed");
            return Ok(ResultOutcome { recorded: Some(recorded), cause, code: None });
        };
        self.check_recordable(&check)?;
        let code = derive(&self.platform, context.request, &format!("identity code {}", context.body)).to_string();
        let RequestContext { request, body, .. } = context;
        let unconfirmed = UnconfirmedResult { check, reference: result.reference, request, body, code: code.clone() };
        let is_open = |verification: &TokenId| self.open_verification(*verification).is_some();
        self.unconfirmed_results.insert(result.verification, unconfirmed, is_open);
        Ok(ResultOutcome { recorded: None, cause, code: Some(code) })
    }

    /// A check that has no recorded result and is not over.
    fn open_verification(&self, verification: TokenId) -> Option<Verification> {
        let open = self.registry().verifications.get(&verification).copied();
        open.filter(|open| self.now().as_millis().saturating_sub(open.since.at.as_millis()) < OPEN_FOR)
    }

    /// Checks that the registry accepts the result, which is recorded later.
    fn check_recordable(&self, check: &CheckIdentity) -> Result<(), FilingError> {
        let registry = self.registry();
        let document = self.of_platform_registry(Act::CheckIdentity(check.clone()));
        let position = ActPosition { index: LeafIndex(0), sequence: registry.length + 1, at: self.now() };
        Ok((*registry).clone().apply(&document, position)?)
    }

    fn of_platform_registry(&self, act: Act) -> Document {
        let (by, capacity) = (self.platform_account(), Capacity::Platform);
        Document { stream: Stream::Registry, by, capacity, request: None, body: None, act }
    }

    /// Records a result that confirms the identity of the actor's account: the actor brings the code that the provider has handed to the
    /// browser of the person whom it has checked.
    ///
    /// # Errors
    ///
    /// `no_such_verification`: no result, or a result of another account, or another code; those of the act.
    pub async fn confirm_identity(
        &self,
        actor: &Actor,
        verification: TokenId,
        code: &str,
    ) -> Result<RecordedAct, FilingError> {
        let result = self.unconfirmed_results.get(verification).filter(|result| {
            let is_open = self.open_verification(verification).is_some();
            is_open && result.check.account == actor.id && sha256(result.code.as_bytes()) == sha256(code.as_bytes())
        });
        let result = result.ok_or(FilingError::Registry(RegistryError::NoSuchVerification))?;
        let make = |annexes: &mut Annexes| {
            let reference = annexes.add_some("reference", result.reference.as_deref())?;
            Ok(Act::CheckIdentity(CheckIdentity { reference, ..result.check.clone() }))
        };
        let by = self.platform_account();
        let context = RequestContext { request: result.request, body: result.body, capacity: None };
        let recorded = self.write_registry(by, &[Capacity::Platform], &context, make).await?;
        self.unconfirmed_results.remove(verification);
        tracing::info!(account = %actor.id, "the holder has confirmed the result of an identity check");
        Ok(recorded)
    }

    /// The act that records a result, and why it counts as not confirmed.
    async fn act_of_result(
        &self,
        result: &IdentityResult,
        provider: TokenId,
        (known, open): (&IdentityCheckProvider, &Verification),
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
        let at = clamp_to_tolerance(result.at, open.since.at, now);
        if at < open.since.at || at > now {
            return Err(FilingError::bad(
                "at",
                "a time between the beginning of the check and now",
                "不得早于核验发起时间，也不得晚于当前时间",
            ));
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

    /// 买买提·吐尔逊, as people and providers type it.
    #[test]
    fn the_dot_in_a_name_of_a_minority_is_one_character() {
        for typed in [
            "买买提•吐尔逊",
            "买买提‧吐尔逊",
            "买买提・吐尔逊",
            "买买提･吐尔逊",
            "买买提.吐尔逊",
            "买买提．吐尔逊",
            "买买提 · 吐尔逊",
        ] {
            assert_eq!(comparable(typed), "买买提\u{b7}吐尔逊", "{typed}");
        }
        assert_ne!(comparable("买买提吐尔逊"), comparable("买买提·吐尔逊"));
        assert_eq!(comparable("J. Smith"), "j.smith", "not between Chinese characters");
    }
}
