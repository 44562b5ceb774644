//! Files of an earlier deposit that were given other names, so that a new deposit does not replace them.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::durable;
use crate::cli::screen::Screen;
use crate::cli::terminal::escaped_name;

/// A renamed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRename {
    /// The old name.
    pub from: PathBuf,
    /// The new name.
    pub to: PathBuf,
}

impl FileRename {
    /// Gives the file at `from` the name `to`, durably; `None` if there is no such file.
    ///
    /// # Errors
    ///
    /// As [`durable::rename_new_durably`]: nothing is replaced.
    pub fn rename(from: &Path, to: &Path) -> io::Result<Option<Self>> {
        match durable::rename_new_durably(from, to) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            renamed => renamed.map(|()| Some(Self { from: from.to_owned(), to: to.to_owned() })),
        }
    }
}

/// Prints the renames.
///
/// # Errors
///
/// The screen.
pub fn show(screen: &Screen, renamed: &[FileRename]) -> io::Result<()> {
    for FileRename { from, to } in renamed {
        let name = |path: &Path| escaped_name(&path.file_name().unwrap_or_default().to_string_lossy());
        let word = screen.pick("上次存证的文件已改名", "renamed, of the earlier deposit");
        screen.aside(format!("{word}  {} → {}", name(from), name(to)))?;
    }
    Ok(())
}

/// The renames as JSON.
#[must_use]
pub fn to_json(renamed: &[FileRename]) -> Value {
    let pair =
        |FileRename { from, to }: &FileRename| json!({ "from": from.to_string_lossy(), "to": to.to_string_lossy() });
    renamed.iter().map(pair).collect()
}
