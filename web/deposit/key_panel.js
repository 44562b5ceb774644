// The choice of who signs: the platform on behalf of the account, or a key that is created and kept in this browser. What losing the key
// means is read first.

import { beijing } from '../verify/text.js';
import { canSign, createKey, storedKey } from './key_store.js';
import { Failure, failureOf, send } from './problem.js';
import { say } from './texts.js';

const byId = (id) => document.getElementById(id);
const state = { key: null };

function showKey() {
  const { key } = state;
  byId('key-creation').hidden = key !== null;
  const time = key === null ? '' : say('beijing', { time: beijing(key.created).slice(0, 19) });
  byId('key-state').textContent = key === null ? '' : say('key_here', { name: key.key.name, time });
}

function showError(text) {
  byId('key-error').textContent = text;
  byId('key-consent').setAttribute('aria-invalid', String(text !== ''));
}

/** Enrols the key for the account, where the platform accepts enrolled keys only. */
async function enrol(key) {
  const body = new URLSearchParams({ key: key.key.text });
  const answer = await send('/account/keys', { method: 'POST', body });
  const address = new URL(answer.url);
  if (address.pathname !== '/account' || address.searchParams.get('done') !== 'key') throw new Failure(say('key_not_enrolled'));
}

async function create(account, policy) {
  if (!byId('key-consent').checked) {
    showError(say('key_consent_missing'));
    byId('key-consent').focus();
    return;
  }
  showError('');
  try {
    state.key = await createKey(account);
    if (state.key === null) throw new Failure(say('key_not_stored'));
    showKey();
    if (policy === 'enrolled') await enrol(state.key);
    byId('status').textContent = say('key_created');
  } catch (error) {
    showError(error instanceof DOMException ? say('key_not_stored') : failureOf(error).message);
  }
}

function showChoice() {
  byId('key-panel').hidden = !byId('signer-key').checked;
}

/** Why a key of the depositor cannot be used here; null if it can. */
async function obstacle(policy) {
  if (policy === 'accounts') return say('key_by_token_only');
  return (await canSign()) ? null : say('key_unsupported');
}

/** Connects the choice of an account under the deposit policy of the node. */
export async function connectKeyPanel(account, policy) {
  for (const id of ['signer-platform', 'signer-key']) byId(id).addEventListener('change', showChoice);
  byId('create-key').addEventListener('click', () => create(account, policy));
  const why = await obstacle(policy);
  if (why !== null) {
    byId('signer-key').disabled = true;
    byId('signer-platform').checked = true;
    byId('key-obstacle').textContent = why;
  } else {
    state.key = await storedKey(account).catch(() => null);
    showKey();
  }
  showChoice();
}

/** The key that signs: null if the platform does, undefined if the key is chosen and does not exist yet. */
export function chosenKey() {
  if (!byId('signer-key').checked) return null;
  return state.key ?? undefined;
}
