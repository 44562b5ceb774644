//! JSON shapes of the filing flow: accounts, cases, originals. Requests are strict; answers are bilingual.

pub mod accounts;
pub mod act;
pub mod case;
pub mod deadlines;
pub mod deposits_on_behalf;
pub mod erasure;
pub mod feed;
pub mod gateway;
pub mod import;
pub mod item;
pub mod item_details;
pub mod keys;
pub mod lists;
pub mod mediation;
pub mod originals;
pub mod papers;
pub mod people;
pub mod period;
pub mod record;
pub mod recorded_act;
pub mod records;
pub mod rounds;
pub mod service;
pub mod service_view;
pub mod typed_act;
