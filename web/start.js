// The start page: a file is hashed in the browser and its deposits are looked up; a receipt is verified in the browser, with a file
// compared if there is one. No file is sent.

import { connectDrop } from './deposit/drop.js';
import { failureOf, send, unreadableDrop } from './deposit/problem.js';
import { announce, measureVisibly } from './deposit/progress.js';
import { depositsOf } from './deposit/search.js';
import { pick, say, sizeText, timeText } from './deposit/texts.js';
import { toHex } from './verify/bytes.js';
import { element, hash, shown } from './verify/dom.js';

const byId = (id) => document.getElementById(id);
// The beginning of a file, by which a receipt is recognized.
const HEAD = 4096;

const state = { receipt: null, file: null, busy: false };

// The verifier is loaded when it is needed first.
const verifier = () => import('./deposit/verification.js');

/** Whether a file is a receipt, of whatever version, or was meant to be one. */
async function isReceipt(file) {
  if (/receipt\.json$/i.test(file.name)) return true;
  const head = (await file.slice(0, HEAD).text().catch(() => '')).replaceAll('\0', '');
  return /^[^{]{0,4}\{/.test(head) && /"receipt"\s*:\s*"tiezheng\//.test(head);
}

function place() {
  byId('results').hidden = false;
  return byId('results-body');
}

function showError(error) {
  const failure = failureOf(error);
  if (failure.code === 'cancelled') {
    place().append(element('p', { role: 'status' }, failure.message));
    return;
  }
  const text = element('p', {}, element('strong', {}, say('not_performed')));
  place().append(element('div', { class: 'verdict neutral', role: 'alert' }, text, element('p', {}, failure.message), element('p', {}, say('no_tampering'))));
}

/** What was chosen, with a button to begin anew. */
function showChosen() {
  const lines = [];
  if (state.receipt !== null) lines.push(say('chosen_receipt', { name: shown(state.receipt.name) }));
  if (state.file !== null) lines.push(say('chosen_file', { name: shown(state.file.name) }));
  const clear = element('button', { type: 'button', class: 'plain' }, say('start_again'));
  clear.addEventListener('click', () => {
    Object.assign(state, { receipt: null, file: null });
    byId('results').hidden = true;
    showChosen();
    byId('file').focus();
  });
  byId('chosen').replaceChildren(...lines.map((line) => element('p', { class: 'break' }, line)), ...(lines.length > 0 ? [clear] : []));
}

function digestList(digests) {
  const rows = Object.entries(digests).map(([algorithm, hex]) =>
    element('div', {}, element('dt', { translate: 'no' }, algorithm), element('dd', {}, hash(hex))));
  return element('dl', { class: 'summary' }, rows);
}

/** A deposit of the file, with a button to verify it here. */
function depositItem(deposit, file, measured) {
  const number = deposit.deposit_number;
  const link = element('a', { href: `/d/${number}` }, element('code', { translate: 'no' }, number));
  const button = element('button', { type: 'button', class: 'secondary', 'aria-label': say('verify_number', { number }) }, say('verify_here'));
  const report = element('div', { class: 'report' });
  button.addEventListener('click', () => exclusively(async () => {
    announce(say('verifying'));
    const { readReceipt, reportElements, verifyWithOperator } = await verifier();
    const answer = await send(`/v1/deposits/${number}/receipt`, { headers: { Accept: 'application/json' } });
    const result = await verifyWithOperator(await readReceipt(await answer.blob()), number, measured);
    // One report at a time: its headings have ids.
    for (const other of document.querySelectorAll('#results .report')) other.replaceChildren();
    report.replaceChildren(...(await reportElements(result, { receiptName: `${number}.tiezheng-receipt.json`, file, withPaths: true })));
    announce('');
    report.scrollIntoView();
  }));
  const later = deposit.later_links.items.map((one) => element('span', { class: 'tag' }, pick(one.label)));
  const facts = [
    [say('submitted_at'), timeText(deposit.tx_submitted_at)],
    [say('same_digests'), deposit.equal.join(say('and'))],
    [say('signature'), pick(deposit.signed_by)],
  ];
  if (later.length > 0) facts.push([say('later'), later]);
  const rows = facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  return element('li', {}, element('p', {}, link, ' ', button), element('dl', { class: 'summary' }, rows), report);
}

function searchView(file, measured, digests, found) {
  const { deposits, hasMore, ledger, height } = found;
  const head = [element('h3', { class: 'break' }, shown(file.name)), element('p', {}, sizeText(file.size)), digestList(digests)];
  if (deposits.length === 0) {
    return element('section', {}, ...head, element('div', { class: 'verdict neutral' },
      element('p', {}, element('strong', {}, say('not_deposited'))),
      element('p', {}, say('searched', { ledger: shown(ledger), height })),
      element('p', {}, say('search_limits'))));
  }
  const count = hasMore ? say('found_more', { count: deposits.length }) : say(deposits.length === 1 ? 'found_one' : 'found', { count: deposits.length });
  const all = element('a', { href: `/search?q=${digests['sha-256']}` }, say('all_results'));
  const list = element('ol', { class: 'records' }, deposits.map((deposit) => depositItem(deposit, file, measured)));
  return element('section', {}, ...head, element('p', {}, element('strong', {}, count)), hasMore ? element('p', {}, all) : null, element('p', { class: 'hint' }, say('look_up_notice')), list);
}

async function search(file) {
  const measured = await measureVisibly(file, null);
  announce(say('searching', { name: shown(file.name) }));
  const digests = { sm3: toHex(measured.digests.sm3), 'sha-256': toHex(measured.digests['sha-256']) };
  const found = await depositsOf(digests);
  place().append(searchView(file, measured, digests, found));
  announce(found.deposits.length === 0 ? say('not_deposited') : say(found.deposits.length === 1 ? 'found_one' : 'found', { count: found.deposits.length }));
}

async function verify(receiptFile, file) {
  const { isSalted, readReceipt, reportElements, verifyWithOperator } = await verifier();
  const given = await readReceipt(receiptFile);
  const measured = file === null ? null : await measureVisibly(file, null);
  announce(say('verifying'));
  const result = await verifyWithOperator(given, null, measured);
  const elements = await reportElements(result, { receiptName: receiptFile.name, file, withPaths: true });
  const hints = [];
  if (file === null) hints.push(say('add_file'));
  if (file !== null && isSalted(given)) hints.push(say('needs_salt'));
  place().append(element('div', { class: 'report' }, ...hints.map((hint) => element('p', { class: 'inset' }, hint)), ...elements));
  announce('');
}

/** Runs `work`, and shows what went wrong; nothing else begins meanwhile. */
async function exclusively(work) {
  if (state.busy) return;
  state.busy = true;
  try {
    await work();
  } catch (error) {
    showError(error);
  } finally {
    state.busy = false;
  }
}

async function take(entries, unreadable) {
  const files = entries.map((entry) => entry.file);
  const [receipts, others] = [[], []];
  for (const file of files) ((await isReceipt(file)) ? receipts : others).push(file);
  await exclusively(async () => {
    byId('results-body').replaceChildren();
    if (unreadable.length > 0) showError(unreadableDrop(unreadable));
    if (receipts.length > 0 || state.receipt !== null) {
      if (receipts.length > 1 || others.length > 1) {
        place().append(element('div', { class: 'verdict neutral', role: 'alert' }, element('p', {}, say('one_receipt'))));
        return;
      }
      // A receipt that is given alone begins anew; a file that is given alone is compared with the receipt before.
      const receipt = receipts[0] ?? state.receipt;
      Object.assign(state, { receipt, file: others[0] ?? null });
      showChosen();
      await verify(state.receipt, state.file);
    } else {
      for (const file of others) {
        try {
          await search(file);
        } catch (error) {
          showError(error);
          if (error.code === 'cancelled') break;
        }
      }
    }
    if (byId('results').hidden === false) byId('results-title').focus();
  });
}

connectDrop(byId('file'), take);
byId('drop').hidden = false;
