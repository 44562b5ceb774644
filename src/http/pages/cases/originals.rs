//! `/cases/{reference}/items/{item}/original`: the original of an item that is in custody. Each access is recorded before the bytes go
//! out.
//!
//! Images, audio and video of known types are shown in the page, PDF and plain text in a frame whose document is sandboxed by the policy
//! of its answer; everything else is downloaded, and never rendered as a page of this site. The originals of documents (`documents`) are
//! shown the same way.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};

use crate::court::case::refusal::Refusal;
use crate::court::case::state::Item;
use crate::court::ids::ItemNumber;
use crate::court::line_value::LineValue as _;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::cases::item_json;
use crate::http::api::court::originals::{original as open, take};
use crate::http::api::lookup::deposit_json;
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::sending::new_key;
use crate::http::pages::cases::head::CaseHead;
use crate::http::pages::cases::request::CaseRequest;
use crate::http::pages::form::PageParameters;
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::ledger::number::DepositNumber;
use crate::wire::court::case::CaseFactsJson;
use crate::wire::court::item::ImportJson;
use crate::wire::facts::{DepositJson, DigestJson};

/// Shown in a frame.
const PDF: &str = "application/pdf";
/// Plain text, also shown in a frame.
const TEXT: &str = "text/plain";

/// Marks an answer whose document is shown in a frame of a page of this node.
#[derive(Debug, Clone, Copy)]
pub struct Framed;

/// Media types that browsers show without running anything.
const SHOWN: &[&str] = &[
    PDF,
    TEXT,
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/bmp",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/mp4",
    "audio/aac",
    "audio/flac",
    "video/mp4",
    "video/webm",
    "video/ogg",
];

#[derive(Template)]
#[template(path = "case_original.html")]
struct OriginalPage {
    p: Layout,
    head: CaseHead,
    item: ImportJson,
    /// `image`, `audio`, `video`, `frame`, or empty for a file that is only downloaded.
    kind: &'static str,
    /// Whether the viewer can give the original into custody.
    can_give: bool,
    /// Whether the viewer has just given it.
    given: bool,
    /// The idempotency key of the form.
    key: String,
}

impl OriginalPage {
    /// The address of the bytes.
    fn file(&self) -> String {
        format!("{}/items/{}/original/file", self.head.path, self.item.item)
    }

    /// The address of this page after the original was given.
    fn given_path(&self) -> String {
        format!("{}/items/{}/original?done=given", self.head.path, self.item.item)
    }

    /// The digests of the deposit, each with its algorithm.
    fn digests(&self) -> String {
        digest_list(&self.item.chain.data_hash)
    }
}

/// Digests as the script of the page reads them: each with its algorithm.
#[must_use]
pub fn digest_list(digests: &[DigestJson]) -> String {
    let words: Vec<String> = digests.iter().map(|one| format!("{} {}", one.algorithm, one.value)).collect();
    words.join(" ")
}

/// How a media type of the list is shown: `image`, `audio`, `video` or `frame`.
#[must_use]
pub fn kind_of(known: &'static str) -> &'static str {
    if is_framed(known) { "frame" } else { known.split('/').next().unwrap_or_default() }
}

/// Whether a media type of the list is shown in a frame.
fn is_framed(known: &str) -> bool {
    known == PDF || known == TEXT
}

/// The media type of a list that a depositor's words name.
fn shown(stated: Option<&str>) -> Option<&'static str> {
    SHOWN.iter().copied().find(|known| Some(*known) == stated)
}

/// The media type that the depositor stated, if browsers show it.
#[must_use]
pub fn media_type(deposit: &DepositJson) -> Option<&'static str> {
    shown(deposit.media_type.as_deref())
}

/// An original as a part of a page, if its media type is one that browsers show; otherwise to be downloaded, as it is.
#[must_use]
pub fn shown_in_page(mut response: Response, known: Option<&'static str>) -> Response {
    let Some(known) = known else { return response };
    // The encoding of a text is not stated on the chain. Without one, browsers guess differently.
    let content_type = if known == TEXT { "text/plain; charset=utf-8" } else { known };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    if is_framed(known) {
        response.extensions_mut().insert(Framed);
    }
    response
}

fn item_of(request: &CaseRequest) -> Result<ItemNumber, ApiError> {
    ItemNumber::parse(request.parameter("item")).ok_or_else(|| ApiError::from(FilingError::NotFound))
}

/// As [`media_type`]; none for a deposit of another ledger.
async fn media_type_of(state: &Arc<AppState>, number: DepositNumber) -> Result<Option<&'static str>, ApiError> {
    match deposit_json(state, number).await {
        Ok(deposit) => Ok(media_type(&deposit)),
        Err(failure) if failure.status() < 500 => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The page with the original.
///
/// # Errors
///
/// `not_found`; those of a view.
pub async fn original(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    request: CaseRequest,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let (filing, actor) = (state.filing()?, &request.who.actor);
    let file = filing.case_for(actor, request.case).await?;
    let item = item_json(&state, actor, request.case, item_of(&request)?).await?;
    let number = DepositNumber::parse(&item.chain.deposit_number)?;
    let found = media_type_of(&state, number).await?;
    let is_active = file.items.get(&ItemNumber(item.item)).is_some_and(Item::is_active);
    let is_missing = is_active && item.custody.code == "not-submitted" && !item.chain.data_hash.is_empty();
    let page = OriginalPage {
        p: visit.layout(&format!("证据 {} 的原文", item.item), &format!("Original of item {}", item.item)),
        head: CaseHead::of(&CaseFactsJson::of(&file), &request.name),
        kind: found.map_or("", kind_of),
        can_give: is_missing && filing.is_own_deposit(actor, number).await?,
        given: parameters.text("done") == "given" && item.custody.code == "in-custody",
        key: new_key()?,
        item,
    };
    visit.page(Audience::Private, &page)
}

/// The bytes of the original.
///
/// # Errors
///
/// `not_found`, `no_original`, `erased`; those of the node.
pub async fn file(State(state): State<Arc<AppState>>, request: CaseRequest) -> Result<Response, ApiError> {
    let case = state.filing()?.case_for(&request.who.actor, request.case).await?;
    let item = case.items.get(&item_of(&request)?).ok_or_else(|| ApiError::from(FilingError::NotFound))?;
    let number = item.import.deposit;
    let response = open(&state, &request.who.actor, number, Some(request.case)).await?;
    Ok(shown_in_page(response, media_type_of(&state, number).await?))
}

/// Gives the original of an own deposit into custody. The script of the page sends it, with the key of the form as `Idempotency-Key`.
///
/// # Errors
///
/// `not_found`, `custody_mismatch`, `custody_taken`; those of the node.
pub async fn give(
    State(state): State<Arc<AppState>>,
    request: CaseRequest,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let actor = &request.who.actor;
    let case = state.filing()?.case_for(actor, request.case).await?;
    let item = case.items.get(&item_of(&request)?).ok_or_else(|| ApiError::from(FilingError::NotFound))?;
    if !item.is_active() {
        return Err(ApiError::from(FilingError::Refused(Refusal::ItemWithdrawn)));
    }
    // Without a case: the original of a deposit, and not of a document of the case.
    take(&state, actor, (item.import.deposit, None), (&uri, &headers), body).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_that_can_run() {
        assert_eq!(shown(Some("image/png")), Some("image/png"));
        let kinds: std::collections::BTreeSet<_> = SHOWN.iter().map(|known| kind_of(known)).collect();
        assert!(kinds.iter().eq(&["audio", "frame", "image", "video"]), "{kinds:?}");
        for bad in ["image/svg+xml", "text/html", "application/xhtml+xml", "IMAGE/PNG", ""] {
            assert_eq!(shown(Some(bad)), None, "{bad}");
        }
        assert!(shown(None).is_none());
    }
}
