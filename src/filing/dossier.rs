//! Documents of the dossier (归入卷宗): their digests are those of their deposits, read from the ledger at that moment.

use crate::court::acts::{Act, ActKind, FileDocument};
use crate::court::case::state::CaseFile;
use crate::court::course_words::{DocumentForm, Volume};
use crate::court::ids::CaseId;
use crate::court::values::Capacity;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::ActOutcome;
use crate::filing::filing_error::FilingError;
use crate::filing::imports::snapshot;
use crate::filing::service::FilingService;
use crate::ledger::number::DepositNumber;

/// A document to be added to the dossier.
#[derive(Debug, Clone)]
pub struct DocumentCommand {
    /// Its volume.
    pub volume: Volume,
    /// Its form.
    pub form: DocumentForm,
    /// How many pages.
    pub pages: u32,
    /// Its deposit; none for a document that is on paper only.
    pub deposit: Option<DepositNumber>,
    /// Its name.
    pub name: String,
}

impl FilingService {
    /// Adds a document to the dossier. Of the second volume the chain of the case shows a commitment only, since parties read it.
    ///
    /// # Errors
    ///
    /// Those of [`Self::act`]; [`FilingError::NoSuchDeposit`].
    pub async fn file_document(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        command: &DocumentCommand,
    ) -> Result<ActOutcome, FilingError> {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let data_hash = match command.deposit {
            None => Vec::new(),
            Some(number) => {
                let found = self.read(move |store| Ok(snapshot(store, number)?)).await?;
                found.ok_or_else(|| FilingError::NoSuchDeposit(number.to_string()))?.facts.data_hash
            }
        };
        let is_open = command.volume == Volume::Main;
        let entry = match command.deposit.filter(|_| !is_open) {
            None => command.name.clone(),
            Some(number) => {
                let digests = data_hash.iter().map(|(algorithm, digest)| format!("\n{algorithm} {digest}"));
                format!("{}\n{number}{}", command.name, digests.collect::<String>())
            }
        };
        let make = |file: &CaseFile, _: Capacity, annexes: &mut Annexes| {
            Ok(Act::FileDocument(FileDocument {
                document: file.next_document(),
                volume: command.volume,
                form: command.form,
                pages: command.pages,
                deposit: command.deposit.filter(|_| is_open),
                data_hash: if is_open { data_hash.clone() } else { Vec::new() },
                entry: annexes.add("entry", &entry)?,
            }))
        };
        self.act_with_access(actor, case, context, ActKind::FileDocument, make).await
    }
}
