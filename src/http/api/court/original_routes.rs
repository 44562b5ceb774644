//! The routes of deposits by token, originals in custody and erasures.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error_code::ErrorCode;
use crate::http::api::court::{deposits_on_behalf, documents, erasures, originals};
use crate::http::app_state::AppState;
use crate::http::openapi::{READS, WRITES, by_token, codes};

/// The content, the metadata and the links of a deposit by token.
const ENTRUSTED: &[ErrorCode] = codes![
    QuorumTimeout,
    MissingLine,
    WrongLength,
    UpperCaseHex,
    WeakDigest,
    MistypedNumber,
    NotSorted,
    TooManyLines,
    ControlCharacter,
    MetadataNotCanonical,
    MetadataWithoutName,
    MetadataTooLong,
    LinkUnknown,
    LinkNotYours,
    RateLimited,
];

/// The routes.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(routes!(deposits_on_behalf::deposit_on_behalf), &[WRITES, ENTRUSTED]))
        .routes(by_token(routes!(deposits_on_behalf::list_deposits_on_behalf), &[WRITES]))
        .routes(by_token(
            routes!(deposits_on_behalf::view_private_content),
            &[WRITES, codes![NotFound, BadValue, Erased]],
        ))
        .routes(by_token(routes!(deposits_on_behalf::deposit_access_log), &[WRITES, codes![NotFound]]))
        .routes(by_token(
            routes!(originals::put_original),
            &[
                WRITES,
                codes![
                    NotFound,
                    NotPermitted,
                    SeveralCases,
                    BadValue,
                    BadSalt,
                    CustodyTaken,
                    CustodyMismatch,
                    EmptyOriginal,
                    SaltNeeded,
                    AccountQuotaExceeded,
                    CustodyFull,
                    Erased,
                ],
            ],
        ))
        .routes(by_token(routes!(documents::list_documents), &[READS, codes![NotFound, SeveralCases]]))
        .routes(by_token(routes!(originals::get_original), &[WRITES, codes![NotFound, BadValue, NoOriginal, Erased]]))
        .routes(by_token(
            routes!(erasures::erase),
            &[
                WRITES,
                codes![
                    NotFound,
                    NotPermitted,
                    NotOfTheRegistry,
                    SignInNeeded,
                    MistypedNumber,
                    HeldByACase,
                    WrongStage,
                    OutOfOrder,
                    ErasedAlready
                ],
            ],
        ))
        .routes(by_token(
            routes!(erasures::follow_erasure),
            &[codes![MistypedNumber, NotFound, NotErased, Unavailable, Damaged]],
        ))
}
