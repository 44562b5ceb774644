//! Errors of opening a ledger's folder, in both languages, with what to do.

use std::path::Path;

use crate::cli::exit::CliError;
use crate::files::regular::NotRegular;
use crate::store::factory::{CHECKPOINT_FILE_LENGTH, FORMAT_VERSION, OpenError};
use crate::store::traits::ReadError;

/// The error of an unopened ledger: damage is a finding; otherwise nothing could be checked.
#[must_use]
pub fn cannot_open(dir: &Path, error: &OpenError) -> CliError {
    let (zh, en) = (format!("{}：{}", dir.display(), in_chinese(error)), format!("{}: {error}", dir.display()));
    let code = match error {
        OpenError::Absent => "no_ledger",
        OpenError::InUse => "ledger_in_use",
        OpenError::Unfinished => "ledger_unfinished",
        OpenError::RestoreUnfinished => "restore_unfinished",
        OpenError::Exists => "ledger_exists",
        OpenError::UnknownName { .. } => "folder_not_empty",
        OpenError::KeyWithoutLedger => "key_without_ledger",
        OpenError::PartsWithoutLedger { .. } => "parts_without_ledger",
        OpenError::WrongKind { .. } => "not_a_file",
        OpenError::UnknownFormat { .. } => "unknown_format",
        OpenError::OlderFormat { .. } => "older_format",
        OpenError::IndexIncomplete => "index_incomplete",
        OpenError::CheckpointFileMissing => return CliError::finding("mark_missing", zh, en),
        OpenError::CheckpointFileDamaged => return CliError::finding("mark_damaged", zh, en),
        OpenError::CheckpointFileLength { .. } => return CliError::finding("mark_length", zh, en),
        OpenError::CheckpointSlotDamaged { .. } => return CliError::finding("mark_slot_damaged", zh, en),
        OpenError::DatabaseMissing { .. } => return CliError::finding("database_missing", zh, en),
        OpenError::DatabaseDamaged { .. } | OpenError::RecordDamaged(_) => {
            return CliError::finding("database_damaged", zh, en);
        }
        OpenError::Behind { .. } => return CliError::finding("database_behind", zh, en),
        OpenError::Different { .. } => return CliError::finding("another_history", zh, en),
        OpenError::NoBlockAtCheckpoint { .. } => return CliError::finding("no_block_at_mark", zh, en),
        OpenError::AnotherLedger { .. } => return CliError::finding("another_ledger", zh, en),
        OpenError::ManifestCutOff { .. } => return CliError::finding("database_incomplete", zh, en),
        OpenError::Recovery { .. } => "recovery_failed",
        OpenError::Environment(_) => "io",
    };
    CliError::unable(code, zh, en)
}

fn in_chinese(error: &OpenError) -> String {
    const RESTORE: &str = "请从备份或镜像恢复";
    match error {
        OpenError::Absent => {
            "此文件夹中没有账本（既无 mark，也无 db）：请检查路径；如要新建账本，请用 tiezheng serve --data".into()
        }
        OpenError::Unfinished => "账本的创建过程被中断，尚无任何存证：请再次运行 tiezheng serve，创建将继续完成".into(),
        OpenError::RestoreUnfinished => "向此文件夹的恢复被中断：请重新运行同一 restore 命令，它会从中断处继续".into(),
        OpenError::Exists => "此文件夹中已有账本：请选用空文件夹，或先将此账本移走".into(),
        OpenError::UnknownName { name } => format!("文件夹中有不属于账本的“{name}”：请选用空文件夹"),
        OpenError::KeyWithoutLedger => {
            "文件夹中有账本密钥而没有账本：请从备份恢复账本；如要另建账本，请选用空文件夹".into()
        }
        OpenError::PartsWithoutLedger { name } => {
            format!("文件夹中有某一账本的“{name}”而没有账本：请从备份恢复账本；如要另建账本，请选用空文件夹")
        }
        OpenError::WrongKind { name, found } => wrong_kind_in_chinese(name, *found),
        OpenError::InUse => "文件夹正在使用中：有节点或审计在其上运行".into(),
        OpenError::CheckpointFileMissing => {
            format!("缺少检查点文件 mark：{RESTORE}整个文件夹；没有它无法判断数据库是否为最新")
        }
        OpenError::CheckpointFileDamaged => format!("检查点文件 mark 的两处记录均已损坏：{RESTORE}整个文件夹"),
        OpenError::CheckpointFileLength { found } => {
            let fault = match found {
                0 => "文件为空",
                found if *found < CHECKPOINT_FILE_LENGTH => "文件被截断",
                _ => "文件被追加了内容",
            };
            format!(
                "检查点文件 mark 为 {found} 字节，应为 {CHECKPOINT_FILE_LENGTH} 字节（{fault}）：{RESTORE}整个文件夹"
            )
        }
        OpenError::CheckpointSlotDamaged { slot, size } => format!(
            "检查点文件 mark 的第 {slot} 处记录已损坏，其所载检查点可能比另一处（{size} 条记录）更新，因而无法判断数据库是否完整。断电不会造成此种损坏：请检查磁盘。请将最新备份中的 mark 文件放入此处，重新启动，并将记录数与最后一份已发出的回执核对"
        ),
        OpenError::DatabaseMissing { size } => format!("数据库缺失，而检查点文件显示已签名 {size} 条记录：{RESTORE}"),
        OpenError::DatabaseDamaged { reason } => format!("数据库已损坏（{reason}）：{RESTORE}"),
        OpenError::RecordDamaged(damage) => format!("数据库已损坏（{}）：{RESTORE}", unread_in_chinese(damage)),
        OpenError::UnknownFormat { found } => {
            format!("数据库格式为 {found}，本程序支持 {FORMAT_VERSION}：请使用写入它的程序版本")
        }
        OpenError::OlderFormat { found } => format!(
            "数据库格式为 {found}，本程序使用 {FORMAT_VERSION}：请先备份，再对此文件夹运行 tiezheng index rebuild"
        ),
        OpenError::IndexIncomplete => {
            "索引不完整（上次重建被中断）：请对此文件夹重新运行 tiezheng index rebuild".into()
        }
        OpenError::Behind { size, marked } => {
            format!("数据库止于第 {size} 条记录，而已签名 {marked} 条：区块丢失，或放回了旧的副本，请恢复最新的备份")
        }
        OpenError::Different { size, expected, found } => {
            format!("前 {size} 条记录的默克尔根为 {found}，而已签名的是 {expected}：这是另一账本，或记录被改动")
        }
        OpenError::NoBlockAtCheckpoint { size } => format!("检查点文件所指的 {size} 条记录并非止于区块头"),
        OpenError::AnotherLedger { expected, found } => {
            format!("数据库属于账本“{found}”，而此处应为“{expected}”：请将同一账本的文件放在一起")
        }
        OpenError::ManifestCutOff { found, recorded } => format!(
            "数据库文件清单 MANIFEST-{:06} 为 {} 字节，而已登记的是 MANIFEST-{:06}、{} 字节：清单被截断，或放回了旧的副本；请从备份或镜像恢复数据库",
            found.number, found.length, recorded.number, recorded.length
        ),
        OpenError::Recovery { reason } => format!(
            "RocksDB 未能恢复数据库，而此前读取时数据库完整（{reason}）。各文件保持原样：请重新启动；如再次发生，请检查磁盘。不要因此从备份恢复"
        ),
        OpenError::Environment(error) => {
            format!("无法读写文件夹：{error}。这不表示账本损坏：请排除原因后重新启动，不要因此从备份恢复")
        }
    }
}

fn wrong_kind_in_chinese(name: &str, found: Option<NotRegular>) -> String {
    let found = found.map_or("是文件，不是文件夹", NotRegular::chinese);
    format!(
        "文件夹中的“{name}”{found}：账本文件夹只含其自身的普通文件和文件夹。请将文件或文件夹本身放入；如需使用其他磁盘，请将其挂载于此"
    )
}

/// The error of an unreadable record.
#[must_use]
pub fn unreadable(error: &ReadError) -> CliError {
    let (zh, en) = (unread_in_chinese(error), error.to_string());
    match error {
        ReadError::Damaged { .. } => CliError::finding("damaged", zh, en),
        _ => CliError::unable("unreadable", zh, en),
    }
}

fn unread_in_chinese(error: &ReadError) -> String {
    match error {
        ReadError::Damaged { what, at, reason } => format!("{}“{at}”已损坏：{reason}", kind_in_chinese(what)),
        ReadError::Beyond { asked, size } => format!("第 {asked} 条超出已公布的 {size} 条"),
        ReadError::WouldBlock => "不在内存中".into(),
        ReadError::NotPublished => "节点不通过网络公开此项内容".into(),
        ReadError::Unavailable(reason) => format!("无法读取：{reason}"),
    }
}

/// The kind of row; for rare ones the name of their table, explained in `chain-data/README.md`.
fn kind_in_chinese(what: &str) -> &str {
    match what {
        "leaf" | "leaves" => "记录",
        "tile" | "tiles" => "哈希分片",
        "block" | "blocks" => "区块",
        "number" | "numbers" => "存证编号",
        "checkpoint" => "检查点",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_damaged_is_told_in_both_languages_with_its_place() {
        let damage = || ReadError::Damaged { what: "leaf", at: "7".into(), reason: "missing".into() };
        let error = cannot_open(Path::new("账本"), &OpenError::RecordDamaged(damage()));
        assert_eq!(error.code, "database_damaged");
        assert_eq!(error.zh, "账本：数据库已损坏（记录“7”已损坏：missing）：请从备份或镜像恢复");
        assert!(error.en.starts_with("账本: the database is damaged: damaged leaf at 7: missing"));
        assert_eq!(
            (unreadable(&damage()).code, unreadable(&ReadError::WouldBlock).code),
            ("damaged".into(), "unreadable".into())
        );
    }
}
