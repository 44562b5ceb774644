//! Errors of writing statement and receipt files, with what to do.

use std::io;
use std::path::Path;

use crate::cli::exit::CliError;
use crate::cli::receipt_files::ReceiptFiles;
use crate::files::reason;
use crate::ledger::number::DepositNumber;

/// A statement exists already and differs in `option`.
#[must_use]
pub fn statement_differs(statement: &Path, option: &str) -> CliError {
    let file = statement.display();
    let zh = format!("此文件已有声明（{file}），与现在的 {option} 不符。如需以新编号再次存证，请加 --again");
    let en = format!(
        "there is a statement on this file already ({file}), and it is not what {option} says now; to deposit it once \
         more, under a new number, add --again"
    );
    CliError::unable("stated_otherwise", zh, en)
}

/// A background task ended unexpectedly.
#[must_use]
pub fn interrupted() -> CliError {
    CliError::unable("interrupted", "操作被中断，请重复执行", "interrupted; repeat the command")
}

/// A receipt exists without its statement: a new statement would be another deposit.
#[must_use]
pub fn statement_missing(files: &ReceiptFiles) -> CliError {
    let (receipt, statement) = (files.receipt.display(), files.statement.display());
    let zh = format!("此文件已有回执（{receipt}），而其声明（{statement}）已不在。如需以新编号再次存证，请加 --again");
    let en = format!(
        "there is a receipt of this file ({receipt}) and its statement is gone ({statement}); to deposit it once more, under \
         a new number, add --again"
    );
    CliError::unable("statement_missing", zh, en)
}

/// A statement could not be written, so it was not sent.
#[must_use]
pub fn statement_not_written(path: &Path, error: &io::Error) -> CliError {
    if error.kind() != io::ErrorKind::AlreadyExists {
        return cannot_write(path, error);
    }
    // Written by another process after this one checked.
    let zh = format!("{}：另一进程正在对此文件存证。请等其结束后再次运行", path.display());
    let en =
        format!("{}: another run is depositing this file. Run the command again when it has ended", path.display());
    CliError::unable("under_way", zh, en)
}

/// A deposit was made, and its receipt could not be written.
#[must_use]
pub fn receipt_not_written(number: DepositNumber, receipt: &Path, error: &io::Error) -> CliError {
    let path = receipt.display();
    let zh = format!(
        "已上链，存证编号 {number}，但回执未能写入 {path}：{}。排除原因后再次运行同一命令即可取回，不会重复存证",
        reason::chinese(error)
    );
    let en = format!(
        "it is on the chain as {number}, but its receipt could not be written: {path}: {}. Once that is mended, run the \
         same command again: nothing is deposited twice",
        reason::english(error)
    );
    CliError::unable(RECEIPT_NOT_WRITTEN, zh, en)
}

/// The code of [`receipt_not_written`].
pub const RECEIPT_NOT_WRITTEN: &str = "receipt_not_kept";

/// A statement or receipt file could not be written.
#[must_use]
pub fn cannot_write(path: &Path, error: &io::Error) -> CliError {
    let general = CliError::io(path, error);
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => CliError {
            code: "read_only_folder".into(),
            zh: format!("{}：{}。无法在文件旁写入，请加 --receipts 文件夹", path.display(), reason::chinese(error)),
            en: format!(
                "{}: {}. Nothing can be written beside the file: add --receipts DIR",
                path.display(),
                reason::english(error)
            ),
            ..general
        },
        _ => general,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_only_folder_is_answered_with_what_to_do() {
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::ReadOnlyFilesystem] {
            let error = cannot_write(Path::new("/media/cd/a.tiezheng-statement"), &kind.into());
            assert_eq!(error.code, "read_only_folder");
            assert!(error.en.contains("--receipts") && error.zh.contains("--receipts"));
        }
        assert_eq!(cannot_write(Path::new("a"), &io::ErrorKind::StorageFull.into()).code, "io");
    }

    #[test]
    fn a_receipt_that_finds_no_room_is_no_deposit_that_was_not_made() {
        let number = DepositNumber::parse("20261122-0K7M-X9QT-3D5W-C3").unwrap();
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = receipt_not_written(number, Path::new("a.tiezheng-receipt.json"), &full);
        assert_eq!(error.code, RECEIPT_NOT_WRITTEN);
        assert!(error.zh.contains("已上链") && error.en.contains("it is on the chain as 20261122-0K7M"));
        assert!(!error.en.contains("--receipts"), "elsewhere there is no statement to send again");
    }

    #[test]
    fn a_statement_that_another_run_wrote_first_is_told_so() {
        let code = |kind: io::ErrorKind| statement_not_written(Path::new("a"), &kind.into()).code;
        assert_eq!(code(io::ErrorKind::AlreadyExists), "under_way");
        assert_eq!(code(io::ErrorKind::StorageFull), "io");
    }
}
