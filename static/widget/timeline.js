// From chats to what stands under each other on the screen: days, notes, and runs of bubbles by one sender. Pure.

import { isLate } from "../shared/outbox.js";

/** @typedef {import("../shared/chat_state.js").LiveChat} LiveChat */
/** @typedef {import("../shared/protocol.js").Event} ChatEvent */

/** How far a message of our own has come.
 * @typedef {"sending" | "late" | "sent" | "seen" | "failed"} Progress */
/** @typedef {{key: string, text: string, at: string | number, progress?: Progress, failed?: string}} Bubble */
/**
 * @typedef {{kind: "day", key: string, at: string | number}} Day
 * @typedef {{kind: "note", key: string, text: "joined" | "left" | "ended.you" | "ended.agent" | "ended", name: string}} Note
 * @typedef {{kind: "run", key: string, own: boolean, name: string, named: boolean, bubbles: Bubble[]}} Run
 * @typedef {Day | Note | Run} Item
 */

const RUN_PAUSE_MS = 5 * 60_000; // after a longer pause the time is said again

/**
 * @param {LiveChat[]} chats  oldest first
 * @param {{now: number, dayKey: (at: string | number) => string}} reader
 * @returns {Item[]}
 */
export function timeline(chats, { now, dayKey }) {
  /** @type {Item[]} */
  const items = [];
  let day = "";
  let before = 0;

  /** @param {string | number} at @param {boolean} own @param {string} name @param {Bubble} bubble */
  function add(at, own, name, bubble) {
    const time = new Date(at).getTime();
    enter(at);
    const last = items[items.length - 1];
    const same = last?.kind === "run" && last.own === own && last.name === name;
    if (same && time - before < RUN_PAUSE_MS) last.bubbles.push(bubble);
    else items.push({ kind: "run", key: bubble.key, own, name, named: !own && !same, bubbles: [bubble] });
    before = time;
  }

  /** @param {string | number} at */
  function enter(at) {
    const key = dayKey(at);
    if (key === day) return;
    day = key;
    items.push({ kind: "day", key: `day ${key}`, at });
  }

  for (const chat of chats) {
    for (const event of chat.events) {
      const { kind, sender, at, text, cmid } = event;
      if (kind === "message") {
        const own = sender.kind === "visitor";
        const progress = own ? (event.seq <= chat.read.agent ? "seen" : "sent") : undefined;
        add(at, own, own ? "" : (sender.name ?? ""), { key: cmid, text: text ?? "", at, progress });
      } else if (kind === "assigned" || kind === "ended") {
        enter(at);
        items.push(note(event));
      }
    }
    for (const pending of chat.pending) {
      const { cmid, text, at, failed } = pending;
      const progress = failed ? "failed" : pending.sent ? "sent" : isLate(pending, now) ? "late" : "sending";
      add(at, true, "", { key: cmid, text, at, progress, failed });
    }
  }
  return items;
}

/** @param {ChatEvent} event @returns {Note} */
function note({ kind, id, sender, data }) {
  const key = `note ${id}`;
  if (kind === "assigned") return { kind: "note", key, text: data?.member ? "joined" : "left", name: String(data?.name ?? "") };
  const text = data?.by === "visitor" ? "ended.you" : data?.by === "agent" && sender.name ? "ended.agent" : "ended";
  return { kind: "note", key, text, name: sender.name ?? "" };
}

/** The last of our own messages tells how far it has come; those that need the writer always do.
 * @param {Item[]} items @returns {string | undefined} its key */
export function lastOwn(items) {
  const run = items.findLast((item) => item.kind === "run");
  return run?.kind === "run" && run.own ? run.bubbles[run.bubbles.length - 1]?.key : undefined;
}

/** "AB" for Anna Becker, "A" for Anna; whole characters also where one takes two units. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}
