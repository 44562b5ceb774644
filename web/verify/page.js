// The page: the form, the hashing of the file in a worker, and the report. It has no access to the network.

import { toHex, utf8 } from './bytes.js';
import { element, fill, hash, shown } from './dom.js';
import { hasNativeEd25519 } from './ed25519.js';
import { hashFile } from './hashing.js';
import { readAuthorityFile, readNumber, readReceiptFile, readSalt, readTrust } from './question.js';
import { parseEntry } from './records.js';
import { reportView } from './report_view.js';
import { sha256 } from './sha256.js';
import { ERRORS, TEXTS } from './texts.js';
import { verifyReceipt } from './verify.js';

// Before anything changes the document: its text is then the text of the file, whose form the template keeps.
const OWN_DIGEST = toHex(sha256(utf8(`<!DOCTYPE html>\n${document.documentElement.outerHTML}\n`)));

const byId = (id) => document.getElementById(id);
const FILES = ['receipt', 'original', 'authorities'];
// Longer files are not read into memory: a receipt in UTF-16 takes less.
const RECEIPT_FILE_MAX = 4 << 20;
const AUTHORITY_FILE_MAX = 16 << 20;
const state = { language: startLanguage(), files: {}, result: null, errors: [], running: null };

function startLanguage() {
  const asked = new URLSearchParams(location.search).get('lang');
  if (asked === 'zh' || asked === 'en') return asked === 'zh' ? 0 : 1;
  return (navigator.language || 'zh').toLowerCase().startsWith('zh') ? 0 : 1;
}

function sizeText(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [size, unit] = [bytes, 0];
  while (size >= 1024 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return unit === 0 ? `${bytes} ${TEXTS.bytes[state.language]}` : `${size.toFixed(1)} ${units[unit]}`;
}

function showFiles() {
  for (const name of FILES) {
    const file = state.files[name];
    const chosen = () => fill(TEXTS.chosen[state.language], { name: shown(file.name), size: sizeText(file.size) });
    byId(`${name}-chosen`).textContent = file ? chosen() : TEXTS.noFileChosen[state.language];
  }
}

function showErrors() {
  const summary = byId('errors');
  for (const field of document.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
  for (const message of document.querySelectorAll('.field-error')) message.textContent = '';
  summary.hidden = state.errors.length === 0;
  const list = state.errors.map(({ part, code, detail, line }) => {
    const texts = ERRORS[part];
    const text = fill((texts[code] ?? texts.other)[state.language], { code, detail: shown(detail ?? ''), line: line ?? '—' });
    byId(part).setAttribute('aria-invalid', 'true');
    byId(`${part}-error`).textContent = text;
    return element('li', {}, element('a', { href: `#${part}` }, text));
  });
  byId('error-list').replaceChildren(...list);
}

function showReport() {
  const section = byId('report');
  section.hidden = state.result === null;
  if (state.result === null) return;
  byId('report-body').replaceChildren(...reportView(state.result.report, state.result.context, state.language));
}

function showLanguage() {
  const { language } = state;
  document.documentElement.lang = language === 0 ? 'zh-CN' : 'en';
  document.title = TEXTS.title[language];
  for (const part of document.querySelectorAll('[data-t]')) part.textContent = TEXTS[part.dataset.t][language];
  for (const [at, id] of ['zh', 'en'].entries()) byId(id).setAttribute('aria-pressed', String(at === language));
  byId('languages').setAttribute('aria-label', TEXTS.language[language]);
  showFiles();
  showErrors();
  showReport();
}

async function bytesOf(file) {
  return new Uint8Array(await file.arrayBuffer());
}

/** Runs `read`; its error becomes a row of the error summary, and null is returned. */
async function collecting(errors, part, read) {
  try {
    return await read();
  } catch (error) {
    if (error.code === undefined && !(error instanceof DOMException)) throw error;
    errors.push({ part: error.part ?? part, code: error.code ?? 'file_unreadable', detail: error.detail, line: error.line });
    return null;
  }
}

const failing = (code) => Object.assign(new Error(code), { code });

async function readForm() {
  const errors = [];
  const { receipt: receiptFile, original, authorities } = state.files;
  const given = await collecting(errors, 'receipt', async () => {
    if (!receiptFile) throw failing('missing');
    if (receiptFile.size === 0) throw failing('file_empty');
    if (receiptFile.size > RECEIPT_FILE_MAX) throw failing('file_too_large');
    return readReceiptFile(await bytesOf(receiptFile));
  });
  const trust = await collecting(errors, 'trust', () => readTrust(byId('trust').value));
  const number = await collecting(errors, 'number', () => readNumber(byId('number').value));
  const salt = await collecting(errors, 'salt', () => readSalt(byId('salt').value));
  const trusted = await collecting(errors, 'authorities', async () => {
    if (authorities && authorities.size > AUTHORITY_FILE_MAX) throw failing('file_too_large');
    return readAuthorityFile(authorities ? await bytesOf(authorities) : null);
  });
  if (original && original.size === 0) errors.push({ part: 'original', code: 'file_empty' });
  return { errors, question: { ...given, ...trust, authorities: trusted, number }, salt };
}

function isSalted({ receipt, claim }) {
  try {
    return claim === null && (parseEntry(receipt.entry).statement.content?.salted ?? false);
  } catch {
    return false;
  }
}

/** The address of the worker's source, which is in this document. A policy of Trusted Types can be created once only. */
function workerUrl() {
  const url = URL.createObjectURL(new Blob([byId('worker').textContent], { type: 'text/javascript' }));
  const policy = globalThis.trustedTypes?.createPolicy('tiezheng-worker', { createScriptURL: (own) => own });
  return policy ? policy.createScriptURL(url) : url;
}

/** Starts the worker; null where the browser does not allow one in a file. */
function startWorker() {
  try {
    state.workerUrl ??= workerUrl();
    return new Worker(state.workerUrl);
  } catch {
    return null;
  }
}

/** Size and digests of the file; rejects with `cancelled` if the user cancels. */
function measure(file, salt, progress) {
  return new Promise((resolve, reject) => {
    const worker = startWorker();
    if (worker === null) {
      state.running = { cancel: () => reject(failing('cancelled')) };
      hashFile(file, salt, progress).then(resolve, reject);
      return;
    }
    const end = (settle, value) => {
      worker.terminate();
      settle(value);
    };
    state.running = { cancel: () => end(reject, failing('cancelled')) };
    worker.onmessage = ({ data }) => {
      if (data.done !== undefined) progress(data.done);
      else if (data.result !== undefined) end(resolve, data.result);
      else end(reject, failing(data.error));
    };
    worker.onerror = () => end(reject, failing('file_unreadable'));
    worker.postMessage({ file, salt });
  });
}

function showProgress(done, size) {
  const percent = size === 0 ? 100 : Math.floor((done / size) * 100);
  byId('progress').value = percent;
  if (percent === state.percent) return;
  state.percent = percent;
  const values = { percent, done: sizeText(done), size: sizeText(size) };
  byId('progress-text').textContent = fill(TEXTS.hashing[state.language], values);
  // A screen reader is told every tenth of the work.
  if (percent % 10 === 0) byId('status').textContent = byId('progress-text').textContent;
}

async function measured(file, salt) {
  if (!file) return null;
  byId('working').hidden = false;
  state.percent = -1;
  showProgress(0, file.size);
  try {
    const { size, digests } = await measure(file, salt, (done) => showProgress(done, file.size));
    return { size: BigInt(size), digests, salted: salt !== null };
  } finally {
    byId('working').hidden = true;
    state.running = null;
  }
}

function failed(errors) {
  state.errors = errors;
  showErrors();
  byId('errors').focus();
}

async function verify() {
  state.result = null;
  state.errors = [];
  byId('status').textContent = '';
  showErrors();
  showReport();
  const { errors, question, salt } = await readForm();
  if (errors.length > 0) {
    failed(errors);
    return;
  }
  const { original, receipt } = state.files;
  try {
    question.file = await measured(original, isSalted(question) ? salt : null);
  } catch (error) {
    if (error.code === 'cancelled') byId('status').textContent = TEXTS.cancelled[state.language];
    else failed([{ part: 'original', code: error.code }]);
    return;
  }
  const report = await verifyReceipt(question);
  const context = {
    at: Date.now(),
    receiptName: receipt.name,
    fileName: original?.name ?? null,
    fileSize: original?.size ?? null,
    isNative: await hasNativeEd25519(),
  };
  state.result = { report, context };
  byId('status').textContent = '';
  showReport();
  byId('report-title').focus();
}

function choose(name, file) {
  if (file) state.files[name] = file;
  else delete state.files[name];
  showFiles();
}

function connectFiles() {
  for (const name of FILES) {
    const [input, zone] = [byId(name), byId(`${name}-zone`)];
    input.addEventListener('change', () => choose(name, input.files[0]));
    zone.addEventListener('dragover', (event) => {
      event.preventDefault();
      zone.classList.add('over');
    });
    zone.addEventListener('dragleave', () => zone.classList.remove('over'));
    zone.addEventListener('drop', (event) => {
      event.preventDefault();
      zone.classList.remove('over');
      input.value = '';
      choose(name, event.dataTransfer.files[0]);
    });
  }
  // A file that is dropped beside an area must not replace the page.
  for (const kind of ['dragover', 'drop']) window.addEventListener(kind, (event) => event.preventDefault());
}

function connect() {
  connectFiles();
  byId('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    if (state.busy) return;
    state.busy = true;
    byId('verify').setAttribute('aria-disabled', 'true');
    try {
      await verify();
    } finally {
      state.busy = false;
      byId('verify').removeAttribute('aria-disabled');
    }
  });
  byId('cancel').addEventListener('click', () => state.running?.cancel());
  byId('print').addEventListener('click', () => window.print());
  byId('zh').addEventListener('click', () => setLanguage(0));
  byId('en').addEventListener('click', () => setLanguage(1));
  // On paper everything is open.
  window.addEventListener('beforeprint', () => {
    for (const part of document.querySelectorAll('#report details')) part.open = true;
  });
  // The error summary leads to the fields, which a link alone would not focus.
  byId('error-list').addEventListener('click', (event) => {
    const link = event.target.closest('a');
    if (!link) return;
    event.preventDefault();
    const field = byId(link.getAttribute('href').slice(1));
    field.closest('details')?.setAttribute('open', '');
    field.focus();
  });
}

function setLanguage(language) {
  state.language = language;
  showLanguage();
}

connect();
byId('own-digest').replaceChildren(hash(OWN_DIGEST));
showLanguage();
byId('app').hidden = false;
