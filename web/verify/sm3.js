// SM3 (GB/T 32905-2016), streaming.

const SM3_T = new Int32Array(64).map((_, j) => {
  const t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
  return (t << (j % 32)) | (j % 32 === 0 ? 0 : t >>> (32 - (j % 32)));
});

/** An SM3 computation. `update` takes the input piece by piece, `finish` returns the digest. */
export class Sm3 {
  constructor() {
    this.state = new Int32Array([
      0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
    ]);
    this.words = new Int32Array(68);
    this.block = new Uint8Array(64);
    this.used = 0;
    this.length = 0;
  }

  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.used > 0) {
      at = Math.min(64 - this.used, bytes.length);
      this.block.set(bytes.subarray(0, at), this.used);
      this.used += at;
      if (this.used < 64) return this;
      this.compress(this.block, 0);
      this.used = 0;
    }
    for (; at + 64 <= bytes.length; at += 64) this.compress(bytes, at);
    this.block.set(bytes.subarray(at));
    this.used = bytes.length - at;
    return this;
  }

  finish() {
    const { block } = this;
    block[this.used] = 0x80;
    block.fill(0, this.used + 1);
    if (this.used >= 56) {
      this.compress(block, 0);
      block.fill(0);
    }
    const view = new DataView(block.buffer);
    view.setUint32(56, Math.floor(this.length / 0x20000000));
    view.setUint32(60, (this.length << 3) >>> 0);
    this.compress(block, 0);
    const digest = new Uint8Array(32);
    const words = new DataView(digest.buffer);
    this.state.forEach((word, at) => words.setInt32(4 * at, word));
    return digest;
  }

  compress(bytes, at) {
    const w = this.words;
    for (let i = 0; i < 16; i++, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 68; i++) {
      const p = w[i - 3];
      const q = w[i - 13];
      const x = w[i - 16] ^ w[i - 9] ^ ((p << 15) | (p >>> 17));
      w[i] = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9)) ^ ((q << 7) | (q >>> 25)) ^ w[i - 6];
    }
    const s = this.state;
    let a = s[0];
    let b = s[1];
    let c = s[2];
    let d = s[3];
    let e = s[4];
    let f = s[5];
    let g = s[6];
    let h = s[7];
    for (let j = 0; j < 16; j++) {
      const a12 = (a << 12) | (a >>> 20);
      const sum = (a12 + e + SM3_T[j]) | 0;
      const ss1 = (sum << 7) | (sum >>> 25);
      const tt1 = ((a ^ b ^ c) + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) | 0;
      const tt2 = ((e ^ f ^ g) + h + ss1 + w[j]) | 0;
      d = c;
      c = (b << 9) | (b >>> 23);
      b = a;
      a = tt1;
      h = g;
      g = (f << 19) | (f >>> 13);
      f = e;
      e = tt2 ^ ((tt2 << 9) | (tt2 >>> 23)) ^ ((tt2 << 17) | (tt2 >>> 15));
    }
    for (let j = 16; j < 64; j++) {
      const a12 = (a << 12) | (a >>> 20);
      const sum = (a12 + e + SM3_T[j]) | 0;
      const ss1 = (sum << 7) | (sum >>> 25);
      const tt1 = (((a & b) | (c & (a | b))) + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) | 0;
      const tt2 = ((g ^ (e & (f ^ g))) + h + ss1 + w[j]) | 0;
      d = c;
      c = (b << 9) | (b >>> 23);
      b = a;
      a = tt1;
      h = g;
      g = (f << 19) | (f >>> 13);
      f = e;
      e = tt2 ^ ((tt2 << 9) | (tt2 >>> 23)) ^ ((tt2 << 17) | (tt2 >>> 15));
    }
    s[0] ^= a;
    s[1] ^= b;
    s[2] ^= c;
    s[3] ^= d;
    s[4] ^= e;
    s[5] ^= f;
    s[6] ^= g;
    s[7] ^= h;
  }
}

/** SM3 of all parts one after the other. */
export function sm3(...parts) {
  const hash = new Sm3();
  parts.forEach((part) => hash.update(part));
  return hash.finish();
}
