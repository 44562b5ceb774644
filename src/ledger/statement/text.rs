//! The text of a statement, which its keys sign: grammar, parser and printer.
//!
//! ```text
//! tiezheng statement v1
//! ledger <origin>
//! sha-256 | salted-sha-256 <64 hex>    at least one digest or a manifest (see `content`)
//! sm3 | salted-sm3 <64 hex>
//! size <bytes, >= 1>                   with plain digests, and only with them
//! manifest <64 hex> <count>            optional: RFC 6962 root over item lines, 1 <= count
//! type <type/subtype>                  optional: from the list of `media`
//! meta <64 hex>                        optional: commitment to private metadata (`metadata`)
//! subject <64 hex> <sequence>          optional: an opaque stream of entries; sequences start at 1
//! link <kind> <deposit number>         0 to 16 lines, sorted bytewise, at most one per number
//! on-behalf <64 hex>                   optional: opaque account for which the platform signs
//! nonce <32 hex>
//! key <vkey>                           1 to 16 lines, sorted, each public key once, its name derived from it (`key`)
//! ```
//!
//! Not here: signatures (`signed`), and whether the target of a link exists and has the same owner (`store`).

use std::fmt::Write as _;

use crate::ledger::hash::Digest;
use crate::ledger::key::{Name, VerifierKey};
use crate::ledger::keyword::{
    KEY, LEDGER, LINK, MANIFEST, META, NONCE, ON_BEHALF, SALTED_SHA_256, SALTED_SM3, SHA_256, SIZE, SM3, SUBJECT, TYPE,
};
use crate::ledger::media::MediaType;
use crate::ledger::number::DepositNumber;
use crate::ledger::statement::content::{Content, Form, HashAlgorithm};
use crate::ledger::statement::keys::KeyCache;
use crate::ledger::text::{Fault, Fields, TextError, decimal_value, hex_value};

/// The first line.
pub const FIRST_LINE: &str = "tiezheng statement v1";
/// Maximum number of links of one statement.
pub const LINKS_MAX: usize = 16;
/// Maximum number of keys of one statement.
pub const KEYS_MAX: usize = 16;

/// The names of the lines after the first, in their required order.
const ORDER: &[&str] = &[
    LEDGER,
    SHA_256,
    SALTED_SHA_256,
    SM3,
    SALTED_SM3,
    SIZE,
    MANIFEST,
    TYPE,
    META,
    SUBJECT,
    LINK,
    ON_BEHALF,
    NONCE,
    KEY,
];

/// How one deposit relates to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// 更正: this deposit corrects a wrong statement in the earlier one.
    Corrects,
    /// 提及: this deposit mentions the earlier one. Any depositor may make such a link.
    Refers,
    /// 替换: this deposit replaces the earlier one.
    Replaces,
    /// 补充: this deposit adds to the earlier one.
    Supplements,
    /// 撤回: the depositor no longer relies on the earlier one, which stays on the chain.
    Withdraws,
}

impl LinkKind {
    /// All kinds, in alphabetical order.
    pub const ALL: [Self; 5] = [Self::Corrects, Self::Refers, Self::Replaces, Self::Supplements, Self::Withdraws];

    /// All kinds, in the order in which links to a deposit are listed: the owner's links first, and withdrawals first
    /// among them. So a truncated list still contains every withdrawal, even if other depositors add many links.
    pub const BY_PRIORITY: [Self; 5] =
        [Self::Withdraws, Self::Replaces, Self::Corrects, Self::Supplements, Self::Refers];

    /// The position in [`Self::BY_PRIORITY`], from 1.
    #[must_use]
    pub const fn priority(self) -> u8 {
        match self {
            Self::Withdraws => 1,
            Self::Replaces => 2,
            Self::Corrects => 3,
            Self::Supplements => 4,
            Self::Refers => 5,
        }
    }

    /// The word in a statement's `link` line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Corrects => "corrects",
            Self::Refers => "refers",
            Self::Replaces => "replaces",
            Self::Supplements => "supplements",
            Self::Withdraws => "withdraws",
        }
    }

    /// Parses [`Self::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether only an owner of the earlier deposit may make such a link. Any depositor may make a `refers` link.
    #[must_use]
    pub const fn needs_ownership(self) -> bool {
        !matches!(self, Self::Refers)
    }
}

/// A link to an earlier deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// How this deposit relates to it.
    pub kind: LinkKind,
    /// Number of the earlier deposit.
    pub number: DepositNumber,
}

/// A position in a stream: a numbered sequence of entries under one opaque id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The opaque id of the stream.
    pub id: Digest,
    /// 1 for the first entry of the stream, then increasing by one.
    pub sequence: u64,
}

/// The manifest of a statement: many items in one deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestRoot {
    /// RFC 6962 root over the item lines.
    pub root: Digest,
    /// Number of items, at least 1.
    pub count: u64,
}

/// A depositor's statement. [`Statement::to_text`] is the signed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The ledger that the depositor addresses. Other ledgers reject the statement.
    pub ledger: Name,
    /// Digests of the original; optional only with a manifest.
    pub content: Option<Content>,
    /// Root of a manifest.
    pub manifest: Option<ManifestRoot>,
    /// Media type of the original, as the depositor claims.
    pub media_type: Option<MediaType>,
    /// Commitment to private metadata.
    pub meta: Option<Digest>,
    /// Position in a stream.
    pub subject: Option<Subject>,
    /// Links to earlier deposits.
    pub links: Vec<Link>,
    /// Opaque account for which the platform signs.
    pub on_behalf: Option<Digest>,
    /// 16 random bytes, so that two deposits of one file have different statements.
    pub nonce: [u8; 16],
    /// The keys that sign the statement.
    pub keys: Vec<VerifierKey>,
}

impl Statement {
    /// The signed message, including its final LF. Prints links and keys in the order of the fields, without sorting them.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!("{FIRST_LINE}\n{LEDGER} {}\n", self.ledger);
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} {value}");
        };
        if let Some(content) = &self.content {
            for (algorithm, digest) in content.digests() {
                line(algorithm.line(content.is_salted()), &digest);
            }
            if let Form::Plain { size } = content.form {
                line(SIZE, &size);
            }
        }
        if let Some(ManifestRoot { root, count }) = &self.manifest {
            line(MANIFEST, &format_args!("{root} {count}"));
        }
        if let Some(media_type) = &self.media_type {
            line(TYPE, &media_type.as_str());
        }
        if let Some(meta) = &self.meta {
            line(META, meta);
        }
        if let Some(Subject { id, sequence }) = &self.subject {
            line(SUBJECT, &format_args!("{id} {sequence}"));
        }
        for Link { kind, number } in &self.links {
            line(LINK, &format_args!("{} {number}", kind.word()));
        }
        if let Some(account) = &self.on_behalf {
            line(ON_BEHALF, account);
        }
        line(NONCE, &hex::encode(self.nonce));
        for key in &self.keys {
            line(KEY, key);
        }
        text
    }

    /// Parses the signed message, with a cache of parsed keys.
    ///
    /// # Errors
    ///
    /// [`TextError`].
    pub fn parse_with(text: &str, keys: &mut KeyCache) -> Result<Self, TextError> {
        let mut fields = Fields::open(text, FIRST_LINE, ORDER)?;
        let at = |fields: &Fields<'_>, fault| fields.fault(fault);
        let ledger = fields.required(LEDGER)?;
        let ledger =
            Name::parse(ledger).ok_or_else(|| at(&fields, Fault::BadValue { name: LEDGER, expected: "an origin" }))?;
        let content = read_content(&mut fields)?;
        let manifest = match fields.optional(MANIFEST) {
            Some(value) => Some(read_manifest(value).map_err(|fault| at(&fields, fault))?),
            None if content.is_none() => {
                return Err(fields.required(SHA_256).err().unwrap_or_else(|| no_content(&fields)));
            }
            None => None,
        };
        let media_type = match fields.optional(TYPE) {
            Some(value) => Some(MediaType::parse(value).ok_or_else(|| {
                at(&fields, Fault::BadValue { name: TYPE, expected: "a listed media type in lower case" })
            })?),
            None => None,
        };
        let meta = read_hash(&mut fields, META)?;
        let subject = match fields.optional(SUBJECT) {
            Some(value) => Some(read_subject(value).map_err(|fault| at(&fields, fault))?),
            None => None,
        };
        let links = read_links(&mut fields)?;
        let on_behalf = read_hash(&mut fields, ON_BEHALF)?;
        let nonce = fields.required(NONCE)?;
        let nonce = hex_value(NONCE, nonce).map_err(|fault| at(&fields, fault))?;
        let keys = read_keys(&mut fields, keys)?;
        fields.finish()?;
        Ok(Self { ledger, content, manifest, media_type, meta, subject, links, on_behalf, nonce, keys })
    }
}

/// The error for a statement with neither a digest nor a manifest.
fn no_content(fields: &Fields<'_>) -> TextError {
    fields.fault(Fault::MissingLine { name: SHA_256 })
}

/// Reads the digest lines and the `size` line; `None` if there is no digest.
fn read_content(fields: &mut Fields<'_>) -> Result<Option<Content>, TextError> {
    let mut found: Option<(bool, [Option<Digest>; 2])> = None;
    for (slot, algorithm) in HashAlgorithm::ALL.into_iter().enumerate() {
        for salted in [false, true] {
            let name = algorithm.line(salted);
            let Some(value) = fields.optional(name) else { continue };
            let digest = hex_value(name, value).map_err(|fault| fields.fault(fault))?;
            let (first_salted, digests) = found.get_or_insert((salted, [None; 2]));
            match digests.get_mut(slot) {
                // A statement has either plain or salted digests, one of each algorithm.
                Some(place) if place.is_none() && *first_salted == salted => *place = Some(Digest(digest)),
                _ => return Err(fields.fault(Fault::MisorderedLine { name })),
            }
            // Each digest is checked by itself here, so that an error has the line number of that digest.
            let weak = Content { form: Form::Salted, sha256: None, sm3: None };
            let alone = if slot == 0 {
                Content { sha256: Some(Digest(digest)), ..weak }
            } else {
                Content { sm3: Some(Digest(digest)), ..weak }
            };
            alone.check().map_err(|fault| fields.fault(fault))?;
        }
    }
    let Some((salted, [sha256, sm3])) = found else { return Ok(None) };
    let form = if salted {
        Form::Salted
    } else {
        let size = fields.required(SIZE)?;
        Form::Plain { size: decimal_value(SIZE, size).map_err(|fault| fields.fault(fault))? }
    };
    let content = Content { form, sha256, sm3 };
    content.check().map_err(|fault| fields.fault(fault))?;
    Ok(Some(content))
}

fn read_hash(fields: &mut Fields<'_>, name: &'static str) -> Result<Option<Digest>, TextError> {
    match fields.optional(name) {
        Some(value) => hex_value(name, value).map(|bytes| Some(Digest(bytes))).map_err(|fault| fields.fault(fault)),
        None => Ok(None),
    }
}

/// Parses `<64 hex> <decimal of at least 1>`.
fn read_pair(name: &'static str, value: &str) -> Result<(Digest, u64), Fault> {
    let (hash, number) =
        value.split_once(' ').ok_or(Fault::BadValue { name, expected: "64 hex digits, a space and a decimal" })?;
    let number = decimal_value(name, number)?;
    if number == 0 {
        return Err(Fault::BadValue { name, expected: "a decimal of at least 1" });
    }
    Ok((Digest(hex_value(name, hash)?), number))
}

fn read_manifest(value: &str) -> Result<ManifestRoot, Fault> {
    read_pair(MANIFEST, value).map(|(root, count)| ManifestRoot { root, count })
}

fn read_subject(value: &str) -> Result<Subject, Fault> {
    read_pair(SUBJECT, value).map(|(id, sequence)| Subject { id, sequence })
}

fn read_links(fields: &mut Fields<'_>) -> Result<Vec<Link>, TextError> {
    let mut links: Vec<Link> = Vec::new();
    let mut previous = "";
    while let Some(value) = fields.optional(LINK) {
        let link = read_link(value).map_err(|fault| fields.fault(fault))?;
        if value <= previous || links.iter().any(|other| other.number == link.number) {
            return Err(fields.fault(Fault::NotSorted { name: LINK }));
        }
        if links.len() == LINKS_MAX {
            return Err(fields.fault(Fault::TooMany { name: LINK, limit: LINKS_MAX }));
        }
        previous = value;
        links.push(link);
    }
    Ok(links)
}

fn read_link(value: &str) -> Result<Link, Fault> {
    let expected = "corrects, refers, replaces, supplements or withdraws, a space and a deposit number";
    let (kind, number) = value.split_once(' ').ok_or(Fault::BadValue { name: LINK, expected })?;
    let kind = LinkKind::parse(kind).ok_or(Fault::BadValue { name: LINK, expected })?;
    match DepositNumber::parse_exact(number) {
        Some(number) => Ok(Link { kind, number }),
        None if DepositNumber::parse(number).is_ok() => Err(Fault::BadValue { name: LINK, expected }),
        None => Err(Fault::MistypedNumber { name: LINK }),
    }
}

fn read_keys(fields: &mut Fields<'_>, cache: &mut KeyCache) -> Result<Vec<VerifierKey>, TextError> {
    let mut keys: Vec<VerifierKey> = Vec::new();
    let mut previous = "";
    let mut next = Some(fields.required(KEY)?);
    while let Some(value) = next {
        let key = cache.read(value).map_err(|fault| fields.fault(fault))?;
        // The name follows from the key, so equal names mean equal keys.
        if value <= previous {
            return Err(fields.fault(Fault::NotSorted { name: KEY }));
        }
        if keys.len() == KEYS_MAX {
            return Err(fields.fault(Fault::TooMany { name: KEY, limit: KEYS_MAX }));
        }
        previous = value;
        keys.push(key);
        next = fields.optional(KEY);
    }
    Ok(keys)
}
