//! `/deposits`: the deposits that the platform made on behalf of the session's account, and the same list as CSV.
//!
//! Each look at them is recorded on the ledger, as everywhere: the names are private content.

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
/// Deposits in one CSV, after which its last line says that there are more.
const CSV_MAX: usize = 50_000;

/// What is wanted, as it was typed.
#[derive(Default)]
struct Wanted {
    text: String,
    from: String,
    until: String,
}

impl Wanted {
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
    wanted: &'a Wanted,
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
    let wanted = Wanted::of(&parameters);
    let (found, fault) = match wanted.filter() {
        Ok(filter) => (Some(find(&state, &who, &filter, &parameters, ROWS).await?), None),
        Err(field) => {
            let text = visit.t("请输入日期，例如 2026-11-22", "Enter a date such as 2026-11-22");
            (None, Some((field, text.to_owned())))
        }
    };
    let status = if fault.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let next = found.as_ref().and_then(|found| found.next_cursor.as_deref());
    let page = DepositListPage {
        p: visit.layout("我的存证", "My deposits"),
        account: who.actor.id.to_string(),
        rows: found.iter().flat_map(|found| &found.items).map(DepositRow::from).collect(),
        csv: wanted.address("/deposits.csv", None),
        next: next.map(|cursor| wanted.address("/deposits", Some(cursor))),
        wanted: &wanted,
        fault,
        scanned: u64::try_from(SCAN_MAX).unwrap_or(u64::MAX),
    };
    visit.page_with(status, Audience::Private, &page)
}

/// The own deposits as CSV: all of them, or the latest [`CSV_MAX`] and a last line that says so.
///
/// # Errors
///
/// `bad_cursor`; those of the node. A date that is none is ignored.
pub async fn deposit_csv(
    State(state): State<Arc<AppState>>,
    visit: Visit,
    Member(who): Member,
    PageParameters(parameters): PageParameters,
) -> Result<Response, ApiError> {
    let filter = Wanted::of(&parameters).filter().unwrap_or_default();
    let (mut items, mut cursor) = (Vec::new(), parameters.some("cursor").map(str::to_owned));
    loop {
        let found = find_from(&state, &who, &filter, cursor, SCAN_MAX).await?;
        items.extend(found.items);
        cursor = found.next_cursor;
        if cursor.is_none() || items.len() >= CSV_MAX {
            break;
        }
    }
    let erased = visit.t("已删除", "erased");
    let row = |one: &OwnDepositJson| {
        let name = one.name.as_deref().map_or_else(|| erased.to_owned(), shown);
        [one.deposit_number.clone(), name, clock_time(&one.tx_submitted_at)]
    };
    let head = [
        visit.t("存证编号", "Deposit number"),
        visit.t("证据名称", "Name of the evidence"),
        visit.t("交易提交时间（北京时间）", "Transaction submission time (Beijing)"),
    ];
    let more = visit.t(
        "更早的存证未列入本清单：请在“我的存证”限定存证日期后另行下载",
        "Older deposits are not in this list: narrow the dates under “My deposits” and download again",
    );
    let last = cursor.map(|_| [String::new(), more.to_owned(), String::new()]);
    let mut response = deposit_csv::table(head, items.iter().map(row).chain(last)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"deposits.csv\""));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn find(
    state: &AppState,
    who: &SignedIn,
    filter: &OwnDepositFilter,
    parameters: &Form,
    limit: usize,
) -> Result<OwnDepositsJson, ApiError> {
    find_from(state, who, filter, parameters.some("cursor").map(str::to_owned), limit).await
}

async fn find_from(
    state: &AppState,
    who: &SignedIn,
    filter: &OwnDepositFilter,
    cursor: Option<String>,
    limit: usize,
) -> Result<OwnDepositsJson, ApiError> {
    let page = PageQuery { limit: None, cursor };
    let found = state.filing()?.find_own_deposits(&who.actor, filter, page.number()?, limit).await?;
    Ok(own_json(&found))
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
        let wanted = Wanted { text: "合同&x".into(), from: "2026-11-22".into(), until: String::new() };
        assert_eq!(
            wanted.address("/deposits", Some("7")),
            "/deposits?q=%E5%90%88%E5%90%8C%26x&from=2026-11-22&cursor=7"
        );
        assert_eq!(Wanted::default().address("/deposits.csv", None), "/deposits.csv");
    }
}
