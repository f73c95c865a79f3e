// Ending a chat, with a few seconds to think again: the order goes out only when they have passed.

import { signal } from "../vendor/ui.js";

/** Long enough to notice the wrong chat, short enough that the visitor does not wonder. */
export const UNDO_MS = 5000;

/**
 * @param {{
 *   end: (id: string) => void,
 *   say: (id: string, undo: () => void, ms: number) => number,
 *   hush: (toast: number) => void,
 *   clock: import("../shared/clock.js").Clock,
 * }} parts  `say` shows the notice with its undo button and gives its number; `hush` takes it away
 */
export function createEndings({ end, say, hush, clock }) {
  /** Chats that are about to end; `done`: the order is out, and cannot be taken back. */
  const list = signal(/** @type {Record<string, {timer: unknown, toast: number, done: boolean}>} */ ({}));

  /** @param {string} id */
  function forget(id) {
    const known = list.peek()[id];
    if (!known) return;
    clock.clearTimeout(known.timer);
    hush(known.toast);
    const { [id]: _, ...rest } = list.peek();
    list.value = rest;
  }

  /** @param {string} id */
  function carryOut(id) {
    const known = list.peek()[id];
    if (!known || known.done) return;
    clock.clearTimeout(known.timer);
    hush(known.toast);
    list.value = { ...list.peek(), [id]: { ...known, done: true } };
    end(id);
  }

  /** @param {string} id */
  function undo(id) {
    if (!list.peek()[id] || list.peek()[id]?.done) return false;
    forget(id);
    return true;
  }

  return {
    list,
    /** @param {string} id */
    begin(id) {
      if (list.peek()[id]) return;
      const timer = clock.setTimeout(() => carryOut(id), UNDO_MS);
      list.value = { ...list.peek(), [id]: { timer, toast: say(id, () => undo(id), UNDO_MS), done: false } };
    },
    undo,
    /** The last one that can still be taken back. */
    undoLast() {
      const open = Object.keys(list.peek()).filter((id) => !list.peek()[id]?.done);
      const last = open[open.length - 1];
      return last !== undefined && undo(last);
    },
    forget,
    flush: () => Object.keys(list.peek()).forEach(carryOut),
  };
}
