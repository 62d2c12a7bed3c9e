// The answer that has the whole screen of a gate lane: its colour, words and sound.
import { signal } from "./signal.js";

const verdict = document.getElementById("verdict");

/** What the page may have to say, in its language: words by slug. */
export const told = Object.fromEntries(
  [...document.querySelectorAll("#told dt")].map((term) => [term.textContent, term.nextElementSibling.textContent]),
);

export const shown = () => verdict.dataset.state;

export function show(state, { name = "", words = "", repeated = null } = {}) {
  verdict.dataset.state = state;
  document.body.dataset.state = state;
  for (const part of verdict.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(state);
  }
  verdict.querySelector(".name").textContent = name;
  verdict.querySelector(".words").textContent = words;
  const line = verdict.querySelector(".repeated");
  line.hidden = repeated === null;
  const minutes = Math.round((repeated ?? 0) / 60);
  line.textContent = minutes ? line.dataset.minutes.replace("#", minutes) : line.dataset.now;
  if (state !== "sending" && state !== "ready") signal(state);
}
