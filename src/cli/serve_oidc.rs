//! The identity providers of courts, as a configuration file names them: `[oidc."粤0192"]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::cli::exit::CliError;
use crate::cli::input;
use crate::court::case_number::CourtCode;
use crate::oidc::logins::OidcLogins;
use crate::oidc::provider::ProviderConfig;
use crate::wire::bilingual::Bilingual;

/// The settings that a provider must have.
const REQUIRED: [&str; 5] = ["issuer", "client_id", "client_secret_file", "label", "redirect_uri"];
/// All settings of a provider.
const FIELDS: [&str; 7] =
    ["issuer", "client_id", "client_secret_file", "label", "redirect_uri", "trusts_amr", "post_logout_redirect_uri"];

/// The settings of all providers: by court, then by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OidcArgs(BTreeMap<CourtCode, BTreeMap<&'static str, String>>);

fn bad(zh: String, en: String) -> CliError {
    CliError::usage("bad_setting", zh, en)
}

impl OidcArgs {
    /// Sets `COURT.FIELD`.
    ///
    /// # Errors
    ///
    /// What is wrong with the key.
    pub fn set(&mut self, key: &str, value: String) -> Result<(), Bilingual> {
        let unknown = || {
            let fields = FIELDS.join(", ");
            Bilingual::new(
                format!("应为法院代字和 {fields} 之一，例如 [oidc.\"粤0192\"]"),
                format!("it takes the code of a court and one of {fields}, as in [oidc.\"粤0192\"]"),
            )
        };
        let (court, name) = key.rsplit_once('.').ok_or_else(unknown)?;
        let court = CourtCode::parse(court).map_err(|_| unknown())?;
        let field = FIELDS.into_iter().find(|field| *field == name).ok_or_else(unknown)?;
        self.0.entry(court).or_default().insert(field, value);
        Ok(())
    }

    /// Checks that each provider has all its settings.
    ///
    /// # Errors
    ///
    /// [`CliError`], which names what is missing.
    pub fn check(&self) -> Result<(), CliError> {
        for (court, fields) in &self.0 {
            if let Some(missing) = REQUIRED.into_iter().find(|field| !fields.contains_key(field)) {
                return Err(bad(
                    format!("[oidc.\"{court}\"] 缺少 {missing}"),
                    format!("[oidc.\"{court}\"] has no {missing}"),
                ));
            }
        }
        Ok(())
    }

    /// Reads the secrets, and checks the addresses.
    ///
    /// # Errors
    ///
    /// [`CliError`]: a secret cannot be read, an address is not accepted.
    pub fn load(&self) -> Result<OidcLogins, CliError> {
        let field = |fields: &BTreeMap<&str, String>, name: &str| fields.get(name).cloned().unwrap_or_default();
        let mut configs = Vec::new();
        for (court, fields) in &self.0 {
            let secret = input::secret(&PathBuf::from(field(fields, "client_secret_file")))?;
            configs.push(ProviderConfig {
                court: court.clone(),
                issuer: field(fields, "issuer"),
                client_id: field(fields, "client_id"),
                client_secret: Zeroizing::new(secret.trim().to_owned()),
                label: field(fields, "label"),
                redirect_uri: field(fields, "redirect_uri"),
                trusts_amr: trusts_amr(court, fields.get("trusts_amr"))?,
                post_logout_redirect_uri: fields.get("post_logout_redirect_uri").cloned(),
            });
        }
        OidcLogins::new(configs).map_err(|(court, reason)| {
            bad(format!("[oidc.\"{court}\"] 有误：{reason}"), format!("[oidc.\"{court}\"]: {reason}"))
        })
    }
}

fn trusts_amr(court: &CourtCode, value: Option<&String>) -> Result<bool, CliError> {
    match value.map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(bad(
            format!("[oidc.\"{court}\"] trusts_amr 应为 true 或者 false，不能是 {other}"),
            format!("[oidc.\"{court}\"] trusts_amr takes true or false, not {other}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str) -> bool {
        OidcArgs::default().set(key, "x".into()).is_ok()
    }

    #[test]
    fn a_provider_has_a_court_and_all_its_settings() {
        assert!(FIELDS.iter().all(|field| set(&format!("粤0192.{field}"))));
        for bad in ["issuer", "粤0192", "粤0192.secret", "court.issuer", "粤0192.issuer.x", ""] {
            assert!(!set(bad), "{bad}");
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let mut args = OidcArgs::default();
        for (field, value) in REQUIRED.into_iter().zip([
            "https://id.court.example",
            "tiezheng",
            file.to_str().unwrap(),
            "统一身份认证",
            "https://node.example/login/oidc/粤0192/callback",
        ]) {
            assert_eq!(args.check().is_ok(), args.0.is_empty(), "{field}");
            args.set(&format!("粤0192.{field}"), value.to_owned()).unwrap();
        }
        args.check().unwrap();
        assert!(args.load().is_err(), "the secret is missing");
        std::fs::write(&file, "s3cret\n").unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let logins = args.load().unwrap();
        let provider = logins.providers().next().unwrap();
        assert_eq!((provider.client_secret.as_str(), provider.label.as_str()), ("s3cret", "统一身份认证"));
        assert_eq!(provider.redirect_uri, "https://node.example/login/oidc/%E7%B2%A40192/callback");
        assert!(!provider.trusts_amr, "off by default");
        for (value, is_good) in [("true", true), ("yes", false), ("false", true)] {
            args.set("粤0192.trusts_amr", value.into()).unwrap();
            assert_eq!(args.load().is_ok(), is_good, "{value}");
        }
        args.set("粤0192.issuer", "http://id.court.example".into()).unwrap();
        assert_eq!(args.load().unwrap_err().code, "bad_setting");
    }
}
