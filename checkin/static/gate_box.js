// The one box for gun, camera and hand, with what is set beside it for the next scan, and the form for
// somebody with nothing to scan. The box keeps the focus: whatever a gun types must land there.
import { lens } from "./lens.js";

const $ = (id) => document.getElementById(id);
const box = $("credential");
const byHand = $("by-hand");
const SAME_CODE = 3000; // milliseconds: a code held before the camera is one scan
let companions = 0;

function setCompanions(number) {
  companions = Math.min(20, Math.max(0, number));
  $("companions").textContent = `+${companions}`;
}

/** What the guard set for this scan; the next one comes alone again. */
export function setBeside() {
  const set = { way: document.querySelector("[name=way]:checked")?.value ?? null, companions };
  setCompanions(0);
  return set;
}

/** `scanned(text)` hears of each thing scanned or typed, `entered(person)` of the form; it says whether
 * that was taken. What was not stays in the form. */
export function openBox(scanned, entered) {
  const enter = (text) => {
    const typed = text.trim();
    const more = /^\+(\d{1,2})$/.exec(typed);
    if (more) setCompanions(Number(more[1]));
    else if (typed) scanned(typed);
  };
  $("box").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = box.value;
    box.value = "";
    box.inputMode = "none";
    enter(text);
  });
  let isSending = false;
  byHand.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSending) return;
    isSending = true;
    const form = event.target;
    const { full_name, phone, birth_year } = Object.fromEntries(new FormData(form));
    const beside = companions;
    const isTaken = await entered({ ref: random(), full_name, phone, birth_year: Number(birth_year) || null });
    isSending = false;
    if (!isTaken) return setCompanions(beside);
    form.reset();
    byHand.open = false;
    box.focus();
  });
  film(enter);
  box.focus();
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function film(enter) {
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
}

$("fewer").addEventListener("click", () => setCompanions(companions - 1));
$("more").addEventListener("click", () => setCompanions(companions + 1));
$("type").addEventListener("click", () => {
  box.blur();
  box.inputMode = "text"; // brings up a phone's own keyboard
  box.focus();
});
byHand.addEventListener("toggle", () => {
  (byHand.open ? byHand.querySelector("input") : box).focus();
});

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
