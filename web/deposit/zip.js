// ZIP archives (APPNOTE 6.3) without compression: receipts are short, and a store-only writer is easy to check.

import { concat, utf8 } from '../verify/bytes.js';

const ENTRIES_MAX = 0xffff;
const SIZE_MAX = 0xffffffff;
// Version 2.0; names are UTF-8.
const [VERSION, UTF8_NAMES] = [20, 0x0800];

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let rest = value;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** The CRC-32 of the archive format. */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff];
  return (crc ^ 0xffffffff) >>> 0;
}

/** Little-endian fields: `[size in bytes, value]` each. */
function record(fields) {
  const bytes = new Uint8Array(fields.reduce((length, [size]) => length + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of fields) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

/** Date and time as in FAT, in local time: even seconds since 1980. */
function dosTime(date) {
  const time = (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1);
  const day = ((Math.max(1980, date.getFullYear()) - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate();
  return [time, day];
}

/** The archive of these files, `[{ name, bytes }]`, each name once. Throws for more than the format without extensions holds. */
export function zipOf(files, date) {
  if (files.length > ENTRIES_MAX) throw new RangeError('too many files');
  const [time, day] = dosTime(date);
  const [parts, directory] = [[], []];
  const names = new Set();
  let offset = 0;
  for (const { name, bytes } of files) {
    if (names.has(name)) throw new RangeError(`twice: ${name}`);
    names.add(name);
    const encoded = utf8(name);
    const common = [[2, VERSION], [2, UTF8_NAMES], [2, 0], [2, time], [2, day], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, encoded.length], [2, 0]];
    const local = record([[4, 0x04034b50], ...common]);
    const attributes = [[2, 0], [2, 0], [2, 0], [4, 0], [4, offset]];
    directory.push(record([[4, 0x02014b50], [2, VERSION], ...common, ...attributes]), encoded);
    parts.push(local, encoded, bytes);
    offset += local.length + encoded.length + bytes.length;
    if (offset > SIZE_MAX) throw new RangeError('too large');
  }
  const size = directory.reduce((length, part) => length + part.length, 0);
  const end = record([[4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, size], [4, offset], [2, 0]]);
  return concat(...parts, ...directory, end);
}
