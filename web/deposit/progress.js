// The progress of hashing one file, with a button to cancel: the block with the id `working`.

import { shown } from '../verify/dom.js';
import { measure } from './hashing_worker.js';
import { say, sizeText } from './texts.js';

const byId = (id) => document.getElementById(id);

/** Says what is going on, also to screen readers. */
export function announce(text) {
  byId('status').textContent = text;
}

/** As `measure`, while the page shows the progress and the button to cancel. */
export async function measureVisibly(file, salt) {
  const abort = new AbortController();
  const cancel = () => abort.abort();
  let shownPercent = -1;
  const show = (done) => {
    const percent = file.size === 0 ? 100 : Math.floor((done / file.size) * 100);
    byId('progress').value = percent;
    if (percent === shownPercent) return;
    shownPercent = percent;
    const values = { name: shown(file.name), percent, done: sizeText(done), size: sizeText(file.size) };
    byId('progress-text').textContent = say('hashing', values);
    // A screen reader is told every tenth of the work.
    if (percent % 10 === 0) announce(byId('progress-text').textContent);
  };
  byId('working').hidden = false;
  byId('cancel').addEventListener('click', cancel);
  show(0);
  try {
    return { ...(await measure(file, salt, show, abort.signal)), salted: salt !== null };
  } finally {
    byId('cancel').removeEventListener('click', cancel);
    byId('working').hidden = true;
  }
}
