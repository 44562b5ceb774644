//! The commands for enrolled keys and for the revocation of tokens.

use serde_json::{Value, json};

use crate::cli::case::connection::{CourtConnection, encoded, text};
use crate::cli::exit::CliError;
use crate::cli::public_key::{no_private_key, read_key};
use crate::cli::screen::{FAINT, GOOD, WARNING};

const KEYS: &str = "/v1/accounts/me/keys";

/// Enrols a key.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn add(connection: &CourtConnection<'_>, key: &str) -> anyhow::Result<()> {
    let key = read_key(key)?;
    let answer = connection.post(KEYS, &json!({ "key": key.to_string() })).await?;
    let screen = connection.screen;
    screen.document(&answer)?;
    let name = text(&answer, "/name").unwrap_or_default();
    screen.line(format!("{} {name}", screen.paint(GOOD, screen.pick("已登记公钥", "enrolled"))))?;
    let note = screen.pick(
        "  在 enrolled 存证策略下，该公钥签名的声明现可存证；一案一钥，请逐案登记",
        "  under the policy `enrolled` its statements are accepted from now on; enrol one key per case",
    );
    Ok(screen.line(screen.paint(FAINT, note))?)
}

/// Lists the account's keys.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn list(connection: &CourtConnection<'_>) -> anyhow::Result<()> {
    let answer = connection.client.get(KEYS).await.map_err(CliError::from)?;
    let screen = connection.screen;
    screen.document(&answer)?;
    let items = answer.get("items").and_then(Value::as_array);
    let rows: Vec<Vec<String>> = items
        .into_iter()
        .flatten()
        .map(|item| ["/enrolled_at", "/key"].map(|field| text(item, field).unwrap_or_default()).to_vec())
        .collect();
    if rows.is_empty() {
        return Ok(screen.line(screen.pick("尚未登记公钥", "no keys are enrolled"))?);
    }
    Ok(screen.table(&rows)?)
}

/// Ends the enrolment of a key, given as a vkey or by its name.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn remove(connection: &CourtConnection<'_>, key: &str) -> anyhow::Result<()> {
    no_private_key(key)?;
    let name = key.trim().split('+').next().unwrap_or_default();
    connection.client.delete(&format!("{KEYS}/{}", encoded(name))).await.map_err(CliError::from)?;
    let screen = connection.screen;
    screen.document(&json!({ "removed": name }))?;
    Ok(screen.line(format!("{} {name}", screen.paint(GOOD, screen.pick("已删除公钥登记", "removed"))))?)
}

/// Revokes a token, and prints the tokens that ended with it.
///
/// # Errors
///
/// [`CliError`]; the screen.
pub async fn revoke_token(connection: &CourtConnection<'_>, id: &str, keep_issued: bool) -> anyhow::Result<()> {
    let body = if keep_issued { json!({ "keep_issued": true }) } else { json!({}) };
    let answer = connection.post(&format!("/v1/tokens/{}/revocation", encoded(id)), &body).await?;
    let screen = connection.screen;
    if answer.get("act").is_some_and(Value::is_object) {
        connection.print_act(&answer)?;
    } else {
        screen.document(&answer)?;
        let zh = "令牌已失效；账本目前暂停写入，撤销记录将在恢复后上链";
        let en = "the token is not accepted any more; its act goes on the chain once the ledger accepts deposits again";
        screen.line(screen.paint(WARNING, screen.pick(zh, en)))?;
    }
    for (field, zh, en) in [
        ("ended", "  一并失效的令牌", "  tokens that ended"),
        ("left", "  仍有效的、由其签发的令牌", "  tokens issued with it that are still accepted"),
    ] {
        let ids = answer.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let rows: Vec<Vec<String>> = ids.map(|id| vec![screen.pick(zh, en).to_owned(), id.to_owned()]).collect();
        screen.table(&rows)?;
    }
    Ok(())
}
