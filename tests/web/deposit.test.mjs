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
import { byPath, STOP_GUARD_MS } from '../../web/deposit/selection.js';
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

test('the files of a folder are listed by their paths, numbers by their values', () => {
  const paths = ['案卷/10.pdf', '案卷/附件/1.pdf', '案卷/2.pdf', '案卷/01 起诉状.pdf', '说明.txt', '案卷/附件/12.pdf', '案卷/附件/3.pdf'];
  const sorted = ['说明.txt', '案卷/01 起诉状.pdf', '案卷/2.pdf', '案卷/10.pdf', '案卷/附件/1.pdf', '案卷/附件/3.pdf', '案卷/附件/12.pdf'];
  assert.deepEqual(byPath(paths.map((path) => ({ path }))).map(({ path }) => path), sorted);
});

test('the stop button stays inactive for longer than a double click takes', () => {
  // Systems count two clicks within half a second as a double click; the slowest setting is 900 ms.
  assert.ok(STOP_GUARD_MS >= 900);
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

const receiptFile = (name) => readFileSync(new URL(`receipts/${name}`, here));

/** A node that publishes the ledger key and these authorities, and counts how often it is asked for them. */
function publishing(authorities, asked = []) {
  const key = receiptFile('key.txt').toString().trim();
  const answers = {
    '/v1/ledger': { key, origin: 'example.org/ledger' },
    '/v1/ledger/keys': { keys: [{ key, since: 0, replaced_at: null }] },
    '/v1/ledger/witnesses': { quorum: null, items: [] },
    '/v1/ledger/timestamp-authorities': authorities,
  };
  globalThis.fetch = async (path) => {
    asked.push(path);
    return new Response(JSON.stringify(answers[path]));
  };
  return asked;
}

function published(names, lists = []) {
  const pem = (name) => receiptFile(name).toString();
  return {
    items: names.map((name) => ({ subject: 'O=Tiezheng Test,CN=Test Root', certificate_sha256: '0'.repeat(64), certificate: pem(name) })),
    revocation_lists: lists.map(pem),
  };
}

/** What the pages of a node say of the timestamps of a receipt. */
async function timeOf(name, authorities) {
  globalThis.document ??= { documentElement: { lang: 'en' } };
  const [{ readReceipt, verifyWithOperator }, { conclusionText, detailOf }] = await Promise.all(
    ['deposit/verification.js', 'verify/sentences.js'].map((path) => import(`../../web/${path}`)),
  );
  const asked = publishing(authorities);
  const result = await verifyWithOperator(await readReceipt(new Blob([receiptFile(name)])), null, null);
  const step = result.report.steps.find((one) => one.code === 'time_token');
  const [fault] = step.values.filter(([value]) => value === 'time_token_fault').map(([, code]) => code);
  const said = [0, 1].map((language) => `${detailOf(step, language)} ${conclusionText(result.report, language)}`);
  const { conclusion, time } = result.report;
  const isAsked = asked.includes('/v1/ledger/timestamp-authorities');
  return { outcome: step.outcome, fault, reason: step.reason, compared: step.compared, conclusion, time, said, isAsked, certificates: result.certificates };
}

test('pages of a node verify timestamps by the authorities that its operator has chosen, and say so', async () => {
  const good = await timeOf('timestamped.json', published(['ca.pem']));
  assert.deepEqual([good.outcome, good.compared, good.conclusion], ['passed', 'checkpoint_with_time_tokens_operator', 'record_only']);
  assert.equal(good.time.state, 'verified');
  assert.match(good.said[0], /时间戳机构由本平台选定/);
  assert.match(good.said[1], /authorities that this platform has chosen/);
  assert.equal(good.certificates.length, 1);
  // The second authority has the same name and another key.
  for (const [name, names, lists, fault] of [
    ['expired_time.json', ['ca_2.pem'], [], 'time_token_certificate_expired'],
    ['expired_time.json', ['ca.pem', 'ca_2.pem'], [], 'time_token_certificate_expired'],
    ['revoked_time.json', ['ca_2.pem'], ['crl_2.pem'], 'time_token_certificate_revoked'],
    ['other_time.json', ['ca.pem'], [], 'time_token_imprint_mismatch'],
    ['garbage_time.json', ['ca.pem'], [], 'time_token_malformed'],
  ]) {
    const found = await timeOf(name, published(names, lists));
    assert.deepEqual([found.outcome, found.fault, found.conclusion], ['failed', fault, 'record_only'], name);
    assert.equal(found.time.state, 'invalid');
    for (const text of found.said) assert.doesNotMatch(text, /篡改|伪造|tamper|forged/, name);
  }
});

test('timestamps of authorities that the operator has not chosen count as not verified', async () => {
  for (const [name, authorities, reason] of [
    ['untrusted_time.json', published(['ca.pem']), 'untrusted_time_token_operator'],
    ['timestamped.json', published([]), 'unread_time_token_operator'],
    // A list that cannot be read: without it a revoked timestamp would count.
    ['revoked_time.json', { ...published(['ca_2.pem']), revocation_lists: ['-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n'] }, 'unread_time_token_operator'],
    ['timestamped.json', { items: [{ ...published(['ca.pem']).items[0], certificate: '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n' }], revocation_lists: [] }, 'unread_time_token_operator'],
  ]) {
    const found = await timeOf(name, authorities);
    assert.deepEqual([found.outcome, found.reason, found.conclusion], ['not_performed', reason, 'record_only'], name);
    assert.match(found.said[0], /本平台/);
    assert.match(found.said[1], /this platform/);
    for (const text of found.said) assert.doesNotMatch(text, /篡改|伪造|tamper|forged/, name);
  }
});

test('a receipt without timestamps needs no authorities', async () => {
  const found = await timeOf('plain.json', published(['ca.pem']));
  assert.deepEqual([found.reason, found.isAsked, found.certificates], ['no_time_token', false, []]);
});

test('a receipt that is given alone is valid only with the signatures of the ledger and without a failed step', async () => {
  const { isReceiptAlone } = await import('../../web/verify/sentences.js');
  const report = (conclusion, signatures, timestamp) => ({
    conclusion,
    steps: [{ code: 'original_digest', outcome: 'not_performed' }, { code: 'signatures', outcome: signatures }, { code: 'time_token', outcome: timestamp }],
  });
  assert.equal(isReceiptAlone(report('record_only', 'passed', 'not_performed'), false), true);
  assert.equal(isReceiptAlone(report('record_only', 'passed', 'not_performed'), true), false);
  assert.equal(isReceiptAlone(report('record_only', 'not_performed', 'passed'), false), false);
  assert.equal(isReceiptAlone(report('record_only', 'passed', 'failed'), false), false);
  assert.equal(isReceiptAlone(report('unable', 'passed', 'passed'), false), false);
});
