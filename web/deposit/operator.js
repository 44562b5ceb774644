// What the operator of this node publishes to verify its receipts with: ledger keys, the keys of the witnesses with their quorum, and the
// timestamp authorities that it has chosen. Who does not trust the operator gives keys and authorities to the offline verifier.

import { noAuthorities, readAuthorities } from '../verify/authorities.js';
import { utf8 } from '../verify/bytes.js';
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

/**
 * The authorities in what the node publishes. If one of them or a revocation list cannot be read, there are none: without a list that the
 * operator uses, a revoked timestamp would be accepted.
 */
function authoritiesIn({ items, revocation_lists: lists }) {
  try {
    return { ...readAuthorities(utf8([...items.map((one) => one.certificate), ...lists].join('\n'))), certificates: items };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { ...noAuthorities(), certificates: [] };
  }
}

/** The timestamp authorities for a receipt. They are read only for one with timestamps: most receipts have none. */
async function authoritiesFor(receipt) {
  const isNeeded = receipt.timeTokens.length > 0;
  const found = isNeeded ? authoritiesIn(await getJson('/v1/ledger/timestamp-authorities')) : { ...noAuthorities(), certificates: [] };
  return { ...found, isOperators: true };
}

/**
 * The trust with which this node's receipts are verified: `{ keys, policy, authorities, texts }`; `texts` are the keys as they are written.
 * `authorities.certificates` are the certificates as the node publishes them.
 */
export async function operatorTrust(receipt, isAgain = false) {
  const [[ledger, history, witnesses], authorities] = await Promise.all([read(isAgain), authoritiesFor(receipt)]);
  const texts = keysOfTree(history.keys, sizeOf(receipt));
  const policy = witnesses.quorum === null ? null : parsePolicy(policyText(ledger.key, witnesses));
  return { keys: texts.map((text) => parseKey(text, LEDGER_KEY)), policy, authorities, texts };
}

/** The ledger's origin, into which statements are written. */
export async function ledgerOrigin() {
  const [ledger] = await read();
  return ledger.origin;
}
