// Signed notes (C2SP signed-note v1.0.0) and checkpoints (C2SP tlog-checkpoint v1.0.0). Reading a note verifies nothing.

import { fromBase64, sameBytes, utf8 } from './bytes.js';
import { verifyEd25519 } from './ed25519.js';
import { isName } from './keys.js';
import { RecordError, checkPlain, decimal } from './text.js';

const SIGNATURES_MAX = 100;
const BLOB_BASE64_MAX = Math.floor(8192 / 3) * 4;

function parseSignature(line) {
  if (!line.startsWith('\u2014 ')) return null;
  const rest = line.slice(2);
  const space = rest.indexOf(' ');
  if (space < 0) return null;
  const [name, base64] = [rest.slice(0, space), rest.slice(space + 1)];
  if (!isName(name) || base64.length > BLOB_BASE64_MAX) return null;
  const blob = fromBase64(base64);
  if (blob === null || blob.length < 5) return null;
  return { name, id: blob.slice(0, 4), bytes: blob.slice(4) };
}

/** Parses a note: `{ text, signatures }`. The last blank line separates the signatures from the text. */
export function parseNote(whole) {
  checkPlain(whole);
  const cut = whole.lastIndexOf('\n\n');
  if (cut <= 0) throw new RecordError('missing_signature');
  const text = whole.slice(0, cut + 1);
  const block = whole.slice(cut + 2);
  if (!block.endsWith('\n')) throw new RecordError('missing_final_newline', whole.split('\n').length);
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > SIGNATURES_MAX) throw new RecordError('too_many_signatures');
  const before = text.split('\n').length;
  const signatures = lines.map((line, at) => {
    const signature = parseSignature(line);
    if (signature === null) throw new RecordError('malformed_signature', before + at + 1);
    return signature;
  });
  return { text, signatures };
}

/** Whether a signature line names this key. It may still be forged. */
export function namesKey(line, key) {
  return line.name === key.name && sameBytes(line.id, key.id);
}

/**
 * The keys among `known` that signed the note. Lines of other keys are ignored. Throws `bad_signature` if a line of a known key does
 * not verify, whatever else verifies, and `unknown_key` if none of them signed.
 */
export async function signersOf(note, known) {
  const message = utf8(note.text);
  const signers = [];
  for (const line of note.signatures) {
    const key = known.find((one) => namesKey(line, one));
    if (!key || signers.includes(key)) continue;
    if (!(await verifyEd25519(key.bytes, message, line.bytes))) throw new RecordError('bad_signature', undefined, line.name);
    signers.push(key);
  }
  if (signers.length === 0) throw new RecordError('unknown_key');
  return signers;
}

/** Parses the text of a checkpoint: `{ origin, size, root }`. Extension lines are not used here and are rejected. */
function parseCheckpointText(text) {
  const [origin, sizeText, rootText, ...more] = text.slice(0, -1).split('\n');
  if (!isName(origin)) throw new RecordError('bad_value', 1, 'origin');
  if (sizeText === undefined) throw new RecordError('missing_line', 2, 'size');
  const size = decimal(sizeText);
  if (size === null) throw new RecordError('bad_value', 2, 'size');
  const root = rootText === undefined ? null : fromBase64(rootText);
  if (root === null || root.length !== 32) throw new RecordError(rootText === undefined ? 'missing_line' : 'bad_value', 3, 'root');
  if (more.length > 0) throw new RecordError('unknown_line', 4, more[0].slice(0, 40));
  return { origin, size, root };
}

/** Parses a signed checkpoint: `{ origin, size, root, note }`. */
export function parseCheckpoint(whole) {
  const note = parseNote(whole);
  return { ...parseCheckpointText(note.text), note };
}

/** The key among `known` whose name is the checkpoint's origin and that signed it. Throws as `signersOf`. */
export async function ledgerSignerOf(checkpoint, known) {
  const signers = await signersOf(checkpoint.note, known);
  const signer = signers.find((key) => key.name === checkpoint.origin);
  if (!signer) throw new RecordError('unknown_key');
  return signer;
}
