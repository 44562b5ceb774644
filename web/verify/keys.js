// Names and public keys (C2SP signed-note): `<name>+<8 hex of key id>+<base64(type, public key)>`.
//
// The key id is computed, never taken from a text. The name of a depositor's key follows from the key.

import { concat, fromBase64, fromHex, sameBytes, toBase64, toHex, utf8 } from './bytes.js';
import { isPublicKey } from './ed25519.js';
import { sha256 } from './sha256.js';
import { RecordError } from './text.js';

/** Type of a plain Ed25519 key: ledgers and depositors. */
export const LEDGER_KEY = 0x01;
/** Type of an Ed25519 key for cosignatures: witnesses. */
export const WITNESS_KEY = 0x04;

/** Whether `text` can be the name of a key: 1 to 255 bytes without white space, control characters and `+`. */
export function isName(text) {
  return text !== '' && !/[\p{White_Space}\p{Cc}+]/u.test(text) && utf8(text).length <= 255;
}

function keyId(name, type, bytes) {
  return sha256(utf8(name), Uint8Array.of(0x0a, type), bytes).slice(0, 4);
}

/** A public key with its name, its type and the text that it is written as. */
export function namedKey(name, type, bytes) {
  const id = keyId(name, type, bytes);
  const text = `${name}+${toHex(id)}+${toBase64(concat(Uint8Array.of(type), bytes))}`;
  return { name, type, id, bytes, text };
}

/** Parses a key of this type. Throws `malformed_key`, `unknown_key_type`, `weak_key` or `wrong_key_id`. */
export function parseKey(text, type) {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  if (first < 0 || second < 0) throw new RecordError('malformed_key');
  const [name, id] = [text.slice(0, first), fromHex(text.slice(first + 1, second), 4)];
  const blob = fromBase64(text.slice(second + 1));
  if (!isName(name) || id === null || blob === null || blob.length === 0) throw new RecordError('malformed_key');
  if (blob[0] !== type) throw new RecordError('unknown_key_type');
  const bytes = blob.slice(1);
  if (bytes.length !== 32) throw new RecordError('malformed_key');
  if (!isPublicKey(bytes)) throw new RecordError('weak_key');
  const key = namedKey(name, type, bytes);
  if (!sameBytes(key.id, id)) throw new RecordError('wrong_key_id');
  return key;
}

/** Whether both are the same key under the same name. */
export function isSameKey(a, b) {
  return a.text === b.text;
}

/** The name of the depositor's key with this public key. */
export function depositorName(bytes) {
  return `k-${toHex(sha256(Uint8Array.of(LEDGER_KEY), bytes)).slice(0, 16)}`;
}

/** SHA-256 of a key's text: how a notice commits to the next ledger key. */
export function keyCommitment(key) {
  return sha256(utf8(key.text));
}
