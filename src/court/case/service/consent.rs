//! Rules of consent and addresses.

use crate::court::act_position::ActPosition;
use crate::court::acts::{ConsentService, EndServiceAddress, NameReceiver, ServiceAddress};
use crate::court::calendar::Day;
use crate::court::case::people::speaks_for;
use crate::court::case::refusal::Refusal;
use crate::court::case::service::book::{Acted, RegisteredAddress};
use crate::court::case::service::service_error::ServiceError;
use crate::court::case::state::CaseFile;
use crate::court::document::Document;
use crate::court::ids::AddressNumber;
use crate::court::service_words::{AddressSource, ConsentForm};
use crate::court::values::Capacity;

/// Most addresses of a case.
pub const ADDRESSES_MAX: u32 = 10_000;
/// How long an address that the court found may have been idle, in days: three months have at most so many (2018规定 art. 16).
pub const ACTIVE_DAYS: u32 = 92;

/// An act with its place and actor.
pub(in crate::court::case::service) fn acted<T>(document: &Document, act: T, position: ActPosition) -> Acted<T> {
    Acted { position, by: document.by, capacity: document.capacity, act }
}

/// Records what a party says to litigation online or to electronic service.
///
/// # Errors
///
/// [`Refusal::NotYours`]; [`ServiceError::ProofNeeded`] if the court enters it, or an earlier agreement is relied on, without the
/// document; [`ServiceError::ClickNeeded`]; [`ServiceError::ReportTime`] for a click in the future.
pub fn consent(
    file: &mut CaseFile,
    document: &Document,
    act: &ConsentService,
    position: ActPosition,
) -> Result<(), Refusal> {
    speaks_for(file, document.capacity, act.party)?;
    let by_court = matches!(document.capacity, Capacity::Holding(_));
    if (by_court || act.form == ConsentForm::AgreedBefore) && act.document.is_none() {
        return Err(ServiceError::ProofNeeded.into());
    }
    if !by_court && act.form == ConsentForm::Explicit && (act.shown.is_none() || act.ticked.is_none()) {
        return Err(ServiceError::ClickNeeded.into());
    }
    if act.clicked.is_some_and(|clicked| clicked > position.at) {
        return Err(ServiceError::ReportTime.into());
    }
    file.service.consents.push(acted(document, act.clone(), position));
    Ok(())
}

/// Registers a version of an address, in force from now on.
///
/// # Errors
///
/// [`Refusal::NotNext`], [`Refusal::NotYours`]: only the court enters what it found; [`ServiceError::AddressNotActive`],
/// [`ServiceError::ProofNeeded`], and those of [`end_address`] for the one that it replaces.
pub fn register(
    file: &mut CaseFile,
    document: &Document,
    act: &ServiceAddress,
    position: ActPosition,
) -> Result<(), Refusal> {
    let next = file.service.next_address();
    if act.address != next || next.0 > ADDRESSES_MAX {
        return Err(Refusal::NotNext { expected: next.0 });
    }
    speaks_for(file, document.capacity, act.party)?;
    let by_court = matches!(document.capacity, Capacity::Holding(_));
    if act.source == AddressSource::Found {
        if !by_court {
            return Err(Refusal::NotYours);
        }
        let today = Day::of(position.at);
        let active = act.active.filter(|day| *day <= today && day.days_until(today) <= ACTIVE_DAYS);
        active.ok_or(ServiceError::AddressNotActive)?;
    } else if by_court && act.document.is_none() {
        return Err(ServiceError::ProofNeeded.into());
    }
    if let Some(replaced) = act.replaces {
        let of_party = file.service.addresses.get(&replaced).is_some_and(|old| old.entered.act.party == act.party);
        if !of_party {
            return Err(ServiceError::NoSuchAddress(replaced).into());
        }
        end(file, replaced, position)?;
    }
    let address = RegisteredAddress { entered: acted(document, act.clone(), position), until: None };
    file.service.addresses.insert(act.address, address);
    Ok(())
}

fn end(file: &mut CaseFile, number: AddressNumber, position: ActPosition) -> Result<(), Refusal> {
    let address = file.service.addresses.get_mut(&number).ok_or(ServiceError::NoSuchAddress(number))?;
    if address.until.is_some() {
        return Err(ServiceError::AddressNotInForce(number).into());
    }
    address.until = Some(position.at);
    Ok(())
}

/// Ends an address.
///
/// # Errors
///
/// [`ServiceError::NoSuchAddress`], [`ServiceError::AddressNotInForce`], [`Refusal::NotYours`].
pub fn end_address(
    file: &mut CaseFile,
    document: &Document,
    act: &EndServiceAddress,
    position: ActPosition,
) -> Result<(), Refusal> {
    let address = file.service.addresses.get(&act.address).ok_or(ServiceError::NoSuchAddress(act.address))?;
    let party = address.entered.act.party;
    speaks_for(file, document.capacity, party)?;
    end(file, act.address, position)
}

/// Names an agent as the receiver of mediation statements: by the party itself, or its statutory agent.
///
/// # Errors
///
/// [`Refusal::NoSuchAgent`], [`Refusal::NotYours`], [`ServiceError::PartyItself`] for an agent that names itself or another.
pub fn name_receiver(file: &mut CaseFile, document: &Document, act: &NameReceiver) -> Result<(), Refusal> {
    let itself = file.party_of(document.capacity).filter(|party| file.is_party_itself(document.capacity, *party));
    let party = itself.ok_or(ServiceError::PartyItself)?;
    let agent = file.agents.get(&act.agent).filter(|agent| agent.ended.is_none());
    if agent.ok_or(Refusal::NoSuchAgent(act.agent))?.party != party {
        return Err(Refusal::NotYours);
    }
    file.service.receivers.insert(act.agent);
    Ok(())
}
