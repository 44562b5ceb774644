//! Composes statements from the options of a command and the digests of a file.

use std::fs;
use std::io;
use std::path::Path;

use clap::ValueEnum;
use serde_json::json;

use crate::cli::case_key::{DEFAULT_CASE, random_bytes};
use crate::cli::exit::CliError;
use crate::cli::receipt_files::StatementFile;
use crate::cli::terminal::escaped_name;
use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, Signer, VerifierKey};
use crate::ledger::manifest::item::WantedDigests;
use crate::ledger::media::MediaType;
use crate::ledger::metadata::{PrivateMetadata, SALT_LEN};
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, HashAlgorithm};
use crate::ledger::statement::signed::SignedStatement;
use crate::ledger::statement::text::{LINKS_MAX, Link, LinkKind, ManifestRoot, Statement, Subject};
use crate::ledger::text::{Lines, forbidden_character};
use crate::wire::chinese;
use crate::wire::deposit::DepositRequest;
use crate::wire::metadata::canonical;

/// Options for the content of a statement.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct StatementArgs {
    /// Sign with this case's key, generated on first use | 以此案件的密钥签名，首次使用时生成
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// Name of the evidence, kept off the chain; default: the file's name | 证据名称，不上链
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Keep no private metadata at all, not even a name | 不附任何非公开信息
    #[arg(long, conflicts_with = "name")]
    pub no_private: bool,
    /// Salt the digests, for evidence so short that it could be guessed | 摘要加盐，用于内容简短、可被猜出的证据
    #[arg(long)]
    pub salt: bool,
    /// Which digests to put on the chain | 上链的摘要算法
    #[arg(long, value_enum, default_value_t = Digests::Both)]
    pub digests: Digests,
    /// Link to an earlier deposit: corrects, supplements, withdraws, replaces or refers | 关联存证
    #[arg(long = "link", value_name = "KIND=NUMBER")]
    pub links: Vec<String>,
    /// Place in a stream: 64 hex digits and the next sequence, from 1 | 所属序列及序号
    #[arg(long, value_name = "HEX:SEQ")]
    pub subject: Option<String>,
}

/// The digest algorithms of a statement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Digests {
    /// SHA-256 and SM3.
    #[default]
    Both,
    /// SHA-256 alone.
    #[value(name = "sha-256")]
    Sha256,
    /// SM3 alone.
    Sm3,
}

impl Digests {
    const fn include(self, algorithm: HashAlgorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Both, _) | (Self::Sha256, HashAlgorithm::Sha256) | (Self::Sm3, HashAlgorithm::Sm3)
        )
    }
}

/// Links and stream position of a statement.
#[derive(Clone, Copy)]
struct LinksAndSubject {
    content: Option<Content>,
    manifest: Option<ManifestRoot>,
    media_type: Option<MediaType>,
}

/// Parsed [`StatementArgs`].
#[derive(Debug, Clone)]
pub struct Details {
    args: StatementArgs,
    links: Vec<Link>,
    subject: Option<Subject>,
}

impl Details {
    /// Parses the arguments.
    ///
    /// # Errors
    ///
    /// [`CliError`] of usage: a mistyped number, an unknown kind of link, an invalid subject.
    pub fn read(args: &StatementArgs) -> Result<Self, CliError> {
        let mut links = args.links.iter().map(|text| read_link(text)).collect::<Result<Vec<_>, _>>()?;
        links.sort_by_key(|link| (link.kind.word(), link.number.to_string()));
        let repeated = links.iter().enumerate().any(|(i, a)| links.iter().skip(i + 1).any(|b| a.number == b.number));
        if repeated || links.len() > LINKS_MAX {
            let en = format!("at most {LINKS_MAX} links, each number once");
            return Err(CliError::usage("bad_links", format!("关联最多 {LINKS_MAX} 个，每个编号一次"), en));
        }
        let subject = args.subject.as_deref().map(read_subject).transpose()?;
        Ok(Self { args: args.clone(), links, subject })
    }

    /// Whether they are valid for one file only.
    #[must_use]
    pub const fn are_of_one_file(&self) -> bool {
        self.args.name.is_some() || self.subject.is_some()
    }

    /// The case whose key signs.
    #[must_use]
    pub fn case(&self) -> &str {
        self.args.case.as_deref().unwrap_or(DEFAULT_CASE)
    }

    /// The digests of the items of a manifest.
    ///
    /// # Errors
    ///
    /// [`CliError`] of usage for `--salt`, which does not apply to manifests.
    pub fn wanted_digests(&self) -> Result<WantedDigests, CliError> {
        if self.args.salt {
            let zh = "清单无需 --salt：各项的摘要不上链，且每项已各自加盐";
            let en = "a manifest needs no --salt: no item's digest goes on the chain, and each item is salted already";
            return Err(CliError::usage("salt_of_manifest", zh, en));
        }
        Ok(self.digests())
    }

    /// The digests of a file to compute.
    #[must_use]
    pub const fn digests(&self) -> WantedDigests {
        let wanted = self.args.digests;
        WantedDigests { sha256: wanted.include(HashAlgorithm::Sha256), sm3: wanted.include(HashAlgorithm::Sm3) }
    }

    /// A new salt for the digests, if requested.
    ///
    /// # Errors
    ///
    /// No randomness.
    pub fn salt(&self) -> Result<Option<[u8; SALT_LEN]>, CliError> {
        if self.args.salt { random_bytes().map(Some) } else { Ok(None) }
    }

    /// Makes and signs the statement on `file`, whose digests are `content`, computed with `salt`.
    ///
    /// # Errors
    ///
    /// [`CliError`]: metadata that is too long, or no randomness.
    pub fn compose(
        &self,
        ledger: &Name,
        file: &Path,
        content: Content,
        salt: Option<&[u8; SALT_LEN]>,
        signer: &Signer,
    ) -> Result<StatementFile, CliError> {
        let said = LinksAndSubject {
            content: Some(content),
            manifest: None,
            media_type: Some(MediaType::of_file_name(&file.to_string_lossy())),
        };
        self.state(ledger, file, said, salt, signer)
    }

    /// Makes and signs the statement on the manifest over the folder or list at `source`.
    ///
    /// # Errors
    ///
    /// As [`Details::compose`].
    pub fn compose_manifest(
        &self,
        ledger: &Name,
        source: &Path,
        manifest: ManifestRoot,
        signer: &Signer,
    ) -> Result<StatementFile, CliError> {
        let said = LinksAndSubject { content: None, manifest: Some(manifest), media_type: None };
        self.state(ledger, source, said, None, signer)
    }

    fn state(
        &self,
        ledger: &Name,
        file: &Path,
        said: LinksAndSubject,
        salt: Option<&[u8; SALT_LEN]>,
        signer: &Signer,
    ) -> Result<StatementFile, CliError> {
        let private = self.private(file)?;
        let LinksAndSubject { content, manifest, media_type } = said;
        let statement = Statement {
            ledger: ledger.clone(),
            content,
            manifest,
            media_type,
            meta: private.as_ref().map(PrivateMetadata::commitment),
            subject: self.subject,
            links: self.links.clone(),
            on_behalf: None,
            nonce: random_bytes()?,
            keys: vec![signer.verifier().clone()],
        };
        let unmade = |zh: &str, error: &dyn std::fmt::Display| {
            let zh = format!("无法生成声明：{zh}");
            CliError::unable("bad_statement", zh, format!("cannot make the statement: {error}"))
        };
        let note = sign(statement, signer).map_err(|error| unmade(&chinese::statement(&error), &error))?;
        let request = DepositRequest::new(note.note(), private.as_ref());
        let request = request.map_err(|error| unmade(&error.chinese(), &error))?;
        Ok(StatementFile::new(&request, salt))
    }

    fn private(&self, file: &Path) -> Result<Option<PrivateMetadata>, CliError> {
        if self.args.no_private {
            return Ok(None);
        }
        let name = match &self.args.name {
            Some(name) => name.clone(),
            None => own_name(file).map_err(|error| CliError::io(file, &error))?,
        };
        let json = canonical(&json!({ "name": name })).map_err(|error| {
            let (zh, hint) = (error.chinese(), "--name gives it another name");
            CliError::usage(
                error.code().as_str(),
                format!("证据名称：{zh}（可用 --name 另行指定）"),
                format!("the name of the evidence: {error}; {hint}"),
            )
        })?;
        Ok(Some(PrivateMetadata { salt: random_bytes()?, json }))
    }

    /// The first option that an earlier statement on the same file does not fulfil. Explicit options are never silently ignored.
    #[must_use]
    pub fn differing_option(
        &self,
        statement_file: &StatementFile,
        ledger: &Name,
        key: &VerifierKey,
    ) -> Option<&'static str> {
        let note = statement_file.note()?;
        let statement = note.statement();
        // The digests of a manifest are in its items.
        let digests_differ = statement.content.is_some_and(|content| {
            HashAlgorithm::ALL.into_iter().any(|algorithm| {
                content.digests().any(|(given, _)| given == algorithm) != self.args.digests.include(algorithm)
            })
        });
        let unsalted = statement.content.is_none_or(|content| !content.is_salted());
        let checks = [
            (statement.ledger != *ledger, "--server"),
            (self.args.case.is_some() && !statement.keys.contains(key), "--case"),
            (self.args.name.is_some() && self.args.name.as_deref() != statement_file.evidence_name(), "--name"),
            (self.args.no_private && statement.meta.is_some(), "--no-private"),
            (self.args.salt && unsalted, "--salt"),
            (self.args.digests != Digests::Both && digests_differ, "--digests"),
            (!self.links.is_empty() && statement.links != self.links, "--link"),
            (self.subject.is_some() && statement.subject != self.subject, "--subject"),
        ];
        checks.into_iter().find(|(differs, _)| *differs).map(|(_, option)| option)
    }
}

/// The name of a file or folder; for `.` and `..` the real name of the folder.
///
/// # Errors
///
/// It does not exist.
pub fn own_name(path: &Path) -> io::Result<String> {
    let whole = if path.file_name().is_none() { fs::canonicalize(path)? } else { path.to_owned() };
    Ok(without_control_characters(&whole.file_name().unwrap_or(whole.as_os_str()).to_string_lossy()))
}

/// Escapes control characters as `\u{…}`: file names may contain them, private metadata may not.
fn without_control_characters(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if forbidden_character(c.encode_utf8(&mut [0; 4]), Lines::One).is_some() {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text
}

fn sign(
    statement: Statement,
    signer: &Signer,
) -> Result<SignedStatement, crate::ledger::statement::signed::StatementError> {
    SignedStatement::sign(statement, std::slice::from_ref(signer))
}

fn read_link(text: &str) -> Result<Link, CliError> {
    let parts = text.split_once('=').and_then(|(kind, number)| Some((LinkKind::parse(kind)?, number)));
    let Some((kind, number)) = parts else {
        let kinds = LinkKind::ALL.map(LinkKind::word).join(", ");
        let en = format!("`{text}` is no link: expected KIND=NUMBER, and KIND one of {kinds}");
        return Err(CliError::usage(
            "bad_link",
            format!("“{text}”不是关联：应为 KIND=存证编号，KIND 为 {kinds} 之一"),
            en,
        ));
    };
    Ok(Link { kind, number: read_number(number)? })
}

/// Parses a deposit number in any form that people type. A mistyped one is rejected before any look-up.
///
/// # Errors
///
/// [`CliError`] of usage, with the reason.
pub fn read_number(text: &str) -> Result<DepositNumber, CliError> {
    DepositNumber::parse(text).map_err(|error| {
        let text = escaped_name(text);
        let zh = format!("存证编号“{text}”输入有误：{}。请与原件核对；未进行任何查询。", error.chinese());
        let en = format!(
            "the deposit number `{text}` is mistyped: {error}. Compare it with the paper; nothing was looked up."
        );
        CliError::usage("mistyped_number", zh, en)
    })
}

fn read_subject(text: &str) -> Result<Subject, CliError> {
    let parsed = text.split_once(':').and_then(|(id, sequence)| {
        let sequence = sequence.parse().ok().filter(|sequence| *sequence > 0)?;
        Some(Subject { id: Digest::from_hex(id)?, sequence })
    });
    parsed.ok_or_else(|| {
        let en = format!("`{text}` is no subject: expected 64 lower-case hex digits, a colon and a sequence from 1");
        CliError::usage("bad_subject", format!("“{text}”不是序列：应为 64 位小写十六进制、冒号、从 1 开始的序号"), en)
    })
}

#[cfg(test)]
mod tests;
