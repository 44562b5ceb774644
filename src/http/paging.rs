//! Pages of a list: `?limit=&cursor=`, answered as `{"items": […], "next_cursor": … | null}`.

use crate::http::problem::Failure;

/// Items of a page where the request does not say.
const LIMIT_DEFAULT: usize = 20;
/// Most items of a page.
const LIMIT_MAX: usize = 100;

/// The number of items that a request asks for.
///
/// # Errors
///
/// `bad_query`: 0, or more than `LIMIT_MAX`.
pub fn limit(asked: Option<u64>) -> Result<usize, Failure> {
    let Some(asked) = asked else { return Ok(LIMIT_DEFAULT) };
    let limit = usize::try_from(asked).ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    let expected = format!("1 to {LIMIT_MAX}");
    limit.ok_or_else(|| Failure::new("bad_query", format!("limit: {asked} is not {expected}")).expecting(expected))
}

/// Where a page begins: as the cursor says, or at `first` where there is none.
///
/// # Errors
///
/// `bad_cursor`: `read` makes nothing of it.
pub fn cursor<T>(cursor: Option<&str>, first: T, read: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
    let Some(cursor) = cursor else { return Ok(first) };
    read(cursor).ok_or_else(|| {
        Failure::new(
            "bad_cursor",
            format!("`{cursor}` is no cursor of this list; take `next_cursor` of the page before"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_100_items() {
        assert_eq!(limit(None), Ok(LIMIT_DEFAULT));
        assert_eq!((limit(Some(1)), limit(Some(100))), (Ok(1), Ok(100)));
        for bad in [0, 101, u64::MAX] {
            assert_eq!(limit(Some(bad)).map_err(|failure| failure.code()), Err("bad_query"), "{bad}");
        }
        assert_eq!(cursor(Some("x"), 0, |_| None).map_err(|failure| failure.code()), Err("bad_cursor"));
    }
}
