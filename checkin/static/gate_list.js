// The scans that a guard can look back at: the last ones, and the odd ones, to be compared.

const LAST = 6;
const last = document.getElementById("last");
const odd = document.getElementById("odd");

/** The line that was added. */
export function note({ number, body }, state, words) {
  const line = document.createElement("li");
  line.dataset.state = state;
  line.dataset.number = number;
  const time = new Date(body.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  line.textContent = `${time} ${words}`;
  last.prepend(line);
  while (last.children.length > LAST) last.lastElementChild.remove();
  return line.textContent;
}

export function strike(number) {
  last.querySelector(`[data-number="${number}"]`)?.remove();
}

/** Stays in the list until the guard has looked; the next person need not wait for it. */
export function compare(name, why, confirmed) {
  const one = document.getElementById("odd-one").content.firstElementChild.cloneNode(true);
  one.querySelector(".name").textContent = name;
  one.querySelector(".why").textContent = why;
  one.querySelector(".yes").addEventListener("click", () => {
    one.remove();
    confirmed();
  });
  one.querySelector(".no").addEventListener("click", () => one.remove());
  odd.prepend(one);
}
