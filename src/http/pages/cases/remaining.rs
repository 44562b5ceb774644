//! How much of a period remains.

use crate::ledger::time::Timestamp;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::read_time;
use crate::wire::court::case::CaseJson;
use crate::wire::court::deadlines::{WindowJson, WindowSubjectJson};
use crate::wire::court::people::PartyJson;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A period that is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// The period.
    pub window: WindowJson,
    /// Whose it is; empty for the court or all.
    pub whose: String,
    /// What it is about; empty if the case has one of its kind.
    pub about: Bilingual,
    /// What remains of it.
    pub remaining: Bilingual,
    /// Whether less than three days remain.
    pub is_soon: bool,
}

/// What remains until a time of the API.
#[must_use]
pub fn remaining(ends_at: Option<&str>, now: Timestamp) -> (Bilingual, bool) {
    let Some(end) = ends_at.and_then(read_time) else {
        return (Bilingual::new("已中止", "suspended"), false);
    };
    let left = end.as_millis().saturating_sub(now.as_millis());
    let (days, hours, minutes) = (left / DAY, left % DAY / HOUR, left % HOUR / MINUTE);
    let counted = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let text = match (days, hours) {
        _ if left == 0 => Bilingual::new("已届满", "ended"),
        (0, 0) => Bilingual::new(format!("剩余 {minutes} 分钟"), format!("{} left", counted(minutes, "minute"))),
        (0, _) => Bilingual::new(
            format!("剩余 {hours} 小时 {minutes} 分钟"),
            format!("{} {} left", counted(hours, "hour"), counted(minutes, "minute")),
        ),
        _ => Bilingual::new(
            format!("剩余 {days} 日 {hours} 小时"),
            format!("{} {} left", counted(days, "day"), counted(hours, "hour")),
        ),
    };
    (text, left < 3 * DAY)
}

/// A party as people name it.
#[must_use]
pub fn party_name(party: &PartyJson) -> Bilingual {
    let name = party.name.0.clone().unwrap_or_else(|| party.party.to_string());
    Bilingual::new(format!("{} {name}", party.role.zh), format!("{} {name}", party.role.en))
}

/// What a period is about, as people name it; empty if it is about nothing.
#[must_use]
pub fn subject_name(case: &CaseJson, about: Option<&WindowSubjectJson>) -> Bilingual {
    match about {
        None => Bilingual::new("", ""),
        Some(WindowSubjectJson::Item(item)) => Bilingual::new(format!("证据 {item}"), format!("item {item}")),
        Some(WindowSubjectJson::Act(sequence)) => {
            Bilingual::new(format!("第 {sequence} 项操作"), format!("act {sequence}"))
        }
        Some(WindowSubjectJson::Document(number)) => {
            let decision = case.course.decisions.iter().find(|one| one.document == *number);
            let petition = case.course.appeals.iter().any(|one| one.petition == *number);
            match decision {
                Some(one) => Bilingual::new(format!("{} {number}", one.kind.zh), format!("{} {number}", one.kind.en)),
                None if petition => Bilingual::new(format!("上诉状 {number}"), format!("petition {number}")),
                None => Bilingual::new(number.clone(), number.clone()),
            }
        }
    }
}

/// The periods of a case that run, the earliest end first.
#[must_use]
pub fn due(case: &CaseJson, now: Timestamp, language: crate::ledger::verify::wording::Language) -> Vec<Due> {
    let row = |window: &WindowJson| {
        let party = case.parties.iter().find(|party| Some(party.party) == window.party);
        let about = match &window.about {
            // The act by which a window began says nothing to people.
            Some(WindowSubjectJson::Act(_)) => Bilingual::new("", ""),
            about => subject_name(case, about.as_ref()),
        };
        let (remaining, is_soon) = remaining(window.ends_at.as_deref(), now);
        let whose = party.map_or_else(String::new, |party| party_name(party).pick(language).to_owned());
        Due { window: window.clone(), whose, about, remaining, is_soon }
    };
    case.deadlines.due.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_remains_is_said_in_days_then_hours_then_minutes() {
        let now = read_time("2026-11-22T09:00:00.000+08:00").unwrap();
        let zh = |end: &str| remaining(Some(end), now).0.zh;
        assert_eq!(zh("2026-11-25T10:30:00.000+08:00"), "剩余 3 日 1 小时");
        assert_eq!(zh("2026-11-22T10:30:00.000+08:00"), "剩余 1 小时 30 分钟");
        let en = |end: &str| remaining(Some(end), now).0.en;
        assert_eq!(en("2026-11-25T10:30:00.000+08:00"), "3 days 1 hour left");
        assert_eq!(en("2026-11-22T09:01:00.000+08:00"), "1 minute left");
        assert_eq!(zh("2026-11-22T09:05:00.000+08:00"), "剩余 5 分钟");
        assert_eq!(zh("2026-11-22T09:00:00.000+08:00"), "已届满");
        assert_eq!(zh("2026-11-01T09:00:00.000+08:00"), "已届满");
        assert_eq!(remaining(None, now).0.zh, "已中止");
        assert!(!remaining(Some("2026-11-25T09:00:00.000+08:00"), now).1);
        assert!(remaining(Some("2026-11-25T08:59:00.000+08:00"), now).1);
    }
}
