// The list of files to deposit: each with its name, its progress, and what became of it. `尚未存证` until its receipt is verified.

import { element, icon, shown } from '../verify/dom.js';
import { say, sizeText } from './texts.js';

let count = 0;

/** A file of the list. */
export class FileRow {
  constructor({ file, path }, onRemove) {
    Object.assign(this, { file, path, measured: null, request: null, result: null, isUnkept: false });
    const id = `name-${(count += 1)}`;
    this.input = element('input', { type: 'text', id, value: file.name, maxlength: '200', 'aria-describedby': `${id}-error` });
    this.error = element('p', { class: 'field-error', id: `${id}-error` });
    this.bar = element('progress', { max: '100', value: '0', hidden: true, 'aria-label': shown(path) });
    this.state = element('p', { class: 'state' });
    this.removal = element('button', { type: 'button', class: 'plain', 'aria-label': say('remove_file', { file: shown(path) }) }, say('remove'));
    this.removal.addEventListener('click', () => onRemove(this));
    this.input.addEventListener('input', () => this.check());
    const label = element('label', { for: id }, say('column_name'), element('span', { class: 'visually-hidden' }, ` ${shown(path)}`));
    const about = element('p', { class: 'hint break' }, `${shown(path)} · ${sizeText(file.size)}`);
    this.element = element('li', { class: 'file' }, about, element('div', { class: 'field' }, label, this.error, this.input), this.bar, this.state, this.removal);
    this.show(say('not_deposited_yet'), 'not_performed');
    this.check();
  }

  get name() {
    return this.input.value.trim();
  }

  /** What keeps the file from being deposited, beside the field; whether there is nothing. */
  check() {
    let text = '';
    if (this.file.size === 0) text = say('file_empty');
    else if (this.name === '') text = say('name_missing');
    else if (/[\p{Cc}\u2028\u2029]/u.test(this.name)) text = say('name_control');
    this.error.textContent = text;
    this.fault = text === '' ? '' : say(this.file.size === 0 ? 'invalid_empty' : 'invalid_named', { file: shown(this.path), reason: text });
    this.input.setAttribute('aria-invalid', String(text !== ''));
    return text === '';
  }

  /** A stage or an outcome in words, with its shape. */
  show(text, shape, number = null) {
    const link = number === null ? null : element('a', { href: `/d/${number}` }, element('code', { translate: 'no' }, number));
    this.state.replaceChildren(icon(shape), text, ...(link === null ? [] : [' ', link]));
    this.state.className = `state ${shape}`;
  }

  progress(done) {
    const percent = Math.floor((done / this.file.size) * 100);
    this.bar.hidden = false;
    this.bar.value = percent;
    this.show(say('computing', { percent }), 'not_performed');
  }

  /** Fixes the row once it is deposited, or while it is being worked on. */
  lock(isLocked) {
    this.input.disabled = isLocked;
    this.removal.hidden = isLocked;
    if (!isLocked || this.result !== null) this.bar.hidden = true;
  }

  deposited(result) {
    this.result = result;
    this.lock(true);
    this.show(say('deposited'), 'passed', result.number);
    if (result.warnings.length > 0) {
      this.state.after(element('p', { class: 'hint' }, say('warnings', { texts: result.warnings.join(say('and')) })));
    }
  }

  /** Says that the browser has not kept receipt and salt of this deposit. */
  notKept() {
    this.isUnkept = true;
    this.state.after(element('p', { class: 'field-error', role: 'alert' }, say('not_kept')));
  }

  failed(text) {
    this.lock(false);
    this.show(text, 'not_performed');
  }
}
