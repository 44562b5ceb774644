//! The routes of the case pages.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::http::app_state::AppState;
use crate::http::pages::cases::act_page::{act, act_form};
use crate::http::pages::cases::{
    associate, certificate, documents, evidence, hand_overs, hearing, history, list, open, originals, overview,
    records, verify,
};

/// The routes.
pub(in crate::http) fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/cases", get(list::list))
        .route("/cases/new", get(open::open_form).post(open::open))
        .route("/cases/associate", get(associate::associate_form).post(associate::associate))
        .route("/cases/hand-overs", get(hand_overs::list))
        .route("/cases/{reference}", get(overview::case))
        .route("/cases/{reference}/evidence", get(evidence::evidence))
        .route("/cases/{reference}/records", get(records::records))
        .route("/cases/{reference}/service", get(records::service))
        .route("/cases/{reference}/service/{service}/certificate", get(certificate::certificate))
        .route("/cases/{reference}/history", get(history::history))
        .route("/cases/{reference}/hearing", get(hearing::hearing))
        .route("/cases/{reference}/act/{act}", get(act_form).post(act))
        .route("/cases/{reference}/items/{item}/verify", get(verify::verify_form).post(verify::verify))
        .route("/cases/{reference}/items/{item}/verify/file", post(verify::verify_file))
        .route("/cases/{reference}/items/{item}/original", get(originals::original))
        .route("/cases/{reference}/items/{item}/original/file", get(originals::file).post(originals::give))
        .route("/cases/{reference}/documents/{number}", get(documents::document))
        .route("/cases/{reference}/documents/{number}/file", get(documents::file).post(documents::give))
        .route("/cases/{reference}/hand-overs/{hand_over}/manifest/{volume}", get(hand_overs::manifest_file))
        .route("/cases/{reference}/hand-overs/{hand_over}", get(hand_overs::hand_over).post(hand_overs::step))
}
