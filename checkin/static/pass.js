// Shows the pass of this minute while the page is looked at; without it a link does the same.
const rotates = Number(document.getElementById("pass")?.dataset.rotates ?? 0) * 1000;
let shown = Date.now();

/** Takes the new pass out of a fresh copy of this page; the old one stays when the network is gone. */
async function renew() {
  try {
    const answer = await fetch("/pass", { cache: "no-store" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("pass");
    if (!fresh) return location.reload();
    document.getElementById("pass").replaceWith(document.adoptNode(fresh));
    shown = Date.now();
  } catch {
    // the link on the page tries again
  }
}

if (rotates) {
  setInterval(() => document.hidden || renew(), rotates / 2);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - shown > rotates / 2) renew();
  });
}
