//! Attendance and recordings of a hearing: who leaves, in which order segments come, and when a recording is closed.

use super::*;

fn leaves(activity: SessionActivity) -> Act {
    Act::LeaveSession(LeaveSession { activity })
}

/// A participant leaves the session that it entered, in the capacity in which it did, once.
#[test]
fn a_participant_leaves_its_own_session_once() {
    let mut course = TestCase::in_hearing();
    for (by, capacity) in [(PLAINTIFF, FIRST), (account(2), SECOND)] {
        let identity = course.check(0).unwrap();
        let activity = SessionActivity::Hearing;
        course.does(by, capacity, Act::JoinSession(JoinSession { activity, identity })).unwrap();
    }
    let nowhere = no(SessionRefusal::NotInTheSession);
    assert_eq!(course.does(PLAINTIFF, FIRST, leaves(SessionActivity::Mediation)), nowhere);
    course.does(PLAINTIFF, FIRST, leaves(SessionActivity::Hearing)).unwrap();
    let present: Vec<_> = course.file.records.attendance.values().map(|one| one.left.is_none()).collect();
    assert_eq!(present, [false, true]);
    assert_eq!(course.does(PLAINTIFF, FIRST, leaves(SessionActivity::Hearing)), nowhere, "once");
    // Of two experts one entered.
    let expert = Capacity::Holding(Role::Expert);
    for n in [6, 7] {
        course.clerk(made!(Appoint { role: Role::Expert, account: account(n) }));
    }
    let (activity, identity) = (SessionActivity::Hearing, course.check(0).unwrap());
    course.does(account(6), expert, Act::JoinSession(JoinSession { activity, identity })).unwrap();
    assert_eq!(course.does(account(7), expert, leaves(SessionActivity::Hearing)), nowhere);
    course.does(account(6), expert, leaves(SessionActivity::Hearing)).unwrap();
}

/// Segments follow each other in time, and the recording is closed after the hearing.
#[test]
fn a_recording_has_its_segments_in_order_and_ends_with_the_hearing() {
    let mut course = TestCase::in_hearing();
    let at = |second: u64| Timestamp::from_millis(START + second * 1000).unwrap();
    let segment = |segment: u32, from: u64, until: u64| {
        let hearing = HearingNumber(1);
        made!(AddRecording { hearing, segment, from: at(from), until: at(until), data_hash: digests(1), size: 5 })
    };
    let order = no(SessionRefusal::SegmentOrder);
    assert_eq!(course.does(account(8), CLERK, segment(1, 20, 10)), order);
    course.clerk(segment(1, 10, 20));
    assert_eq!(course.does(account(8), CLERK, segment(2, 19, 30)), order);
    course.clerk(segment(2, 20, 30));
    let (root, count) =
        crate::court::case::hearings::manifest_of(&course.file.records.hearing(HearingNumber(1)).unwrap().segments)
            .unwrap();
    let close = || {
        let (hearing, count) = (HearingNumber(1), u32::try_from(count).unwrap());
        made!(CloseRecording { hearing, root, count })
    };
    assert_eq!(course.does(account(8), CLERK, close()), no(SessionRefusal::HearingNotEnded));
    course.court(Act::EndHearing(EndHearing {}));
    course.clerk(close());
    assert_eq!(course.does(account(8), CLERK, segment(3, 30, 40)), no(SessionRefusal::RecordingClosed));
}
