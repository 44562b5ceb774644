//! A form that a page has posted.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use zeroize::Zeroizing;

use crate::error_code::ErrorCode;
use crate::http::app_state::AppState;
use crate::http::body;
use crate::http::client_address::ClientAddress;
use crate::http::problem::ApiError;
use crate::http::request::require_content_type;

/// The media type of a form.
pub const FORM_TYPE: &str = "application/x-www-form-urlencoded";
/// Longest form in bytes.
const FORM_MAX: usize = 256 * 1024;

/// The fields of a form, in their order. Browsers send line breaks as CR LF; here they are LF.
pub struct Form(Vec<(String, Zeroizing<String>)>);

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Form {
    /// Reads `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let fields = form_urlencoded::parse(bytes);
        let text = |value: &str| Zeroizing::new(value.replace("\r\n", "\n"));
        Self(fields.map(|(name, value)| (name.into_owned(), text(&value))).collect())
    }

    /// With more values for fields that have none.
    #[must_use]
    pub fn and(mut self, more: Vec<(String, String)>) -> Self {
        self.0.extend(more.into_iter().map(|(name, value)| (name, Zeroizing::new(value))));
        self
    }

    /// The value of a field as it was typed; empty if there is none.
    #[must_use]
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    /// The value of a field without white space around it.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value of a field; `None` if it is empty.
    #[must_use]
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// All values of a field, as of check boxes with the same name.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All fields, in their order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a check box is set.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        !self.raw(name).is_empty()
    }
}

impl FromRequest<Arc<AppState>> for Form {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let client = ClientAddress::from_request_parts(&mut parts, state).await?;
        require_content_type(&parts.headers, FORM_TYPE)?;
        let bytes = body::read(state, client.group(), &parts.headers, body, FORM_MAX).await?;
        if std::str::from_utf8(&bytes).is_err() {
            return Err(ApiError::new(ErrorCode::InvalidUtf8, "a form is UTF-8"));
        }
        Ok(Self::parse(&bytes))
    }
}

/// A code that was typed or pasted, without the label before its colon: `关联码：7K2M-X9QT-3D5W`.
#[must_use]
pub fn without_label(typed: &str) -> &str {
    typed.rsplit([':', '：']).next().unwrap_or(typed).trim()
}

/// The parameters in the address of a page. Unknown ones are ignored, since other sites may add some to a link.
#[derive(Debug)]
pub struct PageParameters(pub Form);

impl<S: Sync> FromRequestParts<S> for PageParameters {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(Form::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_without_its_label() {
        for typed in
            ["7K2M-X9QT", " 7K2M-X9QT ", "关联码：7K2M-X9QT", "Association code: 7K2M-X9QT\n", "重置码:　7K2M-X9QT"]
        {
            assert_eq!(without_label(typed), "7K2M-X9QT", "{typed}");
        }
    }

    #[test]
    fn fields_are_read_as_a_browser_sends_them() {
        let form = Form::parse("a=+%E5%BC%A0+&b=1%0D%0A2&c=x&c=y&d=".as_bytes());
        assert_eq!((form.text("a"), form.raw("a"), form.text("b")), ("张", " 张 ", "1\n2"));
        assert_eq!((form.all("c").collect::<Vec<_>>(), form.text("c")), (vec!["x", "y"], "x"));
        assert_eq!((form.some("d"), form.some("e"), form.is_set("c")), (None, None, true));
        assert!(!format!("{form:?}").contains('张'), "values are not logged");
    }
}
