// What a gate lane counts: who came and went, how full the venue is, what waits, what was not taken.
import { told } from "./gate_verdict.js";

const $ = (id) => document.getElementById(id);
let notTaken = 0;

export function tellTally({ entered, left, refused }) {
  $("entered").textContent = entered;
  $("left").textContent = left;
  $("refused").textContent = refused;
}

/** «Nearly full» and «full» of the whole venue. */
export function tellFullness(fullness) {
  const warning = $("fullness");
  warning.hidden = fullness !== "nearly_full" && fullness !== "full";
  warning.dataset.state = fullness ?? "";
  for (const one of warning.children) one.hidden = one.dataset.for !== fullness;
}

export function tellWaiting(waiting) {
  $("waiting").hidden = waiting === 0;
  $("waiting").querySelector("b").textContent = waiting;
}

/** What the service could not take of what waited: the guard alone may still know who it was. */
export function tellRefused(slugs) {
  notTaken += slugs.length;
  $("not-taken").hidden = false;
  $("not-taken").querySelector("b").textContent = notTaken;
  $("not-taken").querySelector("span").textContent = [...new Set(slugs.map((slug) => told[slug] ?? slug))].join(" ");
}
