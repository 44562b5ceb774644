// The page of a deposit: verifies a file against the deposit's receipt in the browser, and draws the Merkle paths. The file is not sent.

import { connectDrop } from './deposit/drop.js';
import { failureOf, send } from './deposit/problem.js';
import { announce, measureVisibly } from './deposit/progress.js';
import { say } from './deposit/texts.js';
import { fromHex } from './verify/bytes.js';
import { element } from './verify/dom.js';

const byId = (id) => document.getElementById(id);
const { number, salted } = byId('verify').dataset;
const state = { busy: false, receipt: null };

const verifier = () => import('./deposit/verification.js');

/** The receipt, fetched once. */
async function receipt() {
  const { readReceipt } = await verifier();
  if (state.receipt === null) {
    const answer = await send(`/v1/deposits/${number}/receipt`, { headers: { Accept: 'application/json' } });
    state.receipt = await readReceipt(await answer.blob());
  }
  return state.receipt;
}

function failed(place, error) {
  const failure = failureOf(error);
  if (failure.code === 'cancelled') {
    place.replaceChildren(element('p', { role: 'status' }, failure.message));
    return;
  }
  place.replaceChildren(element('div', { class: 'verdict neutral', role: 'alert' },
    element('p', {}, element('strong', {}, say('not_performed'))),
    element('p', {}, failure.message),
    element('p', {}, say('no_tampering'))));
}

/** The salt that was typed, null for a record without one, undefined for a text that is none. */
function typedSalt() {
  if (salted !== 'yes') return null;
  const bytes = fromHex(byId('salt').value.trim().toLowerCase(), 32);
  byId('salt-error').textContent = bytes === null ? say('bad_salt') : '';
  byId('salt').setAttribute('aria-invalid', String(bytes === null));
  if (bytes === null) byId('salt').focus();
  return bytes ?? undefined;
}

async function verify(file) {
  const salt = typedSalt();
  if (salt === undefined) return;
  const { reportElements, verifyWithOperator } = await verifier();
  const measured = await measureVisibly(file, salt);
  announce(say('verifying'));
  const result = await verifyWithOperator(await receipt(), number, measured);
  const elements = await reportElements(result, { receiptName: `${number}.tiezheng-receipt.json`, file, withPaths: false });
  const title = element('h3', { tabindex: '-1', id: 'report-title' }, say('report'));
  byId('report').replaceChildren(title, ...elements);
  announce('');
  title.focus();
}

async function take([chosen], unreadable) {
  if (state.busy) return;
  state.busy = true;
  byId('report').replaceChildren();
  try {
    if (chosen === undefined) throw unreadableDrop(unreadable);
    await verify(chosen.file);
  } catch (error) {
    failed(byId('report'), error);
  } finally {
    state.busy = false;
  }
}

async function draw() {
  const { drawnPaths, verifyWithOperator } = await verifier();
  try {
    const paths = drawnPaths(await verifyWithOperator(await receipt(), number, null));
    if (paths.length === 0) return;
    byId('drawn').replaceChildren(element('p', { class: 'note' }, say('paths_from_receipt')), ...paths);
  } catch (error) {
    failed(byId('drawn'), error);
  }
}

connectDrop(byId('file'), take);
byId('drop').hidden = false;

// The paths are drawn when they are about to be seen.
const seen = new IntersectionObserver((entries) => {
  if (!entries.some((entry) => entry.isIntersecting)) return;
  seen.disconnect();
  draw();
}, { rootMargin: '400px' });
seen.observe(byId('drawn'));
