// Short notices at the lower edge, with at most one thing to do.

import { signal } from "../vendor/ui.js";

/** Time to read a sentence and to reach for the button. */
const SHOWN_MS = 6000;
const TOGETHER_MAX = 3; // more would hide the composer

/**
 * @typedef {{id: number, text: string, label?: string, run?: () => void, timer: unknown}} Toast
 */

/** @param {import("../shared/clock.js").Clock} clock */
export function createToasts(clock) {
  /** @type {import("../vendor/ui.js").Signal<Toast[]>} */
  const list = signal([]);
  let ids = 0;

  /** @param {number} id */
  function dismiss(id) {
    const toast = list.peek().find((one) => one.id === id);
    if (!toast) return;
    clock.clearTimeout(toast.timer);
    list.value = list.peek().filter((one) => one.id !== id);
  }

  /**
   * @param {string} text
   * @param {{label?: string, run?: () => void, ms?: number}} [options]
   */
  function show(text, { label, run, ms = SHOWN_MS } = {}) {
    const id = (ids += 1);
    const toast = { id, text, label, run, timer: clock.setTimeout(() => dismiss(id), ms) };
    for (const old of list.peek().slice(0, -(TOGETHER_MAX - 1))) dismiss(old.id);
    list.value = [...list.peek(), toast];
    return id;
  }

  return { list, show, dismiss };
}
