//! The answers of the health endpoints.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The health of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HealthJson {
    /// `live` or `ready`.
    #[schema(example = "ready")]
    pub status: String,
    /// Number of deposits in the queue or being sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<usize>,
    /// Capacity of the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<usize>,
    /// Age in milliseconds of the oldest deposit that is not written yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_pending_ms: Option<u64>,
}

impl HealthJson {
    /// The process is alive.
    #[must_use]
    pub fn live() -> Self {
        Self { status: "live".into(), waiting: None, capacity: None, oldest_pending_ms: None }
    }

    /// The node seals deposits; `waiting` of at most `capacity` are in the queue, the oldest for `oldest`.
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
    /// The time of the clock.
    #[schema(example = "2026-11-22T01:04:11.123Z")]
    pub now: String,
    /// The milliseconds by which the clock advanced more than the time measured since the last block.
    pub ahead_ms: u64,
}
