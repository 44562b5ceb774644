//! Events: acts upon the cases of a court as its systems receive them, without private texts.

use crate::court::acts::{Act, ActKind};
use crate::court::case::state::ActPosition;
use crate::court::case_number::CourtCode;
use crate::court::document::Document;
use crate::court::ids::{AccountId, CaseId, ItemNumber};
use crate::ledger::number::DepositNumber;

/// An act upon a case, by ids, numbers and codes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The cursor of the next event: the index after this act.
    pub cursor: u64,
    /// The court.
    pub court: CourtCode,
    /// The case.
    pub case: CaseId,
    /// Position of the act.
    pub position: ActPosition,
    /// The kind of act.
    pub act: ActKind,
    /// The account that acted.
    pub by: AccountId,
    /// The item that the act is about.
    pub item: Option<ItemNumber>,
    /// The deposit that the act is about.
    pub deposit: Option<DepositNumber>,
    /// The conclusion of a verification, or the kind of a divergence.
    pub finding: Option<String>,
}

impl Event {
    /// The event of the act in `document`.
    #[must_use]
    pub fn of(court: &CourtCode, case: CaseId, document: &Document, position: ActPosition) -> Self {
        let (item, deposit, finding) = match &document.act {
            Act::Import(act) => (Some(act.item), Some(act.deposit), None),
            Act::Verify(act) => (Some(act.item), Some(act.deposit), Some(act.conclusion.0.clone())),
            Act::Diverge(act) => (Some(act.item), None, Some(act.what.word().to_owned())),
            Act::WithdrawItem(act) => (Some(act.item), None, None),
            Act::Restate(act) => (Some(act.item), None, None),
            Act::Reply(act) => (Some(act.item), None, None),
            Act::Consent(act) => (Some(act.item), None, None),
            Act::Judge(act) => (None, act.document, None),
            Act::Serve(act) => (None, Some(act.document), None),
            Act::CertifyService(act) => (None, Some(act.document), Some(act.basis.word().to_owned())),
            Act::ReportService(act) => (None, None, Some(act.step.word().to_owned())),
            Act::Refuse(act) => (None, act.document, None),
            Act::Rule(act) => (None, Some(act.document), Some(act.ruling.word().to_owned())),
            Act::SendHandOver(act) => (None, Some(act.basis), Some(act.kind.word().to_owned())),
            _ => (None, None, None),
        };
        let (court, act) = (court.clone(), document.act.kind());
        Self { cursor: position.index.0 + 1, court, case, position, act, by: document.by, item, deposit, finding }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::court::case::tests::random::{Dice, act, document, position};
    use crate::court::document::Stream;
    use crate::court::values::Capacity;
    use crate::ledger::hash::Digest;

    /// The event of a random act of this kind, and the lines of the act.
    fn event(kind: ActKind, seed: u64) -> (Event, Vec<(String, String)>) {
        let dice = &mut Dice(seed);
        let act = act(dice, kind, None);
        let document = document(dice, Stream::Case, AccountId(Digest([5; 32])), Capacity::Oneself, act);
        let text = document.to_text();
        let lines =
            text.lines().filter_map(|line| line.split_once(' ')).map(|(name, value)| (name.into(), value.into()));
        let court = CourtCode::parse("粤0192").unwrap();
        let event = Event::of(&court, CaseId(Digest([6; 32])), &document, position(3, 0));
        (event, lines.collect())
    }

    #[test]
    fn an_event_names_the_item_the_deposit_and_the_finding_of_its_act() {
        use ActKind::{Consent, Diverge, Import, Judge, Reply, Restate, Verify, WithdrawItem};
        let value = |lines: &[(String, String)], name: &str| {
            lines.iter().find(|(found, _)| found == name).map(|(_, value)| value.clone())
        };
        for kind in [Consent, Diverge, Import, Judge, Reply, Restate, Verify, WithdrawItem] {
            for seed in 0..8 {
                let (event, lines) = event(kind, seed);
                let deposit = value(&lines, "deposit").or_else(|| value(&lines, "document"));
                let finding = value(&lines, "conclusion").or_else(|| value(&lines, "what"));
                assert_eq!(event.item.map(|item| item.to_string()), value(&lines, "item"), "{kind:?}");
                assert_eq!(event.deposit.map(|number| number.to_string()), deposit, "{kind:?}");
                assert_eq!((event.finding, event.act), (finding, kind));
                assert_eq!((event.cursor, event.by), (event.position.index.0 + 1, AccountId(Digest([5; 32]))));
            }
        }
    }
}
