//! Handlers of the filing flow, one file a business; each group lists its routes in one place.

pub mod case_routes;
pub mod original_routes;
pub mod registry_routes;
