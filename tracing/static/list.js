// Keys on a list of contacts. Everything they do can be done without them.
const rows = [...document.querySelectorAll("#contacts tbody tr")];
const on = document.getElementById("keys-on");
const ticked = document.getElementById("ticked");
const STORED = "chot-keys-off";
let place = -1;

const tick = (row) => row.querySelector("input[type=checkbox]");

const go = (to) => {
  if (to < 0 || to >= rows.length) return;
  rows[place]?.classList.remove("here");
  place = to;
  rows[place].classList.add("here");
  tick(rows[place]).focus({ preventScroll: true });
  rows[place].scrollIntoView({ block: "nearest" });
};

const count = () => {
  const many = rows.filter((row) => tick(row).checked).length;
  ticked.textContent = many ? `${many} ${ticked.dataset.text}` : "";
};

const toTools = () => {
  const tools = document.getElementById("tools");
  tools.open = true;
  (document.getElementById("to") ?? document.getElementById("act")).focus();
};

const toFilter = () => {
  const text = document.getElementById("filter-text");
  if (!text) return;
  text.closest("details").open = true;
  text.focus();
};

const follow = (id) => document.getElementById(id)?.click();

const KEYS = {
  j: () => go(place + 1),
  k: () => go(Math.max(0, place - 1)),
  x: () => place >= 0 && tick(rows[place]).click(),
  a: toTools,
  "/": toFilter,
  n: () => follow("further"),
  p: () => follow("before"),
};

const onRow = (event) => {
  if (event.key === "ArrowDown") return KEYS.j;
  return event.key === "ArrowUp" ? KEYS.k : KEYS[event.key];
};

const pressed = (event) => {
  if (!on.checked || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = event.target;
  if (event.key === "Escape") at.blur();
  if (at.closest("select, textarea, input:not([type=checkbox])")) return;
  // The arrows scroll the page, unless a row is worked on.
  const does = at.closest("#contacts") ? onRow(event) : KEYS[event.key];
  if (!does) return;
  event.preventDefault();
  does();
};

if (rows.length) {
  on.checked = localStorage.getItem(STORED) === null;
  on.addEventListener("change", () => {
    if (on.checked) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "1");
  });
  document.addEventListener("keydown", pressed);
  document.getElementById("contacts").addEventListener("change", count);
  document.getElementById("contacts").addEventListener("focusin", (event) => {
    const found = rows.indexOf(event.target.closest("tbody tr"));
    if (found < 0) return;
    rows[place]?.classList.remove("here");
    place = found;
    rows[place].classList.add("here");
  });
  count();
}
