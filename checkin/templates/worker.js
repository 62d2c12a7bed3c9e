// Keeps the shell of the citizen's pages, so that a poster scanned without network still opens.
import { send } from "{{ static('checkin/queue.js') }}";

const CACHE = "chot-{{ language }}-{{ version }}";
const OFFLINE = "/offline?lang={{ language }}";
const SHELL = {{ shell|tojson }};
const PATIENCE = 8000; // milliseconds after which a weak signal counts as none

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll([OFFLINE, ...SHELL].map((url) => new Request(url, { cache: "reload" })));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

async function dropOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith("chot-") && n !== CACHE).map((n) => caches.delete(n)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && /^\/(v\/[^/]+|visits|scan)?$/i.test(url.pathname)) {
    event.respondWith(page(request));
  } else if (SHELL.includes(url.pathname + url.search)) {
    event.respondWith(url.search ? cachedFirst(request) : networkFirst(request));
  }
});

async function page(request) {
  const tooLong = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  const answer = await Promise.race([fetch(request), tooLong]).catch(() => Response.error());
  const isAway = answer.type === "error" || answer.status >= 500; // a busy service takes scans later, too
  return (isAway && (await caches.match(OFFLINE))) || answer;
}

// An address with a hash never changes its content, the others follow the page that asks for them.
async function cachedFirst(request) {
  return (await caches.match(request)) ?? fetch(request);
}

async function networkFirst(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}

self.addEventListener("sync", (event) => {
  if (event.tag === "scans") event.waitUntil(deliver());
});

/** Sends what waits, and tells the pages that are open; rejected, the browser asks again later. */
async function deliver() {
  const found = await send();
  const pages = await self.clients.matchAll({ includeUncontrolled: true });
  for (const page of pages) page.postMessage(found);
  if (found.waiting) throw new Error("some still wait");
}
