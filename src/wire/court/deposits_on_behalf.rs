//! Deposits by token, which the platform signs on behalf of an account: requests and answers.
//!
//! Only digests are sent; the texts stay off the chain, under a salted commitment.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::court::line_value::LineValue as _;
use crate::court::personal_numbers::PersonalNumber;
use crate::court::words::EvidenceClass;
use crate::error_code::ErrorCode;
use crate::ledger::hash::lower_hex;
use crate::ledger::media::MediaType;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, Form};
use crate::ledger::statement::text::{Link, LinkKind};
use crate::ledger::text::{Fault, hex_value};
use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::beijing_time;
use crate::wire::json;
use crate::wire::receipt::ReceiptJson;

/// Most links of one deposit, as in the statement.
const LINKS_MAX: usize = 16;

/// Why a request for a deposit by token is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OnBehalfError {
    /// A value is invalid.
    #[error("`{field}`: expected {expected}")]
    BadValue {
        /// The field.
        field: &'static str,
        /// The accepted form.
        expected: &'static str,
    },
    /// A word is none of those that are accepted.
    #[error("`{field}`: expected {expected}")]
    Word {
        /// The field.
        field: &'static str,
        /// The words of requests.
        expected: &'static str,
        /// The accepted words in Chinese.
        in_chinese: String,
    },
    /// The digests or the size.
    #[error(transparent)]
    Content(#[from] Fault),
}

impl OnBehalfError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::BadValue { .. } | Self::Word { .. } => ErrorCode::BadValue,
            Self::Content(fault) => fault.code(),
        }
    }
}

const fn bad(field: &'static str, expected: &'static str) -> OnBehalfError {
    OnBehalfError::BadValue { field, expected }
}

/// The depositor's statement on the origin of the data, under the headings of 人民法院在线诉讼规则 art. 18.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvenanceJson {
    /// 具体来源.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// 生成机制.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<String>,
    /// 存储过程.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<String>,
    /// 公证机构公证.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notarisation: Option<String>,
    /// 第三方见证.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub third_party_witness: Option<String>,
    /// 关联印证数据.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corroboration: Option<String>,
}

impl ProvenanceJson {
    fn listed(&self) -> [(&'static str, Option<&String>); 6] {
        [
            ("source", self.source.as_ref()),
            ("generation", self.generation.as_ref()),
            ("storage", self.storage.as_ref()),
            ("notarisation", self.notarisation.as_ref()),
            ("third_party_witness", self.third_party_witness.as_ref()),
            ("corroboration", self.corroboration.as_ref()),
        ]
    }
}

/// A link to an earlier deposit of the same account, or, with `refers`, to any deposit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// `corrects`, `refers`, `replaces`, `supplements` or `withdraws`.
    #[schema(example = "supplements")]
    pub kind: String,
    /// The earlier deposit.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub deposit_number: String,
}

/// A deposit to be made by the platform.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "sha_256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "sm3": "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0", "size": 3, "name": "购买合同", "media_type": "application/pdf" }))]
pub struct OnBehalfRequest {
    /// SHA-256 of the original, or of salt and original. This or `sm3`, better both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha_256: Option<String>,
    /// SM3, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sm3: Option<String>,
    /// Size of the original in bytes: required without a salt, forbidden with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// 64 hex digits, where the digests are of this salt and the original: kept with the private content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The kind of data: a listed media type in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "application/pdf")]
    pub media_type: Option<String>,
    /// 证据名称.
    pub name: String,
    /// 说明.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Class of electronic data: `web-publishing`, `messages`, `logs`, `files` or `other`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "files")]
    pub evidence_class: Option<String>,
    /// Origin of the data, as the depositor states it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::optional_object")]
    pub provenance: Option<ProvenanceJson>,
    /// Links to earlier deposits, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::objects")]
    pub links: Vec<LinkRequest>,
}

impl OnBehalfRequest {
    /// The digests of the original.
    ///
    /// # Errors
    ///
    /// [`OnBehalfError`].
    pub fn content(&self) -> Result<Content, OnBehalfError> {
        let digest = |field, text: Option<&String>| {
            text.map(|text| hex_value(field, text).map(crate::ledger::hash::Digest)).transpose()
        };
        let form = match (self.size, self.salt.as_deref()) {
            (Some(size), None) => Form::Plain { size },
            (None, Some(salt)) if lower_hex::<SALT_LEN>(salt).is_some() => Form::Salted,
            (_, Some(salt)) if lower_hex::<SALT_LEN>(salt).is_none() => {
                return Err(bad("salt", "64 lower-case hex digits"));
            }
            (Some(_), Some(_)) => return Err(bad("size", "no size beside a salt")),
            _ => return Err(bad("size", "the size in bytes, or a salt")),
        };
        let content =
            Content { form, sha256: digest("sha_256", self.sha_256.as_ref())?, sm3: digest("sm3", self.sm3.as_ref())? };
        content.check()?;
        Ok(content)
    }

    /// The kind of data.
    ///
    /// # Errors
    ///
    /// [`OnBehalfError`].
    pub fn media_type(&self) -> Result<Option<MediaType>, OnBehalfError> {
        let listed =
            |text: &String| MediaType::parse(text).ok_or(bad("media_type", "a listed media type in lower case"));
        self.media_type.as_ref().map(listed).transpose()
    }

    /// The links, sorted as a statement has them.
    ///
    /// # Errors
    ///
    /// [`OnBehalfError`].
    pub fn links(&self) -> Result<Vec<Link>, OnBehalfError> {
        if self.links.len() > LINKS_MAX {
            return Err(bad("links", "at most 16 links"));
        }
        let link = |asked: &LinkRequest| {
            let kind = LinkKind::parse(&asked.kind);
            let kind = kind.ok_or_else(|| OnBehalfError::Word {
                field: "kind",
                expected: "corrects, refers, replaces, supplements or withdraws",
                in_chinese: "应为 corrects（更正）、refers（提及）、replaces（替换）、supplements（补充）、withdraws（撤回）之一".into(),
            })?;
            let number = DepositNumber::parse(&asked.deposit_number);
            Ok(Link { kind, number: number.map_err(|_| bad("deposit_number", "a deposit number"))? })
        };
        let mut links = self.links.iter().map(link).collect::<Result<Vec<_>, OnBehalfError>>()?;
        links.sort_by_key(|link| format!("{} {}", link.kind.word(), link.number));
        Ok(links)
    }

    /// The private metadata, without who made the deposit.
    ///
    /// # Errors
    ///
    /// [`OnBehalfError`].
    pub fn metadata(&self) -> Result<Map<String, Value>, OnBehalfError> {
        let mut metadata = Map::new();
        metadata.insert("name".into(), Value::from(self.name.as_str()));
        if let Some(description) = &self.description {
            metadata.insert("description".into(), Value::from(description.as_str()));
        }
        if let Some(class) = &self.evidence_class {
            let class = EvidenceClass::parse_typed(class).ok_or_else(|| OnBehalfError::Word {
                field: "evidence_class",
                expected: EvidenceClass::EXPECTED,
                in_chinese: EvidenceClass::expected_in_chinese().unwrap_or_default(),
            })?;
            metadata.insert("evidence_class".into(), Value::from(class.word()));
        }
        if let Some(provenance) = &self.provenance {
            let said = provenance
                .listed()
                .into_iter()
                .filter_map(|(name, text)| Some((name.to_owned(), text?.as_str().into())));
            metadata.insert("provenance".into(), Value::Object(said.collect()));
        }
        if let Some(salt) = &self.salt {
            metadata.insert("original_salt".into(), Value::from(salt.as_str()));
        }
        Ok(metadata)
    }

    /// All free texts.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let provenance = self.provenance.iter().flat_map(|provenance| provenance.listed()).filter_map(|(_, text)| text);
        [&self.name].into_iter().chain(&self.description).chain(provenance).cloned().collect()
    }
}

/// A warning that does not affect the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct WarningJson {
    /// The stable code.
    #[schema(example = "looks_like_mobile_number")]
    pub code: String,
    /// The text of the warning.
    #[serde(flatten)]
    pub text: Bilingual,
}

impl WarningJson {
    /// The warning for a text that seems to contain a personal number.
    #[must_use]
    pub fn of(suspicion: PersonalNumber) -> Self {
        Self { code: suspicion.code().into(), text: Bilingual::of(|language| suspicion.label(language)) }
    }
}

/// A deposit that the platform has made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OnBehalfDepositJson {
    /// 存证编号.
    #[schema(example = "20261122-0K7M-X9QT-3D5W-C3")]
    pub deposit_number: String,
    /// The receipt / 存证回执. Keep it, and the original unchanged.
    pub receipt: ReceiptJson,
    /// The warnings.
    pub warnings: Vec<WarningJson>,
    /// False when the same request had made it before.
    pub fresh: bool,
}

/// A deposit of the requesting account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnDepositJson {
    /// 存证编号.
    pub deposit_number: String,
    /// Place of the entry in the tree.
    pub index: u64,
    /// 交易提交时间, Beijing time.
    pub tx_submitted_at: String,
    /// 证据名称; none once the private content is erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether the private content is erased.
    pub erased: bool,
}

impl OwnDepositJson {
    /// One deposit with its private metadata, `None` once that is erased.
    #[must_use]
    pub fn of(number: DepositNumber, index: u64, at: Timestamp, metadata: Option<&str>) -> Self {
        let value = metadata.and_then(|json| serde_json::from_str::<Value>(json).ok());
        let name = value.as_ref().and_then(|value| value.get("name")).and_then(Value::as_str);
        Self {
            deposit_number: number.to_string(),
            index,
            tx_submitted_at: beijing_time(at),
            name: name.map(str::to_owned),
            erased: metadata.is_none(),
        }
    }
}

/// Deposits that the platform made for the requesting account, the latest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OwnDepositsJson {
    /// A page of them.
    pub items: Vec<OwnDepositJson>,
    /// The `cursor` of the next page; null on the last one.
    pub next_cursor: Option<String>,
    /// Place of this access in the account's access log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_sequence: Option<u64>,
}

/// Private content of a deposit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PrivateContentJson {
    /// 存证编号.
    pub deposit_number: String,
    /// The metadata.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// The metadata byte for byte, as the chain commits to it.
    pub canonical: String,
    /// The salt: the statement's `meta` line is SHA-256(0x02 ‖ salt ‖ canonical).
    pub salt: String,
    /// Place of this access in the deposit's access log.
    pub access_sequence: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &Value) -> OnBehalfRequest {
        json::object(json.to_string().as_bytes(), 10_000).unwrap()
    }

    fn code(json: &Value) -> Option<&'static str> {
        request(json).content().err().map(|error| error.code().as_str())
    }

    #[test]
    fn digests_are_plain_with_a_size_or_salted_without() {
        let (digest, salt) = ("a".repeat(64), "b".repeat(64));
        let good = serde_json::json!({ "name": "x", "sha_256": digest, "size": 3 });
        assert_eq!(request(&good).content().unwrap().form, Form::Plain { size: 3 });
        let salted = serde_json::json!({ "name": "x", "sm3": digest, "salt": salt });
        assert_eq!(request(&salted).content().unwrap().form, Form::Salted);
        assert_eq!(request(&salted).metadata().unwrap().get("original_salt"), Some(&Value::from(salt.as_str())));
        for (bad, expected) in [
            (serde_json::json!({ "name": "x", "sha_256": digest }), "bad_value"),
            (serde_json::json!({ "name": "x", "size": 3 }), "missing_line"),
            (serde_json::json!({ "name": "x", "sha_256": digest, "size": 0 }), "bad_value"),
            (serde_json::json!({ "name": "x", "sha_256": digest, "size": 3, "salt": salt }), "bad_value"),
            (serde_json::json!({ "name": "x", "sha_256": digest, "salt": "b" }), "bad_value"),
            (serde_json::json!({ "name": "x", "sha_256": "aa", "size": 3 }), "wrong_length"),
        ] {
            assert_eq!(code(&bad), Some(expected), "{bad}");
        }
    }

    #[test]
    fn everything_written_is_looked_through() {
        let asked = serde_json::json!({
            "name": "n", "description": "d", "provenance": { "source": "s", "corroboration": "c" },
        });
        assert_eq!(request(&asked).texts(), ["n", "d", "s", "c"]);
        let class = serde_json::json!({ "name": "n", "evidence_class": "paper" });
        assert_eq!(request(&class).metadata().unwrap_err().code().as_str(), "bad_value");
    }
}
