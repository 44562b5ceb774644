//! How a node fares.

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
}

impl HealthJson {
    /// The process answers.
    #[must_use]
    pub fn live() -> Self {
        Self { status: "live".into(), waiting: None, capacity: None }
    }

    /// It seals deposits; `waiting` of at most `capacity` wait.
    #[must_use]
    pub fn ready(waiting: usize, capacity: usize) -> Self {
        Self { status: "ready".into(), waiting: Some(waiting), capacity: Some(capacity) }
    }
}
