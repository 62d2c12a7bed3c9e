// A drawing laid out in percent grows with its own width, and its letters stay as large as they are:
// to zoom is to make it wider (and higher, where it says so) inside of what scrolls.
for (const bar of document.querySelectorAll("[data-zooms]")) {
  const view = document.getElementById(bar.dataset.zooms);
  const drawing = view.firstElementChild;
  const track = drawing.querySelector("svg") ?? drawing; // without the names of the lines
  const buttons = [...bar.querySelectorAll("[data-scale]")];
  const scales = buttons.map((button) => Number(button.dataset.scale));
  const { width, height } = drawing.getBoundingClientRect();
  let at = 0;
  let held = null;

  /** The point of the drawing under (x, y) of the view stays where it is. */
  function zoom(to, x = view.clientWidth / 2, y = view.clientHeight / 2) {
    const next = Math.min(Math.max(to, 0), scales.length - 1);
    const before = track.getBoundingClientRect();
    const outer = view.getBoundingClientRect();
    const across = (outer.left + x - before.left) / before.width;
    const down = (outer.top + y - before.top) / before.height;
    at = next;
    view.dataset.at = scales[at];
    const both = "both" in bar.dataset; // then it has a least width, which grows too
    drawing.style.width = both ? `${scales[at] * width}px` : `${scales[at] * 100}%`;
    if (both) drawing.style.height = `${scales[at] * height}px`;
    const after = track.getBoundingClientRect();
    view.scrollLeft += across * (after.width - before.width);
    view.scrollTop += down * (after.height - before.height);
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", place === at));
    view.dispatchEvent(new Event("zoomed"));
  }

  buttons.forEach((button, place) => button.addEventListener("click", () => zoom(place)));
  view.addEventListener("keydown", (event) => {
    const step = { "+": 1, "=": 1, "-": -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    zoom(at + step);
  });
  view.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return; // else the wheel scrolls, as everywhere
    event.preventDefault();
    const outer = view.getBoundingClientRect();
    zoom(at - Math.sign(event.deltaY), event.clientX - outer.left, event.clientY - outer.top);
  }, { passive: false });
  view.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button || at === 0) return; // a finger scrolls anyway
    held = { x: event.clientX, y: event.clientY, left: view.scrollLeft, top: view.scrollTop };
  });
  view.addEventListener("pointermove", (event) => {
    if (!held || !event.buttons) return void (held = null);
    view.scrollLeft = held.left + held.x - event.clientX;
    view.scrollTop = held.top + held.y - event.clientY;
  });
  view.addEventListener("dragstart", (event) => event.preventDefault());
  view.dataset.at = scales[at];
  bar.hidden = false;
}
