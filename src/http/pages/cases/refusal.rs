//! A refusal as a page shows it beside its form: what is wrong, and what the user can do about it.

use crate::http::pages::field_names;
use crate::http::pages::visit::Visit;
use crate::http::problem::ApiError;
use crate::wire::bilingual::Bilingual;

/// A refusal in the language of the visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRefusal {
    /// What is wrong; `None` where that stands beside its field.
    pub text: Option<String>,
    /// What to do about it; `None` where the text says that.
    pub advice: Option<Advice>,
}

/// The advice of `/problems` for a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What to do.
    pub text: String,
    /// The page of the code.
    pub href: String,
}

impl Advice {
    fn of(visit: &Visit, failure: &ApiError) -> Self {
        let code = failure.code();
        let text = visit.t(code.advice_zh(), code.advice()).to_owned();
        Self { text, href: format!("/problems/{}", code.as_str()) }
    }
}

impl PageRefusal {
    /// A refusal that is about no field.
    #[must_use]
    pub fn of(visit: &Visit, failure: &ApiError) -> Self {
        let problem = failure.problem();
        let detail = field_names::detail(&problem, None);
        let joined = |title: &str, colon: &str, detail: &str| {
            if title == detail { title.to_owned() } else { format!("{title}{colon}{detail}") }
        };
        let text =
            Bilingual::new(joined(&problem.title_zh, "：", &detail.zh), joined(&problem.title, ": ", &detail.en));
        Self { text: Some(text.pick(visit.language).to_owned()), advice: Some(Advice::of(visit, failure)) }
    }

    /// A refusal whose text stands beside its field.
    #[must_use]
    pub fn beside_field(visit: &Visit, failure: &ApiError) -> Self {
        Self { text: None, advice: Some(Advice::of(visit, failure)) }
    }

    /// A form that was not filled in. The text says what is missing.
    #[must_use]
    pub fn incomplete(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), advice: None }
    }
}
