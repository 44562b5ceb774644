//! How a node fares.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A node that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HealthJson {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    pub status: String,
    /// Deposits waiting or being sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<usize>,
    /// Most that may wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<usize>,
    /// For how many milliseconds the oldest deposit has waited to be written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_pending_ms: Option<u64>,
}

impl HealthJson {
    /// The process answers.
    #[must_use]
    pub fn live() -> Self {
        Self { status: "live".into(), waiting: None, capacity: None, oldest_pending_ms: None }
    }

    /// It seals deposits; `waiting` of at most `capacity` wait, the oldest of them for `oldest`.
    #[must_use]
    pub fn ready(waiting: usize, capacity: usize, oldest: Duration) -> Self {
        let oldest = u64::try_from(oldest.as_millis()).unwrap_or(u64::MAX);
        Self {
            status: "ready".into(),
            waiting: Some(waiting),
            capacity: Some(capacity),
            oldest_pending_ms: Some(oldest),
        }
    }
}

/// A clock that the operator confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClockJson {
    /// What the clock shows.
    #[schema(example = "2026-11-22T01:04:11.123Z")]
    pub now: String,
    /// By how many milliseconds it ran ahead of the time that has passed since the last block.
    pub ahead_ms: u64,
}
