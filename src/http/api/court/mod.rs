//! Handlers of the filing flow. The modules `*_routes` list the routes of a group.

pub mod accounts;
pub mod acts;
pub mod association;
pub mod case_path;
pub mod case_routes;
pub mod cases;
pub mod deadline_acts;
pub mod deposits_on_behalf;
pub mod erasures;
pub mod feed;
pub mod field_values;
pub mod imports;
pub mod json_request;
pub mod keys;
pub mod lists;
pub mod original_routes;
pub mod originals;
pub mod registry_routes;
pub mod shutdown;
pub mod tokens;
pub mod transfer;
pub mod verification;
pub mod warnings;
pub mod webhooks;
