//! Each act of the permission table has a form, and each form asks for exactly what its request takes.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::PartialSchema;

use super::*;
use crate::court::permission::acts_of_a_case;
use crate::http::pages::cases::forms::field::{Control, Shape};
use crate::http::pages::cases::forms::outside::{ASSOCIATE, OPEN};
use crate::wire::court::act::ActRequest;
use crate::wire::court::case::{AssociationRequest, CodeRequest, OpenCaseRequest, TransferRequest};
use crate::wire::court::erasure::ErasureRequest;
use crate::wire::court::hand_over::SendHandOverRequest;
use crate::wire::court::import::ImportRequest;
use crate::wire::court::service::ServiceActRequest;

fn forms() -> impl Iterator<Item = &'static ActForm> {
    all().chain([&OPEN, &ASSOCIATE])
}

fn schema<T: PartialSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap()
}

/// The object schema of the request that a form makes.
fn request(form: &ActForm) -> Value {
    let variant = |all: Value| {
        let is_act = |one: &&Value| one["properties"]["act"]["enum"][0] == form.kind.word();
        all["oneOf"].as_array().unwrap().iter().find(is_act).cloned()
    };
    let found = match form.shape {
        Shape::Act => variant(schema::<ActRequest>()),
        Shape::Service => variant(schema::<ServiceActRequest>()),
        Shape::Import => Some(schema::<ImportRequest>()),
        Shape::Code => Some(schema::<CodeRequest>()),
        Shape::Transfer => Some(schema::<TransferRequest>()),
        Shape::HandOver => Some(schema::<SendHandOverRequest>()),
        Shape::Erasure => Some(schema::<ErasureRequest>()),
        Shape::Open => Some(schema::<OpenCaseRequest>()),
        Shape::Association => Some(schema::<AssociationRequest>()),
    };
    found.unwrap_or_else(|| panic!("{}: the request has no such act", form.kind))
}

/// The type of the value that a control makes; empty for a value that the program fills in.
const fn made(control: Control) -> &'static str {
    match control {
        Control::Line
        | Control::Area
        | Control::Day
        | Control::Moment
        | Control::Deposit
        | Control::ListedName
        | Control::Words(_)
        | Control::Role
        | Control::Window
        | Control::Deferral
        | Control::Radios(_)
        | Control::HandedIn
        | Control::Purpose
        | Control::Account
        | Control::Judge
        | Control::Staff
        | Control::Speaker
        | Control::Decision
        | Control::Court
        | Control::ShownText(..)
        | Control::Now => "string",
        Control::Checks(_)
        | Control::Judges
        | Control::Parties
        | Control::Signers
        | Control::FileDigests
        | Control::Annexes => "array",
        Control::RoundDigest | Control::Receipt => "object",
        Control::Derived => "",
        _ => "integer",
    }
}

fn types(property: &Value) -> BTreeSet<String> {
    let of = |one: &Value| one.as_str().map(str::to_owned);
    match &property["type"] {
        Value::String(one) => BTreeSet::from([one.clone()]),
        Value::Array(all) => all.iter().filter_map(of).collect(),
        // Another shape of the API.
        _ => BTreeSet::from(["object".to_owned()]),
    }
}

#[test]
fn every_act_of_the_permission_table_has_a_form_or_a_page() {
    for act in acts_of_a_case() {
        let places = [form_of(act).is_some(), BY_THE_PROGRAM.contains(&act), ON_OTHER_PAGES.contains(&act)];
        assert_eq!(places.iter().filter(|place| **place).count(), 1, "{act}: {places:?}");
    }
    let mut seen = BTreeSet::new();
    for form in all() {
        assert!(seen.insert(form.kind.word()), "{} has two forms", form.kind);
        assert!(acts_of_a_case().contains(&form.kind), "{} is no act of a case", form.kind);
    }
}

#[test]
fn a_form_has_exactly_the_fields_of_its_request() {
    for form in forms() {
        let schema = request(form);
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let wanted: BTreeSet<&str> = properties.keys().map(String::as_str).filter(|name| *name != "act").collect();
        let asked: BTreeSet<&str> = form.fields.iter().map(|field| field.name).collect();
        assert_eq!(asked, wanted, "{}", form.kind);
        assert_eq!(asked.len(), form.fields.len(), "{}: a field is asked twice", form.kind);
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for field in form.fields {
            let needed = required.iter().any(|name| name == field.name);
            let derived = matches!(field.control, Control::Derived);
            // A page may insist on more than the request: a suit has its cause.
            assert!(field.required || derived || !needed, "{} {}", form.kind, field.name);
            let made = made(field.control);
            assert!(derived || types(&properties[field.name]).contains(made), "{} {}: {made}", form.kind, field.name);
        }
    }
}

#[test]
fn every_text_of_a_form_is_in_both_languages() {
    for form in forms() {
        let texts = [form.title, form.button, form.lead, form.sure].into_iter().flatten();
        let of_fields = form.fields.iter().flat_map(|field| [Some(field.labels()), field.hint]).flatten();
        for (zh, en) in texts.chain(of_fields) {
            let has_han = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c));
            assert!(has_han(zh) && !has_han(en), "{}: {zh} / {en}", form.kind);
        }
        for field in form.fields {
            if let Control::Words(words) | Control::Radios(words) | Control::Checks(words) = field.control {
                assert!(!words().is_empty(), "{} {}", form.kind, field.name);
            }
        }
    }
}
