//! What every template gets: language, title, navigation. [`Visit::layout`](crate::http::pages::visit::Visit::layout) makes it.

use crate::court::words::Role;
use crate::filing::own_account::Management;
use crate::http::pages::assets;
use crate::http::pages::format;
use crate::http::pages::language;
use crate::ledger::time::Timestamp;
use crate::ledger::verify::wording::Language;
use crate::wire::bilingual::Bilingual;

/// What every template gets, under the name `p`.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The language of the page.
    pub language: Language,
    /// The title of the page.
    pub title: String,
    /// 大字版.
    pub large: bool,
    /// Whether this is a test ledger.
    pub test: bool,
    /// The operator's name; empty if it has none.
    pub operator: String,
    /// The login name of the session's holder.
    pub login: Option<String>,
    /// Which accounts the holder manages.
    pub management: Management,
    /// Path and query without the parameters of language and type size.
    pub here: String,
}

impl Layout {
    /// The text in the language of the page.
    #[must_use]
    pub const fn t<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        match self.language {
            Language::Chinese => zh,
            Language::English => en,
        }
    }

    /// The text in the language of the page.
    #[must_use]
    pub fn pick<'a>(&self, text: &'a Bilingual) -> &'a str {
        text.pick(self.language)
    }

    /// A sentence of the API in the language of the page, with its times as people read them.
    #[must_use]
    pub fn sentence(&self, text: &Bilingual) -> String {
        format::with_clock_times(text.pick(self.language))
    }

    /// The language tag of the page.
    #[must_use]
    pub const fn lang(&self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// Whether the holder manages accounts.
    #[must_use]
    pub fn manages(&self) -> bool {
        self.management != Management::None
    }

    /// Whether the holder manages accounts as a court administrator only.
    #[must_use]
    pub fn manages_one_court(&self) -> bool {
        self.management == Management::OneCourt
    }

    /// The path of a script or style.
    #[must_use]
    pub fn asset(&self, name: &str) -> String {
        assets::path(name)
    }

    /// Whether the page's path begins with `path`, for the navigation.
    #[must_use]
    pub fn is_in(&self, path: &str) -> bool {
        self.here.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    /// This page in the other language.
    #[must_use]
    pub fn other_language(&self) -> String {
        let other = if self.language == Language::Chinese { Language::English } else { Language::Chinese };
        self.with("lang", language::word(other))
    }

    /// This page in the other size of type.
    #[must_use]
    pub fn other_size(&self) -> String {
        self.with("type", if self.large { "normal" } else { "large" })
    }

    fn with(&self, name: &str, value: &str) -> String {
        let separator = if self.here.contains('?') { '&' } else { '?' };
        format!("{}{separator}{name}={value}", self.here)
    }

    /// A time of the API with its time zone.
    #[must_use]
    pub fn time(&self, time: &str) -> String {
        let time = format::clock_time(time);
        match self.language {
            Language::Chinese => format!("{time}（北京时间）"),
            Language::English => format!("{time} Beijing time"),
        }
    }

    /// A hash in groups.
    #[must_use]
    pub fn groups<'h>(&self, hash: &'h str) -> Vec<&'h str> {
        format::groups(hash)
    }

    /// A moment of the ledger with its time zone.
    #[must_use]
    pub fn moment(&self, time: &Timestamp) -> String {
        self.time(&time.beijing())
    }

    /// The label of a word of the court's records.
    #[must_use]
    pub fn role(&self, role: &Role) -> &'static str {
        role.label(self.language)
    }

    /// The language of the page.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// A count with separators.
    #[must_use]
    pub fn count(&self, number: &u64) -> String {
        format::count(*number)
    }
}
