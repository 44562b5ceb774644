//! Versions of a transcript, requests for correction, and the days for reading: 民诉法 art. 150 (2).

use super::*;
use crate::court::case::session_records::Transcript;

impl TestCase {
    /// An inquiry with a version that these people are to sign.
    fn inquiry(more: &[Signer]) -> Self {
        let mut course = Self::assigned();
        for (n, signer) in (1..).zip(more) {
            match *signer {
                Signer::Holder(role, account) => course.clerk(made!(Appoint { role, account })),
                Signer::Agent(_) => {
                    let code = associate(1, Filer::Agent, Some(n));
                    course.does(account(4 + u8::try_from(n).unwrap()), Capacity::Oneself, code).unwrap();
                }
                _ => {}
            }
        }
        course.transcript(TranscriptKind::Inquiry, None);
        course.version(1, 1, 1);
        course.list(TRANSCRIPT, &[&with_court()[..], more].concat()).unwrap();
        course
    }

    fn requests(
        &mut self,
        (by, capacity): (AccountId, Capacity),
        correction: u32,
        speaker: Capacity,
    ) -> Result<(), Refusal> {
        let (transcript, correction) = (TranscriptNumber(1), CorrectionNumber(correction));
        let version = u32::try_from(self.first().versions.len()).unwrap();
        self.does(by, capacity, made!(RequestCorrection { transcript, version, correction, speaker }))
    }

    fn decides(&mut self, correction: u32, decision: CorrectionDecision) -> Result<(), Refusal> {
        let (transcript, correction) = (TranscriptNumber(1), CorrectionNumber(correction));
        self.does(account(8), CLERK, made!(DecideCorrection { transcript, correction, decision }))
    }

    fn adds_version(&mut self, version: u32, source: VersionSource) -> Result<(), Refusal> {
        let (transcript, data_hash) = (TranscriptNumber(1), digests(u8::try_from(version).unwrap()));
        self.does(account(8), CLERK, made!(AddTranscriptVersion { transcript, version, source, data_hash }))
    }

    fn first(&self) -> &Transcript {
        &self.file.records.transcripts[&TranscriptNumber(1)]
    }

    fn states(&self) -> Vec<ConfirmationState> {
        self.file.records.rounds[&RoundNumber(1)].people.iter().map(Participant::state).collect()
    }
}

/// What an agent said was said for its party; the request of an appointed agent is not the party's own, and undoes no signature.
#[test]
fn a_request_holds_up_the_place_of_who_made_it() {
    use ConfirmationState::{Confirmed, CorrectionRequested, Pending};
    let agent = (account(5), Capacity::Agent(AgentNumber(1)));
    let experts = [account(6), account(7)].map(|one| Signer::Holder(Role::Expert, one));
    let mut course = TestCase::inquiry(&[&[Signer::Agent(AgentNumber(1))][..], &experts].concat());
    course.requests((account(2), SECOND), 1, agent.1).unwrap();
    course.confirm((PLAINTIFF, FIRST), (1, 1, 1)).unwrap();
    course.requests((PLAINTIFF, FIRST), 2, FIRST).unwrap();
    course.requests((account(6), Capacity::Holding(Role::Expert)), 3, Capacity::Holding(Role::Expert)).unwrap();
    let expected = [Confirmed, CorrectionRequested, Pending, Pending, Pending, CorrectionRequested, Pending];
    assert_eq!(course.states(), expected);
    // The refusal of one request settles that one.
    course.decides(1, CorrectionDecision::Refused).unwrap();
    assert_eq!((course.states()[1], course.states()[5]), (Pending, CorrectionRequested));
    assert_eq!(course.decides(1, CorrectionDecision::Allowed), no(SessionRefusal::CorrectionDecided));
    course.requests(agent, 4, agent.1).unwrap();
    assert_eq!((course.states()[1], course.states()[4]), (Pending, CorrectionRequested));
}

/// A new version comes after the decision on every request, says which requests it amends, and is no text of the speech recognition again.
#[test]
fn a_version_amends_what_was_allowed_before_it() {
    let mut course = TestCase::inquiry(&[]);
    course.requests((PLAINTIFF, FIRST), 1, FIRST).unwrap();
    assert_eq!(course.adds_version(2, VersionSource::Amendment), no(SessionRefusal::CorrectionPending));
    course.decides(1, CorrectionDecision::Allowed).unwrap();
    assert_eq!(course.adds_version(2, VersionSource::Machine), no(SessionRefusal::MachineText));
    course.adds_version(2, VersionSource::Amendment).unwrap();
    course.adds_version(3, VersionSource::Amendment).unwrap();
    assert_eq!(course.first().corrections[0].amended_in, Some(2));
}

/// Five days for reading, from the end of the hearing, or from a version that was made after it; none to correct after them.
#[test]
fn the_days_for_reading_are_counted_from_hearing_or_version_whichever_is_later() {
    let last = |course: &TestCase| transcripts::reading_end(&course.file, course.first(), &Calendar::default());
    let day = |text: &str| Day::parse(text);
    let mut course = TestCase::in_hearing();
    course.transcript(TranscriptKind::Hearing, Some(1));
    course.version(1, 1, 1);
    assert_eq!(last(&course), None, "the hearing goes on");
    // From Sunday to Tuesday.
    course.at += 2 * DAY;
    course.court(Act::EndHearing(EndHearing {}));
    assert_eq!(last(&course), day("2026-11-30"), "24 November and five days; the last is a Sunday");
    course.at += 2 * DAY;
    course.adds_version(2, VersionSource::Clerk).unwrap();
    assert_eq!(last(&course), day("2026-12-01"));
    course.at += 10 * DAY;
    assert_eq!(course.requests((PLAINTIFF, FIRST), 1, FIRST), no(SessionRefusal::WindowOver));
}
