//! Renames a file or folder without replacing anything, by what the file system supports.
//!
//! 1. `renameat2` with `RENAME_NOREPLACE`: one step. Not on NFS, on some FUSE file systems, or before Linux 3.15.
//! 2. A hard link, then the old name is removed. Not for folders, on FAT, exFAT, some network shares, or where links are
//!    forbidden.
//! 3. An empty file (`O_EXCL`) or folder is created under the name, then the other is renamed onto it. A crash between the two leaves the
//!    empty one.
//!
//! Each fails if the name exists, also when two processes try at once.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Renames `from` to `to` in the same folder, unless something is called `to`. The folder is not fsynced.
///
/// # Errors
///
/// [`io::ErrorKind::AlreadyExists`] when something is called `to`: it was not touched, and `from` is still there. Otherwise
/// what the last of the three ways returned.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(errno) if is_unsupported(errno) => {}
        renamed => return renamed.map_err(io::Error::from),
    }
    rename_new_in_steps(from, to)
}

/// Makes a folder of this mode, less the umask, and those above it, where they are missing. All of their names are durable
/// when it returns.
///
/// # Errors
///
/// It cannot be made or flushed.
pub fn make_folders(folder: &Path, mode: u32) -> io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.exists()).collect();
    DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(above)?.sync_all()?;
    }
    Ok(())
}

/// The second and the third way.
fn rename_new_in_steps(from: &Path, to: &Path) -> io::Result<()> {
    if fs::symlink_metadata(from)?.is_dir() {
        fs::create_dir(to)?;
        // Only an empty folder is ever removed.
        return fs::rename(from, to).inspect_err(|_| drop(fs::remove_dir(to)));
    }
    match fs::hard_link(from, to) {
        Err(error) if Errno::from_io_error(&error).is_some_and(is_unsupported) => {}
        linked => return linked.and_then(|()| fs::remove_file(from)),
    }
    OpenOptions::new().write(true).create_new(true).open(to)?;
    fs::rename(from, to).inspect_err(|_| {
        // It is empty, and this call made it. The error that is returned is the first.
        let _ = fs::remove_file(to);
    })
}

/// What kernels and file systems answer to a call that they do not offer. Containers forbid calls with `EPERM`.
#[must_use]
pub const fn is_unsupported(errno: Errno) -> bool {
    matches!(errno, Errno::INVAL | Errno::NOSYS | Errno::PERM | Errno::OPNOTSUPP | Errno::MLINK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_stays_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a"), "1").unwrap();
        fs::write(at("b"), "2").unwrap();
        assert_eq!(rename_new(&at("a"), &at("b")).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((fs::read(at("a")).unwrap(), fs::read(at("b")).unwrap()), (b"1".to_vec(), b"2".to_vec()));
        rename_new(&at("a"), &at("c")).unwrap();
        assert!(!at("a").exists() && fs::read(at("c")).unwrap() == b"1");
        assert_eq!(rename_new(&at("none"), &at("d")).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!at("d").exists());
    }

    #[test]
    fn a_folder_takes_a_new_name_and_never_the_place_of_another() {
        type Rename = fn(&Path, &Path) -> io::Result<()>;
        for rename in [rename_new as Rename, rename_new_in_steps] {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::create_dir(at("a")).unwrap();
            fs::write(at("a/file"), "1").unwrap();
            for taken in ["empty", "full", "file"] {
                if taken == "file" { fs::write(at(taken), "2").unwrap() } else { fs::create_dir(at(taken)).unwrap() }
            }
            fs::write(at("full/file"), "3").unwrap();
            for taken in ["empty", "full", "file"] {
                let refused = rename(&at("a"), &at(taken)).unwrap_err();
                assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists, "{taken}");
            }
            assert_eq!(
                (fs::read(at("full/file")).unwrap(), fs::read(at("file")).unwrap()),
                (b"3".to_vec(), b"2".to_vec())
            );
            rename(&at("a"), &at("b")).unwrap();
            assert!(!at("a").exists() && fs::read(at("b/file")).unwrap() == b"1");
        }
    }
}
