//! Encrypted archives: a tar of a ledger's folder, encrypted to recipient keys (age-encryption.org/v1).
//!
//! `age --decrypt -i KEY ARCHIVE | tar -x` opens one without this program. The list of files with their digests is its last entry.
//!
//! # Invariants
//!
//! Both directions stream, in bounded memory. Nothing of an archive is used before its last byte was authenticated: it is unpacked under
//! another name, and only names that a backup has are unpacked, as regular files and folders.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tar::{Archive, Builder, EntryType, Header};

use crate::cli::backups::folder_target::{FILE_MODE, FOLDER_MODE, FileCount};
use crate::cli::backups::list::{Backup, BackupList, LIST, LIST_MAX, ListedFile};
use crate::cli::backups::walk::{CopyTarget, PARTS};
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::custody::age::header::AgeError;
use crate::custody::age::keys::{AgeKeyError, Identity, Recipient};
use crate::custody::age::stream::{Decryptor, Encryptor};
use crate::files::regular;

const PIECE: usize = 1024 * 1024;

/// A new archive that a ledger's folder is copied into.
pub struct ArchiveTarget<'a> {
    path: PathBuf,
    tar: Builder<Encryptor<BufWriter<File>>>,
    progress: &'a dyn Fn(u64),
    /// All files so far.
    pub files: Vec<ListedFile>,
    /// The files that were written.
    pub copied: FileCount,
}

impl<'a> ArchiveTarget<'a> {
    /// Makes the archive `path`, which must not exist.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn new(path: &Path, recipients: &[Recipient], progress: &'a dyn Fn(u64)) -> Result<Self, CliError> {
        let io = |error| CliError::io(path, &error);
        let file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path).map_err(io)?;
        let encryptor = Encryptor::new(BufWriter::new(file), recipients).map_err(io)?;
        let copied = FileCount::default();
        Ok(Self { path: path.to_owned(), tar: Builder::new(encryptor), progress, files: Vec::new(), copied })
    }

    /// Adds the list, writes the end, and fsyncs the archive.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub fn finish(self, list: &BackupList) -> Result<(), CliError> {
        let Self { path, mut tar, .. } = self;
        let bytes = list.to_bytes()?;
        let mut header = header_of(EntryType::Regular, bytes.len() as u64);
        let written = tar.append_data(&mut header, LIST, bytes.as_slice()).and_then(|()| {
            let file = tar.into_inner()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.sync_all()
        });
        written.map_err(|error| CliError::io(&path, &error))
    }
}

fn header_of(kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(if kind.is_dir() { FOLDER_MODE } else { FILE_MODE });
    header
}

/// Hashes the bytes that are read, and reports their number.
struct HashingReader<'a> {
    file: io::Take<File>,
    hash: Sha256,
    progress: &'a dyn Fn(u64),
}

impl io::Read for HashingReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        self.hash.update(into.get(..count).unwrap_or_default());
        (self.progress)(count as u64);
        Ok(count)
    }
}

impl CopyTarget for ArchiveTarget<'_> {
    fn begin_folder(&mut self, path: &Path) -> Result<(), CliError> {
        let mut header = header_of(EntryType::Directory, 0);
        let written = self.tar.append_data(&mut header, path, io::empty());
        written.map_err(|error| CliError::io(&self.path, &error))
    }

    fn file(&mut self, from: &Path, path: &Path) -> Result<(), CliError> {
        let read = |error| CliError::io(from, &error);
        let file = regular::open_own(from).map_err(read)?;
        let size = file.metadata().map_err(read)?.len();
        let mut reader = HashingReader { file: file.take(size), hash: Sha256::new(), progress: self.progress };
        let mut header = header_of(EntryType::Regular, size);
        let written = self.tar.append_data(&mut header, path, &mut reader);
        written.map_err(|error| CliError::io(&self.path, &error))?;
        if reader.file.limit() > 0 {
            return Err(read(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the file became shorter while it was read",
            )));
        }
        let sha256 = hex::encode(reader.hash.finalize());
        self.files.push(ListedFile { path: path.to_string_lossy().into_owned(), size, sha256 });
        self.copied.files += 1;
        self.copied.bytes += size;
        Ok(())
    }

    fn end_folder(&mut self, _: &Path) -> Result<(), CliError> {
        Ok(())
    }
}

/// Reads a recipient's key as given on the command line.
///
/// # Errors
///
/// The reason, for `clap`.
pub fn read_recipient(text: &str) -> Result<Recipient, String> {
    text.parse().map_err(|error: AgeKeyError| match error {
        AgeKeyError::Malformed => format!(
            "{error}. `age-keygen -y KEY-FILE` shows it | 应为 age 的 X25519 公钥（age1…），可用 age-keygen -y 查看"
        ),
        AgeKeyError::Checksum => format!("{error} | 公钥有字符输错或缺失"),
        AgeKeyError::Weak => format!("{error} | 公钥过弱"),
    })
}

/// Reads the identities in a file of `age-keygen`.
///
/// # Errors
///
/// [`CliError`].
pub fn read_identities(path: &Path) -> Result<Vec<Identity>, CliError> {
    let text = input::secret(path)?;
    Identity::parse_file(&text).map_err(|(line, error)| {
        let path = path.display();
        let en = format!("{path}: line {line}: {error}. Give the key file that `age-keygen` made");
        CliError::unable(
            "bad_identity",
            format!("{path}：第 {line} 行不是 age 私钥。请给出 age-keygen 生成的密钥文件"),
            en,
        )
    })
}

/// Whether the file at `path` begins as an encrypted archive does.
#[must_use]
pub fn is_archive(path: &Path) -> bool {
    let mut first = [0; 22];
    path.is_file()
        && regular::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok()
        && first == *b"age-encryption.org/v1\n"
}

/// Decrypts the archive at `path` and unpacks it into the new folder `to`, durably. Returns the list of its files, with which the unpacked
/// ones were compared.
///
/// # Errors
///
/// [`CliError`].
pub fn unpack(path: &Path, identities: &[Identity], to: &Path, progress: &dyn Fn(u64)) -> Result<Backup, CliError> {
    let mut archive = decrypted(path, identities, progress)?;
    DirBuilder::new().mode(FOLDER_MODE).create(to).map_err(|error| CliError::io(to, &error))?;
    let (list, files) = unpack_entries(path, &mut archive, to)?;
    read_to_end(path, archive)?;
    let list = list.filter(|list| {
        let files: BTreeSet<_> = files.iter().map(|file| (&file.path, file.size, &file.sha256)).collect();
        files == list.files.values().map(|file| (&file.path, file.size, &file.sha256)).collect()
    });
    list.ok_or_else(|| damaged(path, &"its files are not those of its list"))
}

/// Decrypts the archive at `path` to its end, and returns the list of its files without unpacking them.
///
/// # Errors
///
/// [`CliError`].
pub fn read_list(path: &Path, identities: &[Identity], progress: &dyn Fn(u64)) -> Result<Backup, CliError> {
    let read = |error: io::Error| damaged(path, &error);
    let (mut archive, mut list) = (decrypted(path, identities, progress)?, None);
    for entry in archive.entries().map_err(read)? {
        let mut entry = entry.map_err(read)?;
        if *entry.path().map_err(read)? == *Path::new(LIST) {
            list = Some(parse_list(path, &mut entry)?);
        }
    }
    read_to_end(path, archive)?;
    list.ok_or_else(|| damaged(path, &"it has no list"))
}

type Decrypted<'a> = Archive<Decryptor<CountingReader<'a, BufReader<File>>>>;

fn decrypted<'a>(path: &Path, identities: &[Identity], progress: &'a dyn Fn(u64)) -> Result<Decrypted<'a>, CliError> {
    let file = regular::open(path).map_err(|error| CliError::io(path, &error))?;
    let file = CountingReader { file: BufReader::with_capacity(PIECE, file), progress };
    Decryptor::new(file, identities).map(Archive::new).map_err(|error| cannot_decrypt(path, error))
}

/// Reads to the last chunk, which shows that the archive was not cut off.
fn read_to_end(path: &Path, archive: Decrypted<'_>) -> Result<(), CliError> {
    let copied = io::copy(&mut archive.into_inner(), &mut io::sink());
    copied.map(drop).map_err(|error| damaged(path, &error))
}

fn parse_list(path: &Path, entry: &mut impl io::Read) -> Result<Backup, CliError> {
    let mut bytes = Vec::new();
    entry.take(LIST_MAX as u64).read_to_end(&mut bytes).map_err(|error| damaged(path, &error))?;
    Backup::parse(&bytes).ok_or_else(|| damaged(path, &"its list is damaged"))
}

/// Reports the number of bytes that are read.
struct CountingReader<'a, R> {
    file: R,
    progress: &'a dyn Fn(u64),
}

impl<R: io::Read> io::Read for CountingReader<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(into)?;
        (self.progress)(count as u64);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for CountingReader<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.file.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        (self.progress)(count as u64);
        self.file.consume(count);
    }
}

type Unpacked = (Option<Backup>, Vec<ListedFile>);

fn unpack_entries<R: io::Read>(path: &Path, archive: &mut Archive<R>, to: &Path) -> Result<Unpacked, CliError> {
    let read = |error: io::Error| damaged(path, &error);
    let (mut list, mut files, mut folders) = (None, Vec::new(), vec![to.to_owned()]);
    for entry in archive.entries().map_err(read)? {
        let mut entry = entry.map_err(read)?;
        let name = entry.path().map_err(read)?.into_owned();
        let target = to.join(&name);
        let written = |error: io::Error| CliError::io(&target, &error);
        let kind = entry.header().entry_type();
        if name == Path::new(LIST) && kind.is_file() {
            list = Some(parse_list(path, &mut entry)?);
        } else if !is_part(&name) || list.is_some() {
            return Err(damaged(path, &format!("`{}` does not belong in a backup", name.display())));
        } else if kind.is_dir() {
            DirBuilder::new().mode(FOLDER_MODE).create(&target).map_err(written)?;
            folders.push(target);
        } else if kind.is_file() {
            let mut file =
                OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(&target).map_err(written)?;
            let (mut size, mut hash, mut piece) = (0, Sha256::new(), vec![0; PIECE]);
            loop {
                let count = entry.read(&mut piece).map_err(read)?;
                let Some(bytes) = piece.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
                hash.update(bytes);
                size += count as u64;
                file.write_all(bytes).map_err(written)?;
            }
            file.sync_all().map_err(written)?;
            let path = name.to_string_lossy().into_owned();
            files.push(ListedFile { path, size, sha256: hex::encode(hash.finalize()) });
        } else {
            return Err(damaged(path, &format!("`{}` is neither a file nor a folder", name.display())));
        }
    }
    for folder in folders.iter().rev() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| CliError::io(folder, &error))?;
    }
    Ok((list, files))
}

/// Whether the path is that of a part of a backup, or inside of one.
fn is_part(path: &Path) -> bool {
    let mut components = path.components();
    let first = components.next().and_then(|first| match first {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    first.is_some_and(|first| PARTS.contains(&first))
        && components.all(|component| matches!(component, Component::Normal(_)))
}

fn damaged(path: &Path, reason: &dyn std::fmt::Display) -> CliError {
    let path = path.display();
    let en = format!("{path}: the archive is damaged or cut off ({reason}); nothing was restored. Use another backup");
    CliError::finding("archive_damaged", format!("{path}：归档已损坏或不完整，未恢复任何内容。请改用其他备份"), en)
}

fn cannot_decrypt(path: &Path, error: AgeError) -> CliError {
    let name = path.display();
    match error {
        AgeError::Read(error) => CliError::io(path, &error),
        AgeError::NoIdentity => {
            let en =
                format!("{name}: it is not encrypted to any key of the identity file: give the file of its recipient");
            CliError::unable("not_a_recipient", format!("{name}：所给私钥不是其接收方，请给出接收方的密钥文件"), en)
        }
        error => damaged(path, &error),
    }
}

/// Removes a draft of an archive. Failures are ignored: its random name is of this program.
pub fn discard(draft: &Path) {
    let _ = fs::remove_file(draft);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity::new([1; 32])
    }

    /// An archive with one entry of this kind, whose path is written as it is.
    fn archive(scratch: &Path, path: &str, kind: EntryType) -> PathBuf {
        let mut tar = Builder::new(Encryptor::new(Vec::new(), &[identity().recipient()]).unwrap());
        let mut header = header_of(kind, if kind.is_file() { 4 } else { 0 });
        // `set_path` would refuse it.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        if !kind.is_file() && !kind.is_dir() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        tar.append(&header, if kind.is_file() { &b"evil"[..] } else { &[] }).unwrap();
        let file = scratch.join("archive");
        fs::write(&file, tar.into_inner().unwrap().finish().unwrap()).unwrap();
        file
    }

    #[test]
    fn only_parts_of_a_backup_are_unpacked() {
        for (path, kind) in [
            ("../evil", EntryType::Regular),
            ("/tmp/evil", EntryType::Regular),
            ("db/../../evil", EntryType::Regular),
            ("notes.txt", EntryType::Regular),
            ("db", EntryType::Symlink),
            ("mark", EntryType::Link),
            ("db/fifo", EntryType::Fifo),
            // Without a list.
            ("mark", EntryType::Regular),
        ] {
            let scratch = tempfile::tempdir().unwrap();
            let file = archive(scratch.path(), path, kind);
            let to = scratch.path().join("inside/to");
            fs::create_dir(scratch.path().join("inside")).unwrap();
            let refused = unpack(&file, &[identity()], &to, &|_| {}).unwrap_err();
            assert_eq!(refused.code, "archive_damaged", "{path} {kind:?}");
            assert!(!scratch.path().join("inside/evil").exists() && !scratch.path().join("evil").exists(), "{path}");
        }
    }
}
