// One tap at the door: the moment is fixed, kept on the phone, then sent until the service has it.
import { forget, keep, sendOne } from "./queue.js";
import { showResult } from "./result.js";

const ask = document.getElementById("ask");
const TOLERANCE = 60000; // milliseconds
const SLOW = 4000; // after this long a person should see that the scan is safe
let shown = null;

/** How far this phone's clock is plainly ahead of the service's, by this page or, offline, by the last. */
function ahead() {
  try {
    if (!ask.dataset.shown) return Number(localStorage.getItem("chot-ahead"));
    const found = Date.now() - Date.parse(ask.dataset.shown);
    const counted = Math.abs(found) > TOLERANCE ? found : 0;
    localStorage.setItem("chot-ahead", counted);
    return counted;
  } catch {
    return 0; // a browser that keeps nothing
  }
}

const error = ahead();

/** The moment of the tap. */
const moment = () => new Date(Date.now() - error).toISOString();

function bodyOf(form, at) {
  const code = ask.dataset.code;
  if (form.dataset.way === "in") {
    return { code, at, companions: Number(form.elements.companions.value) || 0 };
  }
  return { code, at, button: "button" in form.elements };
}

function show(scan, answer) {
  const { at, companions } = answer ?? scan.body;
  const state = answer ? (answer.way === "out" ? "out" : answer.colour) : "wait";
  shown = scan.id;
  showResult({ state, at, companions, venue: answer?.venue });
  // A reload shows the stored result again and does not ask a second time.
  if (answer) history.replaceState(null, "", `/V/${ask.dataset.code}/done?at=${encodeURIComponent(at)}`);
}

async function press(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  const at = moment();
  let scan;
  try {
    scan = await keep(form.dataset.way, bodyOf(form, at));
  } catch {
    form.elements.at.value = at; // a browser that keeps nothing sends the plain form
    form.submit();
    return;
  }
  const slow = setTimeout(() => show(scan), SLOW);
  const { answer, why } = await sendOne(scan);
  clearTimeout(slow);
  button.disabled = false;
  if (why) {
    await forget(scan.id); // whoever stands here presses again once that is done
    location.assign(NEXT[why]?.(scan.body.code) ?? `/problems/${why}`);
    return;
  }
  show(scan, answer);
  if (!answer) wait();
}

const NEXT = {
  "declaration-needed": (code) => `/V/${code}/declare`,
  "sign-in-first": (code) => `/V/${code}/sign-up`,
};

async function wait() {
  document.dispatchEvent(new Event("scans-kept"));
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.sync?.register("scans").catch(() => {});
}

document.addEventListener("scans-sent", ({ detail }) => {
  for (const { scan, answer } of detail) if (scan.id === shown) show(scan, answer);
});
for (const form of document.querySelectorAll("form[data-way]")) form.addEventListener("submit", press);
