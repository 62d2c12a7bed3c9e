// A camera that reads QR codes: frames go to the decoder, one at a time, until the reader is content.

const WIDEST = 960; // pixels: enough for a poster across a doorway, quick on an old phone
const PAUSE = 80; // milliseconds between frames: faster only warms the phone

/** `section` holds the video and the notes; `read(text)` says whether to stop. */
export function lens(section, read) {
  const video = section.querySelector("video");
  const canvas = document.createElement("canvas");
  let stream = null;
  let decoder = null;

  function note(name, text = "") {
    for (const one of section.querySelectorAll("[data-note]")) one.hidden = one.dataset.note !== name;
    const word = section.querySelector(`[data-note="${name}"] b`);
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
    decoder = new Worker(section.dataset.decoder, { type: "module" });
    decoder.postMessage({ wasm: section.dataset.wasm });
    decoder.addEventListener("message", ({ data }) => seen(data));
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

  function seen(text) {
    if (text === null) return close("missing");
    if (text && read(text, note)) return close("looking");
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
  return { open, close, isOpen: () => stream !== null };
}
