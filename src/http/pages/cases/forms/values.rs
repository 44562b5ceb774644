//! The request that a form makes from what people filled in.
//!
//! Whether a value is good is decided by the API's own reading; here only its shape is: a number, a day, a choice.

use serde_json::{Map, Value, json};

use crate::court::acts::ActKind;
use crate::court::line_value::LineValue as _;
use crate::court::session_words::ParticipantKind;
use crate::court::words::{CaseKind, PartyRole};
use crate::error_code::ErrorCode;
use crate::filing::service::FilingService;
use crate::http::pages::cases::forms::choices::choices;
use crate::http::pages::cases::forms::data::FormData;
use crate::http::pages::cases::forms::field::{ActForm, Control, Field, Shape};
use crate::http::pages::form::Form;
use crate::http::problem::ApiError;
use crate::ledger::hash::sha256;
use crate::ledger::number::DepositNumber;
use crate::wire::bilingual::Bilingual;
use crate::wire::court::accounts::read_time;
use crate::wire::facts::beijing_time;
use crate::wire::json::INTEGER_MAX;

/// Rows for participants without an account.
pub const PARTICIPANT_ROWS: u32 = 3;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFault {
    /// The field.
    pub field: &'static str,
    /// What is wrong.
    pub text: Bilingual,
}

/// What a form is read with.
pub struct Reading<'a> {
    /// The case.
    pub data: &'a FormData,
    /// What was filled in.
    pub given: &'a Form,
    /// The filing service.
    pub filing: &'a FilingService,
    /// Whether the actor acts for the court.
    pub for_the_court: bool,
}

type Read = Result<Option<Value>, Bilingual>;

fn fault(zh: &str, en: &str) -> Bilingual {
    Bilingual::new(zh, en)
}

fn number(text: &str) -> Read {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let value = text.parse::<u64>().ok().filter(|value| digits && *value <= INTEGER_MAX);
    value.map(|value| Some(json!(value))).ok_or_else(|| fault("请填写数字", "Enter a number"))
}

fn day(text: &str) -> Read {
    let is_day = crate::court::calendar::Day::parse(text).is_some();
    if is_day {
        Ok(Some(json!(text)))
    } else {
        Err(fault("请填写日期，例如 2026-11-22", "Enter a day like 2026-11-22"))
    }
}

/// A moment as browsers send it, `2026-11-22T09:04`, with seconds and fractions if they are there.
fn moment(text: &str) -> Read {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let time = match time.len() {
        5 => format!("{time}:00.000"),
        8 => format!("{time}.000"),
        _ => time.to_owned(),
    };
    let full = format!("{date}T{time}+08:00");
    match read_time(&full) {
        Some(_) => Ok(Some(json!(full))),
        None => Err(fault("请填写日期和时间", "Enter a day and a time")),
    }
}

fn deposit(text: &str) -> Read {
    match DepositNumber::parse(text) {
        Ok(number) => Ok(Some(json!(number.to_string()))),
        Err(error) => {
            let problem = ApiError::from(error).problem();
            Err(Bilingual::new(problem.detail_zh, problem.detail))
        }
    }
}

/// What was typed into the field of a deposit, and what was chosen beside it.
fn deposit_parts<'f>(given: &'f Form, name: &str) -> (Option<&'f str>, Option<&'f str>) {
    (given.some(name), given.some(&format!("{name}-own")))
}

/// The number that was typed or chosen; empty if there is none.
#[must_use]
pub fn deposit_text<'f>(given: &'f Form, name: &str) -> &'f str {
    let (typed, own) = deposit_parts(given, name);
    typed.or(own).unwrap_or_default()
}

/// `sm3 <hex>` as a digest of the API.
fn digest(line: &str) -> Option<Value> {
    let (algorithm, value) = line.trim().split_once(' ')?;
    Some(json!({ "algorithm": algorithm, "value": value }))
}

/// That a field must be filled in. `offers` is whether deposits are listed below the field of their numbers.
fn missing(field: &Field, offers: bool) -> Bilingual {
    let (zh, en) = field.labels();
    if matches!(field.control, Control::Deposit) && offers {
        let document = zh.strip_suffix("的存证编号").unwrap_or("存证");
        return Bilingual::new(
            format!("请选择{document}或者填写存证编号"),
            format!("{en}: choose from the list, or enter the number"),
        );
    }
    if field.control.is_chosen() {
        // Some labels say themselves that something is chosen.
        let what = zh.strip_prefix("选择").unwrap_or(zh);
        return Bilingual::new(format!("请选择{what}"), format!("Choose: {en}"));
    }
    Bilingual::new(format!("请填写{zh}"), format!("Fill in: {en}"))
}

/// The fields of a reply of which at least one is filled in.
const OPINIONS: [&str; 5] = ["authenticity", "legality", "relevance", "probative_value", "reason"];

impl Reading<'_> {
    fn chosen(&self, field: &Field, text: &str) -> Result<String, Bilingual> {
        let known = choices(field.control, self.data, self.given).into_iter().find(|one| one.value == text);
        known.map(|one| one.value).ok_or_else(|| fault("请在所列选项中选择", "Choose one of those listed"))
    }

    /// The number of an item of the case: a list shows no more than a page of them.
    fn item<'t>(&self, text: &'t str) -> Result<&'t str, Bilingual> {
        let known = self.data.item(text).map(|_| text);
        known.ok_or_else(|| fault("本案没有该序号的证据", "The case has no item with this number"))
    }

    fn account(&self, field: &Field) -> Read {
        let login = self.given.text(&format!("{}-login", field.name));
        if login.is_empty() {
            let chosen = self.given.some(field.name).map(|text| self.chosen(field, text)).transpose()?;
            return Ok(chosen.map(Value::String));
        }
        match self.filing.account_of_login(login) {
            Ok(account) => Ok(Some(json!(account.to_string()))),
            Err(_) => Err(fault("没有使用该登录名的账号", "No account has this login name")),
        }
    }

    /// A number that was typed, or one of the own deposits that was chosen. A number that is no own one is looked up by the API.
    fn deposit_of(&self, field: &Field) -> Read {
        let (typed, own) = deposit_parts(self.given, field.name);
        match (typed, own) {
            (None, None) => Ok(None),
            (Some(text), None) | (None, Some(text)) => deposit(text),
            (Some(typed), Some(own)) => {
                let number = deposit(typed)?;
                if number == deposit(own)? {
                    return Ok(number);
                }
                Err(fault(
                    "输入的编号与所选存证不同，请保留其一",
                    "The number entered and the deposit chosen differ; keep one of them",
                ))
            }
        }
    }

    /// A word, and what belongs to it, in one text.
    fn pair(&self, field: &Field, second: &str) -> Read {
        let (first, second) = (self.given.text(field.name), self.given.text(second));
        match (first.is_empty(), second.is_empty()) {
            (true, true) => Ok(None),
            (false, false) => Ok(Some(json!(format!("{first} {second}")))),
            _ => Err(fault("两项须同时填写", "Fill in both parts")),
        }
    }

    fn signers(&self, field: &Field) -> Read {
        let listed = self.given.all(field.name).map(|text| self.chosen(field, text));
        let mut signers = listed.collect::<Result<Vec<_>, _>>()?;
        for row in 1..=PARTICIPANT_ROWS {
            let part = |part: &str| self.given.text(&format!("{}-{part}-{row}", field.name)).to_owned();
            let (kind, name) = (part("kind"), part("name"));
            if name.is_empty() {
                continue;
            }
            let Some(kind) = ParticipantKind::parse(&kind) else {
                return Err(fault("请选择该人员的身份", "Choose what this person is"));
            };
            signers.push(format!("{kind} {name}"));
        }
        Ok((!signers.is_empty()).then(|| json!(signers)))
    }

    fn list(&self, field: &Field, is_number: bool) -> Read {
        let chosen = self.given.all(field.name).filter(|text| !text.is_empty()).map(|text| self.chosen(field, text));
        let chosen = chosen.collect::<Result<Vec<_>, _>>()?;
        if is_number {
            let numbers: Vec<u64> = chosen.iter().filter_map(|text| text.parse().ok()).collect();
            return Ok((!numbers.is_empty()).then(|| json!(numbers)));
        }
        Ok((!chosen.is_empty()).then(|| json!(chosen)))
    }

    fn text(&self, field: &Field, text: &str) -> Read {
        match field.control {
            // A derived value is one that a page put there itself.
            Control::Whole | Control::Derived => number(text),
            Control::Day => day(text),
            Control::Moment => moment(text),
            Control::Party
            | Control::Agent
            | Control::Hearing
            | Control::Transcript
            | Control::Correction
            | Control::Agreement
            | Control::Round
            | Control::Person
            | Control::Service
            | Control::Attempt
            | Control::OwnAct
            | Control::Address
            | Control::Appeal => number(&self.chosen(field, text)?),
            Control::Item => number(self.item(text)?),
            Control::Words(_)
            | Control::Role
            | Control::Window
            | Control::Deferral
            | Control::Radios(_)
            | Control::Judge
            | Control::Staff
            | Control::Speaker
            | Control::Decision
            | Control::Court => self.chosen(field, text).map(|text| Some(json!(text))),
            Control::RoundDigest => {
                let shown = digest(text).ok_or_else(|| fault("请重新打开本页", "Open this page again"))?;
                Ok(Some(shown))
            }
            Control::FileDigests => Ok(Some(text.lines().filter_map(digest).collect())),
            Control::Receipt => {
                let receipt = serde_json::from_str::<Value>(text).ok().filter(Value::is_object);
                receipt
                    .map(Some)
                    .ok_or_else(|| fault("这不是存证回执文件的全文", "This is not the whole of a receipt file"))
            }
            Control::ShownText(zh, en) => {
                let shown = if text == "zh" { zh } else { en };
                Ok(Some(json!(sha256(shown.as_bytes()).to_string())))
            }
            _ => Ok(Some(json!(text))),
        }
    }

    fn value(&self, field: &Field) -> Read {
        if field.for_the_court && !self.for_the_court {
            return Ok(None);
        }
        match field.control {
            Control::Account => return self.account(field),
            Control::HandedIn => {
                let on = format!("{}-on", field.name);
                self.given.some(&on).map(day).transpose()?;
                return self.pair(field, &on);
            }
            Control::Deposit => return self.deposit_of(field),
            Control::Purpose => {
                let of = format!("{}-item", field.name);
                self.given.some(&of).map(|text| self.item(text)).transpose()?;
                return self.pair(field, &of);
            }
            Control::Signers => return self.signers(field),
            Control::Checks(_) | Control::Judges | Control::Annexes => return self.list(field, false),
            Control::Parties => return self.list(field, true),
            Control::Now => return Ok(Some(json!(beijing_time(self.filing.now())))),
            _ => {}
        }
        let Some(text) = self.given.some(field.name) else { return Ok(None) };
        self.text(field, text)
    }

    /// The request of the form.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its fields.
    pub fn request(&self, form: &ActForm) -> Result<Value, Vec<FieldFault>> {
        let (mut request, mut faults) = (Map::new(), Vec::new());
        for field in form.fields {
            let (zh, en) = field.labels();
            match self.value(field) {
                Ok(Some(value)) => {
                    request.insert(field.name.to_owned(), value);
                }
                Ok(None) if field.required => {
                    let offers = !choices(field.control, self.data, self.given).is_empty();
                    faults.push(FieldFault { field: field.name, text: missing(field, offers) });
                }
                Ok(None) => {}
                Err(what) => {
                    let text = Bilingual::new(format!("{zh}：{}", what.zh), format!("{en}: {}", what.en));
                    faults.push(FieldFault { field: field.name, text });
                }
            }
        }
        if form.kind == ActKind::Reply && !OPINIONS.iter().any(|name| request.contains_key(*name)) {
            faults.push(FieldFault {
                field: OPINIONS[0],
                text: fault("请至少填写一项意见", "State at least one opinion"),
            });
        }
        self.derive(form, &mut request);
        if faults.is_empty() { Ok(Value::Object(request)) } else { Err(faults) }
    }

    /// Fills in what follows from the other fields.
    fn derive(&self, form: &ActForm, request: &mut Map<String, Value>) {
        match form.shape {
            Shape::Act | Shape::Service => {
                request.insert("act".into(), json!(form.kind.word()));
            }
            Shape::Erasure => {
                let case = if request.contains_key("annexes") { "case" } else { "order" };
                let id = self.data.file.as_ref().map(|file| file.id.to_string());
                request.insert(case.into(), json!(id));
            }
            Shape::Open => {
                let kind = request.get("kind").and_then(Value::as_str).and_then(CaseKind::from_word);
                request.insert("role".into(), json!(bringing_role(kind).word()));
            }
            _ => {}
        }
        if matches!(form.kind, ActKind::ApplyDeferral | ActKind::DecideDeferral) {
            name_period(request);
        }
        // The box of a consent is never ticked by default here.
        if form.kind == ActKind::ConsentService && !request.contains_key("ticked") && !self.for_the_court {
            request.insert("ticked".into(), json!("ticked"));
        }
    }
}

/// Takes the choice of a period apart: whose it is, its kind, and what it is about.
fn name_period(request: &mut Map<String, Value>) {
    let Some(chosen) = request.get("window").and_then(Value::as_str).map(str::to_owned) else { return };
    let mut parts = chosen.splitn(3, ' ');
    let party = parts.next().and_then(|party| party.parse::<u32>().ok());
    request.insert("window".into(), json!(parts.next()));
    request.insert("party".into(), json!(party));
    if let Some(about) = parts.next() {
        request.insert("about".into(), json!(about));
    }
}

/// What the party that brings a case of this kind is called.
const fn bringing_role(kind: Option<CaseKind>) -> PartyRole {
    match kind {
        Some(CaseKind::CivilFirst | CaseKind::AdministrativeFirst | CaseKind::PrivateProsecution) | None => {
            PartyRole::Plaintiff
        }
        Some(CaseKind::Retrial) => PartyRole::RetrialApplicant,
        Some(_) => PartyRole::Applicant,
    }
}

/// The field that an error of the API is about, if it names one of the form.
#[must_use]
pub fn field_of(form: &ActForm, failure: &ApiError) -> Option<&'static str> {
    let detail = failure.problem().detail;
    // `bad_value` names the field in its detail.
    let named = detail.strip_prefix('`').and_then(|rest| rest.split_once('`')).map_or("", |(name, _)| name);
    let of_deposits = [ErrorCode::NoSuchDeposit, ErrorCode::MistypedNumber, ErrorCode::AlreadyImported];
    let is_deposit = |field: &&Field| matches!(field.control, Control::Deposit);
    let by_code = || form.fields.iter().find(is_deposit).filter(|_| of_deposits.contains(&failure.code()));
    form.field(named).or_else(by_code).map(|field| field.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_chosen_or_written() {
        use crate::http::pages::cases::forms::field::required;
        use crate::http::pages::cases::forms::outside::{ASSOCIATE, OPEN};
        let said = |field: &Field, offers| missing(field, offers).zh;
        for (name, says) in
            [("filer", "请选择身份"), ("court", "请选择法院"), ("procedure", "请选择程序"), ("title", "请填写起诉案由")]
        {
            assert_eq!(said(OPEN.field(name).unwrap(), false), says);
        }
        assert_eq!(said(ASSOCIATE.field("code").unwrap(), false), "请填写关联码");
        let document = required("document", Control::Deposit);
        assert_eq!(said(&document, true), "请选择文书或者填写存证编号");
        assert_eq!(said(&document, false), "请填写文书的存证编号");
        assert_eq!(said(&required("deposit_number", Control::Deposit), true), "请选择存证或者填写存证编号");
    }

    #[test]
    fn values_are_read_as_browsers_send_them() {
        assert_eq!(number("15"), Ok(Some(json!(15))));
        assert_eq!(moment("2026-11-22T09:04"), Ok(Some(json!("2026-11-22T09:04:00.000+08:00"))));
        assert_eq!(moment("2026-11-22T09:04:11"), Ok(Some(json!("2026-11-22T09:04:11.000+08:00"))));
        assert_eq!(day("2026-11-22"), Ok(Some(json!("2026-11-22"))));
        assert_eq!(digest("sm3 ab"), Some(json!({ "algorithm": "sm3", "value": "ab" })));
        for bad in ["", "-1", "1.5", "一", "99999999999999999999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
        for bad in ["2026-11-22", "09:04", "2026-11-22T9:4", "2026-02-30T09:04"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
        assert!(deposit("T20261122-0K7M-X9QT-3D5W-C3").is_err() && day("22.11.2026").is_err());
    }
}
