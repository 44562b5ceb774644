// The manifest that came with a dossier: its lines, and the root over them (RFC 6962 in SHA-256), which the receiving court states.

import { utf8 } from '../verify/bytes.js';
import { leafHash, nodeHash } from '../verify/merkle.js';

const FIRST_LINE = 'tiezheng hand-over manifest v1';

/** The lines of the manifest of a volume, `main` or `second`, without line ends; null if the text is something else. */
export function manifestLines(text, volume) {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines[0] === FIRST_LINE && lines[1] === `volume ${volume}` ? lines : null;
}

/** The root over lines, at least one. */
export function rootOf(lines) {
  let level = lines.map((line) => leafHash(utf8(line)));
  while (level.length > 1) {
    const above = [];
    // The last node of an odd number is promoted unhashed.
    for (let at = 0; at < level.length; at += 2) above.push(at + 1 < level.length ? nodeHash(level[at], level[at + 1]) : level[at]);
    level = above;
  }
  return level[0];
}
