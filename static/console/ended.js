// The chats that are over, a page at a time, newest first.

import { signal } from "../vendor/ui.js";

/** @typedef {import("../shared/protocol.js").Chat} Chat */
/** @typedef {{chats: Chat[], next: string | null, loading: boolean, failed: boolean, query: string, asked: boolean}} EndedList */

/** A pause in typing; less would ask for every letter. */
const TYPED_MS = 250;

/**
 * @param {{url: string, fetchJson: (url: string) => Promise<any>, clock: import("../shared/clock.js").Clock}} parts
 */
export function createEnded({ url, fetchJson, clock }) {
  /** @type {import("../vendor/ui.js").Signal<EndedList>} */
  const list = signal({ chats: [], next: null, loading: false, failed: false, query: "", asked: false });
  let round = 0;
  /** @type {unknown} */
  let timer = null;

  /** @param {string | null} before */
  async function load(before) {
    const mine = (round += 1);
    const { query } = list.peek();
    list.value = { ...list.peek(), loading: true, failed: false, asked: true };
    const address = new URL(url, location.href);
    if (before) address.searchParams.set("before", before);
    if (query) address.searchParams.set("q", query);
    try {
      const page = await fetchJson(address.href);
      if (mine !== round) return; // a newer question is on its way
      const known = before ? list.peek().chats : [];
      list.value = { ...list.peek(), chats: [...known, ...page.chats], next: page.next ?? null, loading: false };
    } catch {
      if (mine === round) list.value = { ...list.peek(), loading: false, failed: true };
    }
  }

  return {
    list,
    refresh: () => load(null),
    more: () => {
      const { next, loading } = list.peek();
      if (next && !loading) void load(next);
    },
    /** @param {string} query */
    search(query) {
      list.value = { ...list.peek(), query };
      if (timer !== null) clock.clearTimeout(timer);
      timer = clock.setTimeout(() => void load(null), TYPED_MS);
    },
  };
}
