// Tests of the verifier's modules in Node, with the vectors of the specifications: node --test tests/web/unit.test.mjs

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { createHash, getHashes, randomBytes } from 'node:crypto';
import { webcrypto } from 'node:crypto';
import test from 'node:test';

import { fromBase64, fromHex, fileText, toBase64, toHex, utf8 } from '../../web/verify/bytes.js';
import { readAuthorities } from '../../web/verify/authorities.js';
import { isPublicKey, verifyByArithmetic, verifyEd25519 } from '../../web/verify/ed25519.js';
import { parseJson } from '../../web/verify/json.js';
import { LEDGER_KEY, WITNESS_KEY, namedKey, parseKey } from '../../web/verify/keys.js';
import { climb, isIncluded, leafHash } from '../../web/verify/merkle.js';
import { ledgerSignerOf, parseCheckpoint, parseNote, signersOf } from '../../web/verify/note.js';
import { isDepositNumber, typedNumber } from '../../web/verify/number.js';
import { countCosignatures, parsePolicy } from '../../web/verify/policy.js';
import { readTrust } from '../../web/verify/question.js';
import { parseReceipt } from '../../web/verify/receipt.js';
import { Sha256, sha256 } from '../../web/verify/sha256.js';
import { sha512 } from '../../web/verify/sha512.js';
import { Sm3, sm3 } from '../../web/verify/sm3.js';
import { beijing, decimal, parseTime } from '../../web/verify/text.js';
import { verifyTokens } from '../../web/verify/time_token.js';

// Node 18 has it, and not as a global.
globalThis.crypto ??= webcrypto;

const here = new URL('.', import.meta.url);
const fixture = (name) => new Uint8Array(readFileSync(new URL(`../fixtures/time_tokens/${name}`, here)));
const codeOf = async (run) => {
  try {
    await run();
  } catch (error) {
    return error.code;
  }
  return 'accepted';
};

test('digests are those of the standards, however the input is cut', () => {
  assert.equal(toHex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(toHex(sm3(utf8('abc'))), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0');
  const sm3Vector = 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732';
  assert.equal(toHex(sm3(utf8('abcd'.repeat(16)))), sm3Vector);
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 1000, 65537]) {
    const input = new Uint8Array(randomBytes(length));
    const expected = createHash('sha256').update(input).digest('hex');
    assert.equal(toHex(sha256(input)), expected);
    assert.equal(toHex(sha512(input.subarray(0, 300))), createHash('sha512').update(input.subarray(0, 300)).digest('hex'));
    const [inPieces, sm3InPieces] = [new Sha256(), new Sm3()];
    for (let at = 0, step = 1; at < length; at += step, step = (step * 7) % 97) {
      inPieces.update(input.subarray(at, at + step));
      sm3InPieces.update(input.subarray(at, at + step));
    }
    assert.equal(toHex(inPieces.finish()), expected);
    assert.equal(toHex(sm3InPieces.finish()), toHex(sm3(input)));
    if (getHashes().includes('sm3')) assert.equal(toHex(sm3(input)), createHash('sm3').update(input).digest('hex'));
  }
});

test('base64 and hexadecimal have one spelling', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = new Uint8Array(randomBytes(length));
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString('base64'));
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    assert.deepEqual(fromHex(toHex(bytes)), bytes);
  }
  for (const bad of ['A', 'AA', 'AAA', 'AB==', 'AAB=', 'AA==\n', 'AA=A', 'A===', 'AA-_', ' AAAA']) assert.equal(fromBase64(bad), null);
  for (const bad of ['0', 'AA', '0g', '00 ']) assert.equal(fromHex(bad), null);
  assert.equal(fromHex('00', 2), null);
});

test('text of editors is read, other encodings are not guessed', () => {
  const utf16 = new Uint8Array([0xff, 0xfe, 0x61, 0, 0x0d, 0, 0x0a, 0]);
  assert.equal(fileText(utf16), 'a\n');
  assert.equal(fileText(utf8('\ufeffa\r\nb\n')), 'a\nb\n');
  assert.equal(fileText(new Uint8Array([0xba, 0xcf])), null);
  assert.equal(fileText(new Uint8Array([0xff, 0xfe, 0x61])), null);
});

test('Ed25519 is as strict as the program, by WebCrypto and by its own arithmetic', async () => {
  const vectors = JSON.parse(readFileSync(new URL('vectors/ed25519.json', here), 'utf8'));
  assert.ok(vectors.length > 15 && vectors.some((one) => one.valid));
  let lax = 0;
  for (const { name, key, message, signature, valid } of vectors) {
    const [k, m, s] = [key, message, signature].map((hex) => fromHex(hex));
    assert.equal(await verifyEd25519(k, m, s), valid, name);
    assert.equal(verifyByArithmetic(k, m, s), valid, name);
    const byBrowser = await crypto.subtle
      .importKey('raw', k, 'Ed25519', false, ['verify'])
      .then((imported) => crypto.subtle.verify('Ed25519', imported, s, m))
      .catch(() => false);
    lax += byBrowser && !valid ? 1 : 0;
  }
  // The vectors are worth something: a verifier that only asks WebCrypto accepts some of them.
  assert.ok(lax >= 3, `${lax}`);
  assert.equal(isPublicKey(fromHex('1a5cd907143c384c41e830c5bce12aa8817ec5649aaabf2c31388b35b2d744d6')), true);
});

const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const PETERS_NOTE = `If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
`;

test('notes and keys of other implementations are read and verified', async () => {
  const key = parseKey(PETER, LEDGER_KEY);
  assert.equal(key.text, PETER);
  assert.deepEqual(await signersOf(parseNote(PETERS_NOTE), [key]), [key]);
  const example = parseKey('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k', LEDGER_KEY);
  const text = 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
  assert.equal((await signersOf(parseNote(text), [example])).length, 1);
  assert.equal(await codeOf(() => signersOf(parseNote(text), [key])), 'unknown_key');
  assert.equal(await codeOf(() => signersOf(parseNote(PETERS_NOTE.replace('answer', 'Answer')), [key])), 'bad_signature');
  for (let at = 0; at < PETER.length; at++) {
    assert.notEqual(await codeOf(() => parseKey(PETER.slice(0, at), LEDGER_KEY)), 'accepted');
    const changed = `${PETER.slice(0, at)}${PETER[at] === 'x' ? 'y' : 'x'}${PETER.slice(at + 1)}`;
    assert.notEqual(await codeOf(() => parseKey(changed, LEDGER_KEY)), 'accepted', changed);
  }
  assert.equal(await codeOf(() => parseKey(PETER, WITNESS_KEY)), 'unknown_key_type');
  const remora = namedKey('remora.n621.de', WITNESS_KEY, fromHex('ebcdeb78e7fdb2ef9227b2c1ef11e94600b55b4d6d9a57877e31ee89e59adc36'));
  assert.equal(toHex(remora.id), 'da77ade7');
});

test('malformed notes are rejected with their codes', async () => {
  const line = '— a AAAAAAEC\n';
  for (const [text, code] of [
    ['text\n', 'missing_signature'], [`\n${line}`, 'missing_signature'], [`\n\n${line}`, 'missing_signature'],
    ['text\n\n', 'missing_final_newline'], ['text\n\n— a AAAAAAEC', 'missing_final_newline'],
    ['te\rxt\n\n— a AAAAAAEC\n', 'control_character'], ['text\n\n- a AAAAAAEC\n', 'malformed_signature'],
    ['text\n\n— a  AAAAAAEC\n', 'malformed_signature'], ['text\n\n— a+b AAAAAAEC\n', 'malformed_signature'],
    ['text\n\n— a AAAA\n', 'malformed_signature'], ['text\n\n— a AAAAAAF=\n', 'malformed_signature'],
    [`text\n\n${line.repeat(101)}`, 'too_many_signatures'], [`text\n\n${line.repeat(100)}`, 'accepted'],
  ]) assert.equal(await codeOf(() => parseNote(text)), code, JSON.stringify(text.slice(0, 40)));
});

const GOLDEN = `example.com/log/testdata
15
rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=

— example.com/log/testdata M9e0luh4jTG+UMBqOUo9/q+yAEvx1ilBEniMvjf1zfcBOhg+CKubMt53MvIt/uEWP6zdkdIQzd/fmwlM/dlPWF74ewI=
`;

test("Tessera's golden checkpoint verifies, and so does the proof of its fourth entry", async () => {
  const key = parseKey('example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx', LEDGER_KEY);
  const checkpoint = parseCheckpoint(GOLDEN);
  assert.equal(await ledgerSignerOf(checkpoint, [key]), key);
  const path = [
    'Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=', 'T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=',
    'g0ZoeYWtIV8Q8i+4CmgqPnBvH2il107lyCgTQsyB7H4=', '5jLpqTgjsBDSEX6SgZiRnbTMdTuRd8bQ5tSsAOxe0Ks=',
  ].map(fromBase64);
  const leaf = leafHash(utf8('four'));
  assert.equal(isIncluded(3n, 15n, leaf, path, checkpoint.root), true);
  assert.deepEqual(climb(3n, 15n, leaf, path).steps.map((step) => step.side), ['left', 'left', 'right', 'right']);
  for (const index of [0n, 1n, 2n, 4n, 14n, 15n, -1n]) assert.equal(isIncluded(index, 15n, leaf, path, checkpoint.root), false);
  assert.equal(isIncluded(3n, 15n, leaf, path.slice(1), checkpoint.root), false);
  assert.equal(isIncluded(3n, 15n, leaf, [...path, path[0]], checkpoint.root), false);
  for (const size of ['0x0f', '18446744073709551616', '007', '+1', '']) {
    assert.equal(await codeOf(() => parseCheckpoint(GOLDEN.replace('\n15\n', `\n${size}\n`))), 'bad_value', size);
  }
  assert.equal(await codeOf(() => parseCheckpoint(GOLDEN.replace('3cs=\n', '3cs=\nextension\n'))), 'unknown_line');
});

test('inclusion proofs of the RFC 6962 trees', () => {
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const leaves = inputs.map((hex) => leafHash(fromHex(hex)));
  const root = fromHex('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  const path = [
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ].map((hex) => fromHex(hex));
  assert.equal(isIncluded(5n, 8n, leaves[5], path, root), true);
  const three = fromHex('aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77');
  const two = fromHex('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125');
  assert.equal(isIncluded(2n, 3n, leaves[2], [two], three), true);
  assert.equal(isIncluded(0n, 1n, leaves[0], [], leaves[0]), true);
  assert.equal(isIncluded(0n, 0n, leaves[0], [], leaves[0]), false);
});

const WITNESS = 'witness.example.org+b8a2cf20+BFLN3yikSfFkVAJtrnh/CiY3Zozkoy7clp+P7XB28qUN';
const COSIGNED = `rome2026h1.example.org
300
lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=

— witness.example.org uKLPIAAAAABpVGeAhm2bOvKc3LaB9PFN1ruG19Y5yqslmcAAbhftnn1Zznmo0LXFZq4LGvqKqLX8jWlwLKasxEGTLIqAVusneCBmBw==
`;

test('cosignatures are counted by the policy, and a forged one is not ignored', async () => {
  const other = namedKey('w2.example', WITNESS_KEY, parseKey(PETER, LEDGER_KEY).bytes).text;
  const policy = (rest) => parsePolicy(`log ${PETER}\nwitness w1 ${WITNESS}\nwitness w2 ${other} # comment\n${rest}\n`);
  const count = (rest, text = COSIGNED) => countCosignatures(policy(rest), parseCheckpoint(text));
  const one = await count('quorum w1');
  assert.deepEqual([one.cosignatures.length, one.witnesses, one.required, one.reached], [1, 1, 1, true]);
  assert.equal(one.cosignatures[0].time, 1767139200000);
  const both = await count('group g all w1 w2\nquorum g');
  assert.deepEqual([both.witnesses, both.required, both.reached], [2, 2, false]);
  assert.equal((await count('group g any w1 w2\nquorum g')).reached, true);
  assert.deepEqual((await count('quorum none')).witnesses, 0);
  assert.equal((await count('quorum none', COSIGNED.replace('AABpVGeA', 'AABpVGeB'))).forged, 'witness.example.org');
});

test('a policy that is not complete or not clear is rejected', async () => {
  const base = `log ${PETER}\nwitness w1 ${WITNESS}\n`;
  for (const [text, code] of [
    [base, 'policy_no_quorum'], [`${base}quorum none\nquorum none`, 'policy_quorum_twice'], [`${base}quorum w2`, 'policy_unknown_name'],
    [`${base}witness w1 ${WITNESS}\nquorum none`, 'policy_name_taken'], [`${base}witness w2 ${WITNESS}\nquorum none`, 'policy_key_twice'],
    [`${base}group g 2 w1\nquorum g`, 'policy_threshold'], [`${base}group g all w1\ngroup h all w1\nquorum g`, 'policy_member_twice'],
    [`${base}logs x\nquorum none`, 'policy_unknown_word'], [`${base}group none all w1\nquorum none`, 'policy_name_taken'],
    [`${base}quorum`, 'policy_form'], [`log ${WITNESS}\nquorum none`, 'unknown_key_type'], [`${base}quorum none`, 'accepted'],
  ]) assert.equal(await codeOf(() => parsePolicy(text)), code, text);
  assert.equal(readTrust(`# comment\n${PETER}\n`).keys.length, 1);
  assert.equal(readTrust(`${base}quorum w1\n`).policy.witnesses.length, 1);
  assert.deepEqual(readTrust('  \n'), { keys: [], policy: null });
});

test('deposit numbers have the check characters of ISO 7064', async () => {
  for (const good of ['20261122-0K7M-X9QT-3D5W-C3', 'T20261122-0K7M-X9QT-3D5W-MP']) assert.equal(isDepositNumber(good), true);
  for (const bad of ['20261122-0K7M-X9QT-3D5V-C3', '20261122-OK7M-X9QT-3D5W-C3', '20261122-0k7m-x9qt-3d5w-c3', '']) {
    assert.equal(isDepositNumber(bad), false);
  }
  assert.equal(typedNumber('存证编号：２０２６１１２２ ok7mx9qt3d5wc3'), '20261122-0K7M-X9QT-3D5W-C3');
  assert.equal(await codeOf(() => typedNumber('20261122-0K7M-X9QT-3D5V-C3')), 'number_check');
  assert.equal(await codeOf(() => typedNumber('20261122-0K7M')), 'number_length');
  assert.equal(await codeOf(() => typedNumber('20261122-0K7M-X9QT-3D5W-C*')), 'number_character');
});

test('JSON is read strictly', async () => {
  assert.equal(parseJson('{"a":[1,"\\u8bc1",true,null,18446744073709551615]}').get('a')[4], 18446744073709551615n);
  for (const [text, code] of [
    ['{"a":1,"a":1}', 'unexpected_json'], ['{"a":1}{}', 'malformed_json'], ['{"a":1', 'malformed_json'], ['', 'malformed_json'],
    ['[1,]', 'malformed_json'], ['01', 'malformed_json'], ['"\\ud800"', 'malformed_json'], ['"\n"', 'malformed_json'],
    ['[NaN]', 'malformed_json'], [`${'['.repeat(1000)}`, 'malformed_json'],
  ]) assert.equal(await codeOf(() => parseJson(text)), code, text.slice(0, 20));
});

test('receipts of other versions are named, and every field is required once', async () => {
  const text = readFileSync(new URL('../../fuzz/corpus/receipt/80ba19a5f8e7016957609527528a7f1f96a272ee', here), 'utf8');
  const code = (from, to) => codeOf(() => parseReceipt(text.replace(from, to)));
  assert.equal(await code('', ''), 'accepted');
  assert.equal(await code('receipt/v1', 'receipt/v2'), 'unknown_version');
  assert.equal(await code('"entry":', '"entri":'), 'unexpected_json');
  assert.equal(await code(/"index": (\d+)/, '"index": $1.0'), 'unexpected_json');
  assert.equal(await code(/"index": \d+/, '"index": 9223372036854775807'), 'bad_value');
  assert.equal(await codeOf(() => parseReceipt('{"receipt":"tiezheng/receipt/v2","new":[]}')), 'unknown_version');
  assert.equal(await codeOf(() => parseReceipt('[]')), 'unexpected_json');
});

test('times and decimals have one spelling', () => {
  assert.equal(beijing(parseTime('2026-11-22T01:04:11.123Z')), '2026-11-22 09:04:11.123');
  for (const bad of ['2026-11-22T01:04:11Z', '2026-13-22T01:04:11.123Z', '2026-02-30T01:04:11.123Z', '2026-11-22T01:04:60.123Z', '1969-11-22T01:04:11.123Z', '9999-12-31T00:00:00.000Z']) {
    assert.equal(parseTime(bad), null, bad);
  }
  assert.equal(decimal('9223372036854775807'), 9223372036854775807n);
  for (const bad of ['9223372036854775808', '007', '+1', '', '1.0']) assert.equal(decimal(bad), null);
});

const TOKEN_CODES = {
  other_digest: 'time_token_imprint_mismatch', renewal: 'time_token_imprint_mismatch', untrusted: 'time_token_authority_unknown',
  without_certificates: 'time_token_certificate_missing', no_purpose: 'time_token_certificate_purpose',
  lax_purpose: 'time_token_certificate_purpose', two_purposes: 'time_token_certificate_purpose',
  no_signing: 'time_token_certificate_purpose', other_name: 'time_token_authority_mismatch', version_2: 'time_token_version_unknown',
  critical_extension: 'time_token_extension_unknown', two_signers: 'time_token_signers', sha_1: 'time_token_algorithm_weak',
  rsa1024: 'time_token_algorithm_weak', p521: 'time_token_algorithm_unsupported', no_attributes: 'time_token_attributes',
  no_certificate_attribute: 'time_token_attributes', certificate_v1_wrong: 'time_token_certificate_mismatch',
  certificate_v2_wrong: 'time_token_certificate_mismatch', certificate_other_serial: 'time_token_certificate_mismatch',
  certificate_other_issuer: 'time_token_certificate_mismatch', certificate_twice: 'time_token_attributes',
  content_type_missing: 'time_token_attributes', content_type_other: 'time_token_attributes', digest_missing: 'time_token_attributes',
  digest_twice: 'time_token_attributes', digest_other: 'time_token_altered', expired: 'time_token_certificate_expired',
  renewal_of_revoked: 'time_token_imprint_mismatch', late_renewal_of_revoked: 'time_token_imprint_mismatch',
  renewal_of_untrusted: 'time_token_imprint_mismatch', history: 'time_token_imprint_mismatch',
};

test('every frozen timestamp token is judged as the program judges it', async () => {
  const trust = readAuthorities(fixture('ca.pem'));
  const names = readdirSync(new URL('../fixtures/time_tokens', here)).filter((name) => name.endsWith('.tst'));
  assert.ok(names.length > 40);
  for (const name of names.map((file) => file.replace('.tst', ''))) {
    const [result] = await verifyTokens([fixture(`${name}.tst`)], fixture('checkpoint.txt'), trust);
    assert.equal(result.code, TOKEN_CODES[name], name);
  }
  const [rsa] = await verifyTokens([fixture('rsa.tst')], fixture('checkpoint.txt'), trust);
  assert.equal(rsa.authority, 'Test TSA rsa, 测试时间戳机构');
  assert.equal(rsa.latest - rsa.time, 1501);
  const [fraction] = await verifyTokens([fixture('fraction.tst')], fixture('checkpoint.txt'), trust);
  assert.deepEqual([fraction.time, fraction.latest], [parseTime('2026-06-01T01:02:03.456Z'), parseTime('2026-06-01T01:02:03.458Z')]);
});

test('revocation lists and renewals count as in the program', async () => {
  const trust = readAuthorities(Buffer.concat([fixture('ca.pem'), Buffer.from('\n'), fixture('crl.pem')]));
  const codes = async (names) => {
    const results = await verifyTokens(names.map((name) => fixture(`${name}.tst`)), fixture('checkpoint.txt'), trust);
    return results.map((result) => result.code ?? 'accepted');
  };
  const revoked = 'time_token_certificate_revoked';
  for (const [names, expected] of [
    [['revoked'], [revoked]], [['no_reason'], [revoked]], [['superseded'], ['accepted']], [['superseded_after'], [revoked]],
    [['rsa', 'renewal', 'history', 'other_digest', 'ecdsa'], ['accepted', 'accepted', 'accepted', 'time_token_imprint_mismatch', 'accepted']],
    [['revoked', 'renewal_of_revoked'], ['accepted', 'accepted']],
    [['revoked', 'late_renewal_of_revoked'], [revoked, 'accepted']],
    [['untrusted', 'renewal_of_untrusted'], ['time_token_authority_unknown', 'accepted']],
  ]) assert.deepEqual(await codes(names), expected, names.join());
  const changed = fixture('rsa.tst');
  changed[changed.length - 1] ^= 1;
  const results = await verifyTokens([changed, fixture('renewal.tst')], fixture('checkpoint.txt'), trust);
  assert.deepEqual(results.map((one) => one.code), ['time_token_signature_invalid', 'time_token_imprint_mismatch']);
  assert.equal((await verifyTokens([fixture('rsa.tst')], fixture('checkpoint.txt'), { anchors: [], lists: [] }))[0].code, 'time_token_authority_unknown');
});
