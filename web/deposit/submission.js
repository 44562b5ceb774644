// Deposits one file: the digests are signed here or by the platform, submitted, and the receipt is verified. Only then the file counts as
// deposited. Repeating a submission after a failure repeats the same statement, so that it never becomes two deposits.

import { toHex, utf8 } from '../verify/bytes.js';
import { isMediaType } from '../verify/media.js';
import { conclusionText } from '../verify/sentences.js';
import { isSignedByItsKeys, parseStatement } from '../verify/statement.js';
import { sign } from './key_store.js';
import { ledgerOrigin } from './operator.js';
import { Failure, send } from './problem.js';
import { canonicalJson, commitment, statementNote, statementText } from './statement_text.js';
import { LANGUAGE, pick, say } from './texts.js';
import { readReceipt, verifyWithOperator } from './verification.js';

const ATTEMPTS = 6;
const WAIT_MAX = 30;
const JSON_TYPE = { 'Content-Type': 'application/json', Accept: 'application/json' };

const random = (length) => crypto.getRandomValues(new Uint8Array(length));

function mediaTypeOf(file) {
  const stated = file.type.split(';')[0].trim().toLowerCase();
  return isMediaType(stated) ? stated : 'application/octet-stream';
}

/** Waits; rejects if the user stops meanwhile. */
function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Failure(say('cancelled'), { code: 'cancelled' }));
    if (signal.aborted) return stop();
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      stop();
    }, { once: true });
    return undefined;
  });
}

/** Sends the same request again while the platform says that it is busy, or does not answer. */
async function sendPatiently(path, options, show, signal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send(path, { ...options, method: 'POST' });
    } catch (error) {
      if (!(error instanceof Failure) || error.retryAfter === null || attempt === ATTEMPTS) throw error;
      const seconds = Math.min(WAIT_MAX, Math.max(error.retryAfter, attempt));
      show(say('retrying', { seconds }));
      await pause(seconds, signal);
      show(say('submitting'));
    }
  }
}

/** Asks the platform to sign on behalf of the account. */
async function byPlatform({ file, measured, metadata, request }, show, signal) {
  const body = {
    ...metadata,
    sha_256: toHex(measured.digests['sha-256']),
    sm3: toHex(measured.digests.sm3),
    size: measured.size,
    media_type: mediaTypeOf(file),
  };
  const headers = { ...JSON_TYPE, 'Idempotency-Key': request.key };
  // Frozen with its key: the same key with another body is refused.
  request.body ??= JSON.stringify(body);
  show(say('submitting'));
  const answer = await (await sendPatiently('/deposit/on-behalf', { headers, body: request.body }, show, signal)).json();
  const warnings = answer.warnings.map(pick);
  return { receipt: `${JSON.stringify(answer.receipt, null, 2)}\n`, number: answer.deposit_number, warnings, private: null };
}

/** The statement on a file, signed with the key in this browser, with its private metadata. */
async function ownStatement({ file, measured, metadata }, key) {
  const salt = random(32);
  const text = statementText({
    ledger: await ledgerOrigin(),
    digests: measured.digests,
    size: measured.size,
    mediaType: mediaTypeOf(file),
    meta: commitment(salt, metadata),
    nonce: random(16),
    keys: [key.key],
  });
  const statement = statementNote(text, [{ key: key.key, bytes: await sign(key, utf8(text)) }]);
  try {
    if (!(await isSignedByItsKeys(parseStatement(statement)))) throw new Failure(say('own_statement'));
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(say('own_statement'), { code: error.code });
  }
  return { statement, private: { salt: toHex(salt), metadata: JSON.parse(canonicalJson(metadata)) } };
}

async function byOwnKey({ file, measured, metadata, request }, key, show, signal) {
  show(say('signing'));
  // The same statement in every attempt: it is what identifies the deposit.
  request.statement ??= await ownStatement({ file, measured, metadata }, key);
  show(say('submitting'));
  const body = JSON.stringify(request.statement);
  const answer = await sendPatiently('/v1/deposits', { headers: JSON_TYPE, body }, show, signal);
  return { receipt: await answer.text(), number: null, warnings: [], private: request.statement.private };
}

const CONSISTENT = ['consistent', 'consistent_with_reservation'];

/** What is wrong with the receipt of a deposit; null if it verifies and is of the statement that was meant. */
function faultOf(report, { request, account, key }) {
  if (!CONSISTENT.includes(report.conclusion)) return conclusionText(report, LANGUAGE);
  const { entry, receipt } = report.parts;
  if (key !== null) {
    const isSame = receipt.entry.slice(receipt.entry.indexOf('\n\n') + 2) === request.statement.statement;
    return isSame ? null : say('other_statement');
  }
  const { onBehalf } = entry.statement;
  return onBehalf !== null && toHex(onBehalf) === account ? null : say('other_account');
}

/**
 * Deposits a file that was measured. `job` has `file`, `measured`, `metadata`, `account`, `key` (null for a signature of the platform) and
 * `request`, which keeps what must be the same in a further attempt: `{ key }` at first, any random text. `show` gets each stage in words.
 *
 * Resolves with `{ number, receipt, time, warnings, private }`. Rejects with a `Failure`.
 */
export async function depositFile(job, show, signal) {
  const made = await (job.key === null ? byPlatform(job, show, signal) : byOwnKey(job, job.key, show, signal));
  show(say('checking'));
  const given = await readReceipt(new Blob([made.receipt]));
  const { report } = await verifyWithOperator(given, made.number, { ...job.measured, salted: false });
  const number = report.number ?? made.number ?? '—';
  const fault = faultOf(report, job);
  if (fault !== null) throw new Failure(say('unverified', { number, reason: fault }));
  return { number, receipt: made.receipt, time: report.facts.submittedAt, warnings: made.warnings, private: made.private };
}
