//! 可办理事项: what the viewer of a case can do now, from `can` of its JSON, as a list of tasks in groups.

use crate::court::acts::ActKind;
use crate::court::case::state::CaseFile;
use crate::court::period::by_party::PartyPeriod;
use crate::court::window::Window;
use crate::http::pages::cases::forms::field::{ActForm, Control, Group};
use crate::http::pages::cases::forms::table::all;
use crate::http::pages::cases::rights::acts;
use crate::http::pages::cases::wording::capital;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::case::CanJson;
use crate::wire::court::record::act_label_in;

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub label: Bilingual,
    /// Its page.
    pub href: String,
}

/// Tasks of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGroup {
    /// The group of the forms.
    pub group: Group,
    /// The heading.
    pub title: Bilingual,
    /// The tasks.
    pub tasks: Vec<Task>,
}

/// Whether a period of a party has begun that the court can defer.
fn has_deferrable_period(file: &CaseFile) -> bool {
    let is_open = |one: &Window| one.kind.may_be_deferred() && one.begun.is_some() && one.closed.is_none();
    let has_evidence = |party| file.periods.of(party).is_some_and(PartyPeriod::has_begun);
    file.windows.iter().any(is_open) || file.parties.keys().copied().any(has_evidence)
}

/// Whether the case has the parts among which a form must choose: nobody confirms a round that was never opened.
fn has_parts(form: &ActForm, file: &CaseFile) -> bool {
    let (records, service) = (&file.records, &file.service);
    let has = |control: Control| match control {
        Control::Item => !file.items.is_empty(),
        Control::Agent => !file.agents.is_empty(),
        Control::Hearing => !records.hearings.is_empty(),
        Control::Transcript => !records.transcripts.is_empty(),
        Control::Agreement => !records.agreements.is_empty(),
        Control::Round => !records.rounds.is_empty(),
        Control::Service => !service.records.is_empty(),
        Control::Address => !service.addresses.is_empty(),
        Control::Decision => !file.course.decisions.is_empty(),
        Control::Window => has_deferrable_period(file),
        Control::Deferral => file.deferrals.iter().any(|one| one.decision.is_none()),
        _ => true,
    };
    let has_paper = !records.transcripts.is_empty() || !records.agreements.is_empty();
    let is_about_a_paper = form.kind == ActKind::OpenRound;
    form.fields.iter().filter(|field| field.required).all(|field| has(field.control))
        && (has_paper || !is_about_a_paper)
}

/// The acts that can be done now, in the order of the forms.
#[must_use]
pub fn groups(can: &[CanJson], file: &CaseFile, path: &str) -> Vec<TaskGroup> {
    let (acts, kind) = (acts(can), file.kind);
    let mut groups: Vec<(Group, Vec<Task>)> = Vec::new();
    let mut add = |group: Group, task: Task| match groups.iter_mut().find(|(known, _)| *known == group) {
        Some((_, tasks)) => tasks.push(task),
        None => groups.push((group, vec![task])),
    };
    for form in all().filter(|form| acts.contains(form.kind.word()) && has_parts(form, file)) {
        let label = act_label_in(kind, form.kind);
        let label = Bilingual::new(label.zh, capital(&label.en));
        add(form.group, Task { label, href: format!("{path}/act/{}", form.kind.word()) });
    }
    if acts.contains(ActKind::Verify.word()) && !file.items.is_empty() {
        let label = Bilingual::new("核验原文", "Verify an original");
        add(Group::Evidence, Task { label, href: format!("{path}/evidence") });
    }
    groups.sort_by_key(|(group, _)| *group);
    let titled = |(group, tasks): (Group, Vec<Task>)| {
        let (zh, en) = group.labels();
        TaskGroup { group, title: Bilingual::new(zh, en), tasks }
    };
    groups.into_iter().map(titled).collect()
}
