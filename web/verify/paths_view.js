// The Merkle paths of a receipt, drawn with their real hashes: an ordered list of steps, which reads the same without sight. A button
// recomputes one step after the other.

import { sameBytes, toHex, utf8 } from './bytes.js';
import { element, fill, hash, icon } from './dom.js';
import { climb, leafHash, nodeHash } from './merkle.js';
import { TEXTS } from './texts.js';

/** The three paths that can be drawn: `{ title, leaf, index, size, path, root }`. */
function pathsOf({ receipt, entry, block, checkpoint }) {
  const paths = [];
  if (entry !== null && block !== null && receipt.index >= block.first) {
    paths.push({
      title: TEXTS.pathEntry,
      leaf: leafHash(utf8(receipt.entry)),
      index: receipt.index - block.first,
      size: block.count,
      path: receipt.entryPath,
      root: block.root,
    });
  }
  if (block === null || checkpoint === null) return paths;
  const { size, root } = checkpoint;
  const header = leafHash(utf8(receipt.header));
  paths.push({ title: TEXTS.pathHeader, leaf: header, index: block.index, size, path: receipt.headerPath, root });
  if (block.first > 0n) {
    const index = block.first - 1n;
    paths.push({ title: TEXTS.pathPrevious, leaf: block.previous, index, size, path: receipt.previousPath, root });
  }
  return paths;
}

function box(label, bytes, kind) {
  return element('div', { class: `box ${kind}` }, element('span', { class: 'label' }, label), hash(toHex(bytes)));
}

function drawnStep(step, at, before, language) {
  const isLeft = step.side === 'left';
  const sibling = box(TEXTS[isLeft ? 'siblingLeft' : 'siblingRight'][language], step.sibling, 'sibling');
  const own = box(TEXTS[isLeft ? 'ownRight' : 'ownLeft'][language], before, 'own');
  const mark = element('span', { class: 'mark' }, icon('passed'));
  const title = element('p', { class: 'step-title' }, mark, fill(TEXTS.step[language], { n: at + 1 }));
  const pair = element('div', { class: 'pair' }, isLeft ? [sibling, own] : [own, sibling]);
  return element('li', { class: 'path-step' }, title, pair, box(TEXTS.result[language], step.result, 'result'));
}

const pause = (millis) => new Promise((done) => setTimeout(done, millis));

/** Recomputes all steps, one after the other, and marks each whose result is the one that is drawn. */
async function recompute({ leaf, root }, steps, items, status, language) {
  items.forEach((item) => item.classList.add('open'));
  let current = leaf;
  for (const [at, step] of steps.entries()) {
    status.textContent = fill(TEXTS.recomputing[language], { step: at + 1, all: steps.length });
    await pause(steps.length > 12 ? 150 : 400);
    current = step.side === 'left' ? nodeHash(step.sibling, current) : nodeHash(current, step.sibling);
    if (sameBytes(current, step.result)) items[at].classList.remove('open');
  }
  const result = TEXTS[sameBytes(current, root) ? 'equal' : 'different'][language];
  status.textContent = fill(TEXTS.recomputed[language], { all: steps.length, result });
}

function drawnPath(one, language, heading) {
  const { root, steps, fault } = climb(one.index, one.size, one.leaf, one.path);
  let before = one.leaf;
  const items = steps.map((step, at) => {
    const item = drawnStep(step, at, before, language);
    before = step.result;
    return item;
  });
  const isReached = root !== null && sameBytes(root, one.root);
  const end = fault !== null ? 'pathImpossible' : isReached ? 'pathReaches' : 'pathMisses';
  const status = element('p', { class: 'status', role: 'status' });
  const button = element('button', { type: 'button', class: 'secondary' }, TEXTS.recompute[language]);
  button.addEventListener('click', async () => {
    button.disabled = true;
    await recompute(one, steps, items, status, language);
    button.disabled = false;
  });
  const place = fill(TEXTS.position[language], { index: one.index, size: one.size });
  return element(
    'section',
    { class: 'path' },
    element(heading, {}, one.title[language]),
    element('p', { class: 'note' }, place),
    box(TEXTS.leaf[language], one.leaf, 'own'),
    steps.length === 0 ? element('p', {}, TEXTS.singleLeaf[language]) : element('ol', { class: 'path-steps' }, items),
    box(TEXTS.recordedRoot[language], one.root, 'root'),
    element('p', { class: 'path-end' }, icon(isReached ? 'passed' : 'failed'), TEXTS[end][language]),
    steps.length === 0 ? null : element('p', { class: 'screen' }, button),
    status,
  );
}

/** One section for each path, each with a heading of this level. */
export function pathSections(parts, language, heading) {
  return pathsOf(parts).map((one) => drawnPath(one, language, heading));
}

/** The section with all paths; null if none can be read. */
export function pathsView(parts, language) {
  const sections = pathSections(parts, language, 'h4');
  if (sections.length === 0) return null;
  return element(
    'section',
    { 'aria-labelledby': 'paths-title' },
    element('h3', { id: 'paths-title' }, TEXTS.paths[language]),
    element('p', { class: 'note' }, TEXTS.pathsNote[language]),
    sections,
  );
}
