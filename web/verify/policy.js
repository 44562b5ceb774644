// Cosignatures of witnesses (C2SP tlog-cosignature, `cosignature/v1`) and trust policies (C2SP tlog-policy): which ledgers are
// trusted, and which witnesses must have cosigned a checkpoint.

import { sameBytes, utf8 } from './bytes.js';
import { verifyEd25519 } from './ed25519.js';
import { LEDGER_KEY, WITNESS_KEY, parseKey } from './keys.js';
import { namesKey } from './note.js';
import { RecordError, validMillis } from './text.js';

const MEMBERS_MAX = 1024;
const POLICY_MAX = 1 << 20;

/** The time of a cosignature of `key` on the note text; throws `forged_cosignature`. */
async function cosignedAt(key, line, text) {
  const forged = () => new RecordError('forged_cosignature', undefined, key.name);
  if (line.bytes.length !== 72) throw forged();
  const seconds = new DataView(line.bytes.buffer, line.bytes.byteOffset).getBigUint64(0);
  const millis = seconds > 10n ** 12n ? null : validMillis(Number(seconds) * 1000);
  if (millis === null) throw forged();
  const message = utf8(`cosignature/v1\ntime ${seconds}\n${text}`);
  if (!(await verifyEd25519(key.bytes, message, line.bytes.slice(8)))) throw forged();
  return millis;
}

/** The cosignatures of `keys` on a note, at most one by each, the latest: `[{ key, time }]`. A forged line is never ignored. */
async function cosignatures(note, keys) {
  const found = [];
  for (const key of keys) {
    let latest = null;
    for (const line of note.signatures.filter((one) => namesKey(one, key))) {
      const time = await cosignedAt(key, line, note.text);
      latest = latest === null ? time : Math.max(latest, time);
    }
    if (latest !== null) found.push({ key, time: latest });
  }
  return found;
}

/** Parses a policy: `{ logs, witnesses, groups, quorum }`. Throws a `RecordError` with the line. */
export function parsePolicy(text) {
  const policy = { logs: [], witnesses: [], groups: [], quorum: null };
  const state = { hasQuorum: false, grouped: new Set() };
  const lines = text.split('\n');
  lines.forEach((line, at) => {
    try {
      parseLine(policy, state, line);
    } catch (error) {
      throw new RecordError(error.code, at + 1, error.detail);
    }
  });
  if (utf8(text).length > POLICY_MAX) throw new RecordError('policy_too_large', lines.length);
  if (!state.hasQuorum) throw new RecordError('policy_no_quorum', lines.length);
  return policy;
}

function parseLine(policy, state, line) {
  const words = line.split('#')[0].split(/[ \t\r]+/).filter((word) => word !== '');
  if (policy.logs.length + policy.witnesses.length + policy.groups.length > MEMBERS_MAX) throw new RecordError('policy_too_large');
  const [word, ...rest] = words;
  const form = (good) => {
    if (!good) throw new RecordError('policy_form', undefined, word);
  };
  if (word === undefined) return;
  if (word === 'log') {
    form(rest.length === 1 || rest.length === 2);
    const key = parseKey(rest[0], LEDGER_KEY);
    if (policy.logs.some((log) => sameBytes(log.key.bytes, key.bytes))) throw new RecordError('policy_key_twice');
    policy.logs.push({ key });
  } else if (word === 'witness') {
    form(rest.length === 2 || rest.length === 3);
    checkFree(policy, rest[0]);
    const key = parseKey(rest[1], WITNESS_KEY);
    const isSame = (other) => sameBytes(other.key.bytes, key.bytes) || other.key.name === key.name;
    if (policy.witnesses.some(isSame)) throw new RecordError('policy_key_twice');
    policy.witnesses.push({ name: rest[0], key });
  } else if (word === 'group') {
    form(rest.length >= 3);
    parseGroup(policy, state, rest);
  } else if (word === 'quorum') {
    form(rest.length === 1);
    if (state.hasQuorum) throw new RecordError('policy_quorum_twice');
    state.hasQuorum = true;
    policy.quorum = rest[0] === 'none' ? null : find(policy, rest[0]);
  } else {
    throw new RecordError('policy_unknown_word', undefined, word.slice(0, 40));
  }
}

function parseGroup(policy, state, [name, thresholdWord, ...memberNames]) {
  checkFree(policy, name);
  let threshold = memberNames.length;
  if (thresholdWord === 'any') threshold = 1;
  else if (thresholdWord !== 'all') {
    threshold = /^[1-9][0-9]{0,8}$/.test(thresholdWord) ? Number(thresholdWord) : 0;
    if (threshold < 1 || threshold > memberNames.length) throw new RecordError('policy_threshold');
  }
  const members = memberNames.map((member) => {
    const found = find(policy, member);
    if (state.grouped.has(member)) throw new RecordError('policy_member_twice', undefined, member);
    state.grouped.add(member);
    return found;
  });
  policy.groups.push({ name, threshold, members });
}

function lookUp(policy, name) {
  return policy.witnesses.find((one) => one.name === name) ?? policy.groups.find((one) => one.name === name) ?? null;
}

function find(policy, name) {
  const found = lookUp(policy, name);
  if (found === null) throw new RecordError('policy_unknown_name', undefined, name);
  return found;
}

function checkFree(policy, name) {
  if (name === 'none' || lookUp(policy, name) !== null) throw new RecordError('policy_name_taken', undefined, name);
}

function isReached(member, keys) {
  if (member.key) return keys.includes(member.key);
  return member.members.filter((one) => isReached(one, keys)).length >= member.threshold;
}

function smallest(member) {
  if (member.key) return 1;
  const sizes = member.members.map(smallest).sort((a, b) => a - b);
  return sizes.slice(0, member.threshold).reduce((sum, size) => sum + size, 0);
}

function witnessesOf(member) {
  return member.key ? [member] : member.members.flatMap(witnessesOf);
}

/**
 * Counts the cosignatures on a checkpoint: `{ forged }` with the name of the witness whose line does not verify, or
 * `{ cosignatures, witnesses, required, reached }`. Witnesses that the quorum does not use are verified and do not count.
 */
export async function countCosignatures(policy, checkpoint) {
  const used = policy.quorum === null ? [] : witnessesOf(policy.quorum);
  const counted = policy.witnesses.filter((witness) => used.includes(witness));
  let found;
  try {
    await cosignatures(checkpoint.note, policy.witnesses.map((witness) => witness.key));
    found = await cosignatures(checkpoint.note, counted.map((witness) => witness.key));
  } catch (error) {
    if (error.code !== 'forged_cosignature') throw error;
    return { forged: error.detail };
  }
  const keys = found.map((one) => one.key);
  return {
    forged: null,
    cosignatures: found.map(({ key, time }) => ({ witness: key.name, time })),
    witnesses: counted.length,
    required: policy.quorum === null ? 0 : smallest(policy.quorum),
    reached: policy.quorum === null || isReached(policy.quorum, keys),
  };
}
