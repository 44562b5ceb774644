// A ledger in memory, for tests: keys of fixed seeds, statements, entries, blocks, checkpoints, receipts. It signs whatever it is given,
// also what no program would sign.

import { createPrivateKey, createPublicKey, sign as signature } from 'node:crypto';

import { compareText, concat, toBase64, toHex, utf8 } from '../../web/verify/bytes.js';
import { LEDGER_KEY, WITNESS_KEY, depositorName, keyCommitment, namedKey } from '../../web/verify/keys.js';
import { leafHash, nodeHash } from '../../web/verify/merkle.js';
import { isDepositNumber } from '../../web/verify/number.js';
import { sha256 } from '../../web/verify/sha256.js';
import { sm3 } from '../../web/verify/sm3.js';

export const ORIGIN = 'example.org/ledger';

export function signer(name, type, seedText) {
  const seed = sha256(utf8(seedText));
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const bytes = new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(12));
  const key = namedKey(name ?? depositorName(bytes), type, bytes);
  const sign = (message) => new Uint8Array(signature(null, message, secret));
  return { key, sign };
}

export const line = ({ key }, bytes) => `— ${key.name} ${toBase64(concat(key.id, bytes))}\n`;
export const note = (text, signers) => `${text}\n${signers.map((one) => line(one, one.sign(utf8(text)))).join('')}`;

export function cosigned(witness, text, seconds) {
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(seconds));
  return line(witness, concat(head, witness.sign(utf8(`cosignature/v1\ntime ${seconds}\n${text}`))));
}

export function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  const cut = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return nodeHash(root(leaves.slice(0, cut)), root(leaves.slice(cut)));
}

export function path(at, leaves) {
  if (leaves.length === 1) return [];
  const cut = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return at < cut
    ? [...path(at, leaves.slice(0, cut)), root(leaves.slice(cut))]
    : [...path(at - cut, leaves.slice(cut)), root(leaves.slice(0, cut))];
}

export const time = (second, millis = '000') => `2026-11-22T01:${String(10 + Math.floor(second / 60)).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.${millis}Z`;

let drawn = 0;
export function number(mark = '') {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  for (;;) {
    const random = toHex(sha256(utf8(`number ${drawn++}`))).slice(0, 24).match(/../g).map((pair) => alphabet[parseInt(pair, 16) % 32]).join('');
    for (const check of [...alphabet].flatMap((a) => [...alphabet].map((b) => a + b))) {
      const text = `${mark}20261122-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}-${check}`;
      if (isDepositNumber(text)) return text;
    }
  }
}

export const [K1, K2, K3] = ['one', 'two', 'three'].map((name) => signer(ORIGIN, LEDGER_KEY, `ledger key ${name}`));
export const WITNESSES = ['court', 'notary', 'appraisal'].map((name) => signer(`witness.${name}.example`, WITNESS_KEY, `witness ${name}`));
export const DEPOSITORS = ['one', 'two'].map((name) => signer(null, LEDGER_KEY, `depositor ${name}`));
export const ORIGINAL = utf8('双方约定一百元。\n');
export const OTHER = utf8('双方约定二百元。\n');
export const SALT = sha256(utf8('salt'));

export function statement(lines, signers = [DEPOSITORS[0]]) {
  const sorted = [...signers].sort((a, b) => compareText(a.key.text, b.key.text));
  const nonce = toHex(sha256(utf8(`nonce ${drawn}`))).slice(0, 32);
  const text = ['tiezheng statement v1', `ledger ${ORIGIN}`, ...lines, `nonce ${nonce}`, ...sorted.map((one) => `key ${one.key.text}`), ''];
  return note(text.join('\n'), sorted);
}

export const entry = (second, lines, signers, mark) => `tiezheng entry v1\nnumber ${number(mark)}\nreceived ${time(second)}\n\n${statement(lines, signers)}`;
export const plain = (bytes) => [`sha-256 ${toHex(sha256(bytes))}`, `sm3 ${toHex(sm3(bytes))}`, `size ${bytes.length}`];

/** A ledger that grows block by block. */
export class Ledger {
  constructor(mode) {
    [this.leaves, this.hashes, this.height, this.previous] = [[], [], 0, '0'.repeat(64)];
    const text = `tiezheng notice v1\nledger ${ORIGIN}\nreceived ${time(0)}\nkind genesis\nmode ${mode}\nkey ${K1.key.text}\nnext ${toHex(keyCommitment(K2.key))}\n`;
    this.notices = [{ index: 0, text: note(text, [K1]) }];
    this.seal([this.notices[0].text], 0);
  }

  /** Seals leaves in a block; `patch` may change its header. */
  seal(texts, second, patch = (header) => header) {
    const [first, hashes] = [this.leaves.length, texts.map((text) => leafHash(utf8(text)))];
    const header = patch(`tiezheng block v1\nledger ${ORIGIN}\nheight ${this.height}\nprevious ${this.previous}\ntime ${time(second, '500')}\nfirst ${first}\ncount ${texts.length}\nroot ${toHex(root(hashes))}\n`);
    const hash = leafHash(utf8(header));
    this.leaves.push(...texts, header);
    this.hashes.push(...hashes, hash);
    [this.height, this.previous] = [this.height + 1, toHex(hash)];
    return { first, hashes, header, index: first + texts.length };
  }

  /** Replaces the ledger key; `patch` may change the notice. */
  rotate(second, patch = (notice) => notice) {
    const text = patch(`tiezheng notice v1\nledger ${ORIGIN}\nreceived ${time(second)}\nkind key\nkey ${K2.key.text}\nnext ${toHex(keyCommitment(K3.key))}\n`);
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
