//! Parties that were entered wrongly.

use super::*;
use crate::court::case::course_refusal::CourseRefusal;

/// 更正: the filer before the submission, then the court, which no party replaces.
#[test]
fn a_party_that_was_entered_wrongly_is_corrected() {
    let corrects = |party: u32, name: Option<u8>, subject: Option<SubjectKind>| {
        let name = name.map(|byte| AnnexId(Digest([byte; 32])));
        Act::RestateParty(RestateParty { party: PartyNumber(party), subject, name })
    };
    let mut course = TestCase::begin();
    course.complete();
    let before = course.file.parties[&PartyNumber(2)].clone();
    assert_eq!(course.does(PLAINTIFF, FIRST, corrects(3, Some(9), None)), Err(Refusal::NoSuchParty(PartyNumber(3))));
    course.does(PLAINTIFF, FIRST, corrects(2, Some(9), None)).unwrap();
    let named = course.file.parties[&PartyNumber(2)].clone();
    assert_eq!((named.name.annex, named.subject), (AnnexId(Digest([9; 32])), before.subject));
    let other = SubjectKind::ALL.iter().copied().find(|kind| *kind != before.subject).unwrap();
    course.does(account(8), CLERK, corrects(2, None, Some(other))).unwrap();
    let both = course.file.parties[&PartyNumber(2)].clone();
    assert_eq!((both.name, both.subject), (named.name, other));
    // From the submission on, the court.
    course.import(PLAINTIFF, FIRST, 1).unwrap();
    course.does(PLAINTIFF, FIRST, Act::Submit(Submit {})).unwrap();
    let late = course.does(PLAINTIFF, FIRST, corrects(2, Some(7), None));
    assert_eq!(late, Err(Refusal::Denied(DeniedReason::WrongStage)));
    course.court(Act::Approve(Approve {}));
    course.court(Act::FileCase(FileCase { number: None }));
    course.clerk(corrects(2, Some(7), None));
    assert_eq!(course.file.parties[&PartyNumber(2)].name.annex, AnnexId(Digest([7; 32])));
}

/// 解除关联: by the clerk, for the person to whom the party belongs to join.
#[test]
fn the_court_ends_the_association_of_a_wrong_account() {
    let ends = || Act::EndAssociation(EndAssociation { party: PartyNumber(2) });
    let mut course = TestCase::assigned();
    assert_eq!(course.file.capacities_of(account(2)), [SECOND]);
    for (by, capacity) in [(account(2), SECOND), (PLAINTIFF, FIRST)] {
        assert_eq!(course.does(by, capacity, ends()), Err(Refusal::Denied(DeniedReason::NotPermitted)));
    }
    course.clerk(ends());
    assert_eq!(course.file.capacities_of(account(2)), []);
    assert!(course.file.is_recused(account(2)), "it has acted as a party");
    assert_eq!(course.does(account(8), CLERK, ends()), Err(Refusal::NotAssociated));
    let again = made!(IssueCode {
        code: CodeNumber(2),
        party: PartyNumber(2),
        party_uses: 1,
        agent_uses: 0,
        expires: Timestamp::from_millis(START + 40 * 86_400_000).unwrap(),
    });
    course.clerk(again);
    course.does(account(4), Capacity::Oneself, associate(2, Filer::Principal, None)).unwrap();
    assert_eq!(course.file.capacities_of(account(4)), [SECOND]);
}

/// A party with an account corrects itself; a party of the same side does not do it for the others.
#[test]
fn a_party_corrects_itself_and_only_the_filer_those_without_an_account() {
    let corrects = |party: u32| {
        let name = Some(AnnexId(Digest([9; 32])));
        Act::RestateParty(RestateParty { party: PartyNumber(party), subject: None, name })
    };
    let mut course = TestCase::begin();
    course.complete();
    let partner = made!(AddParty { party: PartyNumber(3), role: PartyRole::Plaintiff, account: Some(account(4)) });
    course.does(PLAINTIFF, FIRST, partner).unwrap();
    let third = Capacity::Party(PartyNumber(3));
    for party in [1, 2] {
        assert_eq!(course.does(account(4), third, corrects(party)), Err(Refusal::NotYours), "{party}");
    }
    assert_eq!(course.does(PLAINTIFF, FIRST, corrects(3)), Err(Refusal::NotYours));
    course.does(account(4), third, corrects(3)).unwrap();
    for party in [1, 2] {
        course.does(PLAINTIFF, FIRST, corrects(party)).unwrap();
    }
}

/// 民诉法 art. 60: an organisation has no statutory agent.
#[test]
fn a_party_with_a_statutory_agent_stays_a_natural_person() {
    let mut course = TestCase::assigned();
    course.file.parties.get_mut(&PartyNumber(1)).unwrap().subject = SubjectKind::NaturalPerson;
    course.clerk(made!(AddAgent {
        agent: AgentNumber(1),
        party: PartyNumber(1),
        account: account(5),
        authority: Authority::Statutory,
        power: None,
        special: Vec::new(),
        relationship: Some(AnnexId(Digest([6; 32]))),
    }));
    let becomes =
        |subject| Act::RestateParty(RestateParty { party: PartyNumber(1), subject: Some(subject), name: None });
    let refused = course.does(account(8), CLERK, becomes(SubjectKind::LegalPerson));
    assert_eq!(refused, Err(CourseRefusal::NoStatutoryAgent.into()));
    course.clerk(becomes(SubjectKind::NaturalPerson));
    course.clerk(Act::EndAgent(EndAgent { agent: AgentNumber(1) }));
    course.clerk(becomes(SubjectKind::LegalPerson));
    assert_eq!(course.file.parties[&PartyNumber(1)].subject, SubjectKind::LegalPerson);
}
