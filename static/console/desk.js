// The agent's desk: the state of all chats, the line to the server, and everything the agent can do. Views read its
// signals and call its functions; nothing here touches the page.

import { apply, expireTyping, markRead, show, wants } from "../shared/chat_state.js";
import { LATE_AFTER_MS, addPending, createOutbox, dropPending, newCmid, retryPending } from "../shared/outbox.js";
import { TYPING_LEASE_S } from "../shared/protocol.js";
import { createRepair } from "../shared/repair.js";
import { t } from "../shared/texts.js";
import { computed, signal } from "../vendor/ui.js";
import { news } from "./alerts.js";
import { COLUMNS_MAX, NONE, closed, fitted, opened, openedBeside } from "./columns.js";
import { createEndings } from "./endings.js";
import { createOrders } from "./orders.js";
import { counts, isMine, nextForMe, sections } from "./select.js";
import { createToasts } from "./toasts.js";

/** @typedef {import("../shared/chat_state.js").State} State */
/** @typedef {import("../shared/chat_state.js").LiveChat} LiveChat */
/** @typedef {import("../shared/protocol.js").ServerFrame} ServerFrame */
/** @typedef {import("../shared/socket.js").LineState} LineState */
/** @typedef {import("../shared/socket.js").LineFacts} LineFacts */
/** @typedef {ReturnType<typeof import("../shared/socket.js").connect>} Connection */
/**
 * What the page gives at the start.
 * @typedef {{
 *   v: number, csrf: string, me: import("../shared/protocol.js").Member, role: string, permissions: string[],
 *   account: {name: string, read_only: boolean}, language: string, dir: "ltr" | "rtl", texts_url: string,
 *   ticket_url: string, ended_url: string, ws_url: string, inbox: import("../shared/protocol.js").AgentWelcome,
 *   sign_out_url: string, settings_url: string | null,
 * }} Boot
 */
/** @typedef {ReturnType<typeof createDesk>} Desk */

/** A missing chat may still be told of; only then is a fresh welcome asked for, and not more often than this. */
const MISSING_PATIENCE_MS = 3000;
const RESTART_EVERY_MS = 30_000;

/**
 * @param {{
 *   boot: Boot, initial: State,
 *   connect: (parts: {onFrame: (frame: ServerFrame) => void, onState: (state: LineState, facts: LineFacts) => void}) => Connection,
 *   keep: ReturnType<typeof import("./keep.js").createKeep>,
 *   onNews: (found: ReturnType<typeof news>) => void,
 *   clock: import("../shared/clock.js").Clock,
 *   random: Pick<Crypto, "getRandomValues">,
 * }} parts
 */
export function createDesk({ boot, initial, connect, keep, onNews, clock, random }) {
  const kept = keep.load();
  const toasts = createToasts(clock);

  const state = signal(apply(initial, boot.inbox, clock.now()));
  const line = signal(/** @type {{state: LineState} & LineFacts} */ ({ state: "connecting" }));
  const now = signal(clock.now());
  const columns = signal(NONE);
  const room = signal(COLUMNS_MAX);
  const query = signal("");
  const drafts = signal(kept.drafts);
  /** Where the "new" mark stands in an open chat: above the first message after this number. */
  const marks = signal(/** @type {Record<string, number>} */ ({}));
  const taking = signal(/** @type {Record<string, true>} */ ({}));
  const wishes = signal(/** @type {boolean | null} */ (null)); // accepting, as asked for and not yet confirmed
  const spoken = signal(""); // for screen readers
  const me = boot.me;
  const mayAnswer = boot.permissions.includes("chat.answer");
  const mayEndAny = boot.permissions.includes("chat.end_any");

  const lists = computed(() => sections(state.value, query.value));
  /** As text, so that whoever follows it hears only of changes. */
  const counted = computed(() => JSON.stringify(counts(state.value)));
  const count = computed(() => /** @type {ReturnType<typeof counts>} */ (JSON.parse(counted.value)));
  const accepting = computed(() => wishes.value ?? Boolean(state.value.members[me.id]?.accepting));
  const active = computed(() => columns.value.active);

  const earlier = new Set(/** @type {string[]} */ ([])); // chats whose older page is on its way
  let unsent = kept.unsent;
  let lastRestart = 0;
  let missingSince = 0;

  /** @type {Connection | null} */
  let connection = null;
  /** @param {import("../shared/protocol.js").AgentFrame} frame */
  const send = (frame) => connection?.send(frame) ?? false;

  const repair = createRepair({ send, clock });
  const outbox = createOutbox({
    read: () => state.peek(),
    write: (next) => (state.value = next),
    send: (chat, pending) => chat !== null && send({ t: "send", chat, cmid: pending.cmid, text: pending.text }),
    keep: (items) => {
      unsent = items;
      keep.save({ drafts: drafts.peek(), unsent });
    },
    clock,
  });
  const orders = createOrders({ send, onRefused: refused, clock, random });
  const endings = createEndings({
    end: (id) => orders.give("end", id),
    say: (id, undo, ms) => toasts.show(t("end.soon", { name: nameOf(id) }), { label: t("undo"), run: undo, ms }),
    hush: toasts.dismiss,
    clock,
  });

  for (const item of kept.unsent) {
    const chat = item.chat ? state.peek().chats[item.chat] : undefined;
    if (chat && chat.state !== "ended") state.value = addPending(state.peek(), chat.id, { cmid: item.cmid, text: item.text, at: clock.now() });
    else if (item.chat) setDraft(item.chat, item.text); // over meanwhile: the words stay where they were written
  }

  // -- the line ------------------------------------------------------------------------------------------------

  /** @param {ServerFrame} frame */
  function onFrame(frame) {
    const before = state.peek();
    let after = apply(before, frame, clock.now());
    if (frame.t === "inbox") after = withOpenChats(before, after);
    if (frame.t === "events" && frame.before != null) earlier.delete(frame.chat);
    orders.heed(frame);
    if (after === before) return;
    state.value = after;
    settleActs(after);
    outbox.flush();
    ask();
    const found = news(before, after);
    if (found.chats.length || found.messages.length) onNews(found);
    if (frame.t === "typing" && frame.on) clock.setTimeout(tick, TYPING_LEASE_S * 1000 + 50);
  }

  /** A chat that a new inbox does not name stays while a column shows it; its events will tell why it is gone.
   * @param {State} before @param {State} after @returns {State} */
  function withOpenChats(before, after) {
    const lost = columns.peek().open.filter((id) => before.chats[id] && !after.chats[id]);
    const chats = { ...after.chats };
    for (const id of lost) chats[id] = { .../** @type {LiveChat} */ (before.chats[id]), typing: {}, stale: true };
    return lost.length ? { ...after, chats } : after;
  }

  /** @param {LineState} next @param {LineFacts} facts */
  function onState(next, facts) {
    line.value = { state: next, ...facts };
    if (next !== "open") return outbox.lineClosed();
    repair.forget();
    earlier.clear();
    if (wishes.peek() !== null) send({ t: "availability", accepting: Boolean(wishes.peek()) });
    orders.lineOpened();
    outbox.lineOpened();
    ask();
  }

  /** Ask for what is missing: the shown chat's events by `wants`, those of the other columns here. */
  function ask() {
    const current = state.peek();
    const questions = wants(current);
    for (const id of columns.peek().open) {
      const chat = current.chats[id];
      if (chat && id !== current.shown && !chat.events.length && chat.first > 1) questions.push({ t: "history", chat: id, before: chat.first });
    }
    repair.ask(questions);
    if (!current.missing.length) missingSince = 0;
    else missingSince ||= clock.now();
  }

  /** What was asked for and has come about, by us or by somebody else. @param {State} after */
  function settleActs(after) {
    const wish = wishes.peek();
    if (wish !== null && Boolean(after.members[me.id]?.accepting) === wish) wishes.value = null;
    for (const id of Object.keys(taking.peek())) if (after.chats[id]?.state !== "waiting") endTaking(id);
    for (const id of Object.keys(endings.list.peek())) {
      if (after.chats[id] && after.chats[id]?.state !== "ended") continue;
      endings.forget(id);
      orders.settle("end", id);
    }
  }

  /** @param {string} id */
  function endTaking(id) {
    const { [id]: _, ...rest } = taking.peek();
    taking.value = rest;
    orders.settle("take", id);
    const chat = state.peek().chats[id];
    if (chat?.state !== "active" || isMine(chat, me.id)) return;
    toasts.show(t("take.taken", { name: nameOf(id), member: chat.assignee?.name ?? "" }));
  }

  /** @param {import("./orders.js").Order} order @param {string} code */
  function refused(order, code) {
    if (order.t === "take") {
      const { [order.chat]: _, ...rest } = taking.peek();
      taking.value = rest;
    } else endings.forget(order.chat);
    if (code === "chat_ended" || code === "not_found") return; // its `ended` event says it better
    toasts.show(t(`${order.t}.failed`, { name: nameOf(order.chat), reason: t(`error.${code}`) }));
  }

  /** All clocks on the screen at once: every ten seconds, and when something else is due. */
  function tick() {
    now.value = clock.now();
    const next = expireTyping(state.peek(), now.value);
    if (next !== state.peek()) state.value = next;
    if (missingSince && now.value - missingSince > MISSING_PATIENCE_MS && now.value - lastRestart > RESTART_EVERY_MS) {
      lastRestart = now.value;
      connection?.restart();
    }
  }

  // -- chats on the screen -------------------------------------------------------------------------------------

  /** @param {import("./columns.js").Columns} next */
  function arrange(next) {
    if (next === columns.peek()) return;
    for (const id of next.open) if (!columns.peek().open.includes(id)) mark(id);
    columns.value = next;
    state.value = show(state.peek(), next.active);
    ask();
  }

  /** What is unread now is new to whoever looks next. @param {string} id */
  function mark(id) {
    const chat = state.peek().chats[id];
    if (!chat) return;
    const unread = isMine(chat, me.id) && chat.unread > 0;
    const { [id]: _, ...rest } = marks.peek();
    marks.value = unread ? { ...rest, [id]: chat.read.agent } : rest;
  }

  /** @param {import("../shared/protocol.js").Chat} chat  one of the list of ended chats, unknown so far */
  function openEnded(chat) {
    state.value = apply(state.peek(), { t: "chat", chat }, clock.now());
    arrange(opened(columns.peek(), chat.id));
  }

  /** All that is on the screen was read; the caller has made sure that somebody looks. @param {string} id */
  function read(id) {
    const chat = state.peek().chats[id];
    if (!chat || !chat.unread || !isMine(chat, me.id) || chat.last <= chat.read.agent) return;
    if (!send({ t: "read", chat: id, seq: chat.last })) return;
    state.value = markRead(state.peek(), id, chat.last);
  }

  /** @param {string} id */
  function loadEarlier(id) {
    const chat = state.peek().chats[id];
    if (!chat || chat.first <= 1 || earlier.has(id)) return;
    if (send({ t: "history", chat: id, before: chat.first })) earlier.add(id);
  }

  // -- acts ----------------------------------------------------------------------------------------------------

  /** @param {string} id */
  function take(id) {
    if (!mayAnswer || state.peek().chats[id]?.state !== "waiting" || taking.peek()[id]) return;
    taking.value = { ...taking.peek(), [id]: true };
    orders.give("take", id);
  }

  /** @param {string} id */
  function end(id) {
    const chat = state.peek().chats[id];
    if (chat && mayEnd(chat)) endings.begin(id);
  }

  /** @param {LiveChat} chat */
  function mayEnd(chat) {
    return chat.state !== "ended" && ((mayAnswer && isMine(chat, me.id)) || (mayEndAny && chat.state === "active"));
  }

  /** @param {string} id @param {string} text */
  function write(id, text) {
    if (!text.trim()) return;
    endings.undo(id); // who goes on writing does not end
    state.value = addPending(state.peek(), id, { cmid: newCmid(random), text, at: clock.now() });
    setDraft(id, "");
    const { [id]: _, ...rest } = marks.peek();
    marks.value = rest;
    outbox.flush();
    clock.setTimeout(tick, LATE_AFTER_MS + 50); // "not sent yet" shows when it is due, not at the next turn of the clock
  }

  /** @param {string} id @param {string} text */
  function setDraft(id, text) {
    const { [id]: _, ...rest } = drafts.peek();
    drafts.value = text ? { ...rest, [id]: text } : rest;
    keep.save({ drafts: drafts.peek(), unsent });
  }

  /** A refused message goes back into the composer, where it can be changed. @param {string} id @param {string} cmid */
  function takeBack(id, cmid) {
    const text = state.peek().chats[id]?.pending.find((one) => one.cmid === cmid)?.text ?? "";
    state.value = dropPending(state.peek(), cmid);
    const draft = drafts.peek()[id];
    setDraft(id, draft ? `${text}\n${draft}` : text);
    outbox.flush();
  }

  /** @param {string} cmid */
  function retry(cmid) {
    state.value = retryPending(state.peek(), cmid, clock.now());
    outbox.flush();
  }

  /** @param {boolean} on */
  function setAccepting(on) {
    if (!mayAnswer) return;
    wishes.value = on;
    send({ t: "availability", accepting: on });
  }

  /** @param {string} id */
  function nameOf(id) {
    return state.peek().chats[id]?.visitor?.name ?? t("visitor");
  }

  return {
    boot, me, mayAnswer, mayEndAny, state, line, now, columns, room, query, drafts, marks, taking, endings, toasts, spoken,
    lists, count, accepting, active,
    open: (/** @type {string} */ id) => arrange(opened(columns.peek(), id)),
    openBeside: (/** @type {string} */ id) => arrange(openedBeside(columns.peek(), id, room.peek())),
    close: (/** @type {string} */ id) => arrange(closed(columns.peek(), id)),
    fit(/** @type {number} */ most) {
      room.value = most;
      arrange(fitted(columns.peek(), most));
    },
    goNext() {
      const next = nextForMe(state.peek(), active.peek());
      if (next) arrange(opened(columns.peek(), next));
      return next !== null;
    },
    mark, openEnded, read, loadEarlier, take, end, mayEnd, write, setDraft, takeBack, retry, setAccepting, nameOf, tick,
    typing: (/** @type {string} */ id, /** @type {boolean} */ on) => send({ t: "typing", chat: id, on }),
    isMine: (/** @type {LiveChat} */ chat) => isMine(chat, me.id),
    start: () => (connection = connect({ onFrame, onState })),
    kick: () => connection?.kick(),
    /** The page goes away: what was decided is done, not forgotten. */
    leave: () => endings.flush(),
    forgetTexts: () => keep.wipe(),
  };
}
