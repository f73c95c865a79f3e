// What a client knows of its chats, as one value, and how each frame changes it. Pure: data in, data out.
//
// The log of a chat is made by the server: events 1, 2, 3 … without a gap. A client holds a contiguous run of it,
// `first … last`, and knows from hints how far the log goes, `head`. Hints may be lost, doubled or late; whatever
// arrives, `last` only moves to the next number, and `wants` says what to ask for so that the run reaches `head`.

import { TYPING_LEASE_S } from "./protocol.js";

/** @typedef {import("./protocol.js").ServerFrame} ServerFrame */
/** @typedef {import("./protocol.js").Event} ChatEvent */
/** @typedef {import("./protocol.js").Chat} Chat */
/** @typedef {import("./protocol.js").OwnChat} OwnChat */
/** @typedef {import("./protocol.js").Events} Events */
/** @typedef {import("./protocol.js").Head} Head */
/** @typedef {import("./protocol.js").Err} Err */
/** @typedef {import("./protocol.js").Ack} Ack */
/** @typedef {import("./protocol.js").Sender} Sender */
/** @typedef {import("./protocol.js").Sync | import("./protocol.js").History} Question */

/**
 * A message of our own that is not in the log yet. Times are the client's, in ms: they steer retries, not order.
 * @typedef {{cmid: string, text: string, at: number, sent?: boolean, chat?: string, seq?: number,
 *   failed?: string, retry_at?: number, tried_at?: number, line?: number}} Pending
 */

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
 *   typing: Record<string, {sender: Sender, until: number}>, stale: boolean,
 * }} LiveChat
 */

/**
 * @typedef {{
 *   side: "visitor" | "agent" | null,
 *   me: (Sender & Partial<import("./protocol.js").Member>) | import("./protocol.js").Member | null,
 *   epoch: string | null, online: boolean, more: boolean,
 *   members: Record<string, import("./protocol.js").Member>,
 *   chats: Record<string, LiveChat>, shown: string | null, missing: string[],
 * }} State
 */

/** Pendings of a visitor who has no chat yet live under this id, which no server makes. */
export const NEW_CHAT = "new";

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
      const members = Object.fromEntries(frame.members.map((member) => [member.id, withMemberDefaults(member)]));
      const next = { ...state, side: /** @type {const} */ ("agent"), me: withMemberDefaults(frame.me), members };
      return settled(next, frame.epoch, frame.chats, frame.more ?? false);
    }
    case "chat":
    case "own_chat":
      return merged(state, frame.chat);
    case "event":
      if (!state.chats[frame.chat]) return frame.event.kind === "ended" ? state : noticed(state, frame.chat);
      return changed(state, frame.chat, (chat) => next_event(state, chat, frame.event), frame.event.cmid);
    case "events":
      return paged(state, frame);
    case "read":
      return changed(state, frame.chat, (chat) => marked(state, chat, { [frame.by]: frame.seq }, frame.unread ?? 0));
    case "typing":
      return changed(state, frame.chat, (chat) => typed(chat, frame.sender, frame.on ?? false, now));
    case "hb":
      return Object.entries(frame.heads ?? {}).reduce(headed, state);
    case "ack":
      return acked(state, frame);
    case "err":
      return refused(state, frame, now);
    case "visitor":
      return changed(state, frame.chat, (chat) => ({ ...chat, visitor: withVisitorDefaults(frame.visitor) }));
    case "presence": {
      const members = Object.fromEntries(frame.members.map((member) => [member.id, withMemberDefaults(member)]));
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

/**
 * The `sync` and `history` frames that should be asked now. The same question again and again is the caller's to
 * avoid (see repair.js).
 * @param {State} state
 * @returns {Question[]}
 */
export function wants(state) {
  /** @type {Question[]} */
  const questions = [];
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
export function show(state, chatId) {
  return state.shown === chatId ? state : { ...state, shown: chatId };
}

/** A message was written; `chatId` null: the visitor has no open chat yet.
 * @param {State} state @param {string | null} chatId @param {Pending} pending @returns {State} */
export function addPending(state, chatId, pending) {
  const id = chatId ?? NEW_CHAT;
  const chat = state.chats[id] ?? (id === NEW_CHAT ? draft() : null);
  if (!chat) return state;
  return withChat(state, { ...chat, pending: [...chat.pending, pending] });
}

/** @param {State} state @param {string} cmid @param {Partial<Pending>} changes @returns {State} */
export function changePending(state, cmid, changes) {
  const chat = holder(state, cmid);
  if (!chat) return state;
  const pending = chat.pending.map((one) => (one.cmid === cmid ? { ...one, ...changes } : one));
  return withChat(state, { ...chat, pending });
}

/** The writer gave a message up.
 * @param {State} state @param {string} cmid @returns {State} */
export function dropPending(state, cmid) {
  const chat = holder(state, cmid);
  return chat ? dropped(state, chat.id, cmid) : state;
}

/** Our own reading, at once; the server's `read` frame confirms it.
 * @param {State} state @param {string} chatId @param {number} seq @returns {State} */
export function markRead(state, chatId, seq) {
  const side = state.side;
  if (!side) return state;
  return changed(state, chatId, (chat) => marked(state, chat, { [side]: Math.min(seq, chat.last) }, chat.unread));
}

/** Signs that nobody renewed go out.
 * @param {State} state @param {number} now @returns {State} */
export function expireTyping(state, now) {
  let next = state;
  for (const chat of Object.values(state.chats)) {
    const live = Object.entries(chat.typing).filter(([, sign]) => sign.until > now);
    if (live.length < Object.keys(chat.typing).length) next = withChat(next, { ...chat, typing: Object.fromEntries(live) });
  }
  return next;
}

// -- summaries ------------------------------------------------------------------------------------------------

/**
 * A welcome replaces the whole list of chats. One that it no longer names stays only while it is on the screen or
 * holds unsent text, and asks once for the events that tell why.
 * @param {State} state @param {string} epoch @param {(Chat | OwnChat)[]} summaries @param {boolean} more
 * @returns {State}
 */
function settled(state, epoch, summaries, more) {
  const before = state.epoch === null || state.epoch === epoch ? state.chats : restarted(state.chats);
  const named = new Set(summaries.map((summary) => summary.id));
  /** @type {Record<string, LiveChat>} */
  const chats = {};
  for (const chat of Object.values(before)) {
    const kept = chat.id === NEW_CHAT || chat.id === state.shown || chat.pending.length > 0;
    if (named.has(chat.id)) chats[chat.id] = { ...chat, typing: {} };
    else if (kept) chats[chat.id] = { ...chat, typing: {}, stale: chat.id !== NEW_CHAT };
  }
  let next = { ...state, epoch, more, chats, missing: [] };
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

/** @param {State} state @param {Chat | OwnChat} summary @returns {State} */
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
 * @param {State} state @param {Chat | OwnChat} summary @returns {State} */
function adopted(state, summary) {
  const rich = "site" in summary ? summary : null;
  /** @type {LiveChat} */
  const chat = {
    id: summary.id, state: summary.state, last: summary.last, started_at: summary.started_at,
    read: withMarkDefaults(summary.read), assignee: summary.assignee ?? null, unread: summary.unread ?? 0,
    ended_at: summary.ended_at ?? null, ended_by: summary.ended_by ?? null,
    site: rich?.site ?? null, visitor: rich ? withVisitorDefaults(rich.visitor) : null, preview: rich?.preview ?? null,
    head: summary.last, first: summary.last + 1, events: [], pending: [], typing: {}, stale: false,
  };
  const waiting = state.chats[NEW_CHAT];
  const next = { ...state, missing: state.missing.filter((id) => id !== chat.id) };
  if (!waiting || summary.state === "ended") return withChat(next, chat);
  return withChat(without(next, NEW_CHAT), { ...chat, pending: waiting.pending });
}

/** @param {LiveChat} chat @returns {LiveChat} */
function emptied(chat) {
  return {
    ...chat, state: "waiting", assignee: null, unread: 0, ended_at: null, ended_by: null, preview: null,
    last: 0, head: 0, first: 1, events: [], typing: {}, stale: true,
  };
}

/** @returns {LiveChat} */
function draft() {
  return {
    id: NEW_CHAT, state: "waiting", last: 0, started_at: "", read: { visitor: 0, agent: 0 }, assignee: null, unread: 0,
    ended_at: null, ended_by: null, site: null, visitor: null, preview: null,
    head: 0, first: 1, events: [], pending: [], typing: {}, stale: false,
  };
}

// -- events ---------------------------------------------------------------------------------------------------

/** @param {State} state @param {LiveChat} chat @param {ChatEvent} event @returns {LiveChat} */
function next_event(state, chat, event) {
  if (event.seq <= chat.last) return chat;
  if (event.seq > chat.last + 1) return { ...chat, head: Math.max(chat.head, event.seq) };
  const { [signOf(event.sender)]: _, ...typing } = chat.typing;
  /** @type {LiveChat} */
  const next = {
    ...chat, events: [...chat.events, event], last: event.seq, head: Math.max(chat.head, event.seq), typing,
    first: chat.events.length ? chat.first : Math.min(chat.first, event.seq),
  };
  switch (event.kind) {
    case "message": {
      const theirs = event.sender.kind === otherSide(state.side);
      if (theirs && event.seq > chat.read[state.side ?? "visitor"]) next.unread += 1;
      if (state.side === "agent") next.preview = { text: event.text ?? "", by: event.sender.kind, at: event.at };
      return next;
    }
    case "assigned":
      return { ...next, state: "active", assignee: { id: event.data?.member, name: event.data?.name } };
    case "ended":
      return { ...next, state: "ended", ended_at: event.at, ended_by: event.data?.by ?? null, typing: {} };
    default:
      return next;
  }
}

/** @param {State} state @param {Events} page @returns {State} */
function paged(state, page) {
  const chat = state.chats[page.chat];
  if (!chat) return state;
  if (page.before != null) return withChat(state, prepended(state, chat, page));
  let next = chat;
  for (const event of page.events) next = next_event(state, next, event);
  // An answer to another question than ours now (an older `after`) still helps, but says nothing of the end.
  if ((page.after ?? 0) <= next.last && !page.more) next = { ...next, stale: false };
  if (page.more) next = { ...next, head: Math.max(next.head, next.last + 1) };
  return page.events.reduce((known, event) => dropped(known, chat.id, event.cmid), withChat(state, next));
}

/** Older events, without effects: the summary already knew them.
 * @param {State} state @param {LiveChat} chat @param {Events} page @returns {LiveChat} */
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
  const other = otherSide(state.side);
  const unread = chat.events.filter((event) => event.kind === "message" && event.seq > mark && event.sender.kind === other);
  return { ...chat, unread: unread.length };
}

/** @param {LiveChat} chat @param {Sender} sender @param {boolean} on @param {number} now @returns {LiveChat} */
function typed(chat, sender, on, now) {
  const { [signOf(sender)]: _, ...typing } = chat.typing;
  if (on && chat.state !== "ended") typing[signOf(sender)] = { sender, until: now + TYPING_LEASE_S * 1000 };
  return { ...chat, typing };
}

/** @param {State} state @param {[string, Head]} entry @returns {State} */
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

// -- our own messages on their way ----------------------------------------------------------------------------

/** @param {State} state @param {Ack} ack @returns {State} */
function acked(state, ack) {
  const from = holder(state, ack.cmid);
  const pending = from?.pending.find((one) => one.cmid === ack.cmid);
  if (!from || !pending) return state;
  const done = { ...pending, sent: true, chat: ack.chat, seq: ack.seq, failed: undefined, retry_at: undefined };
  const to = state.chats[ack.chat];
  if (to && to.events.some((event) => event.cmid === ack.cmid)) return dropped(state, from.id, ack.cmid);
  if (!to || to.id === from.id) return changePending(state, ack.cmid, done);
  return addPending(dropped(state, from.id, ack.cmid), to.id, done);
}

/** @param {State} state @param {Err} err @param {number} now @returns {State} */
function refused(state, err, now) {
  if (!err.cmid) return state;
  const held = holder(state, err.cmid)?.pending.find((one) => one.cmid === err.cmid);
  if (!held || held.sent) return state; // it is stored; a late error of an earlier try changes nothing
  if (err.retry_ms != null) return changePending(state, err.cmid, { retry_at: now + err.retry_ms });
  return changePending(state, err.cmid, { failed: err.code });
}

/** @param {State} state @param {string} cmid @returns {LiveChat | undefined} */
function holder(state, cmid) {
  return Object.values(state.chats).find((chat) => chat.pending.some((one) => one.cmid === cmid));
}

/** @param {State} state @param {string} chatId @param {string} cmid @returns {State} */
function dropped(state, chatId, cmid) {
  const chat = state.chats[chatId];
  if (!chat?.pending.some((one) => one.cmid === cmid)) return state;
  const pending = chat.pending.filter((one) => one.cmid !== cmid);
  if (chatId === NEW_CHAT && !pending.length) return without(state, NEW_CHAT);
  return withChat(state, { ...chat, pending });
}

// -- small parts ----------------------------------------------------------------------------------------------

/** @param {State} state @param {string} chatId @param {(chat: LiveChat) => LiveChat} change @param {string} [cmid]
 *    its event has come, so it is pending no more, wherever it waited
 *  @returns {State} */
function changed(state, chatId, change, cmid) {
  const chat = state.chats[chatId];
  if (!chat) return state;
  const next = withChat(state, change(chat));
  return cmid ? dropPending(next, cmid) : next;
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

/** @param {Sender} sender */
const signOf = (sender) => `${sender.kind}|${sender.id ?? ""}`;

/** @param {State["side"]} side */
const otherSide = (side) => (side === "agent" ? "visitor" : "agent");

/** @param {import("./protocol.js").ReadMarks | undefined} marks */
const withMarkDefaults = (marks) => ({ visitor: marks?.visitor ?? 0, agent: marks?.agent ?? 0 });

/** @param {import("./protocol.js").Member} member */
const withMemberDefaults = (member) => ({ online: false, accepting: false, ...member });

/** @param {import("./protocol.js").VisitorInfo} visitor */
const withVisitorDefaults = (visitor) => ({
  browser: "", system: "", language: "", page_url: "", page_title: "", online: false, ...visitor,
});
