// Makes the frozen receipts in tests/web/receipts: node tests/web/make_receipts.mjs TSA-FOLDER [FOLDER], with a folder that
// `tests/support/tsa.py make TSA-FOLDER` created, and another folder for the receipts. All keys are of fixed seeds, so that only the
// timestamp tokens differ between two runs.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toBase64, toHex, utf8 } from '../../web/verify/bytes.js';
import { LEDGER_KEY } from '../../web/verify/keys.js';
import { leafHash } from '../../web/verify/merkle.js';
import { sha256 } from '../../web/verify/sha256.js';
import { sm3 } from '../../web/verify/sm3.js';
import {
  DEPOSITORS, K1, K2, Ledger, ORIGIN, ORIGINAL, OTHER, SALT, WITNESSES, cosigned, entry, number, path, plain, root, signer,
} from './ledger.mjs';

const [, , TSA, OUT = new URL('receipts/', import.meta.url).pathname] = process.argv;
function token(text, mode) {
  const folder = mkdtempSync(join(tmpdir(), 'token-'));
  const at = (name) => join(folder, name);
  writeFileSync(at('data'), text);
  execFileSync('openssl', ['ts', '-query', '-data', at('data'), '-sha256', '-cert', '-out', at('query')]);
  const answer = execFileSync('python3', [new URL('../support/tsa.py', import.meta.url).pathname, 'reply', TSA, mode, at('query')]);
  writeFileSync(at('answer'), answer);
  execFileSync('openssl', ['ts', '-reply', '-in', at('answer'), '-token_out', '-out', at('token')]);
  return toBase64(new Uint8Array(readFileSync(at('token'))));
}

const write = (name, value) => writeFileSync(join(OUT, name), typeof value === 'object' && !(value instanceof Uint8Array) ? `${JSON.stringify(value, null, 2)}\n` : value);

// A ledger with one block of every kind of deposit.
const ledger = new Ledger('live');
const filler = Array.from({ length: 5 }, (_, at) => entry(20, plain(utf8(`filler ${at}`)), [DEPOSITORS[1]]));
ledger.seal(filler, 20);
const item = (name, bytes) => {
  const salt = sha256(utf8(`salt of ${name}`));
  const commitment = toHex(sha256(Uint8Array.of(2), salt, utf8(name)));
  const [byte, court, size] = plain(bytes);
  return { name, salt, line: `item v1 ${byte} ${court} ${size} name ${commitment}` };
};
const items = [item('卷宗/合同.txt', ORIGINAL), item('卷宗/附件.txt', OTHER), item('清单.txt', utf8('清单'))];
const itemLeaves = items.map((one) => leafHash(utf8(one.line)));
const meta = toHex(sha256(utf8('meta')));
const kinds = {
  plain: entry(30, [...plain(ORIGINAL), 'type text/plain', `meta ${meta}`]),
  two_keys: entry(31, [...plain(ORIGINAL), `subject ${meta} 1`], DEPOSITORS),
  sm3_only: entry(32, [`sm3 ${toHex(sm3(ORIGINAL))}`, `size ${ORIGINAL.length}`]),
  contradictory: entry(33, [`sha-256 ${toHex(sha256(ORIGINAL))}`, `sm3 ${toHex(sm3(OTHER))}`, `size ${ORIGINAL.length}`]),
  other_size: entry(33, [`sha-256 ${toHex(sha256(ORIGINAL))}`, `size ${ORIGINAL.length + 1}`]),
  salted: entry(34, [`salted-sha-256 ${toHex(sha256(SALT, ORIGINAL))}`, `salted-sm3 ${toHex(sm3(SALT, ORIGINAL))}`]),
  on_behalf: entry(35, [...plain(ORIGINAL), `on-behalf ${meta}`]),
  manifest: entry(36, [`manifest ${toHex(root(itemLeaves))} ${items.length}`]),
  linked: entry(37, [...plain(ORIGINAL), ...['corrects', 'refers', 'withdraws'].map((kind) => `link ${kind} ${number()}`)]),
};
const block = ledger.seal(Object.values(kinds), 40);
ledger.seal([entry(50, plain(OTHER))], 50);
const text = ledger.checkpointText();
const cosignatures = (witnesses) => witnesses.map((witness, at) => cosigned(witness, text, 1795310000 + at)).join('');
for (const [at, name] of Object.keys(kinds).entries()) write(`${name}.json`, ledger.receipt(block, at));
write('one_witness.json', ledger.receipt(block, 0, { lines: cosignatures(WITNESSES.slice(0, 1)) }));
write('witnessed.json', ledger.receipt(block, 0, { lines: cosignatures(WITNESSES.slice(0, 2)) + '— stranger.example AAAAAAEC\n' }));
const forged = cosigned(WITNESSES[0], `${text}x`, 1795310000) + cosignatures(WITNESSES.slice(1));
write('forged_witness.json', ledger.receipt(block, 0, { lines: forged }));
const tokens = [token(text, 'honest'), token(text, 'ecdsa')];
write('timestamped.json', ledger.receipt(block, 0, { lines: cosignatures(WITNESSES), tokens }));
write('untrusted_time.json', ledger.receipt(block, 0, { tokens: [token(text, 'untrusted')] }));
write('other_time.json', ledger.receipt(block, 0, { tokens: [token(`${text}x`, 'honest')] }));
for (const mode of ['expired', 'revoked']) write(`${mode}_time.json`, ledger.receipt(block, 0, { tokens: [token(text, mode)] }));
write('garbage_time.json', ledger.receipt(block, 0, { tokens: [toBase64(sha256(utf8('garbage')))] }));
const deposit = ledger.receipt(block, Object.keys(kinds).indexOf('manifest'));
items.forEach((one, at) => {
  const name = { salt: toHex(one.salt), path: one.name };
  const claim = { item: one.line, index: at, path: path(at, itemLeaves).map(toHex), ...(at === 1 ? {} : { name }) };
  write(`item_${at}.json`, { receipt: 'tiezheng/item-receipt/v1', deposit, ...claim });
});
// After the change of the ledger key.
ledger.rotate(60);
write('rotated_before.json', ledger.receipt(block, 0, { signers: [K1] }));
write('rotated.json', ledger.receipt(block, 0, { signers: [K2, K1] }));
write('rotated_new_only.json', ledger.receipt(block, 1, { signers: [K2] }));
// A test ledger.
const testLedger = new Ledger('test');
const testBlock = testLedger.seal([entry(20, plain(ORIGINAL), [DEPOSITORS[0]], 'T')], 21);
write('test.json', testLedger.receipt(testBlock, 0));

write('original.txt', ORIGINAL);
write('other.txt', OTHER);
write('salt.txt', `${toHex(SALT)}\n`);
write('key.txt', `${K1.key.text}\n`);
write('key_2.txt', `${K2.key.text}\n`);
write('other_key.txt', `${signer(ORIGIN, LEDGER_KEY, 'another').key.text}\n`);
const named = WITNESSES.map((witness, at) => `witness w${at} ${witness.key.text}\n`).join('');
write('two_of_three.policy', `# 两家见证节点 two witnesses\nlog ${K1.key.text} https://ledger.example.org\n${named}group g 2 w0 w1 w2\nquorum g\n`);
write('none.policy', `log ${K1.key.text}\nquorum none\n`);
for (const name of ['ca.pem', 'crl.pem']) write(name, readFileSync(join(TSA, name)));
