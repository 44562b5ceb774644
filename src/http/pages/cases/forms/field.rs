//! What a form of an act is made of: fields with labels in both languages, and the controls in which people fill them in.
//!
//! The tables of forms are in the modules beside this one. What a control shows is decided in `choices`, how its value becomes JSON
//! in `values`.

use crate::court::acts::ActKind;
use crate::wire::bilingual::Bilingual;

/// A word of an enumeration with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The word of records and requests.
    pub word: &'static str,
    /// The label.
    pub label: Bilingual,
}

/// The words of an enumeration, made when a form is shown.
pub type Words = fn() -> Vec<Word>;

/// All words of an enumeration of `court`.
macro_rules! words_of {
    ($name:ty) => {
        || {
            let label = |one: &$name| {
                let one = *one;
                $crate::wire::bilingual::Bilingual::of(|language| one.label(language))
            };
            let all: &[$name] = <$name>::ALL;
            all.iter()
                .map(|one| $crate::http::pages::cases::forms::field::Word { word: one.word(), label: label(one) })
                .collect()
        }
    };
}
pub(in crate::http::pages::cases) use words_of;

/// How a value is filled in. Whatever names a part of the case is chosen from those parts.
#[derive(Debug, Clone, Copy)]
pub enum Control {
    /// A line of text.
    Line,
    /// Text of several lines.
    Area,
    /// A whole number.
    Whole,
    /// A day.
    Day,
    /// A moment of Beijing time.
    Moment,
    /// A deposit number.
    Deposit,
    /// One word of a list.
    Words(Words),
    /// The role of a party, of those that the case admits.
    Role,
    /// A period of a party that can be deferred.
    Window,
    /// A period whose deferral was applied for.
    Deferral,
    /// One word of a short list, all to be seen.
    Radios(Words),
    /// Several words.
    Checks(Words),
    /// 交邮或递交, and the day.
    HandedIn,
    /// What an item does to another item.
    Purpose,
    /// An account: of the people of the case, or by its login name.
    Account,
    /// The account of a judge of the court.
    Judge,
    /// Accounts of judges of the court.
    Judges,
    /// An account with a role of the court.
    Staff,
    /// A party.
    Party,
    /// Several parties.
    Parties,
    /// An agent.
    Agent,
    /// An item of evidence.
    Item,
    /// A hearing.
    Hearing,
    /// A transcript.
    Transcript,
    /// A request for correction, of the transcript chosen before.
    Correction,
    /// Whose statement a correction is about.
    Speaker,
    /// A mediation agreement.
    Agreement,
    /// A confirmation round.
    Round,
    /// Somebody on the list of the round chosen before.
    Person,
    /// The digest of the paper of the round chosen before, as it is shown.
    RoundDigest,
    /// The people who must confirm.
    Signers,
    /// A service record.
    Service,
    /// An attempt of the service record chosen before.
    Attempt,
    /// An act of a recipient.
    OwnAct,
    /// An address for service.
    Address,
    /// An appeal.
    Appeal,
    /// A decision of the court, by the deposit number of its document.
    Decision,
    /// A court of this platform.
    Court,
    /// The digests of a file, which the browser computes.
    FileDigests,
    /// The commitment to a name in an item list. The browser reads the list and shows its names.
    ListedName,
    /// A receipt of another ledger.
    Receipt,
    /// Texts of the case.
    Annexes,
    /// A text that the form shows; its digest is the value.
    ShownText(&'static str, &'static str),
    /// The time of the request.
    Now,
    /// Filled in by the program from the other fields.
    Derived,
}

impl Control {
    /// Whether other controls of the same form depend on the value, so that it is chosen first.
    #[must_use]
    pub const fn is_chosen_first(self) -> bool {
        matches!(self, Self::Round | Self::Service | Self::Transcript)
    }

    /// Whether the value is chosen, and neither written nor filled in by the page.
    #[must_use]
    pub const fn is_chosen(self) -> bool {
        let is_written = matches!(
            self,
            Self::Line
                | Self::Area
                | Self::Whole
                | Self::Day
                | Self::Moment
                | Self::Deposit
                | Self::Account
                | Self::Receipt
        );
        let has_parts = matches!(self, Self::HandedIn | Self::Purpose | Self::ListedName);
        !is_written
            && !has_parts
            && !matches!(self, Self::RoundDigest | Self::ShownText(..) | Self::Now | Self::Derived)
    }

    /// Whether the choice depends on a value chosen before.
    #[must_use]
    pub const fn depends_on_another(self) -> bool {
        matches!(self, Self::Person | Self::RoundDigest | Self::Attempt | Self::Correction)
    }
}

/// A field of a form, which is a field of the request.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name in the request.
    pub name: &'static str,
    /// The control.
    pub control: Control,
    /// Whether the request needs it.
    pub required: bool,
    /// Whether it is asked of the court only.
    pub for_the_court: bool,
    /// The label, where it differs from the usual one.
    pub label: Option<(&'static str, &'static str)>,
    /// What stands below the label.
    pub hint: Option<(&'static str, &'static str)>,
}

impl Field {
    /// With another label than usual.
    #[must_use]
    pub const fn named(self, zh: &'static str, en: &'static str) -> Self {
        Self { label: Some((zh, en)), ..self }
    }

    /// With a hint.
    #[must_use]
    pub const fn hint(self, zh: &'static str, en: &'static str) -> Self {
        Self { hint: Some((zh, en)), ..self }
    }

    /// Asked of the court only.
    #[must_use]
    pub const fn court(self) -> Self {
        Self { for_the_court: true, ..self }
    }

    /// The label in both languages.
    #[must_use]
    pub fn labels(&self) -> (&'static str, &'static str) {
        self.label.or_else(|| super::labels::usual(self.name)).unwrap_or((self.name, self.name))
    }
}

/// A required field.
#[must_use]
pub const fn required(name: &'static str, control: Control) -> Field {
    Field { name, control, required: true, for_the_court: false, label: None, hint: None }
}

/// An optional field.
#[must_use]
pub const fn optional(name: &'static str, control: Control) -> Field {
    Field { name, control, required: false, for_the_court: false, label: None, hint: None }
}

/// What a form belongs to, in the list of what can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Filing.
    Filing,
    /// Parties and agents.
    People,
    /// Evidence.
    Evidence,
    /// Periods.
    Periods,
    /// Hearings and transcripts.
    Hearing,
    /// Mediation.
    Mediation,
    /// Service.
    Service,
    /// Decisions and appeals.
    Decisions,
    /// Dossier and hand-over.
    Dossier,
    /// Private content.
    Private,
}

impl Group {
    /// The heading.
    #[must_use]
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Filing => ("立案", "Filing"),
            Self::People => ("当事人与代理人", "Parties and agents"),
            Self::Evidence => ("证据", "Evidence"),
            Self::Periods => ("期限", "Periods"),
            Self::Hearing => ("庭审与笔录", "Hearings and transcripts"),
            Self::Mediation => ("调解", "Mediation"),
            Self::Service => ("送达", "Service"),
            Self::Decisions => ("裁判与上诉", "Decisions and appeals"),
            Self::Dossier => ("卷宗与移送", "Dossier and hand-over"),
            Self::Private => ("非公开信息", "Private content"),
        }
    }
}

/// Which request a form makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `POST /v1/cases/{case}/acts`.
    Act,
    /// `POST /v1/cases/{case}/service`.
    Service,
    /// `POST /v1/cases/{case}/imports`.
    Import,
    /// `POST /v1/cases/{case}/codes`.
    Code,
    /// `POST /v1/cases/{case}/transfer`.
    Transfer,
    /// `POST /v1/cases/{case}/hand-overs`.
    HandOver,
    /// `POST /v1/erasures`.
    Erasure,
    /// `POST /v1/cases`.
    Open,
    /// `POST /v1/associations`.
    Association,
}

/// The form of an act.
#[derive(Debug, Clone, Copy)]
pub struct ActForm {
    /// The act.
    pub kind: ActKind,
    /// Where it is listed.
    pub group: Group,
    /// The request that it makes.
    pub shape: Shape,
    /// Its fields, in the order in which they are asked.
    pub fields: &'static [Field],
    /// The heading, where it differs from the label of the act.
    pub title: Option<(&'static str, &'static str)>,
    /// The button, where it differs from the label of the act.
    pub button: Option<(&'static str, &'static str)>,
    /// What stands above the fields.
    pub lead: Option<(&'static str, &'static str)>,
    /// What must be ticked before the button counts.
    pub sure: Option<(&'static str, &'static str)>,
    /// From which field on the fields are folded away, and what is said of them.
    pub more: Option<(&'static str, (&'static str, &'static str))>,
}

impl ActForm {
    /// A form that asks for these fields.
    #[must_use]
    pub const fn new(kind: ActKind, group: Group, fields: &'static [Field]) -> Self {
        Self { kind, group, shape: Shape::Act, fields, title: None, button: None, lead: None, sure: None, more: None }
    }

    /// As [`Self::new`], for another request.
    #[must_use]
    pub const fn making(self, shape: Shape) -> Self {
        Self { shape, ..self }
    }

    /// With another heading.
    #[must_use]
    pub const fn titled(self, zh: &'static str, en: &'static str) -> Self {
        Self { title: Some((zh, en)), ..self }
    }

    /// With another button.
    #[must_use]
    pub const fn button(self, zh: &'static str, en: &'static str) -> Self {
        Self { button: Some((zh, en)), ..self }
    }

    /// With a text above the fields.
    #[must_use]
    pub const fn lead(self, zh: &'static str, en: &'static str) -> Self {
        Self { lead: Some((zh, en)), ..self }
    }

    /// With a box to be ticked.
    #[must_use]
    pub const fn sure(self, zh: &'static str, en: &'static str) -> Self {
        Self { sure: Some((zh, en)), ..self }
    }

    /// With the fields from one on folded away.
    #[must_use]
    pub const fn more(self, from: &'static str, zh: &'static str, en: &'static str) -> Self {
        Self { more: Some((from, (zh, en))), ..self }
    }

    /// Whether a field is folded away.
    #[must_use]
    pub fn is_more(&self, name: &str) -> bool {
        let at = |wanted: &str| self.fields.iter().position(|field| field.name == wanted);
        self.more.and_then(|(from, _)| at(from)).is_some_and(|first| at(name).is_some_and(|at| at >= first))
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
