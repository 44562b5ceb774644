// Requests to the node, and what went wrong with them in the language of the page.

import { shown } from '../verify/dom.js';
import { LANGUAGE, isText, say } from './texts.js';

/**
 * A failure that a page can explain. `retryAfter` in seconds is null where sending the same again does not help; `isRefusal` says that the
 * node refused the request, so that nothing of it was done.
 */
export class Failure extends Error {
  constructor(text, { code = null, retryAfter = null, isRefusal = false } = {}) {
    super(text);
    Object.assign(this, { code, retryAfter, isRefusal });
  }
}

// Paths that a message names; the others are counted.
const NAMED = 5;

/** The failure that these dropped files and folders cannot be read. */
export function unreadableDrop(paths) {
  const rest = paths.length - NAMED;
  const named = paths.slice(0, NAMED).map(shown).join(say('and'));
  return new Failure(rest > 0 ? say('dropped_unreadable_more', { named, rest }) : say('dropped_unreadable', { named }));
}

/** The failure with this code of a module of the verifier. */
export function failureOf(error) {
  if (error instanceof Failure) return error;
  if (isText(error.code ?? '')) return new Failure(say(error.code), { code: error.code });
  console.error(error);
  return new Failure(say('internal', { detail: error.code ?? error.message }));
}

// Statuses after which the same request may succeed.
const TEMPORARY = [429, 503, 504];

/** The failure that an answer reports. */
async function failureIn(response) {
  const seconds = Number(response.headers.get('retry-after'));
  const isTemporary = TEMPORARY.includes(response.status);
  const retryAfter = isTemporary ? Math.max(1, Number.isFinite(seconds) ? seconds : 1) : null;
  try {
    const problem = await response.json();
    const texts = [problem.detail_zh || problem.title_zh, problem.detail || problem.title];
    const isRefusal = response.status >= 400 && response.status < 500 && !isTemporary;
    return new Failure(texts[LANGUAGE], { code: problem.code, retryAfter, isRefusal });
  } catch {
    return new Failure(say('bad_answer', { status: response.status }), { retryAfter });
  }
}

/** Sends a request; rejects with a `Failure`. An answer that led to the login page means that the session has ended. */
export async function send(path, options = {}) {
  let response;
  try {
    // The API takes no cookies; page routes do.
    const credentials = path.startsWith('/v1/') ? 'omit' : 'same-origin';
    response = await fetch(path, { credentials, ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw new Failure(say('cancelled'), { code: 'cancelled' });
    throw new Failure(say('no_answer'), { retryAfter: 2 });
  }
  if (response.redirected && new URL(response.url).pathname === '/login') throw new Failure(say('signed_out'));
  if (!response.ok) throw await failureIn(response);
  return response;
}

/** The JSON that a path answers. */
export async function getJson(path, signal) {
  const response = await send(path, { headers: { Accept: 'application/json' }, signal });
  try {
    return await response.json();
  } catch {
    throw new Failure(say('bad_answer', { status: response.status }));
  }
}
