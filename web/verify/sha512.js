// SHA-512 (FIPS 180-4) of short inputs, for Ed25519 in browsers without it. Slow, and short.

const SHA512_MASK = (1n << 64n) - 1n;

function primes(count) {
  const found = [];
  for (let n = 2; found.length < count; n++) {
    if (found.every((prime) => n % prime !== 0)) found.push(n);
  }
  return found;
}

/** The first 64 bits of the fractional part of the root of this degree. */
function fractionOfRoot(n, degree) {
  const target = BigInt(n) << BigInt(64 * degree);
  let [low, high] = [0n, 1n << 80n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= target) low = middle;
    else high = middle;
  }
  return low & SHA512_MASK;
}

const SHA512_K = primes(80).map((prime) => fractionOfRoot(prime, 3));
const SHA512_START = primes(8).map((prime) => fractionOfRoot(prime, 2));

function rotate64(value, by) {
  return ((value >> by) | (value << (64n - by))) & SHA512_MASK;
}

/** SHA-512 of `bytes`. */
export function sha512(bytes) {
  const padded = new Uint8Array(Math.ceil((bytes.length + 17) / 128) * 128);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  const state = [...SHA512_START];
  for (let at = 0; at < padded.length; at += 128) {
    const w = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + 8 * i));
    for (let i = 16; i < 80; i++) {
      const s0 = rotate64(w[i - 15], 1n) ^ rotate64(w[i - 15], 8n) ^ (w[i - 15] >> 7n);
      const s1 = rotate64(w[i - 2], 19n) ^ rotate64(w[i - 2], 61n) ^ (w[i - 2] >> 6n);
      w.push((w[i - 16] + s0 + w[i - 7] + s1) & SHA512_MASK);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const s1 = rotate64(e, 14n) ^ rotate64(e, 18n) ^ rotate64(e, 41n);
      const t1 = (h + s1 + ((e & f) ^ (~e & SHA512_MASK & g)) + SHA512_K[i] + w[i]) & SHA512_MASK;
      const s0 = rotate64(a, 28n) ^ rotate64(a, 34n) ^ rotate64(a, 39n);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) & SHA512_MASK;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & SHA512_MASK, c, b, a, (t1 + t2) & SHA512_MASK];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) & SHA512_MASK));
  }
  const digest = new Uint8Array(64);
  const words = new DataView(digest.buffer);
  state.forEach((word, at) => words.setBigUint64(8 * at, word));
  return digest;
}
