//! The gateway of a court: it is sent the messages by which documents are served, in the order of the chain, at least once.
//!
//! Calls are signed as webhooks are ([`crate::filing::webhooks`]); `webhook-id` is the same each time a message is sent, so the gateway
//! sends none twice. Its reports come back through [`crate::filing::gateway_reports`].
//!
//! # Invariants
//!
//! The clear address is read from its annex when the message is sent, after the access is on record, and is neither logged nor kept.
//! The position in the court's outbox advances only after the gateway has answered. Another gateway of the court continues there: a
//! message is neither lost nor repeated because the gateway, or its secret, was replaced.

use std::sync::Arc;

use reqwest::Client;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::court::act_position::Text;
use crate::court::acts::{Access, Act, AddGateway, EndGateway, ReportService, SendService};
use crate::court::case::service::book::{Attempt, RegisteredAddress};
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::case_number::CourtCode;
use crate::court::document::{Document, Stream};
use crate::court::ids::{CaseId, TokenId};
use crate::court::labels;
use crate::court::service_words::{Reporter, ServiceStep};
use crate::court::values::{Capacity, Code};
use crate::court::words::{AccessedContent, Role, Scope};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::endpoints::{AddedEndpoint, EndpointParts};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::{StoredAct, act_at, text};
use crate::filing::webhooks::{DeliveryError, EVENTS_AT_ONCE, POLL_INTERVAL, Target, http_client, wait_after};
use crate::ledger::hash::{Digest, sha256};
use crate::ledger::merkle::shape::LeafIndex;
use crate::query::blocking::on_blocking_thread;
use crate::wire::court::gateway::MessageJson;
use crate::wire::json;

/// The name of the cursor that stores the position in a court's outbox.
fn cursor_name(court: &CourtCode) -> Digest {
    sha256(format!("tiezheng gateway v1\n{court}\n").as_bytes())
}

/// Whether the message of an attempt still has to be sent.
fn is_due(attempt: &Attempt) -> bool {
    let ended = |step| attempt.first(step).is_some();
    !attempt.ineffective && ![ServiceStep::Failed, ServiceStep::Arrived, ServiceStep::Replied].into_iter().any(ended)
}

/// What a delivery task keeps between two runs.
#[derive(Default)]
struct Delivery {
    client: Option<Client>,
    failures: u32,
    /// The message whose address was put on record as accessed last, so that a repeated sending adds no further record.
    accessed: Option<LeafIndex>,
}

impl FilingService {
    /// Registers the gateway of a court.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`] for an address that is neither `https` nor on this machine, or that is not public and not allowed;
    /// those of [`Self::change_registry`]: `gateway_exists` if the court has one.
    pub async fn add_gateway(
        &self,
        actor: &Actor,
        context: &RequestContext,
        court: &CourtCode,
        url: &str,
    ) -> Result<AddedEndpoint, FilingError> {
        let allowed = [Role::Operator, Role::TrialSupport].into_iter().any(|role| {
            let at = role.is_of_a_court().then_some(court);
            actor.account.holds(role, at)
        });
        if !allowed {
            return Err(FilingError::NotPermitted);
        }
        let url = self.destination(url).await?;
        let make = |_: &mut Annexes, EndpointParts { id, url, secret }| {
            Ok(Act::AddGateway(AddGateway { gateway: id, court: court.clone(), url, secret }))
        };
        let added = self.add_endpoint((actor, context), ("gateway", &url), make).await?;
        self.notify_subscribers(added.recorded.position);
        Ok(added)
    }

    /// Removes a gateway.
    ///
    /// # Errors
    ///
    /// As [`Self::change_registry`].
    pub async fn remove_gateway(
        &self,
        actor: &Actor,
        context: &RequestContext,
        gateway: TokenId,
    ) -> Result<RecordedAct, FilingError> {
        let recorded = self.change_registry(actor, context, |_| Ok(Act::EndGateway(EndGateway { gateway }))).await?;
        self.notify_subscribers(recorded.position);
        Ok(recorded)
    }

    /// The gateways of a court, each with its registration. For the operator, and for holders of a role at the court.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotPermitted`], [`FilingError::Scope`].
    pub fn gateways_of_court(
        &self,
        actor: &Actor,
        court: &CourtCode,
    ) -> Result<Vec<(TokenId, ActPosition)>, FilingError> {
        if !actor.account.holds(Role::Operator, None) && !actor.account.courts().contains(court) {
            return Err(FilingError::NotPermitted);
        }
        actor.require_scope(Scope::Manage)?;
        let registry = self.registry();
        let gateways = registry.gateways.iter().filter(|(_, gateway)| gateway.court == *court);
        Ok(gateways.map(|(id, gateway)| (*id, gateway.since)).collect())
    }

    /// Delivers the messages of one gateway until the task is aborted.
    pub(in crate::filing) async fn deliver_messages(self: Arc<Self>, id: TokenId) {
        let mut signal = self.subscribe_events();
        let mut delivery = Delivery::default();
        loop {
            signal.borrow_and_update();
            match self.send_new_messages(id, &mut delivery).await {
                Ok(0) => drop(timeout(POLL_INTERVAL, signal.changed()).await),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(gateway = %id, %error, delivery.failures, "a message was not sent; it is sent again");
                    sleep(wait_after(delivery.failures)).await;
                    delivery.failures = delivery.failures.saturating_add(1);
                }
            }
        }
    }

    /// Sends the messages after the cursor, in order; returns how many places of the outbox were passed. A court's first gateway gets
    /// the messages that were recorded after its registration.
    async fn send_new_messages(&self, id: TokenId, delivery: &mut Delivery) -> Result<usize, DeliveryError> {
        let Some(gateway) = self.registry().gateways.get(&id).cloned() else { return Ok(0) };
        let name = cursor_name(&gateway.court);
        let (store, outbox) = (Arc::clone(&self.store), labels::outbox(&gateway.court));
        let first = gateway.since.index.0 + 1;
        let (cursor, places) = self
            .read(move |reader| {
                let cursor = store.cursor(&name)?;
                Ok((cursor, reader.labelled(&outbox, LeafIndex(cursor.unwrap_or(first)), EVENTS_AT_ONCE)?))
            })
            .await?;
        if cursor.is_none() {
            // Before the first message is sent: a gateway that takes none may be replaced by another.
            self.set_outbox_cursor(name, first).await?;
        }
        if places.is_empty() {
            return Ok(0);
        }
        let target = self.target(gateway.url, gateway.secret).await?;
        // The resolver does not see a host that is an address, so it is checked here.
        self.webhook_addresses.check_literal(&target.url)?;
        for index in &places {
            let act = self
                .read({
                    let index = *index;
                    move |reader| Ok(act_at(reader, index)?)
                })
                .await?;
            self.send_message(&act, &target, delivery).await?;
            delivery.failures = 0;
            self.set_outbox_cursor(name, index.0 + 1).await?;
        }
        Ok(places.len())
    }

    async fn set_outbox_cursor(&self, name: Digest, position: u64) -> Result<(), DeliveryError> {
        let store = Arc::clone(&self.store);
        let stored = on_blocking_thread(move || store.set_cursor(&name, position)).await.map_err(FilingError::from)?;
        stored.map_err(|error| DeliveryError::Cursor(error.to_string()))
    }

    /// Sends the message of one attempt, unless it had no effect or has ended.
    async fn send_message(
        &self,
        act: &StoredAct,
        target: &Target,
        delivery: &mut Delivery,
    ) -> Result<(), DeliveryError> {
        let (case, Act::SendService(send)) = (CaseId(act.stream), &act.document.act) else { return Ok(()) };
        let Some(file) = self.case_file(case).await? else { return Ok(()) };
        let record = file.service.records.get(&send.service);
        let attempt = record.and_then(|record| record.attempts.get(&send.attempt));
        let attempt = attempt.filter(|attempt| attempt.sent.position == act.position && is_due(attempt));
        let (Some(record), Some(_)) = (record, attempt) else { return Ok(()) };
        let address = send.address.and_then(|number| file.service.addresses.get(&number));
        let Some(clear) = address.map(RegisteredAddress::clear) else { return Ok(()) };
        if delivery.accessed != Some(act.position.index) {
            self.record_address_access(case).await?;
            delivery.accessed = Some(act.position.index);
        }
        let Some(address) = self.address_text(clear).await? else {
            return Ok(self.report_erased_address(&file, send).await?);
        };
        let message = labels::service_message(case, send.service, send.attempt);
        let body = MessageJson::of(message, &file, record, send.channel, &address);
        let client = match &mut delivery.client {
            Some(client) => client,
            none => none.insert(http_client(&target.url, &self.webhook_addresses)?),
        };
        let timestamp = self.now().as_millis() / 1000;
        target.send(client, &format!("msg_{message}"), timestamp, json::line(&body)).await
    }

    async fn address_text(&self, clear: Text) -> Result<Option<Zeroizing<String>>, FilingError> {
        Ok(self.read(move |store| Ok(text(store, &clear)?)).await?.map(Zeroizing::new))
    }

    /// Puts on record that the platform reads an address to send it to the gateway.
    async fn record_address_access(&self, case: CaseId) -> Result<(), FilingError> {
        let act = Act::Access(Access {
            shown: AccessedContent::ServiceAddress,
            case: Some(case),
            item: None,
            deposit: None,
            account: None,
        });
        let document = Document { stream: Stream::Access, ..self.of_platform(act) };
        debug_assert_eq!(document.capacity, Capacity::Platform);
        self.append_to_log(self.access_stream(case), document, Vec::new()).await?;
        Ok(())
    }

    /// An address that was erased cannot be sent to: the attempt has failed.
    async fn report_erased_address(&self, file: &CaseFile, send: &SendService) -> Result<(), FilingError> {
        let _case_lock = self.locks.lock(file.id.0).await;
        let file = self.case_file(file.id).await?.ok_or(FilingError::NotFound)?;
        let at = self.now().max(file.last.at);
        let failed = Act::ReportService(ReportService {
            service: send.service,
            attempt: send.attempt,
            step: ServiceStep::Failed,
            reporter: Reporter::Platform,
            at,
            cause: Some(Code("address_erased".into())),
            own_act: None,
        });
        self.decide_and_append(&file, self.of_platform(failed), Annexes::new()).await?;
        Ok(())
    }
}
