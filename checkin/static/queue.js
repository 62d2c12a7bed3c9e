// Scans of this device that the service has not confirmed: kept in IndexedDB before the first send,
// sent with the same body until it answers, and all that waited in one upload. The natural key makes
// every repetition harmless.

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

const MOST = 5000; // scans of one upload

/** Sends everything that may still be taken in one upload: { sent, waiting, refused }. */
export async function send() {
  const scans = (await kept()).filter((one) => !isRefused(one)).slice(0, MOST);
  const sent = scans.length ? await upload(scans) : [];
  const left = await kept();
  const refused = left.filter(isRefused).length;
  return { sent, waiting: left.length - refused, refused };
}

/** Each is gone once the service has it, or says why not; the others go on waiting. */
async function upload(scans) {
  let response, answers;
  try {
    response = await fetch("/v1/uploads", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(scans.map(({ way, body }) => ({ ...body, way }))),
      signal: AbortSignal.timeout(60000),
    });
    if (response.status === 401) answers = scans.map(() => ({ problem: SIGN_IN }));
    else if (response.ok) answers = (await response.json()).events;
  } catch {
    // no network, or it went away meanwhile
  }
  if (!answers) return [];
  const done = scans.map((scan, n) => ({ scan, answer: answers[n].scan, problem: answers[n].problem }));
  await change((store) => {
    for (const { scan, answer, problem } of done) {
      if (answer) store.delete(scan.id);
      else if (problem.status !== 503) store.put({ ...scan, why: problem.type.replace("/problems/", "") });
    }
    return store.count();
  });
  return done.filter(({ answer }) => answer);
}

const SIGN_IN = { status: 401, type: "/problems/sign-in-first" };
