//! `POST /v1/cases/{case}/acts`: an act upon a case; `GET`: the acts of a case.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::court::acts::{
    Act, AddAgent, AddParty, AdjournHearing, Approve, Assign, BeginHearing, BindNumber, Close, ConfirmNotice,
    ConfirmService, Consent, Describe, EndAgent, EndAssociation, ExtendPeriod, FileCase, Hold, Judge, OrderErasure,
    ReceiveItem, Refuse, Reject, Release, Reply, Restate, RestateParty, ReturnFiling, Submit, WithdrawFiling,
    WithdrawItem, WithdrawSuit,
};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::{CaseFile, HeldContent};
use crate::court::document::Stream;
use crate::court::ids::{AccountId, AgentNumber, CaseId, ItemNumber, PartyNumber};
use crate::court::line_value::LineValue;
use crate::court::registry::Registry;
use crate::court::values::Capacity;
use crate::court::words::{Ground, Role};
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::ActOutcome;
use crate::filing::documents::DocumentFacts;
use crate::filing::filing_error::FilingError;
use crate::filing::service::{FilingService, RecordedAct};
use crate::http::api::court::act_context::{ActContext, read_all};
use crate::http::api::court::case_path::CasePath;
use crate::http::api::court::course_acts::{course_act, document_command, documents};
use crate::http::api::court::field_values::{known, read, read_some};
use crate::http::api::court::json_request::{AuthenticatedJson, act_json, answer, created};
use crate::http::api::court::session_acts::{self, SessionContext};
use crate::http::api::court::{deadline_acts, warnings};
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::bearer::Bearer;
use crate::http::problem::ApiError;
use crate::http::request::Parameters;
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::HashAlgorithm;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::act::{ActOutcomeJson, ActRequest, CaseActJson, CaseActsJson, coded};
use crate::wire::court::recorded_act::ActJson;
use crate::wire::court::typed_act::TypedActRequest;
use crate::wire::report::{CodedText, DigestRequest};

/// The answer to an act.
#[must_use]
pub fn outcome_json(filing: &FilingService, acted: &ActOutcome, more: Vec<CodedText>) -> ActOutcomeJson {
    let file = &acted.file;
    let act = act_json(acted.document.act.kind(), Stream::Case, Some(file.id), &acted.recorded);
    let mut found = warnings::of_act(&acted.document.act, acted.recorded.position, file, &filing.registry());
    found.extend(more);
    ActOutcomeJson::of(file, act, found)
}

impl ActContext<'_> {
    fn session(&mut self) -> SessionContext<'_> {
        SessionContext {
            file: self.file,
            by: self.actor.id,
            capacity: self.capacity,
            identity: self.actor.account.latest_identity(),
            registry: self.registry,
            annexes: self.annexes,
            document: self.document,
            now: self.now,
        }
    }
}

fn make(context: &mut ActContext<'_>, request: &ActRequest) -> Result<Act, FilingError> {
    if let Some(act) = simple_act(request) {
        return Ok(act);
    }
    if let Some(act) = people_act(context, request)? {
        return Ok(act);
    }
    if let Some(act) = evidence_act(context, request)? {
        return Ok(act);
    }
    if let Some(act) = session_acts::make(&mut context.session(), request)? {
        return Ok(act);
    }
    if let Some(act) = course_act(context, request)? {
        return Ok(act);
    }
    if let Some(act) = deadline_acts::period_act(request)? {
        return Ok(act);
    }
    let (party, annexes) = (context.file.party_of(context.capacity), &mut *context.annexes);
    match deadline_acts::decision_act(party, annexes, request)? {
        Some(act) => Ok(act),
        None => proceeding_act(context, request),
    }
}

fn simple_act(request: &ActRequest) -> Option<Act> {
    Some(match *request {
        ActRequest::Submit {} => Act::Submit(Submit {}),
        ActRequest::Approve {} => Act::Approve(Approve {}),
        ActRequest::WithdrawFiling {} => Act::WithdrawFiling(WithdrawFiling {}),
        ActRequest::BeginHearing {} => Act::BeginHearing(BeginHearing {}),
        ActRequest::AdjournHearing {} => Act::AdjournHearing(AdjournHearing {}),
        ActRequest::WithdrawSuit {} => Act::WithdrawSuit(WithdrawSuit {}),
        ActRequest::Close {} => Act::Close(Close {}),
        ActRequest::EndAssociation { party } => Act::EndAssociation(EndAssociation { party: PartyNumber(party) }),
        ActRequest::EndAgent { agent } => Act::EndAgent(EndAgent { agent: AgentNumber(agent) }),
        ActRequest::Consent { item } => Act::Consent(Consent { item: ItemNumber(item) }),
        ActRequest::ExtendPeriod { days } => Act::ExtendPeriod(ExtendPeriod { days }),
        _ => return None,
    })
}

fn people_act(context: &mut ActContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    Ok(Some(match request {
        ActRequest::AddParty { role, subject, name, account } => Act::AddParty(AddParty {
            party: context.file.next_party(),
            role: read("role", role)?,
            subject: read("subject", subject)?,
            account: account.as_ref().map(|text| known(context.registry, text)).transpose()?.map(|(id, _)| id),
            name: context.annexes.add("name", name)?,
            former_role: None,
        }),
        ActRequest::RestateParty { party, subject, name } => {
            if subject.is_none() && name.is_none() {
                return Err(FilingError::bad(
                    "name",
                    "name a kind of party, a name, or both",
                    "姓名或者名称、主体类型至少填写一项",
                ));
            }
            Act::RestateParty(RestateParty {
                party: PartyNumber(*party),
                subject: read_some("subject", subject.as_ref())?,
                name: context.annexes.add_some("name", name.as_deref())?,
            })
        }
        ActRequest::AddAgent { party, account, authority, name, power, special, instances, relationship } => {
            let (account, of) = known(context.registry, account)?;
            Act::AddAgent(AddAgent {
                agent: context.file.next_agent(),
                party: PartyNumber(*party),
                account,
                authority: read("authority", authority)?,
                identity: of.identity(),
                name: context.annexes.add_some("name", name.as_deref())?,
                power: context.annexes.add_some("power", power.as_deref())?,
                special: read_all("special", special)?,
                instance: read_all("instances", instances)?,
                relationship: context.annexes.add_some("relationship", relationship.as_deref())?,
            })
        }
        ActRequest::Assign { judge } => {
            let judge = judge.as_ref().map(|text| known(context.registry, text)).transpose()?;
            if judge.is_some_and(|(_, account)| !account.holds(Role::Judge, Some(&context.file.court))) {
                return Err(FilingError::bad("judge", "the account is no judge of this court", "该账号不是本院法官"));
            }
            Act::Assign(Assign { judge: judge.map(|(id, _)| id) })
        }
        _ => return Ok(None),
    }))
}

fn evidence_act(context: &mut ActContext<'_>, request: &ActRequest) -> Result<Option<Act>, FilingError> {
    let annexes = &mut *context.annexes;
    Ok(Some(match request {
        ActRequest::Restate { item, name, content, source, proves, form, copies, pages } => Act::Restate(Restate {
            item: ItemNumber(*item),
            name: annexes.add("name", name)?,
            content: annexes.add("content", content)?,
            source: annexes.add_some("source", source.as_deref())?,
            proves: annexes.add_some("proves", proves.as_deref())?,
            form: read_some("form", form.as_ref())?,
            copies: *copies,
            pages: *pages,
        }),
        ActRequest::ReceiveItem { item, form, copies, pages, dossier_digests } => {
            let digests = dossier_digests.iter().map(dossier_digest).collect::<Result<Vec<_>, _>>()?;
            Act::ReceiveItem(ReceiveItem {
                item: ItemNumber(*item),
                form: read_some("form", form.as_ref())?,
                copies: *copies,
                pages: *pages,
                dossier_hash: digests,
            })
        }
        ActRequest::WithdrawItem { item, reason } => Act::WithdrawItem(WithdrawItem {
            item: ItemNumber(*item),
            reason: annexes.add_some("reason", reason.as_deref())?,
        }),
        ActRequest::Reply {
            item,
            item_version,
            authenticity,
            legality,
            relevance,
            grounds,
            probative_value,
            reason,
        } => {
            let party = context.file.party_of(context.capacity).ok_or(FilingError::NotPermitted)?;
            let number = ItemNumber(*item);
            let answered = context.file.items.get(&number).ok_or(FilingError::Refused(Refusal::NoSuchItem(number)))?;
            let versions = answered.replies.get(&party).map_or(0, Vec::len);
            let mut ground = grounds.iter().map(|one| read("grounds", one)).collect::<Result<Vec<Ground>, _>>()?;
            ground.sort_unstable();
            ground.dedup();
            Act::Reply(Reply {
                item: number,
                party,
                version: u32::try_from(versions).unwrap_or(u32::MAX).saturating_add(1),
                item_version: Some(item_version.unwrap_or_else(|| answered.version())),
                authenticity: read_some("authenticity", authenticity.as_ref())?,
                legality: read_some("legality", legality.as_ref())?,
                relevance: read_some("relevance", relevance.as_ref())?,
                ground,
                probative_value: annexes.add_some("probative_value", probative_value.as_deref())?,
                reason: annexes.add_some("reason", reason.as_deref())?,
            })
        }
        _ => return Ok(None),
    }))
}

/// The digest of a file in the court's dossier.
fn dossier_digest(request: &DigestRequest) -> Result<(HashAlgorithm, Digest), FilingError> {
    let bad = || {
        FilingError::bad(
            "dossier_digests",
            "name `sm3` or `sha-256`, and 64 lower-case hex digits",
            "应为 sm3 或者 sha-256，以及 64 位小写十六进制数字",
        )
    };
    let algorithm = HashAlgorithm::parse(&request.algorithm).ok_or_else(bad)?;
    Ok((algorithm, <Digest as LineValue>::parse(&request.value).ok_or_else(bad)?))
}

fn proceeding_act(context: &mut ActContext<'_>, request: &ActRequest) -> Result<Act, FilingError> {
    let annexes = &mut *context.annexes;
    Ok(match request {
        ActRequest::Describe { title, claims } => {
            if title.is_none() && claims.is_none() {
                return Err(FilingError::bad(
                    "title",
                    "say a title, the claims, or both",
                    "起诉案由、诉讼请求至少填写一项",
                ));
            }
            Act::Describe(Describe {
                title: annexes.add_some("title", title.as_deref())?,
                claims: annexes.add_some("claims", claims.as_deref())?,
            })
        }
        ActRequest::ConfirmNotice { document } => {
            Act::ConfirmNotice(ConfirmNotice { document: read_some("document", document.as_ref())? })
        }
        ActRequest::ConfirmService { document, address } => Act::ConfirmService(ConfirmService {
            document: read_some("document", document.as_ref())?,
            address: annexes.add_some("address", address.as_deref())?,
        }),
        ActRequest::ReturnFiling { reason } => {
            Act::ReturnFiling(ReturnFiling { reason: annexes.add_some("reason", reason.as_deref())? })
        }
        ActRequest::Reject { reason } => Act::Reject(Reject { reason: annexes.add_some("reason", reason.as_deref())? }),
        ActRequest::Refuse { reason, document } => Act::Refuse(Refuse {
            reason: annexes.add_some("reason", reason.as_deref())?,
            document: read_some("document", document.as_ref())?,
        }),
        ActRequest::FileCase { number } => Act::FileCase(FileCase { number: read_some("number", number.as_ref())? }),
        ActRequest::BindNumber { number } => Act::BindNumber(BindNumber { number: read("number", number)? }),
        ActRequest::Judge { document } => Act::Judge(Judge { document: read_some("document", document.as_ref())? }),
        ActRequest::OrderErasure { deposit_number, account, document } => {
            if deposit_number.is_some() && account.is_some() {
                return Err(FilingError::bad(
                    "deposit_number",
                    "say a deposit or an account, not both",
                    "存证编号和账号只能填写其中一项",
                ));
            }
            Act::OrderErasure(OrderErasure {
                deposit: read_some("deposit_number", deposit_number.as_ref())?,
                account: account.as_ref().map(|text| known(context.registry, text)).transpose()?.map(|(id, _)| id),
                document: read_some("document", document.as_ref())?,
            })
        }
        ActRequest::Hold { deposit_number, account, reason } => {
            let (deposit, account) = content(context.registry, deposit_number.as_ref(), account.as_ref())?;
            Act::Hold(Hold { deposit, account, reason: annexes.add("reason", reason)? })
        }
        ActRequest::Release { deposit_number, account, reason } => {
            let (deposit, account) = content(context.registry, deposit_number.as_ref(), account.as_ref())?;
            Act::Release(Release { deposit, account, reason: annexes.add_some("reason", reason.as_deref())? })
        }
        // All other acts were handled before.
        _ => return Err(FilingError::NotPermitted),
    })
}

/// The deposit or the account that an act is about; exactly one.
fn content(
    registry: &Registry,
    deposit: Option<&String>,
    account: Option<&String>,
) -> Result<(Option<DepositNumber>, Option<AccountId>), FilingError> {
    if deposit.is_some() == account.is_some() {
        return Err(FilingError::Refused(Refusal::HoldNamesNothing));
    }
    let deposit = read_some("deposit_number", deposit)?;
    Ok((deposit, account.map(|text| known(registry, text)).transpose()?.map(|(id, _)| id)))
}

/// The content whose erasure a request suspends or resumes; `None` if it is not named properly.
fn held_content(request: &ActRequest) -> Option<HeldContent> {
    let (ActRequest::Hold { deposit_number, account, .. } | ActRequest::Release { deposit_number, account, .. }) =
        request
    else {
        return None;
    };
    let deposit = deposit_number.as_deref().and_then(LineValue::parse);
    HeldContent::of(deposit, account.as_deref().and_then(LineValue::parse))
}

/// The texts of a request that become annexes.
fn texts(request: &ActRequest) -> Vec<&str> {
    match request {
        ActRequest::Describe { title, claims } => [title, claims].into_iter().flatten().map(String::as_str).collect(),
        ActRequest::Restate { name, content, source, proves, .. } => {
            [Some(name), Some(content), source.as_ref(), proves.as_ref()]
                .into_iter()
                .flatten()
                .map(String::as_str)
                .collect()
        }
        ActRequest::Reply { probative_value, reason, .. } => {
            [probative_value, reason].into_iter().flatten().map(String::as_str).collect()
        }
        ActRequest::Hold { reason, .. }
        | ActRequest::ObjectJurisdiction { reason, .. }
        | ActRequest::ApplyDeferral { reason, .. }
        | ActRequest::ExplainLateness { reason, .. } => vec![reason],
        ActRequest::FileDocument { name, .. } => vec![name],
        ActRequest::ChangeClaims { claims, .. } | ActRequest::Counterclaim { claims, .. } => vec![claims],
        ActRequest::ReturnFiling { reason }
        | ActRequest::Reject { reason }
        | ActRequest::Refuse { reason, .. }
        | ActRequest::DecideDeferral { reason, .. }
        | ActRequest::DecideLateness { reason, .. }
        | ActRequest::DecideAdmission { reason, .. }
        | ActRequest::Release { reason, .. } => reason.iter().map(String::as_str).collect(),
        request => session_acts::texts(request),
    }
}

/// Do something in a case / 办理案件
///
/// One word says what: the acts of the filing flow, each with its own fields. Acts, fields and words may be in Chinese. What may be done now, and in which
/// capacity, a view of the case lists under `can`.
///
/// 以 `act` 指明所办事项，操作、字段和代码词均可用中文；当前可办理的事项见案件信息的 `can`。
#[utoipa::path(
    post,
    path = "/v1/cases/{case}/acts",
    tag = "cases",
    params(
        ("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"),
    ),
    request_body = ActRequest,
    responses(
        (status = 201, description = "On the chain / 已上链", body = ActOutcomeJson),
        (status = 200, description = "The same request was there already", body = ActOutcomeJson),
    ),
)]
pub(in crate::http) async fn act_upon_case(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    call: AuthenticatedJson<TypedActRequest<ActRequest>>,
) -> Result<Response, ApiError> {
    let AuthenticatedJson { actor, context, shape: TypedActRequest(shape) } = call;
    let (recorded, shown) = act(&state, &actor, case, &context, &shape).await?;
    Ok(created(&recorded, &shown))
}

/// Does an act upon a case: the answer, and the act as recorded.
///
/// # Errors
///
/// [`ApiError`].
pub(in crate::http) async fn act(
    state: &AppState,
    actor: &Actor,
    case: CaseId,
    context: &RequestContext,
    shape: &ActRequest,
) -> Result<(RecordedAct, ActOutcomeJson), ApiError> {
    let (filing, registry) = (state.filing()?, state.filing()?.registry());
    let now = filing.now();
    let make_with = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes, document: Option<&DocumentFacts>| {
        make(&mut ActContext { file, actor, capacity, registry: &registry, annexes, document, now }, shape)
    };
    let make_act =
        |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| make_with(file, capacity, annexes, None);
    let make_on = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes, document: &DocumentFacts| {
        make_with(file, capacity, annexes, Some(document))
    };
    let kind = shape.kind();
    let outcome = match (held_content(shape), session_acts::document_of(shape)?) {
        (Some(content), _) => filing.act_on_content(actor, case, context, (kind, content), make_act).await?,
        (None, Some(document)) => filing.act_on_document(actor, case, context, (kind, document), make_on).await?,
        (None, None) => {
            if let Some(command) = document_command(shape)? {
                filing.file_document(actor, case, context, &command).await?
            } else {
                let named = documents(shape)?;
                filing.act_with_documents(actor, case, context, (kind, &named), make_act).await?
            }
        }
    };
    let shown = outcome_json(filing, &outcome, warnings::of_texts(&texts(shape)));
    Ok((outcome.recorded, shown))
}

/// Why the act with this sequence had no effect; `None` if it had.
#[must_use]
pub fn ineffective(file: &CaseFile, sequence: u64) -> Option<CodedText> {
    let ineffective = file.ineffective_acts.iter().find(|ineffective| ineffective.position.sequence == sequence)?;
    let code = ineffective.reason.code();
    Some(coded(code.as_str(), Bilingual::new(code.title_zh(), code.title())))
}

/// List the acts of a case / 案件的全部行为
///
/// Each as the document that the chain committed to, with its position. Documents contain no personal texts.
///
/// 案件全部行为的上链文书及位置，不含任何文本内容。
#[utoipa::path(
    get,
    path = "/v1/cases/{case}/acts",
    tag = "cases",
    params(("case" = String, Path, description = "案件代号, 案号 or 64 hex digits", example = "7K2M9X-QT3D5W"), PageQuery),
    responses(
        (status = 200, description = "In their order / 按次序", body = CaseActsJson),
    ),
)]
pub(in crate::http) async fn list_acts(
    State(state): State<Arc<AppState>>,
    CasePath(case): CasePath,
    Parameters(page): Parameters<PageQuery>,
    Bearer(actor): Bearer,
) -> Result<Response, ApiError> {
    let (after, limit) = (page.number()?.unwrap_or(0), page.limit()?);
    let (file, found) = state.filing()?.case_acts(&actor, case, after, limit).await?;
    let shown = |act: &crate::filing::streams::StoredAct| {
        let tx_id = leaf_hash(act.entry.to_string().as_bytes());
        let kind = act.document.act.kind();
        CaseActJson {
            act: ActJson::of(kind, Stream::Case, Some(case), act.entry.number, tx_id, &act.position, true),
            document: act.document.to_text(),
            ineffective: ineffective(&file, act.position.sequence),
        }
    };
    let shown = CaseActsJson {
        items: found.acts.iter().filter(|act| actor.can_see_act(&file, &act.document.act)).map(shown).collect(),
        next_cursor: found.next.map(|next| next.to_string()),
    };
    Ok(answer(StatusCode::OK, &shown))
}
