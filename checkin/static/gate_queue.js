// What waits on a gate device: sealed events in IndexedDB, each gone once the service has answered
// for it. Sent twice they are stored once, so a lost answer costs nothing.

const STORE = "sealed";
const PIECE = 200; // events of one request
const TIMEOUT = 60000; // milliseconds

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("chot-gate", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** The result of the last request that `work` makes, once all of it is on disk. */
async function change(work) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, "readwrite", { durability: "strict" });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

/** Returns its number. */
export const keep = (sealed) => change((store) => store.add(sealed));
export const count = () => change((store) => store.count());

/** Whether it still waited. */
export async function drop(id) {
  let waited;
  await change((store) => {
    waited = store.count(id);
    return store.delete(id);
  });
  return waited.result > 0;
}

/** Sends all that waits, the oldest first: { refused: [slug], isAnswered, status }. */
export async function send() {
  const refused = [];
  const later = new Set(); // of an event that may come again
  for (;;) {
    const all = await change((store) => store.getAll());
    const piece = all.filter(({ id }) => !later.has(id)).slice(0, PIECE);
    if (!piece.length) return { refused, isAnswered: later.size === 0, status: 200 };
    const response = await post(piece.map(({ key, sealed }) => ({ key, sealed })));
    const answer = response?.ok ? await response.json().catch(() => null) : null; // or cut off
    if (!answer) return { refused, isAnswered: false, status: response?.status ?? 0 };
    const gone = [];
    answer.events.forEach(({ problem }, n) => {
      if (problem?.status === 503) return later.add(piece[n].id);
      if (problem) refused.push(problem.type.replace("/problems/", ""));
      gone.push(piece[n].id);
    });
    await change((store) => gone.map((id) => store.delete(id)).at(-1));
  }
}

function post(events) {
  return fetch("/v1/gate/uploads", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(TIMEOUT),
  }).catch(() => null);
}
