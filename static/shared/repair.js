// Asks the questions of `wants` without asking the same one twice while its answer is on the way, and ever more
// slowly where answers do not help: a fault of the server must not become a flood.

/** @typedef {import("./chat_state.js").Question} Question */

const AGAIN_MIN_MS = 2_000; // longer than any answer on a good line
const AGAIN_MAX_MS = 30_000;

/**
 * @param {{send: (question: Question) => boolean, clock: import("./clock.js").Clock}} parts
 */
export function createRepair({ send, clock }) {
  /** @type {Map<string, {text: string, at: number, pause: number}>} the last question per chat and kind */
  const asked = new Map();
  /** @type {unknown} */
  let timer = null;

  /** @param {Question[]} questions  all that are open now */
  function ask(questions) {
    const now = clock.now();
    let again = Infinity;
    for (const question of questions) {
      const key = `${question.t} ${question.chat}`;
      const text = JSON.stringify(question);
      const before = asked.get(key);
      const same = before?.text === text;
      if (same && now < before.at + before.pause) {
        again = Math.min(again, before.at + before.pause - now);
        continue;
      }
      if (!send(question)) continue;
      const pause = same ? Math.min(AGAIN_MAX_MS, before.pause * 2) : AGAIN_MIN_MS;
      asked.set(key, { text, at: now, pause });
      again = Math.min(again, pause);
    }
    if (timer !== null) clock.clearTimeout(timer);
    timer = again < Infinity && questions.length ? clock.setTimeout(() => ask(questions), again) : null;
  }

  return {
    ask,
    /** A new line: what was asked on the old one will not be answered. */
    forget() {
      asked.clear();
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}
