// Questions to the state, for the list and the conversation. Pure: the same state gives the same answer.

/** @typedef {import("../shared/chat_state.js").State} State */
/** @typedef {import("../shared/chat_state.js").LiveChat} LiveChat */
/** @typedef {import("../shared/chat_state.js").ChatEvent} ChatEvent */
/** @typedef {import("../shared/outbox.js").Pending} Pending */

/** @typedef {{waiting: LiveChat[], mine: LiveChat[], team: LiveChat[]}} Sections */

/** A waiting person is patient for a minute; after five he looks elsewhere. Only waiting time turns warm. */
export const WARM_AFTER_MS = 60_000;
export const HOT_AFTER_MS = 5 * 60_000;

/** Messages of one person within this time stand together under one name and time. */
export const TOGETHER_MS = 5 * 60_000;

/**
 * The open chats in the order of the list: who waits longest first; my own in the order they began, which does not
 * jump under the hand; colleagues' by what happened last.
 *
 * @param {State} state
 * @param {string} query  narrows to chats that show these words
 * @returns {Sections}
 */
export function sections(state, query = "") {
  const open = Object.values(state.chats).filter((chat) => chat.state !== "ended" && chat.visitor && matches(chat, query));
  const mine = state.me?.id;
  return {
    waiting: open.filter((chat) => chat.state === "waiting").sort(byStart),
    mine: open.filter((chat) => chat.state === "active" && isMine(chat, mine)).sort(byStart),
    team: open.filter((chat) => chat.state === "active" && !isMine(chat, mine)).sort(byLatest),
  };
}

/** @param {LiveChat} chat @param {string | null | undefined} memberId */
export function isMine(chat, memberId) {
  return Boolean(memberId) && chat.assignee?.id === memberId;
}

/** @param {LiveChat} chat @param {string} query */
export function matches(chat, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return true;
  const { visitor, site, preview, assignee } = chat;
  const text = [visitor?.name, site?.name, preview?.text, visitor?.page_title, assignee?.name].join("\n").toLowerCase();
  return words.every((word) => text.includes(word));
}

/**
 * Since when somebody waits for an answer: the whole chat while nobody has taken it, else the visitor's last message
 * that nobody answered. Null: nobody waits.
 *
 * @param {LiveChat} chat
 */
export function waitsSince(chat) {
  if (chat.state === "waiting") return chat.started_at;
  if (chat.state === "active" && chat.preview?.by === "visitor") return chat.preview.at;
  return null;
}

/** How warm a waiting time is: 0 cool, 1 warm, 2 hot. @param {number} ms */
export function warmth(ms) {
  if (ms >= HOT_AFTER_MS) return 2;
  return ms >= WARM_AFTER_MS ? 1 : 0;
}

/**
 * What asks for this agent now: chats that nobody has taken, and what is unread in his own.
 * @param {State} state
 */
export function counts(state) {
  const { waiting, mine } = sections(state);
  return { waiting: waiting.length, unread: mine.reduce((sum, chat) => sum + chat.unread, 0) };
}

/**
 * The chat to go to next: unread ones of mine first, then who waits longest.
 * @param {State} state @param {string | null} current @returns {string | null}
 */
export function nextForMe(state, current) {
  const { waiting, mine } = sections(state);
  const unread = mine.filter((chat) => chat.unread > 0).sort((a, b) => compare(a.preview?.at, b.preview?.at));
  const next = [...unread, ...waiting].find((chat) => chat.id !== current);
  return next?.id ?? null;
}

/**
 * The neighbour of a row in the list as it is shown; from nowhere, the first or the last.
 * @param {string[]} order @param {string | null} current @param {1 | -1} step @returns {string | null}
 */
export function neighbour(order, current, step) {
  const at = current === null ? -1 : order.indexOf(current);
  if (at < 0) return (step > 0 ? order[0] : order[order.length - 1]) ?? null;
  return order[Math.min(order.length - 1, Math.max(0, at + step))] ?? null;
}

/** @typedef {{cmid: string, text: string, side: "visitor" | "agent" | "system", mine: boolean, sender: import("../shared/protocol.js").Sender,
 *   at: string, seq: number | null, pending: Pending | null, first: boolean, last: boolean}} MessageLine */
/** @typedef {{kind: "day", key: string, at: string}
 *   | {kind: "unread", key: string}
 *   | {kind: "notice", key: string, event: ChatEvent}
 *   | {kind: "message", key: string, message: MessageLine}} Line */

/**
 * The lines of a conversation: messages with their place in a run of the same writer, days, notices, and the mark
 * above the first unread message. A message keeps its key (its cmid) from the key press on, so that it stays in place.
 *
 * @param {LiveChat} chat
 * @param {{me: string | null | undefined, name: string, unreadAfter: number | null, dayOf: (at: string) => string}} reader
 * @returns {Line[]}
 */
export function lines(chat, { me, name, unreadAfter, dayOf }) {
  /** @type {Line[]} */
  const all = [];
  let day = "";
  let divided = unreadAfter === null;
  /** @type {MessageLine | null} */
  let before = null;

  /** @param {MessageLine} message */
  function add(message) {
    if (before && before.side === message.side && before.sender.id === message.sender.id && together(before.at, message.at)) {
      message.first = false;
      before.last = false;
    }
    all.push({ kind: "message", key: message.cmid, message });
    before = message;
  }

  /** @param {string} at */
  function turnDay(at) {
    const next = dayOf(at);
    if (next === day) return;
    day = next;
    before = null;
    all.push({ kind: "day", key: `day ${next}`, at });
  }

  for (const event of chat.events) {
    turnDay(event.at);
    if (event.kind !== "message") {
      before = null;
      all.push({ kind: "notice", key: event.id, event });
      continue;
    }
    const mine = event.sender.kind === "agent" && event.sender.id === me;
    if (!divided && event.seq > (unreadAfter ?? 0) && !mine) {
      divided = true;
      before = null;
      all.push({ kind: "unread", key: "unread" });
    }
    add({
      cmid: event.cmid, text: event.text ?? "", side: event.sender.kind, mine, sender: event.sender,
      at: event.at, seq: event.seq, pending: null, first: true, last: true,
    });
  }
  for (const pending of chat.pending) {
    const at = new Date(pending.at).toISOString();
    turnDay(at);
    add({
      cmid: pending.cmid, text: pending.text, side: "agent", mine: true, sender: { kind: "agent", id: me ?? null, name },
      at, seq: null, pending, first: true, last: true,
    });
  }
  return all;
}

/**
 * How far my own last message has come; said once, under the last one, because the others came at least as far.
 * @param {LiveChat} chat @param {MessageLine} message
 * @returns {"failed" | "sending" | "sent" | "seen"}
 */
export function progress(chat, message) {
  if (message.pending?.failed) return "failed";
  if (message.pending && !message.pending.sent) return "sending";
  const seq = message.seq ?? message.pending?.seq ?? null;
  return seq !== null && chat.read.visitor >= seq ? "seen" : "sent";
}

/** Two letters for a face, from a name in any script. @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => Array.from(word ?? "")[0] ?? "").join("") || "?";
}

/** One of eight tints; the same person always has the same. @param {string} id */
export function tint(id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % 8;
}

/** @param {string} a @param {string} b */
const together = (a, b) => Math.abs(Date.parse(b) - Date.parse(a)) < TOGETHER_MS;

/** @param {LiveChat} a @param {LiveChat} b */
const byStart = (a, b) => compare(a.started_at, b.started_at) || compare(a.id, b.id);

/** @param {LiveChat} a @param {LiveChat} b */
const byLatest = (a, b) => compare(b.preview?.at ?? b.started_at, a.preview?.at ?? a.started_at) || compare(a.id, b.id);

/** ISO times of one server sort as text. @param {string | undefined} a @param {string | undefined} b */
const compare = (a = "", b = "") => (a < b ? -1 : a > b ? 1 : 0);
