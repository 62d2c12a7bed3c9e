// The time of a scan, by the service's clock where this device's own is plainly off.

const KEPT = "chot-gate-ahead";
const TOLERANCE = 60000; // milliseconds that this device's clock may be off

/** By how much it is, as the service's last answer said. */
let ahead = 0;
try {
  ahead = Number(localStorage.getItem(KEPT));
} catch {
  // a browser that keeps nothing
}

export const now = () => new Date(Date.now() - ahead).toISOString();

export function compareClocks(answer) {
  const found = Date.now() - Date.parse(answer.headers.get("Date"));
  if (Number.isNaN(found)) return;
  ahead = Math.abs(found) > TOLERANCE ? found : 0;
  try {
    localStorage.setItem(KEPT, ahead);
  } catch {
    // the next answer says it again
  }
}
