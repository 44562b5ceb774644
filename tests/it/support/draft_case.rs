//! A case opened directly at the filing service, for tests of other subjects.

use tiezheng::court::acts::{Act, ActKind, AddParty, ConfirmNotice, Open};
use tiezheng::court::case::rules_version::RulesVersion;
use tiezheng::court::case_number::CourtCode;
use tiezheng::court::ids::CaseId;
use tiezheng::court::values::Filer;
use tiezheng::court::words::{CaseKind, PartyRole, Procedure, SubjectKind};
use tiezheng::filing::actor::{Actor, RequestContext};
use tiezheng::filing::secret::random_request_id;
use tiezheng::ledger::hash::Digest;

use crate::support::accounts::Person;
use crate::support::test_node::TestNode;

/// A request context with a random request id.
pub(crate) fn new_request() -> RequestContext {
    RequestContext { request: random_request_id().unwrap(), body: Digest([0; 32]), capacity: None }
}

/// A draft of `person` before `court`, and the person as an actor of the filing service.
pub(crate) async fn draft_case(node: &TestNode, person: &Person, court: &str, title: Option<&str>) -> (Actor, CaseId) {
    let actor = node.filing.authenticate(&person.token).unwrap();
    let (request, court) = (new_request(), CourtCode::parse(court).unwrap());
    let opened = node.filing.open_case(&actor, &request, &court, Filer::Principal, |annexes| {
        Ok(Act::Open(Open {
            court: court.clone(),
            kind: CaseKind::CivilFirst,
            procedure: Procedure::Ordinary,
            role: PartyRole::Plaintiff,
            subject: SubjectKind::NaturalPerson,
            filer: Filer::Principal,
            authority: None,
            identity: actor.identity(),
            from: None,
            transfer: None,
            special: Vec::new(),
            instance: Vec::new(),
            former_role: None,
            hand_over: None,
            relationship: None,
            account: None,
            name: annexes.add("name", "原告")?,
            title: annexes.add_some("title", title)?,
            claims: None,
            power: None,
            rules: Some(RulesVersion::CURRENT),
        }))
    });
    let case = opened.await.unwrap().file.id;
    (actor, case)
}

/// Completes a suit for its submission: a defendant and the confirmed notices.
pub(crate) async fn complete(node: &TestNode, actor: &Actor, case: CaseId) {
    let request = new_request();
    let added = node.filing.act(actor, case, &request, ActKind::AddParty, |file, _, annexes| {
        Ok(Act::AddParty(AddParty {
            party: file.next_party(),
            role: PartyRole::Defendant,
            former_role: None,
            subject: SubjectKind::NaturalPerson,
            account: None,
            name: annexes.add("name", "被告")?,
        }))
    });
    added.await.unwrap();
    let request = new_request();
    let confirmed = node.filing.act(actor, case, &request, ActKind::ConfirmNotice, |_, _, _| {
        Ok(Act::ConfirmNotice(ConfirmNotice { document: None }))
    });
    confirmed.await.unwrap();
}
