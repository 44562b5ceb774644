// The records of the chain: entry (one deposit), block header (seals a block), notice (the operator's own record).

import { toHex } from './bytes.js';
import { LEDGER_KEY, isName, parseKey } from './keys.js';
import { parseNote } from './note.js';
import { isDepositNumber } from './number.js';
import { parseStatement } from './statement.js';
import { DECIMAL_MAX, Fields, checkPlain } from './text.js';

const BLOCK_ORDER = ['ledger', 'height', 'previous', 'time', 'first', 'count', 'root'];
const NOTICE_ORDER = ['ledger', 'received', 'kind', 'mode', 'key', 'next', 'content'];
const ERASED_MAX = 256;

function readLedger(fields) {
  const ledger = fields.required('ledger');
  if (!isName(ledger)) fields.fail('bad_value', 'ledger', 'an origin');
  return ledger;
}

/** Parses an entry: `{ number, received, statement }`. Its first blank line ends the two head lines. */
export function parseEntry(text) {
  checkPlain(text);
  const blank = text.indexOf('\n\n');
  const cut = blank < 0 ? text.length : blank + 1;
  const fields = new Fields(text.slice(0, cut), 'tiezheng entry v1', ['number', 'received']);
  const number = fields.required('number');
  if (!isDepositNumber(number)) fields.fail('mistyped_number', 'number');
  const received = fields.time('received');
  fields.finish();
  return { number, received, statement: parseStatement(text.slice(cut + 1)) };
}

/** Parses a block header; `index` is its own place in the tree. */
export function parseBlock(text) {
  checkPlain(text);
  const fields = new Fields(text, 'tiezheng block v1', BLOCK_ORDER);
  const ledger = readLedger(fields);
  const decimalOf = (name) => fields.decimal(name, fields.required(name));
  const hashOf = (name) => fields.hex(name, fields.required(name), 32);
  const height = decimalOf('height');
  const previous = hashOf('previous');
  const time = fields.time('time');
  const first = decimalOf('first');
  const count = decimalOf('count');
  if (count === 0n || first > DECIMAL_MAX - count) fields.fail('bad_value', 'count', 'at least 1, and inside the tree');
  const root = hashOf('root');
  fields.finish();
  return { ledger, height, previous, time, first, count, root, index: first + count };
}

function readKeys(fields, ledger) {
  const value = fields.required('key');
  let key = null;
  try {
    key = parseKey(value, LEDGER_KEY);
  } catch {
    // Reported below, as every other bad key.
  }
  if (key === null || key.name !== ledger || key.text !== value) fields.fail('bad_value', 'key', 'a vkey named as the ledger');
  const next = fields.hex('next', fields.required('next'), 32);
  return { key, next };
}

/** Sorted by leaf index, `metadata` before annexes, annexes by their bytes. */
function readErased(fields) {
  let before = null;
  let count = 0;
  for (let value = fields.required('content'); value !== null; value = fields.optional('content')) {
    const space = value.indexOf(' ');
    if (space < 0) fields.fail('bad_value', 'content');
    const index = fields.decimal('content', value.slice(0, space));
    const rest = value.slice(space + 1);
    const piece = rest === 'metadata' ? '' : toHex(fields.hex('content', rest, 32));
    if (before !== null && (index < before.index || (index === before.index && piece <= before.piece))) {
      fields.fail('not_sorted', 'content');
    }
    if (count === ERASED_MAX) fields.fail('too_many_lines', 'content');
    count += 1;
    before = { index, piece };
  }
}

/** Parses a notice: `{ ledger, received, kind, mode, key, next, note }`. Its signatures are not verified. */
export function parseNotice(text) {
  const note = parseNote(text);
  const fields = new Fields(note.text, 'tiezheng notice v1', NOTICE_ORDER);
  const ledger = readLedger(fields);
  const received = fields.time('received');
  const kind = fields.required('kind');
  const notice = { ledger, received, kind, mode: null, key: null, next: null, note };
  if (kind === 'genesis') {
    notice.mode = fields.required('mode');
    if (notice.mode !== 'live' && notice.mode !== 'test') fields.fail('bad_value', 'mode', 'live or test');
  }
  if (kind === 'genesis' || kind === 'key') Object.assign(notice, readKeys(fields, ledger));
  else if (kind === 'erased') readErased(fields);
  else fields.fail('bad_value', 'kind', 'genesis, key or erased');
  fields.finish();
  return notice;
}
