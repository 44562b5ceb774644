//! Endpoints of programs outside of the platform: webhooks and gateways, which the node calls, and the providers of identity checks, which
//! browsers open. What their registration has in common, and how a report is recognized as theirs.
//!
//! # Invariants
//!
//! Address and secret are annexes: neither is on the chain or in a log line. The secret is shown once, to the request that made it.

use reqwest::Url;
use zeroize::Zeroizing;

use crate::court::act_position::Text;
use crate::court::acts::Act;
use crate::court::ids::{AnnexId, TokenId};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::filing_error::FilingError;
use crate::filing::secret::{random, step_request_id};
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::signed_reports::{ReportHead, is_genuine};
use crate::filing::streams::text;
use crate::wire::webhook_call::WebhookSecret;

/// An endpoint that was just registered.
#[derive(Debug)]
pub struct AddedEndpoint {
    /// The act.
    pub recorded: RecordedAct,
    /// Its id, in the address to which it reports, and by which it is removed.
    pub id: TokenId,
    /// The key that signs calls and reports; `None` if an earlier request with the same idempotency key registered it.
    pub secret: Option<Zeroizing<String>>,
}

/// The act that registers an endpoint names these.
#[derive(Debug, Clone, Copy)]
pub(in crate::filing) struct EndpointParts {
    pub(in crate::filing) id: TokenId,
    pub(in crate::filing) url: AnnexId,
    pub(in crate::filing) secret: AnnexId,
}

impl FilingService {
    /// Registers an endpoint of a kind. The same request makes the same id.
    ///
    /// # Errors
    ///
    /// Those of [`Self::change_registry`].
    pub(in crate::filing) async fn add_endpoint(
        &self,
        (actor, context): (&Actor, &RequestContext),
        (kind, url): (&str, &Url),
        make: impl Fn(&mut Annexes, EndpointParts) -> Result<Act, FilingError> + Send + Sync,
    ) -> Result<AddedEndpoint, FilingError> {
        let id = TokenId(step_request_id(context.request, kind).0);
        let secret = WebhookSecret::text_of(&random::<32>()?);
        let added = self.change_registry(actor, context, |annexes| {
            let parts =
                EndpointParts { id, url: annexes.add("url", url.as_str())?, secret: annexes.add("secret", &secret)? };
            make(annexes, parts)
        });
        let recorded = added.await?;
        let secret = recorded.fresh.then_some(secret);
        Ok(AddedEndpoint { recorded, id, secret })
    }

    /// Whether a report is signed with the secret of an endpoint, now.
    ///
    /// # Errors
    ///
    /// [`FilingError::Read`].
    pub(in crate::filing) async fn is_report_of(
        &self,
        secret: Text,
        head: &ReportHead<'_>,
        body: &[u8],
    ) -> Result<bool, FilingError> {
        let secret = self.read(move |store| Ok(text(store, &secret)?)).await?;
        Ok(is_genuine(secret.as_deref(), head, body, self.now()))
    }
}
