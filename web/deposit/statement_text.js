// Makes statements: what a depositor says and signs. The text is that of the record format; the commitment to private metadata is
// SHA-256(0x02 ‖ salt ‖ canonical JSON).

import { compareText, concat, toBase64, toHex, utf8 } from '../verify/bytes.js';
import { sha256 } from '../verify/sha256.js';

/** The canonical form (RFC 8785) of a value made of objects, arrays and texts. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    // Names are sorted by their UTF-16 code units, as `sort` does.
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(',')}}`;
  }
  if (typeof value !== 'string') throw new TypeError('only texts have a canonical form here');
  return JSON.stringify(value);
}

/** The commitment to metadata under a salt of 32 bytes. */
export function commitment(salt, metadata) {
  return sha256(Uint8Array.of(2), salt, utf8(canonicalJson(metadata)));
}

/**
 * The text that the keys sign. `statement` has `ledger`, `digests` (`{ 'sha-256', sm3 }`), `size`, `nonce` (16 bytes), `keys` (as the
 * module of keys makes them), and optionally `mediaType`, `meta` (32 bytes) and `links` (`[{ kind, number }]`).
 */
export function statementText({ ledger, digests, size, mediaType = null, meta = null, links = [], nonce, keys }) {
  const lines = ['tiezheng statement v1', `ledger ${ledger}`];
  for (const algorithm of ['sha-256', 'sm3']) if (digests[algorithm]) lines.push(`${algorithm} ${toHex(digests[algorithm])}`);
  lines.push(`size ${size}`);
  if (mediaType !== null) lines.push(`type ${mediaType}`);
  if (meta !== null) lines.push(`meta ${toHex(meta)}`);
  lines.push(...links.map(({ kind, number }) => `link ${kind} ${number}`).sort(compareText));
  lines.push(`nonce ${toHex(nonce)}`, ...keys.map((key) => `key ${key.text}`).sort(compareText));
  return `${lines.join('\n')}\n`;
}

/** The signed note: the text and a signature of each key, in the order of the keys. */
export function statementNote(text, signatures) {
  const sorted = [...signatures].sort((a, b) => compareText(a.key.text, b.key.text));
  const lines = sorted.map(({ key, bytes }) => `\u2014 ${key.name} ${toBase64(concat(key.id, bytes))}\n`);
  return `${text}\n${lines.join('')}`;
}
