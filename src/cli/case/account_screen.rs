//! Prints an account: owner, identity checks, roles and tokens.

use serde_json::Value;

use crate::cli::case::connection::{bilingual, text};
use crate::cli::screen::Screen;

/// Labels of the scopes.
const SCOPES: [(&str, &str); 6] = [
    ("deposit", "存证"),
    ("read", "查阅"),
    ("case", "案件办理"),
    ("court", "法院办案"),
    ("manage", "账号管理"),
    ("feed", "事件订阅"),
];

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// Prints an account in the JSON of `/v1/me` or `/v1/accounts/{account}`.
///
/// # Errors
///
/// The screen.
pub fn show(screen: &Screen, account: &Value) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    let mut row = |zh: &str, en: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![screen.pick(zh, en).to_owned(), value]);
        }
    };
    let field = |pointer: &str| text(account, pointer).unwrap_or_default();
    row("账号", "account", field("/account"));
    row("主体", "kind", bilingual(screen, account.get("subject_label")));
    let erased = account.get("name_erased").and_then(Value::as_bool) == Some(true);
    row("姓名或名称", "name", if erased { screen.pick("（已删除）", "(erased)").into() } else { field("/name") });
    row("开立时间", "opened at", field("/opened_at"));
    for check in account.get("identity").into_iter().chain(list(account, "identities")) {
        let said = ["method_label", "level_label"].map(|name| bilingual(screen, check.get(name)));
        let at = text(check, "/at").unwrap_or_default();
        row("实名核验", "identity check", format!("{}  {at}", said.join(screen.pick("，", ", "))));
    }
    let roles: Vec<String> = list(account, "roles").map(|role| role_text(screen, role)).collect();
    let none = || screen.pick("无", "none").to_owned();
    row("角色", "roles", if roles.is_empty() { none() } else { roles.join(screen.pick("、", ", ")) });
    let offered: Vec<String> = list(account, "offered_roles").map(|role| role_text(screen, role)).collect();
    row("待接受的角色", "roles to accept", offered.join(screen.pick("、", ", ")));
    if account.get("scopes").is_some() {
        row("令牌权限", "the token's scopes", scopes(screen, account));
    }
    for token in list(account, "tokens") {
        let is_accepted = token.get("accepted").and_then(Value::as_bool) == Some(true);
        let state = if is_accepted { screen.pick("有效", "accepted") } else { screen.pick("已失效", "ended") };
        let (id, until) = (text(token, "/id").unwrap_or_default(), text(token, "/expires_at").unwrap_or_default());
        let until = format!("{} {until}", screen.pick("有效期至", "until"));
        row("令牌", "token", format!("{id}  {state}  {}  {until}", scopes(screen, token)));
    }
    Ok(screen.table(&rows)?)
}

/// A role, and its court: 书记员（粤0192）.
fn role_text(screen: &Screen, role: &Value) -> String {
    let label = bilingual(screen, role.get("label"));
    match text(role, "/court") {
        Some(court) => format!("{label}{}{court}{}", screen.pick("（", " ("), screen.pick("）", ")")),
        None => label,
    }
}

fn scopes(screen: &Screen, value: &Value) -> String {
    let word = |scope: &str| {
        let chinese = SCOPES.iter().find(|(word, _)| *word == scope).map_or(scope, |(_, chinese)| *chinese);
        screen.pick(chinese, scope).to_owned()
    };
    let words: Vec<String> = list(value, "scopes").filter_map(Value::as_str).map(word).collect();
    words.join(screen.pick("、", ", "))
}
