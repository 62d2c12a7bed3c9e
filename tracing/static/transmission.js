// The picture answers: whom a case was infected by and infected, by pointer and by arrow keys; and it
// can be kept as PNG.
const graph = document.getElementById("graph");
const told = document.getElementById("told");
const png = document.getElementById("png");

if (graph) {
  const cases = new Map([...graph.querySelectorAll(".case")].map((one) => [one.dataset.id, one]));
  const links = [...graph.querySelectorAll(".link")];
  const before = grouped("to");
  const after = grouped("from");
  const at = new Map([...cases.values()].map((one) => [one, place(one)]));

  function grouped(end) {
    const found = new Map([...cases.keys()].map((id) => [id, []]));
    links.forEach((link) => found.get(link.dataset[end]).push(link));
    return found;
  }

  function place(one) {
    const dot = one.querySelector("circle");
    return { x: parseFloat(dot.getAttribute("cx")), y: parseFloat(dot.getAttribute("cy")) };
  }

  /** Everything before it or everything after it, with what leads there. */
  function follow(id, next, end, found) {
    const waiting = [id];
    while (waiting.length) {
      for (const link of next.get(waiting.pop())) {
        if (found.has(link)) continue;
        found.add(link);
        found.add(cases.get(link.dataset[end]));
        waiting.push(link.dataset[end]);
      }
    }
  }

  function choose(one) {
    graph.querySelectorAll(".on").forEach((old) => old.classList.remove("on"));
    graph.classList.toggle("chosen", Boolean(one));
    told.textContent = one ? one.getAttribute("aria-label") : "";
    if (!one) return;
    const found = new Set([one]);
    follow(one.dataset.id, before, "from", found);
    follow(one.dataset.id, after, "to", found);
    found.forEach((part) => part.classList.add("on"));
  }

  /** The nearest case that way: nearer along it counts more than beside it. */
  function nearest(from, across, down) {
    const here = at.get(from);
    let best = null;
    for (const [one, there] of at) {
      const ahead = (there.x - here.x) * across + (there.y - here.y) * down;
      const aside = Math.abs((there.x - here.x) * down) + Math.abs((there.y - here.y) * across);
      if (one === from || ahead <= 0) continue;
      if (!best || ahead + 2 * aside < best.far) best = { one, far: ahead + 2 * aside };
    }
    return best?.one;
  }

  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  graph.addEventListener("keydown", (event) => {
    if (event.key === "Escape") graph.focus();
    const way = ways[event.key];
    if (!way) return;
    const from = event.target.closest(".case");
    const next = from ? nearest(from, ...way) : cases.values().next().value;
    event.preventDefault();
    next?.focus();
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  graph.addEventListener("focusin", (event) => choose(event.target.closest(".case")));
  graph.addEventListener("focusout", () => choose(null));
  graph.addEventListener("mouseover", (event) => choose(event.target.closest(".case")));
  graph.addEventListener("mouseleave", () => choose(document.activeElement.closest(".case")));

  png.hidden = false;
  png.addEventListener("click", async () => {
    const drawn = await (await fetch(png.dataset.picture)).blob();
    const picture = new Image();
    picture.src = URL.createObjectURL(drawn);
    await picture.decode();
    const sheet = new OffscreenCanvas(picture.naturalWidth, picture.naturalHeight);
    sheet.getContext("2d").drawImage(picture, 0, 0);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await sheet.convertToBlob());
    link.download = "transmission.png";
    link.click();
  });
}
