// From what a user gives (a receipt file, keys or a policy, an authority file, a number) to the question that is verified. Every error
// is a `RecordError`, and its `part` names the input that it is about.

import { fileText } from './bytes.js';
import { noAuthorities, readAuthorities } from './authorities.js';
import { LEDGER_KEY, parseKey } from './keys.js';
import { typedNumber } from './number.js';
import { parsePolicy } from './policy.js';
import { parseReceipt } from './receipt.js';
import { RecordError } from './text.js';

/** Runs `read`; an error of it is about `part`. */
function about(part, read) {
  try {
    return read();
  } catch (error) {
    if (error instanceof RecordError) error.part = part;
    throw error;
  }
}

/**
 * What a user trusts: ledger keys, one a line, or a policy of C2SP tlog-policy. `{ keys, policy }`, both empty for an empty text.
 */
export function readTrust(text) {
  return about('trust', () => {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    const written = lines.filter((line) => line !== '' && !line.startsWith('#'));
    if (written.some((line) => /^(?:log|witness|group|quorum)[ \t]/.test(line))) return { keys: [], policy: parsePolicy(text) };
    const keys = lines.flatMap((line, at) => {
      if (!written.includes(line)) return [];
      try {
        return [parseKey(line, LEDGER_KEY)];
      } catch (error) {
        throw new RecordError(error.code, at + 1);
      }
    });
    return { keys, policy: null };
  });
}

/** The receipt in a file. */
export function readReceiptFile(bytes) {
  return about('receipt', () => {
    const text = fileText(bytes);
    if (text === null) throw new RecordError('not_utf8');
    return parseReceipt(text);
  });
}

/** The authorities in a PEM file; none for null. */
export function readAuthorityFile(bytes) {
  return bytes === null ? noAuthorities() : about('authorities', () => readAuthorities(bytes));
}

/** The number that the user typed; null for an empty text. */
export function readNumber(text) {
  return text.trim() === '' ? null : about('number', () => typedNumber(text));
}

/** The salt that the user typed, 32 bytes; null for an empty text. */
export function readSalt(text) {
  const typed = text.trim().toLowerCase();
  if (typed === '') return null;
  if (!/^[0-9a-f]{64}$/.test(typed)) {
    const error = new RecordError('bad_salt');
    error.part = 'salt';
    throw error;
  }
  return Uint8Array.from(typed.match(/../g), (pair) => parseInt(pair, 16));
}
