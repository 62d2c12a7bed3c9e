// The page without network: the code from the address, checked by its check symbol alone.
import { parseCode, printed } from "./code.js";

const [, door, text] = location.pathname.split("/");
const code = door?.toUpperCase() === "V" ? parseCode(decodeURIComponent(text ?? "")) : null;
if (code) {
  const ask = document.getElementById("ask");
  ask.dataset.code = code;
  document.getElementById("code").textContent = printed(code);
  document.getElementById("no-code").hidden = true;
  document.getElementById("with-code").hidden = false;
  for (const form of document.querySelectorAll("form[data-way]")) {
    form.action = `/V/${code}/check-${form.dataset.way}`;
  }
  document.querySelector("#result .venue").textContent = printed(code);
  document.querySelector(".again").href = location.href;
}

document.querySelector(".code-box").addEventListener("submit", (event) => {
  const typed = parseCode(event.target.elements.code.value);
  if (!typed) return;
  event.preventDefault();
  location.assign(`/V/${typed}`);
});
