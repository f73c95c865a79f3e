// What the widget knows and does. Views read the signals and call the actions; nothing else changes anything.

import { NEW_CHAT, addPending, createOutbox, dropPending, newCmid, retryPending, unsent } from "../shared/outbox.js";
import { apply, expireTyping, initial, markRead, show, wants } from "../shared/chat_state.js";
import { connect } from "../shared/socket.js";
import { createRepair } from "../shared/repair.js";
import { createTyping } from "../shared/typing.js";
import { batch, computed, effect, signal } from "../vendor/ui.js";

/** @typedef {import("../shared/chat_state.js").State} State */
/** @typedef {import("../shared/chat_state.js").LiveChat} LiveChat */
/** @typedef {import("../shared/protocol.js").ServerFrame} ServerFrame */
/** @typedef {{state: import("../shared/socket.js").LineState | "silent", code?: string, retry_at?: number}} LineView */

const TICK_MS = 1_000; // for what runs by itself: "not sent yet", typing signs, the next try
const MISSING_AFTER_MS = 2_000; // a summary may be on its way; later, a fresh welcome is asked for
const KEEP_DRAFT_AFTER_MS = 400; // storage is not written at every key

/**
 * @param {{
 *   boot: import("./main.js").Boot, session: import("./session.js").Session, host: import("./host.js").Host,
 *   sound: ReturnType<typeof import("../shared/sound.js").createSound>,
 *   clock: import("../shared/clock.js").Clock, surroundings: import("../shared/clock.js").Surroundings,
 *   random: Pick<Crypto, "getRandomValues">, watched: () => boolean,
 * }} parts  `watched`: the visitor's eyes and keys are in this window
 */
export function createStore({ boot, session, host, sound, clock, surroundings, random, watched }) {
  const site = signal(boot.site);
  const chat = signal(initial());
  const line = signal(/** @type {LineView} */ ({ state: "silent" }));
  const opened = signal(false);
  const visible = signal(true); // the page, not the panel
  const atEnd = signal(true);
  const below = signal(0); // messages that came while the reader was further up
  const earlier = signal(false); // older messages are on their way
  const refusal = signal(/** @type {string | null} */ (null)); // no messages are taken now, and why
  const sheet = signal(/** @type {"closed" | "open" | "forgotten" | "forgotten_here"} */ ("closed"));
  const muted = signal(sound.muted);
  const full = signal(false); // on a phone: the whole screen
  const now = signal(clock.now());
  const draft = signal("");
  const focusWanted = signal(0); // raised when the caret should go into the composer
  const hidden = signal(/** @type {ReadonlySet<string>} */ (new Set())); // ended chats that a new one has replaced

  /** @type {{url: string, title: string}} */
  let page = { url: "", title: "" };
  let pageTold = "";
  /** @type {ReturnType<typeof connect> | null} */
  let connection = null;
  /** Came live, so it may be shown as something new. @type {Set<string>} */
  const live = new Set();

  const chats = computed(() => {
    const { new: fresh, ...known } = chat.value.chats;
    const mine = Object.values(known).sort((a, b) => (a.started_at < b.started_at ? -1 : 1));
    return [...mine, ...(fresh ? [fresh] : [])].filter((one) => !hidden.value.has(one.id));
  });
  const current = computed(() => chats.value.findLast((one) => one.started_at !== ""));
  const open_chat = computed(() => (current.value && current.value.state !== "ended" ? current.value : undefined));
  const unread = computed(() => Object.values(chat.value.chats).reduce((sum, one) => sum + one.unread, 0));
  const online = computed(() => (chat.value.side ? chat.value.online : site.value.online));
  const typing = computed(() => Object.values(open_chat.value?.typing ?? {}).map((sign) => sign.sender.name ?? ""));
  const writing = computed(() => unsent(chat.value).length > 0);
  const restless = computed(() => writing.value || typing.value.length > 0 || line.value.retry_at !== undefined);

  const outbox = createOutbox({
    read: () => chat.peek(),
    write: (next) => (chat.value = next),
    send: (id, { cmid, text }) => tell(id ? { t: "send", chat: id, cmid, text } : { t: "start", cmid, text, page }),
    keep: (items) => session.keep({ unsent: items.length ? items : undefined }),
    clock,
  });
  const repair = createRepair({ send: tell, clock });
  const signs = createTyping({
    tell: (on) => open_chat.peek() && tell({ t: "typing", chat: /** @type {LiveChat} */ (open_chat.peek()).id, on }),
    clock,
  });

  /** @param {import("../shared/protocol.js").VisitorFrame} frame */
  function tell(frame) {
    return connection?.send(frame) ?? false;
  }

  // -- the line -------------------------------------------------------------------------------------------------

  /** The visitor has opened the chat, on this page or an earlier one: from here on there is a session. */
  function begin() {
    if (connection) {
      if (refusal.peek()) connection.restart();
      return;
    }
    session.recall();
    sound.mute(session.kept.muted ?? false);
    batch(() => {
      muted.value = sound.muted;
      draft.value = draft.value || (session.kept.draft ?? "");
      for (const { cmid, text, chat: id } of session.kept.unsent ?? []) {
        // Under `new` until its chat is known; if that never comes, it opens one.
        chat.value = addPending(chat.value, null, { cmid, text, at: clock.now(), ...(id ? { chat: id } : {}) });
      }
    });
    connection = connect({ url: boot.ws_url, getTicket: session.getTicket, onFrame: receive, onState: follow, clock, surroundings });
  }

  /** @param {import("../shared/socket.js").LineState} state @param {import("../shared/socket.js").LineFacts} facts */
  function follow(state, facts) {
    batch(() => {
      line.value = { state, code: facts.code, retry_at: facts.retry_at };
      if (state === "forbidden") refusal.value = facts.code ?? "forbidden";
      if (state === "open") refusal.value = null;
      if (state !== "open") earlier.value = false;
    });
    if (state === "open") {
      outbox.lineOpened();
      tellPage();
      repair.ask(wants(chat.peek()));
    } else {
      outbox.lineClosed();
      repair.forget();
    }
  }

  /** @param {ServerFrame} frame */
  function receive(frame) {
    batch(() => {
      const before = chat.value;
      chat.value = apply(before, frame, clock.now());
      if (frame.t === "event" && chat.value.chats[frame.chat] !== before.chats[frame.chat]) arrive(frame);
      if (frame.t === "events" && frame.before != null) earlier.value = false;
      if (frame.t === "err" && frame.cmid) mend(frame.cmid, frame.code);
      chat.value = show(chat.value, current.value?.id ?? null);
    });
    outbox.flush();
    repair.ask(wants(chat.peek()));
    if (chat.peek().missing.length) clock.setTimeout(() => chat.peek().missing.length && connection?.restart(), MISSING_AFTER_MS);
  }

  /** @param {import("../shared/protocol.js").EventFrame} frame */
  function arrive({ event }) {
    live.add(event.cmid);
    if (event.kind !== "message" || event.sender.kind !== "agent") return;
    if (!watched() || !opened.value) sound.play();
    if (!atEnd.value) below.value += 1;
  }

  /** A refusal that the visitor need not see, or that stops all messages.
   * @param {string} cmid @param {string} code */
  function mend(cmid, code) {
    if (code === "read_only") refusal.value = code;
    if (code !== "not_found" && code !== "chat_ended") return;
    const held = Object.values(chat.value.chats).find((one) => one.pending.some((pending) => pending.cmid === cmid));
    const pending = held?.pending.find((one) => one.cmid === cmid);
    if (!held || !pending || held.id === NEW_CHAT) return;
    // Its chat is gone: what was written opens a new one.
    const { text } = pending;
    chat.value = addPending(dropPending(chat.value, cmid), null, { cmid, text, at: clock.now() });
  }

  // -- what the visitor does --------------------------------------------------------------------------------------

  /** @param {boolean} focus */
  function open(focus) {
    batch(() => {
      opened.value = true;
      if (focus) focusWanted.value += 1;
    });
    begin();
  }

  function minimise() {
    if (sheet.value !== "closed") return closeSheet();
    host.close();
  }

  function closeSheet() {
    sheet.value = "closed";
    focusWanted.value += 1;
  }

  /** @param {string} text @returns {boolean} was it taken? */
  function send(text) {
    const clean = text.replace(/^\s*\n|\s+$/g, "").replace(/\p{Surrogate}/gu, "\ufffd"); // half a character is no text
    if (!clean || refusal.value) return false;
    begin();
    const pending = { cmid: newCmid(random), text: clean, at: clock.now() };
    live.add(pending.cmid);
    batch(() => {
      chat.value = addPending(chat.value, open_chat.value?.id ?? null, pending);
      below.value = 0;
      now.value = clock.now();
    });
    signs.sent();
    write("");
    outbox.flush();
    if (line.value.state !== "open") connection?.kick();
    return true;
  }

  /** @type {unknown} */
  let keeping = null;
  /** @param {string} text  as it stands in the composer now */
  function write(text) {
    if (text === draft.value) return;
    draft.value = text;
    if (text && open_chat.value) signs.input(text);
    else signs.stop();
    if (keeping !== null) clock.clearTimeout(keeping);
    keeping = clock.setTimeout(() => connection && session.keep({ draft: draft.value || undefined }), KEEP_DRAFT_AFTER_MS);
  }

  /** @param {string} cmid */
  function retry(cmid) {
    chat.value = retryPending(chat.value, cmid, clock.now());
    outbox.flush();
  }

  /** @param {string} cmid @returns {void} */
  function discard(cmid) {
    chat.value = dropPending(chat.value, cmid);
    outbox.flush();
  }

  function loadEarlier() {
    const oldest = chats.value.find((one) => one.first > 1);
    if (!oldest || earlier.value || !tell({ t: "history", chat: oldest.id, before: oldest.first })) return;
    earlier.value = true;
  }

  function endChat() {
    const ending = open_chat.value;
    if (!ending || !tell({ t: "end", chat: ending.id, cmid: newCmid(random) })) return;
    closeSheet();
  }

  function startAnew() {
    hidden.value = new Set(Object.keys(chat.value.chats));
    focusWanted.value += 1;
  }

  /** Ends the session on the server, and leaves nothing on this device. */
  async function forget() {
    reset();
    const heard = await session.forget();
    sheet.value = heard ? "forgotten" : "forgotten_here";
  }

  /** Another tab of this site did it: the session is the same one. */
  function forgotten() {
    if (!connection) return;
    reset();
    session.wipe();
    sheet.value = "forgotten";
  }

  function reset() {
    connection?.close();
    connection = null;
    outbox.lineClosed();
    outbox.stop();
    repair.forget();
    signs.stop();
    pageTold = "";
    batch(() => {
      chat.value = initial();
      line.value = { state: "silent" };
      hidden.value = new Set();
      draft.value = "";
      refusal.value = null;
    });
  }

  /** The server knows our token no more. */
  function startAgain() {
    session.keep({ token: undefined });
    reset();
    begin();
  }

  /** @param {boolean} wish */
  function mute(wish) {
    sound.mute(wish);
    muted.value = wish;
    session.keep({ muted: wish || undefined });
  }

  /** @param {{url: string, title: string}} seen */
  function setPage(seen) {
    page = seen;
    if (line.value.state === "open") tellPage();
  }

  function tellPage() {
    const text = JSON.stringify(page);
    if (page.url && text !== pageTold && tell({ t: "viewing", page })) pageTold = text;
  }

  // -- what follows by itself -------------------------------------------------------------------------------------

  effect(() => {
    if (!opened.value || !visible.value || !atEnd.value || line.value.state !== "open" || sheet.value !== "closed") return;
    for (const one of chats.value) {
      if (!one.unread || one.last <= one.read.visitor || !tell({ t: "read", chat: one.id, seq: one.last })) continue;
      chat.value = markRead(chat.value, one.id, one.last);
    }
  });
  effect(() => host.unread(unread.value));
  effect(() => {
    const lasting = chats.value.length > 0 && line.value.state !== "silent";
    const state = opened.value && line.value.state !== "silent" ? "open" : lasting ? "min" : "none";
    host.state(state, state !== "none" && session.denied ? session.handle : "");
  });
  effect(() => {
    if (!restless.value) return undefined;
    /** @type {unknown} */
    let timer = null;
    const tick = () => {
      timer = clock.setTimeout(tick, TICK_MS);
      batch(() => {
        now.value = clock.now();
        chat.value = expireTyping(chat.peek(), now.value);
      });
    };
    timer = clock.setTimeout(tick, TICK_MS);
    return () => clock.clearTimeout(timer);
  });

  return {
    boot, site, chat, chats, current, open_chat, line, opened, visible, atEnd, below, earlier, refusal, sheet, muted, full,
    now, draft, focusWanted, online, typing, writing, live, session,
    begin, open, minimise, closeSheet, send, write, retry, discard, loadEarlier, endChat, startAnew, startAgain, forget,
    mute, setPage, kick: () => connection?.kick(), stopTyping: signs.stop, forgotten,
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */
