//! Lists of deposits as CSV (RFC 4180) for spreadsheets.
//!
//! # Invariants
//!
//! No cell is a formula: a cell that a spreadsheet would evaluate begins with an apostrophe. Every cell is quoted.

use std::fmt::Write as _;

/// With which spreadsheets recognize UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A table: the first row has the names of the columns.
#[must_use]
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = String::from(BYTE_ORDER_MARK);
    push_row(&mut table, &head);
    for row in rows {
        push_row(&mut table, &row.each_ref().map(String::as_str));
    }
    table
}

fn push_row(table: &mut String, cells: &[&str]) {
    for (at, cell) in cells.iter().enumerate() {
        let separator = if at == 0 { "" } else { "," };
        let guard = if is_formula(cell) { "'" } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(table, "{separator}\"{guard}{}\"", cell.replace('"', "\"\""));
    }
    table.push_str("\r\n");
}

/// Whether a spreadsheet may take the cell for a formula: also where full-width signs are read as their ASCII forms.
fn is_formula(cell: &str) -> bool {
    let first = cell.trim_start_matches([' ', '\u{a0}', '\u{3000}']).chars().next();
    first.is_some_and(|c| "=+-@\t\r\n＝＋－＠".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_none_breaks_its_row() {
        let rows = [
            "=HYPERLINK(\"http://evil.example\")",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            " =1",
            "＝1",
            "a,b\r\n\"c\"",
            "a=b",
        ];
        let text = table(["名称"], rows.map(|cell| [cell.to_owned()]));
        let expected = "\u{feff}\"名称\"\r\n\"'=HYPERLINK(\"\"http://evil.example\"\")\"\r\n\"'+1\"\r\n\"'-1\"\r\n\"'@SUM(A1)\"\r\n\
                        \"'\t=1\"\r\n\"' =1\"\r\n\"'＝1\"\r\n\"a,b\r\n\"\"c\"\"\"\r\n\"a=b\"\r\n";
        assert_eq!(text, expected);
        assert_eq!(table(["a", "b"], [["1".into(), String::new()]]), "\u{feff}\"a\",\"b\"\r\n\"1\",\"\"\r\n");
    }
}
