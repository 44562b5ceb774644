// What a depositor keeps: the receipts in one archive, and the list of numbers as a table for spreadsheets and for paper.

import { toHex, utf8 } from '../verify/bytes.js';
import { element, hash, shown } from '../verify/dom.js';
import { beijing } from '../verify/text.js';
import { csvOf } from './csv.js';
import { say } from './texts.js';
import { zipOf } from './zip.js';

/** Saves bytes or text as a file. */
export function save(name, parts, type) {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  const link = element('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

const day = () => beijing(Date.now()).slice(0, 10);

/** The table of deposits, `[{ number, name, path, size, digests, time, isOwn }]`: the first row has the names of the columns. */
function table(deposits) {
  const head = [say('column_number'), say('column_name'), say('column_file'), say('column_size'), 'SM3', 'SHA-256', say('column_time'), say('column_signature')];
  const rows = deposits.map((one) => [
    one.number,
    shown(one.name),
    shown(one.path),
    String(one.size),
    toHex(one.digests.sm3),
    toHex(one.digests['sha-256']),
    beijing(one.time),
    say(one.isOwn ? 'by_own_key' : 'by_platform'),
  ]);
  return [head, ...rows];
}

/** Saves the list of numbers as CSV. */
export function saveList(deposits) {
  save(`${say('list_file')}-${day()}.csv`, [csvOf(table(deposits))], 'text/csv;charset=utf-8');
}

/** Saves the receipts `[{ number, receipt, private }]` in one archive; `list` is the table in it, or null. */
export function saveReceipts(receipts, deposits) {
  const files = receipts.flatMap(({ number, receipt, private: secret }) => {
    const file = { name: `${number}.tiezheng-receipt.json`, bytes: utf8(receipt) };
    if (secret === null) return [file];
    return [file, { name: `${number}.private.json`, bytes: utf8(`${JSON.stringify(secret, null, 2)}\n`) }];
  });
  if (deposits !== null) files.push({ name: `${say('list_file')}.csv`, bytes: utf8(csvOf(table(deposits))) });
  save(`${say('zip_file')}-${day()}.zip`, [zipOf(files, new Date())], 'application/zip');
}

/** The rows of the list for the screen and for paper. */
export function listRows(deposits) {
  return deposits.map((one) => element('tr', {},
    element('td', {}, element('a', { href: `/d/${one.number}` }, element('code', { translate: 'no' }, one.number))),
    element('td', {}, element('span', { class: 'break' }, shown(one.name))),
    element('td', { class: 'digests' }, ['sm3', 'sha-256'].map((algorithm) =>
      element('p', {}, element('span', { class: 'algorithm', translate: 'no' }, algorithm), ' ', hash(toHex(one.digests[algorithm]))))),
    element('td', {}, element('time', {}, beijing(one.time))),
    element('td', {}, say(one.isOwn ? 'by_own_key' : 'by_platform'))));
}
