// Scanning inside the page: what the camera reads is opened as soon as it is a code of ours.
import { readScan } from "./code.js";
import { lens } from "./lens.js";

const camera = document.getElementById("camera");

function read(text, note) {
  const found = readScan(text, camera.dataset.publicUrl);
  if (found.code) {
    location.assign(`/V/${found.code}`);
    return true;
  }
  if (found.foreign === "another website") note("another-website");
  else if (found.foreign) note("foreign", found.foreign);
  else note("bad-code");
  return false;
}

const { open } = lens(camera, read);
addEventListener("pageshow", ({ persisted }) => persisted && open());
await open();
