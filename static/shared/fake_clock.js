// For tests: a clock whose time moves only when it is told to.

/** @param {number} [start] ms */
export function fakeClock(start = 1_000_000) {
  let time = start;
  let number = 0;
  /** @type {Map<number, {at: number, run: () => void}>} */
  const timers = new Map();
  return {
    now: () => time,
    random: () => 0.5,
    /** @param {() => void} run @param {number} ms */
    setTimeout(run, ms) {
      timers.set((number += 1), { at: time + ms, run });
      return number;
    },
    /** @param {any} timer */
    clearTimeout: (timer) => void timers.delete(timer),
    /** Lets time pass; what becomes due runs in its order. @param {number} ms */
    pass(ms) {
      const until = time + ms;
      for (;;) {
        const next = [...timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
        if (!next) break;
        timers.delete(next[0]);
        time = next[1].at;
        next[1].run();
      }
      time = until;
    },
    get waiting() {
      return timers.size;
    },
  };
}
