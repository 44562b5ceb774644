// Merkle trees of RFC 6962 section 2.1, and the verification of inclusion proofs of RFC 9162 section 2.1.3.2.

import { sameBytes } from './bytes.js';
import { sha256 } from './sha256.js';

/** The hash of a leaf: the id of a record. */
export function leafHash(record) {
  return sha256(Uint8Array.of(0), record);
}

/** The hash of an inner node. */
export function nodeHash(left, right) {
  return sha256(Uint8Array.of(1), left, right);
}

/**
 * Recomputes the root from a leaf and its path, and keeps every step: `{ root, steps, fault }`. Each step is
 * `{ side, sibling, result }`; `side` says where the sibling stands. `fault` is null, `outside`, `too_long` or `too_short`; then
 * `root` is null.
 */
export function climb(index, size, leaf, path) {
  if (index < 0n || index >= size) return { root: null, steps: [], fault: 'outside' };
  let [node, last, hash] = [index, size - 1n, leaf];
  const steps = [];
  for (const sibling of path) {
    if (last === 0n) return { root: null, steps, fault: 'too_long' };
    const isRight = (node & 1n) === 1n || node === last;
    hash = isRight ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    steps.push({ side: isRight ? 'left' : 'right', sibling, result: hash });
    // The last node of an odd number has no sibling: it was promoted, unhashed, until it became a right child.
    while (isRight && (node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n ? { root: hash, steps, fault: null } : { root: null, steps, fault: 'too_short' };
}

/** Whether the leaf is at this index of the tree with this size and root. */
export function isIncluded(index, size, leaf, path, root) {
  const computed = climb(index, size, leaf, path).root;
  return computed !== null && sameBytes(computed, root);
}
