// A reader of DER (X.690): definite and shortest lengths, one-byte tags. Every value keeps its original bytes, because certificates,
// names and signed content are hashed and compared as they were encoded.

import { RecordError } from './text.js';

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const SEQUENCE = 0x30;
export const SET = 0x31;
export const BOOLEAN = 0x01;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;

/** The tag of a constructed context-specific value, such as [0]. */
export const constructed = (number) => 0xa0 | number;
/** The tag of a primitive context-specific value. */
export const primitive = (number) => 0x80 | number;

/** Reads the values in some bytes one after the other. Throws `malformed_der`. */
export class Der {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** The fields of the one value with this tag that the bytes are. */
  static of(bytes, tag) {
    const outer = new Der(bytes);
    const fields = outer.nested(tag);
    outer.finish();
    return fields;
  }

  fail() {
    throw new RecordError('malformed_der');
  }

  get isFinished() {
    return this.at === this.bytes.length;
  }

  finish() {
    if (!this.isFinished) this.fail();
  }

  nextIs(tag) {
    return !this.isFinished && this.bytes[this.at] === tag;
  }

  /** The next value: `{ tag, content, encoded }`. */
  any() {
    const { bytes, at: start } = this;
    const tag = bytes[start];
    let length = bytes[start + 1];
    let content = start + 2;
    if (length === undefined || (tag & 0x1f) === 0x1f) this.fail();
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count < 1 || count > 4 || content + count > bytes.length) this.fail();
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + bytes[content + i];
      if (length < 0x80 || length < 256 ** (count - 1)) this.fail();
      content += count;
    }
    const end = content + length;
    if (end > bytes.length) this.fail();
    this.at = end;
    return { tag, content: bytes.subarray(content, end), encoded: bytes.subarray(start, end) };
  }

  encoded() {
    return this.any().encoded;
  }

  content(tag) {
    const value = this.any();
    if (value.tag !== tag) this.fail();
    return value.content;
  }

  optional(tag) {
    return this.nextIs(tag) ? this.content(tag) : null;
  }

  nested(tag) {
    return new Der(this.content(tag));
  }

  oid() {
    return oidText(this.content(OID)) ?? this.fail();
  }

  /** An integer of at most `most` bytes in its shortest form. */
  integer(most) {
    const content = this.content(INTEGER);
    const [first, second] = content;
    const isLonger = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (content.length === 0 || content.length > most || isLonger) this.fail();
    return content;
  }

  /** An integer from 0 to 255. */
  smallInteger() {
    const value = unsignedInteger(this.integer(2));
    if (value === null || value > 255) this.fail();
    return value;
  }

  /** A boolean, which is false if it is missing. */
  flag() {
    const content = this.optional(BOOLEAN);
    if (content === null) return false;
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) this.fail();
    return content[0] === 0xff;
  }
}

/** The dotted form of an object identifier; null if it is malformed. */
export function oidText(content) {
  const arcs = [];
  let arc = 0;
  for (const [at, byte] of content.entries()) {
    if (arc === 0 && byte === 0x80) return null;
    arc = arc * 128 + (byte & 0x7f);
    if (byte & 0x80) {
      if (at === content.length - 1) return null;
      continue;
    }
    if (arcs.length === 0) {
      const first = Math.min(2, Math.floor(arc / 40));
      arcs.push(first, arc - 40 * first);
    } else {
      arcs.push(arc);
    }
    arc = 0;
  }
  return arcs.length === 0 ? null : arcs.join('.');
}

/** A number of at most 6 bytes that is not negative; null for all others. */
export function unsignedInteger(content) {
  if (content.length === 0 || content[0] & 0x80 || content.length > 7) return null;
  const value = content.reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : null;
}

/** `content` under `tag`. */
export function encodeDer(tag, content) {
  const head = [tag];
  if (content.length < 0x80) head.push(content.length);
  else {
    const digits = [];
    for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
    head.push(0x80 | digits.length, ...digits);
  }
  const encoded = new Uint8Array(head.length + content.length);
  encoded.set(head);
  encoded.set(content, head.length);
  return encoded;
}

/** Milliseconds of a UTCTime or GeneralizedTime of a certificate. */
export function certificateTime(value) {
  const text = String.fromCharCode(...value.content);
  const isShort = value.tag === UTC_TIME && /^\d{12}Z$/.test(text);
  if (!isShort && !(value.tag === GENERALIZED_TIME && /^\d{14}Z$/.test(text))) throw new RecordError('malformed_der');
  const year = isShort ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text.slice(0, 2)}` : text.slice(0, 4);
  const rest = text.slice(isShort ? 2 : 4);
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) => rest.slice(at, at + 2));
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const millis = Date.parse(written);
  if (Number.isNaN(millis) || new Date(millis).toISOString() !== written) throw new RecordError('malformed_der');
  return millis;
}
