//! The commands for logins of accounts: reset codes, unlocking.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::case::connection::{CourtConnection, encoded, text};
use crate::cli::durable;
use crate::cli::exit::CliError;
use crate::cli::output::{self, Replace, must_be_new};
use crate::cli::screen::{GOOD, WARNING};

/// Issues a code with which the holder of the account sets a new password.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn reset_code(connection: &CourtConnection<'_>, account: &str, save: Option<&PathBuf>) -> anyhow::Result<()> {
    if let Some(file) = save {
        // Checked before the code is issued, since it could not be stored otherwise.
        must_be_new(file)?;
        durable::probe(file).map_err(|error| CliError::io(file, &error))?;
    }
    let path = format!("/v1/accounts/{}/reset-codes", encoded(account));
    let mut answer = connection.post(&path, &json!({})).await?;
    let code = text(&answer, "/code").unwrap_or_default();
    if let Some(file) = save {
        output::write(file, format!("{code}\n").as_bytes(), 0o600, Replace::Never)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.remove("code");
            fields.insert("saved".into(), json!(file.display().to_string()));
        }
    }
    let screen = connection.screen;
    screen.document(&answer)?;
    screen.line(screen.paint(GOOD, screen.pick("已签发重置码", "a reset code was issued")))?;
    let until = text(&answer, "/expires_at").unwrap_or_default();
    screen.table(&[
        vec![screen.pick("  账号", "  account").to_owned(), text(&answer, "/account").unwrap_or_default()],
        vec![screen.pick("  有效至", "  valid until").to_owned(), until],
    ])?;
    if let Some(file) = save {
        screen.line(format!("  {} {}", screen.pick("重置码已写入", "the code is in"), file.display()))?;
    } else {
        screen.line(format!("  {code}"))?;
        let once = screen.pick(
            "  重置码仅显示这一次；持有人在登录页的“忘记密码”处使用",
            "  shown this once only: the holder uses it at /reset",
        );
        screen.line(screen.paint(WARNING, once))?;
    }
    Ok(())
}

/// Ends the lock of an account's login.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn unlock(connection: &CourtConnection<'_>, account: &str) -> anyhow::Result<()> {
    let path = format!("/v1/accounts/{}/login-lock", encoded(account));
    connection.client.delete(&path).await.map_err(CliError::from)?;
    let screen = connection.screen;
    screen.document(&json!({ "account": account, "locked": false }))?;
    Ok(screen.line(format!("{} {account}", screen.paint(GOOD, screen.pick("登录已解锁", "the login is unlocked"))))?)
}
