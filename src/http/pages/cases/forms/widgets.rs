//! The fields of a form as templates show them.

use crate::court::acts::ActKind;
use crate::http::pages::cases::forms::choices::{self, Choice, choices};
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::field::{ActForm, Control, Field};
use crate::http::pages::cases::forms::values::{FieldFault, PARTICIPANT_ROWS};
use crate::http::pages::form::Form;
use crate::http::pages::visit::Visit;
use crate::wire::bilingual::Bilingual;

/// How a field is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Widget {
    /// A line of text.
    Line,
    /// A deposit number, or one of the own deposits of the list.
    Deposit(Vec<Choice>),
    /// Text of several lines.
    Area,
    /// A whole number.
    Whole,
    /// A day.
    Day,
    /// A moment.
    Moment,
    /// One of a list.
    Select(Vec<Choice>),
    /// One of a short list.
    Radios(Vec<Choice>),
    /// Several of a list.
    Checks(Vec<Choice>),
    /// An account of the list, or one by its login name.
    Account(Vec<Choice>),
    /// A word of the list, and a day.
    HandedIn(Vec<Choice>),
    /// A word of the first list, and an item of the second; if that is empty, the number of an item.
    Purpose(Vec<Choice>, Vec<Choice>),
    /// People of the first list, and others with a kind of the second.
    Signers(Vec<Choice>, Vec<Choice>),
    /// A value chosen before, with its label.
    Fixed(Bilingual),
    /// A value that the page put there.
    Hidden,
    /// A text that is shown.
    Shown(Bilingual),
    /// The digest that is confirmed.
    Digest,
    /// A file whose digests the browser computes.
    File,
    /// A commitment, chosen by its name from a list that the browser reads.
    ListedName,
}

/// A field as templates show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldView {
    /// The name.
    pub name: &'static str,
    /// The label.
    pub label: String,
    /// The hint; empty if there is none.
    pub hint: String,
    /// How it is shown.
    pub widget: Widget,
    /// Whether it may be left empty.
    pub optional: bool,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// Its value.
    pub value: String,
    /// The value of its second part.
    pub second: String,
    /// All its values, where it has several.
    pub values: Vec<String>,
    /// Kind and name of people without an account.
    pub rows: Vec<(u32, String, String)>,
    /// The first of the fields that are folded away: what is said of them, and whether they are shown all the same.
    pub folds: Option<(String, bool)>,
    /// Whether it is the last of them.
    pub unfolds: bool,
}

impl FieldView {
    /// Whether a choice is among the values.
    #[must_use]
    pub fn has(&self, value: &str) -> bool {
        self.values.iter().any(|one| one == value)
    }

    /// Whether its parts have labels of their own.
    #[must_use]
    pub const fn is_listed_name(&self) -> bool {
        matches!(self.widget, Widget::ListedName)
    }

    fn is_filled(&self) -> bool {
        !self.value.is_empty() || !self.second.is_empty() || !self.values.is_empty() || self.fault.is_some()
    }

    /// The element to which an error leads.
    #[must_use]
    pub fn anchor(&self) -> String {
        match &self.widget {
            Widget::Radios(list) | Widget::Checks(list) => {
                list.first().map_or_else(|| self.name.to_owned(), |one| format!("{}-{}", self.name, one.value))
            }
            Widget::Signers(list, _) if !list.is_empty() => format!("{}-1", self.name),
            _ => self.name.to_owned(),
        }
    }

    /// Whether the field is a part of the page that nobody fills in.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self.widget, Widget::Hidden)
    }
}

/// What is common to the fields of a form.
#[derive(Clone, Copy)]
pub struct Filling<'a> {
    /// The case.
    pub data: &'a FormData,
    /// What was filled in, or is in the address.
    pub given: &'a Form,
    /// Whether the actor acts for the court.
    pub for_the_court: bool,
    /// What is wrong.
    pub faults: &'a [FieldFault],
}

/// The first choice of a form on whose value others depend, if it was not made yet.
#[must_use]
pub fn open_choice(form: &ActForm, given: &Form) -> Option<&'static Field> {
    let depends = form.fields.iter().any(|field| field.control.depends_on_another());
    let first = form.fields.iter().find(|field| field.control.is_chosen_first())?;
    (depends && given.text(first.name).is_empty()).then_some(first)
}

fn lists(field: &Field, filling: Filling<'_>) -> Widget {
    let list = choices(field.control, filling.data, filling.given);
    match field.control {
        Control::Radios(_) => Widget::Radios(list),
        Control::Checks(_) | Control::Judges | Control::Parties | Control::Annexes => Widget::Checks(list),
        Control::Account => Widget::Account(list),
        Control::Purpose if filling.data.has_many_items() => Widget::Purpose(choices::purposes(), Vec::new()),
        Control::Purpose => Widget::Purpose(choices::purposes(), list),
        Control::Item if filling.data.has_many_items() => Widget::Whole,
        Control::Signers => Widget::Signers(list, choices::participants()),
        _ => Widget::Select(list),
    }
}

fn widget(form: &ActForm, field: &Field, filling: Filling<'_>) -> Option<Widget> {
    Some(match field.control {
        Control::Line => Widget::Line,
        Control::Deposit => Widget::Deposit(choices(Control::Deposit, filling.data, filling.given)),
        Control::Area | Control::Receipt => Widget::Area,
        Control::Whole => Widget::Whole,
        Control::Day => Widget::Day,
        Control::Moment => Widget::Moment,
        Control::HandedIn => Widget::HandedIn(choices::handed_in()),
        Control::FileDigests => Widget::File,
        Control::ListedName => Widget::ListedName,
        Control::ShownText(zh, en) => Widget::Shown(Bilingual::new(zh, en)),
        Control::RoundDigest => Widget::Digest,
        Control::Now => return None,
        Control::Derived => Widget::Hidden,
        control if control.is_chosen_first() && form.fields.iter().any(|one| one.control.depends_on_another()) => {
            let list = choices(control, filling.data, filling.given);
            let chosen = list.into_iter().find(|one| one.value == filling.given.text(field.name));
            chosen.map_or_else(|| lists(field, filling), |chosen| Widget::Fixed(chosen.label))
        }
        _ => lists(field, filling),
    })
}

/// The value of a field that nobody fills in, from what was chosen before.
fn prepared(form: &ActForm, field: &Field, visit: &Visit, filling: Filling<'_>) -> String {
    let (data, given) = (filling.data, filling.given);
    match (field.control, field.name) {
        (Control::ShownText(..), _) => visit.t("zh", "en").to_owned(),
        (Control::RoundDigest, _) => {
            let digest = data.round(given.text("round")).and_then(|round| round.digests.first());
            digest.map_or_else(String::new, |digest| format!("{} {}", digest.algorithm, digest.value))
        }
        (Control::Derived, "item_version") if form.kind == ActKind::Reply => {
            data.item(given.text("item")).map_or_else(String::new, |item| item.version().to_string())
        }
        (Control::Derived, "version") => {
            let chosen = data.transcripts().iter().find(|one| one.transcript.to_string() == given.text("transcript"));
            chosen.and_then(|one| one.versions.last()).map_or_else(String::new, |last| last.version.to_string())
        }
        _ => String::new(),
    }
}

/// What stands below the label. A number field for an item says which item the number is.
fn hint(field: &Field, widget: &Widget, visit: &Visit, filling: Filling<'_>) -> String {
    if let (Control::Item, Widget::Whole) = (field.control, widget) {
        let total = filling.data.case.as_ref().map_or(0, |case| case.items_total);
        let chosen = choices(field.control, filling.data, filling.given);
        let chosen = chosen.into_iter().find(|one| one.value == filling.given.text(field.name));
        let Bilingual { zh, en } = chosen.map_or_else(|| Bilingual::new("", ""), |chosen| chosen.label);
        let zh = format!("填写证据序号，本案共 {total} 项证据。{zh}");
        return visit.t(&zh, &format!("The number of the item; the case has {total}. {en}")).trim_end().to_owned();
    }
    field.hint.map_or_else(String::new, |(zh, en)| visit.t(zh, en).to_owned())
}

fn view(form: &ActForm, field: &'static Field, visit: &Visit, filling: Filling<'_>) -> Option<FieldView> {
    let widget = widget(form, field, filling)?;
    let given = filling.given;
    let (zh, en) = field.labels();
    let pick = |text: &Bilingual| text.pick(visit.language).to_owned();
    let second = match widget {
        Widget::Account(_) => format!("{}-login", field.name),
        Widget::HandedIn(_) => format!("{}-on", field.name),
        Widget::Deposit(_) => format!("{}-own", field.name),
        _ => format!("{}-item", field.name),
    };
    let shown = given.text(field.name);
    let is_prepared = matches!(widget, Widget::Hidden | Widget::Shown(_) | Widget::Digest);
    let row = |row: u32| {
        let part = |part: &str| given.text(&format!("{}-{part}-{row}", field.name)).to_owned();
        (row, part("kind"), part("name"))
    };
    let rows = if matches!(widget, Widget::Signers(..)) { (1..=PARTICIPANT_ROWS).map(row).collect() } else { vec![] };
    Some(FieldView {
        name: field.name,
        label: visit.t(zh, en).to_owned(),
        hint: hint(field, &widget, visit, filling),
        optional: !field.required,
        fault: filling.faults.iter().find(|fault| fault.field == field.name).map(|fault| pick(&fault.text)),
        value: if is_prepared && shown.is_empty() { prepared(form, field, visit, filling) } else { shown.to_owned() },
        second: given.text(&second).to_owned(),
        values: given.all(field.name).filter(|text| !text.is_empty()).map(str::to_owned).collect(),
        rows,
        folds: None,
        unfolds: false,
        widget,
    })
}

/// The fields that the actor fills in.
#[must_use]
pub fn fields(form: &ActForm, visit: &Visit, filling: Filling<'_>) -> Vec<FieldView> {
    let asked = form.fields.iter().filter(|field| !field.for_the_court || filling.for_the_court);
    // An account never says how a party ticked a box: the form is not filled in before.
    let asked = asked.filter(|field| field.name != "ticked" || filling.for_the_court);
    let mut fields: Vec<FieldView> = asked.filter_map(|field| view(form, field, visit, filling)).collect();
    let folded = |field: &FieldView| form.is_more(field.name) && !field.is_hidden();
    let open = fields.iter().any(|field| folded(field) && field.is_filled());
    if let (Some((_, (zh, en))), Some(first)) = (form.more, fields.iter_mut().find(|field| folded(field))) {
        first.folds = Some((visit.t(zh, en).to_owned(), open));
    }
    if let Some(last) = fields.iter_mut().rev().find(|field| folded(field)) {
        last.unfolds = true;
    }
    fields
}
