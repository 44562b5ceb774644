//! Output files at paths given by the user. An existing file is not replaced, unless it is an earlier state of the same
//! document or the user gave `--force`: a mistyped name must not destroy evidence.

use std::fs;
use std::io;
use std::path::Path;

use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::input;

/// Whether an existing file may be replaced.
#[derive(Clone, Copy)]
pub enum Replace<'a> {
    /// Never.
    Never,
    /// If its text is an earlier state of the same document.
    If(&'a dyn Fn(&str) -> bool),
    /// Any regular file.
    Always,
}

/// Writes a file durably. `mode` as in `chmod`, less the umask.
///
/// # Errors
///
/// [`CliError`]: a file that may not be replaced exists and was not touched; or it cannot be written.
pub fn write(path: &Path, bytes: &[u8], mode: u32, replace: Replace<'_>) -> Result<(), CliError> {
    match durable::create(path, bytes, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        written => return written.map_err(|error| CliError::io(path, &error)),
    }
    let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
    let may = match replace {
        Replace::Never => false,
        Replace::If(is_same) => is_file && input::text(path, input::DOCUMENT).is_ok_and(|text| is_same(&text)),
        Replace::Always => is_file,
    };
    if !may {
        return Err(already_exists(path, !matches!(replace, Replace::Never) && is_file));
    }
    durable::replace(path, bytes, mode).map_err(|error| CliError::io(path, &error))
}

/// Checks that `path` does not exist, before work is done for a file that could not be written.
///
/// # Errors
///
/// [`CliError`]: it exists.
pub fn must_be_new(path: &Path) -> Result<(), CliError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(CliError::io(path, &error)),
        Ok(_) => Err(already_exists(path, false)),
    }
}

fn already_exists(path: &Path, can_force: bool) -> CliError {
    let path = path.display();
    let (zh, en) = if can_force {
        (
            format!("{path} 已存在，且不是同一存证的文件，未覆盖。请换一个文件名；确需覆盖请加 --force"),
            format!(
                "{path} is there already and is not a file of the same deposit; it was not replaced. Choose another name, or \
                 add --force to replace it"
            ),
        )
    } else {
        (
            format!("{path} 已存在，未覆盖。请换一个文件名"),
            format!("{path} is there already and was not replaced. Choose another name"),
        )
    };
    CliError::unable("destination_exists", zh, en)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_what_may_be_replaced_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let code = |name: &str, replace| write(&at(name), b"new", 0o600, replace).map_err(|error| error.code);
        let is_old = |text: &str| text == "old";
        let refused = Err("destination_exists".into());
        for (text, replace, expected) in [
            ("old", Replace::Never, &refused),
            ("old", Replace::If(&is_old), &Ok(())),
            ("evidence", Replace::If(&is_old), &refused),
            ("evidence", Replace::Always, &Ok(())),
        ] {
            fs::write(at("a"), text).unwrap();
            assert_eq!(&code("a", replace), expected, "{text}");
            assert_eq!(fs::read_to_string(at("a")).unwrap(), if expected.is_ok() { "new" } else { text });
        }
        assert_eq!(code("b", Replace::Never), Ok(()));
        // Neither symbolic links nor devices are replaced.
        symlink(at("a"), at("link")).unwrap();
        symlink("/dev/null", at("null")).unwrap();
        for name in ["link", "null"] {
            assert_eq!(code(name, Replace::Always), refused);
            assert!(must_be_new(&at(name)).is_err() && at(name).is_symlink());
        }
        assert_eq!(must_be_new(&at("none")), Ok(()));
    }
}
