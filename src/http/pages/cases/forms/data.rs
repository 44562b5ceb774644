//! What a form is made from: the case as the API shows it, as far as the form's controls need it.

use std::sync::Arc;

use crate::court::acts::ActKind;
use crate::court::case::state::{CaseFile, Item};
use crate::court::ids::{CaseId, ItemNumber, PartyNumber};
use crate::court::line_value::LineValue as _;
use crate::court::values::Capacity;
use crate::filing::actor::Actor;
use crate::filing::filing_error::FilingError;
use crate::filing::staff::CourtStaff;
use crate::http::api::court::cases::{can, case_json};
use crate::http::api::court::deposits_on_behalf::own_json;
use crate::http::api::court::records::records_json;
use crate::http::api::court::service::service_json;
use crate::http::api::paging::PageQuery;
use crate::http::app_state::AppState;
use crate::http::pages::cases::forms::field::{ActForm, Control};
use crate::http::problem::ApiError;
use crate::wire::court::accounts::Texts;
use crate::wire::court::case::{CanJson, CaseJson};
use crate::wire::court::deposits_on_behalf::OwnDepositJson;
use crate::wire::court::item::ImportJson;
use crate::wire::court::mediation::AgreementJson;
use crate::wire::court::records::{RecordsJson, TranscriptJson};
use crate::wire::court::rounds::RoundJson;
use crate::wire::court::service::{ServiceBookJson, ServiceJson};

/// Items in one page of the API.
const ITEMS: u32 = 200;
/// Most pages of items among which a form chooses. A case with more of them names the item in the address of the form.
const PAGES: usize = 25;
/// Own deposits among which a form chooses.
const OWN_DEPOSITS: usize = 50;

/// What a form is made from. Whatever has private texts is loaded only if a control needs it, and the access is recorded.
#[derive(Debug, Default)]
pub struct FormData {
    /// The case; none for a form that opens one.
    pub file: Option<Arc<CaseFile>>,
    /// What the actor may do.
    pub can: Vec<CanJson>,
    /// The case with its texts.
    pub case: Option<CaseJson>,
    /// Hearings, transcripts, mediation.
    pub records: Option<RecordsJson>,
    /// Service.
    pub service: Option<ServiceBookJson>,
    /// The people of the court.
    pub staff: Vec<CourtStaff>,
    /// The courts of this platform.
    pub courts: Vec<String>,
    /// The latest deposits of the account.
    pub own_deposits: Vec<OwnDepositJson>,
}

const fn needs_case(control: Control) -> bool {
    matches!(
        control,
        Control::Party
            | Control::Parties
            | Control::Agent
            | Control::Item
            | Control::Purpose
            | Control::Account
            | Control::Appeal
            | Control::Decision
            | Control::Speaker
            | Control::Signers
            | Control::Window
            | Control::Deferral
    )
}

const fn needs_records(control: Control) -> bool {
    matches!(
        control,
        Control::Hearing
            | Control::Transcript
            | Control::Correction
            | Control::Agreement
            | Control::Round
            | Control::Person
            | Control::RoundDigest
    )
}

const fn needs_service(control: Control) -> bool {
    matches!(control, Control::Service | Control::Attempt | Control::Address)
}

const fn needs_staff(control: Control) -> bool {
    matches!(control, Control::Judge | Control::Judges | Control::Staff | Control::Signers)
}

const fn needs_items(control: Control) -> bool {
    matches!(control, Control::Item | Control::Purpose)
}

const fn is_deposit(control: Control) -> bool {
    matches!(control, Control::Deposit)
}

/// The case, with all its items if the form chooses among them.
async fn whole_case(state: &AppState, actor: &Actor, case: CaseId, with_items: bool) -> Result<CaseJson, ApiError> {
    let page = |cursor| PageQuery { limit: Some(ITEMS), cursor };
    let mut shown = case_json(state, actor, case, &page(None)).await?;
    for _ in 1..if with_items { PAGES } else { 1 } {
        let Some(cursor) = shown.next_cursor.take() else { break };
        let more = case_json(state, actor, case, &page(Some(cursor))).await?;
        shown.items.extend(more.items);
        shown.next_cursor = more.next_cursor;
    }
    Ok(shown)
}

/// The latest deposits that the platform made on behalf of the account. An account that may see none chooses among none.
async fn own_deposits(state: &AppState, actor: &Actor) -> Result<Vec<OwnDepositJson>, ApiError> {
    match state.filing()?.own_deposits(actor, None, OWN_DEPOSITS).await {
        Ok(own) => Ok(own_json(&own).items),
        Err(FilingError::Scope(..)) => Ok(Vec::new()),
        Err(failure) => Err(failure.into()),
    }
}

impl FormData {
    /// Loads what the form needs, and the case.
    ///
    /// # Errors
    ///
    /// `not_found` without access to the case; those of a view.
    pub async fn load(
        state: &AppState,
        actor: &Actor,
        case: CaseId,
        form: &ActForm,
    ) -> Result<(Arc<CaseFile>, Self), ApiError> {
        let filing = state.filing()?;
        let file = filing.case_for(actor, case).await?;
        let needs = |needs: fn(Control) -> bool| form.fields.iter().any(|field| needs(field.control));
        let shows_case = needs(needs_case) || form.kind == ActKind::Submit;
        let case_shown =
            if shows_case { Some(whole_case(state, actor, case, needs(needs_items)).await?) } else { None };
        let records = if needs(needs_records) { Some(records_json(state, actor, case).await?) } else { None };
        let service = if needs(needs_service) { Some(service_json(state, actor, case).await?) } else { None };
        let staff = if needs(needs_staff) { filing.staff_of(&file.court).await? } else { Vec::new() };
        let can = match &case_shown {
            Some(shown) => shown.can.clone(),
            None => can(actor, &file, &actor.capacities(&file), &Texts::new()),
        };
        let own_deposits = if needs(is_deposit) { own_deposits(state, actor).await? } else { Vec::new() };
        let courts = filing.courts().iter().map(ToString::to_string).collect();
        let data = Self {
            can,
            case: case_shown,
            records,
            service,
            staff,
            courts,
            own_deposits,
            file: Some(Arc::clone(&file)),
        };
        Ok((file, data))
    }

    /// The capacities that permit an act now.
    #[must_use]
    pub fn capacities(&self, kind: ActKind) -> Vec<&CanJson> {
        self.can.iter().filter(|one| one.acts.iter().any(|act| act == kind.word())).collect()
    }

    /// Whether the actor acts for the court: in the capacity that was chosen, or in the first that permits the act.
    #[must_use]
    pub fn is_for_the_court(&self, kind: ActKind, chosen: Option<&str>) -> bool {
        let first = self.capacities(kind).first().map(|one| one.capacity.capacity.clone());
        let capacity = chosen.map(str::to_owned).or(first);
        capacity.and_then(|text| Capacity::parse(&text)).is_some_and(|one| matches!(one, Capacity::Holding(_)))
    }

    /// Whether the actor can act for this party: as the party, as its agent, or for the court.
    #[must_use]
    pub fn speaks_for(&self, party: u32) -> bool {
        let mut capacities = self.can.iter().filter_map(|one| Capacity::parse(&one.capacity.capacity));
        let is_own = |capacity| self.file.as_ref().and_then(|file| file.party_of(capacity)) == Some(PartyNumber(party));
        capacities.any(|one| matches!(one, Capacity::Holding(_)) || is_own(one))
    }

    /// Whether the case has more items than a list shows.
    #[must_use]
    pub fn has_many_items(&self) -> bool {
        self.case.as_ref().is_some_and(|case| case.items_total > usize::try_from(ITEMS).unwrap_or(usize::MAX))
    }

    /// The item with a number, whether or not it is among [`Self::items`].
    #[must_use]
    pub fn item(&self, number: &str) -> Option<&Item> {
        self.file.as_ref()?.items.get(&ItemNumber::parse(number)?)
    }

    /// The items of one page: all, unless there are many.
    #[must_use]
    pub fn items(&self) -> &[ImportJson] {
        self.case.as_ref().map_or(&[][..], |case| case.items.as_slice())
    }

    /// The transcripts.
    #[must_use]
    pub fn transcripts(&self) -> &[TranscriptJson] {
        self.records.as_ref().map_or(&[][..], |records| records.transcripts.as_slice())
    }

    /// The agreements.
    #[must_use]
    pub fn agreements(&self) -> &[AgreementJson] {
        self.records.as_ref().map_or(&[][..], |records| records.agreements.as_slice())
    }

    /// The service records.
    #[must_use]
    pub fn services(&self) -> &[ServiceJson] {
        self.service.as_ref().map_or(&[][..], |book| book.items.as_slice())
    }

    /// The round with this number.
    #[must_use]
    pub fn round(&self, number: &str) -> Option<&RoundJson> {
        let of_transcripts = self.transcripts().iter().flat_map(|one| &one.rounds);
        let mut all = of_transcripts.chain(self.agreements().iter().flat_map(|one| &one.rounds));
        all.find(|round| round.round.to_string() == number)
    }

    /// Whether the round with this number is about an agreement.
    #[must_use]
    pub fn is_round_of_agreement(&self, number: &str) -> bool {
        let mut rounds = self.agreements().iter().flat_map(|one| &one.rounds);
        rounds.any(|round| round.round.to_string() == number)
    }
}
