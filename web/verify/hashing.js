// Reads a file piece by piece and computes both digests in one pass. Memory does not grow with the file.

import { Sha256 } from './sha256.js';
import { Sm3 } from './sm3.js';

const PIECE = 1 << 20;

/**
 * The bytes of a file, piece by piece; a piece is valid until the next one is read. All are read into one buffer: with a buffer for each,
 * browsers keep hundreds of megabytes of them before they collect them.
 */
async function* pieces(file) {
  const reader = file.stream().getReader({ mode: 'byob' });
  let buffer = new ArrayBuffer(PIECE);
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer));
    if (done) return;
    yield value;
    ({ buffer } = value);
  }
}

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
  let [read, told] = [0, 0];
  try {
    for await (const bytes of pieces(file)) {
      byteHash.update(bytes);
      courtHash.update(bytes);
      read += bytes.length;
      if (read - told >= PIECE || read === size) {
        told = read;
        progress(read);
      }
    }
  } catch {
    throw Object.assign(new Error('file_unreadable'), { code: 'file_unreadable' });
  }
  if (file.size !== size || file.lastModified !== lastModified || byteHash.length !== size + (salt?.length ?? 0)) {
    throw Object.assign(new Error('file_changed'), { code: 'file_changed' });
  }
  return { size, digests: { 'sha-256': byteHash.finish(), sm3: courtHash.finish() } };
}
