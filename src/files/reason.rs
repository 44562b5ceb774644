//! Why the operating system refused an operation, in Chinese and English, and what the user can do: one table for all
//! messages about files and connections.
//!
//! The texts of the standard library are English and hold error numbers. Neither belongs in a message to users.

use std::io::{self, ErrorKind};

use rustix::io::Errno;

use crate::files::regular::NotRegular;

/// One row: the reason in Chinese and English, then what to do in both; empty where nothing general can be said.
type Row = (&'static str, &'static str, &'static str, &'static str);

/// The reason in Chinese.
#[must_use]
pub fn chinese(error: &io::Error) -> String {
    if let Some(kind) = NotRegular::reason_of(error) {
        return kind.chinese().to_owned();
    }
    match (row(error), error.raw_os_error()) {
        (Some(row), _) => row.0.to_owned(),
        (None, Some(number)) => format!("系统错误（编号 {number}）"),
        (None, None) => "操作未能完成".to_owned(),
    }
}

/// The reason in English.
#[must_use]
pub fn english(error: &io::Error) -> String {
    // Errors of this program have their own text.
    match row(error).filter(|_| error.get_ref().is_none()) {
        Some(row) => row.1.to_owned(),
        None => error.to_string(),
    }
}

/// What the user can do, in Chinese and English; empty where nothing general can be said.
#[must_use]
pub fn next_step(error: &io::Error) -> (&'static str, &'static str) {
    row(error).filter(|_| NotRegular::reason_of(error).is_none()).map_or(("", ""), |row| (row.2, row.3))
}

fn row(error: &io::Error) -> Option<Row> {
    error.raw_os_error().and_then(of_number).or_else(|| of_kind(error.kind()))
}

/// What the standard library has no kind for.
fn of_number(number: i32) -> Option<Row> {
    Some(match Errno::from_raw_os_error(number) {
        Errno::MFILE | Errno::NFILE => (
            "打开的文件过多",
            "too many open files",
            "请提高上限（ulimit -n）后重试",
            "Raise the limit (ulimit -n) and try again",
        ),
        Errno::IO => ("读写设备出错", "input/output error", "请检查磁盘", "Check the disk"),
        Errno::LOOP => (
            "符号链接循环",
            "too many levels of symbolic links",
            "请改用文件本身的路径",
            "Name the file by its own path",
        ),
        Errno::AGAIN => (
            "系统资源暂时不足（线程或内存）",
            "the system is short of threads or memory",
            "请稍后重试，或提高限制（ulimit -u）",
            "Try again later, or raise the limit (ulimit -u)",
        ),
        Errno::NXIO | Errno::NODEV => ("设备不存在", "no such device", "请检查设备", "Check the device"),
        _ => return None,
    })
}

fn of_kind(kind: ErrorKind) -> Option<Row> {
    of_file(kind).or_else(|| of_connection(kind))
}

fn of_file(kind: ErrorKind) -> Option<Row> {
    Some(match kind {
        ErrorKind::NotFound => {
            ("文件或文件夹不存在", "no such file or folder", "请核对名称和所在文件夹", "Check the name and the folder")
        }
        ErrorKind::PermissionDenied => (
            "无权限",
            "permission denied",
            "请检查文件及其所在文件夹的权限",
            "Check the permissions of the file and its folder",
        ),
        ErrorKind::AlreadyExists => ("已存在", "already exists", "请换一个名称", "Choose another name"),
        ErrorKind::StorageFull => ("磁盘已满", "the disk is full", "请腾出空间后重试", "Free some space and try again"),
        ErrorKind::QuotaExceeded => {
            ("已超出磁盘配额", "the disk quota is exceeded", "请腾出空间后重试", "Free some space and try again")
        }
        ErrorKind::FileTooLarge => ("文件过大", "the file is too large", "请核对文件", "Check which file was named"),
        ErrorKind::ReadOnlyFilesystem => {
            ("文件系统只读", "the file system is read-only", "请改用可写的位置", "Choose a place that can be written")
        }
        ErrorKind::IsADirectory => ("是文件夹，不是文件", "is a folder, not a file", "请给出文件名", "Name a file"),
        ErrorKind::NotADirectory => {
            ("路径中有一段不是文件夹", "a part of the path is not a folder", "请核对路径", "Check the path")
        }
        ErrorKind::DirectoryNotEmpty => {
            ("文件夹不为空", "the folder is not empty", "请换一个文件夹", "Choose another folder")
        }
        ErrorKind::InvalidFilename => {
            ("文件名过长或无效", "the file name is too long or invalid", "请改名", "Choose another name")
        }
        ErrorKind::InvalidInput => ("参数无效", "invalid argument", "请核对路径", "Check the path"),
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => {
            ("正被其他程序使用", "in use by another program", "请稍后重试", "Try again later")
        }
        ErrorKind::CrossesDevices => {
            ("跨越了文件系统", "crosses file systems", "请使用同一磁盘上的位置", "Choose a place on the same disk")
        }
        ErrorKind::StaleNetworkFileHandle => {
            ("网络文件系统已失效", "stale network file handle", "请重新挂载", "Mount it again")
        }
        ErrorKind::OutOfMemory => ("内存不足", "out of memory", "请稍后重试", "Try again later"),
        ErrorKind::Unsupported => ("系统不支持此操作", "not supported by the system", "", ""),
        ErrorKind::UnexpectedEof => {
            ("内容不完整", "it ends too early", "请核对文件是否完整", "Check that it is complete")
        }
        ErrorKind::WriteZero => ("未能写完", "it could not be written completely", "请检查磁盘", "Check the disk"),
        _ => return None,
    })
}

fn of_connection(kind: ErrorKind) -> Option<Row> {
    Some(match kind {
        ErrorKind::ConnectionRefused => ("连接被拒绝", "connection refused", "", ""),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::NotConnected => {
            ("连接中断", "the connection broke off", "", "")
        }
        ErrorKind::TimedOut => ("未在限定时间内应答", "no answer in time", "", ""),
        ErrorKind::AddrInUse => {
            ("地址已被占用", "the address is in use", "请换一个地址或端口", "Choose another address or port")
        }
        ErrorKind::AddrNotAvailable => {
            ("本机没有该地址", "this machine does not have the address", "请核对地址", "Check the address")
        }
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            ("网络不通", "the network does not reach it", "", "")
        }
        ErrorKind::Interrupted => ("操作被中断", "interrupted", "请重试", "Try again"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_have_words_in_both_languages() {
        for number in 1..=133 {
            let error = io::Error::from_raw_os_error(number);
            let (zh, (step_zh, step_en)) = (chinese(&error), next_step(&error));
            assert!(!zh.contains(|c: char| c.is_ascii_alphabetic()), "{number}: {zh}");
            assert!(step_en.is_ascii() && step_zh.is_empty() == step_en.is_empty(), "{number}");
        }
        for (errno, zh, en) in [
            (Errno::NOENT, "文件或文件夹不存在", "no such file or folder"),
            (Errno::ACCESS, "无权限", "permission denied"),
            (Errno::NOSPC, "磁盘已满", "the disk is full"),
            (Errno::ISDIR, "是文件夹，不是文件", "is a folder, not a file"),
            (Errno::CONNREFUSED, "连接被拒绝", "connection refused"),
            (Errno::MFILE, "打开的文件过多", "too many open files"),
        ] {
            let error = io::Error::from(errno);
            assert_eq!((chinese(&error).as_str(), english(&error).as_str()), (zh, en));
        }
        let own = io::Error::other("a thread ended early");
        assert_eq!((chinese(&own).as_str(), english(&own).as_str()), ("操作未能完成", "a thread ended early"));
    }
}
