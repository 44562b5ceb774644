//! Pages of a list: `?limit=&cursor=` in a request, `{"items": […], "next_cursor": … | null}` in its answer.
//!
//! # Invariants
//!
//! A page costs reads in proportion to its limit, however long the list is: a cursor is a position in an index, never a
//! number of entries to skip. To clients it is an opaque string.

use serde::Deserialize;

use crate::error_code::ErrorCode;
use crate::http::problem::ApiError;
use crate::wire::json::INTEGER_MAX;

/// Entries of a page where the request names no limit.
const LIMIT_DEFAULT: u32 = 50;
/// Most entries of a page.
const LIMIT_MAX: u32 = 200;

/// Which part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most entries of the answer, 1 to 200; 50 by default. 每页条数，1 至 200，默认 50。
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous answer; without one, the first page. 上一页返回的 `next_cursor`。
    pub cursor: Option<String>,
}

impl PageQuery {
    /// Most entries of the page.
    ///
    /// # Errors
    ///
    /// `bad_query` for a limit that is out of range.
    pub fn limit(&self) -> Result<usize, ApiError> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            let failure =
                ApiError::new(ErrorCode::BadQuery, format!("`limit` is {limit}; it must be 1 to {LIMIT_MAX}"));
            let failure = failure.in_chinese(format!("`limit` 为 {limit}，应为 1 至 {LIMIT_MAX}"));
            return Err(failure.limited(LIMIT_MAX.into()));
        }
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// The position at which the page begins, as `read` reads it from the cursor; `None` for the first page.
    ///
    /// # Errors
    ///
    /// `bad_cursor` where `read` cannot read it.
    pub fn position<T>(&self, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(cursor) = self.cursor.as_deref() else { return Ok(None) };
        read(cursor).map(Some).ok_or_else(|| {
            let shown = cursor.escape_debug();
            let detail = format!("`{shown}` is not a cursor of this list; send the `next_cursor` of the previous page");
            let failure = ApiError::new(ErrorCode::BadCursor, detail);
            failure.in_chinese(format!("“{shown}”不是本列表的分页游标，请使用上一页返回的 `next_cursor`"))
        })
    }

    /// Likewise, where the position is a number.
    ///
    /// # Errors
    ///
    /// `bad_cursor`.
    pub fn number(&self) -> Result<Option<u64>, ApiError> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        self.position(|text| text.parse().ok().filter(|value| digits(text) && *value <= INTEGER_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(limit: Option<u32>, cursor: &str) -> PageQuery {
        PageQuery { limit, cursor: Some(cursor.into()) }
    }

    #[test]
    fn a_limit_is_one_to_two_hundred() {
        let limit = |limit| query(limit, "").limit().map_err(|failure| failure.code());
        assert_eq!((limit(None), limit(Some(1)), limit(Some(200))), (Ok(50), Ok(1), Ok(200)));
        assert_eq!((limit(Some(0)), limit(Some(201))), (Err(ErrorCode::BadQuery), Err(ErrorCode::BadQuery)));
    }

    #[test]
    fn a_cursor_has_one_spelling() {
        let number = |cursor: &str| query(None, cursor).number().map_err(|failure| failure.code());
        assert_eq!(number("9007199254740991"), Ok(Some(INTEGER_MAX)));
        assert_eq!(PageQuery::default().number(), Ok(None));
        for bad in ["", "+1", "-1", "1.0", "x", "9007199254740992", "99999999999999999999"] {
            assert_eq!(number(bad), Err(ErrorCode::BadCursor), "{bad}");
        }
    }
}
