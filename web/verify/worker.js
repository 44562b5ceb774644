// The worker that hashes one file: gets `{ file, salt }`, sends `{ done }` while it reads, then `{ result }` or `{ error }`. To cancel,
// terminate it.

import { hashFile } from './hashing.js';

self.onmessage = async ({ data: { file, salt } }) => {
  try {
    const result = await hashFile(file, salt, (done) => self.postMessage({ done }));
    self.postMessage({ result });
  } catch (error) {
    self.postMessage({ error: error.code ?? 'file_unreadable' });
  }
};
