// The code on a poster: read as typed or as scanned, by the same rules as venues/code.py.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const MISREAD = { O: "0", I: "1", L: "1" };
const FOREIGN = [
  ["NZ COVID Tracer", /^NZCOVIDTRACER:/iu],
  ["NHS COVID-19", /^UKC19TRACING:/iu],
  ["Corona-Warn-App", /^https:\/\/e\.coronawarn\.app([/?#]|$)/iu],
  ["luca", /^https:\/\/app\.luca-app\.de([/?#]|$)/iu],
  ["SafeEntry", /^https:\/\/www\.safeentry-qr\.gov\.sg([/?#]|$)/iu],
  ["Taiwan 1922", /^SMSTO:1922:/iu],
  ["PC-COVID", /^https:\/\/([a-z0-9-]+\.)*(pccovid\.gov|tokhaiyte)\.vn([/?#]|$)/iu],
  ["another website", /^(https?:\/\/|\/\/|www\.)/iu],
];

/** The code somebody typed, in the form the service knows; null if it is none. */
export function parseCode(text) {
  const typed = text.replace(/[\s\p{Pd}]/gu, "");
  if (!/^[\x21-\x7e]{13}(.{6})?$/.test(typed)) return null; // the six are a screen's step
  const code = typed.toUpperCase().replace(/[OIL]/g, (letter) => MISREAD[letter]);
  if (![...code].every((symbol) => ALPHABET.includes(symbol))) return null;
  const values = [...code.slice(0, 13)].map((symbol) => ALPHABET.indexOf(symbol));
  // Luhn mod 32: the symbol next to the check symbol counts double, then every second one.
  const total = values.reverse().reduce((sum, value, place) => {
    const twice = 2 * value;
    return sum + (place % 2 ? Math.floor(twice / 32) + (twice % 32) : value);
  });
  return total % 32 === 0 ? code : null;
}

/** { code } of our own address to the letter or a bare code, else { foreign } or { bad: true }. */
export function readScan(text, publicUrl) {
  const scanned = text.trim();
  const ours = `${publicUrl.replace(/\/+$/, "")}/V/`.toUpperCase();
  const ascii = /^[\x00-\x7f]*$/.test(scanned);
  const isOurs = ascii && scanned.toUpperCase().startsWith(ours);
  const foreign = isOurs ? null : FOREIGN.find(([, pattern]) => pattern.test(scanned));
  if (foreign) return { foreign: foreign[0] };
  const code = parseCode(isOurs ? scanned.slice(ours.length) : scanned);
  return code ? { code } : { bad: true };
}

/** In the groups that people read aloud and type. */
export function printed(code) {
  return `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8, 13)}`;
}
