// Scans still on this phone, above the visits the service knows.
import { forget, isRefused, kept } from "./queue.js";
import { printed } from "./code.js";
import { local } from "./result.js";

const section = document.getElementById("kept");
const list = section.querySelector("ul");
const row = section.querySelector("template").content.firstElementChild;

function item(scan) {
  const found = row.cloneNode(true);
  const { time, date } = local(scan.body.at, section.dataset.zone);
  found.querySelector("time").textContent = `${time} ${date}`;
  found.querySelector(`[data-way=${scan.way}]`).hidden = false;
  found.querySelector("code").textContent = printed(scan.body.code);
  const why = found.querySelector(`[data-why=${isRefused(scan) ? "refused" : scan.why || "waiting"}]`);
  why.hidden = false;
  if (isRefused(scan)) why.href = `/problems/${scan.why}`;
  else if (scan.why) why.href = `/V/${scan.body.code}/${scan.why === "sign-in-first" ? "sign-up" : "declare"}`;
  const remove = found.querySelector("button");
  remove.hidden = !isRefused(scan);
  remove.addEventListener("click", () => forget(scan.id).then(show));
  return found;
}

async function show() {
  const scans = await kept();
  list.replaceChildren(...scans.map(item));
  section.hidden = scans.length === 0;
  document.getElementById("send").hidden = scans.every(isRefused);
}

document.addEventListener("scans-sent", ({ detail }) => (detail.length ? location.reload() : show()));
document.getElementById("send").addEventListener("click", () => document.dispatchEvent(new Event("scans-kept")));
await show();
