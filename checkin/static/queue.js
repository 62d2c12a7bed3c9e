// Scans of this device that the service has not confirmed: kept in IndexedDB before the first send,
// sent with the same body until it answers. The natural key makes every repetition harmless.

const STORE = "scans";

function database() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("chot", 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function change(work) {
  const db = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = db.transaction(STORE, "readwrite", { durability: "strict" });
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    db.close();
  }
}

/** { id, way, body, why }: `why` is the slug of the problem it met, "" while it only waits. */
export const kept = () => change((store) => store.getAll());
export const forget = (id) => change((store) => store.delete(id));

/** Keeps one scan and returns it; its `at` is fixed from here on. */
export async function keep(way, body) {
  const scan = { way, body, why: "" };
  scan.id = await change((store) => store.add(scan));
  return scan;
}

/** What a scan waits for that its person can bring; all other refusals are final. */
const CURABLE = ["sign-in-first", "declaration-needed"];
export const isRefused = ({ why }) => why !== "" && !CURABLE.includes(why);

/** Sends one scan: { answer } once it is stored, { why } if refused, {} while it has to wait. */
export async function sendOne(scan) {
  let response;
  try {
    response = await fetch(scan.way === "in" ? "/v1/check-ins" : "/v1/check-outs", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(scan.body),
      signal: AbortSignal.timeout(15000),
    });
    if (response.ok) {
      const answer = await response.json();
      await forget(scan.id);
      return { answer };
    }
  } catch {
    return {};
  }
  if (response.status >= 500 || response.status === 429) return {};
  const problem = await response.json().catch(() => ({}));
  const why = (problem.type ?? "").replace("/problems/", "") || "bad-request";
  await change((store) => store.put({ ...scan, why }));
  return { why };
}

/** Sends everything that may still be taken, oldest first: { sent, waiting, refused }. */
export async function send() {
  const sent = [];
  const scans = (await kept()).sort((a, b) => a.body.at.localeCompare(b.body.at));
  for (const scan of scans.filter((one) => !isRefused(one))) {
    const { answer, why } = await sendOne(scan);
    if (answer) sent.push({ scan, answer });
    else if (!why) break; // no network or a busy service: the others would fare alike
  }
  const left = await kept();
  const refused = left.filter(isRefused).length;
  return { sent, waiting: left.length - refused, refused };
}
