// Makes the frozen receipts in tests/web/receipts: node tests/web/make_receipts.mjs TSA-FOLDER, with a folder that
// `tests/support/tsa.py make TSA-FOLDER` created. All keys are of fixed seeds, so that only the timestamp tokens differ between two runs.

import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign as signature } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { compareText, concat, toBase64, toHex, utf8 } from '../../web/verify/bytes.js';
import { LEDGER_KEY, WITNESS_KEY, depositorName, keyCommitment, namedKey } from '../../web/verify/keys.js';
import { leafHash, nodeHash } from '../../web/verify/merkle.js';
import { isDepositNumber } from '../../web/verify/number.js';
import { sha256 } from '../../web/verify/sha256.js';
import { sm3 } from '../../web/verify/sm3.js';

const OUT = new URL('receipts/', import.meta.url).pathname;
const TSA = process.argv[2];
const ORIGIN = 'example.org/ledger';

function signer(name, type, seedText) {
  const seed = sha256(utf8(seedText));
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const bytes = new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(12));
  const key = namedKey(name ?? depositorName(bytes), type, bytes);
  const sign = (message) => new Uint8Array(signature(null, message, secret));
  return { key, sign };
}

const line = ({ key }, bytes) => `— ${key.name} ${toBase64(concat(key.id, bytes))}\n`;
const note = (text, signers) => `${text}\n${signers.map((one) => line(one, one.sign(utf8(text)))).join('')}`;

function cosigned(witness, text, seconds) {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(seconds));
  return line(witness, concat(head, witness.sign(utf8(`cosignature/v1\ntime ${seconds}\n${text}`))));
}

function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  const cut = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(root(leaves.slice(0, cut)), root(leaves.slice(cut)));
}

function path(at, leaves) {
  if (leaves.length === 1) return [];
  const cut = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return at < cut
    ? [...path(at, leaves.slice(0, cut)), root(leaves.slice(cut))]
    : [...path(at - cut, leaves.slice(cut)), root(leaves.slice(0, cut))];
}

const time = (second, millis = '000') => `2026-11-22T01:${String(10 + Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.${millis}Z`;

let drawn = 0;
function number(mark = '') {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  for (;;) {
    const random = toHex(sha256(utf8(`number ${drawn++}`))).slice(0, 24).match(/../g).map((pair) => alphabet[parseInt(pair, 16) % 32]).join('');
    for (const check of [...alphabet].flatMap((a) => [...alphabet].map((b) => a + b))) {
      const text = `${mark}20261122-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}-${check}`;
      if (isDepositNumber(text)) return text;
    }
  }
}

const [K1, K2, K3] = ['one', 'two', 'three'].map((name) => signer(ORIGIN, LEDGER_KEY, `ledger key ${name}`));
const WITNESSES = ['court', 'notary', 'appraisal'].map((name) => signer(`witness.${name}.example`, WITNESS_KEY, `witness ${name}`));
const DEPOSITORS = ['one', 'two'].map((name) => signer(null, LEDGER_KEY, `depositor ${name}`));
const ORIGINAL = utf8('双方约定一百元。\n');
const OTHER = utf8('双方约定二百元。\n');
const SALT = sha256(utf8('salt'));

function statement(lines, signers = [DEPOSITORS[0]]) {
  const sorted = [...signers].sort((a, b) => compareText(a.key.text, b.key.text));
  const nonce = toHex(sha256(utf8(`nonce ${drawn}`))).slice(0, 32);
  const text = ['tiezheng statement v1', `ledger ${ORIGIN}`, ...lines, `nonce ${nonce}`, ...sorted.map((one) => `key ${one.key.text}`), ''];
  return note(text.join('\n'), sorted);
}

const entry = (second, lines, signers, mark) => `tiezheng entry v1\nnumber ${number(mark)}\nreceived ${time(second)}\n\n${statement(lines, signers)}`;
const plain = (bytes) => [`sha-256 ${toHex(sha256(bytes))}`, `sm3 ${toHex(sm3(bytes))}`, `size ${bytes.length}`];

/** A ledger that grows block by block. */
class Ledger {
  constructor(mode) {
    [this.leaves, this.hashes, this.height, this.previous] = [[], [], 0, '0'.repeat(64)];
    const text = `tiezheng notice v1\nledger ${ORIGIN}\nreceived ${time(0)}\nkind genesis\nmode ${mode}\nkey ${K1.key.text}\nnext ${toHex(keyCommitment(K2.key))}\n`;
    this.notices = [{ index: 0, text: note(text, [K1]) }];
    this.seal([this.notices[0].text], 0);
  }

  seal(texts, second) {
    const [first, hashes] = [this.leaves.length, texts.map((text) => leafHash(utf8(text)))];
    const header = `tiezheng block v1\nledger ${ORIGIN}\nheight ${this.height}\nprevious ${this.previous}\ntime ${time(second, '500')}\nfirst ${first}\ncount ${texts.length}\nroot ${toHex(root(hashes))}\n`;
    const hash = leafHash(utf8(header));
    this.leaves.push(...texts, header);
    this.hashes.push(...hashes, hash);
    [this.height, this.previous] = [this.height + 1, toHex(hash)];
    return { first, hashes, header, index: first + texts.length };
  }

  rotate(second) {
    const text = `tiezheng notice v1\nledger ${ORIGIN}\nreceived ${time(second)}\nkind key\nkey ${K2.key.text}\nnext ${toHex(keyCommitment(K3.key))}\n`;
    const signed = note(text, [K2, K1]);
    this.notices.push({ index: this.leaves.length, text: signed });
    this.seal([signed], second);
  }

  checkpointText() {
    return `${ORIGIN}\n${this.leaves.length}\n${toBase64(root(this.hashes))}\n`;
  }

  receipt(block, at, { signers = [K1], lines = '', tokens = [] } = {}) {
    const hex = (hashes) => hashes.map(toHex);
    const notices = this.notices.length === 1 ? [] : this.notices;
    return {
      receipt: 'tiezheng/receipt/v1',
      entry: this.leaves[block.first + at],
      index: block.first + at,
      header: block.header,
      entry_path: hex(path(at, block.hashes)),
      header_path: hex(path(block.index, this.hashes)),
      previous_path: hex(path(block.first - 1, this.hashes)),
      key_notices: notices.map(({ index, text }) => ({ index, text, path: hex(path(index, this.hashes)) })),
      checkpoint: note(this.checkpointText(), signers) + lines,
      time_tokens: tokens,
    };
  }
}

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
write('ca.pem', readFileSync(join(TSA, 'ca.pem')));
