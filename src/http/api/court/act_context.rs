//! What a requested act is made from: the case, the capacity, accounts, texts; and lists of words.

use crate::court::case::state::CaseFile;
use crate::court::ids::PartyNumber;
use crate::court::line_value::LineValue;
use crate::court::registry::Registry;
use crate::court::values::Capacity;
use crate::filing::actor::Actor;
use crate::filing::annexes::Annexes;
use crate::filing::documents::DocumentFacts;
use crate::filing::filing_error::FilingError;
use crate::http::api::court::field_values::read;
use crate::ledger::time::Timestamp;

/// As [`read`], for a list: sorted, each once.
///
/// # Errors
///
/// As [`read`].
pub fn read_all<T: LineValue + Ord>(field: &'static str, texts: &[String]) -> Result<Vec<T>, FilingError> {
    let mut all = texts.iter().map(|text| read(field, text)).collect::<Result<Vec<T>, _>>()?;
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The data from which an act is made.
#[derive(Debug)]
pub struct ActContext<'a> {
    /// The case before the act.
    pub file: &'a CaseFile,
    /// Who acts.
    pub actor: &'a Actor,
    /// The capacity in which the actor acts.
    pub capacity: Capacity,
    /// Accounts.
    pub registry: &'a Registry,
    /// Its private texts.
    pub annexes: &'a mut Annexes,
    /// The document that the act is about, as the ledger has it.
    pub document: Option<&'a DocumentFacts>,
    /// The time of the request.
    pub now: Timestamp,
}

impl ActContext<'_> {
    /// The party that the actor represents, or that the court names.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`] if neither does.
    pub fn party(&self, named: Option<u32>) -> Result<PartyNumber, FilingError> {
        let own = self.file.party_of(self.capacity);
        let party = named.map(PartyNumber).or(own);
        party
            .ok_or_else(|| FilingError::bad("party", "name the party for which it is done", "请选择为哪一方当事人办理"))
    }
}
