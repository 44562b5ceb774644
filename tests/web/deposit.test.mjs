// Tests of the modules of the deposit pages in Node: node --test tests/web/deposit.test.mjs
//
// `vectors/statement_request.json` was made by `tiezheng statement --request`: text, commitment and note must be the same byte for byte.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { csvOf } from '../../web/deposit/csv.js';
import { canonicalJson, commitment, statementNote, statementText } from '../../web/deposit/statement_text.js';
import { crc32, zipOf } from '../../web/deposit/zip.js';
import { fromHex, toHex, utf8 } from '../../web/verify/bytes.js';
import { isSignedByItsKeys, parseStatement } from '../../web/verify/statement.js';

// Node 18 has it, and not as a global.
globalThis.crypto ??= webcrypto;

const here = new URL('.', import.meta.url);
const request = JSON.parse(readFileSync(new URL('vectors/statement_request.json', here), 'utf8'));

/** The parts of a parsed statement as the builder takes them. */
function partsOf(statement) {
  return {
    ledger: statement.ledger,
    digests: Object.fromEntries(statement.content.digests.map((one) => [one.algorithm, one.digest])),
    size: statement.content.size,
    mediaType: statement.mediaType,
    meta: statement.meta,
    // In another order: the builder sorts.
    links: [...statement.links].reverse(),
    nonce: fromHex(/^nonce ([0-9a-f]{32})$/m.exec(statement.note.text)[1]),
    keys: statement.keys,
  };
}

test('a statement is the one that the command line makes, byte for byte', async () => {
  const parsed = parseStatement(request.statement);
  assert.equal(await isSignedByItsKeys(parsed), true);
  const text = statementText(partsOf(parsed));
  assert.equal(text, parsed.note.text);
  const signatures = parsed.keys.map((key, at) => ({ key, bytes: parsed.note.signatures[at].bytes }));
  assert.equal(statementNote(text, signatures), request.statement);
  const salt = fromHex(request.private.salt, 32);
  assert.equal(toHex(commitment(salt, request.private.metadata)), toHex(parsed.meta));
  assert.notEqual(toHex(commitment(salt, { name: 'other' })), toHex(parsed.meta));
});

test('a signature of the browser makes a statement that verifies', async () => {
  const { depositorName, namedKey, LEDGER_KEY } = await import('../../web/verify/keys.js');
  const pair = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  const bytes = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const key = namedKey(depositorName(bytes), LEDGER_KEY, bytes);
  const parts = { ...partsOf(parseStatement(request.statement)), keys: [key], links: [], mediaType: null, meta: null };
  const text = statementText(parts);
  const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(text)));
  const parsed = parseStatement(statementNote(text, [{ key, bytes: signature }]));
  assert.equal(await isSignedByItsKeys(parsed), true);
  assert.deepEqual([parsed.links, parsed.mediaType, parsed.meta], [[], null, null]);
});

test('canonical JSON sorts names by UTF-16 code units and escapes as RFC 8785 does', () => {
  const value = { '\u20ac': 'Euro', '\r': 'Return', '\ufb33': 'Dalet', 1: 'One', '\ud83d\ude00': 'Smile', '\u0080': 'Control', '\u00f6': 'o' };
  const names = ['\\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  assert.deepEqual(canonicalJson(value).match(/"([^"]*)":/g), names.map((name) => `"${name}":`));
  const nested = { provenance: { storage: 'b\n"\\\u001f', source: 'a' }, name: '合同', list: ['x', { b: '', a: '' }] };
  assert.equal(canonicalJson(nested), '{"list":["x",{"a":"","b":""}],"name":"合同","provenance":{"source":"a","storage":"b\\n\\"\\\\\\u001f"}}');
  for (const bad of [1, true, null, { a: 1 }, undefined]) assert.throws(() => canonicalJson(bad), TypeError);
});

test('an archive is read by another program', () => {
  assert.equal(crc32(utf8('123456789')), 0xcbf43926);
  const files = [
    { name: 'T20261122-0K7M-X9QT-3D5W-MP.tiezheng-receipt.json', bytes: utf8('{"receipt":"…"}\n') },
    { name: '存证编号清单.csv', bytes: utf8('\ufeff"编号"\r\n') },
    { name: 'empty', bytes: new Uint8Array() },
    { name: 'large.bin', bytes: Uint8Array.from({ length: 70_000 }, (_, at) => at % 251) },
  ];
  const folder = mkdtempSync(join(tmpdir(), 'zip-'));
  try {
    const path = join(folder, 'a.zip');
    writeFileSync(path, zipOf(files, new Date(2026, 10, 22, 9, 4, 11)));
    const script = 'import sys,zipfile,json\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(json.dumps([[i.filename,z.read(i).hex(),list(i.date_time)] for i in z.infolist()]))';
    const { stdout, stderr } = spawnSync('python3', ['-c', script, path], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.deepEqual(JSON.parse(stdout), files.map(({ name, bytes }) => [name, toHex(bytes), [2026, 11, 22, 9, 4, 10]]));
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.throws(() => zipOf([files[0], files[0]], new Date()), RangeError);
});

test('no cell of a table is a formula, and none breaks its row', () => {
  const cells = ['=1+1', '+1', '-1', '@A1', '\t=1', '　=1', '＝1', 'a"b', 'a,b', 'a\r\nb', '=HYPERLINK("http://evil.example")', 'a=b', ''];
  const expected = [
    '"\'=1+1"', '"\'+1"', '"\'-1"', '"\'@A1"', '"\'\t=1"', '"\'　=1"', '"\'＝1"', '"a""b"', '"a,b"', '"a\r\nb"',
    '"\'=HYPERLINK(""http://evil.example"")"', '"a=b"', '""',
  ];
  assert.equal(csvOf([cells]), `\ufeff${expected.join(',')}\r\n`);
});
