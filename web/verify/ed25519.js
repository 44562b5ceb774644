// Ed25519 (RFC 8032), verification only and stricter than browsers: a key or an R of small order, or one that is not canonically
// encoded, is refused before WebCrypto sees it, because WebCrypto accepts such signatures. So this page accepts exactly what the
// program accepts ("verify_strict" of ed25519-dalek).
//
// A browser without Ed25519 in WebCrypto (before Chrome 137, Firefox 129, Safari 17), or a page without a secure context, computes
// the equation here. All values are public, so the time that this takes reveals nothing.

import { sameBytes, concat } from './bytes.js';
import { sha512 } from './sha512.js';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;

function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base, exponent) {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_1 = power(2n, (P - 1n) / 4n);

/** The number that little-endian bytes encode. */
function littleEndian(bytes) {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]);
  return value;
}

/** Without the sign of x: what identifies a point and its negative. */
function withoutSign(encoded) {
  const bytes = encoded.slice(0, 32);
  bytes[31] &= 0x7f;
  return bytes;
}

function yBytes(value) {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 255n));
}

// The y of all points of small order: the identity, and the points of order 2, 4 and 8. A point of order 8 and its negative share
// their y; so do the points that differ by the sign of x.
const EIGHTH_Y = littleEndian(
  Uint8Array.from(
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'.match(/../g).map((pair) => parseInt(pair, 16)),
  ),
);
const SMALL_ORDER_Y = [1n, P - 1n, 0n, EIGHTH_Y, P - EIGHTH_Y].map(yBytes);

/** Whether the encoded point is canonical (y below p) and not of small order. It need not be a point. */
function isStrictEncoding(encoded) {
  const y = withoutSign(encoded);
  return littleEndian(y) < P && !SMALL_ORDER_Y.some((small) => sameBytes(small, y));
}

/** The point (x, y) of an encoding with y below p; null if there is none. */
function decode(encoded) {
  const y = littleEndian(withoutSign(encoded));
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const v3 = mod(v * v * v);
  let x = mod(u * v3 * power(mod(u * v3 * v3 * v), (P - 5n) / 8n));
  const check = mod(v * x * x);
  if (check === mod(-u)) x = mod(x * ROOT_OF_MINUS_1);
  else if (check !== u) return null;
  if ((x & 1n) !== BigInt(encoded[31] >> 7)) x = mod(-x);
  return { x, y, z: 1n, t: mod(x * y) };
}

const IDENTITY = { x: 0n, y: 1n, z: 1n, t: 0n };

function add(p, q) {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * p.t * q.t * D);
  const d = mod(2n * p.z * q.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

function multiply(point, scalar) {
  let [result, double] = [IDENTITY, point];
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, double);
    double = add(double, double);
  }
  return result;
}

function encode(point) {
  const inverse = power(point.z, P - 2n);
  const bytes = yBytes(mod(point.y * inverse));
  bytes[31] |= Number(mod(point.x * inverse) & 1n) << 7;
  return bytes;
}

const BASE = decode(yBytes(mod(4n * power(5n, P - 2n))));

/** Whether these 32 bytes are a public key that may be used: a canonically encoded point that is not of small order. */
export function isPublicKey(bytes) {
  return bytes.length === 32 && isStrictEncoding(bytes) && decode(bytes) !== null;
}

/** The equation of RFC 8032 section 5.1.7 without the cofactor, in this file's own arithmetic. */
export function verifyByArithmetic(key, message, signature) {
  if (!isPublicKey(key) || !hasStrictForm(signature)) return false;
  const [r, s] = [signature.subarray(0, 32), littleEndian(signature.subarray(32))];
  const k = littleEndian(sha512(concat(r, key, message))) % L;
  const a = decode(key);
  const minusA = { x: mod(-a.x), y: a.y, z: 1n, t: mod(-a.t) };
  return sameBytes(encode(add(multiply(BASE, s), multiply(minusA, k))), r);
}

/** Whether R is canonical and not of small order, and S is below the order of the group. */
function hasStrictForm(signature) {
  return signature.length === 64 && isStrictEncoding(signature) && littleEndian(signature.subarray(32)) < L;
}

let webCryptoHasEd25519;

/** Whether this browser verifies Ed25519 itself. */
export async function hasNativeEd25519() {
  if (webCryptoHasEd25519 === undefined) {
    const example = encode(multiply(BASE, 2n));
    const imported = globalThis.crypto?.subtle?.importKey('raw', example, { name: 'Ed25519' }, false, ['verify']);
    webCryptoHasEd25519 = await Promise.resolve(imported).then((key) => Boolean(key), () => false);
  }
  return webCryptoHasEd25519;
}

/** Whether `signature` of `key` over `message` is valid. */
export async function verifyEd25519(key, message, signature) {
  if (!isPublicKey(key) || !hasStrictForm(signature)) return false;
  if (!(await hasNativeEd25519())) return verifyByArithmetic(key, message, signature);
  try {
    const imported = await crypto.subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
    return await crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message);
  } catch {
    return verifyByArithmetic(key, message, signature);
  }
}
