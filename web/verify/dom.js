// Building the document: elements with text only, so that nothing from a file becomes markup.

/** An element with attributes and children; texts become text nodes, null is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';
const SHAPES = {
  passed: ['M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zm-1.6 16.2-4.6-4.6 1.8-1.8 2.8 2.8 6-6 1.8 1.8z'],
  failed: ['M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4zm1.5 6.1L7.1 8.9 10.2 12l-3.1 3.1 1.8 1.8 3.1-3.1 3.1 3.1 1.8-1.8-3.1-3.1 3.1-3.1-1.8-1.8-3.1 3.1z'],
  checked: ['M2 2h20v20H2zm8.7 4.2v2.6h2.6V6.2zm0 4.4v7.2h2.6v-7.2z'],
  reserved: ['M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22zm0 3a8 8 0 1 1 0 16 8 8 0 0 1 0-16zm-1.2 11.6-3.2-3.2 1.6-1.6 1.6 1.6 4-4 1.6 1.6z'],
  not_performed: ['M12 1 23 12 12 23 1 12zm0 3.7L4.7 12l7.3 7.3 7.3-7.3zM8 10.8h8v2.4H8z'],
  not_applicable: ['M3 10.8h18v2.4H3z'],
};

/** The shape for an outcome. Shapes differ without colour; the word is always beside them. */
export function icon(outcome) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  for (const shape of SHAPES[outcome]) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', shape);
    path.setAttribute('fill-rule', 'evenodd');
    svg.append(path);
  }
  return svg;
}

/** Text from a file as it may be shown: characters that reorder or hide text become code points. */
export function shown(text) {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    return `〔U+${code}〕`;
  });
}

/** A hash in groups of eight digits: the gaps are margins, so that a copy has no spaces. */
export function hash(hex) {
  const halves = hex.match(/.{1,32}/g) ?? [];
  const groups = (half) => half.match(/.{1,8}/g).map((group) => element('span', {}, group));
  return element('code', { class: 'hash' }, halves.map((half) => element('span', { class: 'half-hash' }, groups(half))));
}

/** A value of a report: hashes in groups, everything else as text. */
export function value(text) {
  const parts = /^(?:(sha-256|sm3) )?([0-9a-f]{64})$/.exec(text);
  if (parts === null) return element('span', { class: 'value' }, shown(text));
  return element('span', { class: 'value' }, parts[1] === undefined ? null : `${parts[1]} `, hash(parts[2]));
}

/** Replaces `{name}` in a text. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
