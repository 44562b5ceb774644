// The key history of a ledger, and which ledger keys a verifier may believe.
//
// It begins with the genesis notice at leaf 0. Each later notice introduces exactly the key to which the notice before committed.
// Trust goes forward only, from a key that the user gave, along these commitments. An older key alone is not accepted for a tree
// that contains the notice of its successor.

import { sameBytes, utf8 } from './bytes.js';
import { isSameKey, keyCommitment } from './keys.js';
import { isIncluded, leafHash } from './merkle.js';
import { ledgerSignerOf, signersOf } from './note.js';
import { parseNotice } from './records.js';
import { RecordError } from './text.js';

/** Runs `check`; an error of it becomes the error `code`. */
async function failingAs(code, check) {
  try {
    return await check();
  } catch {
    throw new RecordError(code);
  }
}

async function follow(periods, index, notice) {
  const before = periods.at(-1);
  const { key, next } = notice;
  if (notice.kind !== 'key') throw new RecordError('no_key_notice');
  if (notice.ledger !== periods[0].key.name) throw new RecordError('other_ledger');
  if (index <= before.index) throw new RecordError('out_of_order');
  if (!sameBytes(keyCommitment(key), before.next)) throw new RecordError('not_the_successor');
  if (periods.some((period) => isSameKey(period.key, key))) throw new RecordError('reused_key');
  const signers = await failingAs('notice_signature', () => signersOf(notice.note, [key, before.key]));
  if (!signers.includes(key)) throw new RecordError('notice_signature');
  periods.push({ key, index, next });
}

/** The periods of the key history that the notices of a receipt prove to be in the checkpoint's tree. Throws its code. */
export async function provenHistory(notices, checkpoint) {
  for (const { index, text, path } of notices) {
    if (!isIncluded(index, checkpoint.size, leafHash(utf8(text)), path, checkpoint.root)) {
      throw new RecordError('notice_not_in_tree');
    }
  }
  const periods = [];
  for (const { index, text } of notices) {
    const notice = await failingAs('malformed_notice', () => parseNotice(text));
    if (periods.length > 0) {
      await follow(periods, index, notice);
      continue;
    }
    if (index !== 0n || notice.kind !== 'genesis') throw new RecordError('no_genesis');
    await failingAs('notice_signature', () => signersOf(notice.note, [notice.key]));
    periods.push({ key: notice.key, index, next: notice.next });
  }
  if (periods.length === 0) throw new RecordError('no_genesis');
  if (checkpoint.origin !== periods[0].key.name) throw new RecordError('other_ledger');
  return periods;
}

/** The first and the last period whose key may be believed by someone who pinned `pinned`; null if none of them is pinned. */
function believed(periods, pinned) {
  const places = pinned.map((key) => periods.findIndex((period) => isSameKey(period.key, key)));
  const known = places.filter((place) => place >= 0);
  if (known.length === 0) return null;
  const hasAll = known.length === places.length;
  return { from: Math.min(...known), until: hasAll ? periods.length - 1 : Math.max(...known) };
}

async function signedByHistory(periods, checkpoint) {
  const contained = periods.filter((period) => period.index < checkpoint.size);
  const current = contained.at(-1) ?? periods[0];
  const previous = contained.at(-2) ?? null;
  const replacedAt = periods.find((period) => period.index > current.index)?.index ?? null;
  let signers = [];
  try {
    signers = await signersOf(checkpoint.note, [current, previous].filter(Boolean).map((period) => period.key));
  } catch (error) {
    if (error.code !== 'unknown_key') throw new RecordError('forged_signature');
  }
  if (signers.includes(current.key)) {
    const previousKey = previous !== null && signers.includes(previous.key) ? previous.key : null;
    return { key: current.key, since: current.index, replacedAt, previous: previousKey };
  }
  for (const period of periods.filter((one) => one.index < current.index).reverse()) {
    const signed = await ledgerSignerOf(checkpoint, [period.key]).catch(() => null);
    if (signed !== null) {
      const error = new RecordError('retired_key');
      error.key = period.key;
      error.replacedAt = periods.find((one) => one.index > period.index).index;
      throw error;
    }
  }
  throw new RecordError('key_did_not_sign');
}

/**
 * The trusted key that signed the checkpoint: `{ key, since, replacedAt, previous }`. `keys` are those that the user gave, `notices`
 * the key notices of the receipt. Throws `unknown_key` if the user gave no key that leads to the signature, which is no evidence
 * against it, and the code of the fault otherwise.
 */
export async function trustedSigner(keys, checkpoint, notices) {
  const pinned = keys.filter((key) => key.name === checkpoint.origin);
  if (pinned.length === 0) throw new RecordError('unknown_key');
  if (notices.length === 0) {
    try {
      return { key: await ledgerSignerOf(checkpoint, pinned), since: null, replacedAt: null, previous: null };
    } catch (error) {
      throw error.code === 'unknown_key' ? error : new RecordError('forged_signature');
    }
  }
  const periods = await provenHistory(notices, checkpoint);
  const range = believed(periods, pinned);
  if (range === null) throw new RecordError('unknown_key');
  const contained = periods.filter((period) => period.index < checkpoint.size);
  const position = periods.indexOf(contained.at(-1) ?? periods[0]);
  if (position < range.from || position > range.until) throw new RecordError('unknown_key');
  return signedByHistory(periods, checkpoint);
}
