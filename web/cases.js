// The case pages: chain facts on hover and focus, files hashed in the browser, arrow keys on the evidence display.

import { compare, digestsIn } from "./cases/comparison.js";
import { manifestLines, rootOf } from "./cases/hand_over_manifest.js";
import { measure } from "./deposit/hashing_worker.js";
import { announce } from "./site.js";
import { fill, icon, shown } from "./verify/dom.js";
import { fileText, fromHex, toHex, utf8 } from "./verify/bytes.js";
import { sha256 } from "./verify/sha256.js";

// Facts open while the pointer or the focus is on them; a click keeps them open.
for (const details of document.querySelectorAll("details.chain-facts")) {
  const summary = details.querySelector("summary");
  const peek = () => {
    if (details.open) return;
    details.dataset.peek = "yes";
    details.open = true;
  };
  const close = () => {
    if (!details.dataset.peek) return;
    details.open = false;
    delete details.dataset.peek;
  };
  details.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") peek(); });
  details.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") close(); });
  summary.addEventListener("focus", () => { if (summary.matches(":focus-visible")) peek(); });
  details.addEventListener("focusout", (event) => { if (!details.contains(event.relatedTarget)) close(); });
  summary.addEventListener("click", (event) => {
    if (!details.dataset.peek) return;
    event.preventDefault();
    delete details.dataset.peek;
  });
  details.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
}

// The evidence display turns its pages by the arrow keys.
addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable], [tabindex='0']")) return;
  const relation = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = relation && document.querySelector(`.hearing a[rel="${relation}"]`);
  if (link) link.click();
});

/** The digests of a file in hex, computed in a worker. `progress` gets the bytes read so far. */
async function digestsOf(file, salt, progress, signal) {
  const { digests } = await measure(file, salt, progress, signal);
  return Object.fromEntries(Object.entries(digests).map(([name, bytes]) => [name, toHex(bytes)]));
}

function percent(done, size) {
  return `${size ? Math.floor((done / size) * 100) : 100} %`;
}

// The 32 bytes of a salt in hex; null for anything else.
function saltOf(text) {
  const hex = text.trim().toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

// What the page of an error says: the error, why, and what to do.
function explained(page, address) {
  // The node sends a browser without a session to the login, which says so.
  const isLogin = address && new URL(address).pathname === '/login';
  if (isLogin) return page.querySelector('.verdict.warning')?.textContent.trim() ?? '';
  const parts = page instanceof Document ? page.querySelectorAll("main h1, main .why, main .advice") : [];
  return [...parts].map((part) => part.textContent.trim()).join(" ");
}

// Sends a file: resolves to the status of the answer, 0 without one, and what its page says.
function sendFile(url, headers, file, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    // Chromium shows the empty body of a 204 as a page about an XML error, whose inline style the policy refuses.
    request.onreadystatechange = () => {
      if (request.readyState === XMLHttpRequest.HEADERS_RECEIVED && request.status !== 204) request.responseType = "document";
    };
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded }) => progress(loaded);
    request.onload = () => resolve({ status: request.status, why: explained(request.response, request.responseURL) });
    request.onerror = () => resolve({ status: 0, why: "" });
    request.send(file);
  });
}

const form = document.getElementById("verify-form");
if (form) {
  form.hidden = false;
  const [file, salt] = [form.querySelector("#file"), form.querySelector("#salt")];
  const buttons = [...form.querySelectorAll("button")];
  const progress = document.getElementById("verify-progress");
  let running = null;
  const say = (text, isError = false) => {
    progress.replaceChildren(...(isError ? [icon("failed")] : []), text);
    progress.className = isError ? "field-error break" : "hint";
  };
  const ready = (is) => { for (const button of buttons) button.disabled = !is; };
  const verify = form.querySelector("#verify-file");
  const asks = verify.textContent;
  let differs = false;
  const hash = async () => {
    running?.abort();
    running = null;
    ready(false);
    differs = false;
    verify.textContent = asks;
    const chosen = file.files[0];
    if (!chosen) return say("");
    const bytes = salt ? saltOf(salt.value) : null;
    if (salt && !bytes) return say(progress.dataset.badSalt);
    const own = new AbortController();
    running = own;
    try {
      const digests = await digestsOf(chosen, bytes, (done) => say(`${progress.dataset.working} ${percent(done, chosen.size)}`), own.signal);
      if (running !== own) return;
      const known = Object.fromEntries(["sm3", "sha-256"].map((name) => [name, form.getAttribute(`data-${name}`) ?? undefined]));
      const { result, algorithm } = compare(known, digests);
      if (algorithm === null) return say(progress.dataset.nothing);
      form.elements.algorithm.value = algorithm;
      form.elements.value.value = digests[algorithm];
      differs = result === "different";
      if (differs) verify.textContent = verify.dataset.different;
      const about = { name: shown(chosen.name), size: chosen.size.toLocaleString("en") };
      say(fill(progress.dataset[result], about), differs);
      ready(true);
    } catch {
      if (running === own) say(progress.dataset.unable);
    }
  };
  file.addEventListener("change", hash);
  salt?.addEventListener("change", hash);
  verify.addEventListener("click", async () => {
    const chosen = file.files[0];
    if (!chosen) return;
    ready(false);
    const headers = { "content-type": "application/octet-stream", "idempotency-key": form.elements.key.value };
    if (salt) headers["x-salt"] = salt.value.trim().toLowerCase();
    const { status, why } = await sendFile(`${form.action}/file`, headers, chosen, (sent) => say(`${progress.dataset.sending} ${percent(sent, chosen.size)}`));
    if (status === 204) return location.assign(differs ? form.dataset.nextDifferent : form.dataset.next);
    say(why || progress.dataset.failed);
    ready(true);
  });
}

// The original of an item or of a document, given into custody: compared here first, so that no other file is sent.
const custody = document.getElementById("custody-form");
if (custody) {
  custody.hidden = false;
  const [file, button] = [custody.querySelector("input[type=file]"), document.getElementById("custody-send")];
  const salt = custody.querySelector("#salt");
  const progress = document.getElementById("custody-progress");
  const say = (text) => { progress.textContent = text; };
  let running = null;
  const hash = async () => {
    running?.abort();
    running = null;
    button.disabled = true;
    const chosen = file.files[0];
    if (!chosen) return say("");
    const bytes = salt ? saltOf(salt.value) : null;
    if (salt && !bytes) return say(progress.dataset.badSalt);
    const own = new AbortController();
    running = own;
    try {
      const digests = await digestsOf(chosen, bytes, (done) => say(`${progress.dataset.working} ${percent(done, chosen.size)}`), own.signal);
      if (running !== own) return;
      const { result } = compare(digestsIn(custody.dataset.digests), digests);
      say(progress.dataset[result]);
      button.disabled = result !== "equal";
    } catch {
      if (running === own) say(progress.dataset.unable);
    }
  };
  file.addEventListener("change", hash);
  salt?.addEventListener("change", hash);
  button.addEventListener("click", async () => {
    const chosen = file.files[0];
    if (!chosen) return;
    button.disabled = true;
    const headers = { "content-type": "application/octet-stream", "idempotency-key": custody.elements.key.value };
    if (salt) headers["x-salt"] = salt.value.trim().toLowerCase();
    const { status, why } = await sendFile(custody.action, headers, chosen, (sent) => say(`${progress.dataset.sending} ${percent(sent, chosen.size)}`));
    if (status === 204) return location.assign(custody.dataset.next);
    const known = { 413: "tooLarge", 507: "full" }[status];
    say(known ? progress.dataset[known] : why || progress.dataset.failed);
    button.disabled = false;
  });
}

// Files whose digests become a field of a form; the file itself is not sent.
for (const input of document.querySelectorAll("input[type=file][data-digests]")) {
  const field = input.form.elements.namedItem(input.dataset.digests);
  const hidden = field instanceof RadioNodeList ? field[field.length - 1] : input.parentElement.querySelector("input[type=hidden]");
  const progress = input.parentElement.querySelector("[data-progress]");
  input.addEventListener("change", async () => {
    hidden.value = "";
    const chosen = input.files[0];
    if (!chosen) return;
    try {
      const digests = await digestsOf(chosen, null, (done) => { progress.textContent = percent(done, chosen.size); });
      // Another file was chosen meanwhile.
      if (input.files[0] !== chosen) return;
      hidden.value = Object.entries(digests).map(([name, value]) => `${name} ${value}`).join("\n");
      progress.textContent = `sm3 ${digests.sm3}`;
      announce(progress.textContent);
    } catch {
      if (input.files[0] === chosen) progress.textContent = progress.dataset.unable;
    }
  });
}

// The manifest file that came with a dossier: its root and its number of lines become fields of the form; the file is not sent.
for (const input of document.querySelectorAll("input[type=file][data-volume]")) {
  const { volume } = input.dataset;
  const said = input.parentElement.querySelector("[data-progress]");
  const [root, count] = ["root", "count"].map((name) => input.form.elements.namedItem(`${volume}-${name}`));
  input.closest("[data-needs-script]").hidden = false;
  input.addEventListener("change", async () => {
    [root.value, count.value, said.textContent] = ["", "", ""];
    const chosen = input.files[0];
    if (!chosen) return;
    const text = await chosen.arrayBuffer().then((buffer) => fileText(new Uint8Array(buffer))).catch(() => null);
    const lines = text === null ? null : manifestLines(text, volume);
    if (lines !== null) [root.value, count.value] = [toHex(rootOf(lines)), String(lines.length)];
    said.textContent = lines === null ? said.dataset.other : said.dataset.read;
    announce(said.textContent);
  });
}

// A file compared with the digests of a document. Nothing is sent.
for (const input of document.querySelectorAll("input[type=file][data-compare]")) {
  const place = input.closest("[data-needs-script]");
  const result = place.querySelector("[role=status]");
  const known = digestsIn(input.dataset.compare);
  place.hidden = false;
  input.addEventListener("change", async () => {
    const chosen = input.files[0];
    result.textContent = "";
    if (!chosen) return;
    try {
      const digests = await digestsOf(chosen, null, (done) => { result.textContent = percent(done, chosen.size); });
      result.textContent = result.dataset[compare(known, digests).result];
    } catch {
      result.textContent = result.dataset.unable;
    }
  });
}

const ITEM_LIST = "tiezheng manifest v1";
const LISTED = / name ([0-9a-f]{64}) salt ([0-9a-f]{64}) path (.+)$/;

// The names of an item list with their commitments, each computed anew; null for anything else.
function listedNames(text) {
  const [first, ...lines] = text.replace(/\n$/, "").split("\n");
  if (first !== ITEM_LIST) return null;
  const names = lines.map((line) => {
    const found = line.startsWith("item v1 ") && LISTED.exec(line);
    if (!found) return null;
    const [, commitment, salt, path] = found;
    return toHex(sha256(Uint8Array.of(2), fromHex(salt, 32), utf8(path))) === commitment ? { path, commitment } : null;
  });
  return names.length > 0 && names.every(Boolean) ? names : null;
}

for (const input of document.querySelectorAll("input[type=file][data-item-list]")) {
  const place = input.closest("[data-needs-script]");
  const [select, result] = [place.querySelector("select"), place.querySelector("[role=status]")];
  const field = document.getElementById(input.dataset.itemList);
  place.hidden = false;
  input.addEventListener("change", async () => {
    const text = await input.files[0]?.text().catch(() => "");
    const names = text === undefined ? null : listedNames(text);
    select.replaceChildren(new Option(""), ...(names ?? []).map(({ path, commitment }) => new Option(path, commitment)));
    select.disabled = names === null;
    result.textContent = names === null ? result.dataset.unable : `${result.dataset.read}${names.length}`;
  });
  select.addEventListener("change", () => { field.value = select.value; });
}
