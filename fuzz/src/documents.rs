//! Fuzz targets for JSON that a node receives, and JSON that a client receives.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tiezheng::ledger::block::BlockHeader;
use tiezheng::ledger::entry::Entry;
use tiezheng::ledger::media::MediaType;
use tiezheng::ledger::merkle::shape::LeafIndex;
use tiezheng::ledger::receipt::{Facts, Receipt};
use tiezheng::ledger::verify::history::History;
use tiezheng::wire::chinese;
use tiezheng::wire::court::accounts::{
    AccountJson, EmptyRequest, IdentityCheckRequest, IssuedTokenJson, MeJson, OpenAccountRequest, OpenedAccountJson,
    RevocationJson, RevocationRequest, RoleRequest, TokenRequest,
};
use tiezheng::wire::court::act::{ActOutcomeJson, ActRequest, CaseActsJson};
use tiezheng::wire::court::case::{
    AssociationRequest, CaseFactsJson, CaseJson, CasesJson, CodeRequest, IssuedCodeJson, OpenCaseRequest, TransferJson,
    TransferRequest,
};
use tiezheng::wire::court::deposits_on_behalf::{
    OnBehalfDepositJson, OnBehalfRequest, OwnDepositsJson, PrivateContentJson,
};
use tiezheng::wire::court::erasure::{ErasureJson, ErasureRequest};
use tiezheng::wire::court::feed::{FeedJson, RegisteredWebhookJson, WebhookRequest, WebhooksJson};
use tiezheng::wire::court::import::{
    ImportBatchJson, ImportBatchRequest, ImportRequest, ImportedJson, ItemVerificationJson, ItemVerificationRequest,
};
use tiezheng::wire::court::keys::{EnrolledKeysJson, KeyRequest};
use tiezheng::wire::court::lists::{AccessLogJson, CalendarRequest, CalendarsJson, LedgerRequest, TrustedLedgersJson};
use tiezheng::wire::court::originals::{CustodyJson, CustodyLogJson, OriginalStateJson};
use tiezheng::wire::deposit::{BatchVerdict, DepositRequest};
use tiezheng::wire::facts::{DepositJson, DepositView};
use tiezheng::wire::fast_json;
use tiezheng::wire::health::HealthJson;
use tiezheng::wire::history::{EarlierDepositsJson, HistoryJson, LaterLinksJson};
use tiezheng::wire::json::{self, object};
use tiezheng::wire::ledger::{BlockJson, BlocksPage, ConsistencyJson, InclusionJson, LedgerJson, SearchJson};
use tiezheng::wire::metadata::{canonical, private};
use tiezheng::wire::problem::Problem;
use tiezheng::wire::report::{DigestRequest, ReportJson};

use super::input::{Input, text};

/// The longest document that the targets parse.
const LIMIT: usize = 64 * 1024;

/// The request to deposit.
pub fn deposit_request(data: &[u8]) -> bool {
    let parsed = DepositRequest::parse(data);
    match &parsed {
        Ok(request) => match request.read() {
            Ok((note, held)) => {
                assert_eq!(note.as_str(), request.statement);
                let again = DepositRequest::new(&note, held.as_ref()).expect("what was read is printed");
                let (note_again, held_again) =
                    DepositRequest::parse(json::line(&again).as_bytes()).unwrap().read().expect("and read again");
                assert_eq!((note_again, held_again), (note, held));
            }
            Err(error) => {
                drop((error.code(), error.to_string(), chinese::request(&error), error.line(), error.limit()));
            }
        },
        Err(error) => drop((error.code(), error.to_string(), chinese::request(error), error.line(), error.limit())),
    }
    parsed.is_ok_and(|request| request.read().is_ok())
}

/// Any JSON, as private metadata.
#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Unique(#[serde(deserialize_with = "json::unique")] Value);

/// Private metadata, and media types.
pub fn metadata(data: &[u8]) -> bool {
    let mut accepted = false;
    if let Some(text) = text(data) {
        if let Some(media_type) = MediaType::parse(text) {
            assert_eq!(media_type.as_str(), text);
            accepted = true;
        }
        assert!(MediaType::parse(MediaType::of_file_name(text).as_str()).is_some());
    }
    let Ok(Unique(value)) = serde_json::from_slice(data) else { return accepted };
    match canonical(&value) {
        Ok(text) => {
            accepted = true;
            let again: Unique = serde_json::from_str(&text).expect("the canonical form is read");
            assert_eq!(canonical(&again.0), Ok(text.clone()), "the canonical form is the canonical form of itself");
            assert_eq!(private(&"07".repeat(32), &value).map(|held| held.json), Ok(text));
        }
        Err(error) => drop((error.code(), error.to_string(), error.chinese())),
    }
    accepted
}

/// Parses a document as `T`. The parsed value is printed, and must be parsed again to the same value.
fn printed_back<T: DeserializeOwned + Serialize>(parsed: Result<T, impl Debug>) -> bool {
    let Ok(document) = parsed else { return false };
    let printed = json::line(&document);
    let again = serde_json::from_str::<T>(&printed).map_err(|error| error.to_string());
    assert_eq!(again.map(|document| json::line(&document)), Ok(printed));
    true
}

/// As a node parses a request.
fn request<T: DeserializeOwned + Serialize>(data: &[u8]) -> bool {
    let parsed = object::<T>(data, LIMIT);
    if let Err(error) = &parsed {
        drop((error.code(), error.to_string(), chinese::json(error), error.line()));
    }
    printed_back(parsed)
}

/// As a client parses an answer.
fn answer<T: DeserializeOwned + Serialize>(data: &[u8]) -> bool {
    printed_back(serde_json::from_slice::<T>(data))
}

/// A kind of document: the name of its type, and its parser.
pub type Kind = (fn() -> &'static str, fn(&[u8]) -> bool);

macro_rules! kinds {
    ($parse:ident: $($document:ty,)+) => {
        &[$((std::any::type_name::<$document>, $parse::<$document>),)+]
    };
}

/// The requests that a node parses.
pub const REQUESTS: &[Kind] = kinds![request:
    ActRequest,
    OpenCaseRequest,
    CodeRequest,
    AssociationRequest,
    TransferRequest,
    ImportRequest,
    ImportBatchRequest,
    ItemVerificationRequest,
    OpenAccountRequest,
    IdentityCheckRequest,
    RoleRequest,
    TokenRequest,
    RevocationRequest,
    EmptyRequest,
    OnBehalfRequest,
    ErasureRequest,
    WebhookRequest,
    KeyRequest,
    LedgerRequest,
    CalendarRequest,
    DigestRequest,
];

/// The answers that a client parses.
pub const ANSWERS: &[Kind] = kinds![answer:
    BatchVerdict,
    ConsistencyJson,
    DepositJson,
    InclusionJson,
    LedgerJson,
    SearchJson,
    Problem,
    HealthJson,
    BlockJson,
    BlocksPage,
    EarlierDepositsJson,
    LaterLinksJson,
    ReportJson,
    CaseJson,
    CaseFactsJson,
    CasesJson,
    CaseActsJson,
    ActOutcomeJson,
    IssuedCodeJson,
    TransferJson,
    ImportedJson,
    ImportBatchJson,
    ItemVerificationJson,
    MeJson,
    AccountJson,
    OpenedAccountJson,
    IssuedTokenJson,
    RevocationJson,
    OnBehalfDepositJson,
    OwnDepositsJson,
    PrivateContentJson,
    ErasureJson,
    FeedJson,
    RegisteredWebhookJson,
    WebhooksJson,
    EnrolledKeysJson,
    TrustedLedgersJson,
    CalendarsJson,
    AccessLogJson,
    CustodyJson,
    CustodyLogJson,
    OriginalStateJson,
];

/// The further parsing of some answers by a client.
fn read_further(data: &[u8], of: &str) {
    match of.rsplit("::").next().unwrap_or_default() {
        "BatchVerdict" => {
            if let Ok(BatchVerdict { receipt: Some(receipt), .. }) = serde_json::from_slice(data) {
                drop(Receipt::try_from(receipt));
            }
        }
        "ConsistencyJson" => drop(serde_json::from_slice(data).map(|document: ConsistencyJson| document.proof())),
        "DepositJson" => drop(serde_json::from_slice(data).map(|document: DepositJson| claims(&document.history))),
        "InclusionJson" => drop(serde_json::from_slice(data).map(|document: InclusionJson| document.proof())),
        _ => {}
    }
}

/// A history with numbers and kinds of links that are read.
fn claims(history: &HistoryJson) {
    if let Ok(claims) = history.claims() {
        let again = HistoryJson::from(&claims);
        assert_eq!(again.claims(), Ok(claims));
    }
}

/// A request of the filing service: the first byte says which, the others are the document.
pub fn request_of_any_kind(data: &[u8]) -> bool {
    let mut input = Input(data);
    let (_, parse) = REQUESTS[usize::from(input.byte()) % REQUESTS.len()];
    parse(input.0)
}

/// An answer of a node: the first byte says which, the others are the document.
pub fn answer_of_any_kind(data: &[u8]) -> bool {
    let mut input = Input(data);
    let (name, parse) = ANSWERS[usize::from(input.byte()) % ANSWERS.len()];
    read_further(input.0, name());
    parse(input.0)
}

/// An entry and a block header after it, as the look-up that a node prints of them in two ways.
pub fn look_up(data: &[u8]) -> bool {
    let Some(cut) = data.windows(18).position(|window| window == b"\ntiezheng block v1") else { return false };
    let (entry, header) = data.split_at(cut + 1);
    let (Ok(entry), Ok(header)) = (Entry::parse(entry), BlockHeader::parse(header)) else { return false };
    let (facts, history) = (Facts::of(&entry, &header), History::empty());
    for by_platform in [false, true] {
        let view = DepositView {
            index: LeafIndex(header.first.0),
            entry: &entry,
            facts: &facts,
            history: &history,
            by_platform,
            proof: None,
        };
        let printed = json::pretty(&DepositJson::from(&view));
        assert_eq!(fast_json::deposit(&view), printed);
        let again = json::object_of_any_integers::<DepositJson>(printed.as_bytes(), printed.len());
        assert_eq!(again.map(|document| json::pretty(&document)), Ok(printed));
    }
    true
}
