// The receipt file, `tiezheng/receipt/v1`, and the receipt of one item of a manifest, `tiezheng/item-receipt/v1`. Reading a receipt
// verifies nothing.

import { fromHex, toHex, utf8 } from './bytes.js';
import { parseJson } from './json.js';
import { DECIMAL_MAX, RecordError } from './text.js';

const RECEIPT_VERSION = 'tiezheng/receipt/v1';
const ITEM_VERSION = 'tiezheng/item-receipt/v1';
const RECEIPT_MAX = 1 << 20;
const ITEM_RECEIPT_MAX = RECEIPT_MAX + (64 << 10);
const PATH_MAX = 64;
const U64_MAX = 2n ** 64n - 1n;

const unexpected = (detail) => new RecordError('unexpected_json', undefined, detail);

/** The values of exactly these fields, each there once; fields that end in `?` may be missing. */
function fieldsOf(value, names) {
  if (!(value instanceof Map)) throw unexpected('an object');
  const known = names.map((name) => name.replace('?', ''));
  for (const name of value.keys()) {
    if (!known.includes(name)) throw unexpected(name.slice(0, 40));
  }
  return names.map((name) => {
    if (!value.has(name.replace('?', ''))) {
      if (name.endsWith('?')) return null;
      throw unexpected(name);
    }
    return value.get(name.replace('?', ''));
  });
}

function text(value, name) {
  if (typeof value !== 'string') throw unexpected(name);
  return value;
}

function list(value, name) {
  if (!Array.isArray(value)) throw unexpected(name);
  return value;
}

function indexOf(value) {
  if (typeof value !== 'bigint' || value > U64_MAX) throw unexpected('index');
  return value;
}

function checkedIndex(index) {
  if (index >= DECIMAL_MAX) throw new RecordError('bad_value', undefined, 'index');
  return index;
}

function texts(value, name) {
  return list(value, name).map((one) => text(one, name));
}

function path(hashes, name) {
  const decoded = hashes.map((hash) => fromHex(hash, 32));
  if (decoded.includes(null) || decoded.length > PATH_MAX) throw new RecordError('bad_value', undefined, name);
  return decoded;
}

const RECEIPT_FIELDS = [
  'receipt', 'entry', 'index', 'header', 'entry_path', 'header_path', 'previous_path', 'key_notices', 'checkpoint', 'time_tokens',
];

function versionOf(value) {
  if (!(value instanceof Map)) throw unexpected('an object');
  return text(value.get('receipt'), 'receipt');
}

function receiptOf(value) {
  const fields = Object.fromEntries(fieldsOf(value, RECEIPT_FIELDS).map((field, at) => [RECEIPT_FIELDS[at], field]));
  // All types are checked first, as a parser with types does.
  const raw = {
    receipt: text(fields.receipt, 'receipt'),
    entry: text(fields.entry, 'entry'),
    index: indexOf(fields.index),
    header: text(fields.header, 'header'),
    entryPath: texts(fields.entry_path, 'entry_path'),
    headerPath: texts(fields.header_path, 'header_path'),
    previousPath: texts(fields.previous_path, 'previous_path'),
    keyNotices: list(fields.key_notices, 'key_notices').map((notice) => {
      const [index, noticeText, noticePath] = fieldsOf(notice, ['index', 'text', 'path']);
      return { index: indexOf(index), text: text(noticeText, 'text'), path: texts(noticePath, 'path') };
    }),
    checkpoint: text(fields.checkpoint, 'checkpoint'),
    timeTokens: texts(fields.time_tokens, 'time_tokens'),
  };
  if (raw.receipt !== RECEIPT_VERSION) throw new RecordError('unknown_version', undefined, raw.receipt.slice(0, 40));
  return {
    entry: raw.entry,
    index: checkedIndex(raw.index),
    header: raw.header,
    entryPath: path(raw.entryPath, 'entry_path'),
    headerPath: path(raw.headerPath, 'header_path'),
    previousPath: path(raw.previousPath, 'previous_path'),
    keyNotices: raw.keyNotices.map((notice) => ({
      index: checkedIndex(notice.index),
      text: notice.text,
      path: path(notice.path, 'path'),
    })),
    checkpoint: raw.checkpoint,
    timeTokens: raw.timeTokens,
  };
}

const paths = (hashes) => hashes.map(toHex);

/** What JSON.stringify prints, except that a bigint is a number. */
function printed(value) {
  const marked = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `\u0000${one}` : one), 2);
  return `${marked.replace(/"\\u0000(\d+)"/g, '$1')}\n`;
}

/** The one spelling of an item receipt. */
function printItemReceipt(receipt, claim) {
  const deposit = {
    receipt: RECEIPT_VERSION,
    entry: receipt.entry,
    index: receipt.index,
    header: receipt.header,
    entry_path: paths(receipt.entryPath),
    header_path: paths(receipt.headerPath),
    previous_path: paths(receipt.previousPath),
    key_notices: receipt.keyNotices.map((one) => ({ index: one.index, text: one.text, path: paths(one.path) })),
    checkpoint: receipt.checkpoint,
    time_tokens: receipt.timeTokens,
  };
  const item = { receipt: ITEM_VERSION, deposit, item: claim.line, index: claim.index, path: paths(claim.path) };
  if (claim.name !== null) item.name = { salt: toHex(claim.name.salt), path: claim.name.path };
  return printed(item);
}

function itemReceiptOf(value, whole) {
  const [, deposit, line, index, hashes, name] = fieldsOf(value, ['receipt', 'deposit', 'item', 'index', 'path', 'name?']);
  const receipt = receiptOf(deposit);
  const claim = {
    line: text(line, 'item'),
    index: checkedIndex(indexOf(index)),
    path: path(texts(hashes, 'path'), 'path'),
    name: null,
  };
  if (name !== null) {
    const [salt, itemPath] = fieldsOf(name, ['salt', 'path']);
    claim.name = { salt: fromHex(text(salt, 'salt'), 32), path: text(itemPath, 'path') };
    if (claim.name.salt === null) throw new RecordError('bad_value', undefined, 'salt');
  }
  if (printItemReceipt(receipt, claim) !== whole) throw new RecordError('other_spelling');
  return { receipt, claim };
}

/**
 * Parses a receipt file: `{ receipt, claim }`; `claim` is null for the receipt of a whole deposit. Throws a `RecordError`:
 * `unknown_version` for other versions and other files, whatever else they contain.
 */
export function parseReceipt(fileText) {
  const whole = fileText.endsWith('\n') ? fileText : `${fileText}\n`;
  const size = utf8(whole).length;
  if (size > ITEM_RECEIPT_MAX) throw new RecordError('body_too_large');
  const value = parseJson(whole);
  const version = versionOf(value);
  if (version === ITEM_VERSION) return itemReceiptOf(value, whole);
  if (version !== RECEIPT_VERSION) throw new RecordError('unknown_version', undefined, version.slice(0, 40));
  if (size > RECEIPT_MAX) throw new RecordError('body_too_large');
  return { receipt: receiptOf(value), claim: null };
}
