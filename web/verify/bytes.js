// Bytes, text, hexadecimal and base64. Each decoder accepts exactly one spelling of a value and returns null for all others.

/** The UTF-8 bytes of a text. */
export function utf8(text) {
  return new TextEncoder().encode(text);
}

/** The text of UTF-8 bytes; null if they are not UTF-8. A byte order mark is kept. */
export function fromUtf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** All parts one after the other. */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether both have the same bytes. */
export function sameBytes(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Bytewise order, as in records that are sorted: negative, 0 or positive. */
export function compareBytes(a, b) {
  const common = Math.min(a.length, b.length);
  for (let at = 0; at < common; at++) {
    if (a[at] !== b[at]) return a[at] - b[at];
  }
  return a.length - b.length;
}

/** Bytewise order of the UTF-8 forms of two texts. */
export function compareText(a, b) {
  return compareBytes(utf8(a), utf8(b));
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The bytes of lower-case hexadecimal digits, `length` bytes if given; null for any other text. */
export function fromHex(text, length) {
  if (!/^(?:[0-9a-f]{2})*$/.test(text) || (length !== undefined && text.length !== 2 * length)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 of RFC 4648 section 4, with padding. */
export function toBase64(bytes) {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const rest = bytes.length - at;
    const group = (bytes[at] << 16) | ((rest > 1 ? bytes[at + 1] : 0) << 8) | (rest > 2 ? bytes[at + 2] : 0);
    text += BASE64[group >> 18] + BASE64[(group >> 12) & 63];
    text += rest > 1 ? BASE64[(group >> 6) & 63] : '=';
    text += rest > 2 ? BASE64[group & 63] : '=';
  }
  return text;
}

/** The bytes of canonical base64; null if it has another padding, other characters, or unused bits that are not zero. */
export function fromBase64(text) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  for (let at = 0, to = 0; at < text.length; at += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => Math.max(0, BASE64.indexOf(text[at + i])));
    const group = (a << 18) | (b << 12) | (c << 6) | d;
    for (const byte of [group >> 16, (group >> 8) & 255, group & 255]) {
      if (to < bytes.length) bytes[to++] = byte;
    }
  }
  return toBase64(bytes) === text ? bytes : null;
}

/**
 * The text of a file that an editor or a mail program may have saved: UTF-8 or UTF-16 with a byte order mark; CRLF line ends become
 * LF. Null for all other encodings, which are never guessed.
 */
export function fileText(bytes) {
  let text;
  const mark = (bytes[0] << 8) | bytes[1];
  if (bytes.length >= 2 && (mark === 0xfffe || mark === 0xfeff)) {
    try {
      text = new TextDecoder(mark === 0xfffe ? 'utf-16le' : 'utf-16be', { fatal: true }).decode(bytes);
    } catch {
      return null;
    }
  } else {
    const plain = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
    text = fromUtf8(plain);
  }
  return text === null ? null : text.replaceAll('\r\n', '\n');
}
