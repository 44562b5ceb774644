// Certificates (RFC 5280): their fields, and the verification of signatures by their keys through WebCrypto.

import { concat, fromBase64, fromUtf8 } from './bytes.js';
import { BIT_STRING, Der, INTEGER, OCTET_STRING, OID, SEQUENCE, SET, certificateTime, constructed, oidText } from './der.js';
import { RecordError } from './text.js';

const OID_RSA = '1.2.840.113549.1.1.1';
const OID_PSS = '1.2.840.113549.1.1.10';
const OID_EC = '1.2.840.10045.2.1';
const OID_ED25519 = '1.3.101.112';
const OID_MGF1 = '1.2.840.113549.1.1.8';
const CURVES = { '1.2.840.10045.3.1.7': 'P-256', '1.3.132.0.34': 'P-384' };
const DIGESTS = {
  '2.16.840.1.101.3.4.2.1': 'SHA-256',
  '2.16.840.1.101.3.4.2.2': 'SHA-384',
  '2.16.840.1.101.3.4.2.3': 'SHA-512',
};
const SIGNATURES = {
  '1.2.840.113549.1.1.11': ['RSASSA-PKCS1-v1_5', 'SHA-256'],
  '1.2.840.113549.1.1.12': ['RSASSA-PKCS1-v1_5', 'SHA-384'],
  '1.2.840.113549.1.1.13': ['RSASSA-PKCS1-v1_5', 'SHA-512'],
  '1.2.840.10045.4.3.2': ['ECDSA', 'SHA-256'],
  '1.2.840.10045.4.3.3': ['ECDSA', 'SHA-384'],
  [OID_ED25519]: ['Ed25519', null],
};
const WEAK = [
  '1.3.14.3.2.26', '1.2.840.113549.2.5', '1.2.840.113549.1.1.5', '1.3.14.3.2.29', '1.2.840.113549.1.1.4', '1.2.840.113549.1.1.2',
  '1.2.840.10045.4.1', '1.2.840.10040.4.3',
];
const KNOWN_EXTENSIONS = ['2.5.29.14', '2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.30', '2.5.29.31', '2.5.29.35', '2.5.29.37'];

/** The error for an algorithm that is not accepted. */
export function refusedAlgorithm(oid) {
  return new RecordError(WEAK.includes(oid) ? 'time_token_algorithm_weak' : 'time_token_algorithm_unsupported', undefined, oid);
}

/** Parses the fields of an AlgorithmIdentifier: `{ oid, parameters }`; `parameters` is null if there are none. */
export function readAlgorithm(content) {
  const fields = new Der(content);
  const oid = fields.oid();
  const parameters = fields.isFinished ? null : fields.encoded();
  fields.finish();
  return { oid, parameters };
}

/** Whether the parameters are missing or NULL. */
export function hasNoParameters(algorithm) {
  const { parameters } = algorithm;
  return parameters === null || (parameters.length === 2 && parameters[0] === 5 && parameters[1] === 0);
}

/** The name of a digest algorithm for WebCrypto; throws if it is refused. */
export function digestName(algorithm) {
  const name = DIGESTS[algorithm.oid];
  if (name === undefined || !hasNoParameters(algorithm)) throw refusedAlgorithm(algorithm.oid);
  return name;
}

function readExtensions(content) {
  const extensions = new Map();
  if (content === null) return extensions;
  const list = Der.of(content, SEQUENCE);
  while (!list.isFinished) {
    const extension = list.nested(SEQUENCE);
    const oid = extension.oid();
    const critical = extension.flag();
    const value = extension.content(OCTET_STRING);
    extension.finish();
    if (extensions.has(oid)) throw new RecordError('malformed_der');
    extensions.set(oid, { critical, value });
  }
  return extensions;
}

/** Issuer and serial number, the parts by which a signer names a certificate; the rest is not read. */
export function issuerAndSerial(der) {
  const fields = Der.of(der, SEQUENCE).nested(SEQUENCE);
  fields.optional(constructed(0));
  const serial = fields.content(INTEGER);
  fields.content(SEQUENCE);
  return { serial, issuer: fields.encoded() };
}

/** Parses a certificate. */
export function parseCertificate(der) {
  const outer = Der.of(der, SEQUENCE);
  const tbs = outer.any();
  const algorithm = outer.content(SEQUENCE);
  const signature = outer.content(BIT_STRING);
  outer.finish();
  const fields = Der.of(tbs.encoded, SEQUENCE);
  const version = fields.optional(constructed(0));
  const serial = fields.content(INTEGER);
  fields.content(SEQUENCE);
  const issuer = fields.encoded();
  const validity = fields.nested(SEQUENCE);
  const [notBefore, notAfter] = [validity.any(), validity.any()].map(certificateTime);
  validity.finish();
  const subject = fields.encoded();
  const spki = fields.encoded();
  fields.optional(primitiveId(1));
  fields.optional(primitiveId(2));
  const extensions = readExtensions(fields.optional(constructed(3)));
  fields.finish();
  const entries = [...extensions];
  // Name constraints are not implemented, and so refused.
  const isUnknown = ([oid, { critical }]) => oid === '2.5.29.30' || (critical && !KNOWN_EXTENSIONS.includes(oid));
  return {
    der,
    isVersion1: version === null,
    isUnusable: version === null || entries.some(isUnknown),
    tbs: tbs.encoded,
    algorithm: readAlgorithm(algorithm),
    signature: signature.subarray(1),
    serial,
    issuer,
    subject,
    notBefore,
    notAfter,
    spki,
    extensions,
  };
}

const primitiveId = (number) => 0x80 | number;

/** Whether the certificate is that of an authority, and how many authorities may be between it and a signer. */
export function basicConstraints(certificate) {
  const extension = certificate.extensions.get('2.5.29.19');
  if (extension === undefined) return { isAuthority: false, pathLength: null };
  const fields = Der.of(extension.value, SEQUENCE);
  const isAuthority = fields.flag();
  const pathLength = fields.isFinished ? null : fields.smallInteger();
  fields.finish();
  return { isAuthority, pathLength };
}

/** The purposes in the extended key usage; null if there is none. */
export function keyPurposes(certificate) {
  const extension = certificate.extensions.get('2.5.29.37');
  if (extension === undefined) return null;
  const fields = Der.of(extension.value, SEQUENCE);
  const purposes = [];
  while (!fields.isFinished) purposes.push(fields.oid());
  return { purposes, isCritical: extension.critical };
}

/** Whether the key usage, if there is one, has this bit. */
export function mayUse(certificate, bit) {
  const extension = certificate.extensions.get('2.5.29.15');
  if (extension === undefined) return true;
  const bits = new Der(extension.value).content(BIT_STRING);
  return ((bits[1 + Math.floor(bit / 8)] ?? 0) & (0x80 >> bit % 8)) !== 0;
}

function stringOf({ tag, content }) {
  if (tag === 0x0c || tag === 0x13 || tag === 0x16) return fromUtf8(content);
  if (tag === 0x14) return String.fromCharCode(...content);
  if (tag === 0x1e && content.length % 2 === 0) return new TextDecoder('utf-16be').decode(content);
  return null;
}

/** The attributes of a name: `[{ oid, text }]`. */
function nameParts(name) {
  const sets = Der.of(name, SEQUENCE);
  const parts = [];
  while (!sets.isFinished) {
    const set = sets.nested(SET);
    while (!set.isFinished) {
      const attribute = set.nested(SEQUENCE);
      parts.push({ oid: oidText(attribute.content(OID)), text: stringOf(attribute.any()) });
    }
  }
  return parts;
}

/** The name of a certificate's holder for people: common name and organisation. */
export function holderName(certificate) {
  const parts = nameParts(certificate.subject);
  const value = (oid) => parts.find((part) => part.oid === oid && part.text)?.text ?? null;
  const [common, organisation] = [value('2.5.4.3'), value('2.5.4.10')];
  let name = common ?? organisation ?? parts.map((part) => part.text ?? '').join(', ');
  if (common !== null && organisation !== null && common !== organisation) name = `${common}, ${organisation}`;
  return [...name.replace(/\p{Cc}/gu, ' ')].slice(0, 200).join('');
}

/** Whether two names are equal, apart from case and the type of their strings. */
export function isSameName(a, b) {
  const spelled = (name) => JSON.stringify(nameParts(name).map((part) => [part.oid, (part.text ?? '').toLowerCase()]));
  return spelled(a) === spelled(b);
}

/** The kind of a public key: `{ kind: 'RSA', bits }`, `{ kind: 'EC', curve }`, `{ kind: 'Ed25519' }` or `{ kind: 'other' }`. */
export function publicKeyKind(spki) {
  const fields = Der.of(spki, SEQUENCE);
  const algorithm = readAlgorithm(fields.content(SEQUENCE));
  const key = fields.content(BIT_STRING).subarray(1);
  if (algorithm.oid === OID_RSA) {
    const modulus = Der.of(key, SEQUENCE).content(INTEGER);
    const digits = modulus[0] === 0 ? modulus.subarray(1) : modulus;
    return { kind: 'RSA', bits: digits.length * 8 - Math.clz32(digits[0]) + 24 };
  }
  if (algorithm.oid === OID_ED25519) return { kind: 'Ed25519' };
  if (algorithm.oid === OID_EC && algorithm.parameters !== null) {
    const curve = CURVES[oidText(new Der(algorithm.parameters).content(OID))];
    if (curve !== undefined) return { kind: 'EC', curve };
  }
  return { kind: 'other' };
}

/** The WebCrypto parameters of RSA-PSS with one digest throughout and a salt of its length; null for others. */
function pssDigest(parameters) {
  if (parameters === null) return null;
  const fields = Der.of(parameters, SEQUENCE);
  const [digest, mask, salt] = [0, 1, 2].map((number) => fields.optional(constructed(number)));
  if (digest === null || mask === null || salt === null || !fields.isFinished) return null;
  const name = DIGESTS[readAlgorithm(new Der(digest).content(SEQUENCE)).oid];
  const generator = readAlgorithm(new Der(mask).content(SEQUENCE));
  if (name === undefined || generator.oid !== OID_MGF1 || generator.parameters === null) return null;
  const inner = DIGESTS[readAlgorithm(new Der(generator.parameters).content(SEQUENCE)).oid];
  const length = new Der(salt).smallInteger();
  return inner === name && length * 8 === Number(name.slice(4)) ? name : null;
}

/** Scheme and digest of a signature algorithm; `digest` of the message decides where the algorithm names a key only. */
export function signatureScheme(algorithm, messageDigest) {
  if (algorithm.oid === OID_RSA && hasNoParameters(algorithm)) return ['RSASSA-PKCS1-v1_5', messageDigest];
  if (algorithm.oid === OID_EC && messageDigest !== null) return ['ECDSA', messageDigest];
  if (algorithm.oid === OID_PSS) {
    const digest = pssDigest(algorithm.parameters);
    if (digest !== null) return ['RSA-PSS', digest];
  }
  const known = hasNoParameters(algorithm) ? SIGNATURES[algorithm.oid] : undefined;
  if (known === undefined) throw refusedAlgorithm(algorithm.oid);
  return known;
}

/** An ECDSA signature as WebCrypto takes it: r and s in a fixed number of bytes; null if it is malformed. */
function rawEcdsa(signature, size) {
  const fields = Der.of(signature, SEQUENCE);
  const numbers = [fields.integer(size + 1), fields.integer(size + 1)];
  fields.finish();
  const padded = numbers.map((number) => {
    const digits = number[0] === 0 ? number.subarray(1) : number;
    if (number[0] & 0x80 || digits.length > size) throw new RecordError('malformed_der');
    return concat(new Uint8Array(size - digits.length), digits);
  });
  return concat(...padded);
}

/** Whether the key verifies the signature. Throws if key and algorithm do not fit together. */
export async function verifyWithKey(spki, [scheme, digest], signature, message) {
  const key = publicKeyKind(spki);
  const unsupported = new RecordError('time_token_algorithm_unsupported');
  let [imported, checked, raw] = [{ name: scheme, hash: digest }, { name: scheme }, signature];
  if (scheme === 'ECDSA') {
    if (key.kind !== 'EC' || digest === 'SHA-512') throw unsupported;
    imported = { name: scheme, namedCurve: key.curve };
    checked = { name: scheme, hash: digest };
    try {
      raw = rawEcdsa(signature, key.curve === 'P-256' ? 32 : 48);
    } catch {
      return false;
    }
  } else if (scheme === 'Ed25519') {
    if (key.kind !== 'Ed25519') throw unsupported;
    imported = { name: scheme };
  } else {
    if (key.kind !== 'RSA') throw unsupported;
    if (key.bits > 8192) return false;
    if (scheme === 'RSA-PSS') checked = { name: scheme, saltLength: Number(digest.slice(4)) / 8 };
  }
  const cryptoKey = await crypto.subtle.importKey('spki', spki, imported, false, ['verify']);
  return crypto.subtle.verify(checked, cryptoKey, raw, message);
}

/** The DER of each block with this label in a PEM text. */
export function pemBlocks(text, label) {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'));
  return [...blocks].map(([, body]) => {
    const der = fromBase64(body.replace(/\s/g, ''));
    if (der === null) throw new RecordError('tsa_ca_malformed');
    return der;
  });
}
