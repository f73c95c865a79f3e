// Things to be done once that are no messages (take, end): sent again over a lost line until the server has answered,
// always with the same cmid, so that doing them twice does nothing.

import { newCmid } from "../shared/outbox.js";

/** @typedef {import("../shared/protocol.js").Take | import("../shared/protocol.js").End} Order */

/** As for messages: the server answers in milliseconds, so silence means a loss. */
const AGAIN_MS = 10_000;

/**
 * @param {{
 *   send: (order: Order) => boolean,
 *   onRefused: (order: Order, code: string) => void,
 *   clock: import("../shared/clock.js").Clock,
 *   random: Pick<Crypto, "getRandomValues">,
 * }} parts
 */
export function createOrders({ send, onRefused, clock, random }) {
  /** @type {Map<string, {order: Order, timer: unknown}>} */
  const open = new Map();

  /** @param {Order} order @param {number} [wait] */
  function attempt(order, wait = AGAIN_MS) {
    const before = open.get(order.cmid);
    if (before) clock.clearTimeout(before.timer);
    const timer = clock.setTimeout(() => {
      send(order);
      attempt(order);
    }, wait);
    open.set(order.cmid, { order, timer });
  }

  /** @param {string} cmid */
  function done(cmid) {
    const known = open.get(cmid);
    if (known) clock.clearTimeout(known.timer);
    open.delete(cmid);
    return known?.order;
  }

  return {
    /** @param {Order["t"]} t @param {string} chat */
    give(t, chat) {
      const order = { t, chat, cmid: newCmid(random) };
      send(order);
      attempt(order);
    },
    /** @param {import("../shared/protocol.js").ServerFrame} frame */
    heed(frame) {
      if (frame.t === "ack") done(frame.cmid);
      if (frame.t !== "err" || !frame.cmid) return;
      const known = open.get(frame.cmid);
      if (!known) return;
      if (frame.retry_ms != null) attempt(known.order, frame.retry_ms);
      else {
        done(frame.cmid);
        onRefused(known.order, frame.code);
      }
    },
    /** What was asked for has come about, by whomever: nothing more to ask. @param {Order["t"]} t @param {string} chat */
    settle(t, chat) {
      for (const { order } of open.values()) if (order.t === t && order.chat === chat) done(order.cmid);
    },
    lineOpened() {
      for (const { order } of open.values()) {
        send(order);
        attempt(order);
      }
    },
    /** @param {Order["t"]} t @param {string} chat */
    isOpen: (t, chat) => [...open.values()].some(({ order }) => order.t === t && order.chat === chat),
  };
}
