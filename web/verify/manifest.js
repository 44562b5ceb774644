// One item of a manifest: `item v1 sha-256 <hex> sm3 <hex> size <bytes> name <hex>`, and the proof that it is in a statement's manifest.

import { fromHex, sameBytes, utf8 } from './bytes.js';
import { isIncluded, leafHash } from './merkle.js';
import { sha256 } from './sha256.js';
import { isOfEmptyInput } from './statement.js';
import { RecordError, decimal } from './text.js';

const ITEM_LINE = /^item v1 (?:sha-256 ([0-9a-f]{64}) )?(?:sm3 ([0-9a-f]{64}) )?size (0|[1-9][0-9]*) name ([0-9a-f]{64})$/;
const ITEM_PATH_MAX = 4096;

function parseItem(line) {
  const parts = ITEM_LINE.exec(line);
  if (parts === null) throw new RecordError('bad_item_line');
  const digests = [['sha-256', parts[1]], ['sm3', parts[2]]]
    .filter(([, hex]) => hex !== undefined)
    .map(([algorithm, hex]) => ({ algorithm, digest: fromHex(hex, 32) }));
  const size = decimal(parts[3]);
  const isWeak = digests.some((one) => isOfEmptyInput(one.algorithm, one.digest));
  if (digests.length === 0 || isWeak || size === null || size === 0n) throw new RecordError('bad_item_line');
  return { content: { salted: false, digests, size }, name: fromHex(parts[4], 32) };
}

function isItemPath(path) {
  const length = utf8(path).length;
  return length >= 1 && length <= ITEM_PATH_MAX && !/\p{Cc}/u.test(path);
}

/** The digests of a claimed item: `{ content }`. Throws `no_manifest`, `bad_item_line`, `not_in_manifest` or `other_name`. */
export function checkItem(claim, manifest) {
  if (manifest === null) throw new RecordError('no_manifest');
  const item = parseItem(claim.line);
  if (!isIncluded(claim.index, manifest.count, leafHash(utf8(claim.line)), claim.path, manifest.root)) {
    throw new RecordError('not_in_manifest');
  }
  if (claim.name !== null) {
    const commitment = sha256(Uint8Array.of(2), claim.name.salt, utf8(claim.name.path));
    if (!isItemPath(claim.name.path) || !sameBytes(commitment, item.name)) throw new RecordError('other_name');
  }
  return item;
}
