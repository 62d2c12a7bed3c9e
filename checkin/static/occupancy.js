// The count of now, every few seconds; the rest of the page stays as the person left it.
const EVERY = 10000; // milliseconds

setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.pathname);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const live = page.getElementById("live");
    if (live) document.getElementById("live").replaceWith(live);
  } catch {
    // without network the last count stands, with its time beside it
  }
}, EVERY);
