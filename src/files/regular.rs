//! Opens regular files for reading. Never blocks, and rejects everything else.
//!
//! Opening a named pipe blocks until another process writes to it, and opening a device may have effects. A name from a user,
//! or in a folder to which others may write, can refer to either. So the file type is checked first, the file is opened with
//! `O_NONBLOCK`, and the type of the opened file is checked again.
//!
//! Symbolic links are followed in files of users. In the program's own data folder they are rejected ([`open_own`],
//! [`read_own`]): there a link would make the ledger depend on, or reveal, files outside of the folder.

use std::fmt;
use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// What a name leads to instead of a regular file. The source of the [`io::Error`] that [`open`] returns then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRegular {
    /// A folder.
    Folder,
    /// A named pipe (FIFO).
    Pipe,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// A symbolic link, where none may be.
    Link,
}

impl NotRegular {
    /// `None` for a regular file.
    #[must_use]
    pub fn of(kind: FileType) -> Option<Self> {
        if kind.is_file() {
            None
        } else if kind.is_dir() {
            Some(Self::Folder)
        } else if kind.is_fifo() {
            Some(Self::Pipe)
        } else if kind.is_socket() {
            Some(Self::Socket)
        } else if kind.is_symlink() {
            Some(Self::Link)
        } else {
            Some(Self::Device)
        }
    }

    /// Why `error` was returned, if it was for this reason.
    #[must_use]
    pub fn reason_of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<Self>().copied()
    }

    /// In Chinese.
    #[must_use]
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Folder => "是文件夹，不是文件",
            Self::Pipe => "不是普通文件（命名管道）",
            Self::Socket => "不是普通文件（套接字）",
            Self::Device => "不是普通文件（设备）",
            Self::Link => "是符号链接",
        }
    }
}

impl fmt::Display for NotRegular {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder, not a file",
            Self::Pipe => "not a regular file (a named pipe)",
            Self::Socket => "not a regular file (a socket)",
            Self::Device => "not a regular file (a device)",
            Self::Link => "a symbolic link",
        })
    }
}

impl std::error::Error for NotRegular {}

fn check(kind: FileType) -> io::Result<()> {
    NotRegular::of(kind).map_or(Ok(()), |kind| Err(io::Error::new(ErrorKind::InvalidInput, kind)))
}

/// Opens the regular file at `path` for reading.
///
/// # Errors
///
/// As [`File::open`]; [`ErrorKind::InvalidInput`] with [`NotRegular`] for anything but a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    check(fs::metadata(path)?.file_type())?;
    open_as(path, OFlags::RDONLY)
}

/// Opens the regular file at `path` in the program's own data folder for reading: a symbolic link is rejected.
///
/// # Errors
///
/// As [`open`].
pub fn open_own(path: &Path) -> io::Result<File> {
    open_own_as(path, OFlags::RDONLY)
}

/// The same for reading and writing. The file must exist.
///
/// # Errors
///
/// As [`open`].
pub fn open_own_for_writing(path: &Path) -> io::Result<File> {
    open_own_as(path, OFlags::RDWR)
}

/// The same, made with mode 0600 where there is none.
///
/// # Errors
///
/// As [`open`].
pub fn open_own_or_create(path: &Path) -> io::Result<File> {
    match open_own_for_writing(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => open_own_as_new(path),
        opened => opened,
    }
}

fn open_own_as_new(path: &Path) -> io::Result<File> {
    // A name that was given meanwhile is opened, unless it is a link.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?);
    check(file.metadata()?.file_type())?;
    Ok(file)
}

fn open_own_as(path: &Path, access: OFlags) -> io::Result<File> {
    check(fs::symlink_metadata(path)?.file_type())?;
    match open_as(path, access | OFlags::NOFOLLOW) {
        Err(error) if Errno::from_io_error(&error) == Some(Errno::LOOP) => {
            Err(io::Error::new(ErrorKind::InvalidInput, NotRegular::Link))
        }
        opened => opened,
    }
}

fn open_as(path: &Path, access: OFlags) -> io::Result<File> {
    // Another user with write access to the folder may have put something else there since.
    let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    check(file.metadata()?.file_type())?;
    Ok(file)
}

/// Reads the regular file at `path`, of at most `limit` bytes.
///
/// # Errors
///
/// As [`open`]; [`ErrorKind::FileTooLarge`].
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    read_whole(open(path)?, limit)
}

/// Reads the regular file at `path` in the program's own data folder, of at most `limit` bytes.
///
/// # Errors
///
/// As [`open_own`]; [`ErrorKind::FileTooLarge`].
pub fn read_own(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    read_whole(open_own(path)?, limit)
}

fn read_whole(file: File, limit: usize) -> io::Result<Vec<u8>> {
    let expected = usize::try_from(file.metadata()?.len()).unwrap_or(limit).min(limit);
    // One byte more: without it the buffer would grow once to learn that the file ends.
    let mut bytes = Vec::with_capacity(expected.saturating_add(1));
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(most).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("larger than {limit} bytes")));
    }
    Ok(bytes)
}

/// [`read`]; `None` where nothing has this name. A symbolic link that leads nowhere is an error: there should be a file.
///
/// # Errors
///
/// As [`read`].
pub fn read_if_present(path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
    match read(path, limit) {
        Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => Ok(None),
        read => read.map(Some),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, FileType, mknodat};

    use super::*;

    #[test]
    fn special_files_are_rejected_by_kind_and_nothing_waits() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        symlink(at("pipe"), at("link")).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        for (path, kind) in [
            (at("pipe"), NotRegular::Pipe),
            (at("link"), NotRegular::Pipe),
            (at("socket"), NotRegular::Socket),
            (at(""), NotRegular::Folder),
            ("/dev/null".into(), NotRegular::Device),
        ] {
            let error = read(&path, 9).unwrap_err();
            assert_eq!(NotRegular::reason_of(&error), Some(kind), "{}", path.display());
            assert_eq!(NotRegular::reason_of(&read_if_present(&path, 9).unwrap_err()), Some(kind));
        }
    }

    #[test]
    fn a_file_of_the_data_folder_is_never_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "1").unwrap();
        symlink(at("file"), at("link")).unwrap();
        symlink(at("none"), at("dangling")).unwrap();
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RUSR, 0).unwrap();
        assert_eq!(read_own(&at("file"), 9).unwrap(), b"1");
        open_own_for_writing(&at("file")).unwrap();
        for (name, kind) in [
            ("link", NotRegular::Link),
            ("dangling", NotRegular::Link),
            ("pipe", NotRegular::Pipe),
            ("", NotRegular::Folder),
        ] {
            for opened in [open_own(&at(name)), open_own_for_writing(&at(name))] {
                assert_eq!(NotRegular::reason_of(&opened.unwrap_err()), Some(kind), "{name}");
            }
        }
        // What takes the file's place between the look and the opening.
        let raced = open_as(&at("link"), OFlags::RDONLY | OFlags::NOFOLLOW).unwrap_err();
        assert_eq!(Errno::from_io_error(&raced), Some(Errno::LOOP));
        assert_eq!(open_own(&at("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(read(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
    }

    #[test]
    fn absent_is_not_the_same_as_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(read_if_present(&at("none"), 9).unwrap(), None);
        assert_eq!(read_if_present(&at("none/none"), 9).unwrap(), None);
        symlink(at("none"), at("link")).unwrap();
        assert_eq!(read_if_present(&at("link"), 9).unwrap_err().kind(), ErrorKind::NotFound);
        fs::write(at("a"), "1").unwrap();
        assert!(read_if_present(&at("a/b"), 9).is_err(), "a file is no folder");
    }
}
