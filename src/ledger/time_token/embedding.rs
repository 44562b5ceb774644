//! The stored form of a token: strict DER, with the revocation lists for its certificates (`crls` of `SignedData`, RFC
//! 5652 section 5.1). So a receipt verifies without other files and with other programs.
//!
//! The signature does not cover certificates and lists, so the token verifies before and after the change. They are
//! sets, which DER requires to be sorted; some authorities do not sort them, and some verifiers require it. A token is
//! converted once, before it is stored, because a later renewal stamps these bytes.

use der::Tag;

use super::certificate::issuer_and_serial;
use super::fields::{DerError, Fields, constructed, encode, encode_all};
use super::signed_data::{LISTS_MAX, SignedDataError, SignedToken, TOKEN_MAX};
use super::trust::TsaTrust;

/// Maximum length in bytes of a token with lists. A list that does not fit is left out.
const STORED_MAX: usize = TOKEN_MAX / 2;

/// The stored form of a token, with the revocation lists of `trust` for its certificates.
///
/// # Errors
///
/// [`SignedDataError`] if `token` is not a token.
pub fn for_storage(token: &[u8], trust: &TsaTrust) -> Result<Vec<u8>, SignedDataError> {
    let certificates = SignedToken::parse(token)?.certificates;
    let issuers: Vec<&[u8]> = certificates.iter().filter_map(|der| issuer_of(der).ok()).collect();
    let lists = trust.lists.iter().filter(|list| issuers.contains(&list.list.issuer()));
    with_revocation_lists(token, lists.map(|list| list.der.as_slice()))
}

/// The content of the issuer's name of a certificate.
fn issuer_of(certificate: &[u8]) -> Result<&[u8], DerError> {
    let (issuer, _) = issuer_and_serial(certificate)?;
    Fields::new(issuer, "Name")?.content(Tag::Sequence)
}

/// Adds these lists to those of the token, each once. A list that is not a sequence, or makes the token too large, is
/// left out.
pub(super) fn with_revocation_lists<'a>(
    token: &[u8],
    lists: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, SignedDataError> {
    let mut members = SignedToken::parse(token)?.lists;
    let mut size = token.len();
    for list in lists {
        let is_sequence = Fields::of_value(list, Tag::Sequence, "CertificateList").is_ok();
        let fits = size + list.len() <= STORED_MAX && members.len() < LISTS_MAX;
        if is_sequence && fits && !members.contains(&list) {
            size += list.len();
            members.push(list);
        }
    }
    Ok(rebuilt(token, members)?)
}

/// The token with sorted certificates and these lists. Each other part keeps its bytes.
fn rebuilt(token: &[u8], lists: Vec<&[u8]>) -> Result<Vec<u8>, DerError> {
    let mut info = Fields::of_value(token, Tag::Sequence, "ContentInfo")?;
    let content_type = info.encoded()?;
    let wrapped = info.content(constructed(0))?;
    let mut data = Fields::of_value(wrapped, Tag::Sequence, "SignedData")?;
    let mut parts = vec![data.encoded()?.to_vec(), data.encoded()?.to_vec(), data.encoded()?.to_vec()];
    if let Some(certificates) = data.optional(constructed(0))? {
        let mut fields = Fields::new(certificates, "CertificateSet")?;
        let mut members = Vec::new();
        while !fields.is_finished() {
            members.push(fields.encoded()?);
        }
        parts.push(set(constructed(0), members)?);
    }
    data.optional(constructed(1))?;
    if !lists.is_empty() {
        parts.push(set(constructed(1), lists)?);
    }
    parts.push(data.encoded()?.to_vec());
    let data = encode(Tag::Sequence, &parts.concat())?;
    encode_all(Tag::Sequence, &[content_type, &encode(constructed(0), &data)?])
}

/// A set in DER: sorted.
fn set(tag: Tag, mut members: Vec<&[u8]>) -> Result<Vec<u8>, DerError> {
    members.sort_unstable();
    encode_all(tag, &members)
}
