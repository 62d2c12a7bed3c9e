// On every page of a citizen: send what waits, show how many, keep the shell for the next time.
import { send } from "./queue.js";

const tell = (id, number) => {
  const element = document.getElementById(id);
  element.hidden = number === 0;
  element.querySelector("b").textContent = number;
};

const RETRY = 15000; // milliseconds, and up to as much again so that phones do not come all at once
let sending = false;
let askedAgain = false;
let timer = 0;

/** The event "scans-sent" carries what came through, from here or from the worker. */
function told({ sent, waiting, refused }) {
  tell("waiting", waiting);
  tell("refused", refused);
  document.dispatchEvent(new CustomEvent("scans-sent", { detail: sent }));
}

/** Sends what waits, once at a time. */
async function deliver() {
  askedAgain = sending;
  if (sending) return;
  sending = true;
  clearTimeout(timer);
  try {
    const found = await send();
    told(found);
    if (found.waiting) timer = setTimeout(deliver, RETRY * (1 + Math.random()));
  } catch {
    // a browser that keeps nothing has nothing to send
  }
  sending = false;
  if (askedAgain) deliver(); // the network came back while the last attempt was failing
}

addEventListener("online", deliver);
navigator.serviceWorker?.addEventListener("message", ({ data }) => told(data));
document.addEventListener("scans-kept", deliver);
document.addEventListener("visibilitychange", () => document.hidden || deliver());
// After the other modules of the page, so that they hear what was sent.
if (document.readyState !== "complete") {
  await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
}
await deliver();

if ("serviceWorker" in navigator) {
  // Another language is another address, so that the page kept for offline speaks it.
  const address = `/worker.js?lang=${document.documentElement.lang}`;
  const options = { type: "module", updateViaCache: "all" }; // asked for again once an hour
  navigator.serviceWorker.register(address, options).catch(() => {});
}
