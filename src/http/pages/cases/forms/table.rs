//! All forms, and the acts that have none.
//!
//! # Invariants
//!
//! Each act of the permission table has a form whose fields are exactly the fields of its request, or is on one of the two lists of
//! acts without one. The tests compare them with the schemas of the API, so that a new act without a form fails.

use crate::court::acts::ActKind;
use crate::http::pages::cases::forms::field::ActForm;
use crate::http::pages::cases::forms::{course, erasure, evidence, filing, periods, service, sessions};

/// Acts that the program records itself; nobody asks for them.
pub const BY_THE_PROGRAM: &[ActKind] =
    &[ActKind::Diverge, ActKind::CertifyService, ActKind::TakeOver, ActKind::TakeBack];

/// Acts with a page of their own: a file is compared in the browser, a code is entered by somebody who is not in the case yet, and the
/// receiving court of a dossier is not either.
pub const ON_OTHER_PAGES: &[ActKind] = &[
    ActKind::Verify,
    ActKind::Associate,
    ActKind::ReceiveHandOver,
    ActKind::AcceptHandOver,
    ActKind::ReportDifference,
    ActKind::ReturnHandOver,
];

/// All forms.
pub fn all() -> impl Iterator<Item = &'static ActForm> {
    let tables = [
        filing::FORMS,
        evidence::FORMS,
        periods::FORMS,
        sessions::FORMS,
        service::FORMS,
        course::FORMS,
        erasure::FORMS,
    ];
    tables.into_iter().flatten()
}

/// The form of an act.
#[must_use]
pub fn form_of(kind: ActKind) -> Option<&'static ActForm> {
    all().find(|form| form.kind == kind)
}

#[cfg(test)]
mod tests;
