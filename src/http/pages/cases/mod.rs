//! `/cases`: the case pages. Lists of cases, a case with its evidence, records and service, and the forms of all acts.
//!
//! Every page shows the JSON of the API's answer to the same question, and every form makes the same request ([`forms`]). Who may see
//! or do what is decided there; an account without access gets the answer of a case that does not exist.

pub mod act_page;
pub mod associate;
pub mod certificate;
pub mod documents;
pub mod evidence;
pub mod facts;
pub mod forms;
pub mod hand_overs;
pub mod head;
pub mod hearing;
pub mod history;
pub mod items;
pub mod list;
pub mod notices;
pub mod open;
pub mod originals;
pub mod overview;
pub mod records;
pub mod refusal;
pub mod remaining;
pub mod request;
pub mod rights;
pub mod routes;
pub mod tasks;
pub mod verify;
pub mod wording;
