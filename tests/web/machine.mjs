// The verifier for programs: bytes in, a report with codes and texts out. The page has its own presentation.

import { readAuthorityFile, readNumber, readReceiptFile, readSalt, readTrust } from '../../web/verify/question.js';
import { conclusionText, findingOf } from '../../web/verify/sentences.js';
import { sha256 } from '../../web/verify/sha256.js';
import { sm3 } from '../../web/verify/sm3.js';
import { parseEntry } from '../../web/verify/records.js';
import { verifyReceipt } from '../../web/verify/verify.js';
import { COMPARED, OBSTACLES, OUTCOMES, REASONS, RESERVATIONS, STEP_LABELS } from '../../web/verify/words.js';

const bilingual = ([zh, en]) => ({ zh, en });
const coded = (code, texts) => ({ code, ...bilingual(texts) });

/** Whether the record's own digests are salted; those of a manifest's items never are. */
function isSalted(receipt, claim) {
  try {
    return claim === null && (parseEntry(receipt.entry).statement.content?.salted ?? false);
  } catch {
    return false;
  }
}

/** Size and digests of a file, after the salt if the record is salted and one is given. */
function measured(bytes, salt) {
  if (bytes === null) return null;
  const parts = salt === null ? [bytes] : [salt, bytes];
  return { size: BigInt(bytes.length), digests: { 'sha-256': sha256(...parts), sm3: sm3(...parts) }, salted: salt !== null };
}

/** Verifies and reports: `{ error }` with the code and the part if an input cannot be read. */
export async function reportOf({ receipt, file, trust, authorities, number, salt }) {
  let question;
  try {
    const given = readReceiptFile(receipt);
    const usedSalt = isSalted(given.receipt, given.claim) ? readSalt(salt) : null;
    question = {
      ...given,
      ...readTrust(trust),
      authorities: readAuthorityFile(authorities),
      number: readNumber(number),
      file: measured(file, usedSalt),
    };
  } catch (error) {
    if (error.code === undefined) throw error;
    return { error: error.code, part: error.part };
  }
  const report = await verifyReceipt(question);
  return {
    deposit_number: report.number,
    conclusion: coded(report.conclusion, [0, 1].map((language) => conclusionText(report, language))),
    obstacle: report.obstacle === null ? null : coded(report.obstacle, OBSTACLES[report.obstacle]),
    reservations: report.reservations.map((one) => coded(one, RESERVATIONS[one])),
    steps: report.steps.map((step) => ({
      number: step.number,
      code: step.code,
      label: bilingual(STEP_LABELS[step.code]),
      outcome: coded(step.outcome, OUTCOMES[step.outcome]),
      reason: step.reason === null ? null : bilingual(REASONS[step.reason]),
      compared: step.compared === null ? null : bilingual(COMPARED[step.compared]),
      finding: step.outcome === 'checked' ? bilingual([0, 1].map((language) => findingOf(step, language))) : null,
      values: step.values.map(([name, value]) => ({ name, value })),
    })),
  };
}
