// Verifies a receipt, and compares a file with it: the seventeen steps and the conclusion of a verification report. The codes are
// those of the command `tiezheng verify --offline`.
//
// The conclusion is decided in this order: whether the verification could be performed; whether the record itself verifies; whether
// the file agrees; which reservations there are. A file that agrees with a forged record proves nothing.

import { sameBytes, toHex, utf8 } from './bytes.js';
import { trustedSigner } from './key_history.js';
import { checkItem } from './manifest.js';
import { isIncluded, leafHash } from './merkle.js';
import { parseCheckpoint } from './note.js';
import { isTestNumber } from './number.js';
import { countCosignatures } from './policy.js';
import { parseBlock, parseEntry } from './records.js';
import { isSignedByItsKeys } from './statement.js';
import { timeText } from './text.js';
import { checkTimeTokens } from './time_token.js';

const STEP_CODES = [
  'number_check', 'record_exists', 'algorithms', 'original_digest', 'tx_id', 'in_block', 'block_hash', 'previous_block', 'signatures',
  'witnesses', 'time_order', 'time_token', 'depositor_signature', 'later_links', 'earlier_deposits', 'import_snapshot', 'sheets',
];

const step = (code, outcome, compared, values = []) => ({ code, outcome, reason: null, compared, values });
const performed = (code, isGood, compared, values) => step(code, isGood ? 'passed' : 'failed', compared, values);
const notPerformed = (code, reason, values = []) => ({ ...step(code, 'not_performed', null, values), reason });
const notApplicable = (code, reason, values = []) => ({ ...step(code, 'not_applicable', null, values), reason });

function parsedOrNull(parse, text) {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

/** The seven facts of a deposit, as far as they can be read. */
function factsOf({ entry, block, receipt }) {
  if (entry === null || block === null) return null;
  const { statement } = entry;
  return {
    ledger: block.ledger,
    number: entry.number,
    txId: toHex(leafHash(utf8(receipt.entry))),
    blockHash: toHex(leafHash(utf8(receipt.header))),
    blockHeight: block.height.toString(),
    previousBlockHash: toHex(block.previous),
    dataHash: [...(statement.content?.digests ?? [])].reverse().map((one) => [one.algorithm, toHex(one.digest)]),
    salted: statement.content?.salted ?? false,
    size: statement.content?.size?.toString() ?? null,
    manifest: statement.manifest === null ? null : { root: toHex(statement.manifest.root), count: statement.manifest.count.toString() },
    submittedAt: entry.received,
    blockTime: block.time,
  };
}

function algorithmsStep(content) {
  if (content === null) return notApplicable('algorithms', 'manifest_only');
  const values = content.digests.map((one) => ['algorithm', one.algorithm]);
  return step('algorithms', 'passed', 'algorithms_with_allowed', values);
}

function pathSteps({ receipt, entry, block, checkpoint }) {
  const damaged = (code) => notPerformed(code, 'damaged_receipt');
  const isLeaf = (index, hash, path) => isIncluded(index, checkpoint.size, hash, path, checkpoint.root);
  const steps = [];
  if (entry === null || block === null) steps.push(damaged('in_block'));
  else {
    const place = receipt.index - block.first;
    const isSealed = place >= 0n && receipt.index < block.index;
    const isIn = isSealed && isIncluded(place, block.count, leafHash(utf8(receipt.entry)), receipt.entryPath, block.root);
    steps.push(performed('in_block', isIn, 'entry_with_block', [['root', toHex(block.root)]]));
  }
  if (block === null || checkpoint === null) steps.push(damaged('block_hash'), damaged('previous_block'));
  else {
    const hash = leafHash(utf8(receipt.header));
    const isOnChain = isLeaf(block.index, hash, receipt.headerPath);
    steps.push(performed('block_hash', isOnChain, 'block_with_checkpoint', [['block_hash', toHex(hash)]]));
    const isLinked = block.first > 0n && isLeaf(block.first - 1n, block.previous, receipt.previousPath);
    const previous = [['prev_block_hash', toHex(block.previous)]];
    steps.push(performed('previous_block', isLinked, 'previous_with_checkpoint', previous));
  }
  return steps;
}

async function signaturesStep({ receipt, checkpoint }, keys) {
  const compared = 'checkpoint_with_pinned_key';
  try {
    const signer = await trustedSigner(keys, checkpoint, receipt.keyNotices);
    const values = [['signatures', '1/1'], ['key', signer.key.text]];
    if (signer.since !== null) values.push(['key_since', signer.since.toString()]);
    if (signer.replacedAt !== null) values.push(['key_replaced_at', signer.replacedAt.toString()]);
    if (signer.previous !== null) values.push(['previous_key', signer.previous.text]);
    return step('signatures', 'passed', compared, values);
  } catch (error) {
    if (error.code === 'unknown_key') return notPerformed('signatures', 'unknown_key');
    if (error.code === undefined) throw error;
    const values = [['key_fault', error.code]];
    const retired = () => [['retired_key', error.key.text], ['key_replaced_at', error.replacedAt.toString()]];
    return step('signatures', 'failed', compared, error.code === 'retired_key' ? retired() : values);
  }
}

/** Adds the cosignatures: too few are a finding and do not contradict the record, a forged one does. */
function addCosignatures(signatures, witnesses) {
  if (signatures.outcome !== 'passed' || witnesses === null) return;
  if (witnesses.forged !== null) {
    signatures.outcome = 'failed';
    signatures.values.push(['forged_cosignature', witnesses.forged]);
    return;
  }
  if (witnesses.witnesses === 0) return;
  if (!witnesses.reached) signatures.outcome = 'checked';
  signatures.values.push(['witnesses', `${witnesses.cosignatures.length}/${witnesses.witnesses}`]);
  signatures.values.push(['required', String(witnesses.required)]);
  for (const one of witnesses.cosignatures) signatures.values.push(['witness', `${one.witness} ${timeText(one.time)}`]);
}

function timeOrderStep({ entry, block }) {
  if (entry === null || block === null) return notPerformed('time_order', 'damaged_receipt');
  const values = [['tx_submitted_at', timeText(entry.received)], ['block_generated_at', timeText(block.time)]];
  return performed('time_order', entry.received <= block.time, 'submission_with_block_time', values);
}

async function depositorStep({ entry, block, checkpoint }) {
  const code = 'depositor_signature';
  if (entry === null || block === null || checkpoint === null) return notPerformed(code, 'damaged_receipt');
  const { statement } = entry;
  const isOneLedger = statement.ledger === block.ledger && statement.ledger === checkpoint.origin;
  const isValid = (await isSignedByItsKeys(statement)) && isOneLedger;
  const values = statement.keys.map((key) => ['key', key.name]);
  if (statement.onBehalf === null || !isValid) return performed(code, isValid, 'statement_with_its_keys', values);
  values.push(['on_behalf', toHex(statement.onBehalf)], ['signed_by', 'unknown']);
  return step(code, 'checked', 'statement_with_its_keys', values);
}

/** With authorities of the operator's choice, the texts say that it is not the verifier's. */
function timeTokenStep(time, receipt, { isOperators }) {
  const of = (text) => (isOperators ? `${text}_operator` : text);
  const [code, compared] = ['time_token', of('checkpoint_with_time_tokens')];
  if (receipt.timeTokens.length === 0) return notPerformed(code, 'no_time_token');
  if (time.state === 'not_checked') return notPerformed(code, of('unread_time_token'));
  if (time.state === 'untrusted') return notPerformed(code, of('untrusted_time_token'));
  if (time.state === 'not_possible') return notPerformed(code, 'no_web_crypto');
  if (time.state === 'invalid') return step(code, 'failed', compared, [['time_token_fault', time.code]]);
  const values = [['not_later_than', time.notLaterThan]];
  for (const token of time.tokens) values.push(['time_token', `${timeText(token.time)} ${token.authority}`]);
  return step(code, 'passed', compared, values);
}

/** Whether the file has every digest and the size of the record: `match`, `mismatch` or `contradictory`. */
function compareContent(content, file) {
  const equal = content.digests.filter((one) => sameBytes(one.digest, file.digests[one.algorithm])).length;
  if (equal === 0) return 'mismatch';
  const sizeAgrees = content.salted || content.size === file.size;
  return equal === content.digests.length && sizeAgrees ? 'match' : 'contradictory';
}

const CONCLUSION_OF = { match: 'consistent', mismatch: 'mismatch', contradictory: 'contradictory' };

/** The outcome of step 4, and the conclusion or obstacle that it leads to if everything else verifies. */
function compareFile(content, file) {
  const skipped = (reason, conclusion, obstacle) => ({ outcome: 'not_performed', reason, conclusion, obstacle });
  if (file === null) return skipped('no_file', 'record_only', null);
  if (content === null) return skipped('manifest_only', null, 'manifest_only');
  if (file.salted !== content.salted) return skipped('no_salt', null, 'no_salt');
  const result = compareContent(content, file);
  return { outcome: result === 'match' ? 'passed' : 'failed', reason: null, conclusion: CONCLUSION_OF[result], obstacle: null };
}

function comparedValues(content, file) {
  const values = [];
  for (const { algorithm, digest } of content?.digests ?? []) {
    values.push(['recorded', `${algorithm} ${toHex(digest)}`]);
    if (file !== null) values.push(['presented', `${algorithm} ${toHex(file.digests[algorithm])}`]);
  }
  if (content !== null && !content.salted && file !== null) {
    values.push(['recorded', `size ${content.size}`], ['presented', `size ${file.size}`]);
  }
  return values;
}

/** An item of a manifest: its content, or null if the claim does not verify, and the values for the report. */
function itemOf(claim, entry) {
  if (claim === null) return null;
  const manifest = entry?.statement.manifest ?? null;
  try {
    const { content } = checkItem(claim, manifest);
    const values = [['item', (claim.index + 1n).toString()], ['items', manifest.count.toString()]];
    if (claim.name !== null) values.push(['item_name', claim.name.path]);
    return { content, values };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { content: null, values: [['item_fault', error.code]] };
  }
}

function originalStep(comparison, content, item, file) {
  const values = comparison.obstacle === null ? comparedValues(content, file) : [];
  values.push(...(item?.values ?? []));
  let compared = item === null ? 'file_with_record' : 'file_with_item';
  if (item !== null && item.content === null) compared = 'item_with_manifest';
  const result = step('original_digest', comparison.outcome, comparison.reason === null ? compared : null, values);
  return { ...result, reason: comparison.reason };
}

function reservationsOf({ entry, receipt }, witnesses, time) {
  const reservations = [];
  const counted = witnesses !== null && witnesses.forged === null ? witnesses : null;
  const hasQuorum = counted !== null && counted.reached && counted.required > 0 && counted.cosignatures.length > 0;
  const hasTooFew = counted !== null && !counted.reached && counted.cosignatures.length > 0;
  if (hasTooFew) reservations.push('quorum_not_reached');
  else if (!hasQuorum) reservations.push('single_operator');
  if (time.state !== 'verified' || receipt.timeTokens.length === 0) reservations.push('no_independent_time');
  if (entry !== null && isTestNumber(entry.number)) reservations.push('test_ledger');
  reservations.push('later_history_not_checked');
  if (entry !== null && entry.statement.onBehalf !== null) reservations.push('signed_on_behalf');
  return reservations;
}

/** The conclusion, and the obstacle if it is `unable`. */
function conclude(steps, isOtherNumber, isDamaged, comparison, isUnreserved) {
  const unable = (obstacle) => ({ conclusion: 'unable', obstacle });
  // Steps that are not about the record alone: a timestamp token, for one, is no part of the chain.
  const others = ['record_exists', 'original_digest', 'tx_id', 'time_token'];
  const chain = steps.filter((one) => !others.includes(one.code));
  if (isOtherNumber) return unable('other_number');
  if (isDamaged || chain.some((one) => one.outcome === 'failed')) return unable('broken_receipt');
  if (chain.some((one) => one.reason === 'unknown_key')) return unable('unknown_key');
  if (comparison.obstacle !== null) return unable(comparison.obstacle);
  const isReserved = comparison.conclusion === 'consistent' && !isUnreserved;
  return { conclusion: isReserved ? 'consistent_with_reservation' : comparison.conclusion, obstacle: null };
}

function numberSteps(number, found) {
  const values = (one) => (one === null ? [] : [['deposit_number', one]]);
  let check = notApplicable('number_check', 'no_number_entered');
  if (number !== null) check = step('number_check', 'passed', 'entered_number', values(number));
  else if (found === null) check = notPerformed('number_check', 'damaged_receipt');
  if (found === null) return [check, notPerformed('record_exists', 'damaged_receipt')];
  if (number !== null) return [check, performed('record_exists', number === found, 'number_with_record', values(found))];
  return [check, step('record_exists', 'checked', 'receipt_holds_record', values(found))];
}

function sheetsStep(entry) {
  if (entry === null) return notPerformed('sheets', 'damaged_receipt');
  return notPerformed('sheets', entry.statement.meta === null ? 'no_sheets' : 'sheets_not_presented');
}

/**
 * Verifies a receipt. `question` has:
 * - `receipt`, `claim`: what `parseReceipt` returned;
 * - `keys`: ledger keys that the user gave; `policy`: the policy that the user gave, or null;
 * - `authorities`: timestamp authorities that the user gave; with `isOperators`, those that the operator of the node has chosen;
 * - `number`: the deposit number that the user entered, or null;
 * - `file`: null, or `{ size, digests: { 'sha-256', sm3 }, salted }` with the size as a bigint.
 *
 * The report is `{ steps, conclusion, obstacle, reservations, facts, number, witnesses, time, parts }`.
 */
export async function verifyReceipt(question) {
  const { receipt, claim, number, file } = question;
  const parts = {
    receipt,
    entry: parsedOrNull(parseEntry, receipt.entry),
    block: parsedOrNull(parseBlock, receipt.header),
    checkpoint: parsedOrNull(parseCheckpoint, receipt.checkpoint),
  };
  const { entry, checkpoint } = parts;
  const damaged = (code) => notPerformed(code, 'damaged_receipt');
  const { witnesses, time } = await attestations(question, parts);

  const item = itemOf(claim, entry);
  const content = item === null ? (entry?.statement.content ?? null) : item.content;
  let comparison = compareFile(content, file);
  const broken = (outcome, reason) => ({ outcome, reason, conclusion: null, obstacle: 'broken_receipt' });
  if (entry === null) comparison = broken('not_performed', 'damaged_receipt');
  else if (item !== null && item.content === null) comparison = broken('failed', null);

  const signatures = checkpoint === null ? damaged('signatures') : await signaturesStep(parts, keysOf(question));
  addCosignatures(signatures, witnesses);
  const txIdValues = () => [['tx_id', toHex(leafHash(utf8(receipt.entry)))]];
  const steps = [
    ...numberSteps(number, entry?.number ?? null),
    entry === null ? damaged('algorithms') : algorithmsStep(item?.content ?? entry.statement.content),
    originalStep(comparison, content, item, file),
    entry === null ? damaged('tx_id') : notApplicable('tx_id', 'no_stated_tx_id', txIdValues()),
    ...pathSteps(parts),
    signatures,
    timeOrderStep(parts),
    timeTokenStep(time, receipt, question.authorities),
    await depositorStep(parts),
    notPerformed('later_links', 'offline'),
    notPerformed('earlier_deposits', 'offline'),
    notApplicable('import_snapshot', 'not_a_case_item'),
    sheetsStep(entry),
  ];
  const hasWitnesses = question.policy !== null && witnesses !== null && question.policy.witnesses.length > 0;
  const isDamaged = entry === null || parts.block === null || checkpoint === null;
  const isOtherNumber = number !== null && entry !== null && number !== entry.number;
  const reservations = reservationsOf(parts, witnesses, time);
  const { conclusion, obstacle } = conclude(steps, isOtherNumber, isDamaged, comparison, reservations.length === 0);
  steps.push(notPerformed('witnesses', hasWitnesses ? 'offline' : 'no_witnesses'));
  steps.sort((a, b) => STEP_CODES.indexOf(a.code) - STEP_CODES.indexOf(b.code));
  return {
    steps: steps.map((one) => ({ number: STEP_CODES.indexOf(one.code) + 1, ...one })),
    conclusion,
    obstacle,
    reservations: conclusion === 'consistent_with_reservation' ? reservations : [],
    facts: factsOf(parts),
    number: number ?? entry?.number ?? null,
    witnesses,
    time,
    parts,
  };
}

function keysOf({ keys, policy }) {
  return [...keys, ...(policy?.logs.map((log) => log.key) ?? [])];
}

/** The cosignatures on the checkpoint, null without a policy for its ledger, and what the timestamp tokens attest. */
async function attestations({ receipt, policy, authorities }, { checkpoint }) {
  if (checkpoint === null) return { witnesses: null, time: { state: 'not_checked' } };
  const isForLedger = policy !== null && policy.logs.some((log) => log.key.name === checkpoint.origin);
  const witnesses = isForLedger ? await countCosignatures(policy, checkpoint) : null;
  const isPossible = globalThis.crypto?.subtle !== undefined || authorities.anchors.length === 0;
  const time = isPossible
    ? await checkTimeTokens(receipt.timeTokens, checkpoint.note.text, authorities)
    : { state: 'not_possible' };
  return { witnesses, time };
}
