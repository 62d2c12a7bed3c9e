// The code on a screen, computed here from the screen's own secret: it goes on without network.
const screen = document.getElementById("screen");
const { default: qrcode } = await import(screen.dataset.qr);

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const QUIET = 4; // modules around the code
const ASK_EVERY = 60000; // milliseconds: a new code of the door, a revoked screen, a drifting clock
const ASK_AGAIN = 5000; // while there is no code to show
const ASK_WITHIN = 10000;
const FRESH = 30000; // how long the code that came with the page may stand by itself
let told = null;
let ahead = 0; // of this screen's clock, in milliseconds
let drawn = -1;
let asking = 0;

function note(name, isOn) {
  screen.querySelector(`[data-note="${name}"]`).hidden = !isOn;
}

/** The first 30 bits of an HMAC of the step, five a symbol: as venues/display.py does. */
async function stepSymbols(key, step) {
  const counted = new DataView(new ArrayBuffer(8));
  counted.setBigUint64(0, BigInt(step));
  const mac = new DataView(await crypto.subtle.sign("HMAC", key, counted.buffer));
  const bits = mac.getUint32(0) >>> 2;
  return [25, 20, 15, 10, 5, 0].map((shift) => ALPHABET[(bits >>> shift) & 31]).join("");
}

/** A page that was kept shows the code of that time, so until something is told there is none. */
function tell(isAnswered) {
  note("offline", told !== null && !isAnswered);
  note("nothing", told === null);
  screen.classList.toggle("empty", told === null);
}

async function ask() {
  clearTimeout(asking);
  asking = setTimeout(ask, told ? ASK_EVERY : ASK_AGAIN);
  const within = { signal: AbortSignal.timeout(ASK_WITHIN) };
  const answer = await fetch("/v1/displays/current", within).catch(() => null);
  if (answer?.status === 401) return end();
  if (!answer?.ok) return tell(false);
  const found = await answer.json();
  const secret = Uint8Array.from(found.secret.match(/../g), (pair) => parseInt(pair, 16));
  const kind = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, kind, false, ["sign"]);
  ahead = Date.now() - Date.parse(found.now);
  told = { key, address: found.address, length: found.step_seconds * 1000 };
  drawn = -1;
  await draw();
  tell(true);
  clearTimeout(asking);
  asking = setTimeout(ask, ASK_EVERY);
}

/** Revoked, or the door was closed: an old code on the wall would only mislead. */
function end() {
  told = null;
  screen.querySelector("svg").remove();
  screen.querySelector("footer").remove();
  note("nothing", false);
  note("revoked", true);
  clearTimeout(asking);
  clearInterval(drawing);
}

async function draw() {
  if (!told) return;
  const step = Math.floor((Date.now() - ahead) / told.length);
  if (step === drawn) return;
  drawn = step;
  show(told.address + (await stepSymbols(told.key, step)));
}

function show(text) {
  const made = qrcode(0, "Q");
  made.addData(text, "Alphanumeric");
  made.make();
  const size = made.getModuleCount();
  let path = "";
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (made.isDark(y, x)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    }
  }
  const svg = screen.querySelector("svg");
  svg.setAttribute("viewBox", `0 0 ${size + 2 * QUIET} ${size + 2 * QUIET}`);
  svg.querySelector("path").setAttribute("d", path);
}

// Without https a browser gives no HMAC: then the service draws each code.
if (!window.isSecureContext) setTimeout(() => location.reload(), 15000);
const drawing = window.isSecureContext && setInterval(draw, 500);
if (window.isSecureContext) {
  navigator.wakeLock?.request("screen").catch(() => {}); // else a tablet at the door goes dark
  const isFresh = Math.abs(Date.now() - Date.parse(screen.dataset.at)) < FRESH;
  if (!isFresh) tell(false);
  addEventListener("online", ask);
  await ask();
  const address = `/display-worker.js?lang=${document.documentElement.lang}`;
  navigator.serviceWorker.register(address, { scope: "/display/" }).catch(() => {});
}
