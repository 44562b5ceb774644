// The deposit number, 存证编号: a date, 12 characters, and two check characters (ISO/IEC 7064 MOD 1271-36).

import { RecordError } from './text.js';

const NUMBER_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE_36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function checkPair(characters) {
  let sum = 0;
  for (const character of characters) sum = ((sum + BASE_36.indexOf(character)) * 36) % 1271;
  const check = (1271 + 1 - ((sum * 36) % 1271)) % 1271;
  return BASE_36[Math.floor(check / 36)] + BASE_36[check % 36];
}

function isDate(digits) {
  const text = `${digits.slice(0, 4)}-${digits.slice(4, 6)}-${digits.slice(6, 8)}`;
  const millis = Date.parse(`${text}T00:00:00Z`);
  return Number(digits.slice(0, 4)) >= 1970 && !Number.isNaN(millis) && new Date(millis).toISOString().startsWith(text);
}

/** Whether `text` is a deposit number in its one spelling. */
export function isDepositNumber(text) {
  const parts = /^(T?)(\d{8})-([0-9A-Z]{4})-([0-9A-Z]{4})-([0-9A-Z]{4})-([0-9A-Z]{2})$/.exec(text);
  if (!parts) return false;
  const [, mark, date, ...groups] = parts;
  const check = groups.pop();
  const random = groups.join('');
  const isReadable = [...random, ...check].every((character) => NUMBER_ALPHABET.includes(character));
  return isReadable && isDate(date) && checkPair(mark + date + random) === check;
}

/** Whether it is a number of a test ledger. */
export function isTestNumber(number) {
  return number.startsWith('T');
}

/**
 * The number that a user typed or pasted, in its one spelling: lower case, full-width characters, spaces and dashes are accepted, `O`
 * is 0, `I` and `L` are 1. Throws `number_length`, `number_character`, `number_date` or `number_check`.
 */
export function typedNumber(text) {
  const plain = text
    .replace(/[\uff01-\uff5e]/g, (character) => String.fromCharCode(character.charCodeAt(0) - 0xfee0))
    .replace(/[\p{White_Space}\p{Cf}\p{Pd}_\u2212\u30fc]/gu, '')
    .replace(/^(?:存证编号|编号)[：:]?/u, '')
    .toUpperCase()
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  const foreign = [...plain].find((character) => !/[0-9A-Z]/.test(character) || character === 'U');
  if (foreign !== undefined) throw new RecordError('number_character', undefined, foreign);
  const mark = plain.startsWith('T') ? 'T' : '';
  const body = plain.slice(mark.length);
  if (body.length !== 22) throw new RecordError('number_length', undefined, String(plain.length));
  const [date, random, check] = [body.slice(0, 8), body.slice(8, 20), body.slice(20)];
  if (!/^\d{8}$/.test(date) || !isDate(date)) throw new RecordError('number_date');
  if (checkPair(mark + date + random) !== check) throw new RecordError('number_check');
  return `${mark}${date}-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}-${check}`;
}
