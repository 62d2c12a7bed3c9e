// What a guard hears and feels without looking: each answer has its own sound and vibration.

// [pitch in hertz, seconds] one after the other
const SOUNDS = {
  green: [[1320, 0.09]],
  out: [[990, 0.09]],
  amber: [[660, 0.14], [660, 0.14]],
  confirm: [[660, 0.14], [880, 0.14]],
  red: [[220, 0.3], [220, 0.3], [220, 0.3]],
  problem: [[330, 0.18], [262, 0.25]],
  wait: [[440, 0.1]],
  undone: [[523, 0.08], [392, 0.08]],
};
const SHAKES = { green: [40], out: [40], amber: [90, 60, 90], red: [300, 100, 300, 100, 300] };
const GAP = 0.06; // seconds
let audio = null;

export function signal(state) {
  navigator.vibrate?.(SHAKES[state] ?? [60, 40, 60]);
  try {
    audio ??= new AudioContext();
  } catch {
    return; // a browser without sound
  }
  if (audio.state === "suspended") audio.resume().catch(() => {});
  let at = audio.currentTime;
  for (const [pitch, length] of SOUNDS[state] ?? []) {
    const tone = new OscillatorNode(audio, { frequency: pitch, type: "square" });
    const loud = new GainNode(audio, { gain: 0.15 });
    tone.connect(loud).connect(audio.destination);
    tone.start(at);
    tone.stop(at + length);
    at += length + GAP;
  }
}
