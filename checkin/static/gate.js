// The gate lane: the newest scan has the whole screen, and none waits for the one before it. The time
// of a scan is fixed at Enter and the same in every retry. What gets no answer is sealed, kept, and
// sent by itself later.
import { readScan } from "./code.js";
import { openBox, setBeside } from "./gate_box.js";
import { compareClocks, now } from "./gate_clock.js";
import { tellFullness, tellRefused, tellTally, tellWaiting } from "./gate_counters.js";
import { compare, note, strike } from "./gate_list.js";
import * as queue from "./gate_queue.js";
import { show, shown, told } from "./gate_verdict.js";
import { seal } from "./seal.js";

const RETRY = 3000; // milliseconds
const TIMEOUT = 3000; // a second more than the service takes for its own «too busy»
const REMEMBERED = 100; // scans: nobody shows up twice further apart than that
const PATHS = { scan: "/v1/gate/scans", person: "/v1/gate/people" };

const { gate, publicUrl, seal: firstKey } = document.getElementById("verdict").dataset;
const undoButton = document.getElementById("undo");
const unsealed = new Map(); // in memory only: a browser without crypto keeps nothing on the device
const undos = []; // of what had no answer: it may be stored all the same
let sealKey = JSON.parse(firstKey);
let isAway = false; // since the last scan got no answer: the next ones need not wait for theirs
let isDelivering = false;
let timer = 0;
let count = 0;
let latest = 0; // number of the scan that has the screen
let tallied = 0;
let made = []; // the last ones that this device had stored, newest first
let last = null; // of them the one on the screen, which an undo is about

/** Whether what was scanned or entered is safe: stored, or kept until it is. */
function start(kind, who) {
  const body = { ...who, at: now(), ...setBeside() };
  latest = ++count;
  const scan = { number: count, kind, body };
  offerUndo(null);
  const foreign = isAway && kind === "scan" ? foreignAt(body.credential) : null;
  if (foreign) return failed(scan, foreign);
  show("sending");
  return isAway ? keep(scan) : send(scan);
}

/** What needs no service to tell: another system's code, or a poster. */
function foreignAt(text) {
  const own = text.toUpperCase().startsWith(`${publicUrl}/`.toUpperCase());
  const scanned = text.includes("|") ? { bad: true } : readScan(text, publicUrl);
  if (own && scanned.code) return { type: "/problems/poster-at-gate" };
  return !own && scanned.foreign ? { type: "/problems/credential-foreign", system: scanned.foreign } : null;
}

async function send(scan) {
  const response = await post(PATHS[scan.kind], scan.body).catch(() => null);
  if (!response || response.status >= 500) return keep(scan);
  if (response.status === 401) return revoked();
  const answer = await response.json().catch(() => null);
  if (response.ok && !answer) return keep(scan); // cut off on its way
  unsealed.delete(scan.number);
  countWaiting();
  return response.ok ? passed(scan, answer) : failed(scan, answer ?? {});
}

function revoked() {
  location.reload(); // the page says so
  return false;
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
  if (scan.number === latest) show("wait", { words: told.kept });
  store(scan, note(scan, "wait", told.saved));
  await countWaiting();
  return true;
}

async function countWaiting() {
  tellWaiting(unsealed.size + (await queue.count().catch(() => 0)));
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(deliver, RETRY * (0.5 + Math.random()));
}

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
  await countWaiting();
  if (isAway) return plan();
  if (shown() === "wait") show("ready");
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

function passed(scan, answer) {
  const state = answer.way === "out" ? "out" : answer.colour;
  if (scan.number === latest) {
    show(state, { name: answer.name, words: answer.words, repeated: answer.repeated_seconds });
  }
  if (scan.number >= tallied) {
    tallied = scan.number;
    tellTally(answer.tally);
  }
  const line = note(scan, state, `${answer.name}${answer.companions ? ` +${answer.companions}` : ""}`);
  if (answer.repeated_seconds === null) store(scan, line);
  else if (scan.number === latest) offerUndo(made.find(({ body }) => body.credential === scan.body.credential));
  return true;
}

function store(scan, line) {
  scan.line = line;
  made = [scan, ...made.filter((one) => one !== scan)].slice(0, REMEMBERED);
  if (scan.number === latest) offerUndo(scan);
}

function failed(scan, problem) {
  const slug = (problem.type ?? "").replace("/problems/", "");
  if (slug === "confirm-person") return ask(scan, problem);
  const words = `${told[slug] ?? told.other} ${problem.system ?? ""}`.trim();
  if (scan.number === latest) show("problem", { words });
  note(scan, "problem", words);
  return false;
}

function ask(scan, { odd, name }) {
  const why = odd.map((one) => told[`odd-${one}`]).join(", ");
  if (scan.number === latest) show("confirm", { name, words: why });
  compare(name, why, () => {
    latest = scan.number = ++count;
    offerUndo(null);
    send({ ...scan, body: { ...scan.body, confirmed: true } });
  });
  return false;
}

/** Of what is on the screen: of what repeats a scan, that one; of what was not stored, nothing. */
function offerUndo(scan) {
  last = scan ?? null;
  undoButton.disabled = !last;
}

async function undo() {
  const undone = last;
  const seen = latest;
  offerUndo(null);
  const { at, credential, ref } = undone.body;
  const asked = ref ? { at, ref } : { at, credential };
  if (undone.kept !== undefined && (await queue.drop(undone.kept))) {
    undos.push(asked);
    plan();
  } else {
    const response = await post("/v1/gate/undos", asked).catch(() => null);
    if (!response?.ok) {
      if (seen !== latest) return;
      offerUndo(undone);
      return show("problem", { words: told["nothing-to-undo"] });
    }
  }
  made = made.filter((one) => one !== undone);
  countWaiting();
  strike(undone.number);
  if (seen === latest) show("undone", { name: undone.line });
  refresh();
}

async function refresh() {
  const before = tallied;
  const response = await fetch("/v1/gate", { signal: AbortSignal.timeout(TIMEOUT) }).catch(() => null);
  if (response?.status === 401) return location.reload();
  if (!response?.ok) return;
  compareClocks(response);
  const { tally, fullness, seal: key } = await response.json();
  if (before === tallied) tellTally(tally);
  tellFullness(fullness);
  if (key.id === sealKey.id) return;
  sealKey = key;
  const kept = (await caches.keys()).filter((name) => name.startsWith("gate-"));
  for (const name of kept) await (await caches.open(name)).add("/gate"); // with its new key
}

openBox(
  (credential) => start("scan", { credential }),
  (person) => start("person", person),
);
undoButton.addEventListener("click", undo);
addEventListener("beforeunload", (event) => unsealed.size && event.preventDefault());
addEventListener("online", deliver);
setInterval(refresh, 15000);
if ("serviceWorker" in navigator) {
  const address = `/gate-worker.js?lang=${document.documentElement.lang}`;
  navigator.serviceWorker.register(address, { scope: "/gate" }).catch(() => {});
}
await countWaiting();
await Promise.all([refresh(), deliver()]);
document.body.dataset.ready = "yes";
