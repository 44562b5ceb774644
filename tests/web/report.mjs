// Runs the verifier's modules in Node: reads requests from standard input, one JSON object a line, and prints one report a line. The
// report has the codes and texts of the report that `tiezheng verify --offline --json` prints.

import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { reportOf } from './machine.mjs';

// Node 18 has it, and not as a global.
globalThis.crypto ??= webcrypto;

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const read = (name) => (request[name] === undefined ? null : new Uint8Array(readFileSync(request[name])));
  const report = await reportOf({
    receipt: read('receipt'),
    file: read('file'),
    trust: request.trust ?? '',
    authorities: read('authorities'),
    number: request.number ?? '',
    salt: request.salt ?? '',
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
