// Tests of the modules of the case pages, and of what the deposit page drops, in Node: node --test tests/web/cases.test.mjs

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';

import { compare, digestsIn } from '../../web/cases/comparison.js';
import { manifestLines, rootOf } from '../../web/cases/hand_over_manifest.js';
import { droppedFiles } from '../../web/deposit/dropped.js';
import { toHex, utf8 } from '../../web/verify/bytes.js';

test('a file is equal only to digests that there are', () => {
  const digests = { sm3: 'a', 'sha-256': 'b' };
  assert.deepEqual(compare({ sm3: 'a', 'sha-256': 'b' }, digests), { result: 'equal', algorithm: 'sm3' });
  assert.deepEqual(compare({ 'sha-256': 'b' }, digests), { result: 'equal', algorithm: 'sha-256' });
  assert.deepEqual(compare({ sm3: 'a', 'sha-256': 'c' }, digests), { result: 'different', algorithm: 'sha-256' });
  assert.deepEqual(compare({ sm3: 'c', 'sha-256': 'b' }, digests), { result: 'different', algorithm: 'sm3' });
  // A deposit of a manifest has none: nothing was compared, so nothing is equal.
  assert.deepEqual(compare({}, digests), { result: 'nothing', algorithm: null });
  assert.deepEqual(compare({ sm3: undefined, 'sha-256': undefined }, digests), { result: 'nothing', algorithm: null });
});

test('the digests of an attribute are pairs of algorithm and value', () => {
  assert.deepEqual(digestsIn('sm3 a'), { sm3: 'a' });
  assert.deepEqual(digestsIn('sm3 a sha-256 b'), { sm3: 'a', 'sha-256': 'b' });
  assert.deepEqual(digestsIn(''), {});
});

/** The root by its definition in RFC 6962 section 2.1. */
function rootByDefinition(lines) {
  const hash = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (lines.length === 1) return hash(Buffer.of(0), utf8(lines[0]));
  let split = 1;
  while (split * 2 < lines.length) split *= 2;
  return hash(Buffer.of(1), rootByDefinition(lines.slice(0, split)), rootByDefinition(lines.slice(split)));
}

test('the root of a manifest is that of RFC 6962 over its lines', () => {
  for (let count = 1; count < 40; count++) {
    const lines = Array.from({ length: count }, (_, at) => `item ${at} 证据`);
    assert.equal(toHex(rootOf(lines)), rootByDefinition(lines).toString('hex'), String(count));
  }
});

test('a manifest is recognized by its first lines, and is of one volume', () => {
  const text = 'tiezheng hand-over manifest v1\nvolume main\ncase ab\n';
  assert.deepEqual(manifestLines(text, 'main'), ['tiezheng hand-over manifest v1', 'volume main', 'case ab']);
  assert.deepEqual(manifestLines(text.trimEnd(), 'main'), manifestLines(text, 'main'), 'whether or not the last line ends');
  assert.notDeepEqual(manifestLines(`${text}\n`, 'main'), manifestLines(text, 'main'), 'an empty line is a line');
  for (const other of ['', '\n', text.replace('v1', 'v2'), text.replace('volume', 'Volume'), `x\n${text}`]) {
    assert.equal(manifestLines(other, 'main'), null, other);
  }
  assert.equal(manifestLines(text, 'second'), null);
});

const file = (name) => ({ isFile: true, isDirectory: false, name, file: (resolve) => resolve({ name }) });
const lockedFile = (name) => ({ ...file(name), file: (_, reject) => reject(new Error('NotReadableError')) });
function folder(name, parts) {
  const createReader = () => {
    const rest = [...parts];
    return {
      readEntries: (resolve, reject) => {
        const next = rest.shift() ?? [];
        return next === 'broken' ? reject(new Error('NotReadableError')) : resolve(next);
      },
    };
  };
  return { isFile: false, isDirectory: true, name, createReader };
}

test('what cannot be read of a dropped folder is named', async () => {
  const entries = [
    file('a.txt'),
    folder('papers', [[file('b.txt'), lockedFile('c.txt')], [folder('inner', ['broken']), file('d.txt')]]),
    folder('half', [[file('e.txt')], 'broken']),
    null,
  ];
  const transfer = { items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] };
  const { files, unreadable } = await droppedFiles(transfer);
  assert.deepEqual(files.map((one) => one.path), ['a.txt', 'papers/b.txt', 'papers/d.txt', 'half/e.txt']);
  assert.deepEqual(unreadable, ['papers/c.txt', 'papers/inner/', 'half/']);
  const plain = { items: [{ webkitGetAsEntry: () => file('a.txt') }], files: [{ name: 'a.txt' }] };
  assert.deepEqual(await droppedFiles(plain), { files: [{ file: { name: 'a.txt' }, path: 'a.txt' }], unreadable: [] });
});

test('a message about files that cannot be read names some and counts the others', async () => {
  globalThis.document = { documentElement: { lang: 'en' } };
  const { unreadableDrop } = await import('../../web/deposit/problem.js');
  assert.match(unreadableDrop(['a', 'b/']).message, /: a, b\/$/);
  assert.match(unreadableDrop(['1', '2', '3', '4', '5', '6', '7']).message, /: 1, 2, 3, 4, 5, and 2 more$/);
});
