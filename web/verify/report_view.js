// The report on the page: verdict, what was checked and what was not, limits, facts, steps, paths, circumstances.

import { element, fill, hash, icon, shown, value } from './dom.js';
import { conclusionText, detailOf } from './sentences.js';
import { beijing, parseTime } from './text.js';
import { FACTS, TEXTS, VALUE_NAMES, VERDICTS } from './texts.js';
import { LIMITS, OUTCOMES, RESERVATIONS, STEP_LABELS } from './words.js';
import { pathsView } from './paths_view.js';

const VERDICT_ICONS = {
  consistent: 'passed',
  consistent_with_reservation: 'reserved',
  mismatch: 'failed',
  contradictory: 'failed',
  record_only: 'checked',
  unable: 'not_performed',
};

function timeOf(millis, language) {
  return `${beijing(millis)} ${TEXTS.beijing[language]}`;
}

function shownValue(text, language) {
  const millis = parseTime(text);
  return millis === null ? value(text) : element('span', { class: 'value' }, timeOf(millis, language));
}

/** A list of names and values; repeated names are given once. */
function definitions(rows, className) {
  const items = [];
  for (const [name, ...contents] of rows) {
    items.push(element('div', {}, element('dt', {}, name), contents.map((content) => element('dd', {}, content))));
  }
  return element('dl', { class: className }, items);
}

function verdict(report, heading, language) {
  const reservations = report.reservations.map((one) => element('li', {}, RESERVATIONS[one][language]));
  return element(
    'section',
    { class: `verdict ${report.conclusion}`, 'aria-labelledby': 'verdict-title' },
    element('h3', { id: 'verdict-title' }, icon(VERDICT_ICONS[report.conclusion]), heading ?? VERDICTS[report.conclusion][language]),
    element('p', { class: 'sentence' }, conclusionText(report, language)),
    reservations.length === 0 ? null : element('h4', {}, TEXTS.reservationsTitle[language]),
    reservations.length === 0 ? null : element('ul', {}, reservations),
  );
}

function stepNames(steps, language, withDetail) {
  const name = (step) => {
    const [open, close] = language === 0 ? ['（', '）'] : [' (', ')'];
    const detail = withDetail ? `${open}${detailOf(step, language)}${close}` : '';
    const outcome = withDetail ? null : element('span', { class: step.outcome }, icon(step.outcome), OUTCOMES[step.outcome][language]);
    return element('li', { value: String(step.number) }, `${STEP_LABELS[step.code][language]}${detail} `, outcome);
  };
  return element('ol', { class: 'names' }, steps.map(name));
}

function coverage(report, language) {
  const by = (...outcomes) => report.steps.filter((step) => outcomes.includes(step.outcome));
  const done = by('passed', 'failed', 'checked');
  const [open, apart] = [by('not_performed'), by('not_applicable')];
  return [
    element(
      'section',
      { class: 'half' },
      element('h3', {}, TEXTS.whatChecked[language]),
      element('p', { class: 'count' }, fill(TEXTS.checked[language], { done: done.length, all: report.steps.length })),
      stepNames(done, language, false),
    ),
    element(
      'section',
      { class: 'half' },
      element('h3', {}, TEXTS.whatNot[language]),
      element('p', { class: 'count' }, fill(TEXTS.notChecked[language], { count: open.length })),
      stepNames(open, language, true),
      apart.length === 0 ? null : element('p', { class: 'count' }, fill(TEXTS.notApplicable[language], { count: apart.length })),
      apart.length === 0 ? null : stepNames(apart, language, true),
    ),
  ];
}

function facts(report, language) {
  const { facts: given, time } = report;
  if (given === null) return null;
  const size = given.size === null ? [] : [`${given.size} ${TEXTS.bytes[language]}`];
  const digests = given.dataHash.map(([algorithm, hex]) => value(`${algorithm} ${hex}`));
  const rows = [
    [FACTS.number[language], shown(given.number)],
    [FACTS.ledger[language], shown(given.ledger)],
    [FACTS.txId[language], hash(given.txId)],
    [FACTS.blockHash[language], hash(given.blockHash)],
    [FACTS.blockHeight[language], given.blockHeight],
    [FACTS.previousBlockHash[language], hash(given.previousBlockHash)],
    [FACTS.dataHash[language], ...digests, ...size],
  ];
  if (given.manifest !== null) rows.push([FACTS.manifest[language], hash(given.manifest.root), `${given.manifest.count}`]);
  rows.push([FACTS.submittedAt[language], timeOf(given.submittedAt, language)]);
  rows.push([FACTS.blockTime[language], timeOf(given.blockTime, language)]);
  if (time.state === 'verified') rows.push([FACTS.trustedTime[language], timeOf(parseTime(time.notLaterThan), language)]);
  return element(
    'section',
    { 'aria-labelledby': 'facts-title' },
    element('h3', { id: 'facts-title' }, TEXTS.facts[language]),
    element('p', { class: 'note' }, TEXTS.factsNote[language]),
    definitions(rows, 'facts'),
  );
}

function stepItem(step, language) {
  const rows = step.values.map(([name, text]) => [VALUE_NAMES[name][language], shownValue(text, language)]);
  const values = rows.length === 0
    ? null
    : element('details', {}, element('summary', {}, TEXTS.values[language]), definitions(rows, 'values'));
  return element(
    'li',
    { class: `step ${step.outcome}` },
    element(
      'p',
      { class: 'step-head' },
      element('span', { class: 'step-number' }, String(step.number)),
      element('span', { class: 'step-name' }, STEP_LABELS[step.code][language]),
      element('span', { class: 'outcome' }, icon(step.outcome), OUTCOMES[step.outcome][language]),
    ),
    element('p', { class: 'detail' }, shown(detailOf(step, language))),
    values,
  );
}

function steps(report, note, language) {
  return element(
    'section',
    { 'aria-labelledby': 'steps-title' },
    element('h3', { id: 'steps-title' }, TEXTS.steps[language]),
    element('p', { class: 'note' }, TEXTS[note][language]),
    element('ol', { class: 'steps' }, report.steps.map((step) => stepItem(step, language))),
  );
}

function circumstances({ at, receiptName, fileName, fileSize, isNative }, language) {
  const file = fileName === null ? TEXTS.noFile[language] : `${shown(fileName)}（${fileSize} ${TEXTS.bytes[language]}）`;
  const inEnglish = fileName === null ? file : `${shown(fileName)} (${fileSize} ${TEXTS.bytes[language]})`;
  return element(
    'section',
    { 'aria-labelledby': 'about-title' },
    element('h3', { id: 'about-title' }, TEXTS.about[language]),
    definitions(
      [
        [TEXTS.verifiedAt[language], beijing(at), TEXTS.beijingTime[language]],
        [TEXTS.filePresented[language], language === 0 ? file : inEnglish],
        [TEXTS.receiptFile[language], shown(receiptName)],
        [TEXTS.signatureCheck[language], TEXTS[isNative ? 'byBrowser' : 'byPage'][language]],
      ],
      'facts',
    ),
  );
}

/**
 * The whole report. `context` says when and with what it was made; with `stepsNote` another text than that of a page without a network,
 * with `withoutPaths` no Merkle paths.
 */
export function reportView(report, context, language) {
  return [
    verdict(report, context.heading ?? null, language),
    element('div', { class: 'halves' }, coverage(report, language)),
    element(
      'section',
      { class: 'limits', 'aria-labelledby': 'limits-title' },
      element('h3', { id: 'limits-title' }, TEXTS.limits[language]),
      element('p', {}, LIMITS[language]),
    ),
    facts(report, language),
    steps(report, context.stepsNote ?? 'stepsNote', language),
    context.withoutPaths ? null : pathsView(report.parts, language),
    circumstances(context, language),
  ].filter((part) => part !== null);
}
