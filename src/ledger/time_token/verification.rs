//! Verification of one timestamp token, offline.
//!
//! ```
//! use tiezheng::ledger::time_token::trust::TsaTrust;
//! use tiezheng::ledger::time_token::verification::verify;
//! // Without trusted authorities no token is accepted.
//! assert!(verify(b"no token", b"checkpoint text", &TsaTrust::default()).is_err());
//! ```

use super::algorithm::ImprintAlgorithm;
use super::certificate::{CertificateError, KeyKind, SignerCertificate};
use super::embedding::for_storage;
use super::path::{PathCheck, PathError, Revocation};
use super::request::TimeStampRequest;
use super::response::{ResponseError, token_of};
use super::signature::{self, SignatureError};
use super::signed_data::{SignedDataError, SignedToken};
use super::trust::{RevocationList, TsaTrust};
use super::tst_info::{Accuracy, Nonce, TstInfo, TstInfoError};
use crate::ledger::time::Timestamp;
use crate::ledger::verify::attestation::TimeToken;

/// Maximum number of tokens of a receipt.
pub const TOKENS_MAX: usize = 64;

/// Maximum delay of an authority's clock behind a ledger's clock, beyond the stated accuracy, in milliseconds.
const CLOCK_TOLERANCE_MILLIS: u64 = 60_000;

/// Why a timestamp token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeTokenError {
    /// Not a token.
    #[error(transparent)]
    Message(#[from] SignedDataError),
    /// Its content is not accepted.
    #[error(transparent)]
    Statement(#[from] TstInfoError),
    /// It is a token for other bytes.
    #[error("the timestamp token is for other data: its imprint is not the {} digest of this checkpoint", .algorithm.name())]
    OtherImprint {
        /// The digest algorithm of its imprint.
        algorithm: ImprintAlgorithm,
    },
    /// It belongs to another request.
    #[error("the timestamp token does not repeat the nonce of the request: it answers another one")]
    OtherNonce,
    /// The signer's certificate is not accepted.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The signature is not accepted.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The authority is not trusted.
    #[error(transparent)]
    Path(#[from] PathError),
    /// It stamps an earlier token that is not for this checkpoint.
    #[error("the timestamp token renews a token that is not for this checkpoint")]
    RenewsOther,
    /// More tokens than a receipt may have.
    #[error("more than {} timestamp tokens", TOKENS_MAX)]
    TooMany,
}

impl TimeTokenError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Message(error) => error.code(),
            Self::Statement(error) => error.code(),
            Self::OtherImprint { .. } => "time_token_imprint_mismatch",
            Self::OtherNonce => "time_token_nonce_mismatch",
            Self::Certificate(error) => error.code(),
            Self::Signature(error) => error.code(),
            Self::Path(error) => error.code(),
            Self::RenewsOther => "time_token_renews_other",
            Self::TooMany => "time_tokens_too_many",
        }
    }

    /// The message in Chinese.
    #[must_use]
    pub fn chinese(&self) -> String {
        let text = match self.code() {
            "time_token_too_large" => "时间戳令牌过大",
            "time_token_malformed" => "时间戳令牌格式有误",
            "time_token_other_content" => "该数据不是时间戳令牌",
            "time_token_version_unknown" => "时间戳令牌的版本未知",
            "time_token_signers" => "时间戳令牌须恰有一个签名者",
            "time_token_attributes" => "时间戳令牌缺少必要的签名属性，或该属性有误",
            "time_token_extension_unknown" => "时间戳令牌含有无法识别的关键扩展",
            "time_token_algorithm_weak" => "时间戳令牌使用了已不安全的算法（如 SHA-1、MD5 或过短的密钥）",
            "time_token_algorithm_unsupported" => "时间戳令牌使用了本程序不支持的算法",
            "time_token_imprint_mismatch" => "时间戳令牌对应的是其他数据：其摘要与该检查点不符",
            "time_token_nonce_mismatch" => "时间戳令牌并非对本次请求的应答：随机数不符",
            "time_token_certificate_missing" => "时间戳令牌中没有签名者的证书",
            "time_token_certificate_malformed" => "时间戳机构的证书格式有误",
            "time_token_certificate_purpose" => "时间戳机构的证书并非专为时间戳签发",
            "time_token_authority_mismatch" => "时间戳令牌所载机构名称与其证书不符",
            "time_token_altered" => "时间戳令牌的内容与所签摘要不符",
            "time_token_certificate_mismatch" => "时间戳令牌的签名指向另一张证书",
            "time_token_signature_invalid" => "时间戳令牌的签名无效",
            "time_token_authority_unknown" => "时间戳机构不受信任：其证书并非由所配置的 CA 签发",
            "time_token_certificate_expired" => "在时间戳所载时间，时间戳机构的证书链不在有效期内",
            "time_token_certificate_revoked" => "时间戳机构的证书已被吊销",
            "time_token_revocation_list_invalid" => "证书吊销列表并非由签发时间戳机构证书的 CA 签名",
            "time_token_renews_other" => "该令牌续期的令牌并非针对该检查点",
            "time_tokens_too_many" => "时间戳令牌过多",
            _ => "时间戳机构的证书链无效",
        };
        format!("{text}（{}）", self.code())
    }
}

/// The kind of data that a token stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamped {
    /// The checkpoint's text, or other bytes given by the caller.
    Content,
    /// The previous token in the list, as encoded: a renewal of its signature (RFC 4998 section 5.2, timestamp
    /// renewal).
    PreviousToken,
    /// The checkpoint's text and all earlier tokens: a renewal with another digest algorithm (hash-tree renewal).
    History,
}

/// A valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedToken {
    /// The authority: common name and organisation of its certificate.
    pub authority: String,
    /// The time that it attests: genTime, rounded down to a millisecond.
    pub time: Timestamp,
    /// The latest time at which the authority can have created the token: `time` with rounding and accuracy.
    pub latest: Timestamp,
    /// The accuracy of the time, as the authority states it.
    pub accuracy: Option<Accuracy>,
    /// The serial number, in hexadecimal digits.
    pub serial: String,
    /// The policy, an object identifier in dotted form.
    pub policy: String,
    /// The digest algorithm of the imprint.
    pub imprint: ImprintAlgorithm,
    /// The kind of stamped data.
    pub stamped: Stamped,
    /// The key that signed it.
    pub key: KeyKind,
    /// When the first certificate of its path expires.
    pub valid_until: Timestamp,
    /// Whether revocation was checked.
    pub revocation: Revocation,
}

impl VerifiedToken {
    /// Whether the token's time is before the stamped data's `time` (of the last block under the checkpoint) by more
    /// than clocks may differ. If so, the authority's clock or the ledger's clock was wrong.
    #[must_use]
    pub const fn is_older_than(&self, time: Timestamp) -> bool {
        self.latest.as_millis().saturating_add(CLOCK_TOLERANCE_MILLIS) < time.as_millis()
    }
}

impl From<&VerifiedToken> for TimeToken {
    fn from(token: &VerifiedToken) -> Self {
        Self { authority: token.authority.clone(), time: token.time }
    }
}

/// The unverified time in a token, for tokens that were verified before they were stored. `None` if it is not a token.
#[must_use]
pub fn stated_time(token: &[u8]) -> Option<Timestamp> {
    OpenedToken::parse(token).ok().map(|token| token.info.time)
}

/// Verifies a token for `imprinted`, whose digest the token must contain.
///
/// # Errors
///
/// [`TimeTokenError`].
pub fn verify(token: &[u8], imprinted: &[u8], trust: &TsaTrust) -> Result<VerifiedToken, TimeTokenError> {
    let opened = OpenedToken::parse(token)?;
    if !opened.stamps(&[imprinted]) {
        return Err(TimeTokenError::OtherImprint { algorithm: opened.info.algorithm });
    }
    opened.verify(Stamped::Content, None, trust)
}

/// A verified token from an authority's response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampedToken {
    /// The token in the form in which it is stored ([`for_storage`]), with the certificates of its authority.
    pub der: Vec<u8>,
    /// The verified content.
    pub verified: VerifiedToken,
}

/// Why the response of an authority is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// It contains no token.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// Its token is not accepted.
    #[error(transparent)]
    Token(#[from] TimeTokenError),
}

/// Verifies an authority's response to `request`: a token for its digest, with its nonce. The revocation lists of
/// `trust` are stored in the token.
///
/// # Errors
///
/// [`AnswerError`].
pub fn verify_answer(
    response: &[u8],
    request: &TimeStampRequest,
    trust: &TsaTrust,
) -> Result<StampedToken, AnswerError> {
    let token = token_of(response)?;
    let opened = OpenedToken::parse(token)?;
    let TstInfo { algorithm, digest, nonce, .. } = &opened.info;
    if (*algorithm, *digest) != (request.algorithm, request.digest) {
        return Err(TimeTokenError::OtherImprint { algorithm: *algorithm }.into());
    }
    if *nonce != Some(Nonce::Number(request.nonce)) {
        return Err(TimeTokenError::OtherNonce.into());
    }
    let der = for_storage(token, trust).map_err(TimeTokenError::from)?;
    // The stored form is verified, not the received form.
    let verified = OpenedToken::parse(&der)?.verify(Stamped::Content, None, trust)?;
    Ok(StampedToken { der, verified })
}

/// A parsed token, not verified.
pub(super) struct OpenedToken<'a> {
    message: SignedToken<'a>,
    pub(super) info: TstInfo,
}

impl<'a> OpenedToken<'a> {
    pub(super) fn parse(token: &'a [u8]) -> Result<Self, TimeTokenError> {
        let message = SignedToken::parse(token)?;
        let info = TstInfo::parse(message.content)?;
        Ok(Self { message, info })
    }

    /// Whether its imprint is the digest of `parts`, one after the other.
    pub(super) fn stamps(&self, parts: &[&[u8]]) -> bool {
        self.info.algorithm.digest(parts) == self.info.digest
    }

    /// Verifies everything except the imprint. `existed` is a time at which the token existed, proven by a later token.
    pub(super) fn verify(
        self,
        stamped: Stamped,
        existed: Option<Timestamp>,
        trust: &TsaTrust,
    ) -> Result<VerifiedToken, TimeTokenError> {
        let Self { message, info } = self;
        let certificate = SignerCertificate::find(&message.certificates, message.signer.id)?;
        signature::check(&message.signer, message.content, &certificate)?;
        certificate.check_purpose()?;
        if let Some(authority) = &info.authority {
            certificate.check_name(authority)?;
        }
        // Lists that cannot be parsed are ignored: the token's signature does not cover them, so anyone can add them.
        let lists: Vec<_> = message.lists.iter().filter_map(|der| RevocationList::parse(der).ok()).collect();
        let check = PathCheck {
            signer: certificate.der,
            others: &message.certificates,
            lists: &lists,
            trust,
            time: info.time,
            existed,
        };
        let path = check.run()?;
        Ok(VerifiedToken {
            authority: certificate.name(),
            time: info.time,
            latest: info.latest(),
            accuracy: info.accuracy,
            serial: info.serial,
            policy: info.policy,
            imprint: info.algorithm,
            stamped,
            key: certificate.key(),
            valid_until: certificate.not_after().min(path.valid_until),
            revocation: path.revocation,
        })
    }
}
