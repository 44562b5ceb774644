//! Public keys (vkeys) as users give them.
//!
//! A private key that is given instead is rejected here, on this machine, and never repeated: not on a screen, in a log, or
//! in a request.

use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::terminal::escaped_name;
use crate::ledger::key::VerifierKey;
use crate::wire::chinese;

/// How the text of a private key begins.
const PRIVATE: &str = "PRIVATE+KEY";

/// Reads a public key.
///
/// # Errors
///
/// [`CliError`] of usage: a private key, the name of a file, or no key.
pub fn read_key(text: &str) -> Result<VerifierKey, CliError> {
    no_private_key(text)?;
    VerifierKey::parse(text.trim()).map_err(|error| {
        let text = escaped_name(text);
        let zh = format!("“{text}”不是公钥：{}。请给出公钥文本，不是文件名", chinese::key(error));
        let en = format!("`{text}` is no public key: {error}. Give the key's text, not the name of a file");
        CliError::usage("bad_key", zh, en)
    })
}

/// Makes sure that a text is neither a private key nor the name of a file that holds one.
///
/// # Errors
///
/// [`CliError`] of usage that does not repeat it.
pub fn no_private_key(text: &str) -> Result<(), CliError> {
    if text.to_ascii_uppercase().contains(PRIVATE) {
        let zh = "给出的是私钥，此处应为公钥。私钥未被发送或记录；它已出现在命令行中，请清除命令历史。公钥可用 tiezheng key new 查看";
        let en = "this is a private key, and a public key belongs here. It was not sent or recorded; it was on the command line, \
                  so remove it from the shell's history. `tiezheng key new` shows the public key";
        return Err(CliError::usage("private_key_given", zh, en));
    }
    let path = Path::new(text);
    let holds_one = || input::secret(path).is_ok_and(|text| text.contains(PRIVATE));
    if path.is_file() && holds_one() {
        let name = escaped_name(text);
        let zh = format!("“{name}”是私钥文件，此处应为公钥。私钥未被发送。公钥可用 tiezheng key new 查看");
        let en = format!(
            "`{name}` is a file with a private key, and a public key belongs here. Nothing was sent. `tiezheng key new` shows \
             the public key"
        );
        return Err(CliError::usage("private_key_given", zh, en));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::key::{Name, Signer};

    #[test]
    fn private_keys_are_rejected_and_never_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let signer = Signer::new(Name::parse("example.org/ledger").unwrap(), &[7; 32]).unwrap();
        let secret = signer.to_private_text();
        let file = folder.path().join("ledger.key");
        std::fs::write(&file, format!("{}\n", *secret)).unwrap();
        let file = file.to_str().unwrap();
        for given in [secret.as_str(), &format!("  {}\n", *secret), &secret.to_lowercase(), file] {
            let error = read_key(given).unwrap_err();
            assert_eq!(error.code, "private_key_given");
            let seed = secret.rsplit('+').next().unwrap();
            for text in [&error.zh, &error.en] {
                assert!(!text.contains(seed) && !text.contains(&seed.to_lowercase()), "{text}");
            }
        }
        let public = signer.verifier().to_string();
        assert_eq!(read_key(&format!("{public}\n")).unwrap().to_string(), public);
        let error = read_key("no key").unwrap_err();
        assert_eq!(error.code, "bad_key");
        assert!(error.zh.contains("名称+编号+base64"), "{}", error.zh);
    }
}
