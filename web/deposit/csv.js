// Tables as CSV (RFC 4180) for spreadsheets. No cell is a formula: one that a spreadsheet would evaluate begins with an apostrophe.

const FORMULA = /^[ \u00a0\u3000]*[=+\-@\t\r\n＝＋－＠]/;

function cell(text) {
  return `"${FORMULA.test(text) ? "'" : ''}${text.replaceAll('"', '""')}"`;
}

/** The table of these rows of texts, with the byte order mark by which spreadsheets recognize UTF-8. */
export function csvOf(rows) {
  return `\ufeff${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}
