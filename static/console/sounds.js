// The sound of a new chat or message, with what the agent must know about it: is it muted, does the browser block it?

import { createSound } from "../shared/sound.js";
import { signal } from "../vendor/ui.js";

/** A new chat is said twice: it is worth getting up for. */
const AGAIN_MS = 420;

/**
 * @param {{
 *   AudioContextClass: typeof AudioContext | undefined,
 *   muted: import("../vendor/ui.js").Signal<boolean>,
 *   clock: import("../shared/clock.js").Clock,
 * }} parts
 */
export function createSounds({ AudioContextClass, muted, clock }) {
  const blocked = signal(true);

  /** The context is the only one who knows whether the browser lets it sound. */
  const Watched = AudioContextClass && class extends AudioContextClass {
    constructor() {
      super();
      this.onstatechange = () => (blocked.value = this.state !== "running");
    }
  };
  const remembered = { get: () => muted.peek(), set: (/** @type {boolean} */ wish) => void (muted.value = wish) };
  const sound = createSound({ AudioContextClass: Watched, remembered });

  return {
    muted,
    blocked,
    supported: Boolean(AudioContextClass),
    /** From a click or key press: only then browsers allow sound. */
    unlock: () => sound.unlock(),
    /** @param {boolean} wish */
    mute(wish) {
      sound.mute(wish);
      if (!wish) sound.unlock();
    },
    message: () => sound.play(),
    chat() {
      sound.play();
      clock.setTimeout(() => sound.play(), AGAIN_MS);
    },
    /** What it sounds like; the context may need a moment to wake up. */
    test() {
      sound.unlock();
      clock.setTimeout(() => sound.play(), blocked.peek() ? AGAIN_MS : 0);
    },
  };
}
