// RFC 3161 timestamp tokens: CMS (RFC 5652), what a token states, and its verification, offline and without a clock.

import { compareBytes, concat, fromBase64, fromUtf8, sameBytes, utf8 } from './bytes.js';
import {
  Der, GENERALIZED_TIME, INTEGER, OCTET_STRING, SEQUENCE, SET, BOOLEAN, constructed, encodeDer, primitive, unsignedInteger,
} from './der.js';
import { checkPath, parseRevocationList } from './authorities.js';
import { sha256 } from './sha256.js';
import { sm3 } from './sm3.js';
import { RecordError, parseTime, timeText } from './text.js';
import {
  digestName, hasNoParameters, holderName, isSameName, issuerAndSerial, keyPurposes, mayUse, parseCertificate, publicKeyKind,
  readAlgorithm, refusedAlgorithm, signatureScheme, verifyWithKey,
} from './x509.js';

const SIGNED_DATA = '1.2.840.113549.1.7.2';
const TST_INFO = '1.2.840.113549.1.9.16.1.4';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE = '1.2.840.113549.1.9.16.2.12';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const IMPRINTS = { '2.16.840.1.101.3.4.2.1': sha256, '1.2.156.10197.1.401': sm3 };
const TOKEN_MAX = 256 * 1024;
const TOKENS_MAX = 64;

const fault = (code) => new RecordError(`time_token_${code}`);

/** Runs `read`; bytes that are not DER are a malformed token, or get another code. */
function derOr(code, read) {
  try {
    return read();
  } catch (error) {
    throw error.code === 'malformed_der' ? fault(code) : error;
  }
}

function encodedMembers(content, most) {
  const fields = new Der(content ?? new Uint8Array(0));
  const members = [];
  while (!fields.isFinished) {
    if (members.length === most) throw fault('too_large');
    const isSequence = fields.nextIs(SEQUENCE);
    const member = fields.encoded();
    if (isSequence) members.push(member);
  }
  return members;
}

function readSigner(fields) {
  const version = fields.smallInteger();
  const signer = {};
  if (version === 1) {
    const id = fields.nested(SEQUENCE);
    signer.issuer = id.encoded();
    signer.serial = id.integer(64);
    id.finish();
  } else if (version === 3) signer.keyId = fields.content(primitive(0));
  else throw fault('version_unknown');
  signer.digestAlgorithm = readAlgorithm(fields.content(SEQUENCE));
  const signed = fields.optional(constructed(0));
  if (signed === null) throw fault('attributes');
  const list = new Der(signed);
  signer.attributes = [];
  while (!list.isFinished) {
    if (signer.attributes.length === 64) throw fault('too_large');
    const encoded = list.encoded();
    const parts = Der.of(encoded, SEQUENCE);
    signer.attributes.push({ encoded, oid: parts.oid(), values: parts.content(SET) });
    parts.finish();
  }
  signer.signatureAlgorithm = readAlgorithm(fields.content(SEQUENCE));
  signer.signature = fields.content(OCTET_STRING);
  fields.optional(constructed(1));
  fields.finish();
  return signer;
}

function readSignedData(token) {
  if (token.length > TOKEN_MAX) throw fault('too_large');
  const info = Der.of(token, SEQUENCE);
  if (info.oid() !== SIGNED_DATA) throw fault('other_content');
  const data = Der.of(info.content(constructed(0)), SEQUENCE);
  info.finish();
  const version = data.smallInteger();
  if (version < 3 || version > 5) throw fault('version_unknown');
  data.content(SET);
  const wrapper = data.nested(SEQUENCE);
  if (wrapper.oid() !== TST_INFO) throw fault('other_content');
  const wrapped = wrapper.nested(constructed(0));
  wrapper.finish();
  const content = wrapped.content(OCTET_STRING);
  wrapped.finish();
  const certificates = encodedMembers(data.optional(constructed(0)), 32);
  const lists = encodedMembers(data.optional(constructed(1)), 16);
  const signers = data.nested(SET);
  data.finish();
  if (signers.isFinished) throw fault('signers');
  const first = signers.nested(SEQUENCE);
  if (!signers.isFinished) throw fault('signers');
  return { content, certificates, lists, signer: readSigner(first) };
}

/** Milliseconds, rounded down, and whether something was cut off. */
function generalizedTime(content) {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,20}))?Z$/.exec(fromUtf8(content) ?? '');
  if (parts === null) throw fault('malformed');
  const [, year, month, day, hour, minute, second, decimals] = parts;
  const padded = `${decimals ?? ''}000`;
  const millis = parseTime(`${year}-${month}-${day}T${hour}:${minute}:${second}.${padded.slice(0, 3)}Z`);
  if (millis === null) throw fault('malformed');
  return { millis, isRounded: /[1-9]/.test(padded.slice(3)) };
}

/** Microseconds. */
function readAccuracy(content) {
  const fields = new Der(content);
  const seconds = fields.nextIs(INTEGER) ? unsignedInteger(fields.integer(5)) : 0;
  const [millis, micros] = [0, 1].map((number) => {
    const value = fields.optional(primitive(number));
    return value === null ? 0 : unsignedInteger(value);
  });
  fields.finish();
  if (seconds === null || millis === null || micros === null || millis > 999 || micros > 999) throw fault('malformed');
  return (seconds * 1000 + millis) * 1000 + micros;
}

function rejectCriticalExtensions(content) {
  const extensions = new Der(content);
  while (!extensions.isFinished) {
    const extension = extensions.nested(SEQUENCE);
    extension.oid();
    const critical = extension.optional(BOOLEAN);
    if (critical !== null && !(critical.length === 1 && critical[0] === 0)) throw fault('extension_unknown');
    extension.content(OCTET_STRING);
    extension.finish();
  }
}

function readStatement(bytes) {
  const fields = Der.of(bytes, SEQUENCE);
  if (fields.smallInteger() !== 1) throw fault('version_unknown');
  fields.oid();
  const imprint = fields.nested(SEQUENCE);
  const algorithm = readAlgorithm(imprint.content(SEQUENCE));
  const hash = IMPRINTS[algorithm.oid];
  if (hash === undefined || !hasNoParameters(algorithm)) throw refusedAlgorithm(algorithm.oid);
  const digest = imprint.content(OCTET_STRING);
  imprint.finish();
  if (digest.length !== 32) throw fault('malformed');
  fields.integer(21);
  const { millis, isRounded } = generalizedTime(fields.content(GENERALIZED_TIME));
  const accuracyField = fields.optional(SEQUENCE);
  const micros = accuracyField === null ? 0 : readAccuracy(accuracyField);
  fields.optional(BOOLEAN);
  if (fields.nextIs(INTEGER)) fields.integer(Infinity);
  const authority = fields.optional(constructed(0));
  const extensions = fields.optional(constructed(1));
  if (extensions !== null) rejectCriticalExtensions(extensions);
  fields.finish();
  const latest = millis + Math.ceil((micros + (isRounded ? 1 : 0)) / 1000);
  return { hash, digest, time: millis, latest, authority };
}

function openToken(token) {
  return derOr('malformed', () => {
    const message = readSignedData(token);
    return { message, statement: readStatement(message.content) };
  });
}

/** The one value of an attribute that is there at most once; null if it is not there. */
function attributeOf(signer, oid) {
  const found = signer.attributes.filter((attribute) => attribute.oid === oid);
  if (found.length === 0) return null;
  const values = new Der(found[0].values);
  const value = values.encoded();
  values.finish();
  if (found.length > 1) throw new RecordError('malformed_der');
  return value;
}

async function digestOf(name, bytes) {
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

async function checkContent(signer, content) {
  const type = derOr('attributes', () => {
    const value = attributeOf(signer, CONTENT_TYPE);
    return value === null ? null : new Der(value).oid();
  });
  if (type !== TST_INFO) throw fault('attributes');
  const name = digestName(signer.digestAlgorithm);
  const signed = derOr('attributes', () => {
    const value = attributeOf(signer, MESSAGE_DIGEST);
    return value === null ? null : new Der(value).content(OCTET_STRING);
  });
  if (signed === null) throw fault('attributes');
  if (!sameBytes(await digestOf(name, content), signed)) throw fault('altered');
}

function namesIssuer(content, certificate) {
  const fields = new Der(content);
  const names = fields.nested(SEQUENCE);
  let isNamed = false;
  while (!names.isFinished) {
    const isDirectoryName = names.nextIs(constructed(4));
    const name = names.any().content;
    isNamed ||= isDirectoryName && sameBytes(name, certificate.issuer);
  }
  return isNamed && sameBytes(fields.content(INTEGER), certificate.serial);
}

/** Whether a certificate attribute names the certificate: with SHA-1, which is its definition in version 1, or another digest. */
async function namesCertificate(value, version, certificate) {
  const parts = derOr('attributes', () => {
    const attribute = Der.of(value, SEQUENCE);
    const ids = attribute.nested(SEQUENCE);
    attribute.optional(SEQUENCE);
    attribute.finish();
    const id = ids.nested(SEQUENCE);
    const identifier = version === 1 ? null : id.optional(SEQUENCE);
    const algorithm = identifier === null ? null : readAlgorithm(identifier);
    const digest = id.content(OCTET_STRING);
    const issuer = id.optional(SEQUENCE);
    const isIssued = issuer === null || namesIssuer(issuer, certificate);
    id.finish();
    return { algorithm, digest, isIssued };
  });
  const byDefault = version === 1 ? 'SHA-1' : 'SHA-256';
  const name = parts.algorithm === null ? byDefault : digestName(parts.algorithm);
  return parts.isIssued && sameBytes(await digestOf(name, certificate.der), parts.digest);
}

async function checkCertificateAttributes(signer, certificate) {
  const [first, second] = derOr('attributes', () =>
    [SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2].map((oid) => attributeOf(signer, oid)),
  );
  if (first === null && second === null) throw fault('attributes');
  for (const [value, version] of [[first, 1], [second, 2]]) {
    if (value !== null && !(await namesCertificate(value, version, certificate))) throw fault('certificate_mismatch');
  }
}

async function checkSignature(message, certificate) {
  const { signer, content } = message;
  await checkContent(signer, content);
  await checkCertificateAttributes(signer, certificate);
  const key = publicKeyKind(certificate.spki);
  if (key.kind === 'RSA' && key.bits < 2048) throw fault('algorithm_weak');
  const sorted = signer.attributes.map((attribute) => attribute.encoded).sort(compareBytes);
  const signedBytes = encodeDer(SET, concat(...sorted));
  const scheme = signatureScheme(signer.signatureAlgorithm, digestName(signer.digestAlgorithm));
  const isValid = await verifyWithKey(certificate.spki, scheme, signer.signature, signedBytes).catch((error) => {
    if (error.code === 'time_token_algorithm_unsupported') throw refusedAlgorithm(signer.signatureAlgorithm.oid);
    return false;
  });
  if (!isValid) throw fault('signature_invalid');
}

function checkPurpose(certificate) {
  const usage = derOr('certificate_malformed', () => keyPurposes(certificate));
  const isForTimestamps = usage !== null && usage.isCritical && usage.purposes.join() === '1.3.6.1.5.5.7.3.8';
  if (!isForTimestamps || !(mayUse(certificate, 0) || mayUse(certificate, 1))) throw fault('certificate_purpose');
}

/** The token's own name of its authority, if it has one, must be the certificate's. */
function checkAuthorityName(certificate, authority) {
  const isSubject = () => {
    const name = Der.of(authority, constructed(4)).encoded();
    return sameBytes(name, certificate.subject) || isSameName(name, certificate.subject);
  };
  const isAlternative = () => {
    const names = Der.of(certificate.extensions.get('2.5.29.17').value, SEQUENCE);
    let isFound = false;
    while (!names.isFinished) isFound = sameBytes(names.encoded(), authority) || isFound;
    return isFound;
  };
  const holds = [isSubject, isAlternative].some((check) => {
    try {
      return check();
    } catch {
      return false;
    }
  });
  if (!holds) throw fault('authority_mismatch');
}

function parsed(ders, parse) {
  return ders.flatMap((der) => {
    try {
      return [parse(der)];
    } catch {
      return [];
    }
  });
}

/** A certificate, or what can be read of a malformed one. */
function certificateOrUnusable(der) {
  const [named] = parsed([der], issuerAndSerial);
  return parsed([der], parseCertificate)[0] ?? { der, isUnusable: true, isMalformed: true, issuer: null, ...named };
}

function signerCertificate(certificates, signer) {
  const isNamed = (certificate) => {
    if (signer.keyId === undefined) {
      const { issuer, serial } = certificate;
      return issuer !== null && sameBytes(issuer, signer.issuer) && sameBytes(serial, signer.serial);
    }
    const extension = certificate.extensions?.get('2.5.29.14');
    return extension !== undefined && sameBytes(new Der(extension.value).content(OCTET_STRING), signer.keyId);
  };
  const found = certificates.find(isNamed);
  if (found === undefined) throw fault('certificate_missing');
  if (found.isMalformed) throw fault('certificate_malformed');
  return found;
}

/** Verifies an opened token: `{ authority, time, latest }`. Throws the code. */
async function verifyOpened({ message, statement }, existed, trust) {
  const certificates = message.certificates.map(certificateOrUnusable);
  const certificate = signerCertificate(certificates, message.signer);
  await checkSignature(message, certificate);
  checkPurpose(certificate);
  if (statement.authority !== null) checkAuthorityName(certificate, statement.authority);
  const lists = parsed(message.lists, parseRevocationList);
  const { time, latest } = statement;
  await checkPath({ signer: certificate, others: certificates, lists, trust, time, existed });
  return { authority: holderName(certificate), time, latest };
}

/** What a token stamps: `content`, `previous` or `history`. */
function stampedBy({ statement }, text, earlier, isAnchored) {
  const stamps = (...parts) => sameBytes(statement.hash(...parts), statement.digest);
  if (stamps(text)) return 'content';
  if (earlier.length > 0) {
    if (stamps(earlier.at(-1))) {
      if (!isAnchored) throw fault('renews_other');
      return 'previous';
    }
    if (stamps(text, ...earlier)) return 'history';
  }
  throw fault('imprint_mismatch');
}

function earliest(...times) {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/**
 * Verifies a list of tokens over `text`, in which later ones may renew earlier ones (RFC 4998 section 5). For each token the result
 * is `{ authority, time, latest }` or `{ code }`.
 */
export async function verifyTokens(tokens, text, trust) {
  const opened = [];
  for (const [at, token] of tokens.slice(0, TOKENS_MAX).entries()) {
    try {
      const one = openToken(token);
      const isAnchored = at > 0 && opened[at - 1].code === undefined;
      opened.push({ ...one, stamped: stampedBy(one, text, tokens.slice(0, at), isAnchored) });
    } catch (error) {
      opened.push({ code: error.code ?? 'time_token_malformed' });
    }
  }
  // From the last to the first: a token is verified as of the tokens that stamp it.
  const results = tokens.slice(TOKENS_MAX).map(() => ({ code: 'time_tokens_too_many' }));
  let [byNext, byHistory] = [null, null];
  for (const one of opened.reverse()) {
    const existed = earliest(byNext, byHistory);
    byNext = null;
    if (one.code !== undefined) {
      results.unshift({ code: one.code });
      continue;
    }
    try {
      const verified = await verifyOpened(one, existed, trust);
      if (one.stamped === 'previous') byNext = verified.time;
      if (one.stamped === 'history') byHistory = earliest(byHistory, verified.time);
      results.unshift(verified);
    } catch (error) {
      results.unshift({ code: error.code?.startsWith('time_token') ? error.code : 'time_token_malformed' });
    }
  }
  return results;
}

/**
 * What the tokens of a receipt attest of its checkpoint: `{ state }` is `not_checked`, `untrusted`, `invalid` with `code`, or
 * `verified` with `notLaterThan` and the tokens, the earliest first.
 */
export async function checkTimeTokens(base64Tokens, checkpointText, trust) {
  if (trust.anchors.length === 0 || base64Tokens.length === 0) return { state: 'not_checked' };
  const tokens = base64Tokens.map(fromBase64);
  if (tokens.includes(null)) return { state: 'invalid', code: 'time_token_malformed' };
  const results = await verifyTokens(tokens, utf8(checkpointText), trust);
  const valid = results.filter((result) => result.code === undefined);
  if (valid.length > 0) {
    const sorted = [...valid].sort((a, b) => a.time - b.time);
    return { state: 'verified', notLaterThan: timeText(Math.min(...valid.map((one) => one.latest))), tokens: sorted };
  }
  const known = results.find((result) => result.code !== 'time_token_authority_unknown');
  return known === undefined ? { state: 'untrusted' } : { state: 'invalid', code: known.code };
}
