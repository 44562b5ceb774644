//! `members.toml`: the organisations behind the keys of witnesses and operators, as this user knows them.
//!
//! ```toml
//! [[member]]
//! key = "witness.court.example+1a2b3c4d+BPl0…"
//! organisation = "广州互联网法院"
//! kind = "court"                                 # court, notary, appraisal or other
//! ```
//!
//! # Invariants
//!
//! Reports name an organisation only from this file, never from a claim of a witness or a receipt. Each key is there once. An
//! invalid file is an error. Changing an entry keeps all other bytes.

use std::fs::OpenOptions;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::config::{Config, make_private_folder};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::ledger::cosignature::CosignerKey;
use crate::ledger::key::VerifierKey;
use crate::ledger::verify::attestation::{Member, MemberKind};

const HEADER: &str = "# The organisations behind keys, for reports. Edit with `tiezheng trust member`.\n\
                      # 密钥所属的机构，供报告使用；请用 tiezheng trust member 修改。\n";
/// Most characters of an organisation's name.
const NAME_MAX: usize = 200;

/// The organisations behind keys.
#[derive(Debug, Clone, Default)]
pub struct Members {
    entries: Vec<Entry>,
}

/// One entry, with the places of its values in the text.
#[derive(Debug, Clone)]
struct Entry {
    key: String,
    member: Member,
    organisation_at: Range<usize>,
    kind_at: Range<usize>,
}

/// A place in the text and its fault.
struct BadEntry(usize, String, String);

impl Members {
    /// Reads the user's file; empty if there is no file or no folder.
    ///
    /// # Errors
    ///
    /// [`CliError`]: unreadable or invalid.
    pub fn of(config: &Config) -> Result<Self, CliError> {
        config.members().map_or_else(|_| Ok(Self::default()), |path| Ok(load(&path)?.0))
    }

    /// The organisation behind a key, as a vkey.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Member> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.member)
    }

    /// All keys with their organisations, in the file's order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Member)> {
        self.entries.iter().map(|entry| (entry.key.as_str(), &entry.member))
    }

    fn parse(text: &str) -> Result<Self, BadEntry> {
        let table = DeTable::parse(text).map_err(|error| {
            let (at, why) = (error.span().map_or(0, |span| span.start), error.message());
            BadEntry(at, format!("不是有效的 TOML：{why}"), format!("this is not valid TOML: {why}"))
        })?;
        let mut members = Self::default();
        for (name, value) in table.get_ref() {
            let DeValue::Array(items) = value.get_ref() else {
                return Err(unknown(name.span().start, name.get_ref()));
            };
            if name.get_ref() != "member" {
                return Err(unknown(name.span().start, name.get_ref()));
            }
            for item in items {
                let entry = Entry::parse(item)?;
                if members.get(&entry.key).is_some() {
                    let (zh, en) = ("同一密钥出现两次", "the key is there twice");
                    return Err(BadEntry(item.span().start, zh.into(), en.into()));
                }
                members.entries.push(entry);
            }
        }
        Ok(members)
    }
}

fn unknown(at: usize, name: &str) -> BadEntry {
    let name = name.escape_debug();
    BadEntry(
        at,
        format!("“{name}”：应为 [[member]]，含 key、organisation、kind"),
        format!("`{name}`: expected [[member]] with key, organisation and kind"),
    )
}

impl Entry {
    fn parse(item: &Spanned<DeValue<'_>>) -> Result<Self, BadEntry> {
        let at = item.span().start;
        let DeValue::Table(fields) = item.get_ref() else { return Err(unknown(at, "member")) };
        if let Some((name, _)) =
            fields.iter().find(|(name, _)| !["key", "organisation", "kind"].contains(&name.get_ref().as_ref()))
        {
            return Err(unknown(name.span().start, name.get_ref()));
        }
        let text = |name: &str| {
            let field = fields.iter().find(|(given, _)| given.get_ref() == name).map(|(_, value)| value);
            match field.map(|value| (value.get_ref(), value.span())) {
                Some((DeValue::String(text), span)) => Ok((text.to_string(), span)),
                _ => Err(BadEntry(at, format!("缺少文本“{name}”"), format!("the text `{name}` is missing"))),
            }
        };
        let ((key, key_at), (organisation, organisation_at), (kind, kind_at)) =
            (text("key")?, text("organisation")?, text("kind")?);
        if !is_key(&key) {
            return Err(BadEntry(key_at.start, "不是公钥".into(), "this is no public key (vkey)".into()));
        }
        if !is_name(&organisation) {
            let (zh, en) = name_rule();
            return Err(BadEntry(organisation_at.start, zh, en));
        }
        let kind = MemberKind::parse(&kind).ok_or_else(|| {
            let kinds = MemberKind::ALL.map(MemberKind::word);
            let (zh, en) = (kinds.join("、"), kinds.join(", "));
            BadEntry(kind_at.start, format!("kind 应为 {zh} 之一"), format!("kind is one of {en}"))
        })?;
        Ok(Self { key, member: Member { organisation, kind }, organisation_at, kind_at })
    }
}

/// Whether a text is the vkey of a witness or of a ledger.
#[must_use]
pub fn is_key(text: &str) -> bool {
    CosignerKey::parse(text).is_ok() || VerifierKey::parse(text).is_ok()
}

/// Whether a text can be the name of an organisation.
fn is_name(text: &str) -> bool {
    let length = text.chars().count();
    text.trim() == text && (1..=NAME_MAX).contains(&length) && !text.chars().any(char::is_control)
}

fn name_rule() -> (String, String) {
    (
        format!("机构名称应为 1 至 {NAME_MAX} 个字符，首尾无空格，不含控制字符"),
        format!(
            "the name of an organisation has 1 to {NAME_MAX} characters, no spaces at its ends and no control characters"
        ),
    )
}

/// The file's members and its text; empty if there is no file.
fn load(path: &Path) -> Result<(Members, String), CliError> {
    let Some(text) = input::text_if_present(path, input::SMALL)? else {
        return Ok((Members::default(), String::new()));
    };
    match Members::parse(&text) {
        Ok(members) => Ok((members, text)),
        Err(BadEntry(at, zh, en)) => {
            let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            let path = path.display();
            let zh = format!("{path} 第 {line} 行：{zh}。请改正该行，或从备份恢复该文件");
            let en = format!("{path} line {line}: {en}. Correct the line, or restore the file from a backup");
            Err(CliError::unable("bad_members", zh, en))
        }
    }
}

/// Stores the organisation behind `key`; returns whether the file changed.
///
/// # Errors
///
/// [`CliError`]: an invalid name, or the file cannot be read or written.
pub fn set(config: &Config, key: &str, member: &Member) -> Result<bool, CliError> {
    if !is_name(&member.organisation) {
        let (zh, en) = name_rule();
        return Err(CliError::usage("bad_organisation", zh, en));
    }
    let path = config.members()?;
    let io = |error: std::io::Error| CliError::io(&path, &error);
    make_private_folder(durable::folder_of(&path)).map_err(io)?;
    let lock_path = path.with_extension("toml.lock");
    let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&lock_path);
    let _held = lock.and_then(|lock| lock.lock().map(|()| lock)).map_err(|error| CliError::io(&lock_path, &error))?;
    let (members, text) = load(&path)?;
    let new = match members.entries.iter().find(|entry| entry.key == key) {
        Some(entry) if entry.member == *member => return Ok(false),
        Some(entry) => replaced(&text, entry, member),
        None => {
            let mut new = if text.is_empty() { HEADER.to_owned() } else { text };
            if !new.ends_with('\n') {
                new.push('\n');
            }
            let (organisation, kind) = (quoted(&member.organisation), member.kind.word());
            new + &format!("\n[[member]]\nkey = {}\norganisation = {organisation}\nkind = \"{kind}\"\n", quoted(key))
        }
    };
    // The new entry must be read back unchanged, whatever the file looked like before.
    let is_read_back = Members::parse(&new).is_ok_and(|members| members.get(key) == Some(member));
    if !is_read_back {
        let zh = format!("无法自动修改 {}，请手工编辑该文件", path.display());
        let en = format!("{} cannot be changed automatically: edit it by hand", path.display());
        return Err(CliError::unable("bad_members", zh, en));
    }
    durable::replace(&path, new.as_bytes(), 0o600).map_err(io)?;
    Ok(true)
}

/// The text with the values of one entry replaced, the later one first.
fn replaced(text: &str, entry: &Entry, member: &Member) -> String {
    let kind = quoted(member.kind.word());
    let mut changes = [(&entry.organisation_at, quoted(&member.organisation)), (&entry.kind_at, kind)];
    changes.sort_by_key(|(at, _)| std::cmp::Reverse(at.start));
    let mut new = text.to_owned();
    for (at, value) in changes {
        new.replace_range(at.clone(), &value);
    }
    new
}

/// A basic string of TOML. Names have no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::cosignature::Cosigner;
    use crate::ledger::key::Name;

    fn key(name: &str) -> String {
        Cosigner::new(Name::parse(name).unwrap(), &[7; 32]).unwrap().key().to_string()
    }

    fn court(organisation: &str) -> Member {
        Member { organisation: organisation.into(), kind: MemberKind::Court }
    }

    #[test]
    fn organisations_are_added_and_changed_and_all_other_bytes_stay() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path().join("config"));
        let path = config.members().unwrap();
        assert!(Members::of(&config).unwrap().get(&key("w/a")).is_none());
        assert_eq!(set(&config, &key("w/a"), &court("某“法院”\"x\\y\"")), Ok(true));
        assert_eq!(set(&config, &key("w/a"), &court("某“法院”\"x\\y\"")), Ok(false));
        let mine = std::fs::read_to_string(&path).unwrap() + "# mine";
        std::fs::write(&path, &mine).unwrap();
        assert_eq!(set(&config, &key("w/b"), &court("乙")), Ok(true));
        let notary = Member { organisation: "某公证处".into(), kind: MemberKind::Notary };
        assert_eq!(set(&config, &key("w/a"), &notary), Ok(true));
        let members = Members::of(&config).unwrap();
        assert_eq!(members.get(&key("w/a")), Some(&notary));
        assert_eq!(members.get(&key("w/b")), Some(&court("乙")));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("# mine\n\n[[member]]") && text.starts_with(HEADER), "{text}");
        assert_eq!(set(&config, &key("w/a"), &court(" ")).unwrap_err().code, "bad_organisation");
        assert_eq!(set(&config, &key("w/a"), &court("a\nb")).unwrap_err().code, "bad_organisation");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }

    #[test]
    fn an_invalid_file_is_refused_by_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::at(folder.path().to_owned());
        let good = format!("[[member]]\nkey = \"{}\"\norganisation = \"a\"\nkind = \"other\"\n", key("w/a"));
        for (bad, line) in [
            (good.replace("other", "bank"), 4),
            (good.replace("\"a\"", "\"\""), 3),
            (good.replace("w/a", "w/c"), 2),
            (good.replace("kind", "sort"), 4),
            (format!("{good}{good}"), 5),
            (format!("x = 1\n{good}"), 1),
            ("[[member]]\n".into(), 1),
            ("member = 1\n".into(), 1),
            ("[[member]\n".into(), 1),
        ] {
            std::fs::write(config.members().unwrap(), &bad).unwrap();
            let error = Members::of(&config).unwrap_err();
            assert_eq!(error.code, "bad_members");
            assert!(error.en.contains(&format!("line {line}:")), "{bad}\n{}", error.en);
            assert_eq!(set(&config, &key("w/b"), &court("b")).unwrap_err().code, "bad_members");
        }
        std::fs::write(config.members().unwrap(), &good).unwrap();
        assert_eq!(Members::of(&config).unwrap().all().count(), 1);
    }
}
