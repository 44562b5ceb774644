//! Rules of appointments (指派): a court appoints an account in a role for one case, which gives it access.

use crate::court::case::people::{end_entries, entries_without_own_act};
use crate::court::case::refusal::Refusal;
use crate::court::case::state::CaseFile;
use crate::court::ids::AccountId;
use crate::court::words::Role;
use crate::ledger::time::Timestamp;

/// Most appointments of a case.
pub const APPOINTMENTS_MAX: usize = 100;

/// Appoints an account for the case in this role. Who is or was a party or agent cannot be appointed. An entry that a party made for the
/// account without an act of its own ends: otherwise a party could exclude an expert by naming the expert as its agent.
///
/// # Errors
///
/// [`Refusal`].
pub fn appoint(file: &mut CaseFile, role: Role, account: AccountId, at: Timestamp) -> Result<(), Refusal> {
    if !role.needs_appointment() {
        return Err(Refusal::NotAppointable);
    }
    file.require_not_recused([account])?;
    let ended = entries_without_own_act(file, account, None)?;
    if file.records.appointments.len() >= APPOINTMENTS_MAX {
        return Err(Refusal::TooManyActs);
    }
    end_entries(file, &ended, at);
    file.records.appointments.insert((role, account));
    Ok(())
}

/// Ends an appointment.
///
/// # Errors
///
/// [`Refusal::NotAppointed`].
pub fn end_appointment(file: &mut CaseFile, role: Role, account: AccountId) -> Result<(), Refusal> {
    if file.records.appointments.remove(&(role, account)) { Ok(()) } else { Err(Refusal::NotAppointed) }
}
