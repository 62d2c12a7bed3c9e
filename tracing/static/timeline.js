// The name of a visit stays in sight as long as its bar is, however far the day is drawn out.
const view = document.getElementById("timeline");
const visits = [...(view?.querySelectorAll(".days a") ?? [])].map((one) => ({
  bars: [...one.querySelectorAll("rect")],
  name: one.querySelector("text"),
}));
const MARGIN = 4; // as the page draws it
let waiting = false;

function keep() {
  waiting = false;
  const begins = view.querySelector(".date").getBoundingClientRect().right;
  for (const { bars, name } of visits) {
    const left = bars.at(-1).getBoundingClientRect().left;
    const ends = Math.max(...bars.map((bar) => bar.getBoundingClientRect().right));
    const hidden = ends > begins ? Math.max(0, begins - left) : 0;
    name.setAttribute("x", hidden + MARGIN);
  }
}

function soon() {
  if (!waiting) requestAnimationFrame(keep);
  waiting = true;
}

view?.addEventListener("scroll", soon);
view?.addEventListener("zoomed", soon);
