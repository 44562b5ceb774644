// The page on which files are deposited: digests are computed here, signed here or by the platform, and every receipt is verified here
// before anything is called deposited. Files are not sent.

import { connectDrop } from './deposit/drop.js';
import { measure } from './deposit/hashing_worker.js';
import { chosenKey, connectKeyPanel } from './deposit/key_panel.js';
import { keepDeposit } from './deposit/key_store.js';
import { listRows, saveList, saveReceipts } from './deposit/papers.js';
import { failureOf, unreadableDrop } from './deposit/problem.js';
import { FileRow } from './deposit/rows.js';
import { byPath, STOP_GUARD_MS } from './deposit/selection.js';
import { depositFile } from './deposit/submission.js';
import { say, sizeText } from './deposit/texts.js';
import { toHex } from './verify/bytes.js';
import { element } from './verify/dom.js';

const byId = (id) => document.getElementById(id);
const { account, policy } = byId('deposit-form').dataset;
const FILES_MAX = 1_000;
// Files at the same time: more would compete for memory.
const CONCURRENT = 2;
// Files that are named in the error summary.
const NAMED_MAX = 10;
const state = { rows: [], running: null, guard: null };

const announce = (text) => { byId('status').textContent = text; };
const done = () => state.rows.filter((row) => row.result !== null);
const unkept = () => state.rows.filter((row) => row.isUnkept);
const open = () => state.rows.filter((row) => row.result === null);

function showErrors(texts) {
  byId('errors').hidden = texts.length === 0;
  byId('error-list').replaceChildren(...texts.map(([id, text]) => element('li', {}, element('a', { href: `#${id}` }, text))));
  if (texts.length > 0) byId('errors').focus();
}

function showFiles() {
  const size = open().reduce((sum, row) => sum + row.file.size, 0);
  const count = open().length;
  byId('chosen').textContent = count === 0 ? '' : say('files_chosen', { count, size: sizeText(size) });
  const finished = done();
  byId('outcome').hidden = finished.length === 0;
  const fresh = finished.filter((row) => !row.isListed);
  byId('numbers').append(...listRows(fresh.map(listed)));
  for (const row of fresh) row.isListed = true;
}

const listed = (row) => ({
  number: row.result.number,
  name: row.depositedAs,
  path: row.path,
  size: row.file.size,
  digests: row.measured.digests,
  time: row.result.time,
  isOwn: row.isOwn,
});

function remove(row) {
  state.rows = state.rows.filter((one) => one !== row);
  row.element.remove();
  showFiles();
  byId('file').focus();
}

function take(entries, unreadable) {
  const room = Math.max(0, FILES_MAX - state.rows.length);
  // Browsers list the files of a folder in no order that people know.
  const rows = byPath(entries).slice(0, room).map((entry) => new FileRow(entry, remove));
  state.rows.push(...rows);
  byId('files').append(...rows.map((row) => row.element));
  const errors = [];
  if (entries.length > room) errors.push(['file', say('too_many_files', { limit: FILES_MAX, rest: entries.length - room })]);
  if (unreadable.length > 0) errors.push(['file', unreadableDrop(unreadable).message]);
  showErrors(errors);
  showFiles();
  announce(byId('chosen').textContent);
}

/** What the depositor states about the files; the same for all of them. */
function stated() {
  const values = {};
  for (const id of ['description', 'evidence_class']) if (byId(id).value.trim() !== '') values[id] = byId(id).value.trim();
  const provenance = {};
  for (const field of document.querySelectorAll('[data-heading]')) {
    if (field.value.trim() !== '') provenance[field.dataset.heading] = field.value.trim();
  }
  if (Object.keys(provenance).length > 0) values.provenance = provenance;
  return values;
}

async function depositRow(row, key, values, signal) {
  row.lock(true);
  try {
    row.measured ??= await measure(row.file, null, (bytes) => row.progress(bytes), signal);
    // An attempt that was answered with a refusal is over; any other is repeated as it was, with the same names.
    row.request ??= { key: toHex(crypto.getRandomValues(new Uint8Array(16))), metadata: { name: row.name, ...values }, signer: key };
    const { metadata, signer } = row.request;
    const job = { file: row.file, measured: row.measured, metadata, account, key: signer, request: row.request };
    const result = await depositFile(job, (text) => row.show(text, 'not_performed'), signal);
    Object.assign(row, { depositedAs: metadata.name, isOwn: signer !== null });
    row.deposited(result);
    if (signer !== null) {
      const { number, receipt, time, private: secret } = result;
      const kept = { number, account, name: metadata.name, time, receipt, private: secret };
      await keepDeposit(kept).catch((error) => {
        console.error(error);
        row.notKept();
      });
    }
  } catch (error) {
    const failure = failureOf(error);
    if (failure.isRefusal) row.request = null;
    if (['file_changed', 'file_unreadable'].includes(failure.code)) row.measured = null;
    row.failed(failure.code === 'cancelled' ? say('not_deposited_yet') : say('failed', { reason: failure.message }));
  }
}

function invalid(key) {
  const errors = [];
  if (open().length === 0) errors.push(['file', say('no_files')]);
  const wrong = open().filter((row) => !row.check());
  for (const row of wrong.slice(0, NAMED_MAX)) errors.push([row.input.id, row.fault]);
  if (wrong.length > NAMED_MAX) errors.push([wrong[NAMED_MAX].input.id, say('more_invalid', { rest: wrong.length - NAMED_MAX })]);
  if (key === undefined) errors.push(['create-key', say('no_key')]);
  return errors;
}

function setRunning(abort) {
  state.running = abort;
  byId('start').hidden = abort !== null;
  byId('stop').hidden = abort === null;
  // It takes the place of the start button: the second click of a double click must not stop what the first one started.
  clearTimeout(state.guard);
  byId('stop').disabled = abort !== null;
  if (abort !== null) state.guard = setTimeout(() => { byId('stop').disabled = false; }, STOP_GUARD_MS);
  byId('signing').disabled = abort !== null;
  byId('sheet').disabled = abort !== null;
}

async function run() {
  const key = chosenKey();
  const errors = invalid(key);
  showErrors(errors);
  if (errors.length > 0 || state.running !== null) return;
  const abort = new AbortController();
  setRunning(abort);
  const [queue, values] = [open(), stated()];
  let [next, finished] = [0, 0];
  const work = async () => {
    while (next < queue.length && !abort.signal.aborted) {
      const row = queue[next++];
      await depositRow(row, key, values, abort.signal);
      finished += 1;
      announce(say('progress_all', { done: finished, all: queue.length }));
      showFiles();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, work));
  setRunning(null);
  const [good, bad] = [queue.filter((row) => row.result !== null).length, queue.filter((row) => row.result === null).length];
  const texts = [];
  if (good > 0) texts.push(say(good === 1 ? 'finished_one' : 'finished', { good }));
  if (unkept().length > 0) texts.push(say('some_not_kept', { count: unkept().length }));
  if (abort.signal.aborted) texts.push(say('stopped'));
  else if (bad > 0) texts.push(say('finished_with_failures', { bad }));
  byId('summary').replaceChildren(...texts.map((text) => element('p', {}, text)));
  byId('summary').className = `verdict ${bad === 0 && unkept().length === 0 ? 'good' : 'warning'}`;
  byId('summary').hidden = false;
  announce(texts.join(' '));
  if (good > 0) byId('outcome-title').focus();
}

function connect() {
  connectDrop(byId('file'), take);
  connectDrop(byId('folder'), take);
  byId('deposit-form').addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });
  byId('stop').addEventListener('click', () => state.running?.abort());
  byId('save-receipts').addEventListener('click', () => {
    saveReceipts(done().map((row) => row.result), done().map(listed));
    for (const row of unkept()) row.isUnkept = false;
  });
  byId('save-list').addEventListener('click', () => saveList(done().map(listed)));
  byId('print').addEventListener('click', () => window.print());
  // The error summary leads to the fields.
  byId('error-list').addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (link === null) return;
    event.preventDefault();
    byId(link.getAttribute('href').slice(1))?.focus();
  });
  window.addEventListener('beforeunload', (event) => {
    if (state.running !== null || unkept().length > 0) event.preventDefault();
  });
}

connect();
byId('deposit-form').hidden = false;
connectKeyPanel(account, policy);
