// Keys and receipts in this browser (IndexedDB). A private key cannot be extracted: no script, not even one of this page, can read it,
// and nobody can restore it.

import { LEDGER_KEY, depositorName, namedKey } from '../verify/keys.js';

const NAME = 'tiezheng';
const VERSION = 1;

function asPromise(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function open() {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    const database = request.result;
    database.createObjectStore('keys', { keyPath: 'account' });
    database.createObjectStore('deposits', { keyPath: 'number' }).createIndex('account', 'account');
  };
  return asPromise(request);
}

/** Runs one transaction; resolves with the result of `work` when it is durable. */
async function inStore(name, mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(name, mode);
    const result = work(transaction.objectStore(name));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
    return result.result;
  } finally {
    database.close();
  }
}

/** Whether this browser can make Ed25519 signatures. */
export async function canSign() {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return false;
  try {
    await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
    return true;
  } catch {
    return false;
  }
}

/** The account's key in this browser, `{ key, privateKey, created }`; null if there is none. */
export async function storedKey(account) {
  const found = await inStore('keys', 'readonly', (store) => store.get(account));
  if (found === undefined) return null;
  const { publicKey, privateKey, created } = found;
  return { key: namedKey(depositorName(publicKey), LEDGER_KEY, publicKey), privateKey, created };
}

/** Creates the account's key. It is kept before it is used. */
export async function createKey(account) {
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const kept = { account, publicKey, privateKey: pair.privateKey, created: Date.now() };
  await inStore('keys', 'readwrite', (store) => store.add(kept));
  // Asks the browser not to remove the key when space is short.
  await navigator.storage?.persist?.().catch(() => false);
  return storedKey(account);
}

/** A signature of the stored key. */
export async function sign({ privateKey }, bytes) {
  return new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, bytes));
}

/** Keeps a deposit that the account signed with its key: `{ number, account, name, time, receipt, private }`. */
export function keepDeposit(deposit) {
  return inStore('deposits', 'readwrite', (store) => store.put(deposit));
}

/** The deposits that the account signed in this browser, the latest first. */
export async function keptDeposits(account) {
  const found = await inStore('deposits', 'readonly', (store) => store.index('account').getAll(account));
  return found.sort((a, b) => (a.time < b.time ? 1 : -1));
}
