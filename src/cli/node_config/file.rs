//! Reads a configuration file (TOML 1.0) as a list of assignments with their lines.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::wire::bilingual::Bilingual;

/// A key and its value in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The key with its tables: `network.listen`.
    pub key: String,
    /// The value, or the values of a list.
    pub values: Vec<String>,
    /// Whether it is a list.
    pub is_list: bool,
    /// The line of the value, counted from 1.
    pub line: usize,
}

/// Parses a file. The assignments are in the order of the file.
///
/// # Errors
///
/// A line, and why it cannot be read.
pub fn parse(text: &str) -> Result<Vec<Assignment>, (usize, Bilingual)> {
    let table = DeTable::parse(text).map_err(|error| {
        let line = line_at(text, error.span().map_or(0, |span| span.start));
        (
            line,
            Bilingual::new(
                format!("不是有效的 TOML：{}", error.message()),
                format!("this is not valid TOML: {}", error.message()),
            ),
        )
    })?;
    let mut found = Vec::new();
    collect(text, "", table.get_ref(), &mut found)?;
    found.sort_by_key(|assignment: &Assignment| assignment.line);
    Ok(found)
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

fn collect(
    text: &str,
    prefix: &str,
    table: &DeTable<'_>,
    found: &mut Vec<Assignment>,
) -> Result<(), (usize, Bilingual)> {
    for (key, value) in table {
        let key = format!("{prefix}{}", key.get_ref());
        let line = line_at(text, value.span().start);
        match value.get_ref() {
            // For an empty table too, its key is checked.
            DeValue::Table(inner) if inner.is_empty() => {
                found.push(Assignment { key, values: Vec::new(), is_list: true, line });
            }
            DeValue::Table(inner) => collect(text, &format!("{key}."), inner, found)?,
            DeValue::Array(items) => {
                let values = items.iter().map(|item| scalar(text, &key, item)).collect::<Result<_, _>>()?;
                found.push(Assignment { key, values, is_list: true, line });
            }
            _ => {
                let values = vec![scalar(text, &key, value)?];
                found.push(Assignment { key, values, is_list: false, line });
            }
        }
    }
    Ok(())
}

fn scalar(text: &str, key: &str, value: &Spanned<DeValue<'_>>) -> Result<String, (usize, Bilingual)> {
    match value.get_ref() {
        DeValue::String(value) => Ok(value.clone().into_owned()),
        DeValue::Integer(value) if value.radix() == 10 => Ok(value.as_str().replace('_', "")),
        DeValue::Boolean(value) => Ok(value.to_string()),
        other => {
            let kind = other.type_str();
            let reason = Bilingual::new(
                format!("{key} 应为文本、整数或布尔值，而非 {kind}"),
                format!("{key} takes a text, a decimal number or a boolean, no {kind}"),
            );
            Err((line_at(text, value.span().start), reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_have_their_tables_and_lines() {
        let text = "# a comment\n[network]\nlisten = [\"a\",\n \"b\"]\n\n[log]\nformat = \"json\"\nslow_ms = 1_000\ntls.x = true\n";
        let found = parse(text).unwrap();
        let short: Vec<_> = found.iter().map(|a| (a.line, a.key.as_str(), a.values.join(" "), a.is_list)).collect();
        assert_eq!(
            short,
            [
                (3, "network.listen", "a b".into(), true),
                (7, "log.format", "json".into(), false),
                (8, "log.slow_ms", "1000".into(), false),
                (9, "log.tls.x", "true".into(), false),
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_line() {
        for (text, line) in
            [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("x = 1\n\ny = 1.5\n", 3), ("z = [1, [2]]", 1), ("[a\n", 1)]
        {
            let (found, reason) = parse(text).unwrap_err();
            assert_eq!(found, line, "{text}: {}", reason.en);
        }
    }
}
