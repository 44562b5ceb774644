//! The state of service in a case: consents, addresses, service records.

use std::collections::{BTreeMap, BTreeSet};

use rpds::RedBlackTreeMapSync;

use crate::court::act_position::{ActPosition, Text};
use crate::court::acts::{CertifyService, ConsentService, SendService, Serve, ServiceAddress};
use crate::court::calendar::Day;
use crate::court::ids::{AccountId, AddressNumber, AgentNumber, AnnexId, AttemptNumber, PartyNumber, ServiceNumber};
use crate::court::service_words::{
    AddressSource, Channel, ConsentAnswer, ConsentForm, ConsentScope, DocumentKind, Reporter, ServiceGround,
    ServiceMode, ServiceOutcome, ServicePeriod, ServiceStep,
};
use crate::court::values::{Capacity, Code};
use crate::court::window::WindowKind;
use crate::court::windows::WindowKey;
use crate::ledger::number::DepositNumber;
use crate::ledger::time::Timestamp;

/// An act with its place and actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted<T> {
    /// Position of the act.
    pub position: ActPosition,
    /// The account that acted.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
    /// The act.
    pub act: T,
}

/// A version of an address for service. It is in force from its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredAddress {
    /// The entry.
    pub entered: Acted<ServiceAddress>,
    /// When it ended: replaced, or no longer used.
    pub until: Option<Timestamp>,
}

impl RegisteredAddress {
    /// The clear address, in its annex.
    #[must_use]
    pub const fn clear(&self) -> Text {
        Text { annex: self.entered.act.clear, index: self.entered.position.index }
    }
}

/// The consent on which an attempt rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptConsent {
    /// Consent was given, in this form.
    Given(ConsentForm),
    /// None: only the recipient's own conduct can complete the service (art. 29 (4)).
    None,
    /// The channel needs none.
    NotNeeded,
}

/// A reported step of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport {
    /// The step.
    pub step: ServiceStep,
    /// Who reports it.
    pub reporter: Reporter,
    /// When it happened, as the reporter states.
    pub at: Timestamp,
    /// Why it failed.
    pub cause: Option<Code>,
    /// The act of the recipient, by its sequence.
    pub own_act: Option<u64>,
    /// Position of the act that reported it.
    pub position: ActPosition,
}

/// An attempt over one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The sending.
    pub sent: Acted<SendService>,
    /// The source of its address; `None` for a channel without one.
    pub source: Option<AddressSource>,
    /// The consent at its sending.
    pub consent: AttemptConsent,
    /// Its steps, in the order of their reports.
    pub steps: Vec<StepReport>,
    /// Whether an objection to it was upheld, so that it has no effect.
    pub ineffective: bool,
}

impl Attempt {
    /// The channel.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.sent.act.channel
    }

    /// The earliest report of a step.
    #[must_use]
    pub fn first(&self, step: ServiceStep) -> Option<Timestamp> {
        self.steps.iter().filter(|report| report.step == step).map(|report| report.at).min()
    }

    /// Whether one report says that it failed, and another that it reached the recipient.
    #[must_use]
    pub fn is_contradictory(&self) -> bool {
        let reached = |report: &StepReport| !matches!(report.step, ServiceStep::Failed | ServiceStep::Sent);
        self.first(ServiceStep::Failed).is_some() && self.steps.iter().any(reached)
    }

    /// Its state: the furthest step reported.
    #[must_use]
    pub fn state(&self) -> Option<ServiceStep> {
        let furthest = [
            ServiceStep::Responded,
            ServiceStep::Replied,
            ServiceStep::Downloaded,
            ServiceStep::Read,
            ServiceStep::Arrived,
            ServiceStep::Failed,
            ServiceStep::Sent,
        ];
        furthest.into_iter().find(|step| self.first(*step).is_some())
    }
}

/// An objection to a service, with the decision once there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceObjection {
    /// Position of the act.
    pub position: ActPosition,
    /// The account that objects.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
    /// The ground.
    pub ground: ServiceGround,
    /// The reason.
    pub reason: Option<Text>,
    /// The decision, its reason and its position.
    pub decision: Option<(ServiceOutcome, Option<Text>, ActPosition)>,
}

/// The confirmation of receipt by the recipient or an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// Position of the act.
    pub position: ActPosition,
    /// The account that confirmed.
    pub by: AccountId,
    /// Its capacity.
    pub capacity: Capacity,
}

/// A service record: one recipient and one document, by one mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecord {
    /// The act that began it.
    pub begun: Acted<Serve>,
    /// Its attempts.
    pub attempts: BTreeMap<AttemptNumber, Attempt>,
    /// Confirmations of receipt.
    pub confirmations: Vec<Confirmation>,
    /// Requests for paper.
    pub paper_requests: Vec<Confirmation>,
    /// Objections, the latest last.
    pub objections: Vec<ServiceObjection>,
    /// The court's statement that this record counts, not the other one of the same document.
    pub counts: Option<ActPosition>,
    /// Certificates, the latest last.
    pub certificates: Vec<(CertifyService, ActPosition)>,
}

impl ServiceRecord {
    /// A record without attempts.
    #[must_use]
    pub const fn new(begun: Acted<Serve>) -> Self {
        Self {
            begun,
            attempts: BTreeMap::new(),
            confirmations: Vec::new(),
            paper_requests: Vec::new(),
            objections: Vec::new(),
            counts: None,
            certificates: Vec::new(),
        }
    }

    /// The recipient.
    #[must_use]
    pub const fn party(&self) -> PartyNumber {
        self.begun.act.party
    }

    /// The kind of the document.
    #[must_use]
    pub const fn kind(&self) -> DocumentKind {
        self.begun.act.kind
    }

    /// The mode.
    #[must_use]
    pub const fn mode(&self) -> ServiceMode {
        self.begun.act.mode
    }

    /// The document.
    #[must_use]
    pub const fn document(&self) -> DepositNumber {
        self.begun.act.document
    }

    /// Whether another record is of the same recipient and the same document.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        (self.party(), self.document(), self.kind()) == (other.party(), other.document(), other.kind())
    }

    /// Whether an objection waits for a decision.
    #[must_use]
    pub fn is_objected(&self) -> bool {
        self.objections.last().is_some_and(|objection| objection.decision.is_none())
    }

    /// The next attempt's number.
    #[must_use]
    pub fn next_attempt(&self) -> AttemptNumber {
        AttemptNumber(self.attempts.last_key_value().map_or(1, |(last, _)| last.0.saturating_add(1)))
    }
}

/// A period that service begins: which, whose, and by which document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WindowId {
    /// Which.
    pub period: ServicePeriod,
    /// Whose.
    pub party: PartyNumber,
    /// The kind of the served document.
    pub kind: DocumentKind,
    /// The served document.
    pub document: DepositNumber,
}

/// A period that service began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunPeriod {
    /// The starting day.
    pub start: Day,
    /// The days that the served document states.
    pub stated: Option<u32>,
    /// The kinds of windows that it begins in the case.
    pub kinds: &'static [WindowKind],
    /// The windows of the case that it opened: none where another document of the kind had opened them before.
    pub opened: Vec<WindowKey>,
    /// Whether it began the evidence period of the party.
    pub began_evidence: bool,
}

impl BegunPeriod {
    /// What the windows follow from: they are derived anew when it changes.
    #[must_use]
    pub const fn terms(&self) -> (Day, Option<u32>, &'static [WindowKind]) {
        (self.start, self.stated, self.kinds)
    }
}

/// The state of service in a case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceBook {
    /// All consents and refusals, the latest last.
    pub consents: Vec<Acted<ConsentService>>,
    /// Addresses, former ones too.
    pub addresses: BTreeMap<AddressNumber, RegisteredAddress>,
    /// The agents whom their party named as receivers.
    pub receivers: BTreeSet<AgentNumber>,
    /// Service records. A persistent map, so that the state after an act shares the others with the one before.
    pub records: RedBlackTreeMapSync<ServiceNumber, ServiceRecord>,
    /// The acts that parties and their agents have done in the case, by sequence.
    pub own_acts: RedBlackTreeMapSync<u64, (PartyNumber, Timestamp)>,
    /// The periods that service began.
    pub begun: BTreeMap<WindowId, BegunPeriod>,
}

impl ServiceBook {
    /// The last answer of a party on a scope up to `at`.
    #[must_use]
    pub fn answer(&self, party: PartyNumber, scope: ConsentScope, at: Timestamp) -> Option<&Acted<ConsentService>> {
        let of =
            |one: &&Acted<ConsentService>| one.act.party == party && one.act.scope == scope && one.position.at <= at;
        self.consents.iter().rev().find(of)
    }

    /// Whether the party has expressly said no up to `at`.
    #[must_use]
    pub fn has_refused(&self, party: PartyNumber, scope: ConsentScope, at: Timestamp) -> bool {
        self.answer(party, scope, at).is_some_and(|one| one.act.answer != ConsentAnswer::Agreed)
    }

    /// The next address's number.
    #[must_use]
    pub fn next_address(&self) -> AddressNumber {
        AddressNumber(self.addresses.last_key_value().map_or(1, |(last, _)| last.0.saturating_add(1)))
    }

    /// The next service record's number.
    #[must_use]
    pub fn next_service(&self) -> ServiceNumber {
        ServiceNumber(self.records.last().map_or(1, |(last, _)| last.0.saturating_add(1)))
    }

    /// The private texts: reasons of announcements, of objections and of decisions on them.
    #[must_use]
    pub fn texts(&self) -> Vec<Text> {
        let mut texts = Vec::new();
        for record in self.records.values() {
            let begun = &record.begun;
            texts.extend(begun.act.reason.map(|annex: AnnexId| Text { annex, index: begun.position.index }));
            for objection in &record.objections {
                texts.extend(objection.reason);
                texts.extend(objection.decision.as_ref().and_then(|(_, reason, _)| *reason));
            }
        }
        texts
    }
}
