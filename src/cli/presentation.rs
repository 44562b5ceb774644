//! The object that a user verifies against a record: a file, hashed as the record requires, or a digest.

use std::path::Path;

use crate::cli::digest::measure;
use crate::cli::exit::CliError;
use crate::cli::progress::Progress;
use crate::cli::receipt_files::{ReceiptFiles, StatementFile};
use crate::cli::screen::Screen;
use crate::ledger::entry::Entry;
use crate::ledger::hash::Digest;
use crate::ledger::metadata::SALT_LEN;
use crate::ledger::statement::content::{FileDigests, HashAlgorithm};
use crate::ledger::verify::verifier::PresentedEvidence;

/// The presented object.
#[derive(Debug, Clone, Copy)]
pub struct Presentation<'a> {
    /// A file.
    pub file: Option<&'a Path>,
    /// A digest instead of the file.
    pub digest: Option<(HashAlgorithm, Digest)>,
    /// The salt of salted digests, if given.
    pub salt: Option<[u8; SALT_LEN]>,
}

impl Presentation<'_> {
    /// The object to compare with the record of `entry`, and the digests of the file. `plain`: its unsalted digests, if
    /// already computed.
    ///
    /// # Errors
    ///
    /// [`CliError`]: the file or its statement file cannot be read.
    pub fn measured_for(
        &self,
        entry: Option<&Entry>,
        plain: Option<FileDigests>,
        screen: &Screen,
    ) -> Result<(PresentedEvidence, Option<FileDigests>), CliError> {
        let Some(file) = self.file else {
            let digest = self.digest.map(|(algorithm, value)| PresentedEvidence::Digest { algorithm, value });
            return Ok((digest.unwrap_or(PresentedEvidence::Nothing), None));
        };
        let content = entry.and_then(|entry| entry.statement.statement().content);
        let is_salted = content.is_some_and(|content| content.is_salted());
        let salt = match (is_salted, self.salt, entry) {
            (false, _, _) | (true, None, None) => None,
            (true, Some(salt), _) => Some(salt),
            (true, None, Some(entry)) => adjacent_salt(file, entry)?,
        };
        let measured = match plain.filter(|_| salt.is_none()) {
            Some(plain) => plain,
            None => measure_file(file, salt.as_ref(), screen)?,
        };
        Ok((PresentedEvidence::File { measured, salted: salt.is_some() }, Some(measured)))
    }
}

/// The salt from the statement file, if it is this record's statement, current or renamed by a later deposit.
fn adjacent_salt(file: &Path, entry: &Entry) -> Result<Option<[u8; SALT_LEN]>, CliError> {
    let files = ReceiptFiles::of(file, None).map_err(|error| CliError::io(file, &error))?;
    let earlier = files.earlier(&entry.statement);
    for path in [&files.statement, &earlier.statement] {
        if let Some(statement_file) = StatementFile::load(path)?
            && statement_file.note().is_some_and(|note| note.id() == entry.statement.id())
        {
            return Ok(statement_file.salt());
        }
    }
    Ok(None)
}

/// Size and digests of a file, with a progress bar.
///
/// # Errors
///
/// [`CliError`]: it cannot be read.
pub fn measure_file(file: &Path, salt: Option<&[u8; SALT_LEN]>, screen: &Screen) -> Result<FileDigests, CliError> {
    let size = std::fs::metadata(file).map_err(|error| CliError::io(file, &error))?.len();
    let progress = Progress::of_bytes(screen, size);
    Ok(measure(file, salt, &|bytes| progress.add(bytes))?)
}
