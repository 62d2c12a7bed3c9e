// Seals what waits on a gate device to the service's public key: the device itself cannot read it any
// more. checkin/seal.py is the other half.

const PURPOSE = new TextEncoder().encode("chot gate event 1");
const BLOCK = 256; // bytes: the length would tell a document from a phone number
const CURVE = { name: "ECDH", namedCurve: "P-256" };
const KEY = 32;
const NONCE = 12;

/** `to` is { id, public }, the key of the service; returns { key, sealed }. */
export async function seal(to, event) {
  const point = Uint8Array.from(atob(to.public), (letter) => letter.charCodeAt(0));
  const theirs = await crypto.subtle.importKey("raw", point, CURVE, false, []);
  const own = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]); // of this event alone
  const ownPoint = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, own.privateKey, 256);
  const { key, iv } = await derived(shared, joined(ownPoint, point));
  const text = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, padded(JSON.stringify(event)));
  const whole = joined(ownPoint, new Uint8Array(text));
  return { key: to.id, sealed: btoa(Array.from(whole, (byte) => String.fromCharCode(byte)).join("")) };
}

async function derived(shared, salt) {
  const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveBits"]);
  const kind = { name: "HKDF", hash: "SHA-256", salt, info: PURPOSE };
  const made = await crypto.subtle.deriveBits(kind, secret, 8 * (KEY + NONCE));
  const key = await crypto.subtle.importKey("raw", made.slice(0, KEY), "AES-GCM", false, ["encrypt"]);
  return { key, iv: made.slice(KEY) };
}

/** With spaces behind the JSON. */
function padded(text) {
  const bytes = new TextEncoder().encode(text);
  const whole = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK).fill(0x20);
  whole.set(bytes);
  return whole;
}

function joined(one, other) {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
