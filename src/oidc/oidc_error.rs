//! Why a login with an identity provider fails.

use crate::error_code::ErrorCode;
use crate::oidc::id_token::ClaimError;
use crate::oidc::jws::TokenError;

/// Why a login did not begin or end. No session began.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OidcError {
    /// No provider is configured for the court.
    #[error("no identity provider is configured for this court: sign in with login name and password at /login")]
    NoProvider,
    /// The login did not begin in this browser, or is over.
    #[error(
        "this login did not begin in this browser, has ended, or took longer than ten minutes; begin again at /login"
    )]
    State,
    /// The provider refused the login of the person.
    #[error(
        "the identity provider refused the login: {0}. Begin again at /login, or ask the provider's administrators"
    )]
    Denied(String),
    /// The provider refused the node: the configuration of one of them is wrong.
    #[error(
        "the identity provider refused this node: {0}. The operator compares client_id, client_secret_file and redirect_uri \
         with the registration at the provider"
    )]
    Configuration(String),
    /// The provider did not answer as the specification says.
    #[error("the identity provider cannot be used: {0}. Try again later; if it goes on, tell the operator")]
    Provider(String),
    /// The signature of the ID token.
    #[error("the ID token was rejected: {0}. Begin again at /login; if it happens again, tell the operator")]
    Token(#[from] TokenError),
    /// The claims of the ID token.
    #[error("the ID token was rejected: {0}. Begin again at /login; if it happens again, tell the operator")]
    Claims(#[from] ClaimError),
    /// No random bytes were available.
    #[error("the machine gives no randomness: try again later")]
    NoRandomness,
}

/// What a refusal of a provider is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Person,
    Configuration,
    Provider,
}

/// What an error code is about: RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6.
fn cause_of(code: &str) -> Cause {
    match code {
        "invalid_client"
        | "unauthorized_client"
        | "unsupported_grant_type"
        | "unsupported_response_type"
        | "invalid_request"
        | "invalid_scope"
        | "invalid_redirect_uri"
        | "request_not_supported"
        | "registration_not_supported" => Cause::Configuration,
        "server_error" | "temporarily_unavailable" => Cause::Provider,
        _ => Cause::Person,
    }
}

impl OidcError {
    /// The error for an error code of a provider.
    #[must_use]
    pub fn of_error_code(code: &str) -> Self {
        let shown = sanitize_error_code(code);
        match cause_of(code) {
            Cause::Person => Self::Denied(shown),
            Cause::Configuration => Self::Configuration(shown),
            Cause::Provider => Self::Provider(shown),
        }
    }

    /// The stable code; `None` for what only the operator can do something about.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        Some(match self {
            Self::NoProvider => ErrorCode::NotFound,
            Self::State => ErrorCode::LoginState,
            Self::Denied(_) => ErrorCode::ProviderDenied,
            Self::Configuration(_) | Self::Provider(_) => ErrorCode::ProviderUnavailable,
            Self::Token(_) | Self::Claims(_) => ErrorCode::IdTokenRejected,
            Self::NoRandomness => return None,
        })
    }

    /// The message in Chinese.
    #[must_use]
    pub fn in_chinese(&self) -> String {
        match self {
            Self::NoProvider => "该院未配置统一身份认证，请以登录名和密码登录".into(),
            Self::State => "该登录并非由本浏览器发起、已结束或者超过十分钟，请从登录页重新登录".into(),
            Self::Denied(code) => format!("统一身份认证拒绝了登录：{code}。请从登录页重新登录，或者联系其管理员"),
            Self::Configuration(code) => {
                format!(
                    "统一身份认证不接受本节点：{code}。请平台管理员核对 client_id、client_secret_file 和 redirect_uri"
                )
            }
            Self::Provider(what) => format!("统一身份认证暂不可用：{what}。请稍后重试，仍不能登录的请告知平台管理员"),
            Self::Token(TokenError::UnknownKey) => "登录令牌的签名密钥未公布，请从登录页重新登录".into(),
            Self::Token(_) => "登录令牌的签名未通过校验，请从登录页重新登录，仍不能登录的请告知平台管理员".into(),
            Self::Claims(ClaimError::AuthenticationAge) => {
                "身份认证时间过早或者未载明，请重新登录统一身份认证，仍不能登录的请告知平台管理员".into()
            }
            Self::Claims(ClaimError::Expired | ClaimError::IssuedAt) => {
                "登录令牌的时间不符，请平台管理员核对统一身份认证和本节点的时钟".into()
            }
            Self::Claims(_) => {
                "登录令牌所载内容与本次登录不符，请从登录页重新登录，仍不能登录的请告知平台管理员".into()
            }
            Self::NoRandomness => "本机无法产生随机数，请稍后重试".into(),
        }
    }
}

/// The error of a provider that did not answer as it must.
#[must_use]
pub fn provider_error(what: &str) -> OidcError {
    OidcError::Provider(what.to_owned())
}

/// An error code of a provider as far as it can be shown: at most 64 letters, digits and `_.-`; `error` for any other text.
#[must_use]
pub fn sanitize_error_code(code: &str) -> String {
    let is_code = !code.is_empty()
        && code.len() <= 64
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if is_code { code.to_owned() } else { "error".to_owned() }
}
