// What a client knows of its chats, as one value, and how each frame changes it. Pure: data in, data out.
//
// The log of a chat is made by the server: events 1, 2, 3 … without a gap. A client holds a contiguous run of it,
// `first … last`, and knows from hints how far the log goes, `head`. Hints may be lost, doubled or late; whatever
// arrives, `last` only moves to the next number, and `wants` says what to ask for so that the run reaches `head`.

import { NEW_CHAT, acked, blank, dropPending, movedIn, refused } from "./outbox.js";
import { liveSigns, withSign, withoutSign } from "./typing.js";

/** @typedef {import("./protocol.js").ServerFrame} ServerFrame */
/** @typedef {import("./protocol.js").Event} ChatEvent */
/** @typedef {import("./protocol.js").Chat | import("./protocol.js").OwnChat} Summary */
/** @typedef {import("./outbox.js").Pending} Pending */
/** @typedef {import("./protocol.js").Sender} Sender */
/** @typedef {import("./protocol.js").Member} Member */
/** @typedef {import("./protocol.js").Sync | import("./protocol.js").History} Question */

/**
 * One chat as this client has it: the summary's fields with defaults filled in, and the local ones:
 * `head` (how far the log goes), `first … last` (the run in `events`), `stale` (ask once more, whatever head says).
 * @typedef {{
 *   id: string, state: import("./protocol.js").ChatState, last: number, started_at: string,
 *   read: {visitor: number, agent: number}, assignee: import("./protocol.js").Assignee | null, unread: number,
 *   ended_at: string | null, ended_by: import("./protocol.js").SenderKind | null,
 *   site: import("./protocol.js").SiteRef | null, visitor: import("./protocol.js").VisitorInfo | null,
 *   preview: import("./protocol.js").Preview | null,
 *   head: number, first: number, events: ChatEvent[], pending: Pending[],
 *   typing: import("./typing.js").Signs, stale: boolean,
 * }} LiveChat
 */

/**
 * @typedef {{
 *   side: "visitor" | "agent" | null,
 *   me: Sender | Member | null, epoch: string | null, online: boolean, more: boolean,
 *   members: Record<string, Member>, chats: Record<string, LiveChat>, shown: string | null, missing: string[],
 * }} State
 */

/** @returns {State} */
export function initial() {
  return { side: null, me: null, epoch: null, online: false, more: false, members: {}, chats: {}, shown: null, missing: [] };
}

/**
 * The state after a frame. Total: frames and chats that are not known leave it as it is.
 * @param {State} state
 * @param {ServerFrame} frame
 * @param {number} now  ms, for leases and retries
 * @returns {State}
 */
export function apply(state, frame, now) {
  switch (frame.t) {
    case "welcome": {
      const next = { ...state, side: /** @type {const} */ ("visitor"), me: frame.me, online: frame.online };
      return settled(next, frame.epoch, frame.chat ? [frame.chat] : [], false);
    }
    case "inbox": {
      const members = byId(frame.members);
      const next = { ...state, side: /** @type {const} */ ("agent"), me: withMemberDefaults(frame.me), members };
      return settled(next, frame.epoch, frame.chats, frame.more ?? false);
    }
    case "chat":
    case "own_chat":
      return merged(state, frame.chat);
    case "event":
      if (!state.chats[frame.chat]) return frame.event.kind === "ended" ? state : noticed(state, frame.chat);
      return arrived(state, frame.chat, [frame.event]);
    case "events":
      return paged(state, frame);
    case "read":
      return changed(state, frame.chat, (chat) => marked(state, chat, { [frame.by]: frame.seq }, frame.unread ?? 0));
    case "typing":
      return changed(state, frame.chat, (chat) => typed(chat, frame.sender, frame.on ?? false, now));
    case "hb":
      return Object.entries(frame.heads ?? {}).reduce(headed, state);
    case "ack":
      return acked(state.chats[frame.chat] ? state : noticed(state, frame.chat), frame);
    case "err":
      if (!frame.cmid && frame.chat && frame.code === "not_found") return changed(state, frame.chat, unreachable);
      return refused(state, frame, now);
    case "visitor":
      return changed(state, frame.chat, (chat) => ({ ...chat, visitor: withVisitorDefaults(frame.visitor) }));
    case "presence": {
      const members = byId(frame.members);
      return { ...state, members, me: (state.me?.id && members[state.me.id]) || state.me };
    }
    case "online":
      return { ...state, online: frame.online };
    case "reset":
      return changed(state, frame.chat, emptied);
    case "gone":
      return without(state, frame.chat);
    default:
      return state; // pong, bye and what a newer server sends
  }
}

/** The `sync` and `history` frames that should be asked now; repair.js sees to it that none is asked twice at once.
 * @param {State} state @returns {Question[]} */
export function wants(state) {
  const questions = /** @type {Question[]} */ ([]);
  for (const chat of Object.values(state.chats)) {
    if (chat.id === NEW_CHAT) continue;
    if (chat.head > chat.last || chat.stale) questions.push({ t: "sync", chat: chat.id, after: chat.last });
    if (chat.id === state.shown && !chat.events.length && chat.first > 1) {
      questions.push({ t: "history", chat: chat.id, before: chat.first });
    }
  }
  return questions;
}

// -- what the client itself does ------------------------------------------------------------------------------

/** This chat is on the screen: it is kept when the inbox no longer lists it, and its events are loaded.
 * @param {State} state @param {string | null} chatId @returns {State} */
export const show = (state, chatId) => (state.shown === chatId ? state : { ...state, shown: chatId });

/** Our own reading, at once; the server's `read` frame confirms it.
 * @param {State} state @param {string} chatId @param {number} seq @returns {State} */
export function markRead(state, chatId, seq) {
  const side = state.side ?? "visitor";
  return changed(state, chatId, (chat) => marked(state, chat, { [side]: Math.min(seq, chat.last) }, chat.unread));
}

/** Signs that nobody renewed go out.
 * @param {State} state @param {number} now @returns {State} */
export function expireTyping(state, now) {
  return Object.values(state.chats).reduce((next, chat) => {
    const typing = liveSigns(chat.typing, now);
    return typing === chat.typing ? next : withChat(next, { ...chat, typing });
  }, state);
}

// -- summaries ------------------------------------------------------------------------------------------------

/**
 * A welcome replaces the whole list of chats. One that it no longer names stays only while it is on the screen or
 * holds unsent text, and asks once for the events that tell why.
 * @param {State} state @param {string} epoch @param {Summary[]} summaries @param {boolean} more
 * @returns {State}
 */
function settled(state, epoch, summaries, more) {
  const before = state.epoch === null || state.epoch === epoch ? state.chats : restarted(state.chats);
  const named = new Set(summaries.map((summary) => summary.id));
  const chats = /** @type {Record<string, LiveChat>} */ ({});
  for (const chat of Object.values(before)) {
    // Stored in a chat that came and went unseen: there is nowhere here to wait for it.
    const pending = chat.pending.filter((one) => !one.sent || !one.chat || named.has(one.chat) || before[one.chat]);
    const kept = named.has(chat.id) || chat.id === state.shown || pending.length > 0;
    const stale = !named.has(chat.id) && chat.id !== NEW_CHAT;
    if (kept) chats[chat.id] = { ...chat, typing: {}, pending, stale };
  }
  let next = /** @type {State} */ ({ ...state, epoch, more, chats, missing: [] });
  for (const summary of summaries) {
    const known = next.chats[summary.id];
    // Far behind and not looked at: the summary is exact and costs no question.
    const behind = known && known.last < summary.last && known.id !== state.shown && !known.pending.length;
    if (behind) next = without(next, summary.id);
    next = merged(next, summary);
    const chat = next.chats[summary.id];
    if (chat && "visitor" in summary) {
      next = withChat(next, { ...chat, site: summary.site, visitor: withVisitorDefaults(summary.visitor) });
    }
  }
  return next;
}

/** The database was restored: numbers may mean other events now. What was not confirmed is sent again.
 * @param {Record<string, LiveChat>} chats @returns {Record<string, LiveChat>} */
function restarted(chats) {
  return Object.fromEntries(Object.values(chats).map((chat) => {
    const pending = chat.pending.map(({ cmid, text, at, failed }) => ({ cmid, text, at, failed }));
    return [chat.id, chat.id === NEW_CHAT ? { ...chat, pending } : { ...emptied(chat), pending }];
  }));
}

/** @param {State} state @param {Summary} summary @returns {State} */
function merged(state, summary) {
  const known = state.chats[summary.id];
  if (!known) return adopted(state, summary);
  const read = withMarkDefaults(summary.read);
  const side = state.side ?? "visitor";
  const exact = summary.last === known.last && read[side] >= known.read[side];
  const chat = marked(state, known, read, exact ? (summary.unread ?? 0) : known.unread);
  return withChat(state, { ...chat, head: Math.max(chat.head, summary.last) });
}

/** A chat that is new to this client. A visitor's unsent first messages move into it.
 * @param {State} state @param {Summary} summary @returns {State} */
function adopted(state, summary) {
  const visitor = "visitor" in summary ? withVisitorDefaults(summary.visitor) : null;
  const own = { read: withMarkDefaults(summary.read), visitor, head: summary.last, first: summary.last + 1 };
  const chat = { ...blank(summary.id), ...summary, ...own };
  return movedIn({ ...state, missing: state.missing.filter((id) => id !== chat.id) }, chat);
}

/** @param {LiveChat} chat @returns {LiveChat} */
function emptied(chat) {
  const { id, started_at, read, site, visitor, pending } = chat;
  return { ...blank(id), started_at, read, site, visitor, pending, stale: true };
}

/** The server answers nothing more about it: what is here stays, and no question is repeated.
 * @param {LiveChat} chat @returns {LiveChat} */
function unreachable(chat) {
  return { ...chat, head: chat.last, first: 1, stale: false };
}

// -- events ---------------------------------------------------------------------------------------------------

/** @param {State} state @param {LiveChat} chat @param {ChatEvent} event @returns {LiveChat} */
function appended(state, chat, event) {
  if (event.seq <= chat.last) return chat;
  if (event.seq > chat.last + 1) return { ...chat, head: Math.max(chat.head, event.seq) };
  const typing = withoutSign(chat.typing, event.sender);
  const head = Math.max(chat.head, event.seq);
  const next = { ...chat, events: [...chat.events, event], last: event.seq, head, typing };
  switch (event.kind) {
    case "message": {
      const theirs = event.sender.kind === otherSide(state.side);
      if (theirs && event.seq > chat.read[state.side ?? "visitor"]) next.unread += 1;
      if (state.side === "agent") next.preview = { text: event.text ?? "", by: event.sender.kind, at: event.at };
      return next;
    }
    case "assigned":
      if (!event.data?.member) return { ...next, state: "waiting", assignee: null }; // its agent has left the team
      return { ...next, state: "active", assignee: { id: event.data.member, name: event.data.name } };
    case "ended":
      return { ...next, state: "ended", ended_at: event.at, ended_by: event.data?.by ?? null, typing: {} };
    default:
      return next;
  }
}

/** Our own messages among those that are in the run now are pending no more, wherever they waited.
 * @param {State} state @param {string} chatId @param {ChatEvent[]} events @returns {State} */
function arrived(state, chatId, events) {
  const next = changed(state, chatId, (chat) => events.reduce((known, event) => appended(state, known, event), chat));
  return confirmed(next, chatId, events);
}

/** @param {State} state @param {string} chatId @param {ChatEvent[]} events @returns {State} */
function confirmed(state, chatId, events) {
  const last = state.chats[chatId]?.last ?? 0;
  return events.reduce((next, event) => (event.seq <= last ? dropPending(next, event.cmid) : next), state);
}

/** @param {State} state @param {import("./protocol.js").Events} page @returns {State} */
function paged(state, page) {
  if (page.before != null) {
    return confirmed(changed(state, page.chat, (chat) => prepended(state, chat, page)), page.chat, page.events);
  }
  return changed(arrived(state, page.chat, page.events), page.chat, (chat) => {
    const reached = (page.after ?? 0) <= chat.last && !page.more;
    const known = page.more ? (page.events[page.events.length - 1]?.seq ?? 0) + 1 : 0;
    return { ...chat, stale: chat.stale && !reached, head: Math.max(chat.head, known) };
  });
}

/** Older events, without effects: the summary already knew them.
 * @param {State} state @param {LiveChat} chat @param {import("./protocol.js").Events} page @returns {LiveChat} */
function prepended(state, chat, page) {
  const older = page.events.filter((event) => event.seq < chat.first);
  const joins = older.length ? older[older.length - 1]?.seq === chat.first - 1 : page.before === chat.first;
  if (!joins) return chat;
  const first = page.more ? (older[0]?.seq ?? chat.first) : 1;
  return recounted(state, { ...chat, first, events: [...older, ...chat.events] });
}

// -- marks, signs, heads --------------------------------------------------------------------------------------

/** Marks only rise. `unread` is counted where the events are here, else taken as told.
 * @param {State} state @param {LiveChat} chat @param {Partial<LiveChat["read"]>} marks @param {number} told
 * @returns {LiveChat} */
function marked(state, chat, marks, told) {
  const read = {
    visitor: Math.max(chat.read.visitor, marks.visitor ?? 0),
    agent: Math.max(chat.read.agent, marks.agent ?? 0),
  };
  const own = marks[state.side ?? "visitor"];
  return recounted(state, { ...chat, read, unread: own === undefined ? chat.unread : told });
}

/** @param {State} state @param {LiveChat} chat @returns {LiveChat} */
function recounted(state, chat) {
  const mark = chat.read[state.side ?? "visitor"];
  if (chat.first > mark + 1) return chat; // some of the unread ones are not here to be counted
  const theirs = chat.events.filter((event) => event.kind === "message" && event.sender.kind === otherSide(state.side));
  return { ...chat, unread: theirs.filter((event) => event.seq > mark).length };
}

/** @param {LiveChat} chat @param {Sender} sender @param {boolean} on @param {number} now @returns {LiveChat} */
function typed(chat, sender, on, now) {
  const writes = on && chat.state !== "ended";
  return { ...chat, typing: writes ? withSign(chat.typing, sender, now) : withoutSign(chat.typing, sender) };
}

/** @param {State} state @param {[string, import("./protocol.js").Head]} entry @returns {State} */
function headed(state, [chatId, head]) {
  if (!state.chats[chatId]) return head.state === "ended" ? state : noticed(state, chatId);
  return changed(state, chatId, (chat) => {
    const read = withMarkDefaults(head.read);
    return { ...marked(state, chat, read, chat.unread), head: Math.max(chat.head, head.last) };
  });
}

/** Something happens in an open chat that this client was never told of: a new welcome would tell.
 * @param {State} state @param {string} chatId @returns {State} */
function noticed(state, chatId) {
  if (state.more || state.missing.includes(chatId)) return state; // a list that was cut has no duty to know it
  return { ...state, missing: [...state.missing, chatId] };
}

// -- small parts ----------------------------------------------------------------------------------------------

/** @param {State} state @param {string} chatId @param {(chat: LiveChat) => LiveChat} change @returns {State} */
function changed(state, chatId, change) {
  const chat = state.chats[chatId];
  return chat ? withChat(state, change(chat)) : state;
}

/** @param {State} state @param {LiveChat} chat @returns {State} */
function withChat(state, chat) {
  return state.chats[chat.id] === chat ? state : { ...state, chats: { ...state.chats, [chat.id]: chat } };
}

/** @param {State} state @param {string} chatId @returns {State} */
function without(state, chatId) {
  const { [chatId]: _, ...chats } = state.chats;
  return { ...state, chats, missing: state.missing.filter((id) => id !== chatId) };
}

/** @param {State["side"]} side */
const otherSide = (side) => (side === "agent" ? "visitor" : "agent");

/** @param {import("./protocol.js").ReadMarks | undefined} marks */
const withMarkDefaults = (marks) => ({ visitor: marks?.visitor ?? 0, agent: marks?.agent ?? 0 });

/** @param {Member[]} members @returns {Record<string, Member>} */
const byId = (members) => Object.fromEntries(members.map((member) => [member.id, withMemberDefaults(member)]));

/** @param {Member} member @returns {Member} */
const withMemberDefaults = (member) => ({ online: false, accepting: false, ...member });

/** @param {import("./protocol.js").VisitorInfo} visitor */
const withVisitorDefaults = (visitor) => ({
  browser: "", system: "", language: "", page_url: "", page_title: "", online: false, ...visitor,
});
