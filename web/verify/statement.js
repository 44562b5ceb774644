// The statement: what a depositor says and signs. Its text, and the note around it.

import { compareText, sameBytes, toHex, utf8 } from './bytes.js';
import { verifyEd25519 } from './ed25519.js';
import { LEDGER_KEY, depositorName, isName, parseKey } from './keys.js';
import { isMediaType } from './media.js';
import { parseNote } from './note.js';
import { isDepositNumber, typedNumber } from './number.js';
import { Fields, RecordError } from './text.js';

const STATEMENT_ORDER = [
  'ledger', 'sha-256', 'salted-sha-256', 'sm3', 'salted-sm3', 'size', 'manifest', 'type', 'meta', 'subject', 'link', 'on-behalf',
  'nonce', 'key',
];
const LINK_KINDS = ['corrects', 'refers', 'replaces', 'supplements', 'withdraws'];
const LINKS_MAX = 16;
const KEYS_MAX = 16;

/** The digests of the empty input, which no statement may contain. */
const OF_EMPTY_INPUT = {
  'sha-256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sm3: '1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b',
};

/** Whether this is the digest of nothing. */
export function isOfEmptyInput(algorithm, digest) {
  return toHex(digest) === OF_EMPTY_INPUT[algorithm];
}

function readContent(fields) {
  let salted = null;
  const digests = [];
  for (const algorithm of ['sha-256', 'sm3']) {
    for (const isSalted of [false, true]) {
      const name = isSalted ? `salted-${algorithm}` : algorithm;
      const value = fields.optional(name);
      if (value === null) continue;
      const digest = fields.hex(name, value, 32);
      salted ??= isSalted;
      if (salted !== isSalted || digests.some((other) => other.algorithm === algorithm)) fields.fail('misordered_line', name);
      if (isOfEmptyInput(algorithm, digest)) fields.fail('weak_digest', name);
      digests.push({ algorithm, digest });
    }
  }
  if (digests.length === 0) return null;
  if (salted) return { salted, digests, size: null };
  const size = fields.decimal('size', fields.required('size'));
  if (size === 0n) fields.fail('bad_value', 'size', 'at least 1');
  return { salted, digests, size };
}

/** A hash and a decimal of at least 1, with one space between them. */
function readPair(fields, name, value) {
  const space = value.indexOf(' ');
  if (space < 0) fields.fail('bad_value', name);
  const number = fields.decimal(name, value.slice(space + 1));
  if (number === 0n) fields.fail('bad_value', name, 'at least 1');
  return [fields.hex(name, value.slice(0, space), 32), number];
}

function readManifest(fields, content) {
  const value = fields.optional('manifest');
  if (value !== null) {
    const [root, count] = readPair(fields, 'manifest', value);
    return { root, count };
  }
  if (content === null) {
    fields.required('sha-256');
    fields.fail('missing_line', 'sha-256');
  }
  return null;
}

function isTypedNumber(text) {
  try {
    return typedNumber(text) !== '';
  } catch {
    return false;
  }
}

function readLinks(fields) {
  const links = [];
  for (let value = fields.optional('link'), before = ''; value !== null; before = value, value = fields.optional('link')) {
    const space = value.indexOf(' ');
    const [kind, number] = [value.slice(0, space), value.slice(space + 1)];
    if (space < 0 || !LINK_KINDS.includes(kind)) fields.fail('bad_value', 'link');
    if (!isDepositNumber(number)) fields.fail(isTypedNumber(number) ? 'bad_value' : 'mistyped_number', 'link');
    if (compareText(value, before) <= 0 || links.some((other) => other.number === number)) fields.fail('not_sorted', 'link');
    if (links.length === LINKS_MAX) fields.fail('too_many_lines', 'link');
    links.push({ kind, number });
  }
  return links;
}

function readKey(fields, value) {
  let key;
  try {
    key = parseKey(value, LEDGER_KEY);
  } catch (error) {
    fields.fail(error.code === 'weak_key' ? 'weak_key' : 'bad_value', 'key');
  }
  if (key.name !== depositorName(key.bytes) || key.text !== value) fields.fail('bad_value', 'key');
  return key;
}

function readKeys(fields) {
  const keys = [];
  let before = '';
  for (let value = fields.required('key'); value !== null; value = fields.optional('key')) {
    const key = readKey(fields, value);
    if (compareText(value, before) <= 0) fields.fail('not_sorted', 'key');
    if (keys.length === KEYS_MAX) fields.fail('too_many_lines', 'key');
    before = value;
    keys.push(key);
  }
  return keys;
}

function optionalHash(fields, name) {
  const value = fields.optional(name);
  return value === null ? null : fields.hex(name, value, 32);
}

function parseStatementText(text) {
  const fields = new Fields(text, 'tiezheng statement v1', STATEMENT_ORDER);
  const ledger = fields.required('ledger');
  if (!isName(ledger)) fields.fail('bad_value', 'ledger', 'an origin');
  const content = readContent(fields);
  const manifest = readManifest(fields, content);
  const mediaType = fields.optional('type');
  if (mediaType !== null && !isMediaType(mediaType)) fields.fail('bad_value', 'type', 'a listed media type');
  const meta = optionalHash(fields, 'meta');
  const subject = fields.optional('subject');
  if (subject !== null) readPair(fields, 'subject', subject);
  const links = readLinks(fields);
  const onBehalf = optionalHash(fields, 'on-behalf');
  fields.hex('nonce', fields.required('nonce'), 16);
  const keys = readKeys(fields);
  fields.finish();
  return { ledger, content, manifest, mediaType, meta, links, onBehalf, keys };
}

/** Parses a statement note: `{ ledger, content, manifest, …, keys, note }`. Its signatures are not verified. */
export function parseStatement(whole) {
  const note = parseNote(whole);
  const statement = parseStatementText(note.text);
  const { keys } = statement;
  const fits = (at) => {
    const [key, line] = [keys[at], note.signatures[at]];
    return key && line && key.name === line.name && sameBytes(key.id, line.id) && line.bytes.length === 64;
  };
  for (let at = 0; at < Math.max(keys.length, note.signatures.length); at++) {
    if (!fits(at)) throw new RecordError(note.signatures.length < keys.length ? 'missing_signature' : 'unexpected_signature');
  }
  return { ...statement, note };
}

/** Whether every key of the statement signed it. */
export async function isSignedByItsKeys(statement) {
  const message = utf8(statement.note.text);
  for (const [at, key] of statement.keys.entries()) {
    if (!(await verifyEd25519(key.bytes, message, statement.note.signatures[at].bytes))) return false;
  }
  return true;
}
