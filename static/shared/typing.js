// "Anna is writing": when to say it of ourselves, and how long to believe it of others.

import { TYPING_LEASE_S } from "./protocol.js";

/** @typedef {import("./protocol.js").Sender} Sender */
/** Who writes in a chat now, each sign with the time (ms) at which it goes out by itself.
 * @typedef {Record<string, {sender: Sender, until: number}>} Signs */

const RENEW_EVERY_MS = 3_000; // half the lease: one may be lost
const IDLE_AFTER_MS = 5_000; // who stops to think is not writing

/** @param {Signs} signs @param {Sender} sender @param {number} now @returns {Signs} */
export function withSign(signs, sender, now) {
  return { ...withoutSign(signs, sender), [keyOf(sender)]: { sender, until: now + TYPING_LEASE_S * 1000 } };
}

/** @param {Signs} signs @param {Sender} sender @returns {Signs} */
export function withoutSign(signs, sender) {
  const { [keyOf(sender)]: _, ...rest } = signs;
  return rest;
}

/** The same object where none has run out.
 * @param {Signs} signs @param {number} now @returns {Signs} */
export function liveSigns(signs, now) {
  const live = Object.entries(signs).filter(([, sign]) => sign.until > now);
  return live.length === Object.keys(signs).length ? signs : Object.fromEntries(live);
}

/** @param {Sender} sender */
const keyOf = (sender) => `${sender.kind}|${sender.id ?? ""}`;

/**
 * Tells the other side that we write: at most every 3 s, and off once when we stop.
 * @param {{tell: (on: boolean) => void, clock: import("./clock.js").Clock}} parts
 */
export function createTyping({ tell, clock }) {
  let on = false;
  let toldAt = 0;
  /** @type {unknown} */
  let idle = null;

  function stop() {
    if (idle !== null) clock.clearTimeout(idle);
    idle = null;
    if (on) tell(false);
    on = false;
  }

  return {
    /** After each change of the text. @param {string} text */
    input(text) {
      if (!text.trim()) return stop();
      const now = clock.now();
      if (!on || now - toldAt >= RENEW_EVERY_MS) {
        tell(true);
        toldAt = now;
      }
      on = true;
      if (idle !== null) clock.clearTimeout(idle);
      idle = clock.setTimeout(stop, IDLE_AFTER_MS);
    },
    /** The message was sent: its event puts the sign out on the other side, so nothing is told. */
    sent() {
      on = false;
      stop();
    },
    stop,
  };
}
