// The gate lane: one box for gun, camera and hand; the newest scan has the whole screen, and none
// waits for the one before it. The time of a scan is fixed at Enter and the same in every retry.
// What gets no answer is sealed, kept, and sent by itself later.
import { readScan } from "./code.js";
import * as queue from "./gate_queue.js";
import { lens } from "./lens.js";
import { seal } from "./seal.js";
import { signal } from "./signal.js";

const $ = (id) => document.getElementById(id);
const box = $("credential");
const verdict = $("verdict");
const byHand = $("by-hand");
const RETRY = 3000; // milliseconds
const TIMEOUT = 3000; // a second more than the service takes for its own «too busy»
const SAME_CODE = 3000; // a code held before the camera is one scan
const LAST = 6;
const TOLERANCE = 60000; // milliseconds that this device's clock may be off

const told = Object.fromEntries(
  [...$("told").querySelectorAll("dt")].map((term) => [term.textContent, term.nextElementSibling.textContent]),
);
const { gate, publicUrl } = verdict.dataset;
let sealKey = JSON.parse(verdict.dataset.seal);
const unsealed = new Map(); // in memory only: a browser without crypto keeps nothing on the device
let isAway = false; // since the last scan got no answer: the next ones need not wait for theirs
let timer = 0;
let refusedCount = 0;
let count = 0;
let latest = 0; // number of the scan that has the screen
let tallied = 0;
let companions = 0;
let last = null; // the one that an undo is about
const undos = []; // of what had no answer: it may be stored all the same

function show(state, { name = "", words = "", repeated = null } = {}) {
  verdict.dataset.state = state;
  document.body.dataset.state = state;
  for (const part of verdict.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(state);
  }
  verdict.querySelector(".name").textContent = name;
  verdict.querySelector(".words").textContent = words;
  const line = verdict.querySelector(".repeated");
  line.hidden = repeated === null;
  const minutes = Math.round((repeated ?? 0) / 60);
  line.textContent = minutes ? line.dataset.minutes.replace("#", minutes) : line.dataset.now;
  if (state !== "sending" && state !== "ready") signal(state);
}

function setCompanions(number) {
  companions = Math.min(20, Math.max(0, number));
  $("companions").textContent = `+${companions}`;
}

function way() {
  return document.querySelector("[name=way]:checked")?.value ?? null;
}

function enter(text) {
  const typed = text.trim();
  if (!typed) return;
  const more = /^\+(\d{1,2})$/.exec(typed);
  if (more) return setCompanions(Number(more[1]));
  start("scan", { credential: typed });
}

/** By how much this clock is plainly off, as the service's last answer said. */
let error = 0;
try {
  error = Number(localStorage.getItem("chot-gate-ahead"));
} catch {
  // a browser that keeps nothing
}

function compareClocks(answer) {
  const found = Date.now() - Date.parse(answer.headers.get("Date"));
  if (Number.isNaN(found)) return;
  error = Math.abs(found) > TOLERANCE ? found : 0;
  try {
    localStorage.setItem("chot-gate-ahead", error);
  } catch {
    // the next answer says it again
  }
}

function start(kind, who) {
  const at = new Date(Date.now() - error).toISOString();
  const body = { ...who, at, way: way(), companions };
  setCompanions(0);
  latest = ++count;
  const scan = { number: count, kind, body };
  const foreign = isAway && kind === "scan" ? foreignAt(body.credential) : null;
  if (foreign) return failed(scan, foreign);
  show("sending");
  if (isAway) keep(scan);
  else send(scan);
}

/** What needs no service to tell: another system's code, or a poster. */
function foreignAt(text) {
  const own = text.toUpperCase().startsWith(`${publicUrl}/`.toUpperCase());
  const scanned = text.includes("|") ? { bad: true } : readScan(text, publicUrl);
  if (own && scanned.code) return { type: "/problems/poster-at-gate" };
  return !own && scanned.foreign ? { type: "/problems/credential-foreign", system: scanned.foreign } : null;
}

const PATHS = { scan: "/v1/gate/scans", person: "/v1/gate/people" };

async function send(scan) {
  const response = await post(PATHS[scan.kind], scan.body).catch(() => null);
  if (!response || response.status >= 500) return keep(scan);
  if (response.status === 401) return location.reload(); // revoked: the page says so
  const answer = await response.json().catch(() => null);
  if (response.ok && !answer) return keep(scan); // cut off on its way
  unsealed.delete(scan.number);
  tellWaiting();
  if (response.ok) passed(scan, answer);
  else failed(scan, answer ?? {});
}

function post(path, body) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT),
  });
}

/** Sealed on this device until the service has answered for it. */
async function keep(scan) {
  try {
    scan.kept = await queue.keep(await seal(sealKey, { gate: Number(gate), [scan.kind]: scan.body }));
    isAway = true;
    plan();
  } catch {
    unsealed.set(scan.number, scan);
    setTimeout(() => send(scan), RETRY);
  }
  last = scan;
  $("undo").disabled = false;
  if (scan.number === latest) show("wait", { words: told.kept });
  note(scan, "wait", told.saved);
  await tellWaiting();
}

async function tellWaiting() {
  const waiting = unsealed.size + (await queue.count().catch(() => 0));
  $("waiting").hidden = waiting === 0;
  $("waiting").querySelector("b").textContent = waiting;
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(deliver, RETRY * (0.5 + Math.random()));
}

let isDelivering = false;
async function deliver() {
  if (isDelivering) return;
  isDelivering = true;
  try {
    const { refused, isAnswered, status } = await queue.send();
    if (status === 401) return location.reload();
    isAway = !(isAnswered && (await sendUndos()));
    if (refused.length) tellRefused(refused);
  } catch {
    isAway = false; // a browser that keeps nothing has nothing to send
  } finally {
    isDelivering = false;
  }
  await tellWaiting();
  if (isAway) return plan();
  if (verdict.dataset.state === "wait") show("ready");
  refresh();
}

/** Whether all were answered; that there is nothing to undo is an answer too. */
async function sendUndos() {
  while (undos.length) {
    const response = await post("/v1/gate/undos", undos[0]).catch(() => null);
    if (!response || response.status >= 500) return false;
    undos.shift();
  }
  return true;
}

/** What the service could not take of what waited: the guard alone may still know who it was. */
function tellRefused(slugs) {
  refusedCount += slugs.length;
  $("not-taken").hidden = false;
  $("not-taken").querySelector("b").textContent = refusedCount;
  $("not-taken").querySelector("span").textContent = [...new Set(slugs.map((slug) => told[slug] ?? slug))].join(" ");
}

function passed(scan, answer) {
  const state = answer.way === "out" ? "out" : answer.colour;
  if (scan.number === latest) {
    show(state, { name: answer.name, words: answer.words, repeated: answer.repeated_seconds });
  }
  if (scan.number >= tallied) {
    tallied = scan.number;
    tell(answer.tally);
  }
  if (answer.repeated_seconds === null) {
    last = scan;
    $("undo").disabled = false;
  }
  note(scan, state, `${answer.name}${answer.companions ? ` +${answer.companions}` : ""}`);
}

function failed(scan, problem) {
  const slug = (problem.type ?? "").replace("/problems/", "");
  if (slug === "confirm-person") return compare(scan, problem);
  const words = [told[slug] ?? problem.title ?? "", problem.system ?? ""].join(" ").trim();
  if (scan.number === latest) show("problem", { words });
  note(scan, "problem", words);
}

/** Stays in the list until the guard has looked; the next person need not wait for it. */
function compare(scan, { odd, name }) {
  const why = odd.map((one) => told[`odd-${one}`]).join(", ");
  if (scan.number === latest) show("confirm", { name, words: why });
  const one = $("odd-one").content.firstElementChild.cloneNode(true);
  one.querySelector(".name").textContent = name;
  one.querySelector(".why").textContent = why;
  one.querySelector(".yes").addEventListener("click", () => {
    one.remove();
    latest = scan.number = ++count;
    send({ ...scan, body: { ...scan.body, confirmed: true } });
  });
  one.querySelector(".no").addEventListener("click", () => one.remove());
  $("odd").prepend(one);
}

function tell({ entered, left, refused }) {
  $("entered").textContent = entered;
  $("left").textContent = left;
  $("refused").textContent = refused;
}

function note(scan, state, words) {
  const line = document.createElement("li");
  line.dataset.state = state;
  line.dataset.number = scan.number;
  const time = new Date(scan.body.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  line.textContent = `${time} ${words}`;
  $("last").prepend(line);
  while ($("last").children.length > LAST) $("last").lastElementChild.remove();
}

async function undo() {
  const { number, body, kept } = last;
  $("undo").disabled = true;
  const { at, credential, ref } = body;
  const asked = ref ? { at, ref } : { at, credential };
  if (kept !== undefined && (await queue.drop(kept))) {
    undos.push(asked);
    plan();
  } else {
    const response = await post("/v1/gate/undos", asked).catch(() => null);
    if (!response?.ok) {
      $("undo").disabled = false;
      return show("problem", { words: told["nothing-to-undo"] });
    }
  }
  last = null;
  tellWaiting();
  document.querySelector(`#last [data-number="${number}"]`)?.remove();
  show("undone");
  refresh();
}

async function refresh() {
  const before = tallied;
  const response = await fetch("/v1/gate", { signal: AbortSignal.timeout(TIMEOUT) }).catch(() => null);
  if (response?.status === 401) return location.reload();
  if (!response?.ok) return;
  compareClocks(response);
  const { tally, fullness, seal: key } = await response.json();
  if (before === tallied) tell(tally);
  warn(fullness);
  if (key.id === sealKey.id) return;
  sealKey = key;
  const kept = (await caches.keys()).filter((name) => name.startsWith("gate-"));
  for (const name of kept) await (await caches.open(name)).add("/gate"); // with its new key
}

/** «Nearly full» and «full» of the whole venue. */
function warn(fullness) {
  const warning = $("fullness");
  warning.hidden = fullness !== "nearly_full" && fullness !== "full";
  warning.dataset.state = fullness ?? "";
  for (const one of warning.children) one.hidden = one.dataset.for !== fullness;
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// The box keeps the focus: whatever a gun types must land there.
const isElsewhere = (element) => element?.closest?.("#by-hand[open]");
document.addEventListener("pointerdown", (event) => {
  const kept = event.target.closest("button, .ways label, output");
  if (kept && !isElsewhere(kept) && kept.closest("main")) event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (event.target.closest("main") && !isElsewhere(event.target)) box.focus({ preventScroll: true });
});
document.addEventListener("focusout", () => {
  setTimeout(() => document.activeElement === document.body && box.focus({ preventScroll: true }));
});
document.addEventListener("keydown", (event) => {
  if (event.target === box) {
    // Some guns end with Tab instead of Enter.
    if (event.key === "Tab" && box.value) {
      event.preventDefault();
      $("box").requestSubmit();
    }
  } else if (event.key.length === 1 && event.key !== " " && !event.ctrlKey && !isElsewhere(event.target)) {
    box.focus({ preventScroll: true }); // before the letter is put where the focus is
  }
});
addEventListener("focus", () => isElsewhere(document.activeElement) || box.focus({ preventScroll: true }));

$("box").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value;
  box.value = "";
  box.inputMode = "none";
  enter(text);
});
byHand.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const { full_name, phone, birth_year } = Object.fromEntries(new FormData(event.target));
  const year = Number(birth_year) || null;
  start("person", { ref: random(), full_name, phone, birth_year: year });
  event.target.reset();
  byHand.open = false;
  box.focus();
});
byHand.addEventListener("toggle", () => {
  (byHand.open ? byHand.querySelector("input") : box).focus();
});
$("fewer").addEventListener("click", () => setCompanions(companions - 1));
$("more").addEventListener("click", () => setCompanions(companions + 1));
$("undo").addEventListener("click", undo);
$("type").addEventListener("click", () => {
  box.blur();
  box.inputMode = "text"; // brings up a phone's own keyboard
  box.focus();
});

let seen = { text: "", at: 0 };
const eye = lens($("camera"), (text) => {
  const isSame = text === seen.text && Date.now() - seen.at < SAME_CODE;
  seen = { text, at: Date.now() };
  if (!isSame) enter(text);
  return false;
});
$("film").addEventListener("click", () => {
  $("camera").hidden = eye.isOpen();
  if (eye.isOpen()) eye.close("");
  else eye.open();
});

addEventListener("beforeunload", (event) => unsealed.size && event.preventDefault());
addEventListener("online", deliver);
setInterval(refresh, 15000);
box.focus();
if ("serviceWorker" in navigator) {
  const address = `/gate-worker.js?lang=${document.documentElement.lang}`;
  navigator.serviceWorker.register(address, { scope: "/gate" }).catch(() => {});
}
await tellWaiting();
await Promise.all([refresh(), deliver()]);
document.body.dataset.ready = "yes";
