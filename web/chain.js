// New blocks on /chain: announced by a button, shown when it is pressed. Rows never move by themselves.
import { announce } from "./site.js";

const live = document.getElementById("live");
const state = document.getElementById("live-state");
const pause = document.getElementById("live-pause");
const show = document.getElementById("live-show");
const alarm = document.getElementById("live-alarm");
const rows = document.getElementById("block-rows");
const heading = document.getElementById("blocks");
const row = document.getElementById("block-row");

// Blocks that are shown at once; more are on the next pages.
const BLOCKS = 20;
const POLL_MS = 10_000;
// A count is spoken at most this often.
const ANNOUNCE_MS = 30_000;

let shown = Number(live.dataset.height);
let tip = shown;
let source = null;
let timer = null;
let paused = false;
let announced = 0;

const filled = (text, values) => text.replace(/\{(\w)\}/g, (whole, name) => values[name] ?? whole);

function say(name) {
  const text = live.dataset[name];
  state.classList.toggle("offline", name === "offline");
  if (state.textContent !== text) state.textContent = text;
}

// The last block of the node is `height`.
function grown(height) {
  if (!Number.isSafeInteger(height)) return;
  if (height < tip) {
    alarm.textContent = filled(live.dataset.shorter, { n: height, m: tip });
    alarm.hidden = false;
    return;
  }
  tip = height;
  const count = tip - shown;
  show.disabled = count === 0;
  if (count === 0) return;
  show.textContent = count === 1 ? live.dataset.one : filled(live.dataset.many, { n: count });
  if (Date.now() - announced > ANNOUNCE_MS) {
    announced = Date.now();
    announce(show.textContent);
  }
}

function listen() {
  stop();
  if (paused || document.hidden) return;
  if (!window.EventSource) return poll();
  source = new EventSource("/chain/events?after=" + tip);
  source.onopen = () => say("connected");
  source.onmessage = (event) => {
    say("connected");
    try { grown(JSON.parse(event.data).block_height); } catch { /* not an event of this version */ }
  };
  source.onerror = () => {
    // A refusal is final: the node has as many listeners as it takes. A broken connection is opened again by the browser.
    if (source.readyState === EventSource.CLOSED) poll();
    else say("offline");
  };
}

function poll() {
  stop();
  if (paused || document.hidden) return;
  timer = setInterval(ask, POLL_MS);
  ask();
}

async function ask() {
  try {
    const answer = await fetch("/v1/blocks?limit=1");
    if (!answer.ok) throw new Error(String(answer.status));
    const [last] = (await answer.json()).items;
    if (timer === null) return;
    say("polling");
    grown(last.block_height);
  } catch {
    if (timer !== null) say("offline");
  }
}

function stop() {
  source?.close();
  source = null;
  clearInterval(timer);
  timer = null;
}

function rowOf(block) {
  const made = row.content.cloneNode(true).firstElementChild;
  const [height, time, count, hash] = made.cells;
  const link = height.firstElementChild;
  link.href = "/blocks/" + block.block_height;
  link.textContent = block.block_height.toLocaleString("en");
  time.textContent = filled(live.dataset.time, { t: block.block_generated_at.replace("+08:00", "").replace("T", " ") });
  count.textContent = block.count.toLocaleString("en");
  for (const group of block.block_hash.match(/.{1,8}/g)) {
    const span = document.createElement("span");
    span.textContent = group;
    hash.firstElementChild.append(span, document.createElement("wbr"));
  }
  return made;
}

async function showNew() {
  const count = tip - shown;
  if (count <= 0) return;
  try {
    const answer = await fetch("/v1/blocks?limit=" + Math.min(count, BLOCKS));
    if (!answer.ok) throw new Error(String(answer.status));
    const blocks = (await answer.json()).items.filter((block) => block.block_height > shown);
    // With a gap below the new blocks, the older rows go; the link below the table leads to all.
    if (count > BLOCKS) rows.replaceChildren();
    rows.prepend(...blocks.map(rowOf));
    shown = blocks[0].block_height;
    show.disabled = true;
    grown(Math.max(tip, shown));
    heading.focus();
  } catch {
    say("offline");
  }
}

pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? live.dataset.resume : live.dataset.pause;
  if (paused) {
    stop();
    say("paused");
  } else {
    listen();
  }
});
show.addEventListener("click", showNew);
// Browsers open six connections to a site over HTTP/1.1: a hidden page needs none.
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : listen()));
addEventListener("pagehide", stop);
addEventListener("offline", () => say("offline"));
addEventListener("online", listen);
live.hidden = false;
listen();
