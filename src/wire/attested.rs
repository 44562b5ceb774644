//! What other organisations attest of a deposit, in a report: signatures of witnesses and trusted time.

use serde::{Deserialize, Serialize};

use crate::ledger::verify::attestation::{
    Member, MemberCheck, MemberCheckpoint, MemberCosignature, TimeCheck, TimeToken, WitnessCheck,
};
use crate::ledger::verify::wording;
use crate::wire::bilingual::Bilingual;
use crate::wire::facts::beijing_time;

/// The kind of an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemberKindJson {
    /// `court`, `notary`, `appraisal` or `other`.
    #[schema(example = "notary")]
    pub code: String,
    /// The text for people.
    #[serde(flatten)]
    pub text: Bilingual,
}

/// A witness that signed, or whose checkpoint was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportWitnessJson {
    /// The name of its key.
    #[schema(example = "witness.court.example")]
    pub witness: String,
    /// The organisation, as the verifier's own file names it; absent if it does not / 机构.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Its kind, likewise / 机构类型.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<MemberKindJson>,
    /// When it signed, by its own clock, Beijing time.
    pub signed_at: String,
    /// Number of leaves of the checkpoint that it holds; only if that was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

/// Whose policy names the witnesses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyOwner {
    /// The person who verifies.
    #[default]
    Verifier,
    /// The node that made the report: it says what the node itself relies on.
    Node,
}

/// The signatures of witnesses on the receipt's checkpoint, by the policy of the verifier or of the node: "k of n; required r".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReportWitnessesJson {
    /// k: how many witnesses signed / 签名数.
    pub signed: usize,
    /// n: how many witnesses can count.
    pub witnesses: usize,
    /// r: how many are required / 要求数.
    pub required: usize,
    /// Whether those that signed are a quorum by the policy.
    pub quorum_reached: bool,
    /// Whose policy it is: `verifier` or `node` / 策略所属.
    #[serde(default)]
    pub policy_of: PolicyOwner,
    /// Those that signed.
    pub items: Vec<ReportWitnessJson>,
    /// The name of a witness in whose name a signature is forged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forged: Option<String>,
}

/// A time that an authority attests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AttestedTimeJson {
    /// Beijing time.
    pub time: String,
    /// The authority, as its certificate names it.
    pub authority: String,
}

/// 可信时间: what trusted timestamp authorities attest. It is neither 交易提交时间 nor 区块生成时间.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrustedTimeJson {
    /// The text for people.
    pub label: Bilingual,
    /// The deposit existed no later than this, Beijing time.
    pub not_later_than: String,
    /// The authorities and their times, the earliest first.
    pub tokens: Vec<AttestedTimeJson>,
    /// The newest stamped checkpoint that does not contain the deposit, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_contained_at: Option<AttestedTimeJson>,
}

impl ReportWitnessesJson {
    /// `None` without a policy.
    #[must_use]
    pub fn of(check: &WitnessCheck, policy_of: PolicyOwner) -> Option<Self> {
        match check {
            WitnessCheck::NoPolicy => None,
            WitnessCheck::Forged { witness } => Some(Self {
                signed: 0,
                witnesses: 0,
                required: 0,
                quorum_reached: false,
                policy_of,
                items: Vec::new(),
                forged: Some(witness.to_string()),
            }),
            WitnessCheck::Counted(quorum) => Some(Self {
                signed: quorum.cosignatures.len(),
                witnesses: quorum.witnesses,
                required: quorum.required,
                quorum_reached: quorum.reached,
                policy_of,
                items: quorum.cosignatures.iter().map(ReportWitnessJson::from).collect(),
                forged: None,
            }),
        }
    }
}

fn kind(member: &Member) -> MemberKindJson {
    let text = Bilingual::of(|language| wording::member_kind(member.kind, language));
    MemberKindJson { code: member.kind.word().into(), text }
}

impl From<&MemberCosignature> for ReportWitnessJson {
    fn from(MemberCosignature { cosignature, member }: &MemberCosignature) -> Self {
        Self {
            witness: cosignature.witness.to_string(),
            organisation: member.as_ref().map(|member| member.organisation.clone()),
            kind: member.as_ref().map(kind),
            signed_at: beijing_time(cosignature.time),
            size: None,
        }
    }
}

impl From<&MemberCheckpoint> for ReportWitnessJson {
    fn from(held: &MemberCheckpoint) -> Self {
        Self {
            witness: held.witness.to_string(),
            organisation: held.member.as_ref().map(|member| member.organisation.clone()),
            kind: held.member.as_ref().map(kind),
            signed_at: beijing_time(held.time),
            size: Some(held.size.0),
        }
    }
}

impl ReportWitnessJson {
    /// The checkpoints of witnesses with which the receipt was compared.
    #[must_use]
    pub fn compared(check: &MemberCheck) -> Vec<Self> {
        match check {
            MemberCheck::NotPerformed(_) => Vec::new(),
            MemberCheck::Agrees(members) => members.iter().map(Self::from).collect(),
            MemberCheck::Contradicted { by, .. } => vec![Self::from(by)],
        }
    }
}

impl From<&TimeToken> for AttestedTimeJson {
    fn from(token: &TimeToken) -> Self {
        Self { time: beijing_time(token.time), authority: token.authority.clone() }
    }
}

impl TrustedTimeJson {
    /// `None` if no trusted authority attests the time.
    #[must_use]
    pub fn of(check: &TimeCheck) -> Option<Self> {
        let TimeCheck::Verified(time) = check else { return None };
        Some(Self {
            label: Bilingual::new("可信时间", "trusted time"),
            not_later_than: beijing_time(time.not_later_than),
            tokens: time.tokens.iter().map(AttestedTimeJson::from).collect(),
            not_contained_at: time.not_contained_at.as_ref().map(AttestedTimeJson::from),
        })
    }
}
