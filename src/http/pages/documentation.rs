//! `/docs`: every operation of the API with its parameters, bodies, statuses and examples; `/docs/shapes`: the JSON shapes.
//!
//! Both are rendered from the document that `/openapi.json` answers. Examples name this node and records of its ledger, so that the
//! reads among them run as pasted.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::header::HOST;
use axum::http::{HeaderMap, HeaderName, Uri};
use axum::response::Response;
use serde_json::Value;

use crate::http::app_state::AppState;
use crate::http::openapi::ApiDocument;
use crate::http::pages::api_operation::{ExampleValues, OperationView, operations};
use crate::http::pages::api_shapes::{FieldView, Shapes, words};
use crate::http::pages::api_text::{Piece, paragraphs, pieces};
use crate::http::pages::layout::Layout;
use crate::http::pages::visit::{Audience, Visit};
use crate::http::problem::ApiError;
use crate::http::request::header;
use crate::ledger::leaf::Leaf;
use crate::ledger::merkle::shape::LeafIndex;
use crate::ledger::verify::wording::Language;
use crate::query::records;

/// How many of the last leaves are searched for a deposit.
const SEARCHED: u64 = 64;
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The operations of a group.
struct Group<'d> {
    id: &'d str,
    title: Vec<Piece>,
    operations: Vec<OperationView<'d>>,
}

/// A shape with its fields.
struct ShapeView<'d> {
    name: &'d str,
    words: String,
    description: Vec<Vec<Piece>>,
    fields: Vec<(FieldView<'d>, Vec<Piece>)>,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocumentationPage<'d> {
    p: Layout,
    groups: Vec<Group<'d>>,
    introduction: Vec<Vec<Piece>>,
}

#[derive(Template)]
#[template(path = "docs_shapes.html")]
struct ShapesPage<'d> {
    p: Layout,
    shapes: Vec<ShapeView<'d>>,
}

/// The description of the API.
///
/// # Errors
///
/// Those of a read.
pub async fn documentation(
    State(state): State<Arc<AppState>>,
    Extension(document): Extension<ApiDocument>,
    visit: Visit,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let p = visit.layout("接口文档", "API documentation");
    let (base, values) = (base_url(&state, &uri, &headers), example_values(&state).await?);
    let text = |pointer: &str| document.value().pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let introduction = paragraphs(text("/info/description"), p.language);
    let all = operations(document.value(), &base, &values, p.language);
    let page = DocumentationPage { groups: groups(document.value(), all, p.language), introduction, p };
    visit.page(Audience::Public, &page)
}

fn groups<'d>(document: &'d Value, all: Vec<OperationView<'d>>, language: Language) -> Vec<Group<'d>> {
    let tags = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    let text = |tag: &'d Value, name: &str| tag.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut groups: Vec<Group<'d>> = tags
        .map(|tag| Group {
            id: text(tag, "name"),
            title: pieces(text(tag, "description"), language),
            operations: Vec::new(),
        })
        .collect();
    for operation in all {
        if let Some(group) = groups.iter_mut().find(|group| group.id == operation.tag) {
            group.operations.push(operation);
        }
    }
    groups
}

/// The shapes of requests and answers.
///
/// # Errors
///
/// `internal`, which does not happen.
pub async fn shapes(Extension(document): Extension<ApiDocument>, visit: Visit) -> Result<Response, ApiError> {
    let p = visit.layout("数据结构", "Shapes of requests and answers");
    let shapes = Shapes::of(document.value());
    let description = |schema: &'_ Value| {
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        paragraphs(text, p.language)
    };
    let view = |(name, schema)| ShapeView {
        name,
        words: words(schema),
        description: description(schema),
        fields: shapes
            .fields(schema)
            .into_iter()
            .map(|field| {
                let text = pieces(field.description, p.language);
                (field, text)
            })
            .collect(),
    };
    let views = shapes.all().map(view).collect();
    visit.page(Audience::Public, &ShapesPage { p, shapes: views })
}

/// The address by which the visitor reached this node. A proxy in front says whether that was `https`; this is shown and decides
/// nothing.
fn base_url(state: &AppState, uri: &Uri, headers: &HeaderMap) -> String {
    let host = uri.authority().map_or_else(|| header(headers, &HOST), |authority| authority.as_str());
    let is_https = state.description().tls.is_some() || header(headers, &FORWARDED) == "https";
    format!("{}://{host}", if is_https { "https" } else { "http" })
}

/// Records of this ledger for the examples.
async fn example_values(state: &AppState) -> Result<ExampleValues, ApiError> {
    state
        .read(|reader| {
            let published = records::published(reader)?;
            let size = published.size().0;
            let mut number = None;
            for index in (size.saturating_sub(SEARCHED)..size).rev().map(LeafIndex) {
                if let Leaf::Entry(entry) = records::leaf(reader, index)? {
                    number = Some(entry.number.to_string());
                    break;
                }
            }
            Ok(ExampleValues { number, size, height: published.height.0 })
        })
        .await
}
