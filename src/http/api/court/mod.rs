//! Handlers of the filing flow, one file a business; each group lists its routes in one place.

pub mod accounts;
pub mod case_routes;
pub mod challenge;
pub mod closing;
pub mod exchange;
pub mod feed;
pub mod lists;
pub mod original_routes;
pub mod registry_routes;
pub mod tokens;
pub mod webhooks;
