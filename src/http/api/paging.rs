//! Pages of a list: `?limit=&cursor=` in a request, `items` and `next_cursor` in its answer.
//!
//! # Invariants
//!
//! A page costs reads in proportion to its limit, however long the list is: a cursor is a position in an index, never a
//! number of entries to skip.

use serde::Deserialize;

use crate::http::problem::Failure;

/// Entries of a page where the request names no limit.
pub const PAGE_DEFAULT: u32 = 50;
/// Most entries of a page.
pub const PAGE_MAX: u32 = 200;

/// Which part of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most entries of the answer, 1 to 200; 50 by default. 每页条数，1 至 200，默认 50。
    #[param(minimum = 1, maximum = 200, example = 50)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the previous answer; without one, the first page. 上一页返回的 `next_cursor`。
    pub cursor: Option<u64>,
}

impl PageQuery {
    /// Most entries of the page.
    ///
    /// # Errors
    ///
    /// `bad_query` for a limit that is out of range.
    pub fn limit(self) -> Result<usize, Failure> {
        let limit = self.limit.unwrap_or(PAGE_DEFAULT);
        if limit == 0 || limit > PAGE_MAX {
            let detail = format!("`limit` is {limit}; it must be 1 to {PAGE_MAX}");
            return Err(Failure::new("bad_query", detail).limited(PAGE_MAX.into()));
        }
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_one_to_two_hundred() {
        let limit = |limit| PageQuery { limit, cursor: None }.limit().map_err(|failure| failure.code());
        assert_eq!((limit(None), limit(Some(1)), limit(Some(200))), (Ok(50), Ok(1), Ok(200)));
        assert_eq!((limit(Some(0)), limit(Some(201))), (Err("bad_query"), Err("bad_query")));
    }
}
