// A strict JSON reader (RFC 8259): every name once, integers exact, strings without lone surrogates, nothing after the value.
// `JSON.parse` accepts repeated names and rounds large integers, so that two readers could read two documents.

import { RecordError } from './text.js';

const DEPTH_MAX = 127;

class JsonReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fail(code = 'malformed_json') {
    throw new RecordError(code, this.text.slice(0, this.at).split('\n').length);
  }

  space() {
    while (this.at < this.text.length && ' \t\n\r'.includes(this.text[this.at])) this.at += 1;
  }

  take(token) {
    if (!this.text.startsWith(token, this.at)) this.fail();
    this.at += token.length;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) this.fail();
    this.at += found[0].length;
    return found[0];
  }

  string() {
    const quoted = this.match(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y);
    const value = JSON.parse(quoted);
    if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) this.fail();
    return value;
  }

  number() {
    const digits = this.match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    return /^(?:0|[1-9][0-9]*)$/.test(digits) ? BigInt(digits) : Number(digits);
  }

  list(depth, close, item) {
    this.at += 1;
    this.space();
    if (this.text[this.at] === close) {
      this.at += 1;
      return;
    }
    for (;;) {
      item();
      this.space();
      if (this.text[this.at] === close) break;
      this.take(',');
    }
    this.at += 1;
  }

  value(depth = 0) {
    if (depth > DEPTH_MAX) this.fail();
    this.space();
    const first = this.text[this.at];
    if (first === '"') return this.string();
    if (first === '{') {
      const object = new Map();
      this.list(depth, '}', () => {
        this.space();
        const name = this.string();
        this.space();
        this.take(':');
        if (object.has(name)) this.fail('unexpected_json');
        object.set(name, this.value(depth + 1));
      });
      return object;
    }
    if (first === '[') {
      const array = [];
      this.list(depth, ']', () => array.push(this.value(depth + 1)));
      return array;
    }
    for (const [token, value] of [['true', true], ['false', false], ['null', null]]) {
      if (this.text.startsWith(token, this.at)) {
        this.at += token.length;
        return value;
      }
    }
    return this.number();
  }
}

/** Parses one JSON value: objects become maps, integers from 0 on become bigints. */
export function parseJson(text) {
  const reader = new JsonReader(text);
  const value = reader.value();
  reader.space();
  if (reader.at < text.length) reader.fail();
  return value;
}
