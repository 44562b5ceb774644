// The timestamp authorities that the user trusts, and the path from the certificate of a token's signer to one of them at the time in
// the token (RFC 5280 section 6). Authorities come from the user's own file, never from a token. All certificates of a path must have
// been valid at that time; whether they still are does not matter.
//
// Revocation (RFC 3161 section 4): after a revocation for unspecified, affiliationChanged, superseded or cessationOfOperation, earlier
// tokens stay valid; after any other, none does. A token that a later valid token stamps existed at that time already.

import { fromUtf8, sameBytes } from './bytes.js';
import { BIT_STRING, Der, INTEGER, SEQUENCE, certificateTime, constructed } from './der.js';
import { RecordError } from './text.js';
import {
  basicConstraints, keyPurposes, mayUse, parseCertificate, pemBlocks, publicKeyKind, readAlgorithm,
  signatureScheme, verifyWithKey,
} from './x509.js';

const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const CERT_SIGN_LEVELS = 6;
const CRL_SIGN = 6;
const SAFE_REASONS = [0, 3, 4, 5];

/** No authority and no revocation list. */
export function noAuthorities() {
  return { anchors: [], lists: [] };
}

/** Parses a revocation list. */
export function parseRevocationList(der) {
  const outer = Der.of(der, SEQUENCE);
  const tbs = outer.any();
  const algorithm = readAlgorithm(outer.content(SEQUENCE));
  const signature = outer.content(BIT_STRING).subarray(1);
  outer.finish();
  const fields = Der.of(tbs.encoded, SEQUENCE);
  if (fields.smallInteger() !== 1) throw new RecordError('tsa_crl_malformed');
  fields.content(SEQUENCE);
  const issuer = fields.encoded();
  const thisUpdate = certificateTime(fields.any());
  certificateTime(fields.any());
  const entries = [];
  if (fields.nextIs(SEQUENCE)) {
    const list = fields.nested(SEQUENCE);
    while (!list.isFinished) entries.push(revokedEntry(list.nested(SEQUENCE)));
  }
  const extensions = fields.optional(constructed(0));
  fields.finish();
  if (extensions !== null) checkListExtensions(extensions);
  return { tbs: tbs.encoded, algorithm, signature, issuer, thisUpdate, entries };
}

/** Delta and indirect lists, and unknown critical extensions, are not supported. */
function checkListExtensions(content) {
  const list = Der.of(content, SEQUENCE);
  while (!list.isFinished) {
    const extension = list.nested(SEQUENCE);
    const oid = extension.oid();
    const isCritical = extension.flag();
    if (oid === '2.5.29.27' || (isCritical && oid !== '2.5.29.28')) throw new RecordError('tsa_crl_malformed');
  }
}

function revokedEntry(fields) {
  const serial = fields.content(INTEGER);
  let revoked = certificateTime(fields.any());
  let reason = null;
  if (!fields.isFinished) {
    const extensions = fields.nested(SEQUENCE);
    while (!extensions.isFinished) {
      const extension = extensions.nested(SEQUENCE);
      const oid = extension.oid();
      const isCritical = extension.flag();
      const value = new Der(extension.content(0x04));
      if (oid === '2.5.29.21') reason = value.content(0x0a)[0];
      else if (oid === '2.5.29.24') revoked = Math.min(revoked, certificateTime(value.any()));
      else if (isCritical) throw new RecordError('tsa_crl_malformed');
    }
  }
  return { serial, revoked, reason };
}

/** Reads the authorities, and the revocation lists, in a PEM file. Throws `tsa_ca_…` or `tsa_crl_malformed`. */
export function readAuthorities(bytes) {
  const text = fromUtf8(bytes) ?? '';
  const anchors = pemBlocks(text, 'CERTIFICATE').map((der) => {
    let certificate;
    try {
      certificate = parseCertificate(der);
    } catch {
      throw new RecordError('tsa_ca_malformed');
    }
    if (!certificate.isVersion1 && !basicConstraints(certificate).isAuthority) throw new RecordError('tsa_ca_not_an_authority');
    return certificate;
  });
  const lists = pemBlocks(text, 'X509 CRL').map((der) => {
    try {
      return parseRevocationList(der);
    } catch {
      throw new RecordError('tsa_crl_malformed');
    }
  });
  if (anchors.length === 0 && lists.length === 0) throw new RecordError('tsa_ca_without_certificate');
  return { anchors, lists };
}

/** Of two reasons why no path was found, the one that says more. */
function mostSpecific(a, b) {
  const rank = { unknown: 0, invalid: 1, expired: 2, revoked: 3, list: 3 };
  return rank[b] > rank[a] ? b : a;
}

function ownFault(certificate, isIssuer, below, seconds) {
  if (seconds < certificate.notBefore || seconds > certificate.notAfter) return 'expired';
  const { isAuthority, pathLength } = basicConstraints(certificate);
  if (isAuthority !== isIssuer) return 'invalid';
  if (isIssuer && pathLength !== null && below > pathLength) return 'invalid';
  const usage = keyPurposes(certificate);
  if (usage !== null && !usage.purposes.includes(TIME_STAMPING)) return 'invalid';
  return certificate.isUnusable ? 'invalid' : null;
}

async function isIssuedBy(certificate, spki) {
  try {
    const key = publicKeyKind(spki);
    if (key.kind === 'RSA' && key.bits < 2048) return false;
    return await verifyWithKey(spki, signatureScheme(certificate.algorithm, null), certificate.signature, certificate.tbs);
  } catch {
    return false;
  }
}

/** Searches paths from the last certificate of `path` upwards; `accept` may reject one. Returns null, or the reason. */
async function search(path, context) {
  const head = path.at(-1);
  const fault = ownFault(head, path.length > 1, path.length - 2, context.seconds);
  if (fault !== null) return fault;
  let reason = 'unknown';
  for (const anchor of context.anchors.filter((one) => sameBytes(one.subject, head.issuer))) {
    const issuers = [...path.slice(1), anchor];
    let isSigned = true;
    for (const [at, certificate] of path.entries()) isSigned &&= await isIssuedBy(certificate, issuers[at].spki);
    const found = isSigned ? await context.accept(path, anchor) : 'invalid';
    if (found === null) return null;
    reason = mostSpecific(reason, found);
  }
  if (path.length > CERT_SIGN_LEVELS) return reason;
  // One that cannot be used says more than that none was found.
  if (context.others.some((one) => one.isUnusable)) reason = mostSpecific(reason, 'invalid');
  for (const issuer of context.others.filter((one) => !one.isUnusable && sameBytes(one.subject, head.issuer))) {
    if (path.some((one) => sameBytes(one.spki, issuer.spki) && sameBytes(one.subject, issuer.subject))) continue;
    const found = await search([...path, issuer], context);
    if (found === null) return null;
    reason = mostSpecific(reason, found);
  }
  return reason;
}

/** Consults one list for a path: `{ isAuthentic, isRevoked }`. */
async function consult(list, path, anchor, { time, existed }) {
  const issuers = [...path.slice(1), anchor];
  let isAuthentic = false;
  for (const [at, certificate] of path.entries()) {
    if (!sameBytes(certificate.issuer, list.issuer)) continue;
    const issuer = issuers[at];
    const mayList = issuer === anchor || mayUse(issuer, CRL_SIGN);
    const signed = { algorithm: list.algorithm, signature: list.signature, tbs: list.tbs };
    if (!mayList || !(await isIssuedBy(signed, issuer.spki))) return { isAuthentic: false, isRevoked: false };
    isAuthentic = true;
    const entry = list.entries.find((one) => sameBytes(one.serial, certificate.serial));
    if (entry === undefined) continue;
    const isEarlier = SAFE_REASONS.includes(entry.reason) && time < entry.revoked;
    if (!isEarlier && !(existed !== null && existed < entry.revoked)) return { isAuthentic, isRevoked: true };
  }
  return { isAuthentic, isRevoked: false };
}

async function revocationFault(path, anchor, context) {
  let [isFaked, isCovered] = [false, false];
  for (const { list, isOwn } of context.lists) {
    if (!path.some((certificate) => sameBytes(certificate.issuer, list.issuer))) continue;
    const { isAuthentic, isRevoked } = await consult(list, path, anchor, context);
    if (isRevoked) return 'revoked';
    isFaked ||= isOwn && !isAuthentic;
    isCovered ||= isAuthentic && sameBytes(path[0].issuer, list.issuer);
  }
  return isFaked && !isCovered ? 'list' : null;
}

/**
 * Checks that the signer's certificate leads to a trusted authority at `time`; `existed` is a time at which the token is known to have
 * existed, or null. Throws the code.
 */
export async function checkPath({ signer, others, lists, trust, time, existed }) {
  const seconds = Math.floor(time / 1000) * 1000;
  const anchors = trust.anchors.filter((anchor) => time >= anchor.notBefore && time <= anchor.notAfter);
  const all = [
    ...trust.lists.map((list) => ({ list, isOwn: true })),
    ...lists.map((list) => ({ list, isOwn: false })),
  ];
  const context = { seconds, anchors, others, time, existed, lists: all };
  context.accept = (path, anchor) => revocationFault(path, anchor, context);
  let reason = await search([signer], context);
  if (reason === 'unknown' && anchors.length < trust.anchors.length) {
    const issuers = [signer, ...others].flatMap((one) => (one.isMalformed ? [] : [one.issuer]));
    const expired = trust.anchors.filter((anchor) => !anchors.includes(anchor));
    if (expired.some((anchor) => issuers.some((name) => sameBytes(name, anchor.subject)))) reason = 'expired';
  }
  const codes = {
    unknown: 'time_token_authority_unknown',
    expired: 'time_token_certificate_expired',
    revoked: 'time_token_certificate_revoked',
    list: 'time_token_revocation_list_invalid',
    invalid: 'time_token_certificate_invalid',
  };
  if (reason !== null) throw new RecordError(codes[reason]);
}
