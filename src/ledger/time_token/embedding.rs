//! Stores revocation lists inside a token (`crls` of `SignedData`, RFC 5652 section 5.1), so that a receipt verifies without other files.
//!
//! The field is outside the signature, so a token verifies with and without it. Lists are added before a token is stored: a later
//! renewal stamps the token with them.

use der::Tag;

use super::fields::{DerError, Fields, constructed, encode, encode_all};
use super::signed_data::{LISTS_MAX, SignedDataError, SignedToken, TOKEN_MAX};

/// Most bytes of a token with lists. A list that does not fit is left out.
const EMBEDDED_MAX: usize = TOKEN_MAX / 2;

/// The token with these revocation lists (DER) added to its own, as encoded. Lists that it has already are not repeated; lists that
/// are not a DER sequence, or would make the token too large, are left out.
///
/// # Errors
///
/// [`SignedDataError`] if `token` is not a token.
pub fn with_revocation_lists<'a>(
    token: &[u8],
    lists: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, SignedDataError> {
    let own = SignedToken::parse(token)?.lists;
    let mut members: Vec<&[u8]> = own.clone();
    let mut size = token.len();
    for list in lists {
        let is_sequence = Fields::of_value(list, Tag::Sequence, "CertificateList").is_ok();
        let is_new = !members.contains(&list);
        if is_sequence && is_new && size + list.len() <= EMBEDDED_MAX && members.len() < LISTS_MAX {
            size += list.len();
            members.push(list);
        }
    }
    if members.len() == own.len() {
        return Ok(token.to_vec());
    }
    Ok(replaced(token, &mut members)?)
}

/// The token with these lists instead of its own. Each other part keeps its bytes.
fn replaced(token: &[u8], lists: &mut [&[u8]]) -> Result<Vec<u8>, DerError> {
    let mut info = Fields::of_value(token, Tag::Sequence, "ContentInfo")?;
    let content_type = info.encoded()?;
    let wrapped = info.content(constructed(0))?;
    let mut data = Fields::of_value(wrapped, Tag::Sequence, "SignedData")?;
    let mut parts = vec![data.encoded()?, data.encoded()?, data.encoded()?];
    if data.next_is(constructed(0)) {
        parts.push(data.encoded()?);
    }
    data.optional(constructed(1))?;
    lists.sort_unstable();
    let set = encode_all(constructed(1), lists)?;
    parts.push(&set);
    parts.push(data.encoded()?);
    let data = encode_all(Tag::Sequence, &parts)?;
    encode_all(Tag::Sequence, &[content_type, &encode(constructed(0), &data)?])
}
