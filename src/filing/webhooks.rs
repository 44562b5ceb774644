//! Webhooks: each event of a court is posted to its systems, in order, at least once.
//!
//! Calls are those of the Standard Webhooks specification ([`webhook_call`](crate::wire::webhook_call)). Only an answer of 2xx
//! counts; redirects are not followed. Addresses must pass [`WebhookAddresses`]. After any other answer the same event is sent again, after a wait
//! that doubles from a second to five minutes, with jitter.
//!
//! # Invariants
//!
//! The cursor of a webhook advances only after the answer, so a crash repeats an event and loses none. Address and secret are
//! annexes: neither is on the chain or in a log line.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::court::act_position::Text;
use crate::court::acts::{Act, AddHook, EndHook};
use crate::court::case::state::ActPosition;
use crate::court::case_number::CourtCode;
use crate::court::ids::TokenId;
use crate::court::words::{Role, Scope};
use crate::error_code::ErrorCode;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::endpoints::{AddedEndpoint, EndpointParts};
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::filing::streams::text;
use crate::filing::webhook_addresses::{AddressError, WebhookAddresses};
use crate::ledger::hash::{Digest, sha256};
use crate::query::blocking::on_blocking_thread;
use crate::wire::court::feed::EventJson;
use crate::wire::json;
use crate::wire::webhook_call::{WebhookSecret, is_secure_or_local};

/// Longest address in bytes.
const URL_MAX: usize = 2_048;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Timeout of a whole call.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The first wait before an event is sent again; it doubles each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(5);
/// Most events that are read at a time.
pub(in crate::filing) const EVENTS_AT_ONCE: usize = 200;
/// Longest time between two checks for new events, if no notification arrives.
pub(in crate::filing) const POLL_INTERVAL: Duration = Duration::from_secs(30);

/// Why an event was not delivered. It is sent again.
#[derive(Debug, thiserror::Error)]
pub(in crate::filing) enum DeliveryError {
    #[error(transparent)]
    FilingService(#[from] FilingError),
    #[error("its address or secret was erased, or cannot be read")]
    Unusable,
    #[error("no answer: {0}")]
    Unreachable(String),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error("answered with HTTP {0}")]
    Refused(u16),
    #[error("the position in the feed cannot be stored: {0}")]
    Cursor(String),
}

/// The name of the cursor that stores a webhook's position in the feed.
fn cursor_name(hook: TokenId) -> Digest {
    sha256(format!("tiezheng webhook v1\n{hook}\n").as_bytes())
}

/// Parses an address to which events may be sent.
pub(in crate::filing) fn read_url(text: &str) -> Result<Url, FilingError> {
    let bad = |reason: &str, zh: &str| FilingError::bad("url", reason, zh);
    if text.len() > URL_MAX {
        return Err(bad("the address is too long", "地址过长"));
    }
    let url = Url::parse(text).map_err(|error| bad(&error.to_string(), "不是有效的地址"))?;
    if !is_secure_or_local(&url) {
        return Err(bad("expected https://…, or http://… on this machine", "应为 https://…，或者本机的 http://…"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(bad(
            "an address has no user, no password and no fragment",
            "地址不得包含用户名、密码或者片段（# 及其后的内容）",
        ));
    }
    Ok(url)
}

/// The wait after this number of failures, with a jitter of up to half of it.
pub(in crate::filing) fn wait_after(failures: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(failures)).min(LONGEST_WAIT);
    let share = f64::from(getrandom::u32().unwrap_or(0)) / f64::from(u32::MAX);
    wait.mul_f64(1.0 + share / 2.0)
}

pub(in crate::filing) fn http_client(url: &Url, addresses: &WebhookAddresses) -> Result<Client, DeliveryError> {
    static ONCE: Once = Once::new();
    // rustls needs one cryptography provider per process. An error means that one is installed already.
    ONCE.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    let mut builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        // A proxy would resolve names itself, without the check of their addresses.
        .no_proxy()
        .dns_resolver(Arc::new(addresses.clone()))
        .user_agent(concat!("tiezheng/", env!("CARGO_PKG_VERSION")));
    if url.scheme() == "http" {
        // Root certificates are not needed for this machine, and may be missing.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| DeliveryError::Unreachable(error.to_string()))
}

/// The address and the signing key of one webhook.
pub(in crate::filing) struct Target {
    pub(in crate::filing) url: Url,
    pub(in crate::filing) secret: WebhookSecret,
}

impl Target {
    pub(in crate::filing) async fn send(
        &self,
        client: &Client,
        id: &str,
        timestamp: u64,
        body: String,
    ) -> Result<(), DeliveryError> {
        let sent = self.secret.request(client, &self.url, (id, timestamp), body.into_bytes()).send().await;
        let status = sent.map_err(|error| DeliveryError::Unreachable(error.without_url().to_string()))?.status();
        if status.is_success() { Ok(()) } else { Err(DeliveryError::Refused(status.as_u16())) }
    }
}

impl FilingService {
    /// The address of a webhook or a gateway, as it was typed.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`]: it is neither `https` nor on this machine, or it is not public and not allowed.
    pub(in crate::filing) async fn destination(&self, text: &str) -> Result<Url, FilingError> {
        let url = read_url(text)?;
        let refused = |error: AddressError| FilingError::BadValue {
            field: "url",
            reason_zh: Some(format!("：{}", error.chinese())),
            reason: error.to_string(),
            code: ErrorCode::WebhookAddressRefused,
        };
        self.webhook_addresses.check(&url).await.map_err(refused)?;
        Ok(url)
    }

    /// Registers a webhook for the future events of a court.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotPermitted`] for anybody but the operator; [`FilingError::BadValue`] for an address that is neither
    /// `https` nor on this machine, or that is not public and not allowed; those of
    /// [`Self::change_registry`].
    pub async fn add_webhook(
        &self,
        actor: &Actor,
        context: &RequestContext,
        court: &CourtCode,
        url: &str,
    ) -> Result<AddedEndpoint, FilingError> {
        if !actor.account.holds(Role::Operator, None) {
            return Err(FilingError::NotPermitted);
        }
        let url = self.destination(url).await?;
        let make = |_: &mut Annexes, EndpointParts { id, url, secret }| {
            Ok(Act::AddHook(AddHook { hook: id, court: court.clone(), url, secret }))
        };
        let added = self.add_endpoint((actor, context), ("webhook", &url), make).await?;
        self.notify_subscribers(added.recorded.position);
        Ok(added)
    }

    /// Removes a webhook.
    ///
    /// # Errors
    ///
    /// As [`Self::change_registry`].
    pub async fn remove_webhook(
        &self,
        actor: &Actor,
        context: &RequestContext,
        hook: TokenId,
    ) -> Result<RecordedAct, FilingError> {
        let recorded = self.change_registry(actor, context, |_| Ok(Act::EndHook(EndHook { hook }))).await?;
        self.notify_subscribers(recorded.position);
        Ok(recorded)
    }

    /// The webhooks of a court, each with the position from which it receives events. For the operator.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotPermitted`], [`FilingError::Scope`].
    pub fn webhooks_of_court(
        &self,
        actor: &Actor,
        court: &CourtCode,
    ) -> Result<Vec<(TokenId, ActPosition)>, FilingError> {
        if !actor.account.holds(Role::Operator, None) {
            return Err(FilingError::NotPermitted);
        }
        actor.require_scope(Scope::Manage)?;
        let registry = self.registry();
        let webhooks = registry.webhooks.iter().filter(|(_, hook)| hook.court == *court);
        Ok(webhooks.map(|(id, hook)| (*id, hook.since)).collect())
    }

    /// Runs one delivery task per registered webhook and gateway until `shutdown`, and follows changes of the registry.
    pub async fn deliver_webhooks(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        let mut signal = self.subscribe_events();
        let mut tasks = JoinSet::new();
        let mut running: HashMap<TokenId, AbortHandle> = HashMap::new();
        loop {
            signal.borrow_and_update();
            let registry = self.registry();
            running.retain(|id, task| {
                let wanted = registry.webhooks.contains_key(id) || registry.gateways.contains_key(id);
                if !wanted {
                    task.abort();
                }
                wanted && !task.is_finished()
            });
            for id in registry.webhooks.keys() {
                let spawn = || tasks.spawn(Arc::clone(&self).deliver_webhook(*id));
                running.entry(*id).or_insert_with(spawn);
            }
            for id in registry.gateways.keys() {
                let spawn = || tasks.spawn(Arc::clone(&self).deliver_messages(*id));
                running.entry(*id).or_insert_with(spawn);
            }
            while tasks.try_join_next().is_some() {}
            tokio::select! {
                () = &mut shutdown => break,
                _ = timeout(POLL_INTERVAL, signal.changed()) => {}
            }
        }
        tasks.shutdown().await;
    }

    /// Delivers the events of one webhook until the task is aborted.
    async fn deliver_webhook(self: Arc<Self>, id: TokenId) {
        let mut signal = self.subscribe_events();
        let mut failures = 0;
        let mut client = None;
        loop {
            signal.borrow_and_update();
            match self.deliver_new_events(id, &mut client, &mut failures).await {
                Ok(0) => drop(timeout(POLL_INTERVAL, signal.changed()).await),
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(hook = %id, %error, failures, "an event was not delivered; it is sent again");
                    sleep(wait_after(failures)).await;
                    failures = failures.saturating_add(1);
                }
            }
        }
    }

    /// Delivers the events after the cursor, in order; returns their number.
    async fn deliver_new_events(
        &self,
        id: TokenId,
        client: &mut Option<Client>,
        failures: &mut u32,
    ) -> Result<usize, DeliveryError> {
        // A webhook that was removed: `deliver_webhooks` aborts this task.
        let Some(hook) = self.registry().webhooks.get(&id).cloned() else { return Ok(0) };
        let name = cursor_name(id);
        let store = Arc::clone(&self.store);
        let stored = self.read(move |_| Ok(store.cursor(&name)?)).await?;
        let cursor = stored.unwrap_or(0).max(hook.since.index.0 + 1);
        let events = self.events(&hook.court, cursor, EVENTS_AT_ONCE).await?;
        if events.is_empty() {
            return Ok(0);
        }
        let target = self.target(hook.url, hook.secret).await?;
        // The resolver does not see a host that is an address, so it is checked here.
        self.webhook_addresses.check_literal(&target.url)?;
        let client = match client {
            Some(client) => client,
            None => client.insert(http_client(&target.url, &self.webhook_addresses)?),
        };
        for event in &events {
            let timestamp = self.now().as_millis() / 1000;
            let call = format!("evt_{}_{}", event.cursor, id.to_string().get(..16).unwrap_or_default());
            target.send(client, &call, timestamp, json::line(&EventJson::from(event))).await?;
            *failures = 0;
            let (store, position) = (Arc::clone(&self.store), event.cursor);
            let marked =
                on_blocking_thread(move || store.set_cursor(&name, position)).await.map_err(FilingError::from)?;
            marked.map_err(|error| DeliveryError::Cursor(error.to_string()))?;
        }
        Ok(events.len())
    }

    /// Address and signing key of a webhook or a gateway, from its annexes.
    pub(in crate::filing) async fn target(&self, url: Text, secret: Text) -> Result<Target, DeliveryError> {
        let texts = self.read(move |store| Ok((text(store, &url)?, text(store, &secret)?))).await?;
        let (Some(url), Some(secret)) = texts else { return Err(DeliveryError::Unusable) };
        let url = read_url(&url).map_err(|_| DeliveryError::Unusable)?;
        Ok(Target { url, secret: WebhookSecret::parse(&secret).ok_or(DeliveryError::Unusable)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_go_to_https_or_stay_on_this_machine() {
        for good in ["https://court.example/hook", "http://127.0.0.1:9/x", "http://[::1]/", "http://localhost:1/a?b=c"]
        {
            assert!(read_url(good).is_ok(), "{good}");
        }
        let long = format!("https://court.example/{}", "x".repeat(URL_MAX));
        for bad in [
            "",
            "court.example",
            "http://court.example/",
            "http://127.0.0.1.court.example/",
            "http://localhost.court.example/",
            "ftp://court.example/",
            "file:///etc/passwd",
            "https://user@court.example/",
            "https://:password@court.example/",
            "https://court.example/#part",
            &long,
        ] {
            assert!(read_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn waits_double_and_end_at_five_minutes() {
        for (failures, least) in [(0, 1), (1, 2), (3, 8), (8, 256), (9, 300), (40, 300)] {
            let (wait, least) = (wait_after(failures), Duration::from_secs(least));
            assert!(wait >= least && wait <= least * 3 / 2, "{failures}: {wait:?}");
        }
    }
}
