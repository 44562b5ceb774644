//! Opens the case that continues another after its dossier was accepted, in steps that can be resumed after a crash.

use std::sync::Arc;

use crate::court::acts::{Act, ActKind, AddAgent, AddParty, Open, TakeOver};
use crate::court::calendar::Calendar;
use crate::court::case::course::HandOver;
use crate::court::case::replay;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::{Agent, CaseFile, Text};
use crate::court::case::succession::{Succession, succession};
use crate::court::case_number::CaseNumber;
use crate::court::ids::{CaseId, HandOverNumber, PartyNumber};
use crate::court::labels;
use crate::court::values::{Capacity, Filer};
use crate::court::words::{Procedure, Role};
use crate::filing::actor::Actor;
use crate::filing::annexes::Annexes;
use crate::filing::cases::{ActOutcome, MakeAct};
use crate::filing::filing_error::FilingError;
use crate::filing::hand_overs::step_context;
use crate::filing::imports::transferred_import;
use crate::filing::service::FilingService;
use crate::filing::streams::{acts_page, text};

/// A case that is being taken over.
struct Takeover<'a> {
    actor: &'a Actor,
    role: Role,
    /// The case that was handed over, as it was when it was accepted.
    from: &'a CaseFile,
    number: HandOverNumber,
    hand_over: &'a HandOver,
    plan: Succession,
    to: CaseId,
    /// The calendar at the acceptance.
    calendar: Arc<Calendar>,
}

/// What stands for a text that was erased.
const ERASED: &str = "—";

impl FilingService {
    /// The state of a case after its act with this sequence, and that act.
    async fn case_at(&self, case: CaseId, sequence: u64) -> Result<(CaseFile, Act), FilingError> {
        let registry = self.registry();
        self.read(move |store| {
            let limit = usize::try_from(sequence).unwrap_or(usize::MAX);
            let mut acts = acts_page(store, &case.0, 0, limit)?.acts.into_iter();
            let first = acts.next().ok_or(FilingError::NotFound)?;
            let mut file = replay::begin(case, &first.document, first.position)?;
            let mut last = first.document.act;
            for act in acts {
                file.replay(&act.document, act.position, &registry.calendar_at(act.position.index));
                last = act.document.act;
            }
            Ok((file, last))
        })
        .await
    }

    /// Opens the case that continues `accepted`, with its parties, agents and items, and takes it over.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`].
    pub(in crate::filing) async fn take_over(
        &self,
        actor: &Actor,
        (role, accepted, number): (Role, &CaseFile, HandOverNumber),
        hand_over: &HandOver,
        case_number: Option<CaseNumber>,
    ) -> Result<ActOutcome, FilingError> {
        let (Some(to), Some(ended)) = (hand_over.case, hand_over.ended) else { return Err(FilingError::NotFound) };
        let _successor_lock = self.locks.lock(labels::lock_of_successor(to)).await;
        let (from, act) = self.case_at(accepted.id, ended.sequence).await?;
        let procedure: Option<Procedure> = match act {
            Act::AcceptHandOver(act) => act.procedure,
            _ => None,
        };
        let calendar = self.registry().calendar_at(ended.index);
        let plan = succession(&from, hand_over, procedure, &calendar);
        let takeover = Takeover { actor, role, from: &from, number, hand_over, plan, to, calendar };
        self.open_successor_case(&takeover).await?;
        self.add_parties(&takeover).await?;
        self.add_agents(&takeover).await?;
        self.add_items(&takeover).await?;
        let make = |file: &CaseFile, _: Capacity, _: &mut Annexes| {
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            Ok(Act::TakeOver(TakeOver {
                case: takeover.from.id,
                hand_over: number,
                court: takeover.from.court.clone(),
                manifest: hand_over.manifest,
                parties: count(file.parties.len()),
                agents: count(file.agents.len()),
                items: count(file.items.size()),
                withdrawing: takeover.plan.withdrawing.clone(),
                number: case_number.clone(),
                former_judge: takeover.plan.former_judges.clone(),
                former_participant: takeover.plan.former_participants.clone(),
                appealed: takeover.plan.appealed,
                came_by: takeover.plan.came_by,
            }))
        };
        self.takeover_step(&takeover, "take over", ActKind::TakeOver, make).await
    }

    async fn takeover_step(
        &self,
        takeover: &Takeover<'_>,
        step: &str,
        kind: ActKind,
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        let context = step_context(takeover.to, takeover.hand_over.manifest, step);
        let capacity = |_: &CaseFile| Ok(Capacity::Holding(takeover.role));
        self.act_as(takeover.actor, takeover.to, &context, kind, capacity, make).await
    }

    /// The texts, `—` for an erased one.
    async fn texts_or_dash(&self, texts: Vec<Text>) -> Result<Vec<String>, FilingError> {
        self.read(move |store| {
            let mut found = Vec::with_capacity(texts.len());
            for one in &texts {
                found.push(text(store, one)?.unwrap_or_else(|| ERASED.to_owned()));
            }
            Ok(found)
        })
        .await
    }

    async fn open_successor_case(&self, takeover: &Takeover<'_>) -> Result<(), FilingError> {
        let (from, plan) = (takeover.from, &takeover.plan);
        let first = from.parties.get(&PartyNumber(1)).ok_or(FilingError::NotFound)?;
        let (_, role, former_role) = *plan.parties.first().ok_or(FilingError::NotFound)?;
        let named: Vec<Text> = [Some(first.name), from.title].into_iter().flatten().collect();
        let texts = self.texts_or_dash(named).await?;
        let make = |annexes: &mut Annexes| {
            Ok(Act::Open(Open {
                court: takeover.hand_over.to.clone(),
                kind: plan.kind,
                procedure: plan.procedure,
                role,
                subject: first.subject,
                filer: Filer::Court,
                authority: None,
                identity: None,
                from: Some(from.id),
                transfer: Some(takeover.hand_over.kind),
                account: first.account,
                name: annexes.add("name", texts.first().map_or(ERASED, String::as_str))?,
                title: annexes.add_some("title", texts.get(1).map(String::as_str))?,
                claims: None,
                power: None,
                rules: Some(RulesVersion::CURRENT),
                special: Vec::new(),
                instance: Vec::new(),
                former_role,
                hand_over: Some(takeover.number),
                relationship: None,
            }))
        };
        let context = step_context(takeover.to, takeover.hand_over.manifest, "open");
        let capacity = Capacity::Holding(takeover.role);
        self.open_case_in(takeover.actor, &context, (takeover.to, capacity), make).await.map(|_| ())
    }

    async fn add_parties(&self, takeover: &Takeover<'_>) -> Result<(), FilingError> {
        for (number, role, former_role) in takeover.plan.parties.iter().skip(1).copied() {
            let party = takeover.from.parties.get(&number).ok_or(FilingError::NotFound)?;
            let texts = self.texts_or_dash(vec![party.name]).await?;
            let make = |_: &CaseFile, _: Capacity, annexes: &mut Annexes| {
                Ok(Act::AddParty(AddParty {
                    party: number,
                    role,
                    subject: party.subject,
                    account: party.account,
                    name: annexes.add("name", texts.first().map_or(ERASED, String::as_str))?,
                    former_role,
                }))
            };
            self.takeover_step(takeover, &format!("party {number}"), ActKind::AddParty, make).await?;
        }
        Ok(())
    }

    /// Power of attorney, document of the relationship, and name of an agent, each as far as it has one.
    pub(in crate::filing) async fn texts_of_agent(&self, agent: &Agent) -> Result<[Option<String>; 3], FilingError> {
        let mut texts = [None, None, None];
        for (text, place) in [agent.power, agent.relationship, agent.name].into_iter().zip(&mut texts) {
            if let Some(text) = text {
                *place = self.texts_or_dash(vec![text]).await?.pop();
            }
        }
        Ok(texts)
    }

    async fn add_agents(&self, takeover: &Takeover<'_>) -> Result<(), FilingError> {
        for number in &takeover.plan.agents {
            let agent = takeover.from.agents.get(number).ok_or(FilingError::NotFound)?;
            let texts = self.texts_of_agent(agent).await?;
            let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
                let [power, relationship, name] = texts.each_ref().map(Option::as_deref);
                Ok(Act::AddAgent(AddAgent {
                    agent: file.next_agent(),
                    party: agent.party,
                    account: agent.account,
                    authority: agent.authority,
                    identity: agent.identity,
                    name: annexes.add_some("name", name)?,
                    power: annexes.add_some("power", power)?,
                    special: agent.special.iter().copied().collect(),
                    instance: agent.instances.iter().copied().collect(),
                    relationship: annexes.add_some("relationship", relationship)?,
                }))
            };
            self.takeover_step(takeover, &format!("agent {number}"), ActKind::AddAgent, make).await?;
        }
        Ok(())
    }

    async fn add_items(&self, takeover: &Takeover<'_>) -> Result<(), FilingError> {
        for (number, _) in &takeover.plan.items {
            let item = takeover.from.items.get(number).ok_or(FilingError::NotFound)?;
            let texts = self.texts_or_dash(vec![item.name, item.content]).await?;
            let receipt = self.stored_receipt(item).await?;
            let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
                let text = |at: usize| texts.get(at).map_or(ERASED, String::as_str);
                let mut import = transferred_import(takeover.from, *number, file, &takeover.calendar)
                    .ok_or(FilingError::NotFound)?;
                import.name = annexes.add("name", text(0))?;
                import.content = annexes.add("content", text(1))?;
                import.receipt_annex = annexes.add_some("receipt", receipt.as_deref())?;
                import.reason = None;
                Ok(Act::Import(import))
            };
            let _imports = self.locks.lock(labels::imports_of(item.import.deposit)).await;
            self.takeover_step(takeover, &format!("item {number}"), ActKind::Import, make).await?;
        }
        Ok(())
    }
}
