// Writes receipts whose records were changed before they were signed and hashed, so that only the rules of the formats can refuse them:
// node signed.mjs COUNT FOLDER. Reproducible. Prints the names of the files.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { toHex } from '../../web/verify/bytes.js';
import { sha256 } from '../../web/verify/sha256.js';
import { sm3 } from '../../web/verify/sm3.js';
import {
  DEPOSITORS, K1, K2, Ledger, ORIGIN, ORIGINAL, WITNESSES, cosigned, note, number, plain, statement, time,
} from './ledger.mjs';

const [count, folder] = [Number(process.argv[2]), process.argv[3]];
let state = 18;

/** A number below `limit` (mulberry32). */
function below(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
}

const pick = (list) => list[below(list.length)];
const HEX = toHex(sha256(ORIGINAL));
const NUMBERS = [number(), number(), number()];
const CHARACTERS = [...'0123456789abcdefABCDEF -+/=.:TZ\t\r证\u0080\u200b\u2028\u00a0k'];

/** Lines that are wrong, or nearly so, or right in another place. */
const LINES = [
  'size 0', 'size 007', 'size 9223372036854775808', 'size 25 ', 'size  25', `size ${ORIGINAL.length}`, 'nonce 00', `nonce ${HEX}`,
  `sha-256 ${toHex(sha256(new Uint8Array(0)))}`, `sm3 ${toHex(sm3(new Uint8Array(0)))}`, `sha-256 ${HEX.toUpperCase()}`, `sha-256 ${HEX}`,
  `salted-sha-256 ${HEX}`, `salted-sm3 ${HEX}`, 'md5 d41d8cd98f00b204e9800998ecf8427e', 'sha-1 da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'type text/plain', 'type text/unknown', 'type TEXT/PLAIN', 'type text/plain; charset=utf-8', `meta ${HEX}`, 'meta 00',
  `subject ${HEX} 1`, `subject ${HEX} 0`, `subject ${HEX}`, `manifest ${HEX} 1`, `manifest ${HEX} 0`, `manifest ${HEX} 9223372036854775807`,
  `link corrects ${NUMBERS[0]}`, `link refers ${NUMBERS[1]}`, `link withdraws ${NUMBERS[2]}`, `link refers ${NUMBERS[1].toLowerCase()}`,
  'link refers 20261122-0K7M-X9QT-3D5V-C3', `link knows ${NUMBERS[0]}`, `on-behalf ${HEX}`, 'on-behalf', `ledger ${ORIGIN}`,
  'ledger other.example', 'ledger a b', 'ledger a+b', '', ' ', 'received 2026-11-22T01:10:30.000Z', 'received 2026-11-22T01:59:30.000Z',
  'received 2026-11-22T01:10:30Z', 'received 2026-11-22T01:10:60.000Z', 'received 2026-02-30T01:10:30.000Z',
  'time 2026-11-22T01:00:00.000Z', 'time 2026-11-22T01:10:31+00:00', 'height 1', 'height 01', 'height 9223372036854775807', 'count 0', 'count 1',
  'count 9', 'count 9223372036854775807', 'first 0', 'first 2', 'first 9223372036854775806', `previous ${HEX}`, `root ${HEX}`,
  `key ${DEPOSITORS[0].key.text}`, `key ${DEPOSITORS[1].key.text}`, `key ${K1.key.text}`, `key ${WITNESSES[0].key.text}`,
  'key k-0000000000000000+00000000+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', `number ${NUMBERS[0]}`, 'number 20261122-0K7M-X9QT-3D5V-C3',
  `next ${HEX}`, 'mode live', 'mode none', 'kind key', 'kind genesis', 'kind erased', 'kind other', 'content 1 metadata', `content 1 ${HEX}`,
  'tiezheng statement v1', 'tiezheng statement v2', 'tiezheng block v2', 'tiezheng entry v2', 'tiezheng notice v2',
];

function changed(text) {
  const lines = text.split('\n');
  const at = below(lines.length);
  switch (below(7)) {
    case 0:
      lines.splice(at, 1);
      break;
    case 1:
      lines.splice(at, 0, lines[at]);
      break;
    case 2:
      lines.splice(at, 0, pick(LINES));
      break;
    case 3: {
      const other = below(lines.length);
      [lines[at], lines[other]] = [lines[other], lines[at]];
      break;
    }
    case 4: {
      // A line of the same name, if there is one.
      const [name] = lines[at].split(' ');
      const same = LINES.filter((line) => line.startsWith(`${name} `));
      lines[at] = pick(same.length > 0 ? same : LINES);
      break;
    }
    default: {
      const characters = [...lines[at]];
      const place = below(characters.length + 1);
      characters.splice(place, below(2), ...(below(3) === 0 ? [] : [pick(CHARACTERS)]));
      lines[at] = characters.join('');
    }
  }
  return lines.join('\n');
}

const BODIES = [
  plain(ORIGINAL),
  [...plain(ORIGINAL), 'type text/plain', `meta ${HEX}`, `subject ${HEX} 1`, `link corrects ${NUMBERS[0]}`, `link refers ${NUMBERS[1]}`, `link withdraws ${NUMBERS[2]}`, `on-behalf ${HEX}`],
  [`sm3 ${toHex(sm3(ORIGINAL))}`, `size ${ORIGINAL.length}`, `manifest ${HEX} 3`],
  [`salted-sha-256 ${HEX}`, `salted-sm3 ${HEX}`],
];

/** A statement whose text was changed before the keys signed it. */
function changedStatement(signers) {
  const [text] = statement(pick(BODIES), signers).split('\n\n— ');
  const sorted = [...signers].sort((a, b) => (a.key.text < b.key.text ? -1 : 1));
  return note(changed(`${text}\n`), below(8) === 0 ? sorted.slice(1).concat(sorted[0]) : sorted);
}

function made() {
  const what = below(7);
  const signers = below(3) === 0 ? DEPOSITORS : [DEPOSITORS[0]];
  const written = what <= 2 ? changedStatement(signers) : statement(BODIES[0], signers);
  const head = `tiezheng entry v1\nnumber ${number()}\nreceived ${time(30)}`;
  const entry = `${what === 3 ? changed(head) : head}\n\n${written}`;
  const ledger = new Ledger('live');
  const block = ledger.seal([entry], 40, what === 4 ? changed : undefined);
  if (what === 6) ledger.rotate(50, changed);
  const text = what === 5 && below(2) === 0 ? changed(ledger.checkpointText()) : ledger.checkpointText();
  const receipt = ledger.receipt(block, 0, { signers: what === 6 ? [K2, K1] : [K1] });
  if (what !== 5) return receipt;
  const lines = WITNESSES.slice(below(3)).map((witness, at) => cosigned(witness, pick([text, text, `${text}x`]), pick([1795310000, 0, 2 ** 52, at])));
  return { ...receipt, checkpoint: note(text, pick([[K1], [K1, K2], [K2], [K2, K1]])) + lines.join('') };
}

for (let at = 0; at < count; at++) {
  const file = join(folder, `signed_${at}.json`);
  writeFileSync(file, `${JSON.stringify(made(), null, 2)}\n`);
  process.stdout.write(`${file}\n`);
}
