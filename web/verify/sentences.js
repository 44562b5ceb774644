// Sentences of a report, built from the fixed words. `language` is 0 for Chinese and 1 for English.

import { beijing, parseTime } from './text.js';
import { COMPARED, OBSTACLES, OBSTACLE_STEPS, REASONS, RESERVATIONS } from './words.js';

const valuesOf = (step, name) => step.values.filter(([given]) => given === name).map(([, value]) => value);
const stepOf = (report, code) => report.steps.find((step) => step.code === code);

function cosigned(step, language) {
  const [witnesses] = valuesOf(step, 'witnesses');
  if (witnesses === undefined) return null;
  const [found, all] = witnesses.split('/');
  const required = valuesOf(step, 'required')[0] ?? '—';
  return language === 0
    ? `见证节点 ${all} 家中 ${found} 家签名，要求 ${required} 家`
    : `signed by ${found} of ${all} witnesses, ${required} required`;
}

/** What a performed step found besides its comparison; null if nothing. */
function moreOf(step, language) {
  if (step.code === 'signatures') {
    const [witness] = valuesOf(step, 'forged_cosignature');
    if (witness === undefined) {
      const operator = language === 0 ? '账本运营者节点签名 1/1' : "the operator's node signed, 1/1";
      const witnesses = cosigned(step, language);
      return witnesses === null ? operator : `${operator}${language === 0 ? '；' : '; '}${witnesses}`;
    }
    return language === 0
      ? `以“${witness}”名义的见证签名验证不通过`
      : `the signature in the name of the witness ${witness} does not verify`;
  }
  const [time] = step.code === 'time_token' ? valuesOf(step, 'not_later_than') : [];
  if (time === undefined) return null;
  const shown = beijing(parseTime(time));
  return language === 0
    ? `不晚于 ${shown} 已存在（北京时间，可信时间）`
    : `existed no later than ${shown} (Beijing time, trusted time)`;
}

/** What a step with the outcome `checked` found. */
export function findingOf(step, language) {
  if (step.code === 'signatures') {
    const counted = cosigned(step, language) ?? '';
    return language === 0
      ? `账本签名验证通过；${counted}，未达到信任策略的要求`
      : `the ledger's signature verifies; ${counted}: the verifier's policy is not satisfied`;
  }
  if (step.code === 'depositor_signature') {
    const account = valuesOf(step, 'on_behalf')[0] ?? '—';
    const key = valuesOf(step, 'key').join(', ');
    return language === 0
      ? `平台代存证人签名（据声明所载，密钥是否为平台密钥未核对）：签名验证通过；存证人未自行签名（账号 ${account}，密钥 ${key}）`
      : `the signature verifies; signed by the platform on behalf of an account, as the statement says, not by the depositor; whether the key is the platform's was not checked (account ${account}, key ${key})`;
  }
  return step.compared === null ? '' : COMPARED[step.compared][language];
}

/** The detail of a step in one text: why it was not performed, what it found, or what it compared. */
export function detailOf(step, language) {
  if (step.reason !== null) return REASONS[step.reason][language];
  if (step.outcome === 'checked') return findingOf(step, language);
  const more = moreOf(step, language);
  const compared = step.compared === null ? '' : COMPARED[step.compared][language];
  return more === null ? compared : `${compared}${language === 0 ? '；' : '; '}${more}`;
}

/** The step at which a receipt proved broken: the first that failed, else the first whose part cannot be read. */
function brokenAt(report) {
  const failed = report.steps.find((step) => step.outcome === 'failed');
  return failed ?? report.steps.find((step) => step.reason === 'damaged_receipt') ?? stepOf(report, 'signatures');
}

function agreedWith(report, language) {
  const [item] = valuesOf(stepOf(report, 'original_digest'), 'item');
  if (item === undefined) return language === 0 ? '所载“数据的哈希值”' : 'the data hash';
  return language === 0 ? `清单第〔${item}〕项所载摘要` : `item [${item}] of the manifest`;
}

const FIXED = {
  mismatch: [
    '提交核验的文件与链上存证数据比对结果不一致。该文件不是该存证编号所对应的数据，或者其内容已发生变化。',
    'The file presented does not agree with the data deposited on the chain. It is not the data of this deposit number, or its content has changed.',
  ],
  record_only: [
    '本次仅查询链上记录，未核验原文。',
    'Only the record on the chain was looked up; no original was verified.',
  ],
  contradictory: [
    '该存证记录所载的多项摘要与提交核验的文件仅部分一致，记录自身存在矛盾，不作一致性结论。',
    'Of the digests and the size that this record states, only some agree with the file presented: the record contradicts itself, and nothing is concluded on consistency.',
  ],
};

/** The sentence of the conclusion. */
export function conclusionText(report, language) {
  const number = report.number ?? '—';
  const what = () => agreedWith(report, language);
  if (report.conclusion === 'consistent') {
    const time = report.facts === null ? '—' : beijing(report.facts.blockTime);
    return language === 0
      ? `经核验，提交核验的文件的摘要与存证编号〔${number}〕${what()}一致；链上记录、区块衔接与节点签名均验证通过。未发现该电子数据自〔${time}〕上链后被篡改。`
      : `Verified: the digests of the file presented agree with ${what()} of deposit number [${number}]; the record, the links between blocks and the nodes' signatures were verified. Nothing was found to show that the data was altered since it went on the chain at [${time}, Beijing time].`;
  }
  if (report.conclusion === 'consistent_with_reservation') {
    const reasons = report.reservations.map((one) => RESERVATIONS[one][language]).join(language === 0 ? '；' : '; ');
    return language === 0
      ? `经核验，提交核验的文件的摘要与存证编号〔${number}〕${what()}一致，链上记录、区块衔接及账本签名验证通过；但〔${reasons}〕。能否认定上链后未经篡改，由人民法院结合其他证据判断。`
      : `Verified: the digests of the file presented agree with ${what()} of deposit number [${number}], and the record, the links between blocks and the ledger's signature were verified; but [${reasons}]. Whether the data is to be held unaltered since it went on the chain is for the court to decide, with the other evidence.`;
  }
  if (report.conclusion === 'unable') {
    const why = OBSTACLES[report.obstacle][language];
    const at = report.obstacle === 'broken_receipt' ? brokenAt(report) : stepOf(report, OBSTACLE_STEPS[report.obstacle]);
    return language === 0
      ? `因〔${why}〕未能完成第〔${at.number}〕项核验；未完成不等于不一致。`
      : `Because [${why}], step [${at.number}] could not be completed; not completed does not mean inconsistent.`;
  }
  return FIXED[report.conclusion][language];
}

/**
 * Whether a receipt was given alone and is valid: the signatures of the ledger were verified, and no step failed. What remains is the
 * original, which nobody has given.
 */
export function isReceiptAlone(report, hasFile) {
  const isSigned = report.steps.some(({ code, outcome }) => code === 'signatures' && outcome === 'passed');
  return !hasFile && isSigned && report.conclusion === 'record_only' && report.steps.every(({ outcome }) => outcome !== 'failed');
}
