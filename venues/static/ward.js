// Wards offered while somebody types; without this file the server reads the text alone.
const input = document.getElementById("ward");
const list = document.getElementById("wards");
const form = input.form;
let typing, found = [], active = -1;

input.setAttribute("role", "combobox");
input.setAttribute("aria-controls", "wards");
input.setAttribute("aria-autocomplete", "list");
input.setAttribute("aria-expanded", "false");

input.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(look, 150);
});
input.addEventListener("blur", () => show([]));
input.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
  else if (event.key === "Enter" && active >= 0) choose(found[active]);
  else if (event.key === "Escape") show([]);
  else return;
  event.preventDefault();
});

async function look() {
  const asked = input.value.trim();
  if (asked.length < 2) return show([]);
  const answer = await fetch(`/v1/areas?${new URLSearchParams({ q: asked, limit: "40" })}`).catch(() => null);
  if (!answer?.ok || input.value.trim() !== asked) return;
  const { areas } = await answer.json();
  show(areas.filter((area) => area.kind === "ward").slice(0, 12));
}

function show(areas) {
  found = areas;
  active = -1;
  list.replaceChildren(...areas.map(option));
  list.hidden = areas.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
}

function option(area, index) {
  const item = document.createElement("li");
  const system = document.createElement("small");
  item.id = `wards-${index}`;
  item.setAttribute("role", "option");
  system.textContent = area.system === "2025" ? list.dataset.today : list.dataset.before;
  item.append(`${area.name} `, system);
  // Before the field loses the focus, which closes the list.
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(area);
  });
  return item;
}

function move(step) {
  if (!found.length) return;
  active = (active + step + found.length) % found.length;
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === active)));
  list.children[active].scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", `wards-${active}`);
}

function choose(area) {
  input.value = area.name;
  input.removeAttribute("aria-invalid");
  hidden("area").value = area.path;
  hidden("ward_asked").value = area.name;
  show([]);
}

function hidden(name) {
  const field = form.elements[name];
  if (field.type === "hidden") return field;
  form.querySelector(".chosen").remove();
  const made = Object.assign(document.createElement("input"), { type: "hidden", name });
  field.replaceWith(made);
  return made;
}
