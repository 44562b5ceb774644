//! Rules of hearings: sessions from 开庭 to 休庭 or 结束庭审, attendance with fresh identity checks, and recordings by segment.

use crate::court::acts::{AddRecording, CloseRecording, JoinSession};
use crate::court::case::refusal::Refusal;
use crate::court::case::rules_version::RulesVersion;
use crate::court::case::session_records::{Actor, Attendance, DepositedDocument, Hearing, Segment};
use crate::court::case::session_refusal::SessionRefusal;
use crate::court::case::state::{ActPosition, CaseFile};
use crate::court::document::Document;
use crate::court::ids::HearingNumber;
use crate::court::session_words::{HearingEnd, SessionActivity};
use crate::court::values::IdentityCheck;
use crate::court::words::{IdentityLevel, Stage};
use crate::ledger::hash::{Digest, leaf_hash};
use crate::ledger::manifest::item::{Item, ItemDigests};
use crate::ledger::manifest::tree::{Chunk, ManifestTree};
use crate::ledger::statement::content::HashAlgorithm;

/// How long an identity check serves the session for which it was made. 在线诉讼规则 art. 7 (3) requires a new check for mediation,
/// exchange of evidence and hearing, without a number of hours; a day covers one session.
pub const IDENTITY_FRESH_MILLIS: u64 = 24 * 3_600_000;
/// Most segments of a hearing: a day in pieces of a minute and a half.
pub const SEGMENTS_MAX: usize = 1_000;
/// Most hearing sessions of a case whose recordings are kept.
const HEARINGS_MAX: usize = 1_000;
/// Most entries in sessions of a case.
const ATTENDANCE_MAX: usize = 10_000;

/// The actor of an act.
pub(in crate::court::case) const fn actor(document: &Document, position: ActPosition) -> Actor {
    Actor { position, by: document.by, capacity: document.capacity }
}

/// Requires an identity check that was made for this session.
///
/// # Errors
///
/// [`Refusal::IdentityRequired`], [`SessionRefusal::IdentityStale`].
pub(in crate::court::case) fn require_fresh(
    check: Option<&IdentityCheck>,
    position: ActPosition,
) -> Result<(), Refusal> {
    require_checked(check, position, true)
}

/// As [`require_fresh`]; `fresh`: whether the check must be of the last 24 hours, or of any earlier moment.
pub(in crate::court::case) fn require_checked(
    check: Option<&IdentityCheck>,
    position: ActPosition,
    fresh: bool,
) -> Result<(), Refusal> {
    let check = check.filter(|check| !matches!(check.level, IdentityLevel::Basic)).ok_or(Refusal::IdentityRequired)?;
    let (made, now) = (check.at.as_millis(), position.at.as_millis());
    let fits = made <= now && (!fresh || now - made <= IDENTITY_FRESH_MILLIS);
    if fits { Ok(()) } else { Err(SessionRefusal::IdentityStale.into()) }
}

/// Follows the stage of the case: a hearing session begins when the case enters `in hearing`, and ends when it leaves.
pub(in crate::court::case) fn follow_stage(
    file: &mut CaseFile,
    before: Stage,
    document: &Document,
    position: ActPosition,
) {
    let actor = actor(document, position);
    if before == Stage::InHearing && file.stage != Stage::InHearing {
        let adjourned = matches!(document.act, crate::court::acts::Act::AdjournHearing(_));
        let how = if adjourned { HearingEnd::Adjourned } else { HearingEnd::Ended };
        if let Some(hearing) = file.records.hearings.last_mut().filter(|hearing| hearing.ended.is_none()) {
            hearing.ended = Some((actor, how));
        }
    }
    if before != Stage::InHearing && file.stage == Stage::InHearing && file.records.hearings.len() < HEARINGS_MAX {
        let hearing = Hearing { begun: actor, ended: None, segments: Vec::new(), manifest: None };
        file.records.hearings.push(hearing);
    }
}

/// A participant enters a session.
///
/// # Errors
///
/// [`Refusal`].
pub fn join(file: &mut CaseFile, document: &Document, act: &JoinSession, position: ActPosition) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    require_fresh(Some(&act.identity), position)?;
    if act.activity == SessionActivity::Hearing && file.stage != Stage::InHearing {
        return Err(SessionRefusal::NoHearing.into());
    }
    if file.records.attendance.size() >= ATTENDANCE_MAX {
        return Err(Refusal::TooManyActs);
    }
    let joined = actor(document, position);
    let attendance = Attendance { joined, activity: act.activity, identity: act.identity, left: None };
    file.records.attendance.insert_mut(position.sequence, attendance);
    Ok(())
}

/// A participant leaves the session that it entered last.
///
/// # Errors
///
/// [`SessionRefusal::NotInTheSession`].
pub fn leave(
    file: &mut CaseFile,
    document: &Document,
    activity: SessionActivity,
    position: ActPosition,
) -> Result<(), Refusal> {
    let is_own = |one: &Attendance| {
        one.joined.by == document.by
            && one.joined.capacity == document.capacity
            && one.activity == activity
            && one.left.is_none()
    };
    let found =
        file.records.attendance.iter().filter(|(_, one)| is_own(one)).map(|(sequence, _)| *sequence).next_back();
    let sequence = found.ok_or(SessionRefusal::NotInTheSession)?;
    if let Some(attendance) = file.records.attendance.get_mut(&sequence) {
        attendance.left = Some(position.at);
    }
    Ok(())
}

fn hearing(file: &mut CaseFile, number: HearingNumber) -> Result<&mut Hearing, Refusal> {
    let at = usize::try_from(number.0).ok().and_then(|number| number.checked_sub(1));
    at.and_then(|at| file.records.hearings.get_mut(at)).ok_or_else(|| SessionRefusal::NoSuchHearing(number).into())
}

/// A segment of the recording, by its own deposit.
///
/// # Errors
///
/// [`Refusal`].
pub fn add_recording(
    file: &mut CaseFile,
    document: &Document,
    act: &AddRecording,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let hearing = hearing(file, act.hearing)?;
    if hearing.manifest.is_some() {
        return Err(SessionRefusal::RecordingClosed.into());
    }
    let next = u32::try_from(hearing.segments.len()).unwrap_or(u32::MAX).saturating_add(1);
    if act.segment != next || hearing.segments.len() >= SEGMENTS_MAX {
        return Err(Refusal::NotNext { expected: next });
    }
    if act.from > act.until || hearing.segments.last().is_some_and(|last| last.until > act.from) {
        return Err(SessionRefusal::SegmentOrder.into());
    }
    let file =
        DepositedDocument { number: act.document, digests: act.data_hash.clone(), size: act.size, media_type: None };
    let added = actor(document, position);
    hearing.segments.push(Segment { added, document: file, name: act.name, from: act.from, until: act.until });
    Ok(())
}

/// Root and count of the manifest over these segments; `None` if a segment has no item line.
#[must_use]
pub fn manifest_of(segments: &[Segment]) -> Option<(Digest, u64)> {
    let digest = |segment: &Segment, algorithm| {
        segment.document.digests.iter().find(|(known, _)| *known == algorithm).map(|(_, digest)| *digest)
    };
    let mut leaves = Vec::with_capacity(segments.len());
    for segment in segments {
        let (sha256, sm3) = (digest(segment, HashAlgorithm::Sha256), digest(segment, HashAlgorithm::Sm3));
        let digests = ItemDigests::new(sha256, sm3, segment.document.size).ok()?;
        leaves.push(leaf_hash(Item { digests, name: segment.name }.to_string().as_bytes()));
    }
    let mut tree = ManifestTree::new();
    tree.push(Chunk::over(&leaves)?).ok()?;
    tree.root().map(|found| (found.root, found.count))
}

/// The manifest over all segments: nothing can be added after it.
///
/// # Errors
///
/// [`Refusal`].
pub fn close_recording(
    file: &mut CaseFile,
    document: &Document,
    act: &CloseRecording,
    position: ActPosition,
) -> Result<(), Refusal> {
    file.rules.require(RulesVersion::V2)?;
    let hearing = hearing(file, act.hearing)?;
    if hearing.ended.is_none() {
        return Err(SessionRefusal::HearingNotEnded.into());
    }
    if hearing.manifest.is_some() {
        return Err(SessionRefusal::RecordingClosed.into());
    }
    if manifest_of(&hearing.segments) != Some((act.root, u64::from(act.count))) {
        return Err(SessionRefusal::ManifestDiffers.into());
    }
    hearing.manifest = Some((actor(document, position), act.document, act.root, act.count));
    Ok(())
}
