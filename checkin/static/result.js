// Fills the result that the page already holds, in all its words, and shows it instead of the question.

/** '12:05' and '20/07/2021' of a moment, at the service's own offset such as '+0700'. */
export function local(at, zone) {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5));
  const there = new Date(Date.parse(at) + (zone[0] === "-" ? -1 : 1) * minutes * 60000);
  const [year, month, day] = there.toISOString().slice(0, 10).split("-");
  return { time: there.toISOString().slice(11, 16), date: `${day}/${month}/${year}` };
}

/** `state`: green, amber, red, out or wait. */
export function showResult({ state, at, companions, venue }) {
  const result = document.getElementById("result");
  const { time, date } = local(at, result.dataset.zone);
  result.dataset.state = state;
  for (const part of result.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(state);
  }
  const clock = result.querySelector("time");
  clock.dateTime = at;
  clock.textContent = time;
  result.querySelector(".date").textContent = date;
  if (venue) result.querySelector(".venue").textContent = venue;
  const party = result.querySelector(".party");
  party.hidden = !companions;
  party.querySelector("b").textContent = companions;
  document.getElementById("ask").hidden = true;
  result.hidden = false;
  result.focus({ preventScroll: true });
  scrollTo(0, 0);
}
