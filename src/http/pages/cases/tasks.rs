//! 可办理事项: what the viewer of a case can do now, from `can` of its JSON, as a list of tasks in groups.

use crate::court::acts::ActKind;
use crate::court::words::CaseKind;
use crate::http::pages::cases::forms::field::Group;
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

/// The acts that can be done now, in the order of the forms.
#[must_use]
pub fn groups(can: &[CanJson], kind: CaseKind, path: &str) -> Vec<TaskGroup> {
    let acts = acts(can);
    let mut groups: Vec<(Group, Vec<Task>)> = Vec::new();
    let mut add = |group: Group, task: Task| match groups.iter_mut().find(|(known, _)| *known == group) {
        Some((_, tasks)) => tasks.push(task),
        None => groups.push((group, vec![task])),
    };
    for form in all().filter(|form| acts.contains(form.kind.word())) {
        let label = act_label_in(kind, form.kind);
        let label = Bilingual::new(label.zh, capital(&label.en));
        add(form.group, Task { label, href: format!("{path}/act/{}", form.kind.word()) });
    }
    if acts.contains(ActKind::Verify.word()) {
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
