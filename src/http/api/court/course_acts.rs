//! Requested acts of decisions and appeals, as acts of the chain.

use crate::court::acts::{Act, Answer, Appeal, FormPanel, ObjectJurisdiction, Rule, WithdrawAppeal};
use crate::court::case::refusal::Refusal;
use crate::court::course_words::FiledWith;
use crate::court::ids::{AccountId, AppealNumber, PartyNumber};
use crate::court::words::{CaseKind, Role};
use crate::filing::dossier::DocumentCommand;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::act_context::ActContext;
use crate::http::api::court::field_values::{known, read, read_some};
use crate::ledger::number::DepositNumber;
use crate::wire::court::act::ActRequest;

/// The members of a panel: judges of the court, and in first instance people's assessors beside at least one judge (民诉法 arts. 40, 41).
fn panel(context: &ActContext<'_>, members: &[String]) -> Result<Vec<AccountId>, FilingError> {
    let court = Some(&context.file.court);
    let with_assessors = !matches!(context.file.kind, CaseKind::CivilSecond | CaseKind::AdministrativeSecond);
    let (mut panel, mut judges) = (Vec::new(), 0);
    for one in members {
        let (id, account) = known(context.registry, one)?;
        let is_judge = account.holds(Role::Judge, court);
        let is_assessor = with_assessors && account.holds(Role::PeoplesAssessor, court);
        if !is_judge && !is_assessor {
            let expected = "an account is no judge of this court, and no people's assessor in first instance";
            return Err(FilingError::bad("members", expected, "所列账号不是本院法官；人民陪审员仅可参加第一审合议庭"));
        }
        judges += usize::from(is_judge);
        panel.push(id);
    }
    if judges == 0 {
        return Err(FilingError::bad("members", "a panel has at least one judge", "合议庭至少应有一名法官"));
    }
    Ok(panel)
}

/// The act of decisions or appeals that is requested; `None` for any other.
///
/// # Errors
///
/// [`FilingError::BadValue`], [`FilingError::Refused`].
pub fn course_act(context: &mut ActContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::FormPanel { members } => Act::FormPanel(FormPanel { member: panel(context, members)? }),
        ActRequest::Rule { ruling, document, party } => Act::Rule(Rule {
            ruling: read("ruling", ruling)?,
            document: read("document", document)?,
            party: party.map(PartyNumber),
        }),
        ActRequest::ObjectJurisdiction { reason, ground, document, party } => {
            Act::ObjectJurisdiction(ObjectJurisdiction {
                party: context.party(*party)?,
                reason: context.annexes.add("reason", reason)?,
                document: read_some("document", document.as_ref())?,
                ground: read_some("ground", ground.as_ref())?,
            })
        }
        ActRequest::Answer { document, appeal, party } => Act::Answer(Answer {
            party: context.party(*party)?,
            document: read("document", document)?,
            appeal: appeal.map(AppealNumber),
        }),
        ActRequest::Appeal { decision, petition, against, filed_with, day, party } => {
            let mut against: Vec<PartyNumber> = against.iter().copied().map(PartyNumber).collect();
            against.sort_unstable();
            against.dedup();
            if against.first().is_some_and(|first| first.0 == 0) {
                return Err(FilingError::Refused(Refusal::NoSuchParty(PartyNumber(0))));
            }
            let petition = read("petition", petition)?;
            if context.file.course.decisions.iter().any(|one| one.document == petition) {
                let (reason, zh) = ("this is a decision of the court", "所选文书是本案裁判文书，请选择上诉状");
                return Err(FilingError::bad("petition", reason, zh));
            }
            Act::Appeal(Appeal {
                appeal: context.file.next_appeal(),
                party: context.party(*party)?,
                decision: read("decision", decision)?,
                petition,
                against,
                filed_with: read_some("filed_with", filed_with.as_ref())?.unwrap_or(FiledWith::First),
                day: read_some("day", day.as_ref())?,
            })
        }
        ActRequest::WithdrawAppeal { party } => Act::WithdrawAppeal(WithdrawAppeal { party: context.party(*party)? }),
        _ => return Ok(None),
    }))
}

/// The document that is to be added to the dossier; `None` for another act.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub fn document_command(request: &ActRequest) -> Result<Option<DocumentCommand>, FilingError> {
    let ActRequest::FileDocument { volume, form, pages, deposit_number, name } = request else { return Ok(None) };
    Ok(Some(DocumentCommand {
        volume: read("volume", volume)?,
        form: read("form", form)?,
        pages: *pages,
        deposit: read_some("deposit_number", deposit_number.as_ref())?,
        name: name.clone(),
    }))
}

/// The deposits that a request names as documents of the court or of a party.
///
/// # Errors
///
/// [`FilingError::BadValue`].
pub fn documents(request: &ActRequest) -> Result<Vec<DepositNumber>, FilingError> {
    let named: &[(&'static str, Option<&String>)] = &match request {
        ActRequest::Rule { document, .. } | ActRequest::Answer { document, .. } => {
            [("document", Some(document)), ("petition", None)]
        }
        ActRequest::Judge { document }
        | ActRequest::Refuse { document, .. }
        | ActRequest::OrderErasure { document, .. }
        | ActRequest::ObjectJurisdiction { document, .. } => [("document", document.as_ref()), ("petition", None)],
        ActRequest::Appeal { petition, .. } => [("petition", Some(petition)), ("document", None)],
        _ => return Ok(Vec::new()),
    };
    named.iter().filter_map(|(field, text)| text.map(|text| read(field, text))).collect()
}
