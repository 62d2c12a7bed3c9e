// Keeps one kind of page and what it loads, so that a device at a door starts without network, too.
const CACHE = "{{ kind }}-{{ language }}-{{ version }}";
const PAGE = new RegExp({{ page|tojson }});
const SHELL = {{ shell|tojson }};
const PATIENCE = 5000; // milliseconds after which a weak signal counts as none

self.addEventListener("install", (event) => {
  event.waitUntil(keepShell().then(() => self.skipWaiting()));
});

async function keepShell() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" })));
  // The page that asked for this worker came before it.
  for (const client of await clients.matchAll({ includeUncontrolled: true })) {
    const { pathname } = new URL(client.url);
    if (PAGE.test(pathname)) await keep(pathname, await fetch(pathname));
  }
}

async function keep(pathname, answer) {
  if (answer.ok && !answer.redirected) await (await caches.open(CACHE)).put(pathname, answer);
}

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOthers().then(() => self.clients.claim()));
});

async function dropOthers() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("{{ kind }}-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname, search } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate" && PAGE.test(pathname)) {
    event.respondWith(page(request, pathname));
  } else if (SHELL.includes(pathname + search)) {
    event.respondWith(search ? cachedFirst(request) : networkFirst(request));
  }
});

async function page(request, pathname) {
  const tooLong = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  const answer = await Promise.race([fetch(request), tooLong]).catch(() => Response.error());
  if (answer.type === "error" || answer.status >= 500) return (await caches.match(pathname)) ?? answer;
  await keep(pathname, answer.clone());
  return answer;
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
