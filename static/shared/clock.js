// The browser's time, chance, timers and signs of life as values that are handed in, so that tests hand in theirs.

/**
 * @typedef {{
 *   now: () => number,
 *   random: () => number,
 *   setTimeout: (run: () => void, ms: number) => unknown,
 *   clearTimeout: (timer: any) => void,
 * }} Clock
 */

/** `onWake` calls back when there is reason to believe that the line may be dead or back again.
 * @typedef {{online: () => boolean, onWake: (run: () => void) => () => void}} Surroundings */

/** @returns {Clock} */
export function browserClock() {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
  };
}

/** @param {Window} window @returns {Surroundings} */
export function browserSurroundings(window) {
  return {
    online: () => window.navigator.onLine,
    onWake(run) {
      const shown = () => window.document.visibilityState === "visible" && run();
      window.document.addEventListener("visibilitychange", shown);
      window.addEventListener("online", run);
      window.addEventListener("pageshow", run);
      return () => {
        window.document.removeEventListener("visibilitychange", shown);
        window.removeEventListener("online", run);
        window.removeEventListener("pageshow", run);
      };
    },
  };
}
