// What the operator of this node publishes to verify its receipts with: ledger keys, and the keys of the witnesses with their quorum.
// Who does not trust the operator gives keys of their own to the offline verifier.

import { LEDGER_KEY, parseKey } from '../verify/keys.js';
import { parseCheckpoint } from '../verify/note.js';
import { parsePolicy } from '../verify/policy.js';
import { getJson } from './problem.js';

let published = null;

/** What the node publishes, read once, or again if it may have changed. */
function read(isAgain = false) {
  if (isAgain) published = null;
  published ??= Promise.all(['/v1/ledger', '/v1/ledger/keys', '/v1/ledger/witnesses'].map((path) => getJson(path)));
  published.catch(() => { published = null; });
  return published;
}

function sizeOf(receipt) {
  try {
    return parseCheckpoint(receipt.checkpoint).size;
  } catch {
    // A receipt that cannot be read is reported by the verification.
    return null;
  }
}

/** The keys that sign a checkpoint of this size: a key signs the trees from its notice on until they contain that of its successor. */
function keysOfTree(periods, size) {
  const inForce = ({ since, replaced_at: until }) =>
    size !== null && BigInt(since) < size && (until === null || size <= BigInt(until));
  return periods.filter((period) => period.replaced_at === null || inForce(period)).map((period) => period.key);
}

// The node publishes the smallest number of cosignatures with which its quorum can be reached.
function policyText(key, { quorum, items }) {
  const counted = items.filter((witness) => witness.counts);
  const lines = counted.map((witness, at) => `witness w${at} ${witness.key}\n`);
  const names = counted.map((_, at) => `w${at}`).join(' ');
  return `log ${key}\n${lines.join('')}group published ${quorum.required} ${names}\nquorum published\n`;
}

/** The trust with which this node's receipts are verified: `{ keys, policy, texts }`; `texts` are the keys as they are written. */
export async function operatorTrust(receipt, isAgain = false) {
  const [ledger, history, witnesses] = await read(isAgain);
  const texts = keysOfTree(history.keys, sizeOf(receipt));
  const policy = witnesses.quorum === null ? null : parsePolicy(policyText(ledger.key, witnesses));
  return { keys: texts.map((text) => parseKey(text, LEDGER_KEY)), policy, texts };
}

/** The ledger's origin, into which statements are written. */
export async function ledgerOrigin() {
  const [ledger] = await read();
  return ledger.origin;
}
