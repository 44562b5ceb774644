//! Permissions by role and stage: every cell of the table of permissions, through HTTP.
//!
//! A denied cell must be rejected with its code; an allowed cell must not. Other reasons to reject an allowed act (no such item,
//! nothing to resume) are not tested here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tiezheng::court::acts::ActKind;
use tiezheng::court::permission::{CaseRelation, DeniedReason, Side, acts_of_a_case, may_see, permit};
use tiezheng::court::words::{Role, Stage};

use crate::support::accounts::{COURT, People, Person};
use crate::support::depositor::note;
use crate::support::test_node::{NodeConfig, TestNode};

/// One account for each relation to a case, and one for each role without access to cases.
struct Participants<'h> {
    people: People<'h>,
    by: BTreeMap<CaseRelation, Person>,
    documents: AtomicU64,
}

/// The roles of a court that give access to cases.
const OF_COURTS: [Role; 13] = [
    Role::Clerk,
    Role::Judge,
    Role::JudgeAssistant,
    Role::TrialSupport,
    Role::Archivist,
    Role::AppraisalInstitution,
    Role::Notary,
    Role::Mediator,
    Role::MediationOrganisation,
    Role::PeoplesAssessor,
    Role::BankruptcyAdministrator,
    Role::Supervisor,
    Role::Expert,
];

impl<'h> Participants<'h> {
    async fn of(node: &'h TestNode) -> Self {
        let people = People::of(node).await;
        let mut by = BTreeMap::new();
        for side in Side::ALL {
            by.insert(CaseRelation::Party(*side), people.person("当事人").await);
            by.insert(CaseRelation::Agent(*side), people.person("代理人").await);
        }
        for role in Role::ALL {
            let person = if role.is_of_a_court() {
                people.of_court("工作人员", role.word(), COURT).await
            } else {
                let account = people.account("natural-person", "其他").await;
                people.identify(&account, "substantial").await;
                people.grant(&account, role.word(), None).await;
                people.token(&account, &["deposit", "read", "case", "court"]).await
            };
            by.insert(CaseRelation::Holding(*role), person);
        }
        by.insert(CaseRelation::Unrelated, people.person("路人").await);
        Self { people, by, documents: AtomicU64::new(1_000) }
    }

    async fn act(&self, who: CaseRelation, case: &str, body: Value) {
        let answer = self.people.by(&self.by[&who]).post(&format!("/v1/cases/{case}/acts"), &body).await;
        assert_eq!(answer.status, 201, "{who:?} {body}: {}", answer.text());
    }

    /// A case with three sides, entered by the court for a visitor: only the court names accounts for the other
    /// sides.
    async fn draft_case(&self) -> String {
        let clerk = CaseRelation::Holding(Role::Clerk);
        let account = |relation| &self.by[&relation].account;
        let body = json!({
            "court": COURT, "kind": "civil-first", "procedure": "ordinary", "role": "plaintiff",
            "subject": "natural-person", "filer": "court", "name": "原告",
            "account": account(CaseRelation::Party(Side::Bringing)),
        });
        let opened = self.people.by(&self.by[&clerk]).create("/v1/cases", &body).await;
        let case = opened["case"].as_str().unwrap().to_owned();
        for (role, side) in [("defendant", Side::Answering), ("third-party", Side::Third)] {
            let account = account(CaseRelation::Party(side));
            let party = json!({"act": "add-party", "role": role, "subject": "natural-person", "name": "某", "account": account});
            self.act(clerk, &case, party).await;
        }
        self.agent(&case, 1, Side::Bringing).await;
        for role in OF_COURTS.into_iter().filter(|role| role.needs_appointment()) {
            let account = &self.by[&CaseRelation::Holding(role)].account;
            self.act(clerk, &case, json!({"act": "appoint", "role": role.word(), "account": account})).await;
        }
        case
    }

    async fn agent(&self, case: &str, party: u32, side: Side) {
        let account = &self.by[&CaseRelation::Agent(side)].account;
        let body = json!({"act": "add-agent", "party": party, "account": account, "authority": "special",
                "special": ["waive", "appeal", "settle"], "name": "律师", "power": "委托书"});
        self.act(CaseRelation::Holding(Role::Clerk), case, body).await;
    }

    /// A case advanced to this stage.
    async fn at(&self, stage: Stage) -> String {
        let case = self.draft_case().await;
        let (party, clerk) = (CaseRelation::Party(Side::Bringing), CaseRelation::Holding(Role::Clerk));
        let judge = CaseRelation::Holding(Role::Judge);
        // A decision is a document of its own.
        let document = self.document().await;
        let steps: &[(CaseRelation, &str)] = match stage {
            Stage::Draft => &[],
            Stage::UnderReview => &[(party, "submit")],
            Stage::ToSupplement => &[(party, "submit"), (clerk, "return-filing")],
            Stage::Approved => &[(party, "submit"), (clerk, "approve")],
            Stage::Rejected => &[(party, "submit"), (clerk, "reject")],
            Stage::Refused => &[(party, "submit"), (clerk, "refuse")],
            Stage::Withdrawn => &[(party, "submit"), (party, "withdraw-filing")],
            Stage::AwaitingAssignment => &[(party, "submit"), (clerk, "approve"), (clerk, "file-case")],
            Stage::Assigned => &[(party, "submit"), (clerk, "approve"), (clerk, "file-case"), (clerk, "assign")],
            Stage::InHearing => &[
                (party, "submit"),
                (clerk, "approve"),
                (clerk, "file-case"),
                (clerk, "assign"),
                (judge, "begin-hearing"),
            ],
            Stage::Judged => {
                &[(party, "submit"), (clerk, "approve"), (clerk, "file-case"), (clerk, "assign"), (judge, "judge")]
            }
            Stage::Discontinued => &[
                (party, "submit"),
                (clerk, "approve"),
                (clerk, "file-case"),
                (clerk, "assign"),
                (party, "withdraw-suit"),
                (judge, "rule"),
            ],
            Stage::Closed => &[(party, "submit"), (clerk, "approve"), (clerk, "file-case"), (clerk, "close")],
        };
        if !steps.is_empty() {
            self.act(party, &case, json!({ "act": "confirm-notice" })).await;
        }
        for (who, act) in steps {
            // Agents of the other sides come in as soon as they can.
            if *act == "assign" {
                self.agents_of_others(&case).await;
            }
            let mut body = json!({ "act": act });
            match *act {
                "assign" => body["judge"] = json!(self.by[&judge].account),
                "judge" | "refuse" => body["document"] = json!(document),
                "rule" => {
                    body["document"] = json!(document);
                    body["ruling"] = json!("allow-withdrawal");
                }
                _ => {}
            }
            self.act(*who, &case, body).await;
        }
        if stage == Stage::AwaitingAssignment {
            self.agents_of_others(&case).await;
        }
        case
    }

    /// The number of a deposit that is not the document of a decision yet.
    async fn document(&self) -> String {
        let n = self.documents.fetch_add(1, Ordering::Relaxed);
        TestNode::number(&self.people.node.deposit(&note(n)).await)
    }

    async fn agents_of_others(&self, case: &str) {
        self.agent(case, 2, Side::Answering).await;
        self.agent(case, 3, Side::Third).await;
    }

    /// Whether this standing is filled in a case at this stage.
    fn is_active(who: CaseRelation, stage: Stage) -> bool {
        let agents = matches!(stage, Stage::AwaitingAssignment | Stage::Assigned | Stage::InHearing | Stage::Judged);
        match who {
            CaseRelation::Agent(Side::Answering | Side::Third) => agents,
            // Of another court: `hand_overs` tests it.
            CaseRelation::Platform | CaseRelation::Receiving(_) => false,
            _ => true,
        }
    }
}

/// A request of each kind, well-formed, about things that may not be there.
#[expect(clippy::match_same_arms, reason = "one arm for each act, in the order of the acts")]
fn request(act: ActKind, document: &str) -> Option<Value> {
    let mut body = match act {
        ActKind::AddParty => json!({"role": "third-party", "subject": "natural-person", "name": "某"}),
        ActKind::EndAssociation => json!({"party": 900}),
        ActKind::RestateParty => json!({"party": 900, "name": "某"}),
        ActKind::AddAgent => json!({"party": 900, "account": "ab".repeat(32), "authority": "general", "name": "某"}),
        ActKind::EndAgent => json!({"agent": 900}),
        ActKind::BindNumber => json!({"number": "（2026）粤0192民初1号"}),
        ActKind::FileDocument => json!({"volume": "main", "form": "paper", "pages": 1, "name": "某"}),
        ActKind::FormPanel => json!({"members": []}),
        ActKind::Rule => json!({"ruling": "remand", "document": document}),
        ActKind::Answer => json!({"document": document, "party": 2}),
        ActKind::Appeal => json!({"decision": document, "petition": document, "party": 1}),
        ActKind::WithdrawAppeal => json!({"party": 1}),
        ActKind::ObjectJurisdiction => json!({"reason": "某"}),
        ActKind::Judge | ActKind::Refuse => json!({"document": document}),
        ActKind::Restate => json!({"item": 900, "name": "某", "content": "某"}),
        ActKind::WithdrawItem | ActKind::Consent | ActKind::ReceiveItem => json!({"item": 900}),
        ActKind::Reply => json!({"item": 900, "relevance": "disputed"}),
        ActKind::SetPeriod | ActKind::ResetPeriod => json!({"basis": "summary", "start": "2026-11-22", "days": 999}),
        ActKind::SuspendPeriod | ActKind::ResumePeriod => json!({"on": "1970-01-01"}),
        ActKind::ExtendPeriod => json!({"days": 9999}),
        ActKind::ExchangeEvidence => json!({"day": "1970-01-01"}),
        ActKind::AllowRebuttal => json!({"party": 900, "item": 900, "days": 5}),
        ActKind::OpenReplies => json!({"days": 9999}),
        ActKind::ApplyDeferral => {
            json!({"party": 900, "window": "evidence", "obstacle_ended": "2026-11-22", "reason": "某"})
        }
        ActKind::DecideDeferral => json!({"party": 900, "window": "evidence"}),
        ActKind::RequireReason => json!({"item": 900}),
        ActKind::ExplainLateness => json!({"item": 900, "reason": "某"}),
        ActKind::DecideLateness => json!({"item": 900, "decision": "in-time"}),
        ActKind::DecideAdmission => json!({"item": 900, "decision": "adopted"}),
        ActKind::ChangeClaims => json!({"party": 900, "change": "added", "claims": "某"}),
        ActKind::Counterclaim => json!({"party": 900, "claims": "某"}),
        ActKind::ConvertProcedure => json!({"procedure": "second-instance"}),
        ActKind::OrderErasure | ActKind::Release => json!({"account": "cd".repeat(32)}),
        ActKind::Appoint | ActKind::EndAppointment => json!({"role": "clerk", "account": "ab".repeat(32)}),
        ActKind::Hold => json!({"account": "cd".repeat(32), "reason": "某"}),
        ActKind::ConsentService => json!({"party": 900, "scope": "documents", "answer": "agreed", "form": "explicit"}),
        ActKind::ServiceAddress => json!({"party": 900, "kind": "email", "value": "a@example.com", "source": "given"}),
        ActKind::EndServiceAddress => json!({"address": 900}),
        ActKind::NameReceiver => json!({"agent": 900}),
        ActKind::Serve => {
            json!({"party": 900, "mode": "paper", "kind": "summons", "document": "T20261122-0K7M-X9QT-3D5W-MP"})
        }
        ActKind::SendService => json!({"service": 900, "channel": "direct"}),
        ActKind::ReportService => json!({"service": 900, "attempt": 1, "step": "arrived"}),
        ActKind::ConfirmReceipt | ActKind::RequestPaper | ActKind::DetermineService => json!({"service": 900}),
        ActKind::ObjectService => json!({"service": 900, "ground": "system-error"}),
        ActKind::DecideService => json!({"service": 900, "outcome": "upheld"}),
        act if is_of_sessions(act) => session_request(act),
        act if has_a_path_of_its_own(act) => return None,
        _ => json!({}),
    };
    body["act"] = json!(act.word());
    Some(body)
}

/// Whether it is asked for at a path of its own, not among the acts of a case.
fn has_a_path_of_its_own(act: ActKind) -> bool {
    matches!(
        act,
        ActKind::SendHandOver
            | ActKind::ReceiveHandOver
            | ActKind::AcceptHandOver
            | ActKind::ReportDifference
            | ActKind::ReturnHandOver
            | ActKind::TakeOver
            | ActKind::TakeBack
            | ActKind::Associate
            | ActKind::IssueCode
            | ActKind::Import
            | ActKind::Verify
            | ActKind::PassOn
            | ActKind::Diverge
            | ActKind::CertifyService
            | ActKind::Erase
    )
}

/// Whether it is an act of a hearing, a transcript, a confirmation round or a mediation.
fn is_of_sessions(act: ActKind) -> bool {
    let place = |kind: ActKind| ActKind::ALL.iter().position(|one| *one == kind);
    (place(ActKind::JoinSession)..=place(ActKind::ForwardItem)).contains(&place(act))
}

/// Their requests.
fn session_request(act: ActKind) -> Value {
    let (number, hex) = ("20261122-0K7M-X9QT-3D5W-C3", "ab".repeat(32));
    match act {
        ActKind::JoinSession | ActKind::LeaveSession => json!({"activity": "mediation"}),
        ActKind::AddRecording => json!({
            "hearing": 900, "document": number, "name_commitment": hex,
            "from": "2026-11-22T09:00:00.000+08:00", "until": "2026-11-22T09:30:00.000+08:00",
        }),
        ActKind::CloseRecording => json!({"hearing": 900, "document": number}),
        ActKind::OpenTranscript => json!({"kind": "inquiry"}),
        ActKind::AddTranscriptVersion => json!({"transcript": 900, "source": "clerk", "document": number}),
        ActKind::RequestCorrection => {
            json!({"transcript": 900, "ground": "omission", "place": "某", "wording": "某"})
        }
        ActKind::DecideCorrection => json!({"transcript": 900, "correction": 1, "decision": "allowed"}),
        ActKind::FinaliseTranscript => json!({"transcript": 900}),
        ActKind::OpenRound => json!({"transcript": 900, "signers": ["party 1"]}),
        ActKind::Confirm => {
            json!({"round": 900, "digest": {"algorithm": "sm3", "value": hex}, "method": "online"})
        }
        ActKind::WithdrawConfirmation | ActKind::RecordRefusal => json!({"round": 900, "person": 1}),
        ActKind::ProlongMediation => json!({"until": "2026-12-31"}),
        ActKind::DraftAgreement => json!({"agreement": 900, "track": "court-record", "document": number}),
        ActKind::AgreeSigning => json!({"agreement": 900}),
        ActKind::EndMediation => json!({"agreement": 900, "reason": "unreachable"}),
        ActKind::ApplyWayOut => json!({"agreement": 900, "way": "performance"}),
        ActKind::IssueMediationDocument => json!({"agreement": 900, "document": number}),
        ActKind::ForwardItem => json!({"item": 900}),
        _ => json!({}),
    }
}

/// What the table says must come of it: nothing, or the status and code of the denial.
fn denial(who: CaseRelation, act: ActKind, stage: Stage) -> Option<(u16, &'static str)> {
    let a_role_without_cases = matches!(who, CaseRelation::Holding(role) if !OF_COURTS.contains(&role));
    let outside = matches!(who, CaseRelation::Unrelated) || a_role_without_cases;
    if outside || !may_see(who, stage) {
        return Some((404, "not_found"));
    }
    match permit(who, act, stage) {
        Ok(()) => None,
        Err(DeniedReason::NotPermitted) => Some((403, "not_permitted")),
        Err(DeniedReason::WrongStage) => Some((409, "wrong_stage")),
    }
}

/// Acts that succeed move the case on: each gets a case of its own.
fn moves(act: ActKind) -> bool {
    matches!(
        act,
        ActKind::Submit
            | ActKind::ReturnFiling
            | ActKind::Approve
            | ActKind::Reject
            | ActKind::Refuse
            | ActKind::WithdrawFiling
            | ActKind::FileCase
            | ActKind::Assign
            | ActKind::BeginHearing
            | ActKind::AdjournHearing
            | ActKind::EndHearing
            | ActKind::Judge
            | ActKind::WithdrawSuit
            | ActKind::Close
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_table_is_what_http_does() {
    let node = TestNode::in_memory(NodeConfig::default()).await;
    let all = Participants::of(&node).await;
    let (mut denied, mut allowed) = (0, 0);
    for stage in Stage::ALL {
        let case = all.at(*stage).await;
        for act in acts_of_a_case() {
            let document = all.document().await;
            let Some(body) = request(act, &document) else { continue };
            for who in CaseRelation::all().into_iter().filter(|who| Participants::is_active(*who, *stage)) {
                let expected = denial(who, act, *stage);
                let of_its_own = expected.is_none() && moves(act);
                let case = if of_its_own { all.at(*stage).await } else { case.clone() };
                let path = if act.is_of_service() { "service" } else { "acts" };
                let path = format!("/v1/cases/{case}/{path}");
                let answer = all.people.by(&all.by[&who]).post(&path, &body).await;
                let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
                let cell = format!("{who:?} {act} {stage}: {}", answer.text());
                if let Some((status, expected)) = expected {
                    assert_eq!((answer.status, code.as_str()), (status, expected), "{cell}");
                    denied += 1;
                } else {
                    assert!(!["not_permitted", "wrong_stage", "not_found"].contains(&code.as_str()), "{cell}");
                    allowed += 1;
                }
            }
        }
    }
    assert!(denied > 2_000 && allowed > 200, "{denied} cells denied, {allowed} allowed");
}
