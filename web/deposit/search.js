// Searches the ledger for the deposits of a file by its digests.

import { getJson } from './problem.js';

// Deposits that are shown; the page of results has all.
const SHOWN_MAX = 50;
// Requests at the same time.
const CONCURRENT = 4;

/** Runs `work` on all items, a few at a time, and returns the results in their order. */
async function inParallel(items, work) {
  const results = new Array(items.length);
  let next = 0;
  const run = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at]);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, run));
  return results;
}

/**
 * The deposits that state one of the digests, the earliest first: `{ deposits, hasMore, ledger, height }`. `digests` are
 * `{ 'sha-256': hex, sm3: hex }`. Each deposit is the answer of a look-up with `equal`, the algorithms whose digests it states.
 */
export async function depositsOf(digests, signal) {
  const places = new Map();
  let hasMore = false;
  for (const hex of Object.values(digests)) {
    const page = await getJson(`/v1/search?${new URLSearchParams({ q: hex, limit: String(SHOWN_MAX) })}`, signal);
    hasMore ||= page.next_cursor !== null;
    for (const hit of page.items) if (hit.kind === 'deposit') places.set(hit.deposit_number, hit.index);
  }
  const numbers = [...places].sort((a, b) => a[1] - b[1]).map(([number]) => number);
  const found = await inParallel(numbers.slice(0, SHOWN_MAX), (number) => getJson(`/v1/deposits/${number}`, signal));
  const withEqual = found.map((deposit) => {
    const equal = deposit.data_hash.filter((one) => digests[one.algorithm] === one.value).map((one) => one.algorithm);
    return { ...deposit, equal };
  });
  // A record is also found by its own id, which is the digest of its text.
  const deposits = withEqual.filter((deposit) => deposit.equal.length > 0);
  const ledger = await getJson('/v1/ledger', signal);
  return { deposits, hasMore: hasMore || numbers.length > SHOWN_MAX, ledger: ledger.origin, height: ledger.block_height };
}
