//! `/deposits`: the deposits that the platform made on behalf of the session's account, and the same list as CSV.
//!
//! Each access to them is recorded on the ledger, as everywhere: the names are private content.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::filing::own_deposits::{OwnDepositFilter, SCAN_MAX};
use crate::filing::sign_in::SignedIn;
use crate::http::api::court::deposits_on_behalf::own_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::deposit_csv;
use crate::http::pages::form::{Form, PageParameters};
use crate::http::pages::format::clock_time;
use crate::http::pages::layout::Layout;
use crate::http::pages::login::Fault;
use crate::http::pages::shown_text::shown;
use crate::http::pages::visit::{Audience, Member, Visit};
use crate::http::problem::ApiError;
use crate::wire::court::deposits_on_behalf::{OwnDepositJson, OwnDepositsJson};

/// Deposits on one page.
const ROWS: usize = 50;
/// Rows of a CSV file. One search after the other finds them.
const CSV_ROWS: usize = 50_000;

/// What is wanted, as it was typed.
#[derive(Default)]
struct DepositFilterInput {
    text: String,
    from: String,
    until: String,
}

impl DepositFilterInput {
    fn of(parameters: &Form) -> Self {
        let text = |name| parameters.text(name).to_owned();
        Self { text: text("q"), from: text("from"), until: text("until") }
    }

    fn is_empty(&self) -> bool {
        [&self.text, &self.from, &self.until].into_iter().all(String::is_empty)
    }

    /// The filter; otherwise the field whose date is none.
    fn filter(&self) -> Result<OwnDepositFilter, &'static str> {
        let date = |name, text: &str| if text.is_empty() { Ok(None) } else { date(text).map(Some).ok_or(name) };
        Ok(OwnDepositFilter {
            text: self.text.clone(),
            from: date("from", &self.from)?,
            until: date("until", &self.until)?,
        })
    }

    /// The address of `path` with this filter, and with the cursor of a page.
    fn address(&self, path: &str, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.text), ("from", &self.from), ("until", &self.until)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// A Beijing date as a deposit number begins, of `2026-11-22`.
fn date(text: &str) -> Option<u32> {
    let parsed: jiff::civil::Date = text.parse().ok()?;
    (parsed.to_string() == text).then(|| text.replace('-', "").parse().ok()).flatten()
}

/// A deposit of the list.
struct DepositRow {
    number: String,
    name: Option<String>,
    time: String,
}

impl From<&OwnDepositJson> for DepositRow {
    fn from(one: &OwnDepositJson) -> Self {
        let (number, time) = (one.deposit_number.clone(), one.tx_submitted_at.clone());
        Self { number, name: one.name.as_deref().map(shown), time }
    }
}

#[derive(Template)]
#[template(path = "deposit_list.html")]
struct DepositListPage<'a> {
    p: Layout,
    wanted: &'a DepositFilterInput,
    account: String,
    rows: Vec<DepositRow>,
    csv: String,
    next: Option<String>,
    fault: Option<Fault>,
    /// How many deposits a search reads.
    scanned: u64,
}

/// A page of the own deposits.
///
/// # Errors
///
/// `bad_cursor`; those of the node.
pub async fn deposit_list(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let wanted = DepositFilterInput::of(&parameters);
    match wanted.filter() {
        Ok(filter) => {
            let found = find(&state, &who, &filter, before(&parameters)?, ROWS).await?;
            list_page(&visit, &who, &wanted, Ok(&found))
        }
        Err(field) => list_page(&visit, &who, &wanted, Err(field)),
    }
}

/// The page with what was found, or with the field whose date is none.
fn list_page(
    visit: &Visit,
    who: &SignedIn,
    wanted: &DepositFilterInput,
    found: Result<&OwnDepositsJson, &'static str>,
) -> Result<Response, ApiError> {
    let bad_date = || visit.t("请输入日期，例如 2026-11-22", "Enter a date such as 2026-11-22").to_owned();
    let (status, found, fault) = match found {
        Ok(found) => (StatusCode::OK, Some(found), None),
        Err(field) => (StatusCode::UNPROCESSABLE_ENTITY, None, Some((field, bad_date()))),
    };
    let next = found.and_then(|found| found.next_cursor.as_deref());
    let page = DepositListPage {
        p: visit.layout("我的存证", "My deposits"),
        account: who.actor.id.to_string(),
        rows: found.iter().flat_map(|found| &found.items).map(DepositRow::from).collect(),
        csv: wanted.address("/deposits.csv", None),
        next: next.map(|cursor| wanted.address("/deposits", Some(cursor))),
        wanted,
        fault,
        scanned: u64::try_from(SCAN_MAX).unwrap_or(u64::MAX),
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The own deposits as CSV. Beyond `CSV_ROWS` deposits, the last row says that the list is not complete.
///
/// # Errors
///
/// `bad_cursor`; those of the node. A date that is none is answered by the page with its form.
pub async fn deposit_csv(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let wanted = DepositFilterInput::of(&parameters);
    let filter = match wanted.filter() {
        Ok(filter) => filter,
        Err(field) => return list_page(&visit, &who, &wanted, Err(field)),
    };
    let (mut items, mut next) = (Vec::new(), before(&parameters)?);
    loop {
        let mut found = find(&state, &who, &filter, next, SCAN_MAX).await?;
        items.append(&mut found.items);
        next = found.next_cursor.as_deref().and_then(|cursor| cursor.parse().ok());
        if next.is_none() || items.len() >= CSV_ROWS {
            break;
        }
    }
    let erased = visit.t("已删除", "erased");
    let row = |one: &OwnDepositJson| {
        let name = one.name.as_deref().map_or_else(|| erased.to_owned(), shown);
        [one.deposit_number.clone(), name, clock_time(&one.tx_submitted_at)]
    };
    let rest = next.map(|next| {
        let address = wanted.address("/deposits.csv", Some(&next.to_string()));
        let text = visit.t("清单未完，更早的存证见：", "Not complete. Older deposits: ");
        [String::new(), format!("{text}{address}"), String::new()]
    });
    let head = [
        visit.t("存证编号", "Deposit number"),
        visit.t("证据名称", "Name of the evidence"),
        visit.t("交易提交时间（北京时间）", "Transaction submission time (Beijing)"),
    ];
    let mut response = deposit_csv::table(head, items.iter().map(row).chain(rest)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"deposits.csv\""));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The index before which a page begins.
fn before(parameters: &Form) -> Result<Option<u64>, ApiError> {
    PageQuery { limit: None, cursor: parameters.some("cursor").map(str::to_owned) }.number()
}

async fn find(
    state: &AppState,
    who: &SignedIn,
    filter: &OwnDepositFilter,
    before: Option<u64>,
    limit: usize,
) -> Result<OwnDepositsJson, ApiError> {
    Ok(own_json(&state.filing()?.find_own_deposits(&who.actor, filter, before, limit).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_one_spelling() {
        assert_eq!((date("2026-11-22"), date("2024-02-29")), (Some(20_261_122), Some(20_240_229)));
        for bad in ["2026-11-31", "20261122", "2026-1-2", "2026-11-22T00:00", "-2026-11-22", "x", "+002026-11-22"] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn links_keep_the_filter() {
        let wanted = DepositFilterInput { text: "合同&x".into(), from: "2026-11-22".into(), until: String::new() };
        assert_eq!(
            wanted.address("/deposits", Some("7")),
            "/deposits?q=%E5%90%88%E5%90%8C%26x&from=2026-11-22&cursor=7"
        );
        assert_eq!(DepositFilterInput::default().address("/deposits.csv", None), "/deposits.csv");
    }
}
