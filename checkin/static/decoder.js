// A worker that reads QR codes from frames; loaded only when the camera opens.
import { prepareZXingModule, readBarcodes } from "./vendor/zxing-wasm/reader.js";

const ONE_QR = { formats: ["QRCode"], maxNumberOfSymbols: 1, tryHarder: true };

self.addEventListener("message", async ({ data }) => {
  if (data.wasm) {
    prepareZXingModule({ overrides: { locateFile: () => data.wasm } });
    return;
  }
  try {
    const found = await readBarcodes(data.frame, ONE_QR);
    self.postMessage(found[0]?.text ?? "");
  } catch {
    self.postMessage(null); // a browser that cannot run it
  }
});
