/**
 * @file What an alert sounds like: two soft tones, a fifth apart, less than half a second.
 *
 * A browser lets a page sound only after the reader touched it; before that the alert is silent.
 */
const TONES_HZ = [660, 990] as const;
const TONE_S = 0.2;
const LOUDNESS = 0.18;

let context: AudioContext | undefined;

export function playAlert(): void {
  context ??= new AudioContext();
  const audio = context;
  if (audio.state === "suspended") void audio.resume();
  TONES_HZ.forEach((hz, i) => {
    const start = audio.currentTime + i * TONE_S;
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = hz;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.001, start + TONE_S);
    tone.connect(gain).connect(audio.destination);
    tone.start(start);
    tone.stop(start + TONE_S);
  });
}
