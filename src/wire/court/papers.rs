//! Documents on the chain, their versions, and who acted, as the records of a case show them.

use serde::{Deserialize, Serialize};

use crate::court::case::session_records::{Actor, DepositedDocument, PaperVersion};
use crate::court::case::state::CaseFile;
use crate::ledger::hash::Digest;
use crate::ledger::statement::content::HashAlgorithm;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::coded;
use crate::wire::court::people::CapacityJson;
use crate::wire::facts::{DigestJson, beijing_time};
use crate::wire::report::CodedText;

/// Who acted, when, and in which capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActorJson {
    /// The account.
    pub by: String,
    /// Its capacity.
    pub capacity: CapacityJson,
    /// When, Beijing time.
    pub at: String,
    /// Sequence of the act in the case.
    pub sequence: u64,
}

impl ActorJson {
    /// The actor of an act of `file`.
    #[must_use]
    pub fn of(file: &CaseFile, actor: &Actor) -> Self {
        Self {
            by: actor.by.to_string(),
            capacity: CapacityJson::of(file, actor.capacity),
            at: beijing_time(actor.position.at),
            sequence: actor.position.sequence,
        }
    }
}

/// A document on the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DocumentJson {
    /// 存证编号.
    pub deposit_number: String,
    /// Its digests.
    pub data_hash: Vec<DigestJson>,
    /// Its size in bytes.
    pub size: u64,
    /// Its media type, as its depositor stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// Digests as answers show them.
#[must_use]
pub fn digests_json(digests: &[(HashAlgorithm, Digest)]) -> Vec<DigestJson> {
    let one = |(algorithm, digest): &(HashAlgorithm, Digest)| DigestJson {
        algorithm: algorithm.to_string(),
        value: digest.to_string(),
    };
    digests.iter().map(one).collect()
}

impl DocumentJson {
    /// A document.
    #[must_use]
    pub fn of(document: &DepositedDocument) -> Self {
        Self {
            deposit_number: document.number.to_string(),
            data_hash: digests_json(&document.digests),
            size: document.size,
            media_type: document.media_type.map(|media_type| media_type.as_str().to_owned()),
        }
    }
}

/// A version of a transcript or an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct VersionJson {
    /// Its number, from 1.
    pub version: u32,
    /// How it was made, for a transcript.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<CodedText>,
    /// The document.
    #[serde(flatten)]
    pub document: DocumentJson,
    /// Who added it.
    pub added: ActorJson,
}

/// The versions of a paper.
#[must_use]
pub fn versions_json(file: &CaseFile, versions: &[PaperVersion]) -> Vec<VersionJson> {
    let one = |(number, version): (u32, &PaperVersion)| VersionJson {
        version: number,
        source: version.source.map(|source| coded(source.word(), Bilingual::of(|language| source.label(language)))),
        document: DocumentJson::of(&version.document),
        added: ActorJson::of(file, &version.added),
    };
    (1..).zip(versions).map(one).collect()
}
