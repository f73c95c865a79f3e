// A short, soft sign that something came: two tones made on the spot, no file.

/**
 * @param {{
 *   AudioContextClass: typeof AudioContext | undefined,
 *   remembered: {get: () => boolean, set: (muted: boolean) => void},
 * }} parts  `remembered`: where the reader's wish for silence lives
 */
export function createSound({ AudioContextClass, remembered }) {
  /** @type {AudioContext | null} */
  let context = null;
  let muted = remembered.get();

  return {
    get muted() {
      return muted;
    },
    /** @param {boolean} wish */
    mute(wish) {
      muted = wish;
      remembered.set(wish);
    },
    /** Browsers allow sound only after the reader has touched the page: call from such a handler. */
    unlock() {
      if (!AudioContextClass || muted) return;
      context ??= new AudioContextClass();
      if (context.state === "suspended") context.resume().catch(() => {}); // stays silent
    },
    play() {
      if (muted || context?.state !== "running") return;
      tone(context, 660, 0, 0.09);
      tone(context, 880, 0.09, 0.16);
    },
  };
}

/** @param {AudioContext} context @param {number} hertz @param {number} after s @param {number} length s */
function tone(context, hertz, after, length) {
  const start = context.currentTime + after;
  const voice = context.createOscillator();
  const volume = context.createGain();
  voice.frequency.value = hertz;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.06, start + 0.015); // quiet: it accompanies, it does not alarm
  volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
  voice.connect(volume).connect(context.destination);
  voice.start(start);
  voice.stop(start + length);
}
