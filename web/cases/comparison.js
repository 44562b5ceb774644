// What the comparison of a file with the digests of a deposit shows: before it is put on record, confirmed or given into custody.

const ALGORITHMS = ['sm3', 'sha-256'];

/**
 * Compares `digests` of a file with those of a deposit, `known`, both `{ algorithm: hex }`. `result` is `equal`, `different`, or
 * `nothing` where the deposit has no digest of a file; `algorithm` names the digest to be put on record, a different one first, or is
 * null.
 */
export function compare(known, digests) {
  const names = ALGORITHMS.filter((name) => known[name] !== undefined);
  if (names.length === 0) return { result: 'nothing', algorithm: null };
  const different = names.find((name) => known[name] !== digests[name]);
  return { result: different === undefined ? 'equal' : 'different', algorithm: different ?? names[0] };
}

/** The digests in `text`, algorithm and value one after the other, as `{ algorithm: hex }`. */
export function digestsIn(text) {
  return Object.fromEntries(Array.from(text.matchAll(/(\S+) (\S+)/g), ([, algorithm, value]) => [algorithm, value]));
}
