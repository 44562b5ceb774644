//! Association codes (关联码, 关联案件), by which parties and agents join their case, and transfers of a case to another court.

use std::sync::Arc;

use crate::court::acts::{Act, ActKind, AddAgent, AddParty, Associate, IssueCode, Open, PassOn};
use crate::court::case::course_refusal::CourseRefusal;
use crate::court::case::mediation_material::is_consented;
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::state::CaseFile;
use crate::court::case_number::CourtCode;
use crate::court::course_words::Instance;
use crate::court::document::Document;
use crate::court::ids::{CaseId, CodeNumber, PartyNumber};
use crate::court::labels;
use crate::court::values::{Capacity, Filer};
use crate::court::words::{Authority, CaseKind, Depositor, PartyRole, Procedure, Scope, TransferKind};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::{ActOutcome, MakeAct};
use crate::filing::filing_error::FilingError;
use crate::filing::imports::{require_no_mediation_material, transferred_import};
use crate::filing::secret::{code_hash, new_code, step_request_id};
use crate::filing::service::FilingService;
use crate::filing::streams::{last_labelled, text};

/// Longest lifetime of a code in days.
pub const CODE_DAYS_MAX: u64 = 366;

/// A request to join a case by an association code.
#[derive(Debug, Clone)]
pub struct AssociationCommand {
    /// 关联码, as the user typed it.
    pub code: String,
    /// Whether the party itself or its agent joins.
    pub filer: Filer,
    /// An agent's authority.
    pub authority: Option<Authority>,
    /// An agent's name.
    pub name: Option<String>,
    /// 授权委托书: its number or description.
    pub power: Option<String>,
    /// The further instances that it names.
    pub instances: Vec<Instance>,
    /// 监护关系证明, of a statutory agent.
    pub relationship: Option<String>,
}

/// A request to transfer a case to another court or proceeding.
#[derive(Debug, Clone)]
pub struct TransferCommand {
    /// The kind of transfer.
    pub transfer: TransferKind,
    /// The receiving court.
    pub court: CourtCode,
    /// The kind of the new proceeding.
    pub kind: CaseKind,
    /// The procedure of the new proceeding.
    pub procedure: Procedure,
    /// The party that brings the new case; by default the first.
    pub brought_by: Option<PartyNumber>,
}

/// A transfer in progress.
struct Transfer<'a> {
    actor: &'a Actor,
    context: &'a RequestContext,
    capacity: Capacity,
    /// The party of the old case that becomes party 1 of the new one.
    brought_by: PartyNumber,
}

impl FilingService {
    /// Issues an association code for a party. Only this answer contains it.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`]; [`FilingError::BadValue`] for days or uses out of range.
    pub async fn issue_code(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        party: PartyNumber,
        (party_uses, agent_uses): (u32, u32),
        days: u64,
    ) -> Result<(ActOutcome, Option<String>), FilingError> {
        if days == 0 || days > CODE_DAYS_MAX {
            return Err(FilingError::bad(
                "days",
                format!("1 to {CODE_DAYS_MAX}"),
                format!("应为 1 至 {CODE_DAYS_MAX} 天"),
            ));
        }
        if party_uses > 1 || agent_uses > 2 || party_uses + agent_uses == 0 {
            return Err(FilingError::bad(
                "uses",
                "a party once, agents at most twice, and one use at least",
                "当事人至多一次，代理人至多两次，合计至少一次",
            ));
        }
        let code = new_code()?;
        let expires = self.now().after_days(days).ok_or_else(|| FilingError::bad("days", "too many", "天数过多"))?;
        let hash = code_hash(&code);
        let make = |file: &CaseFile, _: Capacity, _: &mut Annexes| {
            Ok(Act::IssueCode(IssueCode { code: file.next_code(), party, hash, party_uses, agent_uses, expires }))
        };
        let acted = self.act(actor, case, context, ActKind::IssueCode, make).await?;
        let shown = acted.recorded.fresh.then_some(code);
        Ok((acted, shown))
    }

    /// Joins the case of an association code.
    ///
    /// # Errors
    ///
    /// [`FilingError::NotFound`] for an unknown code, [`FilingError::TooManyCodes`], and those of [`Self::act`].
    pub async fn associate(
        &self,
        actor: &Actor,
        context: &RequestContext,
        association: &AssociationCommand,
    ) -> Result<ActOutcome, FilingError> {
        actor.require_scope(Scope::Case)?;
        if !self.code_attempts.try_begin(actor.id, self.now()) {
            return Err(FilingError::TooManyCodes);
        }
        let hash = code_hash(&association.code);
        let found = self.read(move |store| Ok(last_labelled(store, &labels::code(&hash))?)).await?;
        let found = found.ok_or(FilingError::NotFound)?;
        self.code_attempts.succeeded(actor.id);
        let case = CaseId(found.stream);
        let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
            let code = file.codes.iter().find(|(_, code)| code.hash == hash).map(|(number, _)| *number);
            let agent = matches!(association.filer, Filer::Agent | Filer::StatutoryAgent);
            Ok(Act::Associate(Associate {
                code: code.unwrap_or(CodeNumber(u32::MAX)),
                filer: association.filer,
                agent: agent.then(|| file.next_agent()),
                authority: association.authority.filter(|_| agent),
                identity: actor.identity(),
                name: annexes.add_some("name", association.name.as_deref())?,
                power: annexes.add_some("power", association.power.as_deref())?,
                instance: association.instances.clone(),
                relationship: annexes.add_some("relationship", association.relationship.as_deref())?,
            }))
        };
        // The actor has no capacity in the case yet, so may not see it before.
        self.act_as(actor, case, context, ActKind::Associate, |_| Ok(Capacity::Oneself), make).await
    }

    /// The case of an association code, if the actor is a party or an agent of it already; `None` in every other case, so that nobody
    /// learns of a case by its code.
    ///
    /// # Errors
    ///
    /// Those of a read.
    pub async fn joined_case(&self, actor: &Actor, code: &str) -> Result<Option<CaseId>, FilingError> {
        let hash = code_hash(code);
        let found = self.read(move |store| Ok(last_labelled(store, &labels::code(&hash))?)).await?;
        let Some(found) = found else { return Ok(None) };
        let file = self.case_file(CaseId(found.stream)).await?;
        let is_in = |file: &Arc<CaseFile>| {
            let is_party = file.parties.values().any(|party| party.account == Some(actor.id));
            is_party || file.agents.values().any(|agent| agent.account == actor.id && agent.ended.is_none())
        };
        Ok(file.filter(is_in).map(|file| file.id))
    }

    /// Transfers a case: opens the new case with the parties and the active items, each with the time of its first import, and
    /// records the transfer in both. For an actor who holds the role at both courts. Every step has its own idempotency key, so
    /// the same request sent again resumes an interrupted transfer.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`].
    pub async fn transfer_case(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        command: &TransferCommand,
    ) -> Result<(ActOutcome, ActOutcome), FilingError> {
        let from = self.case_for(actor, case).await?;
        let capacity = actor.capacity(&from, ActKind::PassOn, context)?;
        from.check_allowed(actor.id, capacity, ActKind::PassOn)?;
        // The new case is opened in that role too, so the actor must hold it at the receiving court.
        if !actor.roles_at(&command.court).any(|role| capacity == Capacity::Holding(role)) {
            return Err(FilingError::NotPermitted);
        }
        if let Some((_, act)) = self.act_of_request((context.request, context.body)).await? {
            // A repeated request: the new case may have changed since, and is left as it is.
            return self.transfer_of_request(actor, &from, context, &act.document).await;
        }
        require_kind_of(&from, command)?;
        if from.was_transferred(command.transfer) {
            return Err(FilingError::Refused(Refusal::AlreadyPassedOn));
        }
        let transfer = Transfer { actor, context, capacity, brought_by: command.brought_by.unwrap_or(PartyNumber(1)) };
        let step = |name: &str| RequestContext { request: step_request_id(context.request, name), ..context.clone() };
        let opened = self.open_successor(&transfer, &from, &step("open"), command).await?;
        let to = opened.file.id;
        self.copy_parties(&transfer, &from, to, command.kind).await?;
        self.copy_statutory_agents(&transfer, &from, to).await?;
        let file = self.copy_items(&transfer, &from, to).await?;
        let act = Act::PassOn(PassOn { to, transfer: command.transfer });
        let transferred =
            self.act_with_access(actor, case, context, ActKind::PassOn, |_, _, _| Ok(act.clone())).await?;
        Ok((transferred, ActOutcome { file, ..opened }))
    }

    async fn transfer_of_request(
        &self,
        actor: &Actor,
        from: &Arc<CaseFile>,
        context: &RequestContext,
        document: &Document,
    ) -> Result<(ActOutcome, ActOutcome), FilingError> {
        let Act::PassOn(PassOn { to, .. }) = &document.act else { return Err(FilingError::RequestReused) };
        let act = document.act.clone();
        let transferred =
            self.act_with_access(actor, from.id, context, ActKind::PassOn, |_, _, _| Ok(act.clone())).await?;
        let opened = self.act_of_request((step_request_id(context.request, "open"), context.body)).await?;
        let (recorded, opening) = opened.ok_or(FilingError::NotFound)?;
        let file = self.case_file(*to).await?.ok_or(FilingError::NotFound)?;
        Ok((transferred, ActOutcome { recorded, document: opening.document, file }))
    }

    async fn open_successor(
        &self,
        transfer: &Transfer<'_>,
        from: &CaseFile,
        context: &RequestContext,
        command: &TransferCommand,
    ) -> Result<ActOutcome, FilingError> {
        let party = from.parties.get(&transfer.brought_by).cloned();
        let party =
            party.ok_or_else(|| FilingError::bad("brought_by", "there is no such party", "本案没有该当事人"))?;
        let (name, title) = self.names(party.name, from.title).await?;
        let make = |annexes: &mut Annexes| {
            Ok(Act::Open(Open {
                court: command.court.clone(),
                kind: command.kind,
                procedure: command.procedure,
                role: bringing_party_role(command.kind),
                subject: party.subject,
                filer: Filer::Court,
                authority: None,
                identity: None,
                from: Some(from.id),
                transfer: Some(command.transfer),
                account: party.account,
                name: annexes.add("name", name.as_deref().unwrap_or("—"))?,
                title: annexes.add_some("title", title.as_deref())?,
                claims: None,
                power: None,
                rules: Some(RulesVersion::CURRENT),
                special: Vec::new(),
                instance: Vec::new(),
                former_role: None,
                hand_over: None,
                relationship: None,
            }))
        };
        self.open_case_as(transfer.actor, context, transfer.capacity, make).await
    }

    async fn names(
        &self,
        name: crate::court::case::state::Text,
        title: Option<crate::court::case::state::Text>,
    ) -> Result<(Option<String>, Option<String>), FilingError> {
        self.read(move |store| {
            let title = title.map(|title| text(store, &title)).transpose()?.flatten();
            Ok((text(store, &name)?, title))
        })
        .await
    }

    /// An optional text of the earlier case; `None` also once it is erased.
    async fn some_text(&self, wanted: Option<crate::court::case::state::Text>) -> Result<Option<String>, FilingError> {
        self.read(move |store| Ok(wanted.map(|wanted| text(store, &wanted)).transpose()?.flatten())).await
    }

    async fn copy_parties(
        &self,
        transfer: &Transfer<'_>,
        from: &CaseFile,
        to: CaseId,
        kind: CaseKind,
    ) -> Result<(), FilingError> {
        for (number, party) in from.parties.iter().filter(|(number, _)| **number != transfer.brought_by) {
            let (name, _) = self.names(party.name, None).await?;
            let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
                Ok(Act::AddParty(AddParty {
                    party: file.next_party(),
                    role: answering_party_role(kind, party.role),
                    subject: party.subject,
                    account: party.account,
                    name: annexes.add("name", name.as_deref().unwrap_or("—"))?,
                    former_role: None,
                }))
            };
            self.transfer_step(transfer, to, &format!("party {number}"), ActKind::AddParty, make).await?;
        }
        Ok(())
    }

    /// The statutory agents, whose authority follows from the relationship. Appointed agents need a new power of attorney.
    async fn copy_statutory_agents(
        &self,
        transfer: &Transfer<'_>,
        from: &CaseFile,
        to: CaseId,
    ) -> Result<(), FilingError> {
        for (number, agent) in from.agents.iter().filter(|(_, agent)| agent.is_statutory()) {
            let texts = self.texts_of_agent(agent).await?;
            let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
                let [_, relationship, name] = texts.each_ref().map(Option::as_deref);
                Ok(Act::AddAgent(AddAgent {
                    agent: file.next_agent(),
                    party: successor_party_number(transfer.brought_by, agent.party),
                    account: agent.account,
                    authority: agent.authority,
                    identity: agent.identity,
                    name: annexes.add_some("name", name)?,
                    power: None,
                    special: Vec::new(),
                    instance: Vec::new(),
                    relationship: annexes.add_some("relationship", relationship)?,
                }))
            };
            self.transfer_step(transfer, to, &format!("agent {number}"), ActKind::AddAgent, make).await?;
        }
        Ok(())
    }

    async fn copy_items(
        &self,
        transfer: &Transfer<'_>,
        from: &CaseFile,
        to: CaseId,
    ) -> Result<std::sync::Arc<CaseFile>, FilingError> {
        let mediation = from.kind == CaseKind::Mediation;
        for (number, item) in from.items.iter().filter(|(_, item)| item.is_active()) {
            // 在线调解规则 arts. 18, 21: material of a mediation is copied with the consent of all parties, or if its own party lets it go.
            if mediation && !item.forwarded && !is_consented(from, item) {
                continue;
            }
            // The consent must be that of the party that offered it, not of a party to a second mediation.
            if item.import.depositor != Depositor::Same {
                let accounts: Vec<_> =
                    from.parties.get(&item.import.party).and_then(|party| party.account).into_iter().collect();
                let mediations = self.mediations_with(item.import.deposit, from.id, accounts.iter().copied()).await?;
                if require_no_mediation_material(&mediations, item.import.deposit, &accounts).is_err() {
                    continue;
                }
            }
            let (name, content) = self.names(item.name, Some(item.content)).await?;
            let (source, proves) =
                (self.some_text(item.details.source).await?, self.some_text(item.details.proves).await?);
            let receipt = self.stored_receipt(item).await?;
            let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
                let mut import =
                    transferred_import(from, *number, file, &self.registry().calendar).ok_or(FilingError::NotFound)?;
                import.party = successor_party_number(transfer.brought_by, import.party);
                import.name = annexes.add("name", name.as_deref().unwrap_or("—"))?;
                import.content = annexes.add("content", content.as_deref().unwrap_or("—"))?;
                import.source = annexes.add_some("source", source.as_deref())?;
                import.proves = annexes.add_some("proves", proves.as_deref())?;
                import.receipt_annex = annexes.add_some("receipt", receipt.as_deref())?;
                Ok(Act::Import(import))
            };
            let _imports = self.locks.lock(labels::imports_of(item.import.deposit)).await;
            self.transfer_step(transfer, to, &format!("item {number}"), ActKind::Import, make).await?;
        }
        self.case_file(to).await?.ok_or(FilingError::NotFound)
    }

    /// One act of a transfer, under an idempotency key of its own.
    async fn transfer_step(
        &self,
        transfer: &Transfer<'_>,
        to: CaseId,
        step: &str,
        kind: ActKind,
        make: impl MakeAct,
    ) -> Result<ActOutcome, FilingError> {
        let step =
            RequestContext { request: step_request_id(transfer.context.request, step), ..transfer.context.clone() };
        self.act_as(transfer.actor, to, &step, kind, |_| Ok(transfer.capacity), make).await
    }
}

/// Fails unless the new proceeding fits the way in which the case goes on: only a hand-over brings a case back to first instance
/// (民诉法 art. 177), and small claims have no appeal (art. 165).
fn require_kind_of(from: &CaseFile, command: &TransferCommand) -> Result<(), FilingError> {
    let fits = match command.transfer {
        TransferKind::SecondInstance => {
            if from.procedure == Procedure::SmallClaims {
                return Err(FilingError::Refused(CourseRefusal::NoAppeal.into()));
            }
            matches!(command.kind, CaseKind::CivilSecond | CaseKind::AdministrativeSecond)
        }
        TransferKind::Retrial => command.kind == CaseKind::Retrial,
        TransferKind::Suit => !matches!(
            command.kind,
            CaseKind::CivilSecond | CaseKind::AdministrativeSecond | CaseKind::Retrial | CaseKind::Mediation
        ),
        TransferKind::Remand | TransferKind::Jurisdiction | TransferKind::DossierReturn => {
            return Err(FilingError::Refused(CourseRefusal::OtherAct(ActKind::SendHandOver.word()).into()));
        }
    };
    if fits {
        Ok(())
    } else {
        Err(FilingError::bad(
            "kind",
            "this proceeding does not follow from that one in this way",
            "原案件不能以该方式转入此类程序",
        ))
    }
}

/// The number of a party in the new case: the party that brings it becomes 1, the others keep their order.
const fn successor_party_number(brought_by: PartyNumber, party: PartyNumber) -> PartyNumber {
    if party.0 == brought_by.0 {
        PartyNumber(1)
    } else if party.0 < brought_by.0 {
        PartyNumber(party.0 + 1)
    } else {
        party
    }
}

const fn bringing_party_role(kind: CaseKind) -> PartyRole {
    match kind {
        CaseKind::CivilSecond | CaseKind::AdministrativeSecond => PartyRole::Appellant,
        CaseKind::CivilFirst | CaseKind::AdministrativeFirst | CaseKind::PrivateProsecution => PartyRole::Plaintiff,
        _ => PartyRole::Applicant,
    }
}

const fn answering_party_role(kind: CaseKind, was: PartyRole) -> PartyRole {
    match (kind, was) {
        (_, PartyRole::ThirdParty) => PartyRole::ThirdParty,
        (CaseKind::CivilSecond | CaseKind::AdministrativeSecond, _) => PartyRole::Appellee,
        (CaseKind::CivilFirst | CaseKind::AdministrativeFirst | CaseKind::PrivateProsecution, _) => {
            PartyRole::Defendant
        }
        _ => PartyRole::Respondent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parties_keep_their_order_behind_the_one_that_brings_the_case() {
        let numbers =
            |brought_by| [1, 2, 3, 4].map(|n| successor_party_number(PartyNumber(brought_by), PartyNumber(n)).0);
        assert_eq!([1, 2, 3, 4].map(numbers), [[1, 2, 3, 4], [2, 1, 3, 4], [2, 3, 1, 4], [2, 3, 4, 1]]);
    }

    #[test]
    fn roles_are_those_of_the_new_proceeding() {
        use PartyRole::{Appellant, Appellee, Applicant, Defendant, Plaintiff, Respondent, ThirdParty};
        for (kind, bringing, answering) in [
            (CaseKind::CivilFirst, Plaintiff, Defendant),
            (CaseKind::AdministrativeFirst, Plaintiff, Defendant),
            (CaseKind::PrivateProsecution, Plaintiff, Defendant),
            (CaseKind::CivilSecond, Appellant, Appellee),
            (CaseKind::AdministrativeSecond, Appellant, Appellee),
            (CaseKind::Mediation, Applicant, Respondent),
        ] {
            assert_eq!(bringing_party_role(kind), bringing);
            for was in [Plaintiff, Defendant, Appellant, Applicant] {
                assert_eq!(answering_party_role(kind, was), answering, "{kind:?} {was:?}");
            }
            assert_eq!(answering_party_role(kind, ThirdParty), ThirdParty);
        }
    }
}
