// Hashes a file in a worker: both digests in one pass, whatever the size. The file does not leave this machine.

const WORKER = new URL('../verify/worker.js', import.meta.url).href;

let policy = null;

/** The address of the worker in the form that the page's policy of trusted types requires. */
function workerUrl() {
  if (!globalThis.trustedTypes) return WORKER;
  policy ??= trustedTypes.createPolicy('tiezheng', {
    createScriptURL: (text) => {
      if (text !== WORKER) throw new TypeError('not the worker');
      return text;
    },
  });
  return policy.createScriptURL(WORKER);
}

const failing = (code) => Object.assign(new Error(code), { code });

/** As `measure`, on the thread of the page: for browsers without module workers. */
async function measureHere(file, salt, progress, signal) {
  const { hashFile } = await import('../verify/hashing.js');
  return hashFile(file, salt, (done) => {
    if (signal?.aborted) throw failing('cancelled');
    progress(done);
  });
}

function measureInWorker(worker, file, salt, progress, signal) {
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      worker.terminate();
      signal?.removeEventListener('abort', cancel);
      settle(value);
    };
    const cancel = () => end(reject, failing('cancelled'));
    if (signal?.aborted) return cancel();
    signal?.addEventListener('abort', cancel);
    worker.onmessage = ({ data }) => {
      if (data.done !== undefined) progress(data.done);
      else if (data.result !== undefined) end(resolve, data.result);
      else end(reject, failing(data.error));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      // The script of the worker could not be started.
      end(reject, failing('no_worker'));
    };
    worker.postMessage({ file, salt });
    return undefined;
  });
}

/**
 * Size and digests of a file, `{ size, digests: { 'sha-256', sm3 } }`, with a salt of 32 bytes before it or null. `progress` gets the
 * number of bytes read. Rejects with the code `cancelled`, `file_empty`, `file_changed` or `file_unreadable`.
 */
export async function measure(file, salt, progress, signal) {
  if (file.size === 0) throw failing('file_empty');
  try {
    const worker = new Worker(workerUrl(), { type: 'module' });
    return await measureInWorker(worker, file, salt, progress, signal);
  } catch (error) {
    if (error.code !== 'no_worker' && error.code !== undefined) throw error;
    return measureHere(file, salt, progress, signal);
  }
}
