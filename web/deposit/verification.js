// Verifies receipts in the browser with the keys that the operator publishes, and the timestamp authorities that it has chosen; and shows
// the report.

import { element, fill, shown } from '../verify/dom.js';
import { hasNativeEd25519 } from '../verify/ed25519.js';
import { readReceiptFile } from '../verify/question.js';
import { parseEntry } from '../verify/records.js';
import { reportView } from '../verify/report_view.js';
import { isReceiptAlone } from '../verify/sentences.js';
import { ERRORS } from '../verify/texts.js';
import { verifyReceipt } from '../verify/verify.js';
import { pathSections } from '../verify/paths_view.js';
import { operatorTrust } from './operator.js';
import { Failure } from './problem.js';
import { LANGUAGE, say } from './texts.js';

// Longer files are not read into memory: no receipt is as long.
const RECEIPT_FILE_MAX = 4 << 20;

/** The receipt in a file or in an answer: `{ receipt, claim }`. Rejects with a `Failure` that says what is wrong. */
export async function readReceipt(blob) {
  const explain = ({ code, detail, line }) => {
    const texts = ERRORS.receipt;
    const values = { code, detail: shown(detail ?? ''), line: line ?? '—' };
    return new Failure(fill((texts[code] ?? texts.other)[LANGUAGE], values), { code });
  };
  if (blob.size === 0) throw explain({ code: 'file_empty' });
  if (blob.size > RECEIPT_FILE_MAX) throw explain({ code: 'file_too_large' });
  try {
    return readReceiptFile(new Uint8Array(await blob.arrayBuffer()));
  } catch (error) {
    if (error.code === undefined) throw error;
    throw explain(error);
  }
}

/** Whether the digests in a receipt are salted: then the salt is needed to compare a file with it. */
export function isSalted({ receipt, claim }) {
  try {
    return claim === null && (parseEntry(receipt.entry).statement.content?.salted ?? false);
  } catch {
    return false;
  }
}

/**
 * Verifies a receipt with the operator's keys: `{ report, keys, certificates }`, the keys and the certificates of timestamp authorities
 * that were used, as they are published. `number` is the one that was asked for, or null; `measured` null or
 * what `measure` found, with `salted`.
 */
export async function verifyWithOperator({ receipt, claim }, number, measured) {
  const file = measured === null ? null : { size: BigInt(measured.size), digests: measured.digests, salted: measured.salted };
  const verify = async (isAgain) => {
    const { keys, policy, authorities, texts } = await operatorTrust(receipt, isAgain);
    const report = await verifyReceipt({ receipt, claim, keys, policy, authorities, number, file });
    return { report, keys: texts, certificates: authorities.certificates };
  };
  const result = await verify(false);
  // The ledger key may have been replaced since the keys were read.
  return result.report.obstacle === 'unknown_key' ? verify(true) : result;
}

/** Whose timestamp authorities were used, and which; nothing if there were none. */
function authoritiesUsed(certificates) {
  if (certificates.length === 0) return [];
  const code = (text) => element('code', { class: 'break', translate: 'no' }, text);
  const rows = certificates.map(({ subject, certificate_sha256: hash }) => element('p', {}, code(shown(subject)), ' SHA-256 ', code(hash)));
  return [
    element('p', { class: 'note' }, say('operator_authorities')),
    element('details', {}, element('summary', {}, say('authorities_used')), rows),
  ];
}

/** The elements of a report. `file` is the file that was compared, or null. `withPaths` draws the Merkle paths too. */
export async function reportElements({ report, keys, certificates }, { receiptName, file, withPaths }) {
  const context = {
    at: Date.now(),
    receiptName,
    fileName: file?.name ?? null,
    fileSize: file?.size ?? null,
    isNative: await hasNativeEd25519(),
    heading: isReceiptAlone(report, file !== null) ? say('receipt_alone') : null,
    stepsNote: 'stepsNoteOfRecord',
    withoutPaths: !withPaths,
  };
  const link = element('a', { href: '/verifier.html' }, say('offline_verifier'));
  const used = keys.map((key) => element('p', {}, element('code', { class: 'break', translate: 'no' }, key)));
  return [
    element('p', { class: 'note' }, say('operator_key'), ' ', link),
    element('details', {}, element('summary', {}, say('keys_used')), used),
    ...authoritiesUsed(certificates),
    ...reportView(report, context, LANGUAGE),
  ];
}

/** The Merkle paths of a receipt, drawn. */
export function drawnPaths({ report }) {
  return pathSections(report.parts, LANGUAGE, 'h3');
}
