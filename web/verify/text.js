// The grammar that all records share: UTF-8, LF after every line, `name value` in a fixed order, no control characters. A record
// that this grammar does not allow raises a `RecordError` with a stable code and the number of the line.

import { fromHex } from './bytes.js';

/** Why a record, a note or a file was rejected. */
export class RecordError extends Error {
  constructor(code, line, detail = '') {
    super(detail === '' ? code : `${code}: ${detail}`);
    this.code = code;
    this.line = line;
    this.detail = detail;
  }
}

/** Checks that `text` has no control characters besides LF. */
export function checkPlain(text) {
  const found = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.exec(text);
  if (found) {
    const line = text.slice(0, found.index).split('\n').length;
    throw new RecordError('control_character', line, `U+${found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`);
  }
}

function isValue(text) {
  return text !== '' && !text.startsWith(' ') && !text.endsWith(' ');
}

/** Reads the lines of one record in the order that its kind prescribes. */
export class Fields {
  constructor(text, firstLine, order) {
    if (!text.endsWith('\n')) throw new RecordError('missing_final_newline', text.split('\n').length);
    const lines = text.slice(0, -1).split('\n');
    if (lines[0] !== firstLine) throw new RecordError('unknown_version', 1, firstLine);
    this.lines = lines;
    this.order = order;
    this.line = 1;
    this.last = null;
  }

  fail(code, name, detail = '') {
    throw new RecordError(code, this.line, detail === '' ? name : `${name}, ${detail}`);
  }

  /** The value of the next line if its name is `name`, else null. */
  optional(name) {
    const next = this.lines[this.line];
    if (next === undefined || !next.startsWith(`${name} `)) return null;
    const value = next.slice(name.length + 1);
    if (!isValue(value)) return null;
    this.line += 1;
    this.last = name;
    return value;
  }

  required(name) {
    return this.optional(name) ?? this.unexpected(name);
  }

  finish() {
    if (this.line < this.lines.length) this.unexpected(null);
  }

  unexpected(wanted) {
    const at = this.line + 1;
    const next = this.lines[this.line];
    if (next === undefined) throw new RecordError('missing_line', at, wanted ?? 'end');
    const space = next.indexOf(' ');
    const name = space >= 0 && isValue(next.slice(space + 1)) ? next.slice(0, space) : next;
    const place = this.order.indexOf(name);
    const last = this.last === null ? -1 : this.order.indexOf(this.last);
    if (place < 0) {
      throw new RecordError(['md5', 'sha-1', 'sha1'].includes(name) ? 'weak_digest' : 'unknown_line', at, name.slice(0, 40));
    }
    if (place === last) throw new RecordError('repeated_line', at, name);
    if (place < last || wanted === null) throw new RecordError('misordered_line', at, name);
    throw new RecordError('missing_line', at, wanted);
  }

  hex(name, value, length) {
    const bytes = fromHex(value, length);
    if (bytes !== null) return bytes;
    if (!/^[0-9A-Fa-f]*$/.test(value)) this.fail('bad_value', name, 'lower-case hex digits');
    return this.fail(value.length === 2 * length ? 'upper_case_hex' : 'wrong_length', name);
  }

  decimal(name, value) {
    return decimal(value) ?? this.fail('bad_value', name, 'a decimal below 2^63');
  }

  time(name) {
    const value = this.required(name);
    return parseTime(value) ?? this.fail('bad_value', name, 'a time as 2026-11-22T01:04:11.123Z');
  }
}

/** The largest decimal of any record. */
export const DECIMAL_MAX = 2n ** 63n - 1n;

/** A canonical decimal of at most 2^63 - 1 as a bigint; null for any other text. */
export function decimal(text) {
  if (!/^(?:0|[1-9][0-9]*)$/.test(text)) return null;
  const value = BigInt(text);
  return value <= DECIMAL_MAX ? value : null;
}

const TIME_MAX = 253402207200000;

/** Milliseconds since 1970 of a time in its canonical form; null for any other text. */
export function parseTime(text) {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text)) return null;
  const millis = Date.parse(text);
  return millis >= 0 && millis <= TIME_MAX && new Date(millis).toISOString() === text ? millis : null;
}

/** The canonical form of a time; times after the latest one are the latest. */
export function timeText(millis) {
  return new Date(Math.min(millis, TIME_MAX)).toISOString();
}

/** Milliseconds if a time of a record can have that value, else null. */
export function validMillis(millis) {
  return millis >= 0 && millis <= TIME_MAX ? millis : null;
}

/** Beijing time, as documents show it: `2026-11-22 09:04:11.123`. */
export function beijing(millis) {
  return new Date(millis + 8 * 3600 * 1000).toISOString().replace('T', ' ').replace('Z', '');
}
