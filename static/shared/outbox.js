// Our own messages between the key press and the log. They live in the chat's `pending`, so that there is one state;
// here is what happens to them: kept over a reload, sent, sent again with the same cmid, confirmed, refused.

/** @typedef {import("./chat_state.js").State} State */
/** @typedef {import("./chat_state.js").LiveChat} LiveChat */

/**
 * A message of our own that is not in the log yet. Times are the client's, in ms: they steer retries, not order.
 * `sent`: the server has confirmed it, its event is on the way. `line`: which connection it was last sent on.
 * @typedef {{cmid: string, text: string, at: number, sent?: boolean, chat?: string, seq?: number,
 *   failed?: string, retry_at?: number, tried_at?: number, line?: number}} Pending
 */

/** Pendings of a visitor who has no chat yet live under this id, which no server makes. */
export const NEW_CHAT = "new";

/** Without an ack the same frame goes out again; the server answers in milliseconds, so this means a loss. */
export const RESEND_AFTER_MS = 10_000;

/** From here on the view says "not sent yet": one lost answer and one retry fit in before. */
export const LATE_AFTER_MS = 15_000;

/** A UUID of version 4; `crypto.randomUUID` is missing on plain-http pages.
 * @param {Pick<Crypto, "getRandomValues">} random */
export function newCmid(random) {
  const bytes = random.getRandomValues(new Uint8Array(16));
  bytes[6] = (/** @type {number} */ (bytes[6]) & 0x0f) | 0x40;
  bytes[8] = (/** @type {number} */ (bytes[8]) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** @param {Pending} pending @param {number} now */
export const isLate = (pending, now) => !pending.sent && !pending.failed && now - pending.at >= LATE_AFTER_MS;

// -- changes of the state -------------------------------------------------------------------------------------

/** A message was written; `chatId` null: the visitor has no open chat yet.
 * @param {State} state @param {string | null} chatId @param {Pending} pending @returns {State} */
export function addPending(state, chatId, pending) {
  const id = chatId ?? NEW_CHAT;
  const chat = state.chats[id] ?? (id === NEW_CHAT ? blank(id) : null);
  return chat ? withPending(state, chat, [...chat.pending, pending]) : state;
}

/** @param {State} state @param {string} cmid @param {Partial<Pending>} changes @returns {State} */
export function changePending(state, cmid, changes) {
  const chat = holder(state, cmid);
  if (!chat) return state;
  return withPending(state, chat, chat.pending.map((one) => (one.cmid === cmid ? { ...one, ...changes } : one)));
}

/** It is in the log now, or its writer gave it up.
 * @param {State} state @param {string} cmid @returns {State} */
export function dropPending(state, cmid) {
  const chat = holder(state, cmid);
  return chat ? withPending(state, chat, chat.pending.filter((one) => one.cmid !== cmid)) : state;
}

/** The writer asks to try a refused message once more.
 * @param {State} state @param {string} cmid @param {number} now @returns {State} */
export function retryPending(state, cmid, now) {
  return changePending(state, cmid, { failed: undefined, retry_at: undefined, tried_at: undefined, at: now });
}

/** Confirmed. Where the message opened another chat than it was written in, it moves there.
 * @param {State} state @param {import("./protocol.js").Ack} ack @returns {State} */
export function acked(state, ack) {
  const pending = find(state, ack.cmid);
  if (!pending) return state;
  const to = state.chats[ack.chat];
  if (to && ack.seq <= to.last) return dropPending(state, ack.cmid); // its event is in the log already
  const done = { ...pending, sent: true, chat: ack.chat, seq: ack.seq, failed: undefined, retry_at: undefined };
  if (!to || to === holder(state, ack.cmid)) return changePending(state, ack.cmid, done);
  return addPending(dropPending(state, ack.cmid), to.id, done);
}

/** A chat has become known: what was written for it before moves in, except what its log has already.
 * @param {State} state @param {LiveChat} chat @returns {State} */
export function movedIn(state, chat) {
  let next = { ...state, chats: { ...state.chats, [chat.id]: chat } };
  for (const { id, pending } of Object.values(state.chats)) {
    for (const one of pending) {
      const here = one.chat === chat.id || (!one.chat && id === NEW_CHAT && chat.state !== "ended");
      if (here) next = dropPending(next, one.cmid);
      if (here && !(one.sent && (one.seq ?? 0) <= chat.last)) next = addPending(next, chat.id, one);
    }
  }
  return next;
}

/** @param {State} state @param {import("./protocol.js").Err} err @param {number} now @returns {State} */
export function refused(state, err, now) {
  if (!err.cmid || find(state, err.cmid)?.sent) return state; // stored: a late error of an earlier try says nothing
  // Answered, so nothing was lost: the pause that the server names counts, not the one for lost answers.
  if (err.retry_ms != null) return changePending(state, err.cmid, { retry_at: now + err.retry_ms, tried_at: undefined });
  return changePending(state, err.cmid, { failed: err.code });
}

// -- what to send ---------------------------------------------------------------------------------------------

/**
 * The messages that should go out now on connection number `line`, in the order of writing. Within a chat none
 * overtakes an earlier one that waits for its retry. Of a visitor's first messages only the first may `start`;
 * the others follow into the chat that it opens.
 * @param {State} state @param {number} now @param {number} line
 * @returns {{chat: string | null, pending: Pending}[]}
 */
export function due(state, now, line) {
  /** @type {{chat: string | null, pending: Pending}[]} */
  const ready = [];
  for (const chat of Object.values(state.chats)) {
    const opening = chat.id === NEW_CHAT;
    for (const pending of chat.pending) {
      if (pending.failed) continue;
      if (pending.sent && !opening) continue;
      if ((pending.retry_at ?? 0) > now) break;
      if (!pending.sent && (pending.line !== line || now - (pending.tried_at ?? 0) >= RESEND_AFTER_MS)) {
        ready.push({ chat: opening ? null : chat.id, pending });
      }
      if (opening) break;
    }
  }
  return ready;
}

/**
 * Sends what is due and keeps unsent texts where a reload finds them.
 * @param {{
 *   read: () => State, write: (state: State) => void,
 *   send: (chat: string | null, pending: Pending) => boolean,
 *   keep: (items: {chat: string | null, cmid: string, text: string}[]) => void,
 *   clock: import("./clock.js").Clock,
 * }} parts  `send` answers false where the line is not open; `keep` stores, and wipes what is no longer listed
 */
export function createOutbox({ read, write, send, keep, clock }) {
  let line = 0;
  let open = false;
  let kept = "[]";
  /** @type {unknown} */
  let timer = null;

  function flush() {
    remember();
    if (timer !== null) clock.clearTimeout(timer);
    timer = null;
    if (open) {
      for (const { chat, pending } of due(read(), clock.now(), line)) {
        if (!send(chat, pending)) break;
        write(changePending(read(), pending.cmid, { tried_at: clock.now(), line, retry_at: undefined }));
      }
    }
    if (unsent(read()).length) timer = clock.setTimeout(flush, 1000); // retries and deadlines are checked each second
  }

  function remember() {
    const items = unsent(read());
    const text = JSON.stringify(items);
    if (text !== kept) keep(items);
    kept = text;
  }

  return {
    /** After each change of the state that may concern a pending message. */
    flush,
    /** A new connection is open: all that is not confirmed goes out again. */
    lineOpened() {
      line += 1;
      open = true;
      flush();
    },
    lineClosed() {
      open = false;
    },
    stop() {
      open = false;
      if (timer !== null) clock.clearTimeout(timer);
      timer = null;
    },
  };
}

/** @param {State} state */
export function unsent(state) {
  return Object.values(state.chats).flatMap((chat) =>
    chat.pending
      .filter((one) => !one.sent)
      .map(({ cmid, text }) => ({ chat: chat.id === NEW_CHAT ? null : chat.id, cmid, text })));
}

// -- small parts ----------------------------------------------------------------------------------------------

/** @param {State} state @param {string} cmid @returns {LiveChat | undefined} */
function holder(state, cmid) {
  return Object.values(state.chats).find((chat) => chat.pending.some((one) => one.cmid === cmid));
}

/** @param {State} state @param {string} cmid */
const find = (state, cmid) => holder(state, cmid)?.pending.find((one) => one.cmid === cmid);

/** The draft of a first chat exists only while it holds something.
 * @param {State} state @param {LiveChat} chat @param {Pending[]} pending @returns {State} */
function withPending(state, chat, pending) {
  if (chat.id !== NEW_CHAT || pending.length) return { ...state, chats: { ...state.chats, [chat.id]: { ...chat, pending } } };
  const { [NEW_CHAT]: _, ...chats } = state.chats;
  return { ...state, chats };
}

/** A chat of which nothing is known yet.
 * @param {string} id @returns {LiveChat} */
export function blank(id) {
  return {
    id, state: "waiting", last: 0, started_at: "", read: { visitor: 0, agent: 0 }, assignee: null, unread: 0,
    ended_at: null, ended_by: null, site: null, visitor: null, preview: null,
    head: 0, first: 1, events: [], pending: [], typing: {}, stale: false,
  };
}
