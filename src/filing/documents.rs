//! Documents that acts name by their deposit numbers: what the chain says of them when the act is made.

use crate::court::acts::{Act, ActKind};
use crate::court::case::state::CaseFile;
use crate::court::ids::CaseId;
use crate::court::values::Capacity;
use crate::filing::actor::{Actor, RequestContext};
use crate::filing::annexes::Annexes;
use crate::filing::cases::ActOutcome;
use crate::filing::filing_error::FilingError;
use crate::filing::service::FilingService;
use crate::ledger::hash::Digest;
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Form, HashAlgorithm};
use crate::ledger::statement::text::ManifestRoot;
use crate::query::records;

/// What the chain says of a document.
#[derive(Debug, Clone)]
pub struct DocumentFacts {
    /// 存证编号.
    pub number: DepositNumber,
    /// Its digests, SM3 first.
    pub digests: Vec<(HashAlgorithm, Digest)>,
    /// Its size in bytes; `None` for salted digests, and for a deposit of a manifest only.
    pub size: Option<u64>,
    /// Its media type, as its depositor stated.
    pub media_type: Option<MediaType>,
    /// Its manifest.
    pub manifest: Option<ManifestRoot>,
}

impl DocumentFacts {
    /// Digests and size of a document that is to be confirmed or compared: both digests, without a salt, so that everybody who holds
    /// the file can recompute them.
    ///
    /// # Errors
    ///
    /// [`FilingError::BadValue`].
    pub fn comparable(&self) -> Result<(Vec<(HashAlgorithm, Digest)>, u64), FilingError> {
        match self.size {
            Some(size) if self.digests.len() == HashAlgorithm::ALL.len() => Ok((self.digests.clone(), size)),
            Some(_) => Err(FilingError::bad(
                "document",
                "the deposit has one digest: deposit both SM3 and SHA-256",
                "该存证仅有一种摘要，请同时以 SM3 和 SHA-256 两种摘要重新存证",
            )),
            None => Err(FilingError::bad(
                "document",
                "the deposit has salted digests or none: deposit the file itself",
                "该存证的摘要已加盐或者没有文件摘要，请对该文件另行办理不加盐的存证",
            )),
        }
    }
}

impl FilingService {
    /// As [`Self::act`], for an act that names a document. `make` gets what the chain says of it.
    ///
    /// # Errors
    ///
    /// As [`Self::act`]; [`FilingError::NoSuchDeposit`].
    pub async fn act_on_document<M>(
        &self,
        actor: &Actor,
        case: CaseId,
        context: &RequestContext,
        (kind, number): (ActKind, DepositNumber),
        make: M,
    ) -> Result<ActOutcome, FilingError>
    where
        M: Fn(&CaseFile, Capacity, &mut Annexes, &DocumentFacts) -> Result<Act, FilingError> + Send + Sync,
    {
        if !self.has_access(actor, case).await? {
            return Err(FilingError::NotFound);
        }
        let found = self.read(move |store| Ok(records::find_entry(store, number)?)).await?;
        let make = |file: &CaseFile, capacity: Capacity, annexes: &mut Annexes| {
            let (_, entry) = found.as_ref().ok_or_else(|| FilingError::NoSuchDeposit(number.to_string()))?;
            let statement = entry.statement.statement();
            let size = match statement.content.as_ref().map(|content| content.form) {
                Some(Form::Plain { size }) => Some(size),
                Some(Form::Salted) | None => None,
            };
            let facts = DocumentFacts {
                number,
                digests: statement
                    .content
                    .iter()
                    .flat_map(super::super::ledger::statement::content::Content::digests)
                    .collect(),
                size,
                media_type: statement.media_type,
                manifest: statement.manifest,
            };
            make(file, capacity, annexes, &facts)
        };
        self.act_with_access(actor, case, context, kind, make).await
    }
}
