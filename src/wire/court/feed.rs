//! Events for a court's systems, by polling or webhook: ids, numbers and codes, without texts.

use serde::{Deserialize, Serialize};

use crate::court::event::Event;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::recorded_act::{ActJson, act_label};
use crate::wire::facts::beijing_time;

/// An event of a case. Also the body of a webhook call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventJson {
    /// Its position: request the following events with this as `cursor`. Positions of one court only increase.
    pub cursor: u64,
    /// 法院代字.
    #[schema(example = "粤0192")]
    pub court: String,
    /// The case.
    pub case: String,
    /// Its place in the case, from 1.
    pub sequence: u64,
    /// The kind of act.
    #[schema(example = "import")]
    pub act: String,
    /// The label.
    pub label: Bilingual,
    /// By which account.
    pub by: String,
    /// When it went on the chain, Beijing time.
    #[schema(example = "2026-11-22T09:04:11.123+08:00")]
    pub at: String,
    /// The item it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// The deposit it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_number: Option<String>,
    /// The conclusion of a verification, or the part of an item that differs from its snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
}

impl From<&Event> for EventJson {
    fn from(event: &Event) -> Self {
        Self {
            cursor: event.cursor,
            court: event.court.to_string(),
            case: event.case.to_string(),
            sequence: event.position.sequence,
            act: event.act.word().into(),
            label: act_label(event.act),
            by: event.by.to_string(),
            at: beijing_time(event.position.at),
            item: event.item.map(|item| item.0),
            deposit_number: event.deposit.map(|number| number.to_string()),
            finding: event.finding.clone(),
        }
    }
}

/// Events of a court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FeedJson {
    /// In the order of the chain; empty if there was none within `wait`.
    pub items: Vec<EventJson>,
    /// The `cursor` of the next events. Never null.
    pub next_cursor: String,
}

/// The address to which a court's system receives events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// An `https` address; `http` for this machine only. It stays off the chain.
    #[schema(example = "https://court.example/tiezheng")]
    pub url: String,
}

/// A webhook just registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisteredWebhookJson {
    /// The id by which it is removed.
    pub id: String,
    /// The secret that signs its calls (Standard Webhooks): `whsec_` and 32 bytes in base64. Shown once; absent where the same
    /// request is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The act.
    pub act: ActJson,
}

/// A webhook, without its private content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhookJson {
    /// The id by which it is removed.
    pub id: String,
    /// Events from here on are sent.
    pub since: u64,
    /// When it was registered, Beijing time.
    pub registered_at: String,
}

/// The webhooks of a court.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WebhooksJson {
    /// 法院代字.
    pub court: String,
    /// All that are registered now.
    pub items: Vec<WebhookJson>,
    /// Always null: the list has one page.
    pub next_cursor: Option<String>,
}
