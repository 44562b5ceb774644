// The list of the own deposits: receipts of the deposits that are shown as one archive, and the deposits that were signed with a key in
// this browser, which the platform cannot list.

import { announce } from './deposit/progress.js';
import { keptDeposits } from './deposit/key_store.js';
import { saveReceipts } from './deposit/papers.js';
import { failureOf, send } from './deposit/problem.js';
import { say } from './deposit/texts.js';
import { element, shown } from './verify/dom.js';
import { beijing } from './verify/text.js';

const byId = (id) => document.getElementById(id);
const { account, q, from, until } = byId('own').dataset;

/** Whether a deposit of this browser is among those that are wanted, as the platform filters its own. */
function isWanted({ number, name, time }) {
  const day = beijing(time).slice(0, 10);
  const text = q.trim().toLowerCase();
  const fits = text === '' || name.toLowerCase().includes(text) || number.toLowerCase() === text;
  return fits && (from === '' || from <= day) && (until === '' || day <= until);
}

function row({ number, name, time }) {
  return element('tr', {},
    element('td', {}, element('a', { href: `/d/${number}` }, element('code', { translate: 'no' }, number))),
    element('td', {}, element('span', { class: 'break' }, shown(name))),
    element('td', {}, element('time', {}, say('beijing', { time: beijing(time) }))));
}

async function showOwn() {
  if (!globalThis.indexedDB) return;
  const kept = (await keptDeposits(account)).filter(isWanted);
  if (kept.length === 0) return;
  byId('own-rows').replaceChildren(...kept.map(row));
  byId('own').hidden = false;
  byId('save-own').addEventListener('click', () => saveReceipts(kept, null));
}

/** Fetches the receipts of the rows one after the other, and saves them. */
async function saveShown(numbers) {
  const receipts = [];
  for (const number of numbers) {
    announce(say('collecting', { done: receipts.length, all: numbers.length }));
    const answer = await send(`/v1/deposits/${number}/receipt`, { headers: { Accept: 'application/json' } });
    receipts.push({ number, receipt: await answer.text(), private: null });
  }
  saveReceipts(receipts, null);
  announce('');
}

const numbers = [...document.querySelectorAll('[data-deposit]')].map((one) => one.dataset.deposit);
if (numbers.length > 0) {
  byId('save-shown').hidden = false;
  byId('save-shown').addEventListener('click', async () => {
    byId('save-shown').disabled = true;
    try {
      await saveShown(numbers);
    } catch (error) {
      announce(failureOf(error).message);
    }
    byId('save-shown').disabled = false;
  });
}
showOwn().catch((error) => {
  console.error(error);
  announce(say('own_unreadable'));
});
