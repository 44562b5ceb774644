//! Pending objections to items of evidence, and who must prove what (在线诉讼规则 arts. 12, 16 to 19).
//!
//! # Invariants
//!
//! An objection is pending while the item is relied on and the party's latest reply raises it, until the court decides on the admission
//! of the item (证据规定 art. 97). A reply after that decision raises it anew. The burden that is named is the starting point of the
//! rules; the court may place it otherwise.

use crate::court::case::state::{Item, ReplyVersion};
use crate::court::ids::{ItemNumber, PartyNumber};
use crate::court::words::{Ground, Opinion, words};

words! {
    /// A property of an item that parties discuss (质证).
    Property {
        Authenticity = "authenticity" / "真实性" / "authenticity",
        Legality = "legality" / "合法性" / "legality",
        Relevance = "relevance" / "关联性" / "relevance",
    }
}

words! {
    /// Who must prove what to an objection.
    Burden {
        ObjectorRebuts = "objector-rebuts" / "由提出异议的一方提供足以推翻的相反证据" / "the objecting party provides contrary evidence sufficient to rebut",
        ObjectorGivesReasons = "objector-gives-reasons" / "由提出异议的一方说明合理理由；有合理理由的，法院结合存证平台、技术和过程审查" / "the objecting party gives good reasons; the court then reviews the platform, its technology and process",
        OfferingPartyProves = "offering-party-proves" / "由提出异议的一方提供证据或者说明理由；法院可以要求提交证据的一方证明上链前的真实性" / "the objecting party provides evidence or reasons; the court may require the offering party to prove authenticity before it went on the chain",
        OfferingPartyShowsOriginal = "offering-party-shows-original" / "由提交证据的一方提供原件、原物，或者以其他方式证明与原件、原物一致" / "the offering party presents the original, or proves otherwise that the item is identical with it",
        OfferingPartyExplains = "offering-party-explains" / "由提交证据的一方说明取得方式和与待证事实的关系" / "the offering party explains how it was obtained and how it relates to the fact to be proved",
        ObjectorExplains = "objector-explains" / "异议未说明依据，由提出异议的一方说明理由" / "the objection names no ground: the objecting party gives its reasons",
        CourtDecides = "court-decides" / "由人民法院决定是否准许" / "the court decides on the application",
    }
}

/// What an objection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectionSubject {
    /// A ground that the party names.
    Ground(Ground),
    /// A disputed property without a ground of its own.
    Property(Property),
}

/// A pending objection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objection<'a> {
    /// The item.
    pub item: ItemNumber,
    /// The party that offers the item.
    pub offered_by: PartyNumber,
    /// The party that objects.
    pub by: PartyNumber,
    /// The version of its reply.
    pub version: u32,
    /// The reply.
    pub reply: &'a ReplyVersion,
    /// What it is about.
    pub subject: ObjectionSubject,
}

impl Ground {
    /// The property that the ground is about.
    #[must_use]
    pub const fn property(self) -> Property {
        match self {
            Self::UnlawfullyObtained => Property::Legality,
            Self::Unrelated => Property::Relevance,
            _ => Property::Authenticity,
        }
    }
}

impl ObjectionSubject {
    /// Who must prove what.
    #[must_use]
    pub const fn burden(self) -> Burden {
        match self {
            Self::Ground(Ground::ContraryEvidence) => Burden::ObjectorRebuts,
            Self::Ground(
                Ground::PlatformRules | Ground::PlatformInterest | Ground::SystemStandards | Ground::Technology,
            ) => Burden::ObjectorGivesReasons,
            Self::Ground(Ground::BeforeTheChain) => Burden::OfferingPartyProves,
            Self::Ground(Ground::OriginalForm) => Burden::OfferingPartyShowsOriginal,
            Self::Ground(Ground::UnlawfullyObtained | Ground::Unrelated) => Burden::OfferingPartyExplains,
            Self::Ground(Ground::Expert) => Burden::CourtDecides,
            Self::Property(_) => Burden::ObjectorExplains,
        }
    }
}

/// The pending objections to one item, in the order of the parties.
#[must_use]
pub fn pending(number: ItemNumber, item: &Item) -> Vec<Objection<'_>> {
    if !item.is_active() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (party, versions) in &item.replies {
        let Some(reply) = versions.last() else { continue };
        if item.decisions.admission.last().is_some_and(|decided| decided.position.sequence > reply.position.sequence) {
            continue;
        }
        let version = u32::try_from(versions.len()).unwrap_or(u32::MAX);
        let objection =
            |subject| Objection { item: number, offered_by: item.import.party, by: *party, version, reply, subject };
        found.extend(reply.grounds.iter().map(|ground| objection(ObjectionSubject::Ground(*ground))));
        for (property, opinion) in [
            (Property::Authenticity, reply.authenticity),
            (Property::Legality, reply.legality),
            (Property::Relevance, reply.relevance),
        ] {
            let is_named = reply.grounds.iter().any(|ground| ground.property() == property);
            if opinion == Some(Opinion::Disputed) && !is_named {
                found.push(objection(ObjectionSubject::Property(property)));
            }
        }
    }
    found
}
