//! Invariants after arbitrary acts: random sequences of acts in a case, checked act by act.

use super::course::appealed;
use super::*;
use crate::court::case::evidence_period::notice_served;
use crate::court::case::manifest::root;
use crate::court::case::state::IneffectiveAct;
use crate::court::case::tests::random::session::{KINDS, next_step};
use crate::court::course_words::HandOverState;
use crate::court::ids::HandOverNumber;
use crate::court::period::by_party::PartyPeriod;
use crate::court::window::Window;

/// Acts of a random walk, each with its place. Who acts and what is done fits the case more often than not, and acts that
/// end the case are rare.
#[expect(clippy::single_match_else, reason = "two ways of making a document")]
fn walk(seeds: &[u64], mut each: impl FnMut(&CaseFile, &Document, ActPosition)) -> CaseFile {
    let calendar = Calendar::default();
    let mut file = begun(seeds);
    let mut at = 3_600_000;
    // Some walks are mostly about service, and the others hardly; some are often about periods and late evidence.
    let of_service = seeds.first().is_some_and(|seed| seed % 4 == 1);
    let of_periods = seeds.first().is_some_and(|seed| seed % 4 == 3);
    for seed in seeds {
        let mut dice = Dice(*seed);
        let further = if dice.below(5) == 0 && !of_service { next_step(&mut dice, &file) } else { None };
        let document = match further {
            Some((by, capacity, act)) => document(&mut dice, Stream::Case, by, capacity, act),
            None => {
                let (by, capacity) = match dice.below(5) {
                    0 if of_service => (dice.account(), Capacity::Platform),
                    1 if of_service => (PLAINTIFF, FIRST),
                    2 if of_service => (account(8), CLERK),
                    _ => somebody(&mut dice, &file),
                };
                step(&mut dice, &file, (by, capacity), (of_service, of_periods))
            }
        };
        at += u64::from(if dice.below(8) == 0 { dice.below(172_800_000) } else { dice.below(3_600_000) });
        let position = position(file.last.sequence + 1, at);
        each(&file, &document, position);
        file.replay(&document, position, &calendar);
    }
    file
}

/// A suit, or a mediation; some continue another case.
fn begun(seeds: &[u64]) -> CaseFile {
    // Some begin with a judge, some with an appeal that is to be sent.
    match seeds.first().map(|seed| seed % 7) {
        Some(1) => return TestCase::assigned().file,
        Some(2) => return appealed().file,
        _ => {}
    }
    // A case without a defendant is not submitted: most walks would end before the first period begins.
    let mut course = TestCase::begin();
    if seeds.first().is_some_and(|seed| seed % 2 == 1) {
        course.complete();
    }
    let mut file = course.file;
    if let Some(first) = file.parties.get_mut(&PartyNumber(1)) {
        first.notices_confirmed = Some(file.last.at);
    }
    if seeds.first().is_some_and(|seed| seed % 2 == 0) {
        file.kind = CaseKind::Mediation;
    }
    if seeds.first().is_some_and(|seed| seed % 5 == 0) {
        file.rules = RulesVersion::V1;
    }
    if seeds.first().is_some_and(|seed| seed % 7 == 0) {
        file.procedure = Procedure::Summary;
    }
    if seeds.first().is_some_and(|seed| seed % 4 == 3) {
        // A short period has begun, so that it ends within a walk.
        file.procedure = Procedure::SmallClaims;
        let position = file.last;
        notice_served(&mut file, PartyNumber(1), Day::of(position.at), position).unwrap();
    }
    if seeds.first().is_some_and(|seed| seed % 3 == 0) {
        file.from = Some((CaseId(Digest([8; 32])), TransferKind::Suit));
    }
    if seeds.first().is_some_and(|seed| seed % 5 == 0) {
        file.kind = CaseKind::CivilSecond;
        file.from = Some((CaseId(Digest([8; 32])), TransferKind::SecondInstance));
        file.course.incoming = Some(HandOverNumber(1));
    }
    file
}

fn somebody(dice: &mut Dice, file: &CaseFile) -> (AccountId, Capacity) {
    let by = dice.account();
    let own = file.capacities_of(by);
    if file.course.open_hand_over().is_some() && dice.below(2) == 0 {
        return (account(7), Capacity::Receiving(Role::Clerk));
    }
    match dice.below(10) {
        0..=3 | 8 | 9 if !own.is_empty() => (by, dice.of(&own)),
        1 | 2 | 8 => (PLAINTIFF, FIRST),
        0 | 3 | 9 => (by, Capacity::Oneself),
        // Mostly an account that is no party: a party is recused.
        4 | 5 => (if dice.below(60) == 0 { by } else { account(8) }, CLERK),
        6 if dice.below(4) == 0 => (account(7), Capacity::Receiving(Role::Clerk)),
        6 => (file.judge.filter(|_| dice.below(4) > 0).unwrap_or(account(9)), JUDGE),
        _ => {
            let roles: Vec<_> = Role::ALL.iter().map(|role| Capacity::Holding(*role)).collect();
            // An account that has acted for the court cannot act for a party of the case afterwards.
            let by = if dice.below(60) == 0 { by } else { account(8) };
            if dice.below(2) == 0 {
                return (by, dice.of(&roles));
            }
            let others = [FIRST, SECOND, Capacity::Agent(AgentNumber(1)), Capacity::Oneself, Capacity::Platform];
            (dice.account(), dice.of(&others))
        }
    }
}

const OF_PERIODS: &[ActKind] = &[
    ActKind::Import,
    ActKind::AllowRebuttal,
    ActKind::ApplyDeferral,
    ActKind::DecideDeferral,
    ActKind::RequireReason,
    ActKind::ExplainLateness,
    ActKind::DecideLateness,
    ActKind::DecideAdmission,
];

fn step(
    dice: &mut Dice,
    file: &CaseFile,
    (by, capacity): (AccountId, Capacity),
    (of_service, of_periods): (bool, bool),
) -> Document {
    const ENDING: &[ActKind] = &[
        ActKind::Reject,
        ActKind::Refuse,
        ActKind::WithdrawFiling,
        ActKind::WithdrawSuit,
        ActKind::Judge,
        ActKind::Close,
        ActKind::EndMediation,
    ];
    let mut open = file.permitted_acts(by, capacity);
    if dice.below(5) > 0 && open.iter().any(|kind| kind.is_of_service() == of_service) {
        open.retain(|kind| kind.is_of_service() == of_service);
    }
    if of_periods && dice.below(2) == 0 && open.iter().any(|kind| OF_PERIODS.contains(kind)) {
        open.retain(|kind| OF_PERIODS.contains(kind));
    }
    // The acts of sessions are many; `next_step` sees to them.
    let others: Vec<ActKind> = open.iter().copied().filter(|kind| !KINDS.contains(kind)).collect();
    let pick = |dice: &mut Dice| match dice.below(8) {
        0 => dice.of(ActKind::ALL),
        1..=5 if !others.is_empty() => dice.of(&others),
        _ if open.is_empty() => dice.of(ActKind::ALL),
        _ => dice.of(&open),
    };
    let mut kind = pick(dice);
    while ENDING.contains(&kind) && dice.below(if kind == ActKind::Judge { 3 } else { 20 }) > 0 {
        kind = if open.iter().all(|kind| ENDING.contains(kind)) { ActKind::Verify } else { pick(dice) };
    }
    let stream = if dice.below(30) == 0 { dice.of(Stream::ALL) } else { Stream::Case };
    let act = act(dice, kind, Some(file));
    document(dice, stream, by, capacity, act)
}

fn frozen(item: &Item) -> impl PartialEq + std::fmt::Debug + use<> {
    (item.import.clone(), item.name, item.content, item.withdrawn, item.late, item.locked)
}

/// What no act may take from a case.
fn nothing_is_lost(before: &CaseFile, after: &CaseFile) {
    for (number, old) in &before.items {
        let new = &after.items[number];
        assert_eq!(old.first_imported_at, new.first_imported_at);
        assert_eq!((&old.import, old.position, old.by, old.late), (&new.import, new.position, new.by, new.late));
        assert!(new.verifications.starts_with(&old.verifications));
        assert!(new.divergences.starts_with(&old.divergences));
        for (party, versions) in &old.replies {
            assert!(new.replies[party].starts_with(versions));
        }
        if old.locked {
            assert_eq!(frozen(old), frozen(new));
            // A returned filing may be supplemented by an item that replaces a locked one.
            let supplemented = before.rules >= RulesVersion::V2 && before.stage == Stage::ToSupplement;
            assert!(old.replaced_by == new.replaced_by || supplemented);
        }
        let (old_decisions, new_decisions) = (&old.decisions, &new.decisions);
        assert!(new_decisions.reasons_required.starts_with(&old_decisions.reasons_required));
        assert!(new_decisions.reasons.starts_with(&old_decisions.reasons));
        assert!(new_decisions.lateness.starts_with(&old_decisions.lateness));
        assert!(new_decisions.admission.starts_with(&old_decisions.admission));
        assert!(old.is_active() || (!new.is_active() && old.withdrawn == new.withdrawn));
    }
    for (party, old) in before.periods.iter() {
        assert!(after.periods.of(party).unwrap().history().starts_with(old.history()));
    }
    let windows = |file: &CaseFile| file.windows.iter().map(|one| (one.kind, one.party, one.begun)).collect::<Vec<_>>();
    assert!(windows(after).starts_with(&windows(before)));
    assert!(after.claim_changes.starts_with(&before.claim_changes));
    assert!(after.conversions.starts_with(&before.conversions) && after.deferrals.len() >= before.deferrals.len());
    assert!(before.parties.keys().all(|party| after.parties.contains_key(party)));
    assert!(before.agents.keys().all(|agent| after.agents.contains_key(agent)));
    assert!(after.ineffective_acts.starts_with(&before.ineffective_acts) && after.orders.starts_with(&before.orders));
}

fn sound(file: &CaseFile) {
    let numbers = |len: usize| (1..=u32::try_from(len).unwrap()).collect::<Vec<_>>();
    assert_eq!(file.items.keys().map(|item| item.0).collect::<Vec<_>>(), numbers(file.items.size()));
    assert_eq!(file.parties.keys().map(|party| party.0).collect::<Vec<_>>(), numbers(file.parties.len()));
    for party in file.parties.keys() {
        let relation = file.agents.values().filter(|agent| agent.party == *party && agent.ended.is_none());
        assert!(relation.count() <= AGENTS_MAX);
    }
    // Only what the court never saw is not locked.
    let may_stand_open = file.stage.is_with_the_filer() || file.stage == Stage::Withdrawn;
    for item in file.items.values() {
        assert!(item.first_imported_at <= item.position.at);
        assert!(may_stand_open || item.locked == (item.import.phase == Phase::Filing || item.import.carried.is_some()));
        let of_the_court = item.import.collected == Some(Collected::ExOfficio);
        assert!(of_the_court || !item.replies.contains_key(&item.import.party));
        for versions in item.replies.values() {
            assert!(!versions.is_empty());
        }
    }
    let old = file.rules < RulesVersion::V2;
    assert_eq!(old && file.filed.is_some(), !file.period.events().is_empty());
    assert!(!old || (file.periods.iter().next().is_none() && file.windows.iter().next().is_none()));
    // A party on which nothing was served is never late.
    for item in file.items.values().filter(|item| !old && item.import.carried.is_none()) {
        let begun = file.periods.of(item.import.party).is_some_and(PartyPeriod::has_begun);
        assert!(begun || !file.lateness(item, &Calendar::default()).is_late());
    }
    for (number, window) in (0..).zip(file.windows.iter()) {
        let same =
            |other: &&Window| (other.kind, other.party, other.subject) == (window.kind, window.party, window.subject);
        let unclosed = file.windows.iter().skip(number + 1).filter(same).filter(|one| one.closed.is_none()).count();
        assert!(unclosed == 0 || window.closed.is_some(), "two windows of one kind are not closed");
    }
    assert!(file.course.hand_overs.values().filter(|one| one.state.is_open()).count() <= 1);
    for (number, one) in &file.course.hand_overs {
        assert_eq!(root(&one.lines), Some(one.manifest), "hand-over {number}");
        assert_eq!(one.case.is_some(), one.state == HandOverState::Accepted && one.kind != TransferKind::DossierReturn);
    }
    let accounts = file.parties.values().filter_map(|party| party.account);
    let agents = file.agents.values().filter(|agent| agent.ended.is_none()).map(|agent| agent.account);
    let mut all: Vec<_> = accounts.chain(agents).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "one account, one place in the case");
}

proptest! {
    #[test]
    fn any_acts_leave_a_sound_case_and_a_refused_one_leaves_it_as_it_was(seeds in vec(any::<u64>(), 1..120)) {
        walk(&seeds, |before, document, position| {
            let mut after = before.clone();
            let result = after.apply(document, position, &Calendar::default());
            if result.is_err() {
                assert_eq!(before, &after, "{}", document.to_text());
            }
            nothing_is_lost(before, &after);
            sound(&after);
            let mut followed = before.clone();
            followed.replay(document, position, &Calendar::default());
            let ineffective = result.err().map(|reason| IneffectiveAct { position, reason });
            assert_eq!(followed.ineffective_acts.get(before.ineffective_acts.len()), ineffective.as_ref());
            assert_eq!(followed.last, position);
        });
    }

    #[test]
    fn the_same_acts_make_the_same_case(seeds in vec(any::<u64>(), 1..120)) {
        let mut acts = Vec::new();
        let file = walk(&seeds, |_, document, position| acts.push((document.to_text(), position)));
        let mut again = begun(&seeds);
        for (text, position) in acts {
            again.replay(&Document::parse(text.as_bytes()).unwrap(), position, &Calendar::default());
        }
        prop_assert_eq!(file, again);
    }

    #[test]
    fn a_case_begins_with_the_act_that_opens_it_or_not_at_all(seed in any::<u64>(), sequence in 1..3_u64) {
        let mut dice = Dice(seed);
        let kind = if dice.below(2) == 0 { ActKind::Open } else { dice.of(ActKind::ALL) };
        let agent = Capacity::Agent(AgentNumber(1));
        let capacity = dice.of(&[FIRST, agent, CLERK, SECOND, Capacity::Oneself]);
        let act = act(&mut dice, kind, None);
        let by = dice.account();
        let document = document(&mut dice, Stream::Case, by, capacity, act);
        match begin(CASE, &document, position(sequence, 0)) {
            Ok(file) => {
                prop_assert_eq!((kind, sequence), (ActKind::Open, 1));
                sound(&file);
                prop_assert!(file.capacities_of(by).contains(&capacity) || capacity == CLERK);
            }
            Err(refusal) => prop_assert!(!refusal.code().as_str().is_empty()),
        }
    }

    #[test]
    fn every_act_is_read_back_as_it_was_printed(seed in any::<u64>()) {
        let mut dice = Dice(seed);
        for kind in ActKind::ALL {
            let act = act(&mut dice, *kind, None);
            let (stream, by) = (dice.of(Stream::ALL), dice.account());
            let document = document(&mut dice, stream, by, FIRST, act);
            let text = document.to_text();
            prop_assert_eq!(document.act.kind(), *kind);
            prop_assert_eq!(Document::parse(text.as_bytes()), Ok(document.clone()), "{}", text);
            prop_assert!(document.act.annexes().iter().all(|annex| text.contains(&annex.to_string())));
        }
    }
}

/// What the walks must meet: states of items, and codes of refusals. Fines, a third agent and a lateness that changes later are too rare:
/// `deadlines` and `tests` have them.
const TO_MEET: &[&str] = &[
    "late",
    "answered by item",
    "handed in",
    "collected",
    "locked",
    "replaced",
    "withdrawn",
    "carried",
    "replies",
    "verified",
    "not_permitted",
    "recused",
    "wrong_stage",
    "not_of_a_case",
    "identity_required",
    "no_such_item",
    "not_yours",
    "not_next",
    "already_in_the_case",
    "special_authority_needed",
    "code_used_up",
    "code_expired",
    "party_taken",
    "item_locked",
    "item_withdrawn",
    "period_ended",
    "own_item",
    "other_deposit",
    "no_mediation",
    "period_suspended",
    "period_needs_ground",
    "period_needs_party",
    "period_basis",
    "period_in_the_past",
    "no_evidence_period",
    "court_only",
    "day_mismatch",
    "not_late",
    "no_application",
    "already_applied",
    "procedure_conversion",
    "purpose_mismatch",
    "rules_version",
];

/// Which states of items there are in this case.
fn met(file: &CaseFile) -> [(&'static str, bool); 10] {
    let items = || file.items.values();
    [
        ("late", items().any(|item| item.late)),
        ("answered by item", items().any(|item| item.import.purpose.is_some())),
        ("handed in", items().any(|item| item.import.handed_in.is_some())),
        ("collected", items().any(|item| item.import.collected.is_some())),
        ("locked", items().any(|item| item.locked)),
        ("replaced", items().any(|item| item.replaced_by.is_some())),
        ("withdrawn", items().any(|item| item.withdrawn.is_some())),
        ("carried", items().any(|item| item.first_imported_at < item.position.at)),
        ("replies", items().any(|item| !item.replies.is_empty())),
        ("verified", items().any(|item| item.locked && !item.verifications.is_empty())),
    ]
}

/// A walk that goes nowhere would prove nothing.
#[test]
fn the_walks_go_everywhere() {
    let (mut seen, mut effective) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for start in 0..1_000_u64 {
        let seeds: Vec<u64> = (0..150).map(|step| start * 1_000_003 + step).collect();
        let file = walk(&seeds, |before, document, position| {
            sound(before);
            match before.clone().apply(document, position, &Calendar::default()) {
                Ok(()) => effective.insert(document.act.kind()),
                Err(refusal) => seen.insert(refusal.code().as_str()),
            };
        });
        for (what, there) in met(&file) {
            if there {
                seen.insert(what);
            }
        }
    }
    // Too rare for a random walk, since several acts must precede them. Each has its scenarios in `deadlines`, `hand_overs`, `sessions`.
    let rare =
        [ActKind::DecideLateness, ActKind::TakeOver, ActKind::TakeBack, ActKind::EndMediation, ActKind::ForwardItem];
    let never: Vec<_> = crate::court::permission::acts_of_a_case()
        .into_iter()
        .filter(|kind| !effective.contains(kind) && !rare.contains(kind))
        .collect();
    assert_eq!(never, [], "kinds of acts that no walk ever did");
    for what in TO_MEET {
        assert!(seen.contains(what), "no walk met {what}: {seen:?}");
    }
}
