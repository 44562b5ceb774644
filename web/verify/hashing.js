// Reads a file piece by piece and computes both digests in one pass. Memory does not grow with the file.

import { Sha256 } from './sha256.js';
import { Sm3 } from './sm3.js';

const SLICE = 4 << 20;

/**
 * Size and digests of a file, with a salt of 32 bytes before it or null. `progress` gets the number of bytes read so far. Rejects with
 * `file_changed` if the file changes while it is read, and `file_unreadable` if the browser cannot read it.
 */
export async function hashFile(file, salt, progress) {
  const { size, lastModified } = file;
  const [byteHash, courtHash] = [new Sha256(), new Sm3()];
  if (salt !== null) {
    byteHash.update(salt);
    courtHash.update(salt);
  }
  for (let at = 0; at < size; at += SLICE) {
    let buffer;
    try {
      buffer = await file.slice(at, Math.min(size, at + SLICE)).arrayBuffer();
    } catch {
      throw Object.assign(new Error('file_unreadable'), { code: 'file_unreadable' });
    }
    const bytes = new Uint8Array(buffer);
    byteHash.update(bytes);
    courtHash.update(bytes);
    progress(at + bytes.length);
  }
  if (file.size !== size || file.lastModified !== lastModified || byteHash.length !== size + (salt?.length ?? 0)) {
    throw Object.assign(new Error('file_changed'), { code: 'file_changed' });
  }
  return { size, digests: { 'sha-256': byteHash.finish(), sm3: courtHash.finish() } };
}
