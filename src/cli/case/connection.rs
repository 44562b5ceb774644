//! Requests to a node's filing service: address, token, idempotency key, and the output of answers.

use std::path::PathBuf;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::case_key::random_bytes;
use crate::cli::connect::ServerArgs;
use crate::cli::exit::CliError;
use crate::cli::input;
use crate::cli::screen::{GOOD, Screen, WARNING};
use crate::client::court_client::CourtClient;

/// Entries per page.
pub const PAGE: u32 = 200;

/// Options for node, token and idempotency key.
#[derive(Debug, Clone, clap::Args)]
pub struct ConnectionArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// The token; better in the environment or a file than on the command line | 访问令牌
    #[arg(long, value_name = "TOKEN", env = "TIEZHENG_TOKEN", hide_env_values = true, global = true)]
    token: Option<String>,
    /// A file that holds the token | 存放访问令牌的文件
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    /// Name of the request: the same name and request twice is one act; default: a random one | 幂等键
    #[arg(long, value_name = "KEY", global = true)]
    key: Option<String>,
}

/// A client of the filing service, with the screen for its answers.
pub struct CourtConnection<'s> {
    /// The client.
    pub client: CourtClient,
    /// The address of the node.
    pub server: String,
    /// The output.
    pub screen: &'s Screen,
    key: Option<String>,
}

impl ConnectionArgs {
    /// The address of the node.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server.server
    }

    /// Opens the connection.
    ///
    /// # Errors
    ///
    /// [`CliError`]: no token, an unreadable file, an invalid address.
    pub fn open<'s>(&self, screen: &'s Screen) -> Result<CourtConnection<'s>, CliError> {
        let token = match (&self.token_file, &self.token) {
            (Some(path), _) => input::secret(path)?,
            (None, Some(token)) => Zeroizing::new(token.clone()),
            (None, None) => {
                let en = "no token: --token-file FILE, or TIEZHENG_TOKEN in the environment";
                return Err(CliError::usage(
                    "no_token",
                    "缺少访问令牌：--token-file 文件，或环境变量 TIEZHENG_TOKEN",
                    en,
                ));
            }
        };
        let client = CourtClient::new(&self.server.server, token.trim())?;
        Ok(CourtConnection { client, server: self.server.server.clone(), screen, key: self.key.clone() })
    }
}

impl CourtConnection<'_> {
    /// The idempotency key of this request: the given one, or a random one.
    ///
    /// # Errors
    ///
    /// [`CliError`]: no randomness.
    pub fn request_key(&self) -> Result<String, CliError> {
        match &self.key {
            Some(key) => Ok(key.clone()),
            None => Ok(hex::encode(random_bytes::<16>()?)),
        }
    }

    /// Posts `body`, and returns the answer.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, CliError> {
        Ok(self.client.post(path, body, &self.request_key()?).await?)
    }

    /// All pages of a list as one answer.
    ///
    /// # Errors
    ///
    /// [`CliError`].
    pub async fn pages(&self, path: &str, first: Option<String>) -> Result<Value, CliError> {
        let mut cursor = first;
        let mut whole: Option<Value> = None;
        loop {
            let from = cursor.map(|cursor| format!("&cursor={}", encoded(&cursor))).unwrap_or_default();
            let join = if path.contains('?') { '&' } else { '?' };
            let mut page = self.client.get(&format!("{path}{join}limit={PAGE}{from}")).await?;
            let next = page.get_mut("next_cursor").map(Value::take).unwrap_or_default();
            match &mut whole {
                None => whole = Some(page),
                Some(whole) => {
                    let more = page.get_mut("items").map(Value::take).unwrap_or_default();
                    if let (Some(Value::Array(items)), Value::Array(more)) = (whole.get_mut("items"), more) {
                        items.extend(more);
                    }
                }
            }
            match next {
                Value::String(next) => cursor = Some(next),
                _ => return Ok(whole.unwrap_or_default()),
            }
        }
    }

    /// Posts an act, and prints the result.
    ///
    /// # Errors
    ///
    /// [`CliError`]; the screen.
    pub async fn act(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.post(path, body).await?;
        self.print_act(&answer)?;
        Ok(answer)
    }

    /// Prints a recorded act: kind, deposit number, warnings.
    ///
    /// # Errors
    ///
    /// The screen.
    pub fn print_act(&self, answer: &Value) -> anyhow::Result<()> {
        let screen = self.screen;
        screen.document(answer)?;
        let act = answer.get("act").filter(|act| act.is_object()).unwrap_or(answer);
        let label = bilingual(screen, act.get("label"));
        screen.line(format!("{} {}", screen.paint(GOOD, screen.pick("已上链", "on the chain")), label))?;
        // The short name of the case, which people can type.
        let named = |of: &Value| text(of, "/reference").or_else(|| text(of, "/case"));
        let mut rows = Vec::new();
        let mut row = |zh: &str, en: &str, value: Option<String>| {
            rows.extend(value.map(|value| vec![format!("  {}", screen.pick(zh, en)), value]));
        };
        row("案件", "case", named(answer).or_else(|| named(act)));
        row("账号", "account", text(answer, "/account"));
        row("存证编号（本次操作）", "deposit number of the act", text(act, "/deposit_number"));
        row("交易id", "transaction id", text(act, "/tx_id"));
        row("时间", "time", text(act, "/at"));
        let stage = answer.get("stage_text").map(|stage| bilingual(screen, Some(stage)));
        row("案件状态", "stage", stage);
        screen.table(&rows)?;
        self.print_warnings(answer)
    }

    /// Prints the warnings of an answer.
    ///
    /// # Errors
    ///
    /// The screen.
    pub fn print_warnings(&self, answer: &Value) -> anyhow::Result<()> {
        for warning in answer.get("warnings").and_then(Value::as_array).into_iter().flatten() {
            let text = bilingual(self.screen, Some(warning));
            self.screen.line(format!("  {}", self.screen.paint(WARNING, &text)))?;
        }
        Ok(())
    }
}

/// The text of a bilingual value in the screen's language.
#[must_use]
pub fn bilingual(screen: &Screen, value: Option<&Value>) -> String {
    let text = value.and_then(|value| value.get(screen.pick("zh", "en"))).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The value at a JSON pointer as text.
#[must_use]
pub fn text(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

/// An object of the fields that have values.
#[must_use]
pub fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let mut body = json!({});
    if let Value::Object(map) = &mut body {
        map.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    }
    body
}

/// `text`, percent-encoded for a path or query.
#[must_use]
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if plain { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_sent() {
        assert_eq!(object([("a", Some(json!(1))), ("b", None)]), json!({"a": 1}));
        assert_eq!(encoded("粤0192"), "%E7%B2%A40192");
    }
}
