//! The routes of service of documents.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error_code::ErrorCode;
use crate::http::api::court::{gateways, service};
use crate::http::api::document_check;
use crate::http::app_state::AppState;
use crate::http::openapi::{READS, WRITES, by_token, codes, public};

/// The rules of an act of service.
const SERVING: &[ErrorCode] = codes![
    NotFound,
    NotPermitted,
    WrongStage,
    OutOfOrder,
    NotOfACase,
    RulesVersion,
    TooManyActs,
    ThroughStatutoryAgent,
    NotYours,
    NotNext,
    NoSuchParty,
    NoSuchAgent,
    NoSuchDeposit,
    MistypedNumber,
    TextTooLong,
    ControlCharacter,
    NoSuchService,
    NoSuchAttempt,
    NoSuchAddress,
    AddressNotInForce,
    AddressNotActive,
    WrongChannel,
    ServiceConsentMissing,
    ServiceConsentRefused,
    ServiceProofNeeded,
    ConsentClickNeeded,
    ServiceDays,
    ServiceReportTime,
    ServiceReported,
    ServiceReportWrong,
    ServiceNotSent,
    ServicePartyItself,
    ServiceObjected,
    ServiceNotObjected,
    ServiceNotEffective,
    ServiceCertificateDiffers,
    ServiceNotBeside,
    PeriodTooShort,
    PeriodTooLong,
    PeriodOutOfRange,
    PeriodBasis,
    WindowLength,
];
/// The acts of the registry.
const REGISTERING: &[ErrorCode] = codes![NotFound, NotPermitted, NotOfTheRegistry, TextTooLong, ControlCharacter];

/// The routes that need a token, and the reports that gateways sign.
pub(in crate::http) fn routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(by_token(routes!(service::act_of_service), &[WRITES, SERVING]))
        .routes(by_token(routes!(service::view_service), &[WRITES, codes![NotFound]]))
        .routes(by_token(
            routes!(service::view_certificate),
            &[WRITES, codes![NotFound, NoSuchService, ServiceNotEffective]],
        ))
        .routes(by_token(
            routes!(gateways::register_gateway),
            &[WRITES, REGISTERING, codes![GatewayExists, WebhookAddressRefused]],
        ))
        .routes(by_token(routes!(gateways::list_gateways), &[codes![BadValue, NotPermitted]]))
        .routes(by_token(routes!(gateways::remove_gateway), &[WRITES, REGISTERING, codes![NoSuchGateway]]))
        .routes(public(
            routes!(gateways::report_message),
            &[WRITES, SERVING, codes![BadGatewaySignature, NoSuchGateway, RequestReused, BadValue]],
        ))
}

/// The check of a file, which anybody may make.
pub(in crate::http) fn public_routes() -> OpenApiRouter<Arc<AppState>> {
    OpenApiRouter::new()
        .routes(public(routes!(document_check::check_document), &[READS, codes![MistypedNumber, BadSalt]]))
}
