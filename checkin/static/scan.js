// Scanning inside the page: frames of the camera go to the decoder, one at a time, until one is ours.
import { readScan } from "./code.js";

const camera = document.getElementById("camera");
const video = camera.querySelector("video");
const canvas = document.createElement("canvas");
const WIDEST = 960; // pixels: enough for a poster across a doorway, quick on an old phone
const PAUSE = 80; // milliseconds between frames: faster only warms the phone
let stream = null;
let decoder = null;

function note(name, text = "") {
  for (const one of camera.querySelectorAll("[data-note]")) one.hidden = one.dataset.note !== name;
  const word = camera.querySelector(`[data-note="${name}"] b`);
  if (word) word.textContent = text;
}

async function open() {
  if (!window.isSecureContext) return note("insecure");
  if (!navigator.mediaDevices?.getUserMedia) return note("missing");
  try {
    const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (wrong) {
    return note(wrong.name === "NotAllowedError" ? "denied" : "missing");
  }
  note("looking");
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  decoder = new Worker(camera.dataset.decoder, { type: "module" });
  decoder.postMessage({ wasm: camera.dataset.wasm });
  decoder.addEventListener("message", ({ data }) => read(data));
  decoder.addEventListener("error", () => close("missing"));
  grab();
}

function grab() {
  if (!stream) return;
  if (!video.videoWidth) return requestAnimationFrame(grab);
  const scale = Math.min(1, WIDEST / video.videoWidth);
  canvas.width = video.videoWidth * scale;
  canvas.height = video.videoHeight * scale;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  decoder.postMessage({ frame: context.getImageData(0, 0, canvas.width, canvas.height) });
}

function read(text) {
  if (text === null) return close("missing");
  if (text) {
    const found = readScan(text, camera.dataset.publicUrl);
    if (found.code) {
      close("looking");
      location.assign(`/V/${found.code}`);
      return;
    }
    if (found.foreign === "another website") note("another-website");
    else if (found.foreign) note("foreign", found.foreign);
    else note("bad-code");
  }
  setTimeout(grab, PAUSE);
}

function close(reason) {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  decoder?.terminate();
  video.hidden = true;
  note(reason);
}

addEventListener("pagehide", () => stream && close("looking"));
addEventListener("pageshow", ({ persisted }) => persisted && open());
await open();
